//! How a rollout ended, and what held it.

use std::io::{Result, Write};

use crate::deploy::rollout::{End, Outcome};
use crate::render::deploy::words::{Lines, escape_owned, names, why};
use crate::render::theme::Theme;
use crate::text::count;
use crate::text::escape::escape;

/// Maximum number of nodes with a line of their own.
const TOLD: usize = 12;
/// Maximum number of causes that are explained.
const MAX_CAUSES: usize = 4;
/// Maximum number of notes of a cause.
const MAX_NOTES: usize = 4;

/// The nodes that hold a rollout for a cause that is known, a line each.
pub fn held(out: &mut dyn Write, theme: &Theme, outcome: &Outcome) -> Result<()> {
    let out = &mut Lines { out, width: theme.line_width() };
    let held = outcome.held_for_known_cause();
    for (node, hold) in held.iter().take(TOLD) {
        out.line(format!("  {}: {}", escape(node), escape_owned(&why(node, hold, &outcome.reasons))))?;
    }
    match held.len().saturating_sub(TOLD) {
        0 => Ok(()),
        more => out.line(format!("  and {}", count(more, "more node"))),
    }
}

/// What is behind the causes that hold a rollout, with the last lines of the log of a container that crashed.
pub fn causes(out: &mut dyn Write, theme: &Theme, outcome: &Outcome) -> Result<()> {
    let out = &mut Lines { out, width: theme.line_width() };
    let tells = outcome.reasons.iter().filter(|cause| !cause.log.is_empty() || !cause.notes.is_empty());
    for cause in tells.take(MAX_CAUSES) {
        out.line(format!("{}: {}", cause.code, escape(&cause.message)))?;
        for note in cause.notes.iter().take(MAX_NOTES) {
            out.line(format!("  {}", escape(note)))?;
        }
        for line in &cause.log {
            // No CI system takes a line of somebody's log for a command.
            writeln!(out.out, "  | {}", escape(line))?;
        }
    }
    Ok(())
}

/// How a rollout ended, in a line or more.
pub fn end(out: &mut dyn Write, theme: &Theme, name: &str, outcome: &Outcome) -> Result<()> {
    let out = &mut Lines { out, width: theme.line_width() };
    let status = &outcome.look.status;
    let name = escape(name);
    match &outcome.end {
        End::Done if outcome.look.on_delete => {
            out.line(format!("daemon set \"{name}\" applied; the update strategy is OnDelete"))?;
            let old: Vec<&String> = outcome.look.old.values().collect();
            if !old.is_empty() {
                out.line(format!("old pods that stay until deleted: {}", names(&old)))?;
            }
        }
        End::Done if status.desired == 0 => {
            out.line(format!("daemon set \"{name}\" rolled out: no eligible nodes"))?;
        }
        End::Done => {
            let (_, available, desired) = outcome.look.counts();
            out.line(format!(
                "daemon set \"{name}\" successfully rolled out: {available} of {desired} nodes have the new pod"
            ))?;
        }
        _ => causes(out.out, theme, outcome)?,
    }
    let waiting: Vec<&String> = outcome.excused.iter().filter(|n| outcome.look.waiting.contains_key(*n)).collect();
    if !waiting.is_empty() {
        out.line(format!("not waited for (NotReady before, or new): {}", names(&waiting)))?;
    }
    Ok(())
}
