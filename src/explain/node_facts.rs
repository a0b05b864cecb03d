//! Words the state of a node: what matters to every DaemonSet on it, once.

use crate::explain::units::{count, duration};
use crate::model::node::ConditionStatus;
use crate::model::{Node, Symbol};
use crate::report::{NodeFacts, NodeIdentity};
use crate::store::{Cluster, NodeIndex};
use crate::text::list::some;

/// Most taints and conditions that the sentence lists.
const MAX_LISTED: usize = 6;

/// Words the state of the node at the time `now`, seconds since 1970.
pub fn of(cluster: &Cluster, node: NodeIndex, now: i64) -> NodeFacts {
    let node = &cluster.nodes[node as usize];
    let mut parts = vec![ready(node, now)];
    parts.extend(node.terminating.then(|| "being deleted".to_owned()));
    parts.extend(node.unschedulable.then(|| "cordoned".to_owned()));
    parts.extend(node.conditions.troubles.iter().take(MAX_LISTED).map(Symbol::to_string));
    let taints: Vec<String> = node.taints.iter().map(ToString::to_string).collect();
    parts.push(match taints.as_slice() {
        [] => "no taints".to_owned(),
        [one] => format!("taint {one}"),
        all => format!("{}: {}", count(all.len(), "taint"), some(all, MAX_LISTED)),
    });
    parts.extend(node.kubelet_version.map(|version| format!("kubelet {version}")));
    let labels = ["kubernetes.io/os", "kubernetes.io/arch"].map(|key| node.labels.get(key.into()));
    if let [Some(os), Some(arch)] = labels {
        parts.push(format!("{os}/{arch}"));
    }
    let notes = node.unreadable.iter().map(|why| format!("the node object cannot be read: {why}")).collect();
    NodeFacts { name: node.name.to_string(), summary: parts.join(", "), notes }
}

/// Returns what each node is, by name, or the one node that was `asked` about.
pub fn identities(cluster: &Cluster, asked: Option<NodeIndex>, now: i64) -> Vec<NodeIdentity> {
    let all = 0..cluster.nodes.len() as NodeIndex;
    let nodes = all.filter(|node| asked.is_none_or(|asked| asked == *node));
    let identity = |node| {
        let labels = cluster.nodes[node as usize].labels.sorted().into_iter();
        let labels = labels.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let NodeFacts { name, summary, .. } = of(cluster, node, now);
        NodeIdentity { name, summary, labels }
    };
    nodes.map(identity).collect()
}

/// `Ready for 40d`, `NotReady for 6h (KubeletNotReady)`, `unreachable for 6h (NodeStatusUnknown)`.
fn ready(node: &Node, now: i64) -> String {
    let conditions = &node.conditions;
    let state = match conditions.ready {
        Some(ConditionStatus::True) => "Ready",
        Some(ConditionStatus::False) => "NotReady",
        Some(ConditionStatus::Unknown) => "unreachable",
        None => return "the node reports no Ready condition".to_owned(),
    };
    let age = conditions.ready_since.map(|since| now.saturating_sub(since)).filter(|age| *age >= 0);
    let age = age.map_or_else(String::new, |age| format!(" for {}", duration(age)));
    let reason = conditions.reason.filter(|_| !node.is_ready());
    let reason = reason.map_or_else(String::new, |reason| format!(" ({reason})"));
    format!("{state}{age}{reason}")
}
