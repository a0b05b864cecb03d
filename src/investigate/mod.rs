//! The engine: requests, reads and judges, until no request is open.
//!
//! * [`subjects`], [`selection`]: what it is about.
//! * [`source`]: where objects come from, live or saved.
//! * [`engine`]: the loop.
//! * [`prefetch`]: what is sure to be asked.
//! * [`probe`]: what admission makes of one pod.
//! * [`lint_kinds`]: what lint reads.

pub mod combined_fit;
mod daemonset_report;
pub mod diagnosis;
pub mod engine;
mod finding_report;
mod linked_causes;
pub mod lint_kinds;
mod node_report;
pub mod prefetch;
pub mod probe;
mod report_inputs;
#[cfg(test)]
mod scenarios;
pub mod scope;
pub mod selection;
pub mod siblings;
pub mod source;
pub mod subjects;
mod wanted_logs;

pub use crate::investigate::combined_fit::CombinedFit;
pub use crate::investigate::diagnosis::{Diagnosis, diagnose, diagnose_with_probe};
pub use crate::investigate::engine::{Investigation, Options, Round, investigate};
pub use crate::investigate::lint_kinds::{LINT_KINDS, read_for_lint};
pub use crate::investigate::prefetch::ahead;
pub use crate::investigate::probe::NotProbed;
pub use crate::investigate::scope::Scope;
pub use crate::investigate::selection::Selection;
pub use crate::investigate::siblings::Siblings;
pub use crate::investigate::source::{Admitted, LogFiles, SavedCluster, Source};
pub use crate::investigate::subjects::{Document, Subjects};
pub use crate::investigate::wanted_logs::wanted_logs;
