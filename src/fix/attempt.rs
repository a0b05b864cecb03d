//! A change tried on a copy of the DaemonSet and the cluster: the nodes judged again, and the fix once its printed patch
//! has the same result.

use std::collections::BTreeMap;

use crate::findings::Subject;
use crate::findings::codes::Code;
use crate::findings::rule_code;
use crate::fix::edit::{Edit, trial};
use crate::fix::patch;
use crate::fix::printed;
use crate::fix::printed::Printed;
use crate::fix::verified::VerifiedFix;
use crate::model::DaemonSet;
use crate::model::wire::Kind;
use crate::rules::{Cause, Evaluation, Placement, Stage, Verdict};
use crate::store::{Cluster, DataRequest, DataRequests, NodeIndex, PodIndex};

/// The result of a trial.
pub struct Outcome {
    /// How many nodes of the finding it fixes.
    pub fixed: usize,
    /// How many nodes lose their pod.
    pub broken: usize,
    /// The verdicts after the change.
    pub after: Vec<Verdict>,
    /// Causes that remain, with the number of nodes.
    pub left: BTreeMap<Code, usize>,
    /// The changed DaemonSet.
    pub daemon_set: DaemonSet,
    /// The most pods that a quota then admits.
    pub admitted: Option<u64>,
    /// The pods that the scheduler then evicts, and whether there are more whose names were not read.
    pub victims: (Vec<String>, bool),
}

/// Whether the node gets a pod, also one that others are evicted for.
pub fn gets_a_pod(verdict: &Verdict) -> bool {
    matches!(verdict.placement, Placement::Placed | Placement::Preempting { .. })
}

/// Applies the changes to a copy of the DaemonSet and temporarily to the cluster, and judges the nodes again.
pub fn attempt(
    cluster: &mut Cluster,
    asked: &Subject,
    edits: &[Edit],
    before: &[Verdict],
    nodes: &[NodeIndex],
    questions: &mut DataRequests,
) -> Outcome {
    let mut changed = asked.clone();
    edits.iter().for_each(|edit| edit.apply(&mut changed.daemon_set));
    let (after, admitted, open) = judged(cluster, &changed, edits);
    // PodDisruptionBudgets are asked for only where a change is reported whose victims they decide.
    let is_of_victims = |question: &DataRequest| matches!(question, DataRequest::List(Kind::PodDisruptionBudget, _));
    questions.open.extend(open.open.into_iter().filter(|question| !is_of_victims(question)));
    // A node is also fixed if the controller no longer creates a pod that the scheduler refuses.
    let leaves_out = edits.iter().any(|edit| matches!(edit, Edit::Exclude { .. } | Edit::Select { was: None, .. }));
    let mended = |before: &Verdict, after: &Verdict| {
        (!gets_a_pod(before) && gets_a_pod(after))
            || (leaves_out && before.placement != Placement::Excluded && after.placement == Placement::Excluded)
    };
    let mut left = BTreeMap::new();
    let mut mended_nodes = Vec::new();
    for node in nodes {
        let (before, after) = (&before[*node as usize], &after[*node as usize]);
        if mended(before, after) {
            mended_nodes.push(*node);
        } else if let Some(reason) = after.reasons.iter().find(|r| decides(after, &r.cause)) {
            *left.entry(rule_code::code(&reason.cause)).or_insert(0) += 1;
        }
    }
    // The nodes of a group are sorted.
    let meant = |index: usize| leaves_out && nodes.binary_search(&(index as NodeIndex)).is_ok();
    let lost = |(index, (before, after)): (usize, (&Verdict, &Verdict))| {
        gets_a_pod(before) && !gets_a_pod(after) && !meant(index)
    };
    let broken = before.iter().zip(&after).enumerate().filter(|pair| lost(*pair)).count();
    let victims = victims(cluster, &after, &mended_nodes);
    let fixed = mended_nodes.len();
    Outcome { fixed, broken, after, left, daemon_set: changed.daemon_set, admitted, victims }
}

/// Judges a changed DaemonSet in the cluster that the changes make: the verdicts, how many pods a quota then admits at
/// most, and what that rests on.
pub fn judged(cluster: &mut Cluster, changed: &Subject, edits: &[Edit]) -> (Vec<Verdict>, Option<u64>, DataRequests) {
    let undo: Vec<trial::Undo> = edits.iter().filter_map(|edit| edit.apply_to_cluster(cluster)).collect();
    let own = changed.own_pods();
    let admission = Evaluation::admit(cluster, &changed.daemon_set, own);
    let evaluation = Evaluation::new(cluster, &changed.daemon_set, &admission, own);
    let after = evaluation.all();
    let open = evaluation.questions(&after);
    undo.into_iter().rev().for_each(|undo| trial::undo(cluster, undo));
    (after, admission.quota.map(|quota| quota.admits), open)
}

/// Whether the printed patch has the same result as the trial.
fn is_as_tried(cluster: &mut Cluster, asked: &Subject, text: &str, edits: &[Edit], outcome: &Outcome) -> bool {
    let Some(Printed { daemon_set, edits: printed }) = printed::read(text, asked) else { return false };
    let tried = &outcome.daemon_set;
    if daemon_set.update != tried.update {
        return false;
    }
    let meant: Vec<&Edit> = edits.iter().filter(|edit| edit.is_of_cluster()).collect();
    let same_cluster = printed.len() == meant.len()
        && printed.iter().zip(meant).all(|(printed, meant)| printed::is_same(printed, meant));
    // The same pods get the same verdicts; a change of the rollout has no verdicts.
    let same_pods =
        daemon_set.template.spec == tried.template.spec && daemon_set.template.security == tried.template.security;
    if same_cluster && same_pods || matches!(edits, [Edit::NoSurge]) {
        return same_pods;
    }
    let (after, admitted, _) = judged(cluster, &Subject { daemon_set, ..asked.clone() }, &printed);
    let placements = |verdicts: &[Verdict]| verdicts.iter().map(|v| v.placement.clone()).collect::<Vec<_>>();
    admitted == outcome.admitted && placements(&after) == placements(&outcome.after)
}

/// Whether a cause decides the placement of its node.
pub fn decides(verdict: &Verdict, cause: &Cause) -> bool {
    match verdict.placement {
        Placement::Excluded => cause.stage() == Stage::Controller,
        Placement::Denied => cause.stage() == Stage::Creation,
        _ => true,
    }
}

/// Returns the change as a fix. `None` where it cannot be printed, or its printed patch has another result.
pub fn verified(cluster: &mut Cluster, asked: &Subject, edits: &[Edit], outcome: &Outcome) -> Option<VerifiedFix> {
    let patch = patch::patch(edits, asked, &outcome.daemon_set)?;
    if !is_as_tried(cluster, asked, &patch.text, edits, outcome) {
        return None;
    }
    let risks: Vec<&'static str> = edits.iter().map(Edit::risk).collect();
    let worst = ["weakens-security", "rolls-pods"].into_iter().find(|risk| risks.contains(risk));
    // A DaemonSet that is not deployed has no pods to roll.
    let worst = worst.filter(|risk| *risk != "rolls-pods" || asked.deployed.is_some());
    let (victims, has_unnamed_victims) = outcome.victims.clone();
    let evicts = !victims.is_empty() || has_unnamed_victims;
    let worst = if evicts && worst != Some("weakens-security") { Some("evicts-pods") } else { worst };
    Some(VerifiedFix {
        edits: edits.to_vec(),
        field: None,
        // Nodes that the author leaves out are not blocked.
        still_blocks: outcome
            .left
            .iter()
            .filter(|(code, _)| !code.is_choice())
            .max_by_key(|(_, nodes)| **nodes)
            .map(|(code, nodes)| (*code, *nodes)),
        target: patch.target,
        language: patch.language,
        patch: patch.text,
        risk: worst.unwrap_or("none"),
        nodes_fixed: outcome.fixed,
        nodes_broken: outcome.broken,
        victims,
        has_unnamed_victims,
    })
}

/// Returns the pods that the scheduler evicts after a change, by node, and whether others go whose names were not read.
fn victims(cluster: &Cluster, after: &[Verdict], nodes: &[NodeIndex]) -> (Vec<String>, bool) {
    let of = |node: &NodeIndex| match &after[*node as usize].placement {
        Placement::Preempting { victims } => Some(victims),
        _ => None,
    };
    let name = |pod: &PodIndex| {
        let pod = cluster.pod(*pod);
        format!("{}/{}", pod.namespace, pod.name)
    };
    let names = nodes.iter().filter_map(of).flat_map(|victims| victims.iter().map(name)).collect();
    let is_unnamed =
        |node: &NodeIndex| of(node).is_some_and(|victims| victims.is_empty() || !cluster.folded_on(*node).is_empty());
    (names, nodes.iter().any(is_unnamed))
}
