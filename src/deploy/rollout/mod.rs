//! How far a rollout is, and what holds it: from the DaemonSet, its pods and the nodes, at one moment.
//!
//! A rollout is done when the controller has seen the newest generation, and every node that it wants has a new pod
//! that is available. Unlike `kubectl rollout status`, nodes that cannot be ready by themselves (NotReady before, or
//! gone meanwhile) are told and do not hold it, and no wanted node at all is told as such.

mod look;
mod progress;
mod status;
#[cfg(test)]
mod tests;

pub use crate::deploy::rollout::look::{look, refusal};
pub use crate::deploy::rollout::progress::{Cause, End, Outcome, ProgressUpdate};
pub use crate::deploy::rollout::status::{BlockReason, PodTrouble, RolloutStatus};
