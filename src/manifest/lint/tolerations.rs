//! Rules about tolerations.

use std::collections::HashSet;

use serde_json::{Value as Json, json};

use crate::manifest::lint::agent_kind::Purpose;
use crate::manifest::lint::linter::Linter;
use crate::severity::Severity;
use crate::yaml::Node;

/// What the DaemonSet controller adds to every pod.
const ADDED: [(&str, &str); 6] = [
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
];
const MASTER: &str = "node-role.kubernetes.io/master";
const CONTROL_PLANE: &str = "node-role.kubernetes.io/control-plane";

/// The taint of a node whose network does not work yet (`taintNodeByCondition`, pkg/controller/nodelifecycle, v1.36).
const NOT_READY: &str = "node.kubernetes.io/not-ready";

/// Plugins that stand beside the one that makes nodes ready, and wait for it as other pods do.
const CHAINED: [&str; 10] =
    ["istio", "linkerd", "kuma", "multus", "whereabouts", "sriov", "rdma", "bond", "dhcp", "validator"];

impl Linter<'_> {
    /// DS912, DS913, DS917, DS918.
    pub(crate) fn tolerations(&mut self) {
        let tolerations = self.pod.get("tolerations").map(Node::items).unwrap_or_default();
        let text = |t: &Node, key: &str| t.get(key).and_then(Node::text).unwrap_or_default().to_owned();
        let mut seen = HashSet::new();
        for (place, toleration) in tolerations.iter().enumerate() {
            let without = || {
                let others = tolerations.iter().enumerate().filter(|(other, _)| *other != place);
                let others: Vec<Json> = others.map(|(_, toleration)| toleration.to_json()).collect();
                if others.is_empty() { Json::Null } else { Json::Array(others) }
            };
            let (key, effect) = (text(toleration, "key"), text(toleration, "effect"));
            let seconds = toleration.get("tolerationSeconds").is_some();
            if ADDED.iter().any(|(k, e)| *k == key && *e == effect) && !seconds {
                let message = format!("the DaemonSet controller adds the toleration of `{key}:{effect}` to every pod");
                let patch = self.pod_patch(json!({ "tolerations": without() }));
                self.tell("DS912", Severity::Info, toleration.at, message, patch);
                continue;
            }
            if !seen.insert(in_order(&toleration.to_json())) {
                let patch = self.pod_patch(json!({ "tolerations": without() }));
                self.tell("DS912", Severity::Info, toleration.at, "duplicate toleration".to_owned(), patch);
            }
            if key.is_empty() && effect.is_empty() && text(toleration, "operator") == "Exists" {
                let severity = match self.purpose {
                    Purpose::Logs | Purpose::Other => Severity::Info,
                    _ => continue,
                };
                let message =
                    "every taint is tolerated: the pods also run on dedicated nodes and on virtual nodes".to_owned();
                self.tell("DS918", severity, toleration.at, message, None);
            }
        }
        let names = |wanted: &str| tolerations.iter().find(|t| text(t, "key") == wanted);
        if let Some(master) = names(MASTER)
            && !tolerates(tolerations, CONTROL_PLANE, "", "NoSchedule")
        {
            let mut both: Vec<Json> = tolerations.iter().map(Node::to_json).collect();
            both.push(json!({"key": CONTROL_PLANE, "operator": "Exists", "effect": "NoSchedule"}));
            let message = format!("`{MASTER}` is tolerated, but not `{CONTROL_PLANE}`, its replacement since 1.24");
            let patch = self.pod_patch(json!({ "tolerations": both }));
            self.tell("DS913", Severity::Warning, master.at, message, patch);
        }
        self.bootstrap(tolerations);
    }

    /// A network plugin that waits for the node which waits for it.
    fn bootstrap(&mut self, tolerations: &[Node]) {
        if !self.makes_nodes_ready() || tolerates(tolerations, NOT_READY, "", "NoSchedule") {
            return;
        }
        let mut all: Vec<Json> = tolerations.iter().map(Node::to_json).collect();
        all.push(json!({"key": NOT_READY, "operator": "Exists", "effect": "NoSchedule"}));
        let at = self.pod.get("tolerations").map_or(self.pod.at, |t| t.at);
        let message = format!(
            "`{NOT_READY}:NoSchedule` is not tolerated: the node becomes ready only with its network, so a new node \
             never becomes ready if this is its network plugin"
        );
        let patch = self.pod_patch(json!({ "tolerations": all }));
        self.tell("DS917", Severity::Warning, at, message, patch);
    }

    /// Whether nodes wait for this agent: in the node's network, it writes the configuration of the first network plugin.
    fn makes_nodes_ready(&self) -> bool {
        let host_network = self.pod.get("hostNetwork").and_then(Node::bool) == Some(true);
        let mut paths = crate::manifest::lint::agent_kind::host_paths(self.pod);
        let chained = |name: &str| CHAINED.iter().any(|word| name.contains(word));
        self.purpose == Purpose::Network
            && host_network
            && paths.any(|p| p.starts_with("/etc/cni"))
            && !chained(self.input.name())
    }
}

/// A map of plain values with its keys in order.
fn in_order(toleration: &Json) -> String {
    let Some(map) = toleration.as_object() else { return toleration.to_string() };
    let mut fields: Vec<String> = map.iter().map(|(key, value)| json!([key, value]).to_string()).collect();
    fields.sort_unstable();
    fields.join("")
}

/// Whether any toleration bears a taint, by Kubernetes' rule: key and effect match where they are given, the value
/// unless the operator is Exists.
fn tolerates(tolerations: &[Node], key: &str, value: &str, effect: &str) -> bool {
    tolerations.iter().any(|t| {
        let text = |name| t.get(name).and_then(Node::text).unwrap_or_default();
        let exists = text("operator") == "Exists";
        (text("key") == key || text("key").is_empty() && exists)
            && (text("effect").is_empty() || text("effect") == effect)
            && (exists || text("value") == value)
    })
}
