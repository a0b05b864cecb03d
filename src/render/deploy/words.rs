//! Names, values and reasons as plans, predictions and rollouts show them.

use std::io::{Result, Write};

use crate::deploy::rollout::{BlockReason, Cause};
use crate::render::text::first_names;
use crate::render::text::write_wrapped;
use crate::text::escape::escape;

/// How many nodes are named before they are only counted.
pub const NAMED: usize = 6;

/// Returns the first `most` characters of a text at most, up to the end of a word, with what a terminal acts on escaped.
pub fn shorten(text: &str, most: usize) -> String {
    let text = escape(text);
    match text.char_indices().nth(most) {
        Some((at, _)) => {
            // A word is not cut, unless it is all there is.
            let end = text[..at].rfind([' ', ',', '{', '[']).filter(|end| *end > at / 2);
            format!("{} ...", text[..end.map_or(at, |end| end + 1)].trim_end())
        }
        None => text.into_owned(),
    }
}

/// A writer of sentences, each wrapped in lines of a width. A sentence keeps its indent.
pub struct Lines<'a> {
    pub out: &'a mut dyn Write,
    pub width: usize,
}

impl Lines<'_> {
    /// Writes one sentence.
    pub fn line(&mut self, text: impl AsRef<str>) -> Result<()> {
        let text = text.as_ref();
        let indent = " ".repeat(text.len() - text.trim_start_matches(' ').len());
        write_wrapped(self.out, text.trim_start_matches(' '), self.width, (&indent, &format!("{indent}  ")))
    }
}

pub fn escape_owned(text: &str) -> String {
    escape(text).into_owned()
}

/// The names of nodes or pods, bounded by [`NAMED`].
pub fn names<T: ToString>(all: &[T]) -> String {
    first_names(all, NAMED)
}

/// Returns why a node is blocked: the doctor's finding if there is one, otherwise the state of the pod.
pub fn why(node: &str, hold: &BlockReason, reasons: &[Cause]) -> String {
    match Cause::of_node(reasons, node).filter(|_| hold.needs_diagnosis()) {
        Some(cause) => format!("{} ({})", cause.message, cause.code),
        None => hold.sentence(),
    }
}
