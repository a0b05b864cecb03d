//! Something wrong with a pod, and what its health depends on.

use crate::findings::cause::{Age, Cause};
use crate::findings::pod_events::PodEvents;
use crate::findings::waits_for::WaitsFor;
use crate::model::message::sandbox::SandboxFailure;
use crate::model::pod::{ContainerState, Terminated};
use crate::model::{Node, Pod};

/// Something wrong with a pod that exists, or should.
#[derive(Debug, Clone, PartialEq)]
pub struct PodIssue {
    /// What it is, with its evidence.
    pub cause: Cause,
    /// The pod, if it is another than the one that counts for the node.
    pub pod: Option<String>,
    /// The container whose log says more.
    pub log: Option<LogOf>,
    /// The DaemonSet that sets up what the pod waits for.
    pub waits_for: Option<WaitsFor>,
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
        PodIssue { cause, pod: None, log: None, waits_for: None, lasting: false }
    }

    /// Marks it as something that waiting cannot fix, if so.
    pub(crate) fn lasting_if(mut self, lasting: bool) -> Self {
        self.lasting |= lasting;
        self
    }

    /// Its log is that of the container: of this run, or of the one before.
    pub(crate) fn logged(mut self, container: &ContainerState, previous: bool) -> Self {
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
    pub events: PodEvents<'a>,
    /// Now, seconds since 1970.
    pub now: i64,
    /// For how long a new pod is given time, seconds.
    pub grace: i64,
}

impl PodContext<'_> {
    pub(crate) fn is_new(&self, pod: &Pod) -> bool {
        self.is_within_grace(pod.created)
    }

    pub(crate) fn is_within_grace(&self, since: Option<i64>) -> bool {
        since.is_some_and(|since| self.now.saturating_sub(since) < self.grace)
    }

    /// For how long something has been so.
    pub(crate) fn age(&self, since: Option<i64>) -> Option<Age> {
        Age::of(since, self.now)
    }

    /// Whether what the node's pods say of themselves is old: nobody hears of its kubelet, or the kubelet reports that
    /// its runtime fails. A kubelet that only waits for a network still reports its pods.
    pub(crate) fn is_stale(&self) -> bool {
        self.node.is_some_and(|node| {
            let says_network = || {
                let said = node.conditions.message.as_deref().unwrap_or_default();
                SandboxFailure::of(said) == SandboxFailure::PluginNotInitialized
            };
            !node.is_ready() && (node.is_unreachable() || !says_network())
        })
    }
}

/// Whether the end is not yet forgotten by the kubelet, who starts a container that ran for ten minutes without delay.
pub(crate) fn is_recent(end: &Terminated, around: &PodContext<'_>) -> bool {
    const FORGOTTEN: i64 = 600;
    end.finished.is_some_and(|at| around.now.saturating_sub(at) < FORGOTTEN)
}
