//! The rules. Facts in, verdict with evidence out; no I/O, no client, no terminal.
//!
//! * [`controller`]: which nodes should run the pod.
//! * [`admission`]: what the API server makes of the pod, and whether it lets it be.
//! * [`scheduler`]: which nodes the scheduler refuses; one file a plugin, named after it.
//! * [`preemption`]: whether evicting others would help.
//! * [`kubelet`]: which pods the kubelet refuses that were bound to its node.
//! * [`start`]: what keeps a pod from starting that the kubelet admitted.
//! * [`contention`]: where pods of the DaemonSet itself compete.
//! * [`rollout`]: which pods are old, who uses up what the strategy allows, what is replaced next, what cannot end.
//! * [`needs`]: what a template alone says must be known of a cluster.
//! * [`Evaluation`] puts them together for one DaemonSet.

pub mod admission;
pub mod contention;
pub mod controller;
mod evaluation;
pub mod kubelet;
pub mod needs;
pub mod preemption;
pub mod rbac;
pub mod rollout;
pub mod scheduler;
pub mod start;
mod verdict;
mod view;

pub use crate::rules::evaluation::{Evaluation, OwnPods};
pub use crate::rules::needs::{Prefetch, needs};
pub use crate::rules::verdict::{
    Cause, ClaimDenial, Contradiction, CreationRefusal, DeniedClaim, DeviceAsker, DeviceRejection, DeviceShortage,
    Exclusion, HandlerFeature, KubeletRefusal, LimitRule, LimitViolation, ObjectUser, Placement, Plugin, Race, Reason,
    Rejection, ResourceContradiction, ShortageKind, Stage, StartObstacle, Unknown, Verdict,
};
pub use crate::rules::view::{NodeState, View};
