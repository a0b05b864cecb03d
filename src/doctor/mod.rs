//! From verdicts and what runs now to findings: causes, codes, explanations, remedies, the report.
//!
//! [`diagnose`] takes one DaemonSet through the rooms: [`standing`] says what runs on each node, [`grouping`] which
//! nodes share a cause, [`tell`] puts it into words, [`fix`] finds a change and tries it.

pub mod ahead;
pub mod changes;
pub mod codes;
pub mod common;
pub mod diagnosis;
pub mod fix;
pub mod grace;
pub mod grouping;
pub mod index;
pub mod life;
pub mod log;
pub mod near;
pub mod notices;
pub mod own;
pub mod probe;
pub mod pull;
pub mod remarks;
pub mod report;
pub mod rollout;
#[cfg(test)]
mod scenarios;
pub mod selector;
pub mod settings;
pub mod standing;
pub mod taints;
pub mod tell;
pub mod together;
pub mod units;
pub mod unlisted;
pub mod unseen;
pub mod whole;

pub use ahead::ahead;
pub use codes::Code;
pub use diagnosis::{Asked, Diagnosis, diagnose, diagnose_asked};
pub use index::Index;
pub use probe::{MadePod, Probed};
pub use report::{DaemonSetReport, DoctorReport, Finding, Severity, State};
pub use settings::{Expect, IgnoreRule, Settings, Shown};
pub use together::Together;
