//! Findings about the rollout: what blocks it, and whether the rollout or the nodes cause that ([`crate::rules::rollout`]).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::findings::Subject;
use crate::findings::codes::Code;
use crate::findings::finding_draft::FindingDraft;
use crate::findings::node_status::NodeStatus;
use crate::findings::policy::Settings;
use crate::model::daemonset::UpdateStrategy;
use crate::model::{DaemonSet, Pod, Version};
use crate::report::{Severity, Updated};
use crate::rules::rollout::{BlockReason, PodAge, Replacement, Rollout, TemplateMark, shared_host_ports};
use crate::rules::{Evaluation, Placement, Verdict};
use crate::store::{Cluster, NodeIndex};
use crate::text::count;
use crate::text::list::{and, some};

/// Findings about the rollout.
pub fn findings(
    cluster: &Cluster,
    asked: &Subject,
    verdicts: &[Verdict],
    statuses: &[NodeStatus],
    settings: &Settings,
) -> Vec<FindingDraft> {
    let mut found = Vec::new();
    found.extend(surge_port(&asked.daemon_set, cluster.rules()));
    if asked.written.is_some() {
        return found;
    }
    let daemon_set = &asked.daemon_set;
    let behind = daemon_set.status.as_ref().is_some_and(|s| s.observed_generation < daemon_set.generation);
    if behind {
        let seen = daemon_set.status.as_ref().map_or(0, |s| s.observed_generation);
        let message = format!(
            "the controller has observed generation {seen} only; the newest generation is {}",
            daemon_set.generation
        );
        let evidence = json!({ "observed": seen, "generation": daemon_set.generation });
        found.push(FindingDraft::new(Code::NOT_OBSERVED, Severity::Error, message, evidence));
    }
    let pods = asked.deployed.map_or(&[][..], |owner| cluster.owned_by(owner)).iter().map(|pod| cluster.pod(*pod));
    let mark = TemplateMark::deployed(cluster, daemon_set);
    let rollout = Rollout::of(daemon_set, pods, mark, Evaluation::desired(verdicts) as i64, settings.now);
    let old_on = |(node, pods): (usize, _)| Some((node as NodeIndex, known_old(pods, mark)?));
    let old: Vec<(NodeIndex, &Pod)> =
        cluster.nodes.iter().map(|node| rollout.pods_on(node.name).old).enumerate().filter_map(old_on).collect();
    if old.is_empty() {
        return found;
    }
    match daemon_set.update {
        UpdateStrategy::OnDelete => found.push(on_delete(&old)),
        UpdateStrategy::RollingUpdate { .. } => {
            found.extend(stuck(cluster, &rollout, verdicts, statuses, &old, settings));
        }
    }
    found
}

/// Counts the eligible nodes by the template of their pods; `None` for a document, and where no pod tells its template.
pub fn updated(cluster: &Cluster, asked: &Subject, verdicts: &[Verdict]) -> Option<Updated> {
    let owner = asked.deployed.filter(|_| asked.written.is_none())?;
    let mark = TemplateMark::deployed(cluster, &asked.daemon_set);
    let mut ages: BTreeMap<NodeIndex, PodAge> = BTreeMap::new();
    for pod in cluster.owned_by(owner).iter().map(|pod| cluster.pod(*pod)).filter(|pod| !pod.phase.has_ended()) {
        let node = pod.node_or_target().and_then(|name| cluster.node(name));
        let eligible = node.filter(|node| verdicts[*node as usize].placement != Placement::Excluded);
        let Some(node) = eligible else { continue };
        let age = mark.age(pod);
        let known = ages.entry(node).or_insert(age);
        if age == PodAge::New {
            *known = age;
        }
    }
    let count = |of: PodAge| ages.values().filter(|age| **age == of).count();
    let updated = Updated { nodes: count(PodAge::New), outdated: count(PodAge::Old) };
    (updated != Updated::default()).then_some(updated)
}

/// The pod if it is known to be of an earlier template.
fn known_old(pod: Option<&Pod>, mark: TemplateMark) -> Option<&Pod> {
    pod.filter(|pod| mark.age(pod) == PodAge::Old)
}

/// Names the outdated pods of an OnDelete strategy, which the controller does not replace.
fn on_delete(old: &[(NodeIndex, &Pod)]) -> FindingDraft {
    let names: Vec<&str> = old.iter().map(|(_, pod)| pod.name.as_ref()).collect();
    let run = if names.len() == 1 { "runs" } else { "run" };
    let pods = count(names.len(), "pod");
    let message = format!("updateStrategy is OnDelete: {pods} {run} the old template until deleted manually");
    let evidence = json!({ "pods": names.iter().take(MOST_NAMES).collect::<Vec<_>>(), "count": names.len() });
    let draft = FindingDraft::new(Code::ON_DELETE, Severity::Warning, message, evidence);
    draft.note(format!("outdated pods: {}", some(&names, 6))).on(old.iter().map(|(node, _)| *node).collect())
}

/// Most names in the evidence; the rest is counted.
const MOST_NAMES: usize = 50;

/// The reason's name in evidence.
fn key(reason: BlockReason) -> &'static str {
    match reason {
        BlockReason::NotCreated => "notCreated",
        BlockReason::Unscheduled => "unscheduled",
        BlockReason::NotReady => "podNotReady",
        BlockReason::NotYetAvailable => "notYetAvailable",
        BlockReason::Excess => "excess",
        BlockReason::Terminating => "terminating",
        BlockReason::NodeNotReady => "nodeNotReady",
        BlockReason::Rejected => "refusedByKubelet",
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

/// Finds a rollout that cannot go on because unavailable nodes use up the bound.
fn stuck(
    cluster: &Cluster,
    rollout: &Rollout<'_>,
    verdicts: &[Verdict],
    statuses: &[NodeStatus],
    old: &[(NodeIndex, &Pod)],
    settings: &Settings,
) -> Option<FindingDraft> {
    let limit = rollout.limit?;
    let (name, bound) = (limit.field(), limit.nodes());
    let waits = |node: NodeIndex| rollout.replacement(cluster.nodes[node as usize].name) == Some(Replacement::InTurn);
    let waiting = old.iter().filter(|(node, _)| waits(*node)).count();
    let mut causes: BTreeMap<BlockReason, Vec<NodeIndex>> = BTreeMap::new();
    let mut held: Vec<NodeIndex> = Vec::new();
    for (index, (node, verdict)) in cluster.nodes.iter().zip(verdicts).enumerate() {
        let Some(blocker) = rollout.blocker(node, verdict.placement != Placement::Excluded) else { continue };
        let created = blocker.pod.and_then(|pod| pod.created);
        if created.is_some_and(|at| settings.now.saturating_sub(at) < settings.grace) {
            return None;
        }
        let reason = match blocker.reason {
            // A container that crashes in a loop is ready between two crashes, but the pod never becomes available.
            BlockReason::NotYetAvailable if !statuses[index].issues.is_empty() => BlockReason::NotReady,
            reason => reason,
        };
        causes.entry(reason).or_default().push(index as NodeIndex);
        held.push(index as NodeIndex);
    }
    if held.is_empty() || waiting == 0 || (held.len() as i64) < bound {
        return None;
    }
    // Such a rollout continues without a change.
    if causes.keys().all(|reason| matches!(reason, BlockReason::NotYetAvailable | BlockReason::Excess)) {
        return None;
    }
    let of = |node: bool| causes.iter().filter(move |(reason, _)| reason.is_by_node() == node);
    let sum = |node: bool| of(node).map(|(_, held)| held.len()).sum::<usize>();
    let texts = |node: bool| of(node).map(|(reason, held)| sentence(*reason, held.len())).collect::<Vec<_>>();
    let (by_rollout, by_nodes) = (sum(false), sum(true));
    let by_cause: serde_json::Map<String, Value> =
        causes.iter().map(|(reason, nodes)| (key(*reason).to_owned(), nodes.len().into())).collect();
    let not_ready = causes.get(&BlockReason::NodeNotReady).map_or(0, Vec::len);
    let evidence = json!({
        "bound": name, "allowed": bound, "unavailable": held.len(), "old": old.len(), "waiting": waiting,
        "onReadyNodes": held.len() - not_ready, "onNotReadyNodes": not_ready,
        "blockedByRollout": by_rollout, "blockedByNode": by_nodes, "causes": by_cause,
    });
    let waits = if waiting == 1 { "1 old pod waits".into() } else { format!("{waiting} old pods wait") };
    let bound_text = format!("{name} ({bound})");
    if by_rollout == 0 {
        let use_up = if held.len() == 1 { "uses" } else { "use" };
        let nodes = count(held.len(), "node");
        let message = format!(
            "rollout blocked by nodes: {nodes} {use_up} up {bound_text}, {waits} to be replaced ({})",
            and(&texts(true))
        );
        return Some(FindingDraft::new(Code::ROLLOUT_NODES, Severity::Warning, message, evidence).on(held));
    }
    let lack = if held.len() == 1 { "lacks" } else { "lack" };
    let nodes = count(held.len(), "node");
    let message = match limit.is_surge() {
        true => format!("rollout stuck: {nodes} {lack} an available new pod, which uses up {bound_text}; {waits}"),
        false => format!("rollout stuck: {nodes} {lack} an available pod, which uses up {bound_text}; {waits}"),
    };
    let draft = FindingDraft::new(Code::ROLLOUT_STUCK, Severity::Error, message, evidence);
    let draft = draft.note(format!("caused by the rollout ({by_rollout}): {}", and(&texts(false))));
    let draft = match by_nodes {
        0 => draft,
        n => draft.note(format!("caused by nodes, not by the rollout ({n}): {}", and(&texts(true)))),
    };
    let mut nodes: Vec<NodeIndex> = of(false).flat_map(|(_, nodes)| nodes.iter().copied()).collect();
    nodes.sort_unstable();
    Some(draft.on(nodes))
}

/// Finds a surge that cannot work: the new pod must start next to the old pod and requests the same host port.
fn surge_port(daemon_set: &DaemonSet, version: Version) -> Option<FindingDraft> {
    let ports: Vec<String> = shared_host_ports(daemon_set, version).iter().map(u16::to_string).collect();
    let first = ports.first()?;
    let message = format!("maxSurge starts the new pod next to the old pod, but both request host port {first}");
    let draft = FindingDraft::new(Code::SURGE_PORT, Severity::Error, message, json!({ "ports": ports }));
    Some(draft.note("such a rollout never completes; use maxUnavailable instead"))
}
