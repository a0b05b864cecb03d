//! What is to be said of a node beside its verdict and its pod's troubles: a pod that should be there and is not,
//! one that the kubelet refused before, a scheduler that says something else, a virtual node.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Value, json};

use crate::findings::Subject;
use crate::findings::admission_drift::PodDrift;
use crate::findings::codes::Code;
use crate::findings::index::Index;
use crate::findings::node_status::NodeStatus;
use crate::findings::pod_health::{PodIssue, refusal_code, sentence};
use crate::findings::policy::Settings;
use crate::findings::taint_origin;
use crate::model::daemonset::Event;
use crate::model::{DaemonSet, Effect, Node, Phase, Pod, Symbol, Taint, Toleration, Version};
use crate::report::State;
use crate::rules::controller;
use crate::rules::{Cause, Placement, Stage, Verdict};
use crate::store::{Cluster, NodeIndex};

/// The controller tries again after 1000 seconds at the latest, and says so again: what it said longer ago is over.
const BELIEVED: i64 = 17 * 60;

/// Adds what the verdict and the pod, held against each other, say of each node.
pub fn add(
    cluster: &Cluster,
    index: &Index,
    asked: &Subject,
    settings: &Settings,
    verdicts: &[Verdict],
    drifts: &[PodDrift],
    statuses: &mut [NodeStatus],
) {
    let (daemon_set, written) = (&asked.daemon_set, asked.written.is_some());
    let (refused, before) = match written {
        true => (None, HashMap::new()),
        false => (failed_create(cluster, index, daemon_set), refused_before(cluster, index, daemon_set)),
    };
    let tolerations = controller::tolerations(&daemon_set.template.spec);
    for (place, (verdict, status)) in verdicts.iter().zip(statuses.iter_mut()).enumerate() {
        let node = &cluster.nodes[place];
        let wanted = verdict.placement != Placement::Excluded;
        let on_virtual = taint_origin::virtual_label(node).filter(|_| wanted);
        if let Some((key, value)) = on_virtual {
            let message = format!("a pod is wanted on virtual nodes ({key}={value}), which do not run DaemonSets");
            let evidence = json!({ "key": key, "value": value });
            status.issues.push(PodIssue::new(Code::VIRTUAL_NODE, Stage::Rollout, key, message, evidence));
        }
        if let Some((taint, toleration)) = evicting(node, &tolerations).filter(|_| wanted) {
            status.issues.push(evicted_again(taint, toleration));
        }
        if written || on_virtual.is_some() {
            continue;
        }
        if status.state == State::Missing {
            status.issues.extend(missing(verdict, refused.as_ref()));
        }
        if let Some((earlier, issue)) = before.get(&(place as NodeIndex)) {
            let present = status.pod.map(|pod| cluster.pod(pod).name.as_ref());
            status.failed_before = present != Some(*earlier);
            if leaves_open(status.state) {
                status.issues.push(issue.clone());
            }
        }
        if let Some(pod) = status.pod.map(|pod| cluster.pod(pod)) {
            status.issues.extend(unbound(pod, verdict, cluster, settings));
        }
        if let (Some(pod), Some(other)) = (status.pod, status.beside) {
            status.issues.extend(blocked_by_old(cluster.pod(pod), cluster.pod(other), settings));
        }
    }
    for drifts in drifts {
        statuses[drifts.node as usize].issues.push(drifts.told());
    }
}

/// The NoExecute taint after which the node's taint manager evicts the pod although it is tolerated, with the
/// toleration that sets the time: of the tolerations that match first, the one with the least seconds
/// (`pkg/controller/tainteviction/taint_eviction.go` v1.36). What passes by itself is left out.
fn evicting<'t>(node: &Node, tolerations: &'t [Toleration]) -> Option<(Taint, &'t Toleration)> {
    let lasting = |taint: &&Taint| taint.effect == Effect::NoExecute && !taint_origin::origin(taint).passes();
    let borne = node.taints.iter().filter(lasting).filter_map(|taint| {
        let toleration = tolerations.iter().find(|t| t.tolerates(taint))?;
        Some((toleration.seconds?, *taint, toleration))
    });
    borne.min_by_key(|(seconds, ..)| *seconds).map(|(_, taint, toleration)| (taint, toleration))
}

fn evicted_again(taint: Taint, toleration: &Toleration) -> PodIssue {
    let seconds = toleration.seconds.unwrap_or(0).max(0);
    let message = format!("the taint {taint} is borne for {seconds} s: the pod is evicted and made again, for ever");
    let evidence = json!({
        "taint": {"key": taint.key, "value": taint.value, "effect": taint.effect.as_str()},
        "toleration": toleration.to_string(), "tolerationSeconds": seconds,
    });
    PodIssue::new(Code::EVICTED_AGAIN, Stage::Rollout, taint.key.as_str(), message, evidence)
        .lasting_if(true)
        .note("the controller does not look at tolerationSeconds: without them the pod stays, without the toleration none is made")
}

/// Why a wanted pod is not there.
fn missing(verdict: &Verdict, refused: Option<&PodIssue>) -> Option<PodIssue> {
    match (&verdict.placement, refused) {
        // The rules' own reason stands already.
        (Placement::Excluded | Placement::Denied, _) => None,
        (_, Some(refused)) => Some(refused.clone()),
        (Placement::Placed | Placement::Preempting { .. } | Placement::Contended { .. }, None) => {
            let message = "no pod is there, although nothing stands in its way";
            Some(PodIssue::new(Code::MISSING, Stage::Rollout, "", message, Value::Null))
        }
        _ => None,
    }
}

fn is_recent(event: &Event, index: &Index) -> bool {
    match (event.last_seen, index.newest_event) {
        (Some(seen), Some(newest)) => newest.saturating_sub(seen) <= BELIEVED,
        _ => true,
    }
}

/// The message without what the event recorder puts before the last of many alike.
fn plain(message: &str) -> &str {
    message.strip_prefix("(combined from similar events): ").unwrap_or(message)
}

fn events_of<'a>(cluster: &'a Cluster, index: &Index, daemon_set: &DaemonSet) -> impl Iterator<Item = &'a Event> {
    let places = index.events_of_daemon_set(daemon_set.namespace, daemon_set.name.as_str()).to_vec();
    let uid = daemon_set.uid;
    // One of the same name that was there before, or one of another group, has events of its own.
    let own = move |event: &&Event| uid.zip(event.uid.as_deref()).is_none_or(|(uid, of)| uid == *of);
    places.into_iter().map(|place| &cluster.events[place as usize]).filter(own)
}

/// What the newest FailedCreate event says.
pub(crate) fn failed_create(cluster: &Cluster, index: &Index, daemon_set: &DaemonSet) -> Option<PodIssue> {
    let of = |reason: &'static str| {
        events_of(cluster, index, daemon_set).filter(move |e| e.reason.as_str() == reason && is_recent(e, index))
    };
    let newest = of("FailedCreate").max_by_key(|e| (e.last_seen, &e.message))?;
    let times = of("FailedCreate").map(|event| event.count).fold(0, i64::saturating_add);
    let contradicted = of("SuccessfulCreate").any(|event| event.last_seen > newest.last_seen);
    let message = plain(&newest.message);
    let text = message.strip_prefix("Error creating: ").unwrap_or(message);
    let evidence = json!({ "event": newest.message });
    let message = format!("the API server refused the pod: {}", sentence(text));
    let issue = PodIssue::new(creation_code(text), Stage::Creation, "", message, evidence);
    Some(issue.lasting_if(times > 1 || !contradicted))
}

/// The code of what the API server said when it refused a pod.
pub fn creation_code(text: &str) -> Code {
    if text.contains("failed calling webhook") || text.contains("failed to call webhook") {
        Code::WEBHOOK_UNREACHABLE
    } else if text.contains("denied the request")
        || text.contains("denied request")
        || text.contains("ValidatingAdmissionPolicy")
    {
        Code::WEBHOOK_REFUSED
    } else {
        Code::CREATION_FAILED
    }
}

/// Whether the node's own pod leaves open what became of the one before.
fn leaves_open(state: State) -> bool {
    matches!(state, State::Missing | State::Pending | State::Starting | State::Unhealthy | State::Terminating)
}

/// By node, the last pod that failed there and what the kubelet said of the pod that it refused or ended: the controller deletes what has failed and
/// makes the next, so that the pod itself is seldom there to ask.
fn refused_before<'a>(
    cluster: &'a Cluster,
    index: &Index,
    daemon_set: &DaemonSet,
) -> HashMap<NodeIndex, (&'a str, PodIssue)> {
    let mut newest: HashMap<NodeIndex, (&'a Event, &'a str)> = HashMap::new();
    for event in events_of(cluster, index, daemon_set).filter(|e| e.reason.as_str() == "FailedDaemonPod") {
        let named = plain(&event.message).strip_prefix("Found failed daemon pod ").and_then(|rest| {
            let (pod, rest) = rest.split_once(" on node ")?;
            Some((pod.split_once('/')?.1, rest.split_once(',')?.0))
        });
        let Some((pod, node)) = named.filter(|_| is_recent(event, index)) else { continue };
        let Some(node) = Symbol::known(node).and_then(|name| cluster.node(name)) else { continue };
        let known = newest.entry(node).or_insert((event, pod));
        if event.last_seen > known.0.last_seen {
            *known = (event, pod);
        }
    }
    let told = |pod: &str| {
        let events = index.events_of_pod(daemon_set.namespace, pod).iter();
        let words = events.map(|place| &cluster.events[*place as usize]).filter_map(|event| {
            let reason = event.reason.as_str();
            Some((event.last_seen, event.message.as_ref(), reason, refusal_code(reason)?))
        });
        let (_, text, reason, code) =
            words.max_by_key(|(seen, text, ..)| (*seen, *text)).unwrap_or((None, "", "", Code::POD_FAILED));
        let message = match text {
            "" => "the pod before this one failed".to_owned(),
            text => format!("the pod before this one: {reason}: {}", sentence(text)),
        };
        let evidence = json!({ "pod": pod, "reason": reason, "message": text });
        PodIssue::new(code, Stage::Kubelet, reason, message, evidence)
            .note("the controller makes the next one, ever more slowly")
    };
    newest.into_iter().map(|(node, (_, pod))| (node, (pod, told(pod)))).collect()
}

/// A new pod that does not fit beside the old one, which stays until the new one is available.
fn blocked_by_old(old: &Pod, new: &Pod, settings: &Settings) -> Option<PodIssue> {
    let waits = new.node.is_none() && !new.terminating && new.phase == Phase::Pending;
    if old.node.is_none() || old.terminating || !waits {
        return None;
    }
    if new.created.is_some_and(|at| settings.now.saturating_sub(at) < settings.grace) {
        return None;
    }
    let (_, said) = new.detail.as_ref()?.unscheduled.as_ref().filter(|(reason, _)| reason == "Unschedulable")?;
    let reasons = reasons_in(said);
    let list = reasons.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let message = format!("the new pod does not fit beside the old one: {list}");
    let evidence = json!({ "pod": new.name, "scheduler": reasons, "message": said });
    let issue = PodIssue::new(Code::SURGE_BLOCKED, Stage::Rollout, &list, message, evidence);
    Some(issue.note("the old pod goes only once the new one is available"))
}

/// A pod that is not bound: what the scheduler wrote on it, held against the rules.
fn unbound(pod: &Pod, verdict: &Verdict, cluster: &Cluster, settings: &Settings) -> Option<PodIssue> {
    if pod.node.is_some() || pod.terminating || pod.phase != Phase::Pending {
        return None;
    }
    let said = pod.detail.as_ref().and_then(|detail| detail.unscheduled.as_ref());
    let version = cluster.rules();
    let told = told(verdict, version);
    match (&verdict.placement, said) {
        (
            Placement::Placed | Placement::Rejected | Placement::Unschedulable | Placement::Preempting { .. },
            Some((reason, message)),
        ) if reason == "Unschedulable" => {
            let scheduler = reasons_in(message);
            if scheduler == told {
                return None;
            }
            Some(disagrees(cluster, message, &scheduler, &told))
        }
        (_, Some((reason, message))) if reason == "SchedulerError" => {
            let text = format!("the scheduler failed: {}", sentence(message));
            let evidence = json!({ "message": message });
            Some(PodIssue::new(Code::PENDING_UNEXPLAINED, Stage::Scheduler, reason, text, evidence))
        }
        (Placement::Placed | Placement::Rejected, _) => {
            let age = settings.now.saturating_sub(pod.created?);
            if age < settings.grace {
                return None;
            }
            let message = "the pod waits for the scheduler, although nothing stands in its way";
            Some(PodIssue::new(Code::PENDING_UNEXPLAINED, Stage::Scheduler, "", message, Value::Null))
        }
        _ => None,
    }
}

/// The scheduler's word against the rules', with what was assumed of both.
fn disagrees(cluster: &Cluster, message: &str, scheduler: &BTreeSet<String>, told: &BTreeSet<String>) -> PodIssue {
    const ASSUMED: &str = "the default profile: no plugin switched off or added, no added affinity, no extender";
    let list = |set: &BTreeSet<String>| match set.len() {
        0 => "nothing".to_owned(),
        _ => set.iter().map(|r| format!("\"{r}\"")).collect::<Vec<_>>().join(", "),
    };
    let rules = cluster.rules();
    let server = cluster.version.map_or(rules, |(version, _)| version);
    let text = format!("the scheduler says {}, the rules of {rules} say {}", list(scheduler), list(told));
    let evidence = json!({
        "scheduler": scheduler, "rules": told, "message": message,
        "serverVersion": server.to_string(), "rulesVersion": rules.to_string(), "assumed": ASSUMED,
    });
    PodIssue::new(Code::DISAGREES, Stage::Scheduler, "", text, evidence)
        .note(format!("the server is {server}; assumed of its scheduler: {ASSUMED}"))
}

/// The texts that the real scheduler would tell for the node.
fn told(verdict: &Verdict, version: Version) -> BTreeSet<String> {
    let told = verdict.reasons.iter().filter(|reason| reason.reported_by_scheduler);
    told.filter_map(|reason| match &reason.cause {
        Cause::Rejection(rejection) => Some(rejection.status_text(version).into_owned()),
        _ => None,
    })
    .collect()
}

/// The reasons in a scheduler's message that are about the one node which a DaemonSet's pod is pinned to: those of
/// the other nodes say that NodeAffinity's PreFilter left them out.
pub fn reasons_in(message: &str) -> BTreeSet<String> {
    let rest = message.split_once(" nodes are available: ").map_or(message, |(_, rest)| rest);
    let ends = [" no new claims to deallocate", " preemption: ", " still not schedulable"];
    let end = ends.iter().filter_map(|end| rest.find(end)).min().unwrap_or(rest.len());
    let rest = rest[..end].trim_end_matches(" not found").trim_end_matches(['.', ' ']);
    let mut parts: Vec<String> = Vec::new();
    for part in rest.split(", ") {
        let counted = part.split_once(' ').filter(|(n, _)| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
        match (counted, parts.last_mut()) {
            (Some((_, reason)), _) => parts.push(reason.to_owned()),
            (None, Some(last)) => {
                last.push_str(", ");
                last.push_str(part);
            }
            (None, None) => parts.push(part.to_owned()),
        }
    }
    let elsewhere = |reason: &String| {
        reason.contains("satisfy plugin(s) [NodeAffinity") || reason.contains("filtered out by the prefilter result")
    };
    parts.into_iter().filter(|reason| !reason.is_empty() && !elsewhere(reason)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedulers_message_is_taken_apart() {
        for (message, expected) in [
            (
                "0/30 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, 29 node(s) didn't satisfy \
                 plugin(s) [NodeAffinity]. no new claims to deallocate, preemption: 0/30 nodes are available: 1 No \
                 preemption victims found for incoming pod, 29 Preemption is not helpful for scheduling.",
                vec!["Insufficient cpu", "Insufficient memory"],
            ),
            (
                "0/5 nodes are available: persistentvolumeclaim \"data\" not found. not found",
                vec!["persistentvolumeclaim \"data\" not found"],
            ),
            (
                "0/5 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found",
                vec!["pod has unbound immediate PersistentVolumeClaims"],
            ),
            (
                "0/2 nodes are available: 1 node(s) had untolerated taint {a: b}, 1 node is filtered out by the \
                 prefilter result. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
                vec!["node(s) had untolerated taint {a: b}"],
            ),
            ("", vec![]),
        ] {
            let expected: BTreeSet<String> = expected.into_iter().map(str::to_owned).collect();
            assert_eq!(reasons_in(message), expected, "{message}");
        }
    }
}
