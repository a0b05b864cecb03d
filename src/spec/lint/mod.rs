//! Lint: what works and yet is not wise for a pod on every node.
//!
//! Rules know what a DaemonSet is for: a network plugin may be privileged, a log shipper has no reason to.

mod around;
mod exempt;
mod host;
mod labels;
mod look;
mod patch;
mod purpose;
mod rights;
mod rollout;
mod rules;
mod tolerations;

pub use around::{HostPort, NodeAround, SelectorAround, Surroundings};
pub use exempt::EXEMPTIONS;
pub use look::{Finding, Report, lint};
pub use purpose::Purpose;
pub use rules::{RULES, Rule, example};
