//! What nodes share: labels that all nodes of a group have and healthy nodes lack.

use std::collections::BTreeMap;

use crate::model::Symbol;
use crate::store::{Cluster, NodeIndex};

/// Keys that say what kind of node it is, the most telling first; others come after them, by name.
const TELLING: &[&str] = &[
    "node.kubernetes.io/nodepool",
    "cloud.google.com/gke-nodepool",
    "eks.amazonaws.com/nodegroup",
    "kubernetes.azure.com/agentpool",
    "agentpool",
    "karpenter.sh/nodepool",
    "pool",
    "nodepool",
    "node-pool",
    "topology.kubernetes.io/zone",
    "node.kubernetes.io/instance-type",
    "kubernetes.io/arch",
    "kubernetes.io/os",
];

/// How many shared labels are told.
const MOST: usize = 8;

/// Where a key stands among those that tell something about a node.
pub fn rank(key: &str) -> usize {
    TELLING.iter().position(|known| *known == key).unwrap_or(TELLING.len())
}

/// The labels that all of `nodes` have and none of `others` has. A node's own name is nothing shared.
pub fn labels(cluster: &Cluster, nodes: &[NodeIndex], others: &[NodeIndex]) -> BTreeMap<String, String> {
    let labels_of = |node: NodeIndex| &cluster.nodes[node as usize].labels;
    let Some((first, rest)) = nodes.split_first() else { return BTreeMap::new() };
    if others.is_empty() {
        return BTreeMap::new();
    }
    let name = cluster.nodes[*first as usize].name;
    let own = |(key, value): &(Symbol, Symbol)| *value == name || key.as_str() == "kubernetes.io/hostname";
    let mut shared: Vec<(Symbol, Symbol)> = labels_of(*first).iter().filter(|label| !own(label)).collect();
    for node in rest {
        shared.retain(|(key, value)| labels_of(*node).get(*key) == Some(*value));
        if shared.is_empty() {
            return BTreeMap::new();
        }
    }
    for node in others {
        shared.retain(|(key, value)| labels_of(*node).get(*key) != Some(*value));
        if shared.is_empty() {
            return BTreeMap::new();
        }
    }
    shared.sort_by_key(|(key, _)| (rank(key.as_str()), key.as_str()));
    shared.truncate(MOST);
    shared.into_iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
}
