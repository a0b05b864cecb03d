//! Lint: what works and yet is not wise for a pod on every node.
//!
//! Rules know what a DaemonSet is for: a network plugin may be privileged, a log shipper has no reason to.

mod agent_kind;
mod cluster_context;
mod containers;
mod engine;
mod exempt;
mod exempting;
mod host;
mod labels;
mod linter;
mod mend;
mod mistakes;
mod patch;
mod privileges;
mod rollout;
mod rules;
mod secrets;
mod surroundings;
mod terms;
mod tolerations;

pub use crate::manifest::lint::agent_kind::Purpose;
pub use crate::manifest::lint::engine::{Report, lint};
pub use crate::manifest::lint::exempt::EXEMPTIONS;
pub use crate::manifest::lint::exempting::{EXEMPTION_FILE, Exempting, Exemption, read_exemptions};
pub use crate::manifest::lint::linter::Finding;
pub use crate::manifest::lint::mend::{Mended, mend};
pub use crate::manifest::lint::rules::{RULES, Rule, example, has_quiet_notes};
pub use crate::manifest::lint::surroundings::{HostPort, NodeAround, SelectorAround, Surroundings};
