//! Findings that follow from other findings of the same DaemonSet name them.

use crate::explain::rollout;
use crate::findings::cause::{Cause, StatusDiffers};
use crate::findings::codes::Code;
use crate::findings::finding_draft::FindingDraft;
use crate::model::Symbol;
use crate::report::{Note, NoteKind, Severity};
use crate::store::NodeIndex;

/// So many causes of a stuck rollout are named.
const MAX_CAUSES: usize = 3;

/// Names in each finding about a rollout the causes on its nodes, which stand below, and what to run about the first of
/// them, unless the finding itself says what to do.
pub(super) fn name_causes(drafts: &mut [FindingDraft], name: impl Fn(NodeIndex) -> Symbol) {
    let is_cause = |draft: &&FindingDraft| draft.key.is_some() && draft.severity == Severity::Error;
    let causes: Vec<FindingDraft> = drafts.iter().filter(is_cause).cloned().collect();
    for draft in drafts.iter_mut().filter(|draft| draft.code.is_of_stuck_rollout()) {
        let shared = |cause: &FindingDraft| -> Vec<NodeIndex> {
            cause.nodes.iter().copied().filter(|node| draft.nodes.binary_search(node).is_ok()).collect()
        };
        let mut found: Vec<(&FindingDraft, Vec<NodeIndex>)> =
            causes.iter().map(|cause| (cause, shared(cause))).filter(|(_, nodes)| !nodes.is_empty()).collect();
        // Of two with as many nodes the first stays first.
        found.sort_by_key(|(_, nodes)| std::cmp::Reverse(nodes.len()));
        let Some(told) = &mut draft.told else { continue };
        let note = |(cause, nodes): &(&FindingDraft, Vec<NodeIndex>)| {
            let message = &cause.told.as_ref()?.message;
            let names: Vec<String> = nodes.iter().map(|node| name(*node).to_string()).collect();
            Some(rollout::cause_on(if nodes.len() == draft.nodes.len() { &[] } else { &names }, message))
        };
        let notes: Vec<Note> = found.iter().take(MAX_CAUSES).filter_map(note).collect();
        told.notes.splice(0..0, notes);
        // To go back to a revision that works comes before everything else.
        let goes_back = match &draft.cause {
            Some(Cause::RolloutStuck(stuck)) => stuck.new_revision.as_ref().is_some_and(|new| new.goes_back()),
            Some(Cause::NewRevision(new)) => new.goes_back(),
            _ => false,
        };
        let step = found.first().filter(|_| !goes_back).and_then(|(cause, _)| cause.next.clone());
        let at = told.notes.iter().position(|note| note.kind == NoteKind::Next).unwrap_or(told.notes.len());
        told.notes.splice(at..at, step);
    }
}

/// Says of nodes without a pod and without a cause of their own what the DaemonSet's status shows: that the controller
/// has not observed the newest template, or has not counted all eligible nodes.
pub(super) fn explain_missing(drafts: &mut Vec<FindingDraft>) {
    let cause = drafts.iter().find_map(|draft| match &draft.cause {
        Some(Cause::NotObserved(_)) => Some((draft.code, draft.told.as_ref()?.message.clone())),
        Some(Cause::StatusDiffers(StatusDiffers { status, rules, .. })) if *status < *rules as i64 => {
            Some((draft.code, draft.told.as_ref()?.message.clone()))
        }
        _ => None,
    });
    let Some((code, message)) = cause else { return };
    let Some(missing) = drafts.iter_mut().find(|draft| draft.code == Code::MISSING) else { return };
    let told = missing.told.get_or_insert_default();
    rollout::not_created(told, &message);
    // What the other finding says stands above now.
    drafts.retain(|draft| draft.code != code || code != Code::STATUS_DIFFERS);
}
