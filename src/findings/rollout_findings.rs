//! The rollout: what holds it, and whether that is the rollout's fault or the nodes'.
//!
//! Follows `pkg/controller/daemon/update.go` v1.36: a node counts as unavailable while it has no pod, an old and a
//! new one, or one that is not available; old pods that are not available are replaced at once, the others within
//! `maxUnavailable`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::explain::units::{and, count, some};
use crate::findings::Subject;
use crate::findings::codes::Code;
use crate::findings::daemonset_findings::FindingDraft;
use crate::findings::node_status::NodeStatus;
use crate::findings::policy::Settings;
use crate::model::daemonset::UpdateStrategy;
use crate::model::{Pod, Version};
use crate::report::{Severity, State};
use crate::rules::{Evaluation, Placement, Verdict};
use crate::store::{Cluster, NodeIndex, host_ports};

/// Findings about the rollout.
pub fn findings(
    cluster: &Cluster,
    asked: &Subject,
    verdicts: &[Verdict],
    statuses: &[NodeStatus],
    settings: &Settings,
) -> Vec<FindingDraft> {
    let mut found = Vec::new();
    found.extend(surge_port(asked, cluster.rules()));
    if asked.written.is_some() {
        return found;
    }
    let daemon_set = &asked.daemon_set;
    let behind = daemon_set.status.as_ref().is_some_and(|s| s.observed_generation < daemon_set.generation);
    if behind {
        let seen = daemon_set.status.as_ref().map_or(0, |s| s.observed_generation);
        let message = format!("the controller has seen generation {seen} of {}", daemon_set.generation);
        let evidence = json!({ "observed": seen, "generation": daemon_set.generation });
        found.push(FindingDraft::new(Code::NOT_OBSERVED, Severity::Error, message, evidence));
    }
    let is_old = |pod: Option<u32>| {
        pod.map(|pod| cluster.pod(pod)).filter(|pod| !pod.terminating && is_old(cluster, asked, pod))
    };
    let old: Vec<(NodeIndex, &Pod)> = statuses
        .iter()
        .enumerate()
        .filter_map(|(node, status)| Some((node as NodeIndex, is_old(status.pod)?)))
        .collect();
    if old.is_empty() {
        return found;
    }
    match daemon_set.update {
        UpdateStrategy::OnDelete => found.push(on_delete(&old)),
        UpdateStrategy::RollingUpdate { .. } => {
            found.extend(stuck(cluster, asked, verdicts, statuses, &old, settings));
        }
    }
    found
}

/// Old pods that only somebody's deletion replaces, by name.
fn on_delete(old: &[(NodeIndex, &Pod)]) -> FindingDraft {
    let names: Vec<&str> = old.iter().map(|(_, pod)| pod.name.as_ref()).collect();
    let run = if names.len() == 1 { "runs" } else { "run" };
    let message = format!("{} {run} the old template until somebody deletes them", count(names.len(), "pod"));
    let evidence = json!({ "pods": names.iter().take(MOST_NAMES).collect::<Vec<_>>(), "count": names.len() });
    let draft = FindingDraft::new(Code::ON_DELETE, Severity::Warning, message, evidence);
    draft.note(format!("old: {}", some(&names, 6))).on(old.iter().map(|(node, _)| *node).collect())
}

/// So many names are evidence; the rest is counted.
const MOST_NAMES: usize = 50;

/// Whether the pod was made from an older template. Where neither revisions nor generations tell, nothing is old.
pub(crate) fn is_old(cluster: &Cluster, asked: &Subject, pod: &Pod) -> bool {
    let current = asked.deployed.and_then(|uid| cluster.revisions.get(&uid)).and_then(|revision| revision.hash);
    let generations = pod.template_generation().and(asked.daemon_set.template_generation);
    let same_generation = generations.map(|now| pod.is_of_generation(now));
    match current {
        Some(current) => pod.revision() != Some(current) && same_generation != Some(true),
        None => same_generation == Some(false),
    }
}

/// Why a wanted node has no available pod, and so uses up the bound. Those from [`BlockReason::NodeNotReady`] on are the
/// node's doing, the others the rollout's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum BlockReason {
    /// A pod could not be created.
    NotCreated,
    /// A new pod found no room.
    Unscheduled,
    /// A pod does not become ready.
    NotReady,
    /// A pod is ready, not yet for `minReadySeconds`.
    Settling,
    /// A pod does not end, on a node that answers.
    Terminating,
    /// The node is not ready.
    NodeNotReady,
    /// The node's kubelet refused or evicted the pod.
    Refused,
}

impl BlockReason {
    fn of(status: &NodeStatus, cluster: &Cluster, node: NodeIndex) -> BlockReason {
        if !cluster.nodes[node as usize].is_ready() {
            return BlockReason::NodeNotReady;
        }
        match status.state {
            State::Missing | State::None => BlockReason::NotCreated,
            State::Pending => BlockReason::Unscheduled,
            State::Terminating => BlockReason::Terminating,
            State::Failed => BlockReason::Refused,
            State::Healthy => BlockReason::Settling,
            _ => BlockReason::NotReady,
        }
    }

    fn is_the_nodes(self) -> bool {
        self >= BlockReason::NodeNotReady
    }

    fn key(self) -> &'static str {
        match self {
            BlockReason::NotCreated => "notCreated",
            BlockReason::Unscheduled => "unscheduled",
            BlockReason::NotReady => "podNotReady",
            BlockReason::Settling => "notYetAvailable",
            BlockReason::Terminating => "terminating",
            BlockReason::NodeNotReady => "nodeNotReady",
            BlockReason::Refused => "refusedByKubelet",
        }
    }

    fn sentence(self, nodes: usize) -> String {
        let [pod, node] = [count(nodes, "pod"), count(nodes, "node")];
        let (is, does) = if nodes == 1 { ("is", "does") } else { ("are", "do") };
        match self {
            BlockReason::NotCreated => format!("{pod} {is} not there"),
            BlockReason::Unscheduled => format!("{pod} found no room"),
            BlockReason::NotReady => format!("{pod} {does} not become ready"),
            BlockReason::Settling => format!("{pod} {is} ready, not yet for minReadySeconds"),
            BlockReason::Terminating => format!("{pod} {does} not end"),
            BlockReason::NodeNotReady => format!("{node} {is} not ready"),
            BlockReason::Refused => format!("{pod} {is} refused by the kubelet"),
        }
    }
}

/// A rollout of which as many nodes are unavailable as may be.
fn stuck(
    cluster: &Cluster,
    asked: &Subject,
    verdicts: &[Verdict],
    statuses: &[NodeStatus],
    old: &[(NodeIndex, &Pod)],
    settings: &Settings,
) -> Option<FindingDraft> {
    let UpdateStrategy::RollingUpdate { max_unavailable, max_surge } = asked.daemon_set.update else { return None };
    let desired = Evaluation::desired(verdicts) as i64;
    let surges = max_surge.of(1) > 0;
    let (name, bound) = match surges {
        true => ("maxSurge", max_surge.of(desired)),
        false => ("maxUnavailable", max_unavailable.of(desired).max(1)),
    };
    let available = |pod: Option<u32>| pod.is_some_and(|pod| is_available(asked, cluster.pod(pod), settings));
    let holds = |(status, verdict): (&NodeStatus, &Verdict)| {
        // A node that has a pod counts although it is not wanted there (any more): one that does not answer has a taint
        // that keeps new pods away.
        let counts = verdict.placement != Placement::Excluded || status.pod.is_some();
        match surges {
            // What counts is new pods that are not available beside old ones.
            true => status.beside.is_some() && !available(status.beside),
            false => counts && !available(status.pod),
        }
    };
    let held: Vec<NodeIndex> = statuses
        .iter()
        .zip(verdicts)
        .enumerate()
        .filter(|(_, pair)| holds(*pair))
        .map(|(node, _)| node as NodeIndex)
        .collect();
    // Old pods that are not available themselves are replaced whatever the bound.
    let waiting = old.iter().filter(|(_, pod)| is_available(asked, pod, settings)).count();
    let waiting = waiting.saturating_sub(if surges { held.len() } else { 0 });
    if held.is_empty() || waiting == 0 || (held.len() as i64) < bound {
        return None;
    }
    let new = |node: &NodeIndex| {
        let status = &statuses[*node as usize];
        let counts = if surges { status.beside } else { status.pod };
        let created = counts.and_then(|pod| cluster.pod(pod).created);
        created.is_some_and(|at| settings.now.saturating_sub(at) < settings.grace)
    };
    if held.iter().any(new) {
        return None;
    }
    let mut causes: BTreeMap<BlockReason, Vec<NodeIndex>> = BTreeMap::new();
    for node in &held {
        let status = &statuses[*node as usize];
        let why = match status.beside.map(|pod| cluster.pod(pod)).filter(|_| surges) {
            Some(new) if cluster.nodes[*node as usize].is_ready() => match (new.node, new.phase.has_ended()) {
                (None, _) => BlockReason::Unscheduled,
                (_, true) => BlockReason::Refused,
                _ if new.ready => BlockReason::Settling,
                _ => BlockReason::NotReady,
            },
            _ => BlockReason::of(status, cluster, *node),
        };
        causes.entry(why).or_default().push(*node);
    }
    // Time alone moves such a rollout on.
    if causes.keys().all(|why| *why == BlockReason::Settling) {
        return None;
    }
    let of = |nodes: bool| causes.iter().filter(move |(why, _)| why.is_the_nodes() == nodes);
    let sum = |nodes: bool| of(nodes).map(|(_, held)| held.len()).sum::<usize>();
    let texts = |nodes: bool| of(nodes).map(|(why, held)| why.sentence(held.len())).collect::<Vec<_>>();
    let (by_rollout, by_nodes) = (sum(false), sum(true));
    let by_cause: serde_json::Map<String, Value> =
        causes.iter().map(|(why, nodes)| (why.key().to_owned(), nodes.len().into())).collect();
    let not_ready = causes.get(&BlockReason::NodeNotReady).map_or(0, Vec::len);
    let evidence = json!({
        "bound": name, "allowed": bound, "unavailable": held.len(), "old": old.len(), "waiting": waiting,
        "onReadyNodes": held.len() - not_ready, "onNotReadyNodes": not_ready,
        "blockedByRollout": by_rollout, "blockedByNode": by_nodes, "causes": by_cause,
    });
    let waits = if waiting == 1 { "1 old pod waits".into() } else { format!("{waiting} old pods wait") };
    if by_rollout == 0 {
        let use_up = if held.len() == 1 { "uses" } else { "use" };
        let message = format!("{}, which {use_up} up {name} {bound}, and {waits}", and(&texts(true)));
        return Some(FindingDraft::new(Code::ROLLOUT_NODES, Severity::Warning, message, evidence).on(held));
    }
    let lack = if held.len() == 1 { "lacks" } else { "lack" };
    let nodes = count(held.len(), "node");
    let message = match surges {
        true => format!("{nodes} {lack} an available new pod, {name} is {bound}, and {waits}"),
        false => format!("{nodes} {lack} an available pod, {name} is {bound}, and {waits}"),
    };
    let draft = FindingDraft::new(Code::ROLLOUT_STUCK, Severity::Error, message, evidence);
    let draft = draft.note(format!("{by_rollout} by the rollout: {}", and(&texts(false))));
    let draft = match by_nodes {
        0 => draft,
        n => draft.note(format!("{n} by the node, not the rollout: {}", and(&texts(true)))),
    };
    let mut nodes: Vec<NodeIndex> = of(false).flat_map(|(_, nodes)| nodes.iter().copied()).collect();
    nodes.sort_unstable();
    Some(draft.on(nodes))
}

fn is_available(asked: &Subject, pod: &Pod, settings: &Settings) -> bool {
    if !pod.ready || pod.terminating {
        return false;
    }
    let least = asked.daemon_set.min_ready_seconds;
    let since = pod.detail.as_ref().and_then(|detail| detail.ready_since);
    least == 0 || since.is_none_or(|since| since.saturating_add(least) <= settings.now)
}

/// A new pod that must start beside the old one and wants the same host port.
pub(crate) fn surge_port(asked: &Subject, version: Version) -> Option<FindingDraft> {
    let daemon_set = &asked.daemon_set;
    if !daemon_set.update.surges() {
        return None;
    }
    let mut spec = daemon_set.template.spec.clone();
    if spec.host_network {
        for port in spec.containers.iter_mut().chain(&mut spec.init_containers).flat_map(|c| &mut c.ports) {
            port.host_port = port.container_port;
        }
    }
    let ports: Vec<String> = host_ports(&spec, version).map(|p| p.host_port.to_string()).collect();
    let first = ports.first()?;
    let message = format!("maxSurge starts the new pod beside the old one, and both want host port {first}");
    let draft = FindingDraft::new(Code::SURGE_PORT, Severity::Error, message, json!({ "ports": ports }));
    Some(draft.note("such a rollout never ends; use maxUnavailable instead"))
}
