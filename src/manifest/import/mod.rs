//! From a DaemonSet, written or live, to the shortest spec that renders the same one.
//!
//! What the spec's own fields cannot say is said by JSON patches, which are found by rendering the spec and comparing:
//! an import that loses something would show it there.

mod config;
mod container;
mod convert;
mod defaults;
mod document;
mod residue;
mod volumes;

pub(crate) use crate::manifest::import::defaults::LAST_APPLIED;

pub use crate::manifest::import::config::{Config, References};
pub use crate::manifest::import::document::{Imported, Options, import};
