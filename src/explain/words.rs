//! A cause in words, before its evidence is added.

use crate::report::Note;

/// A sentence and its notes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) message: String,
    pub(crate) notes: Vec<Note>,
}

impl Words {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Words { message: message.into(), notes: Vec::new() }
    }

    pub(crate) fn note(mut self, note: impl Into<Note>) -> Self {
        self.notes.push(note.into());
        self
    }
}
