//! What is changed in the fields that are kept: addresses always, names where that is asked for.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::facts::wire::Kind;

/// Makes an object fit to be given away, each thing the same way wherever it stands.
#[derive(Default)]
pub(super) struct Redactor {
    hosts: HashMap<String, String>,
    names: Option<Names>,
}

impl Redactor {
    /// With names hashed, each by a salt that is never written down.
    pub(super) fn of_names() -> Self {
        Redactor { hosts: HashMap::new(), names: Some(Names::new()) }
    }

    /// Whether names are hashed. They can be only when all of them are known: a word of an early object may be the name
    /// of a late one, and what is the same word must stay so.
    pub(super) fn renames(&self) -> bool {
        self.names.is_some()
    }

    /// Changes addresses in place, and remembers names.
    pub(super) fn redact(&mut self, kind: Kind, object: &mut Value) {
        self.fields(object);
        if let Some(names) = &mut self.names {
            names.learn(kind, object);
        }
    }

    /// Replaces names in place. Of the object itself its API version and kind stay.
    pub(super) fn rename(&self, object: &mut Value) {
        let (Some(names), Value::Object(map)) = (&self.names, object) else { return };
        let of_people = |key: &str| !matches!(key, "apiVersion" | "kind");
        map.iter_mut().filter(|(key, _)| of_people(key)).for_each(|(_, value)| names.replace(value, true));
    }

    fn fields(&mut self, value: &mut Value) {
        match value {
            Value::Array(values) => values.iter_mut().for_each(|value| self.fields(value)),
            Value::Object(map) => {
                for (key, value) in map.iter_mut() {
                    match (key.as_str(), &mut *value) {
                        ("hostIP", Value::String(address)) => self.host(address),
                        ("terminated", Value::Object(ended)) => {
                            // Of a container that ran, this is what it wrote itself, or its last log lines. Of one
                            // that could not be started it is the runtime's word.
                            let reason = ended.get("reason").and_then(Value::as_str).unwrap_or_default();
                            if !matches!(reason, "StartError" | "ContainerCannotRun" | "ContainerStatusUnknown") {
                                ended.remove("message");
                            }
                        }
                        _ => self.fields(value),
                    }
                }
            }
            _ => {}
        }
    }

    /// Another address for an address. Those that mean all, or the machine itself, decide and tell nothing.
    fn host(&mut self, address: &mut String) {
        let parsed = address.parse::<std::net::IpAddr>();
        if address.is_empty() || parsed.as_ref().is_ok_and(|ip| ip.is_unspecified() || ip.is_loopback()) {
            return;
        }
        let next = u32::try_from(self.hosts.len()).unwrap_or(u32::MAX);
        // From 240.0.0.0/4, which no machine has.
        let other = || std::net::Ipv4Addr::from_bits(0xf000_0001u32.saturating_add(next)).to_string();
        *address = self.hosts.entry(address.clone()).or_insert_with(other).clone();
    }
}

/// Names seen so far, and what stands in their place.
struct Names {
    salt: [u64; 2],
    known: HashSet<String>,
    /// Names of DaemonSets: those of their pods begin with them, also of pods that are gone.
    owners: HashSet<String>,
}

/// Names that are the same everywhere, and decide; and words of Kubernetes, which its own sentences are made of.
const COMMON: &[&str] = &[
    "default",
    "kube-system",
    "kube-public",
    "kube-node-lease",
    "pod",
    "pods",
    "node",
    "nodes",
    "cpu",
    "memory",
    "linux",
    "windows",
];

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
    fn new() -> Self {
        // Each state has random keys of its own.
        let random = || RandomState::new().hash_one(0);
        Names { salt: [random(), random()], known: HashSet::new(), owners: HashSet::new() }
    }

    /// Remembers the names that an object bears.
    fn learn(&mut self, kind: Kind, object: &Value) {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).filter(|t| !COMMON.contains(t));
        // Classes and drivers are named by products, not by people.
        let named_by_products = matches!(
            kind,
            Kind::PriorityClass | Kind::RuntimeClass | Kind::StorageClass | Kind::CSIDriver | Kind::DeviceClass
        );
        if !named_by_products {
            self.known.extend(text("/metadata/name").map(str::to_owned));
        }
        if matches!(kind, Kind::DaemonSet | Kind::Deployment | Kind::StatefulSet | Kind::ReplicaSet | Kind::Job) {
            self.owners.extend(text("/metadata/name").map(str::to_owned));
        }
        for pointer in ["/metadata/namespace", "/involvedObject/name", "/regarding/name"] {
            self.known.extend(text(pointer).map(str::to_owned));
        }
        self.learn_references(object);
    }

    /// Remembers the names by which a spec speaks of objects, which may not exist.
    fn learn_references(&mut self, value: &Value) {
        match value {
            Value::Array(values) => values.iter().for_each(|value| self.learn_references(value)),
            Value::Object(map) => {
                for (key, value) in map {
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

    /// Replaces names wherever they stand as words of their own. Keys stay, of `fields` also those that are values.
    fn replace(&self, value: &mut Value, fields: bool) {
        match value {
            Value::Array(values) => values.iter_mut().for_each(|value| self.replace(value, fields)),
            Value::Object(map) => {
                for (key, value) in map.iter_mut().filter(|(key, _)| !fields || !KEYS.contains(&key.as_str())) {
                    match value {
                        Value::String(wish) if key.starts_with("kubectl-daemonset/") => {
                            *wish = self.replaced_in_wish(wish)
                        }
                        value => self.replace(value, !OF_PEOPLE.contains(&key.as_str())),
                    }
                }
            }
            Value::String(text) => *text = self.replaced(text),
            _ => {}
        }
    }

    fn replaced(&self, text: &str) -> String {
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

    fn is_name(&self, word: &str) -> bool {
        let of_owner = || word.match_indices('-').any(|(at, _)| self.owners.contains(&word[..at]));
        !word.is_empty() && (self.known.contains(word) || of_owner())
    }

    fn hashed(&self, name: &str) -> String {
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

    #[test]
    fn addresses_stay_apart_and_stay_the_same() {
        let mut redactor = Redactor::default();
        let mut pod = json!({"ports": [{"hostIP": "10.0.0.9"}, {"hostIP": ""}, {"hostIP": "0.0.0.0"},
            {"hostIP": "10.0.0.8"}, {"hostIP": "10.0.0.9"}, {"hostIP": "127.0.0.1"}]});
        redactor.redact(Kind::Pod, &mut pod);
        let ips: Vec<_> = pod["ports"].as_array().unwrap().iter().map(|p| p["hostIP"].as_str().unwrap()).collect();
        assert_eq!(ips, ["240.0.0.1", "", "0.0.0.0", "240.0.0.2", "240.0.0.1", "127.0.0.1"]);
    }

    #[test]
    fn last_words_of_a_container_are_its_log() {
        let mut pod = json!({"a": {"terminated": {"reason": "Error", "message": "canary", "exitCode": 1}},
            "b": {"terminated": {"reason": "StartError", "message": "exec format error"}}});
        Redactor::default().redact(Kind::Pod, &mut pod);
        assert_eq!(pod["a"], json!({"terminated": {"reason": "Error", "exitCode": 1}}));
        assert_eq!(pod["b"]["terminated"]["message"], "exec format error");
    }

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
    #[test]
    fn label_keys_stay_wherever_they_stand() {
        let mut redactor = Redactor::of_names();
        let kept = json!({
            "taints": [{"key": "fluentd-only/n1", "value": "a"}],
            "tolerations": [{"key": "not-ready/n1", "operator": "Exists"}],
            "matchExpressions": [{"key": "example.com/fluentd-ready", "values": ["true"]}],
            "matchFields": [{"key": "n1", "values": []}],
            "topologyKey": "example.com/fluentd-rack",
            "matchLabelKeys": ["fluentd-hash", "n1"],
            "mismatchLabelKeys": ["fluentd-tenant"],
            "drivers": [{"topologyKeys": ["csi.example.com/n1"]}],
            "extendedResourceName": "fluentd-gpu/n1",
        });
        let mut set = json!({"metadata": {"name": "fluentd", "namespace": "d", "labels": {"key": "n1"}}, "kept": kept,
            "spec": {"matchLabels": {"topologyKey": "fluentd"}, "nodeSelector": {"key": "n1"}, "values": ["n1"]}});
        redactor.redact(Kind::Node, &mut json!({"metadata": {"name": "n1"}}));
        redactor.redact(Kind::DaemonSet, &mut set);
        redactor.rename(&mut set);
        assert_eq!(set["kept"], kept);
        // A label may be called like a field.
        let (labels, spec) = (&set["metadata"]["labels"], &set["spec"]);
        let node = &spec["values"][0];
        assert_ne!(*node, "n1");
        assert_eq!((&labels["key"], &spec["nodeSelector"]["key"]), (node, node));
        assert_eq!(spec["matchLabels"]["topologyKey"], set["metadata"]["name"]);
    }
    #[test]
    fn label_keys_stay_in_what_is_said_to_the_doctor() {
        let mut redactor = Redactor::of_names();
        redactor.redact(Kind::DaemonSet, &mut json!({"metadata": {"name": "web"}}));
        let mut set = json!({"metadata": {"name": "n1", "annotations": {
            "kubectl-daemonset/expect": "web-a/web=n1,web-b in (n1, m),!web,web-c,x!=n1",
            "kubectl-daemonset/ignore": "DS104@web-d==n1: not (n1, web=n1); DS105@web-e"}}});
        redactor.redact(Kind::DaemonSet, &mut set);
        redactor.rename(&mut set);
        let metadata = &set["metadata"];
        let (name, web) = (metadata["name"].as_str().unwrap(), redactor.names.as_ref().unwrap().hashed("web"));
        let said = &metadata["annotations"];
        assert_eq!(
            said["kubectl-daemonset/expect"],
            format!("web-a/web={name},web-b in ({name}, m),!web,web-c,x!={name}")
        );
        assert_eq!(
            said["kubectl-daemonset/ignore"],
            format!("DS104@web-d=={name}: not ({name}, {web}={name}); DS105@web-e")
        );
    }
}
