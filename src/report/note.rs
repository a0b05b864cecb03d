//! Sentences below the headline of a finding.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// What a note says about its finding: the fixed word that the note begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoteKind {
    /// A label, a toleration or a namespace that is nearly the one asked for.
    NearMiss,
    /// What causes the finding.
    Cause,
    /// What to do next, with a command.
    Next,
    /// A change in words, where none was computed and tried: no `fix:`, which is always verified, and no `next:`, which is
    /// always a command. A fix takes the place of such notes.
    Advice,
    /// Anything else; such a note has no word.
    Note,
}

impl fmt::Display for NoteKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NoteKind::NearMiss => "near miss: ",
            NoteKind::Cause => "cause: ",
            NoteKind::Next => "next: ",
            NoteKind::Advice => "note: likely fix (not verified): ",
            NoteKind::Note => "",
        })
    }
}

/// A sentence below the headline of a finding. In JSON it is one string, its fixed word included.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Note {
    /// What it says about the finding.
    pub kind: NoteKind,
    /// The sentence, without the fixed word; of a next step the command alone.
    pub text: String,
    /// What the command of a next step does: whether it only reads.
    pub effect: Option<String>,
}

impl Note {
    /// A note of the kind.
    pub fn new(kind: NoteKind, text: impl Into<String>) -> Self {
        Note { kind, text: text.into(), effect: None }
    }

    /// A next step: a command, and what the command does.
    pub fn next(command: impl Into<String>, effect: impl Into<String>) -> Self {
        Note { effect: Some(effect.into()), ..Note::new(NoteKind::Next, command) }
    }

    /// Where the note stands among those of its finding: a finding ends with what to do.
    pub fn place(&self) -> u8 {
        match self.kind {
            NoteKind::NearMiss | NoteKind::Cause | NoteKind::Note => 0,
            NoteKind::Advice => 1,
            NoteKind::Next => 2,
        }
    }
}

impl<T: Into<String>> From<T> for Note {
    fn from(text: T) -> Self {
        Note::new(NoteKind::Note, text)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.kind, self.text)?;
        match &self.effect {
            Some(effect) => write!(f, " ({effect})"),
            None => Ok(()),
        }
    }
}

impl Serialize for Note {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Note {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Note".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string"})
    }
}
