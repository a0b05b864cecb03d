//! From verdicts and what runs now to findings.
//!
//! [`node_status`] says what runs on each node, [`pod_health`] what is wrong with a pod, [`group`] which nodes share a
//! cause; [`daemonset_findings`], [`node_findings`] and [`rollout_findings`] hold what is found about a DaemonSet, a node and
//! a rollout; [`crash`] which field a logged error is about, [`causing_field`] which field of a document. [`cause`] holds what is found, [`policy`] expectations, ignores and limits.

pub mod admission_drift;
pub mod admission_gates;
pub mod admission_probe;
pub mod amount;
pub mod cause;
pub mod cause_subject;
pub mod causing_field;
pub mod chain;
pub mod codes;
pub mod container_health;
pub mod container_logs;
pub mod coverage_gaps;
pub mod crash;
pub mod daemonset_findings;
pub mod difference;
pub mod evidence;
pub mod evidence_of;
pub mod finding_draft;
pub mod gap_relevance;
pub mod grace;
pub mod group;
mod group_severity;
pub mod index;
pub mod near_miss;
pub mod network_plugin;
pub mod new_revision;
pub mod node_changes;
pub mod node_findings;
pub mod node_status;
pub mod pod_events;
pub mod pod_health;
pub mod pod_issue;
pub mod pod_losses;
pub mod policy;
pub mod rollout_findings;
pub mod rollout_progress;
pub mod rule_code;
pub mod shared_facts;
pub mod shared_labels;
pub mod status_counts;
pub mod subject;
pub mod taint_age;
pub mod taint_origin;
pub mod template_changes;
pub mod unlisted_pods;
pub mod waits_for;
pub mod windows_node;

pub use crate::findings::admission_probe::{MadePod, Probed};
pub use crate::findings::codes::Code;
pub use crate::findings::index::Index;
pub use crate::findings::policy::{Expect, IgnoreRule, Settings, Shown};
pub use crate::findings::subject::Subject;
