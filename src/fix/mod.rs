//! Fixes: changes proposed by cause, applied to the model, and reported only after the nodes were judged again.

mod attempt;
mod crash;
mod edit;
mod host_path;
mod patch;
mod printed;
mod priority;
mod propose;
mod quota;
mod spec;
mod terms;
mod verified;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::findings::Subject;
use crate::findings::cause::Cause as Found;
use crate::findings::codes::Code;
use crate::findings::finding_draft::FindingDraft;
use crate::findings::rule_code;
use crate::findings::taint_origin::virtual_label;
use crate::fix::attempt::{Outcome, attempt, decides, verified};
pub use crate::fix::edit::{Edit, FitAmount, Terms};
use crate::fix::propose::Proposer;
pub use crate::fix::verified::{FieldChange, VerifiedFix};
use crate::model::Symbol;
use crate::model::wire::Kind;
use crate::rules::kubelet::OS_LABEL;
use crate::rules::rollout::shared_host_ports;
use crate::rules::{Cause, ClaimDenial, CreationRefusal, Rejection, Verdict};
use crate::store::{Cluster, DataRequest, DataRequests, NodeIndex};

/// Most causes of one node that are fixed together.
const MOST_CAUSES: usize = 4;

/// Most changes tried for one cause, the mildest first: each trial judges all nodes.
const MOST_TRIED: usize = 8;

/// Returns a verified change for a finding, or `None` if no change is known that fixes a node. Data that the trial needs
/// and the cluster lacks is added to the questions.
pub fn find(
    cluster: &mut Cluster,
    asked: &Subject,
    draft: &FindingDraft,
    before: &[Verdict],
    questions: &mut DataRequests,
) -> Option<VerifiedFix> {
    if draft.code == Code::SURGE_PORT {
        return no_surge(cluster, asked);
    }
    match &draft.cause {
        Some(Found::QuotaAdmits(found)) => {
            return quota::raise(cluster, asked, found.quota, true, &draft.nodes, before, questions);
        }
        Some(Found::ContainerEnded(ended)) => return crash::find(cluster, asked, ended, &draft.nodes, before),
        Some(Found::SetupFailed(failed)) => return host_path::of_setup(cluster, asked, failed, before),
        Some(Found::ContainerWaiting(waiting)) => return host_path::of_waiting(cluster, asked, waiting, before),
        // Which real nodes to exclude is the choice of the author; virtual nodes never run DaemonSet pods.
        Some(Found::VirtualNode(found)) => {
            let edit = Edit::Exclude { key: found.key, value: found.value };
            return tried(cluster, asked, &[edit], &draft.nodes, before, questions);
        }
        Some(Found::WindowsNode(_)) => {
            let edit = Edit::Select { was: None, key: Symbol::new(OS_LABEL), value: Symbol::new("linux") };
            return tried(cluster, asked, &[edit], &draft.nodes, before, questions);
        }
        // The template asks for what PodNodeSelector adds: the controller then creates pods for these nodes only.
        Some(Found::ChangedPod(found)) => {
            let labels = &found.namespace_selector.as_ref()?.labels;
            let select = |(key, value): &(Symbol, Symbol)| Edit::Select { was: None, key: *key, value: *value };
            let edits: Vec<Edit> = labels.iter().map(select).collect();
            return tried(cluster, asked, &edits, &draft.nodes, before, questions);
        }
        _ => {}
    }
    let causes = deciding(before, &draft.nodes, draft);
    if let Some((_, Cause::Creation(refusal))) = causes.first()
        && let CreationRefusal::QuotaExceeded { quota, .. } = **refusal
        && draft.code == Code::QUOTA_EXCEEDED
    {
        return quota::raise(cluster, asked, quota, false, &draft.nodes, before, questions);
    }
    if let Some((_, Cause::Rejection(Rejection::ClaimDenied(denied)))) = causes.first()
        && let ClaimDenial::Quota { quota, .. } = denied.denial
        && draft.code == Code::CLAIM_DENIED
    {
        return quota::raise(cluster, asked, quota, false, &draft.nodes, before, questions);
    }
    // No change lets a pod run on a virtual node: whatever the scheduler lacks there, the node is left out.
    if let Some((key, value)) = all_virtual(cluster, &draft.nodes) {
        let edit = Edit::Exclude { key: Symbol::new(key), value: Symbol::new(value) };
        return tried(cluster, asked, &[edit], &draft.nodes, before, questions);
    }
    for (_, cause) in &causes {
        ask_for_proposals(cause, cluster, asked, questions);
    }
    let mut mending: Vec<(usize, Vec<Edit>, Outcome)> = Vec::new();
    for first in proposals(cluster, asked, &[], draft.code, &causes, &draft.nodes).into_iter().take(MOST_TRIED) {
        let mut edits = first;
        let mut steps = 1;
        let mut outcome = attempt(cluster, asked, &edits, before, &draft.nodes, questions);
        // A node may have a second cause: a taint, and then too little cpu. Other nodes of the finding may have none.
        let mut best = None;
        while outcome.fixed < draft.nodes.len() && steps < MOST_CAUSES {
            let Some(next) = next_edits(cluster, asked, &outcome, &draft.nodes, &edits) else { break };
            if outcome.fixed > 0 && outcome.broken == 0 {
                best = Some((steps, edits.clone(), outcome));
            }
            edits.extend(next);
            steps += 1;
            outcome = attempt(cluster, asked, &edits, before, &draft.nodes, questions);
        }
        mending.extend(best);
        if outcome.fixed > 0 && outcome.broken == 0 {
            mending.push((steps, edits, outcome));
        }
    }
    // Of changes that fix as many nodes, the smallest.
    mending.sort_by_key(|(steps, _, outcome)| (Reverse(outcome.fixed), *steps));
    let found = mending.iter().find_map(|(_, edits, outcome)| verified(cluster, asked, edits, outcome))?;
    // The budgets decide who is evicted.
    if !found.victims.is_empty() {
        questions.ask(DataRequest::List(Kind::PodDisruptionBudget, None));
    }
    Some(found)
}

/// Changes for a cause, the mildest first. `made` are changes of the cluster that come before; `asked` holds those of the
/// DaemonSet.
fn proposals(
    cluster: &mut Cluster,
    asked: &Subject,
    made: &[Edit],
    code: Code,
    causes: &[(NodeIndex, &Cause)],
    nodes: &[NodeIndex],
) -> Vec<Vec<Edit>> {
    let mut found = match causes.first() {
        Some((_, Cause::Rejection(Rejection::Insufficient { .. } | Rejection::TooManyPods { .. }))) => {
            priority::suffices(cluster, asked, made, nodes).into_iter().collect()
        }
        Some((_, Cause::Creation(refusal))) => match **refusal {
            CreationRefusal::PriorityClassMissing { name } => {
                priority::in_place_of_missing(cluster, asked, made, nodes, name)
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    let proposer = Proposer { cluster, daemon_set: &asked.daemon_set, nodes };
    let others = proposer.edits(code, causes).into_iter().map(|edit| vec![edit]);
    // A name that is nearly right comes before another one.
    match found.first() {
        Some(_) if code == Code::PRIORITY_CLASS_MISSING => others.chain(found).collect(),
        _ => {
            found.extend(others);
            found
        }
    }
}

/// Requests the data that proposals for the cause need: all used ports, all PriorityClasses.
fn ask_for_proposals(cause: &Cause, cluster: &Cluster, asked: &Subject, questions: &mut DataRequests) {
    match cause {
        Cause::Rejection(Rejection::PortTaken { .. })
            if !asked.daemon_set.template.spec.host_network && !cluster.sees_all() =>
        {
            questions.ask(DataRequest::Pods);
        }
        Cause::Creation(refusal) => match **refusal {
            CreationRefusal::PriorityClassMissing { .. } => {
                questions.ask(DataRequest::List(Kind::PriorityClass, None));
            }
            CreationRefusal::RuntimeClassMissing { .. } => {
                questions.ask(DataRequest::List(Kind::RuntimeClass, None));
            }
            _ => {}
        },
        // The smallest class that suffices is proposed.
        Cause::Rejection(Rejection::Insufficient { .. } | Rejection::TooManyPods { .. }) => {
            questions.ask(DataRequest::List(Kind::PriorityClass, None));
        }
        _ => {}
    }
}

/// The causes of the finding on its nodes.
fn deciding<'v>(verdicts: &'v [Verdict], nodes: &[NodeIndex], draft: &FindingDraft) -> Vec<(NodeIndex, &'v Cause)> {
    let of_draft = |cause: &Cause| draft.key.is_some_and(|key| key.is_of(cause));
    let on = |node: &NodeIndex| {
        let reasons = verdicts[*node as usize].reasons.iter().map(|reason| &reason.cause);
        let node = *node;
        reasons.filter(move |cause| of_draft(cause)).map(move |cause| (node, cause)).next()
    };
    nodes.iter().filter_map(on).collect()
}

/// Proposes the changes for the cause that remains after the first changes.
fn next_edits(
    cluster: &mut Cluster,
    asked: &Subject,
    outcome: &Outcome,
    nodes: &[NodeIndex],
    edits: &[Edit],
) -> Option<Vec<Edit>> {
    let mut changed = asked.clone();
    edits.iter().for_each(|edit| edit.apply(&mut changed.daemon_set));
    let left: Vec<(NodeIndex, &Cause)> = nodes
        .iter()
        .filter_map(|node| {
            let verdict = &outcome.after[*node as usize];
            let reason = verdict.reasons.iter().find(|reason| decides(verdict, &reason.cause))?;
            Some((*node, &reason.cause))
        })
        .collect();
    let mut by_code: BTreeMap<Code, Vec<(NodeIndex, &Cause)>> = BTreeMap::new();
    for (node, cause) in left {
        by_code.entry(rule_code::code(cause)).or_default().push((node, cause));
    }
    let again = |next: &Vec<Edit>| next.iter().any(|edit| edits.iter().any(|made| edit.undoes(made)));
    // The cause of the most nodes comes first.
    let mut by_code: Vec<_> = by_code.into_iter().collect();
    by_code.sort_by_key(|(_, alike)| Reverse(alike.len()));
    by_code.iter().find_map(|(code, alike)| {
        let nodes: Vec<NodeIndex> = alike.iter().map(|(node, _)| *node).collect();
        proposals(cluster, &changed, edits, *code, alike, &nodes).into_iter().find(|next| !again(next))
    })
}

/// Returns the changes as a fix, if they fix a node and no node loses its pod.
fn tried(
    cluster: &mut Cluster,
    asked: &Subject,
    edits: &[Edit],
    nodes: &[NodeIndex],
    before: &[Verdict],
    questions: &mut DataRequests,
) -> Option<VerifiedFix> {
    let outcome = attempt(cluster, asked, edits, before, nodes, questions);
    if outcome.fixed == 0 || outcome.broken > 0 {
        return None;
    }
    verified(cluster, asked, edits, &outcome)
}

/// The label by which all nodes of a finding can be excluded, if they are virtual.
fn all_virtual(cluster: &Cluster, nodes: &[NodeIndex]) -> Option<(&'static str, &'static str)> {
    let mut labels = nodes.iter().map(|node| virtual_label(&cluster.nodes[*node as usize]));
    let first = labels.next()??;
    labels.all(|label| label == Some(first)).then_some(first)
}

/// Replaces a surge that cannot complete because old and new pod request the same host port.
fn no_surge(cluster: &mut Cluster, asked: &Subject) -> Option<VerifiedFix> {
    let mut changed = asked.clone();
    Edit::NoSurge.apply(&mut changed.daemon_set);
    if !shared_host_ports(&changed.daemon_set, cluster.rules()).is_empty() {
        return None;
    }
    let (after, left) = (Vec::new(), BTreeMap::new());
    let victims = (Vec::new(), false);
    let outcome = Outcome { fixed: 0, broken: 0, after, left, daemon_set: changed.daemon_set, admitted: None, victims };
    verified(cluster, asked, &[Edit::NoSurge], &outcome)
}
