//! Every field that a document may have: the one table from which documents are read and checked, completed by
//! editors and explained in the reference.
//!
//! Names are Kubernetes' own spelling; a spec may also write them in snake_case.

mod container;
mod daemonset;
mod document;
mod metadata;
mod others;
mod pod;
mod shape;
mod volume;

pub use daemonset::DAEMON_SET;
pub use document::{CONTAINER as SPEC_CONTAINER, DOCUMENT, MOUNT as SPEC_MOUNT};
pub use others::of_kind;
pub use shape::{Field, Object, Rule, Shape, snake};
