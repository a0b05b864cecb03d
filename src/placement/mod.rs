//! The rules. Facts in, verdict with evidence out; no I/O, no client, no terminal.

mod verdict;
mod view;

pub use verdict::{
    Cause, CreationRefusal, Exclusion, LimitViolation, Placement, Plugin, Race, Reason, Rejection, Stage, Unknown,
    Verdict,
};
pub use view::{NodeState, View};
