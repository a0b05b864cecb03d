//! Places of nodes and pods, and the index that finds them.

use std::collections::HashMap;

use crate::model::hash::FastHash;
use crate::model::node::Node;
use crate::model::pod::{Pod, Port};
use crate::model::pod_use::{claim_of, host_ports};
use crate::model::{Symbol, Version};

/// A node's place in [`Cluster::nodes`].
pub type NodeIndex = u32;

/// A pod's place in [`Cluster::pods`].
pub type PodIndex = u32;

/// Namespace and name.
pub type Key = (Symbol, Symbol);

/// Where pods and nodes of a cluster are, by what is asked of them.
#[derive(Debug, Default)]
pub(crate) struct Index {
    pub nodes: HashMap<Symbol, NodeIndex, FastHash>,
    /// Pods that count on each node: `on[starts[n]..starts[n + 1]]`.
    pub starts: Vec<u32>,
    pub on: Vec<PodIndex>,
    pub ports: Vec<Vec<(Port, PodIndex)>>,
    pub owned: HashMap<Symbol, Vec<PodIndex>, FastHash>,
    pub nominated: HashMap<Symbol, Vec<PodIndex>, FastHash>,
    pub repellent: Vec<PodIndex>,
    pub claim_users: HashMap<Key, Vec<PodIndex>, FastHash>,
}

impl Index {
    pub(crate) fn of(nodes: &[Node], pods: &[Pod], rules: Version) -> Self {
        let mut index = Index {
            nodes: nodes.iter().enumerate().map(|(i, node)| (node.name, i as NodeIndex)).collect(),
            ..Default::default()
        };
        let mut on: Vec<(NodeIndex, PodIndex)> = Vec::new();
        index.ports = vec![Vec::new(); nodes.len()];
        for (i, pod) in pods.iter().enumerate() {
            let i = i as PodIndex;
            if let (Some(owner), true) = (pod.owner, pod.detail.is_some()) {
                index.owned.entry(owner).or_default().push(i);
            }
            if let Some(nominated) = pod.nominated.filter(|_| pod.node.is_none() && !pod.phase.has_ended()) {
                index.nominated.entry(nominated).or_default().push(i);
            }
            let Some(name) = pod.counts_on() else { continue };
            // Of a node that is not here a pod's labels still count, its room does not.
            if !pod.shape.spec.pod_anti_affinity.is_empty() {
                index.repellent.push(i);
            }
            for volume in &pod.shape.spec.volumes {
                if let Some(claim) = claim_of(pod, volume) {
                    index.claim_users.entry((pod.namespace, claim)).or_default().push(i);
                }
            }
            let Some(node) = index.nodes.get(&name) else { continue };
            on.push((*node, i));
            for port in host_ports(&pod.shape.spec, rules) {
                index.ports[*node as usize].push((port, i));
            }
        }
        on.sort_unstable();
        index.starts = vec![0; nodes.len() + 1];
        for (node, _) in &on {
            index.starts[*node as usize + 1] += 1;
        }
        for i in 0..nodes.len() {
            index.starts[i + 1] += index.starts[i];
        }
        index.on = on.into_iter().map(|(_, pod)| pod).collect();
        index
    }
}
