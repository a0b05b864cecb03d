//! Documents with positions; kubectl's scalars, read and written.
//!
//! kubectl reads YAML through a fork of go-yaml v2 and from there as JSON: `yes` is true, `0640` is 416, `1_000` is
//! a thousand and `<<` merges. [`parse`] reads a text the same way into [`Node`]s that know where they stand;
//! [`emit`] writes values so that kubectl reads the same ones back; [`edit`] changes a text in place.

mod edit;
mod emit;
mod node;
mod parse;
mod scalar;

pub use crate::yaml::edit::{Refusal, edit, node_at};
pub use crate::yaml::emit::{Style, emit, emit_into};
pub use crate::yaml::node::{Entry, Mark, Node, Value};
pub use crate::yaml::parse::{Limits, Mistake, Parsed, parse, parse_within};
pub use crate::yaml::scalar::{Scalar, is_plain_text, resolve};
