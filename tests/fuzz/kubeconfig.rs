//! Kubeconfigs: no text makes the reader panic or show a credential.

use kubectl_daemonset::client::{Environment, Flags, Target};

use super::{corpus, fuzz, mutation};

#[test]
fn kubeconfigs_are_read() {
    let seeds = corpus("kubeconfig");
    let folder = tempfile::tempdir().expect("a directory");
    let path = folder.path().join("config");
    let flags = Flags { kubeconfig: Some(path.clone()), ..Flags::default() };
    fuzz("kubeconfig", &seeds, mutation::bytes, |input| {
        std::fs::write(&path, input).expect("a file");
        if let Err(error) = Target::choose(&flags, &Environment::default()) {
            // Hints list the names that the file defines, and a quote that moved makes a name of what follows it.
            let told = format!("{error} {:?}", error.causes);
            assert!(!told.contains("canary-credential"), "{told}");
        }
    });
}
