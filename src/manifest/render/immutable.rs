//! `immutable_config: true`: rendered ConfigMaps and Secrets are immutable and have a hash of their contents in their
//! names, so that an old pod that restarts reads what it read before, and `kubectl rollout undo` brings back the old
//! contents with the old template.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::manifest::render::rendered::SEALED;

/// The annotation that holds the name of an object without the hash.
pub const BASE_NAME: &str = "kubectl-daemonset/name";
/// Characters of a hash in a name, as many as kustomize takes.
const HASH_LENGTH: usize = 10;
/// Maximum length of the name of an object.
const MAX_NAME: usize = 253;

/// Returns the name of an object with a hash of its contents.
pub fn hashed_name(base: &str, hash: &str) -> String {
    let hash: String = hash.chars().take(HASH_LENGTH).collect();
    format!("{}-{hash}", cut(base))
}

/// Returns the name of a Secret until `deploy` knows the key under which its contents are hashed.
pub fn unsettled_name(base: &str) -> String {
    format!("{}-{SEALED}", cut(base))
}

/// Returns the name without the hash, if the name may have one.
pub fn without_hash(name: &str) -> Option<&str> {
    let (base, hash) = name.rsplit_once('-')?;
    let is_hash = hash.len() == HASH_LENGTH && hash.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    is_hash.then_some(base)
}

/// The base of a name, short enough for a hash after it.
fn cut(base: &str) -> &str {
    let most = MAX_NAME - SEALED.len() - 1;
    base.get(..most).unwrap_or(base).trim_end_matches(['-', '.'])
}

/// Returns the hash of a ConfigMap's contents, in hexadecimal. The order of keys, which the server does not keep, does not
/// matter.
pub fn contents_hash(object: &Json) -> String {
    let mut hash = Sha256::new();
    for key in ["data", "binaryData"] {
        let sorted: BTreeMap<&String, &Json> = object[key].as_object().into_iter().flatten().collect();
        for (name, value) in sorted {
            hash.update(format!("{key}\0{}\0{value}\0", json!(name)));
        }
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Makes the object immutable under its new name, which says the old one in an annotation.
pub fn make_immutable(object: &mut Json, base: &str, name: &str) {
    object["immutable"] = true.into();
    object["metadata"]["name"] = name.into();
    if !object["metadata"]["annotations"].is_object() {
        object["metadata"]["annotations"] = json!({});
    }
    object["metadata"]["annotations"][BASE_NAME] = base.into();
}

/// Lets an object refer to a ConfigMap or Secret by its new name: pods by volumes, variables and pull secrets, roles by
/// the names of resources, ServiceAccounts by pull secrets.
pub fn rename(object: &mut Json, kind: &str, old: &str, new: &str) {
    match object["kind"].as_str() {
        Some("DaemonSet") => rename_within("", &mut object["spec"]["template"]["spec"], kind, old, new),
        Some("ServiceAccount") => rename_within("", object, kind, old, new),
        Some("Role" | "ClusterRole") => {
            let resource = if kind == "Secret" { "secrets" } else { "configmaps" };
            for rule in object["rules"].as_array_mut().into_iter().flatten() {
                let resources = rule["resources"].as_array().cloned().unwrap_or_default();
                if !resources.iter().any(|given| given == resource || given == "*") {
                    continue;
                }
                let Some(names) = rule.get_mut("resourceNames").and_then(Json::as_array_mut) else { continue };
                let Some(at) = names.iter().position(|name| name == old) else { continue };
                // Another resource of the rule keeps its name.
                match resources.len() {
                    1 => names[at] = new.into(),
                    _ => names.push(new.into()),
                }
            }
        }
        _ => {}
    }
}

fn rename_within(field: &str, value: &mut Json, kind: &str, old: &str, new: &str) {
    if let Json::Object(map) = value {
        let key = match (kind, field) {
            ("ConfigMap", "configMap" | "configMapRef" | "configMapKeyRef") => Some("name"),
            ("Secret", "secret") if map.contains_key("secretName") => Some("secretName"),
            ("Secret", "secret" | "secretRef" | "secretKeyRef" | "imagePullSecrets" | "nodePublishSecretRef") => {
                Some("name")
            }
            _ => None,
        };
        if let Some(name) = key.and_then(|key| map.get_mut(key)).filter(|name| **name == old) {
            *name = new.into();
        }
        map.iter_mut().for_each(|(key, child)| rename_within(key, child, kind, old, new));
    } else if let Json::Array(items) = value {
        items.iter_mut().for_each(|item| rename_within(field, item, kind, old, new));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_follows() {
        let pod = |config: &str, secret: &str| {
            json!({"kind": "DaemonSet", "spec": {"template": {"spec": {
                "imagePullSecrets": [{"name": secret}, {"name": "theirs"}],
                "containers": [{"env": [{"valueFrom": {"secretKeyRef": {"name": secret}}},
                    {"valueFrom": {"configMapKeyRef": {"name": config}}}],
                    "envFrom": [{"secretRef": {"name": secret}}, {"configMapRef": {"name": config}}]}],
                "volumes": [{"secret": {"secretName": secret}}, {"configMap": {"name": config}},
                    {"projected": {"sources": [{"secret": {"name": secret}}, {"configMap": {"name": config}}]}}]}}}})
        };
        let mut object = pod("x", "x");
        rename(&mut object, "ConfigMap", "x", "c");
        rename(&mut object, "Secret", "x", "s");
        assert_eq!(object, pod("c", "s"));
        let role = |resources: &[&str], names: &[&str]| json!({"kind": "Role", "rules": [{"resources": resources, "resourceNames": names}]});
        for (resources, expected) in [
            (&["configmaps"][..], &["new"][..]),
            (&["configmaps", "secrets"], &["old", "new"]),
            (&["secrets"], &["old"]),
        ] {
            let mut object = role(resources, &["old"]);
            rename(&mut object, "ConfigMap", "old", "new");
            assert_eq!(object, role(resources, expected));
        }
    }

    #[test]
    fn names_have_their_hash_and_lose_it() {
        let hash = contents_hash(&json!({"data": {"a": "1"}}));
        assert_ne!(hash, contents_hash(&json!({"binaryData": {"a": "1"}})));
        let name = hashed_name("conf", &hash);
        assert_eq!(without_hash(&name), Some("conf"));
        assert_eq!(without_hash("conf-of-the-agent"), None);
        assert_eq!(without_hash(&unsettled_name("conf")), None);
        assert!(hashed_name(&"a".repeat(253), &hash).len() <= MAX_NAME);
    }
}
