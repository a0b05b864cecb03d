//! What words about a cause need to know beside it.

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
}
