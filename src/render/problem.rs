//! A mistake in a document as a person reads it: the sentence, the place, the way out.

use std::io::{Result, Write};

use owo_colors::OwoColorize;

use crate::manifest::Problem;
use crate::render::text::{wrap, write_wrapped};
use crate::render::theme::Theme;
use crate::text::escape::escape;

/// Writes a problem. Only its sentences wrap: the lines of the file stand as they are.
pub fn write_problem(out: &mut dyn Write, theme: &Theme, problem: &Problem) -> Result<()> {
    let head = problem.head();
    let width = theme.line_width();
    for (i, line) in wrap(&format!("{head}: {}", problem.message), width.saturating_sub(2)).iter().enumerate() {
        match line.strip_prefix(&head).filter(|_| i == 0) {
            Some(rest) => writeln!(out, "{}{rest}", head.style(theme.styles.severity(problem.severity)))?,
            None if i == 0 => writeln!(out, "{line}")?,
            None => writeln!(out, "  {line}")?,
        }
    }
    for line in problem.place() {
        writeln!(out, "{line}")?;
    }
    let margin = problem.margin();
    if let Some(field) = &problem.field {
        writeln!(out, " {margin} = field: {}", escape(field))?;
    }
    let Some(hint) = &problem.hint else { return Ok(()) };
    write_wrapped(out, hint, width, (&format!(" {margin} = hint: "), &format!(" {margin}         ")))
}
