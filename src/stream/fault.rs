//! What is wrong with a saved file, and where.

use crate::error::Error;
use crate::stream::limits::Exceeded;

/// What stopped the reading of one file.
#[derive(Debug)]
pub(crate) struct Fault {
    /// Line and column, from 1; columns count bytes.
    pub position: Option<(u64, u64)>,
    /// What is wrong, in a few words.
    pub what: String,
    /// In whose words it was told first.
    pub cause: Option<String>,
    /// What the user can do about it.
    pub hint: Option<&'static str>,
    /// The file could not be read at all, as opposed to: what was read makes no sense.
    pub unreadable: bool,
    /// Nothing is wrong: the text that is there ends, and more is on its way.
    pub awaits_more: bool,
}

impl Fault {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Fault { position: None, what: what.into(), cause: None, hint: None, unreadable: false, awaits_more: false }
    }

    /// The end of what has arrived so far.
    pub(crate) fn awaiting() -> Self {
        Fault { awaits_more: true, ..Fault::new(String::new()) }
    }

    pub(crate) fn at(mut self, position: (u64, u64)) -> Self {
        self.position = Some(position);
        self
    }

    pub(crate) fn cause(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    pub(crate) fn hint(mut self, hint: &'static str) -> Self {
        self.hint = Some(hint);
        self
    }

    /// A limit that was reached.
    pub(crate) fn limit(what: Exceeded) -> Self {
        Fault::new(what.sentence())
            .hint("raise the limit with `--snapshot-limit SIZE` if you trust the source of the file")
    }

    /// A read that failed: a damaged archive is told as such, all else is the system's word.
    pub(crate) fn io(error: &std::io::Error) -> Self {
        use std::io::ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};
        match error.kind() {
            UnexpectedEof => Fault::new("the compressed data or archive ends too early")
                .cause(error.to_string())
                .hint("the file is truncated: copy or save the file again"),
            InvalidData | InvalidInput | Other => {
                Fault::new("the compressed data or archive is damaged").cause(error.to_string())
            }
            _ => Fault { unreadable: true, ..Fault::new("cannot read the file").cause(error.to_string()) },
        }
    }

    /// Returns the error for the file of this name.
    pub(crate) fn told(self, source: &str) -> Error {
        let message = match self.position {
            Some((line, column)) => format!("{source}:{line}:{column}: {}", self.what),
            None => format!("{source}: {}", self.what),
        };
        let mut error = Error::new(message);
        if let Some(cause) = self.cause {
            error = error.cause(cause);
        }
        match self.hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

/// The end of a parser's sentence, without the position that it closes with, which counts from another start; what
/// stands before is the path to the place, and as long as the file makes it.
pub(crate) fn brief(sentence: &str) -> String {
    const LONGEST: usize = 200;
    let sentence = sentence.rfind(" at line ").map_or(sentence, |end| &sentence[..end]);
    match sentence.char_indices().rev().nth(LONGEST) {
        Some((start, _)) => format!("…{}", &sentence[start..]),
        None => sentence.to_owned(),
    }
}
