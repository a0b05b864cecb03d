//! Errors as a person reads them.

use std::io::Write;

use owo_colors::OwoColorize;

use crate::error::Error;
use crate::render::Theme;
use crate::render::text::{wrap, write_wrapped};

/// Writes an error: the sentence, its causes, its hints.
pub fn tell(error: &Error, theme: &Theme, out: &mut dyn Write) -> std::io::Result<()> {
    const HEAD: &str = "error:";
    let width = theme.line_width();
    for (i, line) in wrap(&format!("{HEAD} {}", error.message), width.saturating_sub(2)).iter().enumerate() {
        match line.strip_prefix(HEAD).filter(|_| i == 0) {
            Some(rest) => writeln!(out, "{}{rest}", HEAD.style(theme.styles.error))?,
            None => writeln!(out, "  {line}")?,
        }
    }
    for cause in &error.causes {
        write_wrapped(out, &format!("caused by: {cause}"), width, ("  ", "    "))?;
    }
    for hint in &error.hints {
        write_wrapped(out, &format!("hint: {hint}"), width, ("", "  "))?;
    }
    out.flush()
}
