//! Words findings about a rollout.

use crate::explain::manager::managed_by;
use crate::explain::next_step;
use crate::explain::units::{and, count, duration, some};
use crate::explain::{Explanation, Words};
use crate::findings::cause::{NewRevision, NotObserved, OnDelete, RolloutStuck, SurgePort};
use crate::findings::template_changes::{ChangeKind, FieldChange};
use crate::report::{Note, NoteKind};
use crate::rules::rollout::BlockReason;

/// Most nodes of a cause that a note names.
const MAX_NODES: usize = 2;
/// What a snapshot leaves out of a template and a revision may change.
const LEFT_OUT: &str = "commands, arguments, values of variables, probes or annotations";
/// Most outdated pods that a note names.
const MAX_PODS: usize = 6;
/// Most changes that a sentence names.
const MAX_CHANGES: usize = 4;

pub(crate) fn not_observed(found: &NotObserved) -> Words {
    let NotObserved { observed, generation } = found;
    Words::new(format!("the controller has observed generation {observed} only; the newest generation is {generation}"))
}

pub(crate) fn on_delete(found: &OnDelete) -> Words {
    let run = if found.count == 1 { "runs" } else { "run" };
    let pods = count(found.count, "pod");
    let listed = match found.pods.get(..MAX_PODS) {
        Some(first) if found.count > MAX_PODS => format!("{} +{}", first.join(", "), found.count - MAX_PODS),
        _ => some(&found.pods, MAX_PODS),
    };
    let what = if found.is_document { "the rollout replaces no pod, and " } else { "" };
    Words::new(format!("updateStrategy is OnDelete: {what}{pods} {run} the old template until deleted manually"))
        .note(format!("outdated pods: {listed}"))
}

pub(crate) fn surge_port(found: &SurgePort) -> Words {
    let first = found.ports.first().map_or("", String::as_str);
    Words::new(format!("maxSurge starts the new pod next to the old pod, but both request host port {first}"))
        .note("such a rollout never completes; use maxUnavailable instead")
}

pub(crate) fn stuck(found: &RolloutStuck) -> Words {
    let RolloutStuck { bound, allowed, unavailable, waiting, .. } = found;
    let used = format!("{bound} ({allowed})");
    let waits = if *waiting == 1 { "1 old pod waits".into() } else { format!("{waiting} old pods wait") };
    let is_by_nodes = found.blocked_by_rollout == 0;
    let is_surge = *bound == "maxSurge";
    let verb = |one: &'static str, many: &'static str| if *unavailable == 1 { one } else { many };
    let nodes = count(*unavailable, "node");
    let words = Words::new(match &found.new_revision {
        _ if found.is_document => {
            let uses = verb("uses", "use");
            let nodes = nodes.replace("node", "NotReady node");
            format!("the rollout would not begin: {nodes} {uses} up {used}, and no available pod is replaced: {waits}")
        }
        _ if is_by_nodes => {
            let uses = verb("uses", "use");
            let nodes = if found.on_ready_nodes == 0 { nodes.replace("node", "NotReady node") } else { nodes };
            format!("rollout blocked by nodes: {nodes} {uses} up {used}")
        }
        Some(new) => format!("rollout stuck: {}; {used} is used up", all_fail(new)),
        None => {
            let pod = if is_surge { "available new pod" } else { "available pod" };
            format!("rollout stuck: {nodes} {} an {pod}, which uses up {used}", verb("lacks", "lack"))
        }
    });
    let words = match found.is_document {
        true => words.note("a pod on a NotReady node does not terminate until the node recovers or is deleted"),
        false => words,
    };
    let words = match (found.is_document, found.since_seconds) {
        (true, _) => words,
        (_, Some(since)) => {
            words.note(format!("{waits} to be replaced; {bound} has been used up for {}", duration(since)))
        }
        (_, None) => words.note(format!("{waits} to be replaced")),
    };
    let states: Vec<String> = found.causes.0.iter().map(|(reason, nodes)| state(*reason, *nodes)).collect();
    let words = match found.unavailable {
        // The headline and the cause say it of one node.
        1 => words,
        nodes => words.note(format!("of these {nodes} nodes, {}", and(&states))),
    };
    let words = match &found.new_revision {
        Some(new) => with_changes(words, new),
        None => words,
    };
    ways_out(words, found)
}

/// Words a cause on nodes of a stuck rollout: with the names of the nodes, if any are given.
pub fn cause_on(nodes: &[String], message: &str) -> Note {
    Note::new(
        NoteKind::Cause,
        match nodes {
            [] => message.to_owned(),
            nodes => format!("on {}: {message}", some(nodes, MAX_NODES)),
        },
    )
}

/// Words that pods do not exist because of what the DaemonSet status shows.
pub fn not_created(told: &mut Explanation, status: &str) {
    told.message = "no pod exists: the controller has not created one".to_owned();
    told.notes.insert(0, Note::new(NoteKind::Cause, status));
    told.notes.push("likely kube-controller-manager does not run, or is behind".into());
}

pub(crate) fn new_revision(found: &NewRevision) -> Words {
    let words = with_changes(Words::new(all_fail(found)), found);
    match way_back(found) {
        Some(note) => words.note(note),
        None => words,
    }
}

/// Each way in which the rollout goes on: back to the old revision, without the nodes, or with a larger bound. The last
/// one repairs nothing, and comes last.
fn ways_out(words: Words, found: &RolloutStuck) -> Words {
    let mut notes: Vec<Note> = Vec::new();
    notes.extend(found.new_revision.as_deref().and_then(way_back));
    notes.extend(next_step::delete_nodes(&found.unreachable));
    // Behind a failing revision a larger bound only lets more pods fail.
    if found.new_revision.is_none() {
        let needed = found.unavailable.saturating_add(1);
        notes.extend(next_step::set_bound(&found.of.namespace, &found.of.name, found.bound, needed));
    }
    notes.into_iter().fold(words, Words::note)
}

fn way_back(found: &NewRevision) -> Option<Note> {
    next_step::rollout_undo(&found.of.namespace, &found.of.name, found.older_revision?)
}

fn all_fail(found: &NewRevision) -> String {
    let NewRevision { revision, failing, ready, .. } = found;
    let failing = match failing {
        1 => format!("the only pod of revision {revision} fails"),
        2 => format!("both pods of revision {revision} fail"),
        pods => format!("all {pods} pods of revision {revision} fail"),
    };
    let old = match found.older_revision {
        Some(older) => format!("revision {older}"),
        None => "an older revision".to_owned(),
    };
    let is = if *ready == 1 { "is" } else { "are" };
    format!("{failing}, but {} of {old} {is} ready", count(*ready, "pod"))
}

/// Says since when the newest revision is there, who made it, and what differs.
fn with_changes(words: Words, found: &NewRevision) -> Words {
    let NewRevision { revision, change_count, .. } = found;
    let age = found.age_seconds.map(|age| format!(" {} ago", duration(age))).unwrap_or_default();
    let by = found.changed_by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    let words = match age.is_empty() && by.is_empty() {
        true => words,
        false => words.note(format!("revision {revision} was created{age}{by}")),
    };
    let words = match found.manager.as_ref().filter(|_| found.older_revision.is_some()) {
        Some(manager) => words.note(managed_by(manager).note),
        None => words,
    };
    let Some(older) = found.older_revision else { return words };
    if found.changes.is_empty() {
        return match found.is_partial {
            true => words.note(format!("revision {revision} differs from revision {older} only in {LEFT_OUT}")),
            false => words,
        };
    }
    let named: Vec<String> = found.changes.iter().take(MAX_CHANGES).map(change).collect();
    let more = match change_count.saturating_sub(named.len()) {
        0 => String::new(),
        more => format!("; {} more (-o json)", count(more, "field")),
    };
    let words = words.note(format!("revision {revision} differs from revision {older} in: {}{more}", named.join("; ")));
    if found.is_partial { words.note(format!("the snapshot does not show {LEFT_OUT}")) } else { words }
}

fn change(change: &FieldChange) -> String {
    let FieldChange { field, old, new, .. } = change;
    match (change.change, old, new) {
        (_, Some(old), Some(new)) => format!("{field} ({new}, was {old})"),
        (ChangeKind::Added, _, Some(new)) => format!("{field} ({new}, was not set)"),
        (ChangeKind::Removed, Some(old), _) => format!("{field} (not set, was {old})"),
        (ChangeKind::Added, ..) => format!("{field} (added)"),
        (ChangeKind::Removed, ..) => format!("{field} (removed)"),
        (ChangeKind::Changed, ..) => format!("{field} (changed)"),
    }
}

/// What this many nodes have or lack, as part of a sentence: `2 have no pod`.
fn state(reason: BlockReason, nodes: usize) -> String {
    let (is, has, pod) = if nodes == 1 { ("is", "has", "a pod that is") } else { ("are", "have", "pods that are") };
    let what = match reason {
        BlockReason::NotCreated => format!("{has} no pod"),
        BlockReason::Unscheduled => format!("{has} {pod} unschedulable"),
        BlockReason::NotReady => format!("{has} {pod} not ready"),
        BlockReason::NotYetAvailable => format!("{has} {pod} ready, but not yet for minReadySeconds"),
        BlockReason::Excess => format!("{has} more than one pod"),
        BlockReason::Terminating => format!("{has} {pod} stuck terminating"),
        BlockReason::NodeNotReady => format!("{is} NotReady"),
        BlockReason::Rejected => format!("{has} {pod} rejected by the kubelet"),
    };
    format!("{nodes} {what}")
}
