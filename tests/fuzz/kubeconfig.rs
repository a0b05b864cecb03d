//! Kubeconfigs: no text makes the reader panic or show a credential.

use kubectl_daemonset::client::{Environment, Flags, Target};
use kubectl_daemonset::yaml::parse;
use serde_json::Value;

use super::{corpus, fuzz, mutation};

const CREDENTIAL: &str = "canary-credential";

/// Fields whose values are credentials, or hold one.
const SECRET: [&str; 9] = [
    "token",
    "password",
    "value",
    "args",
    "id-token",
    "refresh-token",
    "client-secret",
    "client-key-data",
    "proxy-url",
];

/// How often the credential stands in the fields for credentials.
fn kept(value: &Value, secret: bool) -> usize {
    match value {
        Value::String(text) if secret => text.matches(CREDENTIAL).count(),
        Value::Array(items) => items.iter().map(|item| kept(item, secret)).sum(),
        Value::Object(members) => members.iter().map(|(key, value)| kept(value, SECRET.contains(&key.as_str()))).sum(),
        _ => 0,
    }
}

#[test]
fn kubeconfigs_are_read() {
    let seeds = corpus("kubeconfig");
    let folder = tempfile::tempdir().expect("a directory");
    let path = folder.path().join("config");
    let flags = Flags { kubeconfig: Some(path.clone()), ..Flags::default() };
    fuzz("kubeconfig", &seeds, mutation::bytes, |input| {
        std::fs::write(&path, input).expect("a file");
        let Err(error) = Target::choose(&flags, &Environment::default()) else { return };
        // A quote that moved can make a name of a credential; names are told.
        let text = String::from_utf8_lossy(input);
        let documents = parse(&text).documents;
        let secret = documents.iter().map(|document| kept(&document.to_json(), false)).sum::<usize>();
        if secret == text.matches(CREDENTIAL).count() {
            let told = format!("{error} {error:?}");
            assert!(!told.contains(CREDENTIAL), "{told}");
        }
    });
}
