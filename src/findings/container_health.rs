//! The health of one container of a pod that is not ready, or that ends again and again.

use crate::findings::cause::{
    Cause, ContainerEnded, ContainerNotReady, ContainerWaiting, End, InitRunning, ProbeFailed, Wait,
};
use crate::findings::difference::is_whole;
use crate::findings::pod_issue::{PodContext, PodIssue, is_recent};
use crate::model::message::image_pull::PullFailure;
use crate::model::message::kubelet::Waiting;
use crate::model::message::probe::Probe;
use crate::model::message::runtime::{EndReason, StartFailure};
use crate::model::pod::{ContainerState, Terminated};
use crate::model::{Pod, Symbol};

/// Returns what is wrong with one container that waits, has ended or is not ready.
pub(crate) fn of_container(pod: &Pod, container: &ContainerState, around: &PodContext<'_>) -> Option<PodIssue> {
    let name = container.name.as_str();
    if let Some((reason, text)) = &container.waiting {
        return waiting(pod, container, reason, text, around);
    }
    // One that has just been started again is not well for that, unless it is ready.
    let again = |end: &&Terminated| {
        container.restarts > 0
            && !container.ready
            && is_recent(end, around)
            && EndReason::of(&end.reason) != EndReason::Lost
    };
    if let Some(end) = container.terminated.as_ref().filter(|end| container.ended || again(end)) {
        return Some(ended(pod, container, end, around, false));
    }
    if container.ready {
        return None;
    }
    let is_sidecar = container.init && is_sidecar(pod, name);
    if container.init && !is_sidecar {
        return init_running(pod, container, around, false);
    }
    // A probe for which the kubelet kills explains more than readiness.
    let meant: &[fn(Probe) -> bool] = match is_sidecar {
        // A sidecar that has started holds nothing up.
        true => &[Probe::kills],
        false => &[Probe::kills, |probe| probe == Probe::Readiness],
    };
    let is_of_this_run =
        |seen: Option<i64>| seen.zip(container.running_since).is_none_or(|(seen, since)| seen >= since);
    let failure = meant.iter().find_map(|is_meant| {
        around.events.probe_failure(name, is_meant).filter(|(_, event)| is_of_this_run(event.last_seen))
    });
    if let Some((probe, event)) = failure {
        let message = event.message.to_string();
        let (count, age) = (event.count, around.age(event.first_seen));
        let failed = ProbeFailed { container: name.to_owned(), message, probe, count, age };
        let issue = PodIssue::new(Cause::ProbeFailed(failed));
        // What was killed says more than what has just begun.
        return Some(issue.logged(container, probe.kills() && container.restarts > 0));
    }
    if is_sidecar {
        return if container.started == Some(true) { None } else { init_running(pod, container, around, true) };
    }
    if around.is_stale() || around.is_new(pod) || around.is_within_grace(container.running_since) {
        return None;
    }
    let issue = PodIssue::new(Cause::ContainerNotReady(ContainerNotReady {
        container: name.to_owned(),
        age: around.age(container.running_since),
    }));
    Some(issue.logged(container, false))
}

/// Whether the init container is a native sidecar, which is meant to run.
fn is_sidecar(pod: &Pod, name: &str) -> bool {
    pod.shape.spec.init_containers.iter().any(|c| c.name == *name && c.restartable)
}

/// An init container that runs and does not end, or a sidecar that does not pass its startup probe: what comes after it
/// waits.
fn init_running(pod: &Pod, container: &ContainerState, around: &PodContext<'_>, sidecar: bool) -> Option<PodIssue> {
    let since = container.running_since.or(pod.created);
    if !container.is_running || around.is_stale() || around.is_within_grace(since) {
        return None;
    }
    let cause = Cause::InitRunning(InitRunning {
        container: container.name.clone(),
        age: around.age(container.running_since),
        is_sidecar: sidecar,
    });
    Some(PodIssue::new(cause).logged(container, false))
}

fn waiting(
    pod: &Pod,
    container: &ContainerState,
    reason: &str,
    text: &str,
    around: &PodContext<'_>,
) -> Option<PodIssue> {
    let wait = match Waiting::of(reason) {
        Waiting::Start => return None,
        Waiting::ImagePull | Waiting::ImageSignature => Wait::ImagePull,
        Waiting::ImageName => Wait::ImageName,
        Waiting::ImageAbsent => Wait::ImageAbsent,
        Waiting::BackOff => {
            let unknown = Terminated { reason: "Error".into(), exit_code: -1, ..Default::default() };
            let end = container.terminated.as_ref().unwrap_or(&unknown);
            return Some(ended(pod, container, end, around, false));
        }
        other => match StartFailure::of(text) {
            StartFailure::Permissions => Wait::Permissions,
            _ if other == Waiting::Config => Wait::Config,
            StartFailure::Architecture => Wait::Architecture,
            StartFailure::Memory | StartFailure::Other => Wait::Other,
        },
    };
    let pull = pull_failure(container, text, around);
    let lasting = match wait {
        Wait::ImagePull => pull.0.is_lasting(),
        Wait::ImageName | Wait::ImageAbsent | Wait::Permissions | Wait::Architecture => true,
        Wait::Config | Wait::Other => failures(container) > 1,
    };
    let cause = Cause::ContainerWaiting(ContainerWaiting {
        container: container.name.clone(),
        reason: reason.to_owned(),
        message: if wait == Wait::ImagePull { pull.1 } else { text.to_owned() },
        missing_host_path: None,
        unread_pull_secrets: match wait {
            Wait::ImagePull => around.events.unread_pull_secrets(),
            _ => Vec::new(),
        },
        pull: (wait == Wait::ImagePull).then_some(pull.0),
        wait,
    });
    Some(PodIssue::new(cause).lasting_if(lasting))
}

/// Why the image of a container cannot be pulled, with the text that says so: before v1.31 the status of a container in
/// `ImagePullBackOff` does not say, and only the event does.
fn pull_failure(container: &ContainerState, text: &str, around: &PodContext<'_>) -> (PullFailure, String) {
    if container.waiting.as_ref().is_some_and(|(reason, _)| Waiting::of(reason) == Waiting::ImageSignature) {
        return (PullFailure::Unauthorized, text.to_owned());
    }
    match (PullFailure::of(text), around.events.pull_failure(&container.name)) {
        (PullFailure::Other, Some(event)) => (PullFailure::of(&event.message), event.message.to_string()),
        (known, _) => (known, text.to_owned()),
    }
}

/// How many times the container has failed: each restart follows an end, and one that waits or has ended was not
/// started again yet.
fn failures(container: &ContainerState) -> u32 {
    let is_down = container.ended || container.waiting.is_some();
    container.restarts.saturating_add(u32::from(is_down))
}

/// The container's memory limit, or the pod's, in bytes.
fn memory_limit(pod: &Pod, container: &str) -> Option<i64> {
    let memory = Symbol::new("memory");
    let spec = &pod.shape.spec;
    let own = spec.containers.iter().chain(&spec.init_containers).find(|c| c.name == *container);
    let limit = own.and_then(|c| c.resources.limits.get(memory));
    let limit = limit.or_else(|| spec.resources.as_ref().and_then(|r| r.limits.get(memory)))?;
    Some(limit.value())
}

/// A container that has ended and is, or will be, started again.
pub(crate) fn ended(
    pod: &Pod,
    container: &ContainerState,
    end: &Terminated,
    around: &PodContext<'_>,
    is_running: bool,
) -> PodIssue {
    let name = container.name.as_str();
    let killed = around.events.probe_kill(name, end, container.restarts);
    let reason = EndReason::of(&end.reason);
    let why = match (reason, StartFailure::of(&end.message)) {
        (EndReason::OomKilled, _) => End::OutOfMemory,
        (_, StartFailure::Architecture) => End::Architecture,
        (EndReason::NeverRan, StartFailure::Memory) => End::OutOfMemory,
        (EndReason::NeverRan, StartFailure::Permissions) => End::Permissions,
        (EndReason::NeverRan, _) => End::NeverRan,
        _ if killed.is_some() => End::KilledByProbe,
        _ if container.init && !is_sidecar(pod, name) => End::InitFailed,
        _ if end.exit_code == 0 => End::Completed,
        _ => End::Crashed,
    };
    // Who sent the signal is not said where it was none of the kubelet's.
    let unexplained = end.exit_code == 137 && killed.is_none() && matches!(why, End::Crashed | End::InitFailed);
    let memory_limit = (why == End::OutOfMemory || unexplained).then(|| memory_limit(pod, name)).flatten();
    let cause = Cause::ContainerEnded(ContainerEnded {
        namespace: pod.namespace,
        container: name.to_owned(),
        exit_code: end.exit_code,
        reason: end.reason.clone(),
        restarts: container.restarts,
        memory_limit,
        is_unlimited: memory_limit.is_none() && is_whole(&pod.shape.spec),
        message: end.message.clone(),
        likely_cause: None,
        probe: killed.filter(|_| why == End::KilledByProbe).and_then(|kill| Some(kill.failure?.message.to_string())),
        killed_for: killed.filter(|_| why == End::KilledByProbe).map(|kill| (kill.probe, kill.is_likely)),
        init: container.init,
        is_running,
        end: why,
    });
    let lasting = failures(container) > 1 || matches!(why, End::Permissions | End::Architecture);
    let issue = PodIssue::new(cause).lasting_if(lasting);
    if reason == EndReason::NeverRan { issue } else { issue.logged(container, !container.ended) }
}
