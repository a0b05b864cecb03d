//! The one engine that asks, reads and judges, and asks for more until nothing is open.
//!
//! * [`subjects`], [`selection`]: what it is about.
//! * [`source`]: where objects come from, live or saved.
//! * [`engine`]: the loop.
//! * [`prefetch`]: what is sure to be asked.
//! * [`probe`]: what admission makes of one pod.
//! * [`lint_kinds`]: what lint reads.

pub mod engine;
pub mod lint_kinds;
pub mod prefetch;
pub mod probe;
pub mod scope;
pub mod selection;
pub mod source;
pub mod subjects;

pub use crate::investigate::engine::{Investigation, Options, Round, investigate};
pub use crate::investigate::lint_kinds::{LINT_KINDS, read_for_lint};
pub use crate::investigate::prefetch::ahead;
pub use crate::investigate::probe::NotProbed;
pub use crate::investigate::scope::Scope;
pub use crate::investigate::selection::Selection;
pub use crate::investigate::source::{Admitted, SavedCluster, Source};
pub use crate::investigate::subjects::{Document, Subjects};
