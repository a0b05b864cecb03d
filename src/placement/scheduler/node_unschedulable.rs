//! NodeUnschedulable: a cordoned node takes no pod that does not tolerate the taint `unschedulable`.
//!
//! `pkg/scheduler/framework/plugins/nodeunschedulable` v1.36. DaemonSet pods always tolerate it.

use crate::facts::taint::is_tolerated;
use crate::facts::{Effect, Symbol, Taint, Toleration};
use crate::placement::verdict::Rejection;
use crate::placement::view::NodeState;

/// Refuses cordoned nodes.
pub fn filter(tolerations: &[Toleration], state: &NodeState<'_>, found: &mut Vec<Rejection>) {
    if !state.view().cluster.is_cordoned(state.index) {
        return;
    }
    let key = Symbol::new("node.kubernetes.io/unschedulable");
    let taint = Taint { key, value: Symbol::default(), effect: Effect::NoSchedule };
    if !is_tolerated(&taint, tolerations) {
        found.push(Rejection::NodeUnschedulable);
    }
}
