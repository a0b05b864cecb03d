//! What becomes of every object.

use std::io::{Result, Write};

use serde_json::Value as Json;

use crate::deploy::difference::Change;
use crate::deploy::plan::{Action, Plan, Step};
use crate::manifest::without_hash;
use crate::render::deploy::diff::lines;
use crate::render::deploy::words::{Lines, escape_owned, shorten};
use crate::render::theme::Theme;
use crate::text::escape::escape;

/// How many characters of a value are shown.
const SHOWN: usize = 60;

/// Writes the action for every object; with `changes_only` without unchanged objects, and with the lines that change.
pub fn plan(out: &mut dyn Write, theme: &Theme, plan: &Plan, changes_only: bool) -> Result<()> {
    let out = &mut Lines { out, width: theme.line_width() };
    // Each change of a configuration leaves some of them.
    let mut earlier = 0;
    for step in plan.steps.iter().filter(|step| !step.repeated) {
        let id = escape_owned(&step.id.to_string());
        match &step.action {
            Action::Create => {
                out.line(format!("+ {id}"))?;
                changes(out, theme, step, &[], changes_only)?;
            }
            Action::Nothing if changes_only => {}
            Action::Nothing => out.line(format!("  {id}: unchanged"))?,
            Action::Change(fields) => {
                out.line(format!("~ {id}"))?;
                changes(out, theme, step, fields, changes_only)?;
            }
            Action::Adopt(fields) => {
                let others = match step.others.is_empty() {
                    true => String::new(),
                    false => format!(", managed by {} so far", escape(&step.others.join(", "))),
                };
                out.line(format!("~ {id} (adopted: not deployed with this tool{others})"))?;
                changes(out, theme, step, fields, changes_only)?;
            }
            Action::Prune { .. } => {
                out.line(format!("- {id} (no longer in the documents; deleted after the rollout)"))?
            }
            Action::Share { with } => {
                let with = escape_owned(&with.to_string());
                out.line(format!("  {id}: no longer in the documents; kept for {with}, which shares it"))?;
            }
            Action::Keep { .. } if without_hash(&step.id.name).is_some() => earlier += 1,
            Action::Keep { revision } => {
                out.line(format!("  {id}: no longer in the documents; kept while revision {revision} refers to it"))?;
            }
        }
    }
    if earlier > 0 {
        let objects = match earlier {
            1 => "1 immutable object of an earlier revision".to_owned(),
            more => format!("{more} immutable objects of earlier revisions"),
        };
        out.line(format!("  {objects}: kept for `kubectl rollout undo`"))?;
    }
    for source in &plan.local_sources {
        out.line(format!("  the document copies {} of this machine into the cluster", escape(&source.to_string())))?;
    }
    Ok(())
}

/// The changes of an object: line by line where only changes are shown, else field by field.
fn changes(out: &mut Lines<'_>, theme: &Theme, step: &Step, changed: &[Change], changes_only: bool) -> Result<()> {
    if !step.taken_over.is_empty() {
        let managers = escape_owned(&step.taken_over.join(", "));
        out.line(format!("    takes over the fields of client-side `kubectl apply` (field manager {managers})"))?;
    }
    if step.undone {
        out.line("    takes back the fields that `kubectl rollout undo` set")?;
    }
    if let Some(tool) = step.keeper {
        out.line(format!("    {tool} manages this object and will revert the changes"))?;
    }
    if changes_only { lines(out.out, theme, step) } else { fields(out, changed) }
}

pub fn fields(out: &mut Lines<'_>, changes: &[Change]) -> Result<()> {
    for change in changes {
        let path = escape(&change.path);
        match (&change.before, &change.after) {
            (Some(before), Some(after)) => out.line(format!("    {path}: {} -> {}", value(before), value(after)))?,
            (None, Some(after)) => out.line(format!("    {path}: + {}", value(after)))?,
            (Some(before), None) => out.line(format!("    {path}: - {}", value(before)))?,
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
