//! Plans, predictions and rollouts for people.

mod ci;
mod diff;
mod live;
mod outcome;
mod piped;
mod plan;
mod prediction;
mod progress;
mod words;

pub use crate::render::deploy::ci::Ci;
pub use crate::render::deploy::outcome::{causes, end, held};
pub use crate::render::deploy::piped::line;
pub use crate::render::deploy::plan::plan;
pub use crate::render::deploy::prediction::{clashes, prediction, why_stuck};
pub use crate::render::deploy::progress::Progress;

#[cfg(test)]
mod tests;
