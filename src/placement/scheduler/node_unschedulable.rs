//! NodeUnschedulable: a cordoned node takes no pod that does not tolerate the taint `unschedulable`.
//!
//! `pkg/scheduler/framework/plugins/nodeunschedulable` v1.36. DaemonSet pods always tolerate it.

use crate::facts::taint::is_tolerated;
use crate::facts::{Effect, Node, Symbol, Taint, Toleration};
use crate::placement::verdict::Rejection;

/// Refuses cordoned nodes.
pub fn filter(tolerations: &[Toleration], node: &Node, found: &mut Vec<Rejection>) {
    if !node.unschedulable {
        return;
    }
    let key = Symbol::new("node.kubernetes.io/unschedulable");
    let taint = Taint { key, value: Symbol::default(), effect: Effect::NoSchedule };
    if !is_tolerated(&taint, tolerations) {
        found.push(Rejection::NodeUnschedulable);
    }
}
