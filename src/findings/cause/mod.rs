//! Causes in addition to the causes of the rules: each variant carries its evidence.
//!
//! The JSON evidence of a finding is the serialized variant; `explain` words it.

mod access;
mod crash;
mod daemonset;
mod node;
mod pod;
mod rollout;

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value};

pub use crate::findings::cause::access::{Gap, MissingRule, NearRule, RbacName};
pub use crate::findings::cause::crash::{CrashField, DnsPolicy, Full, LikelyCause, MountPoint, ObjectKey};
pub use crate::findings::cause::daemonset::{
    AdmissionChange, Adoption, AntiAffinityClash, CapacityShort, NoNodeEligible, Overlap, PortClash, QuotaAdmits,
    Shortage, StatusDiffers, StatusNotReady,
};
pub use crate::findings::cause::node::{
    ChangedPod, CreationDenied, EarlierPodFailed, EvictedAgain, ExpectedPod, NamespaceSelector, OtherSchedulerReports,
    SchedulerDisagrees, SchedulerFailed, SchedulerProfile, SurgeBlocked, TaintEvidence, VirtualNode, WindowsNode,
};
pub use crate::findings::cause::pod::{
    Age, ContainerEnded, ContainerNotReady, ContainerWaiting, End, ImagePulling, InitRunning, MissingHostPath,
    NodeAbsence, NodeNotReady, PodFailed, PodNotReady, PodSucceeded, ProbeFailed, Repeated, SetupFailed,
    TerminatingLong, Unready, Wait,
};
pub use crate::findings::cause::rollout::{
    BlockReasons, DaemonSetName, NewRevision, NotObserved, OnDelete, RolloutStuck, SurgePort,
};
use crate::findings::codes::Code;
use crate::findings::evidence;
use crate::model::message::admission::Denial;
use crate::model::message::kubelet::{PodRejection, SetupFailure};
use crate::model::message::probe::Probe;
use crate::model::message::sandbox::SandboxFailure;
use crate::model::message::sentence;
use crate::model::message::volume::MountFailure;
use crate::rules::Stage;

/// A cause that pods, events, statuses and answers of the API server show.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Cause {
    /// The pod has ended with success.
    PodSucceeded(PodSucceeded),
    /// The kubelet rejected or evicted the pod, or its containers failed.
    PodFailed(PodFailed),
    /// The node is not ready, and so its pods are not.
    NodeNotReady(NodeNotReady),
    /// The node is not ready, and so no new pod starts there.
    NodeRunsNoPods(NodeNotReady),
    /// The pod runs and is not ready.
    PodNotReady(PodNotReady),
    /// The pod is bound, and no event says why its containers have not started.
    StartingLong,
    /// An init container runs and does not end.
    InitRunning(InitRunning),
    /// The image of a container is still being pulled.
    ImagePulling(ImagePulling),
    /// The pod should have ended long ago.
    TerminatingLong(TerminatingLong),
    /// A container runs and is not ready.
    ContainerNotReady(ContainerNotReady),
    /// A container fails a probe.
    ProbeFailed(ProbeFailed),
    /// A container waits.
    ContainerWaiting(ContainerWaiting),
    /// A container has ended and is, or will be, started again.
    ContainerEnded(ContainerEnded),
    /// The containers cannot be created.
    SetupFailed(SetupFailed),

    /// The controller creates pods on a virtual node.
    VirtualNode(VirtualNode),
    /// The controller creates pods of a template for Linux on a Windows node.
    WindowsNode(WindowsNode),
    /// The taint manager evicts the pod again and again.
    EvictedAgain(EvictedAgain),
    /// The node has no pod, and no cause was found.
    Missing,
    /// The API server denied the last pod.
    CreationDenied(CreationDenied),
    /// The pod before the present one failed.
    EarlierPodFailed(EarlierPodFailed),
    /// The new pod of a surge does not fit next to the old pod.
    SurgeBlocked(SurgeBlocked),
    /// The scheduler failed.
    SchedulerFailed(SchedulerFailed),
    /// The pod is not scheduled, and no cause was found.
    PendingUnexplained,
    /// The scheduler reports other reasons than the rules.
    SchedulerDisagrees(SchedulerDisagrees),
    /// Another scheduler says why it does not schedule the pod.
    OtherSchedulerReports(OtherSchedulerReports),
    /// The node must have a healthy pod, and nothing else says why it has none.
    ExpectedPod(ExpectedPod),
    /// A pod that waits for its node differs from the template, and that decides.
    ChangedPod(ChangedPod),

    /// The API server would change a pod of the template.
    AdmissionChange(AdmissionChange),
    /// A quota admits some of the pods.
    QuotaAdmits(QuotaAdmits),
    /// No node is eligible.
    NoNodeEligible(NoNodeEligible),
    /// The controller counts other nodes than the rules.
    StatusDiffers(StatusDiffers),
    /// The DaemonSet adopts orphan pods.
    Adoption(Adoption),
    /// Another workload selects the same pods.
    Overlap(Overlap),
    /// The status counts pods that are not ready, and the pods cannot be listed.
    StatusNotReady(StatusNotReady),
    /// The rollout cannot go on.
    RolloutStuck(Box<RolloutStuck>),
    /// Every pod of the newest revision fails.
    NewRevision(Box<NewRevision>),
    /// Two documents use one host port.
    PortClash(PortClash),
    /// Required anti-affinity keeps the pods of two documents apart.
    AntiAffinityClash(AntiAffinityClash),
    /// The documents together need more than a node has.
    CapacityShort(CapacityShort),

    /// The controller has not observed the newest generation.
    NotObserved(NotObserved),
    /// The controller does not replace outdated pods.
    OnDelete(OnDelete),
    /// The new pod of a surge requests a host port of the old pod.
    SurgePort(SurgePort),
}

impl Cause {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Cause::PodSucceeded(succeeded) => rejection_code(PodRejection::of(&succeeded.reason)),
            Cause::PodFailed(failed) => rejection_code(failed.rejection),
            Cause::NodeNotReady(_) | Cause::NodeRunsNoPods(_) => Code::NODE_NOT_READY,
            Cause::PodNotReady(_) | Cause::ContainerNotReady(_) => Code::NOT_READY,
            Cause::StartingLong | Cause::ImagePulling(_) => Code::STARTING_LONG,
            Cause::InitRunning(_) => Code::INIT_RUNNING,
            Cause::TerminatingLong(_) => Code::TERMINATING_LONG,
            Cause::ProbeFailed(failed) => match failed.probe {
                Probe::Readiness => Code::READINESS,
                Probe::Liveness | Probe::Startup => Code::LIVENESS,
            },
            Cause::ContainerWaiting(waiting) => match waiting.wait {
                Wait::ImagePull => Code::IMAGE_PULL,
                Wait::ImageName => Code::IMAGE_NAME,
                Wait::ImageAbsent => Code::IMAGE_ABSENT,
                Wait::Config => Code::CONTAINER_CONFIG,
                Wait::Permissions => Code::SECURITY_CONTEXT,
                Wait::Architecture => Code::ARCHITECTURE,
                Wait::Other => Code::CONTAINER_START,
            },
            Cause::ContainerEnded(ended) => match ended.end {
                End::OutOfMemory => Code::OUT_OF_MEMORY,
                End::Architecture => Code::ARCHITECTURE,
                End::Permissions => Code::SECURITY_CONTEXT,
                End::NeverRan => Code::CONTAINER_START,
                End::InitFailed => Code::INIT_FAILED,
                End::KilledByProbe => Code::LIVENESS,
                End::Completed => Code::ENDS_AT_ONCE,
                End::Crashed => Code::CRASH_LOOP,
            },
            Cause::SetupFailed(failed) => match &failed.failure {
                SetupFailure::Mount(MountFailure::HostPathType) => Code::HOST_PATH_TYPE,
                SetupFailure::Mount(_) => Code::MOUNT,
                SetupFailure::Attach => Code::ATTACH,
                SetupFailure::Sandbox(_) => Code::SANDBOX,
                SetupFailure::NetworkNotReady => Code::NETWORK_NOT_READY,
                SetupFailure::DynamicResources => Code::DEVICES,
                SetupFailure::Cgroup | SetupFailure::PostStartHook => Code::CONTAINER_START,
            },
            Cause::VirtualNode(_) => Code::VIRTUAL_NODE,
            Cause::WindowsNode(_) => Code::WINDOWS_NODE,
            Cause::EvictedAgain(_) => Code::EVICTED_AGAIN,
            Cause::Missing => Code::MISSING,
            Cause::CreationDenied(denied) => denial_code(&denied.denial),
            Cause::EarlierPodFailed(failed) => rejection_code(failed.rejection),
            Cause::SurgeBlocked(_) => Code::SURGE_BLOCKED,
            Cause::SchedulerFailed(_) | Cause::PendingUnexplained => Code::PENDING_UNEXPLAINED,
            Cause::SchedulerDisagrees(_) => Code::DISAGREES,
            Cause::OtherSchedulerReports(_) => Code::OTHER_SCHEDULER,
            Cause::ExpectedPod(_) => Code::EXPECTED,
            Cause::ChangedPod(_) | Cause::AdmissionChange(_) => Code::CHANGED_BY_ADMISSION,
            Cause::QuotaAdmits(_) => Code::QUOTA_ADMITS_SOME,
            Cause::NoNodeEligible(none) if none.tainted == 0 => Code::NOTHING_MATCHES,
            Cause::NoNodeEligible(_) => Code::ALL_EXCLUDED,
            Cause::StatusDiffers(_) => Code::STATUS_DIFFERS,
            Cause::Adoption(_) => Code::ADOPTS,
            Cause::Overlap(_) => Code::OVERLAPS,
            Cause::StatusNotReady(_) => Code::STATUS_NOT_READY,
            Cause::PortClash(_) | Cause::AntiAffinityClash(_) | Cause::CapacityShort(_) => Code::DO_NOT_FIT_TOGETHER,
            Cause::NotObserved(_) => Code::NOT_OBSERVED,
            Cause::OnDelete(_) => Code::ON_DELETE,
            Cause::RolloutStuck(stuck) if stuck.blocked_by_rollout == 0 => Code::ROLLOUT_NODES,
            Cause::RolloutStuck(_) => Code::ROLLOUT_STUCK,
            Cause::SurgePort(_) => Code::SURGE_PORT,
            Cause::NewRevision(_) => Code::NEW_REVISION_FAILS,
        }
    }

    /// Who shows the cause.
    pub fn stage(&self) -> Stage {
        match self {
            Cause::PodSucceeded(_)
            | Cause::PodFailed(_)
            | Cause::NodeNotReady(_)
            | Cause::NodeRunsNoPods(_)
            | Cause::StartingLong
            | Cause::ImagePulling(_)
            | Cause::TerminatingLong(_)
            | Cause::SetupFailed(_)
            | Cause::EarlierPodFailed(_) => Stage::Kubelet,
            Cause::PodNotReady(pod) if pod.unready.is_some() => Stage::Kubelet,
            Cause::PodNotReady(_)
            | Cause::InitRunning(_)
            | Cause::ContainerNotReady(_)
            | Cause::ProbeFailed(_)
            | Cause::ContainerWaiting(_)
            | Cause::ContainerEnded(_) => Stage::Container,
            Cause::CreationDenied(_) | Cause::ChangedPod(_) | Cause::AdmissionChange(_) | Cause::QuotaAdmits(_) => {
                Stage::Creation
            }
            Cause::SchedulerFailed(_)
            | Cause::PendingUnexplained
            | Cause::SchedulerDisagrees(_)
            | Cause::OtherSchedulerReports(_) => Stage::Scheduler,
            Cause::VirtualNode(_)
            | Cause::WindowsNode(_)
            | Cause::EvictedAgain(_)
            | Cause::Missing
            | Cause::SurgeBlocked(_)
            | Cause::ExpectedPod(_)
            | Cause::NoNodeEligible(_)
            | Cause::StatusDiffers(_)
            | Cause::Adoption(_)
            | Cause::Overlap(_)
            | Cause::StatusNotReady(_)
            | Cause::RolloutStuck(_)
            | Cause::NewRevision(_)
            | Cause::PortClash(_)
            | Cause::AntiAffinityClash(_)
            | Cause::CapacityShort(_)
            | Cause::NotObserved(_)
            | Cause::OnDelete(_)
            | Cause::SurgePort(_) => Stage::Rollout,
        }
    }

    /// The container that it is about, if it is about one.
    pub fn container(&self) -> Option<&str> {
        match self {
            Cause::ContainerNotReady(state) => Some(&state.container),
            Cause::ProbeFailed(failed) => Some(&failed.container),
            Cause::ContainerWaiting(waiting) => Some(&waiting.container),
            Cause::ContainerEnded(ended) => Some(&ended.container),
            Cause::InitRunning(running) => Some(&running.container),
            Cause::ImagePulling(pulling) => pulling.container.as_deref(),
            _ => None,
        }
    }

    /// What tells the cause apart from others of its code: a container, a reason, a key. Nodes with one subject share a
    /// finding.
    pub fn subject(&self) -> Cow<'_, str> {
        match self {
            Cause::PodFailed(failed) => failed.reason.as_str().into(),
            Cause::PodNotReady(pod) => pod.unready.as_ref().map_or("", |unready| &unready.reason).into(),
            Cause::ContainerNotReady(state) => state.container.as_str().into(),
            Cause::ProbeFailed(failed) => failed.container.as_str().into(),
            Cause::InitRunning(running) => running.container.as_str().into(),
            Cause::PodSucceeded(succeeded) => succeeded.reason.as_str().into(),
            Cause::ContainerWaiting(waiting) => match waiting.pull {
                // Of two registries' answers each has a remedy of its own.
                Some(pull) => format!("{} {pull:?}", waiting.container).into(),
                None => waiting.container.as_str().into(),
            },
            // Only few logs are read: a cause that a log leads to does not part the nodes.
            Cause::ContainerEnded(ended) => match ended.likely_cause.as_ref().filter(|cause| !cause.is_from_log) {
                Some(cause) => format!("{} {}", ended.container, cause.field.name()).into(),
                None => ended.container.as_str().into(),
            },
            Cause::SetupFailed(failed) => match &failed.failure {
                SetupFailure::Mount(_) => format!("{} {}", failed.event, failed.volume.as_deref().unwrap_or("")).into(),
                SetupFailure::Sandbox(
                    SandboxFailure::RuntimeHandler(name)
                    | SandboxFailure::PluginMissing(name)
                    | SandboxFailure::Plugin(name),
                ) => format!("{} {name}", failed.event).into(),
                _ => failed.event.as_str().into(),
            },
            Cause::VirtualNode(node) => node.key.as_str().into(),
            Cause::EvictedAgain(evicted) => evicted.taint.key.as_str().into(),
            Cause::EarlierPodFailed(failed) => failed.reason.as_str().into(),
            Cause::SurgeBlocked(blocked) => blocked.scheduler.iter().cloned().collect::<Vec<_>>().join(", ").into(),
            Cause::SchedulerFailed(_) => "SchedulerError".into(),
            Cause::OtherSchedulerReports(found) => found.reasons.iter().cloned().collect::<Vec<_>>().join(", ").into(),
            Cause::ExpectedPod(expected) => expected.state.as_str().into(),
            Cause::ChangedPod(pod) => pod.differences.iter().map(|d| d.field).collect::<Vec<_>>().join(",").into(),
            _ => "".into(),
        }
    }

    /// The field or the object that the log of a crashed container leads to.
    pub fn likely_cause(&self) -> Option<&LikelyCause> {
        match self {
            Cause::ContainerEnded(ended) => ended.likely_cause.as_deref(),
            _ => None,
        }
    }

    /// Whether the log of the container could lead to the cause, and nothing else did: a crash that is no OOM kill and no
    /// kill by a probe.
    pub fn may_be_in_log(&self) -> bool {
        match self {
            Cause::ContainerEnded(ended) => {
                ended.likely_cause.is_none() && !matches!(ended.end, End::OutOfMemory | End::KilledByProbe)
            }
            _ => false,
        }
    }

    /// The evidence, as the report has it.
    pub fn evidence(&self) -> Map<String, Value> {
        evidence::json(self)
    }

    /// Whether both say the same of their nodes, apart from the names of pods and from white space in messages.
    pub fn is_like(&self, other: &Cause) -> bool {
        self == other || self.without_names() == other.without_names()
    }

    /// The cause without what names its one pod, messages as they are shown.
    fn without_names(&self) -> Cause {
        let mut cause = self.clone();
        match &mut cause {
            Cause::PodFailed(failed) => failed.message = sentence(&failed.message),
            Cause::PodSucceeded(succeeded) => succeeded.message = sentence(&succeeded.message),
            Cause::PodNotReady(pod) => {
                pod.unready.iter_mut().for_each(|unready| unready.message = sentence(&unready.message));
            }
            Cause::ProbeFailed(failed) => failed.message = sentence(&failed.message),
            Cause::ContainerWaiting(waiting) => waiting.message = sentence(&waiting.message),
            Cause::ContainerEnded(ended) => {
                // What is worded in notes is that of the first node.
                ended.message.clear();
                ended.probe = None;
                ended.is_running = false;
            }
            Cause::SetupFailed(failed) => failed.message = sentence(&failed.message),
            Cause::CreationDenied(denied) => denied.event = sentence(&denied.event),
            Cause::EarlierPodFailed(failed) => {
                failed.pod.clear();
                failed.message = sentence(&failed.message);
            }
            Cause::SurgeBlocked(blocked) => {
                blocked.pod.clear();
                blocked.message.clear();
            }
            Cause::SchedulerFailed(failed) => failed.message = sentence(&failed.message),
            Cause::SchedulerDisagrees(disagrees) => disagrees.message.clear(),
            Cause::OtherSchedulerReports(reports) => {
                reports.pod.clear();
                if reports.reasons.is_empty() {
                    reports.message = sentence(&reports.message);
                } else {
                    reports.message.clear();
                }
            }
            Cause::ChangedPod(pod) => pod.pod.clear(),
            _ => {}
        }
        cause
    }
}

/// The code of a pod that the kubelet rejected or ended.
fn rejection_code(rejection: Option<PodRejection>) -> Code {
    match rejection {
        None => Code::POD_FAILED,
        Some(PodRejection::Resources) => Code::KUBELET_RESOURCES,
        Some(PodRejection::NodeAffinity) => Code::KUBELET_AFFINITY,
        Some(PodRejection::NodePorts) => Code::KUBELET_PORTS,
        Some(PodRejection::TaintToleration) => Code::KUBELET_TAINT,
        Some(PodRejection::Evicted) => Code::EVICTED,
        Some(PodRejection::Sysctl) => Code::SYSCTL_FORBIDDEN,
        Some(PodRejection::Devices) => Code::DEVICES,
        Some(PodRejection::NodeShutdown) => Code::NODE_SHUTDOWN,
        Some(PodRejection::Unsupported) => Code::KUBELET_REFUSED,
    }
}

/// The code of a pod that the API server denied.
pub fn denial_code(denial: &Denial) -> Code {
    match denial {
        Denial::WebhookUnreachable => Code::WEBHOOK_UNREACHABLE,
        Denial::Webhook | Denial::Warden(_) => Code::WEBHOOK_REFUSED,
        Denial::PodSecurity(_) => Code::POD_SECURITY,
        Denial::SecurityContextConstraints(_) => Code::SCC_DENIED,
        Denial::QuotaForClassMissing => Code::QUOTA_FOR_CLASS,
        Denial::NamespaceNodeSelector | Denial::TimedOut | Denial::Other => Code::CREATION_FAILED,
    }
}
