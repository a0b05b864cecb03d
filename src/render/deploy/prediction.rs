//! What becomes of the nodes, and how the rollout goes.

use std::io::{Result, Write};

use crate::deploy::prediction::{Deadlock, Prediction, RolloutPrediction};
use crate::render::deploy::words::{NAMED, names, shorten};
use crate::text::count;
use crate::text::escape::escape;

/// What becomes of the nodes.
pub fn prediction(out: &mut dyn Write, prediction: &Prediction) -> Result<()> {
    if prediction.nodes_unseen() {
        writeln!(out, "nodes: what becomes of them is not known")?;
        for unseen in &prediction.unseen {
            writeln!(out, "  assumed: {}", escape(&unseen.to_string()))?;
        }
        return Ok(());
    }
    let placed = prediction.placed();
    let all = prediction.nodes.len();
    writeln!(out, "nodes: {all}, of which {} want a pod and {placed} surely get one", prediction.desired)?;
    for group in &prediction.groups {
        let why = if group.why.is_empty() { String::new() } else { format!(": {}", shorten(&group.why, 160)) };
        writeln!(out, "  {} {}{why} ({})", group.nodes.len(), group.placement.as_str(), names(&group.nodes))?;
    }
    for (node, victims) in prediction.victims.iter().take(NAMED) {
        writeln!(out, "  evicted on {}: {}", escape(node), names(victims))?;
    }
    if let Some(more) = prediction.victims.len().checked_sub(NAMED).filter(|m| *m > 0) {
        writeln!(out, "  and pods on {} more", count(more, "node"))?;
    }
    if let Some((admits, of)) = prediction.quota {
        writeln!(out, "  a quota admits {admits} of {of} pods")?;
    }
    if let Some(level) = prediction.pod_security {
        writeln!(out, "  the namespace would have to enforce Pod Security level {level}: it is not changed here")?;
    }
    match prediction.adopted {
        0 => {}
        1 => writeln!(out, "  1 pod that belongs to nobody is adopted")?,
        pods => writeln!(out, "  {pods} pods that belong to nobody are adopted")?,
    }
    match prediction.counted_as_updated {
        0 => {}
        1 => writeln!(
            out,
            "  1 pod counts as new by its generation, and stays whatever it runs: delete it for a new one"
        )?,
        pods => writeln!(
            out,
            "  {pods} pods count as new by their generation, and stay whatever they run: delete them for new ones"
        )?,
    }
    rollout(out, prediction)?;
    for unseen in &prediction.unseen {
        writeln!(out, "  assumed: {}", escape(&unseen.to_string()))?;
    }
    Ok(())
}

fn rollout(out: &mut dyn Write, prediction: &Prediction) -> Result<()> {
    match &prediction.rollout {
        RolloutPrediction::Nothing => writeln!(out, "rollout: no pod is replaced"),
        RolloutPrediction::Create { pods, removed } => {
            match pods {
                0 if *removed > 0 => writeln!(out, "rollout: no pod is replaced")?,
                pods => writeln!(out, "rollout: {}", created(*pods, prediction))?,
            }
            made_and_removed(out, 0, *removed)
        }
        RolloutPrediction::OnDelete { old, made, removed } => {
            writeln!(out, "rollout: OnDelete: {} until somebody deletes them", stay(*old))?;
            made_and_removed(out, *made, *removed)
        }
        RolloutPrediction::Rolling { old, made, removed, at_once, surge, rounds, unavailable, deadlock } => {
            let how = if *surge { "new ones first" } else { "old ones first" };
            let (old, rounds) = (count(*old, "pod"), count(*rounds, "round"));
            writeln!(out, "rollout: {old} replaced, {at_once} at a time, {how}, in {rounds} or more")?;
            made_and_removed(out, *made, *removed)?;
            if !unavailable.is_empty() {
                writeln!(out, "  without an available pod now, which uses up the bound: {}", names(unavailable))?;
            }
            match deadlock {
                Some(Deadlock::SurgePort(port)) => {
                    writeln!(
                        out,
                        "  cannot end: old and new pods both want host port {port}; use max_unavailable instead"
                    )
                }
                Some(Deadlock::Bound { lost, silent, allowed }) => {
                    let mut who = Vec::new();
                    if *lost > 0 {
                        who.push(format!("{} will have no pod", count(*lost, "node")));
                    }
                    if !silent.is_empty() {
                        let answer = if silent.len() == 1 { "1 node does" } else { "some nodes do" };
                        who.push(format!("{answer} not answer ({})", names(silent)));
                    }
                    let who = who.join(" and ");
                    writeln!(out, "  cannot end: {who}, and only {allowed} may be without an available one")
                }
                None => Ok(()),
            }
        }
    }
}

/// How many pods are created at once, and how many of these find no place.
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

fn made_and_removed(out: &mut dyn Write, made: usize, removed: usize) -> Result<()> {
    if made > 0 {
        writeln!(out, "  {} created at once where there is none", count(made, "pod"))?;
    }
    if removed > 0 {
        writeln!(out, "  {} taken away where none is wanted any more", count(removed, "pod"))?;
    }
    Ok(())
}

fn stay(old: usize) -> String {
    if old == 1 { "1 pod stays old".to_owned() } else { format!("{old} pods stay old") }
}
