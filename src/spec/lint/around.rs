//! Rules that need to know what stands around a DaemonSet: nodes, other workloads, ports in use.

use std::collections::BTreeMap;

use super::look::Look;
use crate::spec::problem::Severity;
use crate::spec::text::nearest;
use crate::yaml::Node;

/// What is known of a cluster; `None` is not known.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The nodes.
    pub nodes: Option<Vec<NodeAround>>,
    /// Selectors of workloads, the DaemonSet's own too.
    pub selectors: Vec<SelectorAround>,
    /// Ports of nodes that pods hold.
    pub host_ports: Vec<HostPort>,
}

/// A node.
#[derive(Debug, Clone, Default)]
pub struct NodeAround {
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

/// The selector of another workload.
#[derive(Debug, Clone, Default)]
pub struct SelectorAround {
    /// Kind of the workload.
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Labels that its pods must have. A selector with expressions is given by its labels alone.
    pub match_labels: BTreeMap<String, String>,
    /// Labels that its pods do have.
    pub template_labels: BTreeMap<String, String>,
}

/// A port of nodes that a pod holds.
#[derive(Debug, Clone, Default)]
pub struct HostPort {
    /// The port.
    pub port: u16,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
    /// Who holds it, such as `DaemonSet monitoring/node-exporter`.
    pub owner: String,
    /// On how many nodes.
    pub nodes: usize,
}

impl Look<'_> {
    /// DS930, DS931, DS932.
    pub(super) fn surroundings(&mut self) {
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
                (None, Some(key)) => format!("; there is a label `{key}`"),
                (None, None) => "; no node has that label".to_owned(),
            };
            let message = format!("no node has `{}={value}`{have}", label.key);
            self.tell("DS930", Severity::Error, label.key_at, message, None);
        }
    }

    fn overlaps(&mut self) {
        let Some(own) = self.spec.at_path(&["selector", "matchLabels"]) else { return };
        let labels = self.spec.at_path(&["template", "metadata", "labels"]);
        let has = |labels: &Node, key: &str, value: &str| labels.get(key).and_then(Node::text) == Some(value);
        for other in &self.around.selectors {
            let namespace = self.input.namespace().unwrap_or("default");
            let itself = other.kind == "DaemonSet" && other.name == self.input.name();
            if other.namespace != namespace || itself || other.match_labels.is_empty() {
                continue;
            }
            let takes_ours = labels.is_some_and(|l| other.match_labels.iter().all(|(k, v)| has(l, k, v)));
            let ours = own.entries();
            let takes_theirs = !ours.is_empty()
                && ours.iter().all(|e| other.template_labels.get(&e.key).map(String::as_str) == e.node.text());
            if takes_ours || takes_theirs {
                let what = format!("{} {}/{}", other.kind, other.namespace, other.name);
                let message = if takes_theirs {
                    format!("the selector also matches the pods of {what}")
                } else {
                    format!("the selector of {what} also matches these pods")
                };
                self.tell("DS931", Severity::Error, own.at, message, None);
            }
        }
    }

    fn ports_taken(&mut self) {
        let host_network = self.pod.get("hostNetwork").and_then(Node::bool) == Some(true);
        for container in self.pod.get("containers").map(Node::items).unwrap_or_default() {
            for port in container.get("ports").map(Node::items).unwrap_or_default() {
                let number = |key| port.get(key).and_then(Node::int).filter(|n| *n > 0);
                let Some(host) = number("hostPort").or_else(|| number("containerPort").filter(|_| host_network)) else {
                    continue;
                };
                let protocol = port.get("protocol").and_then(Node::text).unwrap_or("TCP");
                let own = format!("DaemonSet {}/{}", self.input.namespace().unwrap_or("default"), self.input.name());
                let around = self.around;
                for taken in around.host_ports.iter().filter(|t| i64::from(t.port) == host && t.protocol == protocol) {
                    if taken.owner != own {
                        let message =
                            format!("port {host}/{protocol} of {} nodes is held by {}", taken.nodes, taken.owner);
                        self.tell("DS932", Severity::Error, port.at, message, None);
                    }
                }
            }
        }
    }
}
