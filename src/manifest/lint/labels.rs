//! Rules about labels: of the selector, and of nodes that are chosen by them.

use std::collections::BTreeSet;

use serde_json::json;

use crate::manifest::lint::linter::Linter;
use crate::model::labels::RENAMED_NODE_LABELS;
use crate::severity::Severity;
use crate::yaml::{Mark, Node};

/// The label that once told the role of a node by its value; since, each role has a label of its own.
const ROLE: &str = "kubernetes.io/role";

/// Values that the kubelet gives to its labels.
const OS: [&str; 3] = ["linux", "windows", "darwin"];
const ARCH: [&str; 7] = ["amd64", "arm64", "arm", "386", "ppc64le", "s390x", "riscv64"];
/// What others call the architectures.
const ARCH_WORDS: [(&str, &str); 3] = [("x86_64", "amd64"), ("x64", "amd64"), ("aarch64", "arm64")];

/// Values that say what kind of thing a workload is, and not which one.
const COMMON: [&str; 20] = [
    "daemonset",
    "agent",
    "app",
    "node",
    "daemon",
    "monitoring",
    "logging",
    "default",
    "backend",
    "frontend",
    "infra",
    "infrastructure",
    "system",
    "production",
    "prod",
    "staging",
    "development",
    "dev",
    "test",
    "true",
];

impl Linter<'_> {
    /// DS911, DS914, DS915.
    pub(crate) fn labels(&mut self) {
        self.common_selector();
        for (key, at, values, replace) in self.node_conditions() {
            let replaced = match RENAMED_NODE_LABELS.iter().find(|(old, _)| *old == key) {
                Some((_, new)) => Some(((*new).to_owned(), values.first().cloned())),
                None => (key == ROLE).then(|| self.role(&values)),
            };
            // Terms are alternatives: where another one asks for the new label, nodes of both kinds are meant.
            let replaced = replaced.filter(|(new, _)| replace || !self.term_asks_for(new));
            if let Some((new, value)) = replaced {
                let message = format!("the label `{key}` is deprecated; nodes have `{new}`");
                let patch = value
                    .filter(|_| replace)
                    .and_then(|value| self.pod_patch(json!({"nodeSelector": {new: value, &key: null}})));
                self.tell("DS914", Severity::Warning, at, message, patch);
            }
            let known: &[&str] = match key.as_str() {
                "kubernetes.io/os" | "beta.kubernetes.io/os" => &OS,
                "kubernetes.io/arch" | "beta.kubernetes.io/arch" => &ARCH,
                _ => continue,
            };
            for value in values.iter().filter(|v| !known.contains(&v.as_str())) {
                let lower = value.to_ascii_lowercase();
                let other_word = ARCH_WORDS.iter().find(|(word, _)| *word == lower && known.len() == ARCH.len());
                let meant = other_word.map(|(_, k)| *k).or_else(|| known.iter().copied().find(|k| *k == lower));
                let meant_told = meant.map(|m| format!(", did you mean `{m}`?")).unwrap_or_default();
                let message = format!("no node has `{key}={value}`{meant_told}");
                let patch = meant.filter(|_| replace).and_then(|m| self.pod_patch(json!({"nodeSelector": {&key: m}})));
                self.tell("DS915", Severity::Error, at, message, patch);
            }
        }
    }

    /// The label of a role, and the value that nodes have there: none, unless the nodes tell another. The value is
    /// not known where there is not one role, or nodes differ.
    fn role(&self, roles: &[String]) -> (String, Option<String>) {
        let role = match roles {
            [role] if role == "master" => "control-plane",
            [role] if !role.is_empty() => role,
            _ => return ("node-role.kubernetes.io/ROLE".to_owned(), None),
        };
        let label = format!("node-role.kubernetes.io/{role}");
        let value = match self.around.nodes.as_deref() {
            None => Some(String::new()),
            Some(nodes) => {
                let values: BTreeSet<&String> = nodes.iter().filter_map(|n| n.labels.get(&label)).collect();
                (values.len() == 1).then(|| values.first().map(|v| (*v).clone())).flatten()
            }
        };
        (label, value)
    }

    /// A selector of one label that others use too.
    fn common_selector(&mut self) {
        let Some(labels) = self.spec.at_path(&["selector", "matchLabels"]) else { return };
        let [only] = labels.entries() else { return };
        let value = only.node.text().unwrap_or_default();
        if COMMON.contains(&value) && value != self.input.name() {
            let message =
                format!("the selector `{}={value}` may match pods of other workloads in the namespace", only.key);
            self.tell("DS911", Severity::Warning, only.key_at, message, None);
        }
    }

    fn term_asks_for(&self, key: &str) -> bool {
        self.node_conditions().iter().any(|(other, _, _, in_selector)| !in_selector && other == key)
    }

    /// Keys and values by which nodes are chosen, and whether they stand in the node selector.
    fn node_conditions(&self) -> Vec<(String, Mark, Vec<String>, bool)> {
        let mut out = Vec::new();
        for label in self.pod.get("nodeSelector").map(Node::entries).unwrap_or_default() {
            let values = label.node.text().map(str::to_owned).into_iter().collect();
            out.push((label.key.clone(), label.key_at, values, true));
        }
        let path = ["affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"];
        for term in self.pod.at_path(&path).map(Node::items).unwrap_or_default() {
            for requirement in term.get("matchExpressions").map(Node::items).unwrap_or_default() {
                let Some(key) = requirement.get("key").and_then(Node::text) else { continue };
                let is_in = requirement.get("operator").and_then(Node::text) == Some("In");
                let values = requirement.get("values").filter(|_| is_in).map(Node::items).unwrap_or_default();
                let values = values.iter().filter_map(|v| v.text().map(str::to_owned)).collect();
                out.push((key.to_owned(), requirement.at, values, false));
            }
        }
        out
    }

    /// DS916: an image is built for one operating system.
    pub(crate) fn operating_system(&mut self) {
        let chosen = self.node_conditions().iter().any(|(key, ..)| key.ends_with("kubernetes.io/os"));
        if chosen {
            return;
        }
        let others = self.around.nodes.as_deref().map(|nodes| {
            let os: BTreeSet<&str> =
                nodes.iter().filter_map(|n| n.labels.get("kubernetes.io/os").map(String::as_str)).collect();
            os.len()
        });
        let (severity, message) = match others {
            Some(0 | 1) => return,
            Some(_) => (Severity::Warning, "the pods run on nodes of more than one operating system"),
            None => (Severity::Info, "the pods run on nodes of any operating system"),
        };
        let os = self.pod.at_path(&["os", "name"]).and_then(Node::text).unwrap_or("linux");
        let patch = self.pod_patch(json!({"nodeSelector": {"kubernetes.io/os": os}}));
        self.tell("DS916", severity, self.pod.at, message.to_owned(), patch);
    }
}
