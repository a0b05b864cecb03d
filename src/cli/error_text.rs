//! Errors as a person reads them.

use std::io::Write;

use crate::error::Error;
use crate::text::escape::escape;

/// Writes an error: the sentence, its causes, its hints.
pub fn tell(error: &Error, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "error: {}", escape(&error.message))?;
    for cause in &error.causes {
        writeln!(out, "  caused by: {}", escape(cause))?;
    }
    for hint in &error.hints {
        writeln!(out, "hint: {}", escape(hint))?;
    }
    out.flush()
}
