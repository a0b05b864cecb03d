//! The one engine that asks, reads and judges, and asks for more until nothing is open.

pub mod prefetch;
pub use crate::investigate::prefetch::ahead;
