//! TaintToleration: a node takes no pod that does not tolerate its `NoSchedule` and `NoExecute` taints.
//!
//! `pkg/scheduler/framework/plugins/tainttoleration` v1.36. The first in the node's order is the one told.

use crate::facts::taint::untolerated;
use crate::facts::{Node, Toleration};
use crate::placement::verdict::Rejection;

/// Finds every taint that is not tolerated.
pub fn filter(tolerations: &[Toleration], node: &Node, found: &mut Vec<Rejection>) {
    found.extend(untolerated(&node.taints, tolerations).map(|taint| Rejection::UntoleratedTaint { taint: *taint }));
}
