//! What a command says when it cannot do its work.

use std::fmt;

use crate::exit_code::ExitCode;

/// A command that could not run: one sentence, what caused it, and what to try.
///
/// The message is a fragment without a final period ("cannot read `x.yaml`"); causes follow on lines of their
/// own, hints last. Text that came from a cluster is escaped by the renderer, not here.
#[derive(Debug)]
pub struct Error {
    /// What failed.
    pub message: String,
    /// Why, outermost first.
    pub causes: Vec<String>,
    /// What the user can do about it.
    pub hints: Vec<String>,
    /// The exit code: [`ExitCode::Failure`] unless a command says otherwise.
    pub exit: ExitCode,
    broken_pipe: bool,
}

/// A result whose error is told to the user as it is.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error with a message alone.
    pub fn new(message: impl Into<String>) -> Self {
        Error {
            message: message.into(),
            causes: Vec::new(),
            hints: Vec::new(),
            exit: ExitCode::Failure,
            broken_pipe: false,
        }
    }

    /// Adds `error` and its sources as causes.
    #[must_use]
    pub fn because(mut self, error: &(dyn std::error::Error + 'static)) -> Self {
        let mut next = Some(error);
        while let Some(e) = next {
            self.causes.push(e.to_string());
            next = e.source();
        }
        self
    }

    /// Adds a cause in words.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Whether the reader of our output went away, which is success.
    pub fn is_broken_pipe(&self) -> bool {
        self.broken_pipe
    }

    /// Sets the exit code.
    #[must_use]
    pub fn exit(mut self, code: ExitCode) -> Self {
        self.exit = code;
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for cause in &self.causes {
            write!(f, ": {cause}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        let broken = error.kind() == std::io::ErrorKind::BrokenPipe;
        let mut told = Error::new("cannot write the output").because(&error);
        told.broken_pipe = broken;
        told
    }
}
