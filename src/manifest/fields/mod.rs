//! Every field that a document may have: the one table from which documents are read and checked, completed by
//! editors and explained in the reference.
//!
//! Names are Kubernetes' own spelling; a spec may also write them in snake_case.

mod container;
mod daemonset;
mod document;
mod hosted;
mod metadata;
mod others;
mod pod;
mod shape;
mod spec_container;
mod spec_scheduling;
mod volume;

pub use crate::manifest::fields::daemonset::DAEMON_SET;
pub use crate::manifest::fields::document::DOCUMENT;
pub use crate::manifest::fields::others::of_kind;
pub use crate::manifest::fields::shape::{Field, Object, Rule, Shape, snake};
pub use crate::manifest::fields::spec_container::{CONTAINER as SPEC_CONTAINER, MOUNT as SPEC_MOUNT};
