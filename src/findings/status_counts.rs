//! What the DaemonSet's own status counts, as proof where its pods cannot be listed.

use crate::model::DaemonSet;
use crate::rules::{Evaluation, Verdict};

/// Whether the controller counts a ready pod on each node that should run one. The status is then about the present
/// template, and about as many nodes as the rules find eligible.
pub fn counts_all_ready(daemon_set: &DaemonSet, verdicts: &[Verdict]) -> bool {
    daemon_set.status.as_ref().is_some_and(|status| {
        let desired = Evaluation::desired(verdicts) as i64;
        status.observed_generation >= daemon_set.generation
            && status.desired == desired
            && status.current >= desired
            && status.ready >= desired
    })
}

/// Whether the controller counts no pod at all: then the pod of each eligible node is missing, whoever may list pods.
pub fn counts_none(daemon_set: &DaemonSet) -> bool {
    daemon_set.status.as_ref().is_some_and(|status| {
        status.observed_generation >= daemon_set.generation && status.desired > 0 && status.current == 0
    })
}
