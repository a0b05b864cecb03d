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

pub use crate::manifest::fields::daemonset::DAEMON_SET;
pub use crate::manifest::fields::document::{CONTAINER as SPEC_CONTAINER, DOCUMENT, MOUNT as SPEC_MOUNT};
pub use crate::manifest::fields::others::of_kind;
pub use crate::manifest::fields::shape::{Field, Object, Rule, Shape, snake};
