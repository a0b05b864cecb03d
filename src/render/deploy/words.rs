//! Names, values and reasons as plans, predictions and rollouts show them.

use crate::deploy::rollout::{BlockReason, Cause};
use crate::text::escape::escape;

/// How many nodes are named before they are only counted.
pub const NAMED: usize = 6;

pub fn shorten(text: &str, most: usize) -> String {
    let text = escape(text);
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.into_owned(),
    }
}

pub fn escape_owned(text: &str) -> String {
    escape(text).into_owned()
}

pub fn names<T: ToString>(all: &[T]) -> String {
    let first = all.iter().take(NAMED).map(|n| escape_owned(&n.to_string())).collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} +{more}"),
    }
}

/// Returns why a node is blocked: the doctor's finding if there is one, otherwise the state of the pod.
pub fn why(node: &str, hold: &BlockReason, reasons: &[Cause]) -> String {
    match Cause::of_node(reasons, node).filter(|_| hold.needs_diagnosis()) {
        Some(cause) => format!("{} ({})", cause.message, cause.code),
        None => hold.sentence(),
    }
}
