//! What evidence is made from besides the cause.

use crate::findings::near_miss::NearMisses;
use crate::model::{DaemonSet, Node};
use crate::store::{Cluster, NodeIndex, PodIndex};

/// One DaemonSet on its cluster, as far as evidence needs them.
#[derive(Clone, Copy)]
pub struct EvidenceContext<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The DaemonSet.
    pub daemon_set: &'a DaemonSet,
    /// Labels and tolerations that nearly match.
    pub near: &'a NearMisses<'a>,
}

impl<'a> EvidenceContext<'a> {
    pub(super) fn node(&self, node: NodeIndex) -> &'a Node {
        &self.cluster.nodes[node as usize]
    }

    pub(super) fn pod_name(&self, pod: PodIndex) -> String {
        self.cluster.pod(pod).full_name()
    }
}
