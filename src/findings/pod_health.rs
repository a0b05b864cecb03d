//! The health of an existing pod: what its status and its events report, and what that means.

use crate::findings::cause::{
    Cause, ImagePulling, NodeAbsence, NodeNotReady, PodFailed, PodNotReady, PodSucceeded, SetupFailed, TerminatingLong,
    Unready,
};
use crate::findings::container_health::{ended, of_container};
use crate::findings::pod_issue::is_recent;
pub use crate::findings::pod_issue::{LogOf, PodContext, PodIssue};
use crate::model::message::kubelet::{self, PodRejection, Waiting};
use crate::model::message::runtime::EndReason;
use crate::model::message::volume;
use crate::model::pod::{ContainerState, PodDetail, Terminated};
use crate::model::{Node, Phase, Pod};

/// What a node says that is not ready, at a time in seconds since 1970.
pub fn not_ready(node: &Node, now: i64) -> Option<NodeNotReady> {
    let is_not_ready = !node.is_ready() && node.conditions.ready.is_some();
    is_not_ready.then(|| NodeNotReady::of(node, now))
}

/// Everything wrong with a pod, by its status and events. Nothing for one that runs and is ready, nor for one that
/// is not bound yet: there the rules speak.
pub fn issues(pod: &Pod, around: &PodContext<'_>) -> Vec<PodIssue> {
    let blank = PodDetail::default();
    let detail = pod.detail.as_deref().unwrap_or(&blank);
    if pod.terminating {
        return terminating(pod, detail, around).into_iter().collect();
    }
    match pod.phase {
        Phase::Failed => return vec![failed(detail)],
        Phase::Succeeded => return vec![succeeded(detail, around)],
        _ if pod.node.is_none() => return Vec::new(),
        Phase::Running if pod.ready => return flapping(pod, detail, around),
        _ => {}
    }
    // What keeps the pod from starting now explains more than how its containers ended before.
    if let Some(setup) = setup(pod, detail, around) {
        return vec![setup];
    }
    let mut found: Vec<PodIssue> =
        detail.containers.iter().filter_map(|container| of_container(pod, container, around)).collect();
    // Later containers wait for an init container that has not ended.
    if found.iter().any(|issue| matches!(issue.cause, Cause::InitRunning(_))) {
        found.retain(|issue| matches!(issue.cause, Cause::InitRunning(_) | Cause::ContainerEnded(_)));
    }
    if found.is_empty() {
        let not_ready = around.node.and_then(|node| not_ready(node, around.now));
        found.extend(not_ready.map(Cause::NodeNotReady).map(PodIssue::new));
    }
    if found.is_empty() && !around.is_new(pod) {
        found.extend(unexplained(pod, detail, around));
    }
    found
}

/// A pod that is not ready although no container, event or node says why.
fn unexplained(pod: &Pod, detail: &PodDetail, around: &PodContext<'_>) -> Option<PodIssue> {
    if pod.phase == Phase::Running {
        let unready = detail.unready.as_ref();
        let unready = unready.map(|(reason, text)| Unready { reason: reason.clone(), message: text.clone() });
        return Some(PodIssue::new(Cause::PodNotReady(PodNotReady { unready })));
    }
    // A container that began just now has its own time.
    if around.is_within_grace(detail.started_last) {
        return None;
    }
    Some(PodIssue::new(match around.events.pulling() {
        Some(event) => Cause::ImagePulling(ImagePulling {
            container: event.container.map(|name| name.to_string()),
            message: event.message.to_string(),
            age: around.age(event.last_seen),
        }),
        None => Cause::StartingLong,
    }))
}

/// Containers of a ready pod that end again and again: ready for as long as each run lasts.
fn flapping(pod: &Pod, detail: &PodDetail, around: &PodContext<'_>) -> Vec<PodIssue> {
    let again = detail.containers.iter().filter(|c| c.restarts >= 2 && c.waiting.is_none() && !c.ended);
    let found = again.filter_map(|container| {
        let end = container.terminated.as_ref().filter(|end| is_loop(pod, container, end, around))?;
        Some(ended(pod, container, end, around, true))
    });
    found.collect()
}

/// Whether the last restart is one of several within an hour. `restartCount` never goes back, so that the last run must
/// have been short, or the restarts many for the age of the pod.
fn is_loop(pod: &Pod, container: &ContainerState, end: &Terminated, around: &PodContext<'_>) -> bool {
    const HOUR: i64 = 3600;
    let Some(since) = around.age(end.finished).map(|age| age.seconds) else { return false };
    // What a reboot of the node ended is no failure of the container.
    if EndReason::of(&end.reason) == EndReason::Lost {
        return false;
    }
    let was_short = match end.started.zip(end.finished) {
        Some((started, finished)) => finished.saturating_sub(started) < HOUR / 2,
        None => is_recent(end, around),
    };
    let age = around.age(pod.created).map_or(i64::MAX, |age| age.seconds);
    let many = i64::from(container.restarts).saturating_mul(HOUR) >= age.saturating_mul(2) && container.restarts >= 3;
    (is_recent(end, around) && was_short) || (since < HOUR && many)
}

/// A pod that was asked to end and is still there well after its time.
fn terminating(pod: &Pod, detail: &PodDetail, around: &PodContext<'_>) -> Option<PodIssue> {
    // The deletion timestamp holds the grace period already.
    let since = around.now.saturating_sub(detail.deleted?);
    if since <= around.grace {
        return None;
    }
    let node = match around.node {
        Some(node) if !node.is_ready() => Some(NodeAbsence::NotReady),
        None => Some(NodeAbsence::Gone),
        _ => None,
    };
    Some(PodIssue::new(Cause::TerminatingLong(TerminatingLong {
        pod: pod.full_name(),
        overdue_seconds: since,
        finalizers: detail.finalizers.iter().map(ToString::to_string).collect(),
        node,
        event: around.events.kill_failure().map(|event| event.message.to_string()),
    })))
}

/// The reason and the message of a pod that has ended: those of its status, else those of the disruption that ended it.
fn reason(detail: &PodDetail) -> (String, String) {
    let own = detail.reason.clone().unwrap_or_default();
    let message = detail.message.clone().unwrap_or_default();
    match &detail.disruption {
        Some(disruption) if own.is_empty() && message.is_empty() => disruption.clone(),
        _ => (own, message),
    }
}

/// A pod whose containers have all ended with success.
fn succeeded(detail: &PodDetail, around: &PodContext<'_>) -> PodIssue {
    let (reason, message) = reason(detail);
    let last = detail.containers.iter().filter_map(|c| c.terminated.as_ref()?.finished).max();
    PodIssue::new(Cause::PodSucceeded(PodSucceeded { reason, message, age: around.age(last) }))
}

/// A pod that has failed: refused by the kubelet, evicted, or ended.
fn failed(detail: &PodDetail) -> PodIssue {
    let (reason, message) = reason(detail);
    let ends = || detail.containers.iter().filter_map(|c| Some((c, c.terminated.as_ref()?)));
    // Containers that only ended because the pod did are not why it failed.
    let failed = ends().find(|(_, end)| end.exit_code != 0).or_else(|| ends().next());
    let end = failed.map(|(_, end)| end);
    let rejection = PodRejection::of(&reason);
    let cause = Cause::PodFailed(PodFailed {
        pressure: kubelet::rejecting_pressure(&message).map(str::to_owned),
        repeated: None,
        reason,
        message,
        container: failed.map(|(container, _)| container.name.clone()),
        exit_code: end.map(|end| end.exit_code),
        is_oom: end.is_some_and(|end| EndReason::of(&end.reason) == EndReason::OomKilled),
        rejection,
    });
    // The controller replaces a failed pod, and the next one may fare better unless the kubelet cannot run such pods.
    PodIssue::new(cause).lasting_if(matches!(rejection, Some(PodRejection::Unsupported | PodRejection::Sysctl)))
}

/// What keeps the pod's containers from being created now, by its events.
fn setup(pod: &Pod, detail: &PodDetail, around: &PodContext<'_>) -> Option<PodIssue> {
    let (failure, event) = around.events.setup(detail)?;
    // A container that waits for its image or its configuration has its sandbox, whether or not an event says so.
    let is_past = |container: &ContainerState| {
        let waiting = container.waiting.as_ref().map(|(reason, _)| Waiting::of(reason));
        waiting.is_some_and(|waiting| !matches!(waiting, Waiting::Start | Waiting::BackOff))
    };
    if failure.is_of_pod() && event.last_seen.is_none() && detail.containers.iter().any(is_past) {
        return None;
    }
    let age = around.age(event.first_seen.max(pod.created.filter(|_| event.first_seen.is_some())));
    Some(PodIssue::new(Cause::SetupFailed(SetupFailed {
        event: event.reason,
        message: event.message.to_string(),
        volume: volume::volume(&event.message).map(str::to_owned),
        count: event.count,
        age,
        failure,
    })))
}
