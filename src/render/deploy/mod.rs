//! Plans, predictions and rollouts for people.

mod diff;
mod live;
mod outcome;
mod piped;
mod plan;
mod prediction;
mod progress;
mod words;

pub use crate::render::deploy::outcome::{end, held};
pub use crate::render::deploy::piped::line;
pub use crate::render::deploy::plan::plan;
pub use crate::render::deploy::prediction::{prediction, why_stuck};
pub use crate::render::deploy::progress::Progress;

#[cfg(test)]
mod tests;
