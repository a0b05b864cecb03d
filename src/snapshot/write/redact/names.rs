//! Names of people, replaced by hashes wherever they stand.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::model::wire::Kind;
use crate::snapshot::write::redact::words::{COMMON, DECIDING, domain_of_people, is_of_people};

/// Names seen so far, with their replacements.
pub(crate) struct Names {
    salt: [u64; 2],
    known: HashSet<String>,
    /// Names of DaemonSets: those of their pods begin with them, also of pods that are gone.
    owners: HashSet<String>,
    /// Values of labels and taints, which are names only where such values stand, and in messages.
    pub(crate) values: HashSet<String>,
    /// Words of specs that stay: names of containers and volumes, by which messages speak of them.
    pub(crate) kept: HashSet<String>,
}

/// Fields that name an object which people named.
const REFERENCES: &[&str] = &[
    "nodeName",
    "nominatedNodeName",
    "serviceAccountName",
    "serviceAccount",
    "claimName",
    "volumeName",
    "persistentVolumeName",
    "pdName",
    "volumeID",
    "volumeHandle",
];

/// Fields whose values are keys of labels and taints, or names of resources. Where those are keys they stay, and must
/// be the same here.
const KEYS: &[&str] =
    &["key", "topologyKey", "topologyKeys", "matchLabelKeys", "mismatchLabelKeys", "extendedResourceName"];

/// Fields whose own keys people chose.
const OF_PEOPLE: &[&str] = &["labels", "annotations", "matchLabels", "nodeSelector"];

impl Names {
    pub(crate) fn new() -> Self {
        // Each state has random keys of its own.
        let random = || RandomState::new().hash_one(0);
        Names {
            salt: [random(), random()],
            known: HashSet::new(),
            owners: HashSet::new(),
            values: HashSet::new(),
            kept: HashSet::new(),
        }
    }

    /// Remembers the names that an object bears.
    pub(crate) fn learn(&mut self, kind: Kind, object: &Value) {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).filter(|t| !COMMON.contains(t));
        // Classes and drivers are named by products, not by people.
        let named_by_products = matches!(
            kind,
            Kind::PriorityClass | Kind::RuntimeClass | Kind::StorageClass | Kind::CSIDriver | Kind::DeviceClass
        );
        match named_by_products {
            true => self.kept.extend(text("/metadata/name").map(str::to_owned)),
            false => self.known.extend(text("/metadata/name").map(str::to_owned)),
        }
        if matches!(kind, Kind::DaemonSet | Kind::Deployment | Kind::StatefulSet | Kind::ReplicaSet | Kind::Job) {
            self.owners.extend(text("/metadata/name").map(str::to_owned));
        }
        for pointer in [
            "/metadata/namespace",
            "/metadata/uid",
            "/involvedObject/name",
            "/regarding/name",
            "/source/host",
            "/deprecatedSource/host",
            "/reportingInstance",
        ] {
            self.known.extend(text(pointer).map(str::to_owned));
        }
        for owner in object.pointer("/metadata/ownerReferences").and_then(Value::as_array).into_iter().flatten() {
            if let Some(name) = owner["name"].as_str().filter(|name| !COMMON.contains(name)) {
                self.known.insert(name.to_owned());
                self.owners.insert(name.to_owned());
            }
        }
        // The name of a machine is often the first part of its node's.
        if let (Kind::Node, Some((short, _))) = (kind, text("/metadata/name").and_then(|name| name.split_once('.')))
            && !short.bytes().all(|b| b.is_ascii_digit())
        {
            self.known.insert(short.to_owned());
        }
        self.learn_references(object);
    }

    /// Remembers the names by which a spec speaks of objects, which may not exist.
    fn learn_references(&mut self, value: &Value) {
        match value {
            Value::Array(values) => values.iter().for_each(|value| self.learn_references(value)),
            Value::Object(map) => {
                self.learn_values(map);
                for (key, value) in map {
                    if let Some(domain) = domain_of_people(key) {
                        self.known.insert(domain.to_owned());
                    }
                    match (key.as_str(), value) {
                        ("containers" | "initContainers" | "volumes" | "ports", Value::Array(items)) => {
                            self.kept.extend(items.iter().filter_map(|i| i["name"].as_str()).map(str::to_owned));
                        }
                        ("imagePullSecrets" | "reservedFor" | "resourceClaims", Value::Array(items)) => {
                            self.known.extend(items.iter().filter_map(|i| i["name"].as_str()).map(str::to_owned));
                        }
                        ("key" | "topologyKey" | "extendedResourceName", Value::String(key)) => {
                            self.known.extend(domain_of_people(key).map(str::to_owned));
                        }
                        ("topologyKeys" | "matchLabelKeys" | "mismatchLabelKeys", Value::Array(keys)) => {
                            let keys = keys.iter().filter_map(Value::as_str);
                            self.known.extend(keys.filter_map(domain_of_people).map(str::to_owned));
                        }
                        _ => {}
                    }
                    match value {
                        Value::String(name) if REFERENCES.contains(&key.as_str()) => {
                            if !name.is_empty() && !COMMON.contains(&name.as_str()) {
                                self.known.insert(name.clone());
                            }
                        }
                        value => self.learn_references(value),
                    }
                }
            }
            _ => {}
        }
    }

    /// Remembers the values of labels and taints, whether borne or asked for.
    fn learn_values(&mut self, map: &serde_json::Map<String, Value>) {
        let key = map.get("key").and_then(Value::as_str).unwrap_or_default();
        let asked = map.get("values").and_then(Value::as_array).into_iter().flatten();
        let values = asked.chain(map.get("value")).map(|value| (key, value));
        let labels = OF_PEOPLE.iter().filter(|field| **field != "annotations").filter_map(|field| map.get(*field));
        let borne = labels.filter_map(Value::as_object).flatten().map(|(key, value)| (key.as_str(), value));
        for (key, value) in values.chain(borne) {
            let Some(value) = value.as_str().filter(|value| is_of_people(value)) else { continue };
            match key {
                key if DECIDING.iter().any(|decides| key.starts_with(decides)) => continue,
                // Nodes bear their machines' names there, volumes ask for them.
                "kubernetes.io/hostname" | "metadata.name" => self.known.insert(value.to_owned()),
                _ => self.values.insert(value.to_owned()),
            };
        }
    }

    /// Replaces names wherever they stand as words of their own. Keys stay, of `fields` also those that are values, but for
    /// the domain of people before the slash.
    pub(crate) fn replace(&self, value: &mut Value, fields: bool) {
        match value {
            Value::Array(values) => values.iter_mut().for_each(|value| self.replace(value, fields)),
            Value::Object(map) => {
                for (key, mut value) in std::mem::take(map) {
                    match (key.as_str(), &mut value) {
                        ("apiVersion" | "kind", Value::String(_)) if fields => {}
                        (field, keys) if fields && KEYS.contains(&field) => self.replace_keys(keys),
                        (wish, Value::String(text)) if wish.starts_with("kubectl-daemonset/") => {
                            *text = self.replaced_in_wish(text);
                        }
                        (annotation, Value::String(text)) if annotation.ends_with("/node-selector") => {
                            *text = self.replaced_in_selector(text);
                        }
                        ("uid", Value::String(uid)) if fields => *uid = self.hashed(uid),
                        ("image", Value::String(image)) if fields => *image = self.hashed(image),
                        ("path", Value::String(path)) if fields => *path = self.path(path),
                        ("message" | "note", Value::String(text)) if fields => *text = self.message(text),
                        ("values" | "value", values) if fields => self.replace_values(values),
                        (field, values @ Value::Object(_)) if OF_PEOPLE.contains(&field) && field != "annotations" => {
                            self.replace_values(values);
                        }
                        (field, value) => self.replace(value, !OF_PEOPLE.contains(&field)),
                    }
                    map.insert(self.key(&key), value);
                }
            }
            Value::String(text) => *text = self.replaced(text),
            _ => {}
        }
    }

    /// Replaces values of labels and taints.
    fn replace_values(&self, value: &mut Value) {
        match value {
            Value::Array(values) => values.iter_mut().for_each(|value| self.replace_values(value)),
            Value::Object(map) => {
                for (key, mut value) in std::mem::take(map) {
                    self.replace_values(&mut value);
                    map.insert(self.key(&key), value);
                }
            }
            Value::String(text) if self.values.contains(text.as_str()) => *text = self.hashed(text),
            Value::String(text) => *text = self.replaced(text),
            _ => {}
        }
    }

    fn replace_keys(&self, value: &mut Value) {
        match value {
            Value::Array(keys) => keys.iter_mut().for_each(|key| self.replace_keys(key)),
            Value::String(key) => *key = self.key(key),
            _ => {}
        }
    }

    /// A key with another domain, if the domain is not a product's.
    pub(crate) fn key(&self, key: &str) -> String {
        match domain_of_people(key) {
            Some(domain) => format!("{}{}", self.hashed(domain), &key[domain.len()..]),
            None => key.to_owned(),
        }
    }

    pub(crate) fn replaced(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while !rest.is_empty() {
            let in_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
            let end = rest.find(|c| !in_name(c)).unwrap_or(rest.len());
            let word = &rest[..end];
            // A full stop ends a sentence.
            let name = word.trim_end_matches('.');
            if self.is_name(name) {
                out += &self.hashed(name);
                out += &word[name.len()..];
            } else {
                out += word;
            }
            rest = &rest[end..];
            let next = rest.find(in_name).unwrap_or(rest.len());
            out += &rest[..next];
            rest = &rest[next..];
        }
        out
    }

    /// Of what an annotation says to the doctor, such as `DS104@pool=ml: why; DS105`, keys of labels stay, too.
    fn replaced_in_wish(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let (mut in_value, mut in_list, mut in_reason) = (false, false, false);
        for part in text.split_inclusive(['=', ',', '(', ')', ':', ';']) {
            match in_value || in_list || in_reason {
                true => out += &self.replaced(part),
                false => out += part,
            }
            match part.chars().next_back() {
                Some('=') => in_value = true,
                Some(',') => in_value = false,
                Some('(') => in_list = true,
                Some(')') => in_list = false,
                Some(':') => in_reason = true,
                Some(';') => (in_value, in_list, in_reason) = (false, false, false),
                _ => {}
            }
        }
        out
    }

    /// Of a selector such as `pool=edge,!virtual` keys and values are replaced as those of labels.
    fn replaced_in_selector(&self, text: &str) -> String {
        let parts = text.split_inclusive(['=', ',', '(', ')', '!', ' ']);
        let replaced = parts.map(|part| {
            let word = part.trim_end_matches(['=', ',', '(', ')', '!', ' ']);
            let replaced = match self.values.contains(word) {
                true => self.hashed(word),
                false => self.replaced(&self.key(word)),
            };
            replaced + &part[word.len()..]
        });
        replaced.collect()
    }

    pub(crate) fn is_name(&self, word: &str) -> bool {
        let of_owner = || word.match_indices('-').any(|(at, _)| self.owners.contains(&word[..at]));
        !word.is_empty() && (self.known.contains(word) || of_owner())
    }

    pub(crate) fn hashed(&self, name: &str) -> String {
        let mut hasher = Sha256::new();
        hasher.update(self.salt[0].to_le_bytes());
        hasher.update(self.salt[1].to_le_bytes());
        hasher.update(name);
        let digest = hasher.finalize();
        let hex: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        format!("x{hex}")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::snapshot::write::redact::Redactor;

    #[test]
    fn names_are_hashed_also_inside_messages() {
        let mut redactor = Redactor::of_names();
        let mut node =
            json!({"metadata": {"name": "n1.acme", "labels": {"kubernetes.io/hostname": "n1.acme", "os": "linux"}}});
        let mut set = json!({"metadata": {"name": "agent", "namespace": "acme"}});
        let mut event = json!({"involvedObject": {"kind": "DaemonSet", "name": "agent", "namespace": "acme"},
            "message": "Created pod: agent-x7k2p on n1.acme. (acme/agent), n1.acmes kube-system"});
        let mut other = json!({"metadata": {"name": "other", "labels": {"of": "late"}}, "spec": {"template": {"spec": {
            "serviceAccountName": "ghost", "volumes": [{"persistentVolumeClaim": {"claimName": "lost"}}]}}},
            "message": "no ghost, nothing lost"});
        let mut late = json!({"metadata": {"name": "late"}});
        let mut all = [
            (Kind::Node, &mut node),
            (Kind::DaemonSet, &mut set),
            (Kind::Event, &mut event),
            (Kind::DaemonSet, &mut other),
            (Kind::Pod, &mut late),
        ];
        all.iter_mut().for_each(|(kind, object)| redactor.redact(*kind, object));
        all.iter_mut().for_each(|(_, object)| redactor.rename(object));
        let name = node["metadata"]["name"].as_str().unwrap().to_owned();
        assert!(name.len() == 17 && name.starts_with('x'), "{name}");
        assert_eq!(node["metadata"]["labels"], json!({"kubernetes.io/hostname": name, "os": "linux"}));
        let told = event["message"].as_str().unwrap();
        let (set, namespace) =
            (set["metadata"]["name"].as_str().unwrap(), set["metadata"]["namespace"].as_str().unwrap());
        assert!(told.ends_with(&format!(" on {name}. ({namespace}/{set}), n1.acmes kube-system")), "{told}");
        assert!(!told.contains("agent"), "{told}");
        assert!(!other.to_string().contains("ghost") && !other.to_string().contains("lost"), "{other}");
        assert_eq!(other["metadata"]["labels"]["of"], late["metadata"]["name"], "a word of an early object");
        let mut again = Redactor::of_names();
        let mut node = json!({"metadata": {"name": "n1.acme"}});
        again.redact(Kind::Node, &mut node);
        again.rename(&mut node);
        assert_ne!(node["metadata"]["name"], name.as_str(), "the salt is another each time");
    }
}
