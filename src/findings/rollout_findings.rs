//! Findings about the rollout: what blocks it, and whether the rollout or the nodes cause that ([`crate::rules::rollout`]).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::findings::cause::{BlockReasons, Cause, DaemonSetName, NotObserved, OnDelete, RolloutStuck, SurgePort};
use crate::findings::finding_draft::FindingDraft;
use crate::findings::node_status::NodeStatus;
use crate::findings::policy::Settings;
use crate::findings::{Subject, new_revision};
use crate::model::daemonset::UpdateStrategy;
use crate::model::{DaemonSet, Node, Pod, PodTemplate, Version};
use crate::report::Severity;
use crate::rules::rollout::{BlockReason, PodAge, Replacement, Rollout, TemplateMark, shared_host_ports};
use crate::rules::{Evaluation, Placement, Stage, Verdict};
use crate::store::{Cluster, NodeIndex};

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
        found.extend(of_document(cluster, asked, verdicts, settings));
        return found;
    }
    let daemon_set = &asked.daemon_set;
    let behind = daemon_set.status.as_ref().is_some_and(|s| s.observed_generation < daemon_set.generation);
    if behind {
        let seen = daemon_set.status.as_ref().map_or(0, |s| s.observed_generation);
        let cause = Cause::NotObserved(NotObserved { observed: seen, generation: daemon_set.generation });
        found.push(FindingDraft::of(cause, Severity::Error));
    }
    let pods = asked.deployed.map_or(&[][..], |owner| cluster.owned_by(owner)).iter().map(|pod| cluster.pod(*pod));
    let mark = TemplateMark::deployed(cluster, daemon_set);
    let rollout = Rollout::of(daemon_set, pods, mark, Evaluation::desired(verdicts) as i64, settings.now);
    let new_revision = new_revision::find(cluster, daemon_set, statuses, settings);
    let old_on = |(node, pods): (usize, _)| Some((node as NodeIndex, known_old(pods, mark)?));
    let old: Vec<(NodeIndex, &Pod)> =
        cluster.nodes.iter().map(|node| rollout.pods_on(node.name).old).enumerate().filter_map(old_on).collect();
    let held = match daemon_set.update {
        _ if old.is_empty() => None,
        UpdateStrategy::OnDelete => {
            found.push(on_delete(&old, false));
            None
        }
        UpdateStrategy::RollingUpdate { .. } => stuck(cluster, &rollout, verdicts, statuses, &old, settings),
    };
    let name = name_of(daemon_set);
    match (held, new_revision) {
        (Some((stuck, nodes)), new_revision) => {
            let is_of_revision = stuck.blocked_by_rollout > 0;
            let new_revision = new_revision.filter(|_| is_of_revision).map(|(found, _)| Box::new(found));
            let cause = Cause::RolloutStuck(Box::new(RolloutStuck { new_revision, of: name, ..stuck }));
            found.push(FindingDraft::of(cause, Severity::Error).on(nodes));
        }
        (None, Some((new, nodes))) => {
            found.push(FindingDraft::of(Cause::NewRevision(Box::new(new)), Severity::Error).on(nodes));
        }
        (None, None) => {}
    }
    found
}

/// Finds what keeps the document from the nodes that run its pods: OnDelete, and nodes that use up the bound before it
/// begins. A pod on a node that is not ready does not end, and no other pod may be replaced meanwhile.
fn of_document(cluster: &Cluster, asked: &Subject, verdicts: &[Verdict], settings: &Settings) -> Option<FindingDraft> {
    let uid = asked.deployed?;
    let deployed = cluster.daemon_sets.iter().find(|deployed| deployed.uid == Some(uid))?;
    if is_same(&asked.daemon_set.template, &deployed.template) {
        return None;
    }
    let pods = cluster.owned_by(uid).iter().map(|pod| cluster.pod(*pod));
    // Whatever runs is of an earlier template once the document is applied.
    let (mark, desired) = (TemplateMark::default(), Evaluation::desired(verdicts) as i64);
    let rollout = Rollout::of(&asked.daemon_set, pods, mark, desired, settings.now);
    let is_eligible = |node: NodeIndex| verdicts[node as usize].placement != Placement::Excluded;
    let nodes = || cluster.nodes.iter().zip(0 as NodeIndex..);
    let on = |(node, index): (&Node, NodeIndex)| Some((index, rollout.pods_on(node.name).old?));
    let old: Vec<(NodeIndex, &Pod)> = nodes().filter_map(on).filter(|(node, _)| is_eligible(*node)).collect();
    let Some(limit) = rollout.limit else { return (!old.is_empty()).then(|| on_delete(&old, true)) };
    let is_dead = |(node, index): &(&Node, NodeIndex)| {
        rollout.blocker(node, is_eligible(*index)).is_some_and(|found| found.reason == BlockReason::NodeNotReady)
    };
    let dead: Vec<NodeIndex> = nodes().filter(is_dead).map(|(_, index)| index).collect();
    let name = |node: NodeIndex| cluster.nodes[node as usize].name;
    let waiting = old.iter().filter(|(node, _)| rollout.replacement(name(*node)) == Some(Replacement::InTurn)).count();
    if limit.is_surge() || waiting == 0 || (dead.len() as i64) < limit.nodes() {
        return None;
    }
    let unreachable = dead.iter().map(|node| &cluster.nodes[*node as usize]).filter(|node| node.is_unreachable());
    let cause = Cause::RolloutStuck(Box::new(RolloutStuck {
        bound: limit.field(),
        allowed: limit.nodes(),
        unavailable: dead.len(),
        old: old.len(),
        waiting,
        on_ready_nodes: 0,
        on_not_ready_nodes: dead.len(),
        blocked_by_rollout: 0,
        blocked_by_node: dead.len(),
        causes: BlockReasons([(BlockReason::NodeNotReady, dead.len())].into()),
        updated: 0,
        desired: desired as usize,
        since_seconds: None,
        new_revision: None,
        unreachable: unreachable.map(|node| node.name.to_string()).collect(),
        is_document: true,
        of: name_of(&asked.daemon_set),
    }));
    Some(FindingDraft::of(cause, Severity::Warning).on(dead))
}

/// Whether a template asks for nothing that the deployed one does not have: the server adds defaults to what it stores.
fn is_same(wanted: &PodTemplate, deployed: &PodTemplate) -> bool {
    let parse = |template: &PodTemplate| serde_json::from_str::<Value>(template.text.get().unwrap_or("{}")).ok();
    let (Some(ours), Some(theirs)) = (parse(wanted), parse(deployed)) else { return false };
    let (spec, other) = (&wanted.spec, &deployed.spec);
    wanted.labels == deployed.labels
        && spec.node_affinity == other.node_affinity
        && spec.tolerations == other.tolerations
        && is_part(&ours, &theirs)
}

fn is_part(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => part.iter().all(|(key, value)| match whole.get(key) {
            Some(other) => is_part(value, other),
            None => value.is_null(),
        }),
        (Value::Array(part), Value::Array(whole)) => {
            part.len() == whole.len() && part.iter().zip(whole).all(|(part, whole)| is_part(part, whole))
        }
        _ => part == whole,
    }
}

fn name_of(daemon_set: &DaemonSet) -> DaemonSetName {
    DaemonSetName { namespace: daemon_set.namespace.to_string(), name: daemon_set.name.to_string() }
}

/// The pod if it is known to be of an earlier template.
fn known_old(pod: Option<&Pod>, mark: TemplateMark) -> Option<&Pod> {
    pod.filter(|pod| mark.age(pod) == PodAge::Old)
}

/// Names the outdated pods of an OnDelete strategy, which the controller does not replace.
fn on_delete(old: &[(NodeIndex, &Pod)], is_document: bool) -> FindingDraft {
    let pods = old.iter().take(MOST_NAMES).map(|(_, pod)| pod.name.to_string()).collect();
    let cause = Cause::OnDelete(OnDelete { pods, count: old.len(), is_document });
    FindingDraft::of(cause, Severity::Warning).on(old.iter().map(|(node, _)| *node).collect())
}

/// Most names in the evidence; the rest is counted.
const MOST_NAMES: usize = 50;

/// Finds a rollout that cannot go on because unavailable nodes use up the bound.
fn stuck(
    cluster: &Cluster,
    rollout: &Rollout<'_>,
    verdicts: &[Verdict],
    statuses: &[NodeStatus],
    old: &[(NodeIndex, &Pod)],
    settings: &Settings,
) -> Option<(RolloutStuck, Vec<NodeIndex>)> {
    let limit = rollout.limit?;
    let waits = |node: NodeIndex| rollout.replacement(cluster.nodes[node as usize].name) == Some(Replacement::InTurn);
    let waiting = old.iter().filter(|(node, _)| waits(*node)).count();
    let mut causes: BTreeMap<BlockReason, Vec<NodeIndex>> = BTreeMap::new();
    let mut held: Vec<NodeIndex> = Vec::new();
    let mut since: Vec<Option<i64>> = Vec::new();
    for (index, (node, verdict)) in cluster.nodes.iter().zip(verdicts).enumerate() {
        let Some(blocker) = rollout.blocker(node, verdict.placement != Placement::Excluded) else { continue };
        let is_within_grace = |at: Option<i64>| at.is_some_and(|at| settings.now.saturating_sub(at) < settings.grace);
        let status = &statuses[index];
        let reason = match blocker.reason {
            // A container that crashes in a loop is ready between two crashes, but the pod never becomes available.
            BlockReason::NotYetAvailable if !status.issues.is_empty() => BlockReason::NotReady,
            // The kubelet answers, and says why the pod is not ready.
            BlockReason::NodeNotReady if !node.is_unreachable() && has_container_issue(status) => BlockReason::NotReady,
            reason => reason,
        };
        let created = blocker.pod.and_then(|pod| pod.created);
        let of_node = node.conditions.ready_since.filter(|_| reason == BlockReason::NodeNotReady);
        if is_within_grace(created) || is_within_grace(of_node) {
            return None;
        }
        let of_pod = || blocker.pod.and_then(|pod| pod.detail.as_ref()?.ready_since.or(pod.created));
        since.push(of_node.or_else(of_pod));
        causes.entry(reason).or_default().push(index as NodeIndex);
        held.push(index as NodeIndex);
    }
    if held.is_empty() || waiting == 0 || (held.len() as i64) < limit.nodes() {
        return None;
    }
    // Such a rollout continues without a change.
    if causes.keys().all(|reason| matches!(reason, BlockReason::NotYetAvailable | BlockReason::Excess)) {
        return None;
    }
    let of = |by_node: bool| causes.iter().filter(move |(reason, _)| reason.is_by_node() == by_node);
    let sum = |by_node: bool| of(by_node).map(|(_, held)| held.len()).sum::<usize>();
    let not_ready = causes.get(&BlockReason::NodeNotReady).map_or(&[][..], Vec::as_slice);
    let unreachable = not_ready.iter().map(|node| &cluster.nodes[*node as usize]).filter(|node| node.is_unreachable());
    let (updated, desired) = updated(cluster, rollout, verdicts);
    let found = RolloutStuck {
        bound: limit.field(),
        allowed: limit.nodes(),
        unavailable: held.len(),
        old: old.len(),
        waiting,
        updated,
        desired,
        on_ready_nodes: held.len() - not_ready.len(),
        on_not_ready_nodes: not_ready.len(),
        blocked_by_rollout: sum(false),
        blocked_by_node: sum(true),
        causes: BlockReasons(causes.iter().map(|(reason, nodes)| (*reason, nodes.len())).collect()),
        since_seconds: used_up_since(since, limit.nodes()).map(|at| settings.now.saturating_sub(at).max(0)),
        new_revision: None,
        unreachable: unreachable.map(|node| node.name.to_string()).collect(),
        is_document: false,
        of: DaemonSetName::default(),
    };
    let is_by_node = found.blocked_by_rollout == 0;
    let mut nodes: Vec<NodeIndex> = of(is_by_node).flat_map(|(_, nodes)| nodes.iter().copied()).collect();
    nodes.sort_unstable();
    Some((found, nodes))
}

/// Since when as many nodes as the bound allows are without an available pod.
fn used_up_since(since: Vec<Option<i64>>, allowed: i64) -> Option<i64> {
    let mut since: Vec<i64> = since.into_iter().collect::<Option<_>>()?;
    since.sort_unstable();
    since.get(usize::try_from(allowed).ok()?.saturating_sub(1)).copied()
}

/// How many eligible nodes have a pod of the newest revision, and how many eligible nodes there are.
pub fn updated(cluster: &Cluster, rollout: &Rollout<'_>, verdicts: &[Verdict]) -> (usize, usize) {
    let eligible = cluster.nodes.iter().zip(verdicts).filter(|(_, v)| v.placement != Placement::Excluded);
    let updated = eligible.filter(|(node, _)| rollout.pods_on(node.name).new.is_some()).count();
    (updated, Evaluation::desired(verdicts))
}

fn has_container_issue(status: &NodeStatus) -> bool {
    status.issues.iter().any(|issue| issue.cause.stage() == Stage::Container)
}

/// Finds a surge that cannot work: the new pod must start next to the old pod and requests the same host port.
fn surge_port(daemon_set: &DaemonSet, version: Version) -> Option<FindingDraft> {
    let ports: Vec<String> = shared_host_ports(daemon_set, version).iter().map(u16::to_string).collect();
    (!ports.is_empty()).then(|| FindingDraft::of(Cause::SurgePort(SurgePort { ports }), Severity::Error))
}
