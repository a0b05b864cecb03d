//! Rules that need to know what stands around a DaemonSet: nodes, other workloads, ports in use.

use crate::manifest::lint::linter::Linter;
use crate::manifest::lint::surroundings::NodeAround;
use crate::manifest::requirement::holds;
use crate::manifest::text::nearest;
use crate::severity::Severity;
use crate::yaml::Node;

impl Linter<'_> {
    /// DS930, DS931, DS932.
    pub(crate) fn surroundings(&mut self) {
        self.no_node();
        self.overlaps();
        self.ports_taken();
    }

    fn no_node(&mut self) {
        let Some(nodes) = self.around.nodes.as_deref().filter(|n| !n.is_empty()) else { return };
        let selector = self.pod.get("nodeSelector").map(Node::entries).unwrap_or_default();
        for label in selector {
            let value = label.node.text().unwrap_or_default();
            if nodes.iter().any(|n| n.labels.get(&label.key).map(String::as_str) == Some(value)) {
                continue;
            }
            let values = nodes.iter().filter_map(|n| n.labels.get(&label.key).map(String::as_str));
            let keys = nodes.iter().flat_map(|n| n.labels.keys().map(String::as_str));
            let have = match (values.clone().next(), nearest(&label.key, keys)) {
                (Some(_), _) => {
                    let mut all: Vec<&str> = values.collect();
                    all.sort_unstable();
                    all.dedup();
                    all.truncate(5);
                    format!("; nodes have {}", all.join(", "))
                }
                (None, Some(key)) => format!("; a similar label exists: `{key}`"),
                (None, None) => "; no node has that label".to_owned(),
            };
            let message = format!("no node has `{}={value}`{have}", label.key);
            self.tell("DS930", Severity::Error, label.key_at, message, None);
        }
    }

    fn overlaps(&mut self) {
        let Some(selector) = self.spec.get("selector") else { return };
        let own = selector.get("matchLabels").map(Node::entries).unwrap_or_default();
        let conditions = selector.get("matchExpressions").map(Node::items).unwrap_or_default();
        let at = selector.get("matchLabels").map_or(selector.at, |n| n.at);
        let labels = self.spec.at_path(&["template", "metadata", "labels"]);
        let has = |labels: &Node, key: &str, value: &str| labels.get(key).and_then(Node::text) == Some(value);
        for other in &self.around.selectors {
            let namespace = self.input.namespace().unwrap_or("default");
            let itself = other.kind == "DaemonSet" && other.name == self.input.name();
            if other.namespace != namespace || itself || other.match_labels.is_empty() {
                continue;
            }
            let takes_ours = labels.is_some_and(|l| other.match_labels.iter().all(|(k, v)| has(l, k, v)));
            let theirs = |key: &str| other.template_labels.get(key).map(String::as_str);
            let selects = !own.is_empty() || !conditions.is_empty();
            let takes_theirs = selects
                && !other.template_labels.is_empty()
                && own.iter().all(|e| theirs(&e.key).is_some_and(|v| e.node.text() == Some(v)))
                && conditions.iter().all(|c| holds(c, theirs) == Some(true));
            if takes_ours || takes_theirs {
                let what = format!("{} {}/{}", other.kind, other.namespace, other.name);
                let message = if takes_theirs {
                    format!("the selector also matches the pods of {what}")
                } else {
                    format!("the selector of {what} also matches these pods")
                };
                self.tell("DS931", Severity::Error, at, message, None);
            }
        }
    }

    /// A port is told only where both must meet: one of the nodes to which these pods surely go is one of those on
    /// which the port is held. Which ones these are is not known, but how many.
    fn ports_taken(&mut self) {
        let Some(nodes) = self.around.nodes.as_deref() else { return };
        let chosen = nodes.iter().filter(|n| self.chooses(n)).count();
        // Taints are not known: where they may keep the pods away, they go to one of the chosen nodes at least.
        let sure = if self.bears_all_taints() { chosen } else { chosen.min(1) };
        let host_network = self.pod.get("hostNetwork").and_then(Node::bool) == Some(true);
        for container in self.pod.get("containers").map(Node::items).unwrap_or_default() {
            for port in container.get("ports").map(Node::items).unwrap_or_default() {
                let number = |key| port.get(key).and_then(Node::int).filter(|n| *n > 0);
                let Some(host) = number("hostPort").or_else(|| number("containerPort").filter(|_| host_network)) else {
                    continue;
                };
                // A port of one address meets only those of the same one, and of all.
                let text = |key| port.get(key).and_then(Node::text).filter(|t| !t.is_empty());
                if text("hostIP").is_some_and(|ip| ip != "0.0.0.0") {
                    continue;
                }
                let protocol = text("protocol").unwrap_or("TCP");
                let own = format!("DaemonSet {}/{}", self.input.namespace().unwrap_or("default"), self.input.name());
                let around = self.around;
                for taken in around.host_ports.iter().filter(|t| i64::from(t.port) == host && t.protocol == protocol) {
                    if taken.owner != own && sure > 0 && sure + taken.nodes > nodes.len() {
                        let message =
                            format!("host port {host}/{protocol} is used on {} nodes by {}", taken.nodes, taken.owner);
                        self.tell("DS932", Severity::Error, port.at, message, None);
                    }
                }
            }
        }
    }

    /// Whether labels and name of a node are what the pod asks for.
    fn chooses(&self, node: &NodeAround) -> bool {
        let label = |key: &str| node.labels.get(key).map(String::as_str);
        let field = |key: &str| (key == "metadata.name").then_some(node.name.as_str());
        let selector = self.pod.get("nodeSelector").map(Node::entries).unwrap_or_default();
        let named = self.pod.get("nodeName").and_then(Node::text).filter(|n| !n.is_empty());
        let path = ["affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"];
        let term = |term: &Node| {
            let list = |key| term.get(key).map(Node::items).unwrap_or_default();
            let (labels, fields) = (list("matchExpressions"), list("matchFields"));
            !(labels.is_empty() && fields.is_empty())
                && labels.iter().all(|r| holds(r, label) == Some(true))
                && fields.iter().all(|r| holds(r, field) == Some(true))
        };
        named.is_none_or(|n| n == node.name)
            && selector.iter().all(|e| label(&e.key).is_some_and(|v| e.node.text() == Some(v)))
            && self.pod.at_path(&path).is_none_or(|terms| terms.items().iter().any(term))
    }

    /// Whether one toleration bears every taint.
    fn bears_all_taints(&self) -> bool {
        let tolerations = self.pod.get("tolerations").map(Node::items).unwrap_or_default();
        tolerations.iter().any(|t| {
            let text = |key| t.get(key).and_then(Node::text).unwrap_or_default();
            text("operator") == "Exists" && text("key").is_empty() && text("effect").is_empty()
        })
    }
}
