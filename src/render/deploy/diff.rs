//! The lines in which an object changes.

use std::io::{Result, Write};

use crate::deploy::plan::Step;
use crate::render::theme::Theme;
use crate::render::unified::{Side, unified};
use crate::yaml::{Style, emit};

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
    let (live, deployed) = (format!("live/{}", documents.name), format!("deployed/{}", documents.name));
    let sides = (Side { name: &live, text: &before }, Side { name: &deployed, text: &after });
    unified(out, theme, sides, &|_, _| true)
}
