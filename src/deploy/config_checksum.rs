//! The checksum of rendered ConfigMaps and Secrets on the pods. Everybody who sees a pod sees the checksum, so that it
//! must not let anybody try out short secrets: what a Secret holds is hashed under a random key that only the Secret has.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::{Value as Json, json};

use crate::deploy::intent::Intent;
use crate::deploy::resources::annotation;
use crate::error::{Error, Result};
use crate::manifest::{BASE_NAME, CHECKSUM, SEALED, hashed_name, rename, unsettled_name};

/// Key of a Secret's data that holds the HMAC key of the Secret.
const KEY: &str = ".kubectl-daemonset-checksum-key";
/// How long such a key is, in bytes.
const KEY_BYTES: usize = 32;

/// Puts the checksum into the DaemonSet's template where the document left a placeholder. `live` are the objects as
/// the cluster has them, in the order of the intent: a Secret keeps its key, so that the same values have the same
/// checksum.
///
/// # Errors
/// The system gives no random bytes.
pub fn seal(intent: &mut Intent, live: &[Option<Json>]) -> Result<()> {
    let template = &intent.daemon_set().object["spec"]["template"];
    if annotation(template, CHECKSUM) != Some(SEALED) {
        return Ok(());
    }
    let mut all = ring::digest::Context::new(&ring::digest::SHA256);
    for (wanted, live) in intent.objects.iter_mut().zip(live).filter(|(wanted, _)| wanted.rendered) {
        let name = wanted.id.name.clone();
        match wanted.id.resource.kind {
            "ConfigMap" => all.update(contents(&name, &wanted.object).as_bytes()),
            "Secret" => {
                let text = contents(&name, &wanted.object);
                let key = match live.as_ref().and_then(key_of) {
                    Some(key) => key,
                    None => random()?,
                };
                let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), text.as_bytes());
                all.update(tag.as_ref());
                wanted.object["data"][KEY] = BASE64.encode(key).into();
            }
            _ => {}
        }
    }
    let sum: String = all.finish().as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    if let Some(wanted) = intent.objects.last_mut() {
        wanted.object["spec"]["template"]["metadata"]["annotations"][CHECKSUM] = json!(sum);
    }
    Ok(())
}

/// Returns the names without a hash of the Secrets that have no hash yet (`immutable_config`).
pub fn unsettled_secrets(intent: &Intent) -> Vec<String> {
    let secrets = intent.objects.iter().filter(|wanted| wanted.rendered && wanted.id.resource.kind == "Secret");
    let bases = secrets.filter_map(|wanted| {
        let base = annotation(&wanted.object, BASE_NAME)?;
        (wanted.id.name == unsettled_name(base)).then(|| base.to_owned())
    });
    bases.collect()
}

/// Puts the hash of its contents into the name of a Secret, and lets everything refer to the new name. The hash is an HMAC
/// under a random key, which is kept in the Secret; `before` is the Secret that the cluster uses until now, whose key
/// stays, so that the same contents have the same name.
///
/// # Errors
/// The system gives no random bytes.
pub fn settle_secret(intent: &mut Intent, base: &str, before: Option<&Json>) -> Result<()> {
    let unsettled = unsettled_name(base);
    let key = match before.and_then(key_of) {
        Some(key) => key,
        None => random()?,
    };
    let mut name = String::new();
    for wanted in intent.objects.iter_mut().filter(|w| w.id.resource.kind == "Secret" && w.id.name == unsettled) {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), contents(base, &wanted.object).as_bytes());
        let hash: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        name = hashed_name(base, &hash);
        wanted.object["data"][KEY] = BASE64.encode(&key).into();
        wanted.object["metadata"]["name"] = name.clone().into();
        wanted.id.name.clone_from(&name);
    }
    for wanted in &mut intent.objects {
        rename(&mut wanted.object, "Secret", &unsettled, &name);
    }
    Ok(())
}

fn contents(name: &str, object: &Json) -> String {
    format!("{}\0{}\0{}\0", json!(name), object["data"], object["binaryData"])
}

/// The key that a Secret of the cluster has already.
fn key_of(secret: &Json) -> Option<Vec<u8>> {
    let key = BASE64.decode(secret.get("data")?.get(KEY)?.as_str()?).ok()?;
    (key.len() == KEY_BYTES).then_some(key)
}

fn random() -> Result<Vec<u8>> {
    let mut key = vec![0; KEY_BYTES];
    SystemRandom::new().fill(&mut key).map_err(|_| Error::new("cannot read random bytes from the system"))?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::load;

    const SPEC: &str = "apiVersion: kubernetes.project-planton.org/v1
kind: KubernetesDaemonSet
metadata: {name: agent}
spec:
  namespace: logging
  config_maps: {conf: \"a: 1\"}
  container: {app: {image: {repo: r/agent, tag: '1'}, env: {secrets: {PIN: '473921'}}}}
";

    fn sealed(text: &str, live: Option<&Intent>) -> (Intent, String) {
        let loaded = load("x.yaml", text);
        assert!(!loaded.has_errors(), "{:?}", loaded.problems);
        let mut intent =
            Intent::all(&loaded.documents, None, "default", &|_| Err("nothing is read".to_owned())).unwrap().remove(0);
        let before: Vec<Option<Json>> = match live {
            Some(live) => live.objects.iter().map(|wanted| Some(wanted.object.clone())).collect(),
            None => vec![None; intent.objects.len()],
        };
        seal(&mut intent, &before).unwrap();
        let sum = annotation(&intent.daemon_set().object["spec"]["template"], CHECKSUM).unwrap().to_owned();
        (intent, sum)
    }

    #[test]
    fn a_secret_is_named_by_its_contents_under_its_own_key() {
        let text = SPEC.replace("  config_maps", "  immutable_config: true\n  config_maps");
        let settled = |text: &str, before: Option<&Json>| {
            let loaded = load("x.yaml", text);
            assert!(!loaded.has_errors(), "{:?}", loaded.problems);
            let mut intent = Intent::all(&loaded.documents, None, "default", &|_| Err("nothing is read".to_owned()))
                .unwrap()
                .remove(0);
            assert_eq!(unsettled_secrets(&intent), ["agent-env-secrets"]);
            settle_secret(&mut intent, "agent-env-secrets", before).unwrap();
            assert!(unsettled_secrets(&intent).is_empty());
            let secret = intent.objects.iter().find(|w| w.id.resource.kind == "Secret").unwrap().clone();
            assert_eq!(secret.object["immutable"], true);
            let daemon_set = intent.daemon_set().object.to_string();
            assert!(daemon_set.contains(&secret.id.name) && !daemon_set.contains(SEALED), "{daemon_set}");
            assert!(!daemon_set.contains(CHECKSUM), "the names roll the pods");
            secret
        };
        let first = settled(&text, None);
        assert_ne!(settled(&text, None).id, first.id, "a key of its own");
        assert_eq!(settled(&text, Some(&first.object)).id, first.id);
        let other = settled(&text.replace("473921", "473922"), Some(&first.object));
        assert_ne!(other.id, first.id);
        assert_eq!(other.object["data"][KEY], first.object["data"][KEY]);
    }

    #[test]
    fn a_secret_cannot_be_tried_out_and_the_same_secret_rolls_no_pod() {
        let (first, sum) = sealed(SPEC, None);
        assert_ne!(sum, sealed(SPEC, None).1, "a key of its own");
        assert_eq!(sum, sealed(SPEC, Some(&first)).1, "the key stays");
        assert_ne!(sum, sealed(&SPEC.replace("473921", "473922"), Some(&first)).1, "another secret");
        assert_ne!(sum, sealed(&SPEC.replace("a: 1", "a: 2"), Some(&first)).1, "another configuration");
        let loaded = load("x.yaml", SPEC);
        let rendered = loaded.documents[0].daemon_set().unwrap();
        assert_eq!(annotation(&rendered["spec"]["template"], CHECKSUM), Some(SEALED));
    }
}
