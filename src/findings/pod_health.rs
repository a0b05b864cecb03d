//! The health of an existing pod: what its status and its events report, and what that means.

use crate::findings::cause::{
    Cause, ContainerEnded, ContainerNotReady, ContainerWaiting, End, NodeAbsence, NodeNotReady, PodFailed, PodNotReady,
    ProbeFailed, SetupFailed, TerminatingLong, Unready, Wait,
};
use crate::findings::difference::is_whole;
use crate::model::daemonset::Event;
use crate::model::message::image_pull::PullFailure;
use crate::model::message::kubelet::{PodRejection, Probe, SetupFailure, Waiting};
use crate::model::message::runtime::{EndReason, StartFailure};
use crate::model::pod::{ContainerState, PodDetail, Terminated};
use crate::model::{Node, Phase, Pod, Symbol};

/// Something wrong with a pod that exists, or should.
#[derive(Debug, Clone, PartialEq)]
pub struct PodIssue {
    /// What it is, with its evidence.
    pub cause: Cause,
    /// The pod, if it is another than the one that counts for the node.
    pub pod: Option<String>,
    /// The container whose log says more.
    pub log: Option<LogOf>,
    /// Whether waiting cannot fix it, so that a young pod is given no time.
    pub lasting: bool,
}

/// A container's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogOf {
    /// The pod, where it is another than the one that counts for the node.
    pub pod: Option<String>,
    /// The container.
    pub container: String,
    /// Whether it is that of the run before the present one.
    pub previous: bool,
}

impl PodIssue {
    /// An issue that waiting can fix, without a log.
    pub(crate) fn new(cause: Cause) -> Self {
        PodIssue { cause, pod: None, log: None, lasting: false }
    }

    /// Marks it as something that waiting cannot fix, if so.
    pub(crate) fn lasting_if(mut self, lasting: bool) -> Self {
        self.lasting |= lasting;
        self
    }

    /// Its log is that of the container: of this run, or of the one before.
    fn logged(mut self, container: &ContainerState, previous: bool) -> Self {
        self.log = Some(LogOf { pod: None, container: container.name.clone(), previous });
        self
    }

    /// Says that it is about another pod of the node than the one that counts.
    pub(crate) fn of_another(mut self, pod: &str) -> Self {
        self.pod = Some(pod.to_owned());
        self.log.iter_mut().for_each(|log| log.pod = Some(pod.to_owned()));
        self
    }
}

/// Node, events and time that the health of a pod depends on.
pub struct PodContext<'a> {
    /// The node that the pod is on, if it is known.
    pub node: Option<&'a Node>,
    /// Events about the pod.
    pub events: Vec<&'a Event>,
    /// Now, seconds since 1970.
    pub now: i64,
    /// For how long a new pod is given time, seconds.
    pub grace: i64,
}

impl PodContext<'_> {
    fn event(&self, reason: &str) -> Option<&Event> {
        newest(self.events.iter().copied().filter(|e| e.reason.as_str() == reason))
    }

    fn is_new(&self, pod: &Pod) -> bool {
        pod.created.is_some_and(|created| self.now.saturating_sub(created) < self.grace)
    }
}

fn newest<'e>(events: impl Iterator<Item = &'e Event>) -> Option<&'e Event> {
    events.max_by_key(|e| (e.last_seen, &e.message))
}

/// What a node says that is not ready.
pub fn not_ready(node: &Node) -> Option<NodeNotReady> {
    let is_not_ready = !node.is_ready() && node.conditions.ready.is_some();
    is_not_ready.then(|| NodeNotReady { reason: node.conditions.reason })
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
        Phase::Succeeded => return vec![PodIssue::new(Cause::PodSucceeded)],
        _ if pod.node.is_none() => return Vec::new(),
        Phase::Running if pod.ready => return flapping(pod, detail, around),
        _ => {}
    }
    let mut found: Vec<PodIssue> =
        detail.containers.iter().filter_map(|container| of_container(pod, container, around)).collect();
    if found.is_empty() {
        found.extend(setup(around));
    }
    if found.is_empty() {
        found.extend(around.node.and_then(not_ready).map(Cause::NodeNotReady).map(PodIssue::new));
    }
    if found.is_empty() && !around.is_new(pod) {
        found.push(PodIssue::new(match (pod.phase, &detail.unready) {
            (Phase::Running, unready) => {
                let unready = unready.as_ref();
                let unready = unready.map(|(reason, text)| Unready { reason: reason.clone(), message: text.clone() });
                Cause::PodNotReady(PodNotReady { unready })
            }
            _ => Cause::StartingLong,
        }));
    }
    found
}

/// Containers of a ready pod that end again and again: ready for as long as each run lasts.
fn flapping(pod: &Pod, detail: &PodDetail, around: &PodContext<'_>) -> Vec<PodIssue> {
    let again = detail.containers.iter().filter(|c| !c.init && c.restarts >= 2 && c.waiting.is_none() && !c.ended);
    let found = again.filter_map(|container| {
        let end = container.terminated.as_ref().filter(|end| is_recent(end, around))?;
        Some(ended(pod, container, end, around, true))
    });
    found.collect()
}

/// Whether the end is not yet forgotten by the kubelet, who starts a container that ran for ten minutes without delay.
fn is_recent(end: &Terminated, around: &PodContext<'_>) -> bool {
    const FORGOTTEN: i64 = 600;
    end.finished.is_some_and(|at| around.now.saturating_sub(at) < FORGOTTEN)
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
    })))
}

/// A pod that has failed: refused by the kubelet, evicted, or ended.
fn failed(detail: &PodDetail) -> PodIssue {
    let reason = detail.reason.as_deref().unwrap_or_default();
    let end = detail.containers.iter().find_map(|c| c.terminated.as_ref());
    let rejection = PodRejection::of(reason);
    let cause = Cause::PodFailed(PodFailed {
        reason: reason.to_owned(),
        message: detail.message.as_deref().unwrap_or_default().to_owned(),
        exit_code: end.map(|end| end.exit_code),
        is_oom: end.is_some_and(|end| EndReason::of(&end.reason) == EndReason::OomKilled),
        rejection,
    });
    // The controller replaces a failed pod, and the next one may fare better unless the kubelet cannot run such pods.
    PodIssue::new(cause).lasting_if(matches!(rejection, Some(PodRejection::Unsupported | PodRejection::Sysctl)))
}

/// One container that waits, has ended or is not ready.
fn of_container(pod: &Pod, container: &ContainerState, around: &PodContext<'_>) -> Option<PodIssue> {
    let name = container.name.as_str();
    if let Some((reason, text)) = &container.waiting {
        return waiting(pod, container, reason, text, around);
    }
    // One that has just been started again is not well for that.
    let again = |end: &&Terminated| container.restarts > 0 && is_recent(end, around);
    if let Some(end) = container.terminated.as_ref().filter(|end| container.ended || again(end)) {
        return Some(ended(pod, container, end, around, false));
    }
    if container.ready || container.init {
        return None;
    }
    if let Some(event) = around.event("Unhealthy") {
        let probe = Probe::of(&event.message);
        let message = event.message.to_string();
        let issue = PodIssue::new(Cause::ProbeFailed(ProbeFailed { container: name.to_owned(), message, probe }));
        // What was killed says more than what has just begun.
        return Some(issue.logged(container, probe == Probe::Liveness && container.restarts > 0));
    }
    if around.node.is_some_and(|n| !n.is_ready()) || around.is_new(pod) {
        return None;
    }
    let issue = PodIssue::new(Cause::ContainerNotReady(ContainerNotReady { container: name.to_owned() }));
    Some(issue.logged(container, false))
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
            StartFailure::Other => Wait::Other,
        },
    };
    let lasting = match wait {
        Wait::ImagePull => pull_failure(container, text, around).is_lasting(),
        Wait::ImageName | Wait::ImageAbsent | Wait::Permissions | Wait::Architecture => true,
        Wait::Config | Wait::Other => failures(container) > 1,
    };
    let cause = Cause::ContainerWaiting(ContainerWaiting {
        container: container.name.clone(),
        reason: reason.to_owned(),
        message: text.to_owned(),
        wait,
    });
    Some(PodIssue::new(cause).lasting_if(lasting))
}

/// Why the image of a container cannot be pulled: before v1.31 the status of a container in `ImagePullBackOff` does not
/// say, and only the event does.
fn pull_failure(container: &ContainerState, text: &str, around: &PodContext<'_>) -> PullFailure {
    if container.waiting.as_ref().is_some_and(|(reason, _)| Waiting::of(reason) == Waiting::ImageSignature) {
        return PullFailure::Unauthorized;
    }
    match PullFailure::of(text) {
        PullFailure::Other => around.event("Failed").map_or(PullFailure::Other, |e| PullFailure::of(&e.message)),
        known => known,
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
fn ended(
    pod: &Pod,
    container: &ContainerState,
    end: &Terminated,
    around: &PodContext<'_>,
    is_running: bool,
) -> PodIssue {
    let name = container.name.as_str();
    let killed = around.event("Unhealthy").filter(|e| Probe::of(&e.message) == Probe::Liveness);
    let reason = EndReason::of(&end.reason);
    let why = match (reason, StartFailure::of(&end.message)) {
        (EndReason::OomKilled, _) => End::OutOfMemory,
        (_, StartFailure::Architecture) => End::Architecture,
        (EndReason::NeverRan, StartFailure::Permissions) => End::Permissions,
        (EndReason::NeverRan, _) => End::NeverRan,
        _ if container.init => End::InitFailed,
        _ if killed.is_some() && matches!(end.exit_code, 137 | 143) => End::KilledByProbe,
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
        probe: killed.filter(|_| why == End::KilledByProbe).map(|event| event.message.to_string()),
        init: container.init,
        is_running,
        end: why,
    });
    let lasting = failures(container) > 1 || matches!(why, End::Permissions | End::Architecture);
    let issue = PodIssue::new(cause).lasting_if(lasting);
    if reason == EndReason::NeverRan { issue } else { issue.logged(container, !container.ended) }
}

/// What keeps the pod's containers from being created, by its newest event of that kind.
fn setup(around: &PodContext<'_>) -> Option<PodIssue> {
    let failure = |event: &Event| SetupFailure::of(event.reason.as_str(), &event.message);
    let event = newest(around.events.iter().copied().filter(|event| failure(event).is_some()))?;
    Some(PodIssue::new(Cause::SetupFailed(SetupFailed {
        event: event.reason,
        message: event.message.to_string(),
        failure: failure(event)?,
    })))
}
