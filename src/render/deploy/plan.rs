//! What becomes of every object.

use std::io::{Result, Write};

use serde_json::Value as Json;

use crate::deploy::difference::Change;
use crate::deploy::plan::{Action, Plan};
use crate::render::deploy::words::{escape_owned, shorten};
use crate::text::escape::escape;

/// How many characters of a value are shown.
const SHOWN: usize = 60;

/// Writes the action for every object; with `changes_only` without unchanged objects.
pub fn plan(out: &mut dyn Write, plan: &Plan, changes_only: bool) -> Result<()> {
    for step in &plan.steps {
        let id = escape_owned(&step.id.to_string());
        match &step.action {
            Action::Create => writeln!(out, "+ {id}")?,
            Action::Nothing if changes_only => {}
            Action::Nothing => writeln!(out, "  {id}: unchanged")?,
            Action::Change(changes) => {
                writeln!(out, "~ {id}")?;
                fields(out, changes)?;
            }
            Action::Adopt(changes) => {
                let others = match step.others.is_empty() {
                    true => String::new(),
                    false => format!(", managed by {} so far", escape(&step.others.join(", "))),
                };
                writeln!(out, "~ {id} (adopted: not deployed with this tool{others})")?;
                fields(out, changes)?;
            }
            Action::Prune { .. } => writeln!(out, "- {id} (no longer in the documents; deleted after the rollout)")?,
            Action::Keep { revision } => {
                writeln!(out, "  {id}: no longer in the documents; kept while revision {revision} refers to it")?;
            }
        }
        if let Some(tool) = step.keeper {
            writeln!(out, "    {tool} manages this object and will revert the changes")?;
        }
    }
    for source in &plan.local_sources {
        writeln!(out, "  the document copies {} of this machine into the cluster", escape(&source.to_string()))?;
    }
    Ok(())
}

pub fn fields(out: &mut dyn Write, changes: &[Change]) -> Result<()> {
    for change in changes {
        let path = escape(&change.path);
        match (&change.before, &change.after) {
            (Some(before), Some(after)) => writeln!(out, "    {path}: {} -> {}", value(before), value(after))?,
            (None, Some(after)) => writeln!(out, "    {path}: + {}", value(after))?,
            (Some(before), None) => writeln!(out, "    {path}: - {}", value(before))?,
            (None, None) => {}
        }
    }
    Ok(())
}

fn value(value: &Json) -> String {
    let text = match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    shorten(&text, SHOWN)
}
