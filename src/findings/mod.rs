//! From verdicts and what runs now to findings.
//!
//! [`diagnose`] takes one DaemonSet through the room: [`node_status`] says what runs on each node, [`pod_health`] what is wrong
//! with a pod, [`group`] which nodes share a cause; [`daemonset_findings`], [`node_findings`], [`rollout_findings`] and
//! [`combined_fit`] hold what is found about a DaemonSet, a node, a rollout and several documents. [`policy`] holds
//! expectations, ignores and limits.

pub mod admission_drift;
pub mod admission_probe;
pub mod cause;
pub mod codes;
pub mod combined_fit;
pub mod container_logs;
pub mod coverage_gaps;
pub mod daemonset_findings;
pub mod diagnosis;
pub mod grace;
pub mod group;
pub mod index;
pub mod near_miss;
pub mod node_changes;
pub mod node_findings;
pub mod node_status;
pub mod pod_health;
pub mod policy;
pub mod rollout_findings;
#[cfg(test)]
mod scenarios;
pub mod shared_labels;
pub mod taint_origin;
pub mod unlisted_pods;

pub use crate::findings::admission_probe::{MadePod, Probed};
pub use crate::findings::codes::Code;
pub use crate::findings::combined_fit::CombinedFit;
pub use crate::findings::diagnosis::{Diagnosis, Subject, diagnose, diagnose_with_probe};
pub use crate::findings::index::Index;
pub use crate::findings::policy::{Expect, IgnoreRule, Settings, Shown};
