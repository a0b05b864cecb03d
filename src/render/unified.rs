//! The lines in which two texts differ.

use std::io::{Result, Write};

use owo_colors::OwoColorize;
use similar::{ChangeTag, TextDiff};

use crate::render::theme::Theme;
use crate::text::escape::escape;

/// Lines around a change.
const CONTEXT: usize = 3;

/// A text and what it is called.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// Its name, for the head of the diff.
    pub name: &'a str,
    /// The text.
    pub text: &'a str,
}

/// Writes a unified diff. Lines are not wrapped; `shown` says for the number of a line (from 0) of a side whether it may be
/// shown: a secret may stand there.
pub fn unified(
    out: &mut dyn Write,
    theme: &Theme,
    (before, after): (Side<'_>, Side<'_>),
    shown: &dyn Fn(bool, usize) -> bool,
) -> Result<()> {
    let paint = |text: String, style: owo_colors::Style| text.style(style).to_string();
    writeln!(out, "{}", paint(format!("--- {}", escape(before.name)), theme.styles.removed))?;
    writeln!(out, "{}", paint(format!("+++ {}", escape(after.name)), theme.styles.added))?;
    let diff = TextDiff::from_lines(before.text, after.text);
    for hunk in diff.unified_diff().context_radius(CONTEXT).iter_hunks() {
        writeln!(out, "{}", paint(hunk.header().to_string(), theme.styles.aside))?;
        for change in hunk.iter_changes() {
            let may_be_shown = change.old_index().is_none_or(|line| shown(false, line))
                && change.new_index().is_none_or(|line| shown(true, line));
            let line = match may_be_shown {
                true => escape(change.value().trim_end_matches(['\n', '\r'])).into_owned(),
                false => "(a line with a secret)".to_owned(),
            };
            match change.tag() {
                ChangeTag::Equal => writeln!(out, " {line}")?,
                ChangeTag::Delete => writeln!(out, "{}", paint(format!("-{line}"), theme.styles.removed))?,
                ChangeTag::Insert => writeln!(out, "{}", paint(format!("+{line}"), theme.styles.added))?,
            }
        }
    }
    Ok(())
}
