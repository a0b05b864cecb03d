//! Words findings about a rollout.

use crate::explain::Words;
use crate::explain::manager::managed_by;
use crate::explain::next_step;
use crate::explain::units::{and, count, duration, some};
use crate::findings::cause::{NewRevision, NotObserved, OnDelete, RolloutStuck, SurgePort};
use crate::findings::template_changes::{ChangeKind, FieldChange};
use crate::report::Note;
use crate::rules::rollout::BlockReason;

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
    let RolloutStuck { bound, allowed, unavailable, updated, desired, waiting, .. } = found;
    let used = format!("{bound} ({allowed})");
    let waits = if *waiting == 1 { "1 old pod waits".into() } else { format!("{waiting} old pods wait") };
    let progress = format!("{updated} of {desired} updated, {waits}");
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
            format!("rollout blocked by nodes: {nodes} {uses} up {used}; {progress}")
        }
        Some(new) => format!("rollout stuck: {}; {used} is used up, {progress}", all_fail(new)),
        None if is_surge => {
            format!(
                "rollout stuck: {nodes} {} an available new pod, which uses up {used}; {progress}",
                verb("lacks", "lack")
            )
        }
        None => {
            format!(
                "rollout stuck: {nodes} {} an available pod, which uses up {used}; {progress}",
                verb("lacks", "lack")
            )
        }
    });
    let words = match found.is_document {
        true => words.note("a pod on a NotReady node does not terminate until the node recovers or is deleted"),
        false => words,
    };
    let words = match found.since_seconds {
        Some(since) => words.note(format!("{used} has been used up for {}", duration(since))),
        None => words,
    };
    let of = |by_node: bool| found.causes.0.iter().filter(move |(reason, _)| reason.is_by_node() == by_node);
    let texts = |by_node: bool| of(by_node).map(|(reason, nodes)| sentence(*reason, *nodes)).collect::<Vec<_>>();
    let words = match (found.blocked_by_rollout, found.blocked_by_node) {
        (0, _) => words.note(and(&texts(true))),
        (by_rollout, 0) => words.note(format!("caused by the rollout ({by_rollout}): {}", and(&texts(false)))),
        (by_rollout, by_node) => words
            .note(format!("caused by the rollout ({by_rollout}): {}", and(&texts(false))))
            .note(format!("caused by nodes, not by the rollout ({by_node}): {}", and(&texts(true)))),
    };
    let words = match &found.new_revision {
        Some(new) => with_changes(words, new),
        None => words,
    };
    ways_out(words, found)
}

pub(crate) fn new_revision(found: &NewRevision) -> Words {
    let words = with_changes(Words::new(all_fail(found)), found);
    match way_back(found) {
        Some(note) => words.note(note),
        None => words,
    }
}

/// Each way in which the rollout goes on: back to the old revision, without the nodes, or with a larger bound.
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
    let Some(older) = found.older_revision.filter(|_| !found.changes.is_empty()) else { return words };
    let named: Vec<String> = found.changes.iter().take(MAX_CHANGES).map(change).collect();
    let more = match change_count.saturating_sub(named.len()) {
        0 => String::new(),
        more => format!("; {} more (-o json)", count(more, "field")),
    };
    words.note(format!("revision {revision} differs from revision {older} in: {}{more}", named.join("; ")))
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

/// The reason of this many nodes, as part of a sentence.
fn sentence(reason: BlockReason, nodes: usize) -> String {
    let [pod, node] = [count(nodes, "pod"), count(nodes, "node")];
    let (is, has) = if nodes == 1 { ("is", "has") } else { ("are", "have") };
    match reason {
        BlockReason::NotCreated => format!("{pod} {is} missing"),
        BlockReason::Unscheduled => format!("{pod} {is} unschedulable"),
        BlockReason::NotReady => format!("{pod} {is} not ready"),
        BlockReason::NotYetAvailable => format!("{pod} {is} ready, but not yet for minReadySeconds"),
        BlockReason::Excess => format!("{node} {has} more than one pod"),
        BlockReason::Terminating => format!("{pod} {is} stuck terminating"),
        BlockReason::NodeNotReady => format!("{node} {is} NotReady"),
        BlockReason::Rejected => format!("{pod} {is} rejected by the kubelet"),
    }
}
