//! TaintToleration: a node takes no pod that does not tolerate its `NoSchedule` and `NoExecute` taints.
//!
//! `pkg/scheduler/framework/plugins/tainttoleration` v1.36. The first in the node's order is the one told.

use crate::facts::taint::untolerated;
use crate::facts::{Cluster, NodeIndex, Taint, Toleration};
use crate::placement::verdict::Rejection;

/// The plugin, prepared for one pod: by list of taints, those that it does not tolerate.
pub struct TaintToleration<'a> {
    cluster: &'a Cluster,
    untolerated: Vec<Vec<Taint>>,
}

impl<'a> TaintToleration<'a> {
    /// Judges every list of taints once.
    pub fn prepare(cluster: &'a Cluster, tolerations: &[Toleration]) -> Self {
        let judge = |list| untolerated(list, tolerations).copied().collect();
        TaintToleration { cluster, untolerated: cluster.taint_lists().map(judge).collect() }
    }

    /// Finds every taint that is not tolerated.
    pub fn filter(&self, node: NodeIndex, found: &mut Vec<Rejection>) {
        for taint in &self.untolerated[self.cluster.taint_list_of(node)] {
            found.push(Rejection::UntoleratedTaint { taint: *taint });
        }
    }
}
