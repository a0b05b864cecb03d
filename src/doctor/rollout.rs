//! The rollout: what holds it, and whether that is the rollout's fault or the nodes'.
//!
//! Follows `pkg/controller/daemon/update.go` v1.36: a node counts as unavailable while it has no pod, an old and a
//! new one, or one that is not available; old pods that are not available are replaced at once, the others within
//! `maxUnavailable`.

use serde_json::{Value, json};

use super::Asked;
use super::codes::Code;
use super::report::{Severity, State};
use super::settings::Settings;
use super::standing::Standing;
use super::units::count;
use super::whole::Draft;
use crate::facts::daemonset::UpdateStrategy;
use crate::facts::{Cluster, NodeIndex, Pod, Version, host_ports};
use crate::placement::{Evaluation, Placement, Verdict};

/// Findings about the rollout.
pub fn findings(
    cluster: &Cluster,
    asked: &Asked,
    verdicts: &[Verdict],
    standings: &[Standing],
    settings: &Settings,
) -> Vec<Draft> {
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
        found.push(Draft::new(Code::NOT_OBSERVED, Severity::Error, message, evidence));
    }
    let old: Vec<NodeIndex> = nodes(standings, |standing| {
        standing.pod.map(|pod| cluster.pod(pod)).is_some_and(|pod| !pod.terminating && is_old(cluster, asked, pod))
    });
    if old.is_empty() {
        return found;
    }
    match daemon_set.update {
        UpdateStrategy::OnDelete => {
            let message = format!("{} run the old template until somebody deletes them", count(old.len(), "pod"));
            found.push(Draft::new(Code::ON_DELETE, Severity::Warning, message, Value::Null).on(old));
        }
        UpdateStrategy::RollingUpdate { .. } => {
            found.extend(stuck(cluster, asked, verdicts, standings, &old, settings))
        }
    }
    found
}

/// Whether the pod was made from an older template. Without revisions nothing is old.
fn is_old(cluster: &Cluster, asked: &Asked, pod: &Pod) -> bool {
    let Some(detail) = &pod.detail else { return false };
    let current = asked.deployed.and_then(|uid| cluster.revisions.get(&uid)).and_then(|revision| revision.hash);
    let generation = asked.daemon_set.template_generation.map(|g| g.to_string());
    let same_generation = detail.template_generation.is_some_and(|g| generation.as_deref() == Some(g.as_str()));
    match current {
        Some(current) => detail.revision != Some(current) && !same_generation,
        None => false,
    }
}

fn nodes(standings: &[Standing], is_meant: impl Fn(&Standing) -> bool) -> Vec<NodeIndex> {
    let meant = standings.iter().enumerate().filter(|(_, standing)| is_meant(standing));
    meant.map(|(node, _)| node as NodeIndex).collect()
}

/// A rollout of which as many nodes are unavailable as may be.
fn stuck(
    cluster: &Cluster,
    asked: &Asked,
    verdicts: &[Verdict],
    standings: &[Standing],
    old: &[NodeIndex],
    settings: &Settings,
) -> Option<Draft> {
    let UpdateStrategy::RollingUpdate { max_unavailable, max_surge } = asked.daemon_set.update else { return None };
    let desired = Evaluation::desired(verdicts) as i64;
    let (name, bound) = if max_surge.of(1) > 0 {
        ("maxSurge", max_surge.of(desired))
    } else {
        ("maxUnavailable", max_unavailable.of(desired).max(1))
    };
    let unavailable: Vec<NodeIndex> = standings
        .iter()
        .zip(verdicts)
        .enumerate()
        .filter(|(_, (standing, verdict))| {
            verdict.placement != Placement::Excluded && !is_available(cluster, asked, standing, settings)
        })
        .map(|(node, _)| node as NodeIndex)
        .collect();
    // Old pods that are not available themselves are replaced whatever the bound.
    let waiting = old.iter().filter(|node| is_available(cluster, asked, &standings[**node as usize], settings)).count();
    if waiting == 0 || (unavailable.len() as i64) < bound {
        return None;
    }
    let (ready, unready): (Vec<NodeIndex>, Vec<NodeIndex>) =
        unavailable.iter().partition(|node| cluster.nodes[**node as usize].is_ready());
    let new = |node: &NodeIndex| {
        let pod = standings[*node as usize].pod.map(|pod| cluster.pod(pod));
        pod.and_then(|pod| pod.created).is_some_and(|at| settings.now.saturating_sub(at) < settings.grace)
    };
    if unavailable.iter().any(new) {
        return None;
    }
    let evidence = json!({
        "bound": name, "allowed": bound, "unavailable": unavailable.len(), "old": old.len(),
        "onReadyNodes": ready.len(), "onNotReadyNodes": unready.len(),
    });
    let (unavailable_text, waits) = (
        count(unavailable.len(), "node"),
        if waiting == 1 { "1 old pod waits".into() } else { format!("{waiting} old pods wait") },
    );
    let lack = if unavailable.len() == 1 { "lacks" } else { "lack" };
    if ready.is_empty() {
        let message = format!(
            "{unavailable_text} that {} not ready use up {name} {bound}, and {waits}",
            if unavailable.len() == 1 { "is" } else { "are" }
        );
        return Some(Draft::new(Code::ROLLOUT_NODES, Severity::Warning, message, evidence).on(unready));
    }
    let message = format!("{unavailable_text} {lack} an available pod, {name} is {bound}, and {waits}");
    let draft = Draft::new(Code::ROLLOUT_STUCK, Severity::Error, message, evidence).on(ready);
    Some(match unready.len() {
        0 => draft,
        n => draft.note(format!("on {} the node is to blame, not the rollout: it is not ready", count(n, "more node"))),
    })
}

fn is_available(cluster: &Cluster, asked: &Asked, standing: &Standing, settings: &Settings) -> bool {
    let Some(pod) = standing.pod.map(|pod| cluster.pod(pod)).filter(|pod| pod.ready && !pod.terminating) else {
        return false;
    };
    let least = asked.daemon_set.min_ready_seconds;
    let since = pod.detail.as_ref().and_then(|detail| detail.ready_since);
    least == 0
        || since.is_some_and(|since| since.saturating_add(least) <= settings.now)
        || matches!(standing.state, State::Healthy) && since.is_none()
}

/// A new pod that must start beside the old one and wants the same host port.
pub(super) fn surge_port(asked: &Asked, version: Version) -> Option<Draft> {
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
    let draft = Draft::new(Code::SURGE_PORT, Severity::Error, message, json!({ "ports": ports }));
    Some(draft.note("such a rollout never ends; use maxUnavailable instead"))
}
