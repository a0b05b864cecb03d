//! A rollout at one moment: which pods are old, which nodes use up what the strategy allows, which pods are replaced
//! next, and whether the rollout can end.
//!
//! Follows `rollingUpdate` and `findUpdatedPodsOnNode` in `pkg/controller/daemon/update.go` v1.36.3, and
//! `podsShouldBeOnNode` and `NodeShouldRunDaemonPod` in `daemon_controller.go` beside it:
//!
//! * Without surge a node uses up one of `maxUnavailable` if it is eligible or has a pod, and has no available pod.
//! * With surge a node uses up one of `maxSurge` if a new pod is not available beside an old one.
//! * An old pod that is not available is replaced at once; an old pod that is available waits for its turn.

mod deadlock;
mod pod;
#[cfg(test)]
pub(crate) mod tests;
mod update;

pub use crate::rules::rollout::deadlock::{Deadlock, contended, shared_host_ports};
pub use crate::rules::rollout::pod::{Availability, PodAge, TemplateMark, counting_order, may_stay};
pub use crate::rules::rollout::update::{BlockReason, Blocker, Limit, NodePods, Replacement, Rollout};
