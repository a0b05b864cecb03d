//! What words about a cause need to know beside it.

use crate::findings::near_miss::NearMisses;
use crate::model::{DaemonSet, Version};
use crate::store::Cluster;

/// One DaemonSet on its cluster, as far as sentences need them.
pub struct ExplainContext<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The DaemonSet.
    pub daemon_set: &'a DaemonSet,
    /// The version whose rules hold.
    pub version: Version,
    /// Labels and tolerations that nearly match.
    pub near: NearMisses<'a>,
}

impl<'a> ExplainContext<'a> {
    /// Returns the context of a DaemonSet on a cluster.
    pub fn new(cluster: &'a Cluster, daemon_set: &'a DaemonSet) -> Self {
        let near = NearMisses::new(cluster, daemon_set);
        ExplainContext { cluster, daemon_set, version: cluster.rules(), near }
    }
}
