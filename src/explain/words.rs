//! A cause in words, before its evidence is added.

use crate::report::{Evidence, Explanation, Note};

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

    pub(crate) fn notes(mut self, notes: impl IntoIterator<Item = Note>) -> Self {
        self.notes.extend(notes);
        self
    }

    /// Adds the evidence.
    pub(crate) fn with(self, evidence: Evidence) -> Explanation {
        Explanation { message: self.message, notes: self.notes, evidence }
    }
}
