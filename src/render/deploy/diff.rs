//! The lines in which an object changes.

use std::io::{Result, Write};

use similar::{ChangeTag, TextDiff};

use crate::deploy::plan::Step;
use crate::render::theme::Theme;
use crate::text::escape::escape;
use crate::yaml::{Style, emit};

/// Lines around a change.
const CONTEXT: usize = 3;

/// Writes a unified diff of the object as it is and as it would be, as YAML. Lines are not wrapped.
pub fn lines(out: &mut dyn Write, theme: &Theme, step: &Step) -> Result<()> {
    let Some(documents) = &step.documents else { return Ok(()) };
    let text = |document: &Option<serde_json::Value>| {
        document.as_ref().map(|document| emit(document, Style::Block)).unwrap_or_default()
    };
    let (before, after) = (text(&documents.before), text(&documents.after));
    if before == after {
        return writeln!(out, "    only the marks of the deployment change");
    }
    let name = escape(&documents.name).into_owned();
    writeln!(out, "{}", format!("--- live/{name}").style_with(theme.styles.removed))?;
    writeln!(out, "{}", format!("+++ deployed/{name}").style_with(theme.styles.added))?;
    let diff = TextDiff::from_lines(&before, &after);
    for hunk in diff.unified_diff().context_radius(CONTEXT).iter_hunks() {
        writeln!(out, "{}", hunk.header().to_string().style_with(theme.styles.aside))?;
        for change in hunk.iter_changes() {
            let line = escape(change.value().trim_end_matches('\n')).into_owned();
            match change.tag() {
                ChangeTag::Equal => writeln!(out, " {line}")?,
                ChangeTag::Delete => writeln!(out, "{}", format!("-{line}").style_with(theme.styles.removed))?,
                ChangeTag::Insert => writeln!(out, "{}", format!("+{line}").style_with(theme.styles.added))?,
            }
        }
    }
    Ok(())
}

/// Text in a style.
trait Styled {
    fn style_with(&self, style: owo_colors::Style) -> String;
}

impl Styled for String {
    fn style_with(&self, style: owo_colors::Style) -> String {
        style.style(self).to_string()
    }
}
