//! Progress of a rollout and what blocks it, computed from the DaemonSet, its pods and the nodes at one moment.
//!
//! A rollout is done when the controller has observed the newest generation, and every eligible node has an available
//! new pod. Unlike `kubectl rollout status`, a rollout does not wait for nodes that were NotReady before or that left the
//! cluster. Such nodes are reported, and so is a rollout without any eligible node.

mod look;
mod progress;
mod status;
#[cfg(test)]
mod tests;

pub use crate::deploy::rollout::look::{look, refusal};
pub use crate::deploy::rollout::progress::{Cause, End, Outcome, ProgressUpdate};
pub use crate::deploy::rollout::status::{BlockReason, PodRestarts, PodTrouble, RolloutStatus};
