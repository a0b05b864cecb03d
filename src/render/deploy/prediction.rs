//! What becomes of the nodes, and how the rollout goes.

use std::io::{Result, Write};

use crate::deploy::prediction::{Clash, Deadlock, Prediction, RolloutPrediction};
use crate::render::deploy::words::{Lines, NAMED, names};
use crate::render::text::cut_middle;
use crate::render::theme::Theme;
use crate::text::count;
use crate::text::escape::escape;

/// Most characters of a reason.
const MAX_WHY_CHARS: usize = 240;

/// Writes which DaemonSets do not fit together.
pub fn clashes(out: &mut dyn Write, theme: &Theme, clashes: &[Clash]) -> Result<()> {
    let out = &mut Lines { out, width: theme.line_width() };
    clashes.iter().try_for_each(|clash| {
        out.line(format!("together: {} ({})", cut_middle(&escape(&clash.message), MAX_WHY_CHARS), names(&clash.nodes)))
    })
}

/// Writes what will happen on the nodes.
pub fn prediction(out: &mut dyn Write, theme: &Theme, prediction: &Prediction) -> Result<()> {
    let out = &mut Lines { out, width: theme.line_width() };
    if prediction.nodes_unseen() {
        out.line("nodes: unknown (nodes cannot be listed)")?;
        for unseen in &prediction.unseen {
            out.line(format!("  not checked: {}", escape(&unseen.to_string())))?;
        }
        return Ok(());
    }
    let placed = prediction.placed();
    let all = prediction.nodes.len();
    out.line(format!("nodes: {all} total, {} eligible, {placed} will get a pod", prediction.desired))?;
    for group in &prediction.groups {
        let why =
            if group.why.is_empty() { String::new() } else { format!(": {}", cut_middle(&group.why, MAX_WHY_CHARS)) };
        out.line(format!("  {} {}{why} ({})", group.nodes.len(), group.placement.as_str(), names(&group.nodes)))?;
    }
    for (node, victims) in prediction.victims.iter().take(NAMED) {
        out.line(format!("  evicted on {}: {}", escape(node), names(victims)))?;
    }
    if let Some(more) = prediction.victims.len().checked_sub(NAMED).filter(|m| *m > 0) {
        out.line(format!("  and pods on {}", count(more, "more node")))?;
    }
    if let Some((admits, of)) = prediction.quota {
        out.line(format!("  a ResourceQuota admits {admits} of {of} pods"))?;
    }
    if let Some(level) = prediction.pod_security {
        out.line(format!("  the namespace would have to enforce Pod Security level {level}: it is not changed here"))?;
    }
    match prediction.adopted {
        0 => {}
        1 => out.line("  1 pod without a controller is adopted")?,
        pods => out.line(format!("  {pods} pods without a controller are adopted"))?,
    }
    match prediction.counted_as_updated {
        0 => {}
        1 => out.line(
            "  1 existing pod counts as up to date and is not replaced; delete the pod to get the new template",
        )?,
        pods => out.line(format!(
            "  {pods} existing pods count as up to date and are not replaced; delete the pods to get the new template"
        ))?,
    }
    rollout(out, prediction)?;
    for unseen in &prediction.unseen {
        out.line(format!("  not checked: {}", escape(&unseen.to_string())))?;
    }
    Ok(())
}

fn rollout(out: &mut Lines<'_>, prediction: &Prediction) -> Result<()> {
    match &prediction.rollout {
        RolloutPrediction::Nothing => out.line("rollout: no pod is replaced"),
        RolloutPrediction::Create { pods, removed } => {
            match pods {
                0 if *removed > 0 => out.line("rollout: no pod is replaced")?,
                pods => out.line(format!("rollout: {}", created(*pods, prediction)))?,
            }
            made_and_removed(out, 0, *removed)
        }
        RolloutPrediction::OnDelete { old, made, removed } => {
            out.line(format!("rollout: OnDelete: {} until deleted", stay(*old)))?;
            made_and_removed(out, *made, *removed)
        }
        RolloutPrediction::Rolling { old, made, removed, at_once, surge, rounds, unavailable, deadlock } => {
            let how = if *surge { "create first" } else { "delete first" };
            let (old, rounds) = (count(*old, "pod"), count(*rounds, "round"));
            out.line(format!("rollout: replaces {old}, {at_once} at a time ({how}), in at least {rounds}"))?;
            made_and_removed(out, *made, *removed)?;
            if !unavailable.is_empty() {
                // With surge only new pods that are not available count against the bound.
                let bound = if *surge { "" } else { ", which uses up maxUnavailable" };
                out.line(format!("  already without an available pod{bound}: {}", names(unavailable)))?;
            }
            match deadlock {
                Some(deadlock) => out.line(format!("  cannot finish: {}", why_stuck(deadlock))),
                None => Ok(()),
            }
        }
    }
}

/// Returns why a rollout cannot finish, in one sentence.
pub fn why_stuck(deadlock: &Deadlock) -> String {
    match deadlock {
        Deadlock::SurgePort(port) => format!("old and new pods both need host port {port}; use maxUnavailable"),
        Deadlock::Bound { lost, silent, allowed } => {
            let mut who = Vec::new();
            if *lost > 0 {
                who.push(format!("{} will have no pod", count(*lost, "node")));
            }
            if !silent.is_empty() {
                let answer = if silent.len() == 1 { "1 node is" } else { "some nodes are" };
                who.push(format!("{answer} unreachable ({})", names(silent)));
            }
            format!("{}, which uses up maxUnavailable ({allowed})", who.join(" and "))
        }
    }
}

/// Returns how many pods are created at once, and how many of them stay unscheduled.
fn created(pods: usize, prediction: &Prediction) -> String {
    let (created, waiting) = prediction.created(pods);
    let made = count(created, "pod");
    match waiting {
        _ if created == 0 => "no pod is created".to_owned(),
        0 => format!("{made} created at once"),
        waiting if waiting == created => format!("{made} created at once, and not scheduled"),
        waiting => format!("{made} created at once, {waiting} of them not scheduled"),
    }
}

fn made_and_removed(out: &mut Lines<'_>, made: usize, removed: usize) -> Result<()> {
    if made > 0 {
        out.line(format!("  {} created at once on nodes without a pod", count(made, "pod")))?;
    }
    if removed > 0 {
        out.line(format!("  {} removed from nodes that are no longer eligible", count(removed, "pod")))?;
    }
    Ok(())
}

fn stay(old: usize) -> String {
    if old == 1 { "1 pod keeps the old template".to_owned() } else { format!("{old} pods keep the old template") }
}
