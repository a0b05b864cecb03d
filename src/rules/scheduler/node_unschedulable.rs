//! NodeUnschedulable: a cordoned node takes no pod that does not tolerate the taint `unschedulable`.
//!
//! `pkg/scheduler/framework/plugins/nodeunschedulable` v1.36. DaemonSet pods always tolerate it.

use crate::model::taint::is_tolerated;
use crate::model::{Effect, Symbol, Taint, Toleration};
use crate::rules::verdict::Rejection;
use crate::rules::view::NodeState;

/// Refuses cordoned nodes.
#[inline]
pub fn filter(tolerations: &[Toleration], state: &NodeState<'_>, found: &mut Vec<Rejection>) {
    if state.glance.cordoned && !is_cordon_tolerated(tolerations) {
        found.push(Rejection::NodeUnschedulable);
    }
}

fn is_cordon_tolerated(tolerations: &[Toleration]) -> bool {
    let key = Symbol::new("node.kubernetes.io/unschedulable");
    let taint = Taint { key, value: Symbol::default(), effect: Effect::NoSchedule };
    is_tolerated(&taint, tolerations)
}
