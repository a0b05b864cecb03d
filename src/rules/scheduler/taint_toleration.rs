//! TaintToleration: a node takes no pod that does not tolerate its `NoSchedule` and `NoExecute` taints.
//!
//! `pkg/scheduler/framework/plugins/tainttoleration` v1.36. The first in the node's order is the one told.

use crate::model::taint::untolerated;
use crate::model::{Taint, Toleration};
use crate::rules::verdict::Rejection;
use crate::rules::view::NodeState;
use crate::store::Cluster;

/// The plugin, prepared for one pod: by list of taints, those that it does not tolerate.
pub struct TaintToleration {
    untolerated: Vec<Vec<Taint>>,
}

impl TaintToleration {
    /// Judges every list of taints once.
    pub fn prepare(cluster: &Cluster, tolerations: &[Toleration]) -> Self {
        let judge = |list| untolerated(list, tolerations).copied().collect();
        TaintToleration { untolerated: cluster.taint_lists().map(judge).collect() }
    }

    /// Finds every taint that is not tolerated.
    #[inline]
    pub fn filter(&self, state: &NodeState<'_>, found: &mut Vec<Rejection>) {
        for taint in &self.untolerated[state.glance.taints as usize] {
            found.push(Rejection::UntoleratedTaint { taint: *taint });
        }
    }
}
