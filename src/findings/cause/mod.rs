//! Causes in addition to the causes of the rules: each variant carries its evidence.
//!
//! The JSON evidence of a finding is the serialized variant; `explain` words it.

mod access;
pub mod container;
mod crash;
pub mod daemonset;
pub mod node;
pub mod pod;
pub mod rollout;

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value};

pub use crate::findings::cause::access::{Gap, MissingRule, NearRule, RbacName};
use crate::findings::cause::container::container_causes;
pub use crate::findings::cause::container::{
    ContainerEnded, ContainerNotReady, ContainerWaiting, End, ImagePulling, InitRunning, MissingHostPath, ProbeFailed,
    Wait,
};
pub use crate::findings::cause::crash::{
    CrashField, DnsPolicy, Elsewhere, Full, LikelyCause, MountPoint, ObjectKey, ProxyPod,
};
use crate::findings::cause::daemonset::daemonset_causes;
pub use crate::findings::cause::daemonset::{
    AdmissionChange, Adoption, AntiAffinityClash, CapacityShort, NoNodeEligible, Overlap, PortClash, QuotaAdmits,
    Shortage, StatusDiffers, StatusNotReady,
};
use crate::findings::cause::node::node_causes;
pub use crate::findings::cause::node::{
    ChangedPod, CreationDenied, EarlierPodFailed, EvictedAgain, ExpectedPod, LossReason, NamespaceSelector,
    OtherSchedulerReports, PodsLost, PodsRecreated, SchedulerDisagrees, SchedulerFailed, SchedulerProfile,
    SurgeBlocked, TaintEvidence, VirtualNode, WindowsNode,
};
use crate::findings::cause::pod::pod_causes;
pub use crate::findings::cause::pod::{
    Age, NodeAbsence, NodeNotReady, PodFailed, PodNotReady, PodSucceeded, Repeated, SetupFailed, TerminatingLong,
    Unready,
};
use crate::findings::cause::rollout::rollout_causes;
pub use crate::findings::cause::rollout::{
    BlockReasons, DaemonSetName, NewRevision, NotObserved, OnDelete, RolloutStuck, SurgePort,
};
use crate::findings::evidence::{self, NoEvidence, Shape};
use crate::model::message::admission::Denial;
use crate::model::message::kubelet::{PodRejection, SetupFailure};
use crate::model::message::probe::Probe;
use crate::model::message::sandbox::SandboxFailure;
use crate::model::message::sentence;
use crate::model::message::volume::MountFailure;
use crate::model::message::without_numbers;
use crate::report::Severity;
use crate::report::codes::{Code, Page};
use crate::rules::Stage;

/// The pages of the codes that stand beside their evidence.
pub(crate) static PAGES: [&[Page]; 5] = [pod::PAGES, container::PAGES, node::PAGES, daemonset::PAGES, rollout::PAGES];

/// Makes [`Cause`] of the lines of all families. A line is a doc comment, the variant with its evidence (by its path from
/// here), the codes that it may have, the stage, and the severity if that is always the same.
macro_rules! define {
    ($( $(#[$doc:meta])* $name:ident $(($evidence:ty))?: [$($code:ident),+], $stage:ident $(, $severity:ident)?; )*) => {
        /// A cause that pods, events, statuses and answers of the API server show.
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[serde(untagged)]
        pub enum Cause { $( $(#[$doc])* $name $(($evidence))?, )* }

        impl Cause {
            fn line(&self) -> Line {
                match self {
                    $( Cause::$name { .. } => Line {
                        codes: &[$(Code::$code),+],
                        stage: Stage::$stage,
                        severity: None $(.or(Some(Severity::$severity)))?,
                    }, )*
                }
            }
        }

        /// The schema of the evidence of each cause, with the codes that the cause may have.
        pub(crate) const SHAPES: &[(&[Code], Shape)] =
            &[$( (&[$(Code::$code),+], define!(@shape $($evidence)?)), )*];
    };
    (@shape) => { |generator| generator.subschema_for::<NoEvidence>() };
    (@shape $evidence:ty) => { |generator| generator.subschema_for::<$evidence>() };
}

/// What the line of a family says of a cause.
struct Line {
    codes: &'static [Code],
    stage: Stage,
    severity: Option<Severity>,
}

// Each family hands its lines on to the next; the last makes the enum.
pod_causes! { container_causes, node_causes, daemonset_causes, rollout_causes, define, }

impl Cause {
    /// The stable code.
    pub fn code(&self) -> Code {
        let codes = self.line().codes;
        let code = match self {
            Cause::PodSucceeded(succeeded) => rejection_code(PodRejection::of(&succeeded.reason)),
            Cause::PodFailed(failed) => rejection_code(failed.rejection),
            Cause::EarlierPodFailed(failed) => rejection_code(failed.rejection),
            Cause::ProbeFailed(failed) => match failed.probe {
                Probe::Readiness => Code::READINESS,
                Probe::Liveness | Probe::Startup => Code::LIVENESS,
            },
            Cause::ContainerWaiting(waiting) => waiting_code(waiting.wait),
            Cause::ContainerEnded(ended) => ended_code(ended.end),
            Cause::SetupFailed(failed) => setup_code(&failed.failure),
            Cause::CreationDenied(denied) => denial_code(&denied.denial),
            Cause::NoNodeEligible(none) if none.tainted > 0 => Code::ALL_EXCLUDED,
            Cause::RolloutStuck(stuck) if stuck.blocked_by_rollout == 0 => Code::ROLLOUT_NODES,
            _ => codes[0],
        };
        debug_assert!(codes.contains(&code), "{code}: {self:?}");
        code
    }

    /// Who shows the cause.
    pub fn stage(&self) -> Stage {
        match self {
            Cause::PodNotReady(pod) if pod.unready.is_some() => Stage::Kubelet,
            _ => self.line().stage,
        }
    }

    /// The severity, if the cause has the same wherever it is found.
    pub fn severity(&self) -> Option<Severity> {
        self.line().severity
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
            // Times differ from node to node; what the kubelet says does not.
            Cause::NodeNotReady(node) | Cause::NodeRunsNoPods(node) => {
                let words = node.message.as_deref().map_or_else(String::new, without_numbers);
                format!("{} {words}", node.reason.map_or("", |reason| reason.as_str())).into()
            }
            Cause::VirtualNode(node) => node.key.as_str().into(),
            Cause::EvictedAgain(evicted) => evicted.taint.key.as_str().into(),
            Cause::PodsLost(lost) => format!("{:?}", lost.reason).into(),
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

fn waiting_code(wait: Wait) -> Code {
    match wait {
        Wait::ImagePull => Code::IMAGE_PULL,
        Wait::ImageName => Code::IMAGE_NAME,
        Wait::ImageAbsent => Code::IMAGE_ABSENT,
        Wait::Config => Code::CONTAINER_CONFIG,
        Wait::Permissions => Code::SECURITY_CONTEXT,
        Wait::Architecture => Code::ARCHITECTURE,
        Wait::Other => Code::CONTAINER_START,
    }
}

fn ended_code(end: End) -> Code {
    match end {
        End::OutOfMemory => Code::OUT_OF_MEMORY,
        End::Architecture => Code::ARCHITECTURE,
        End::Permissions => Code::SECURITY_CONTEXT,
        End::NeverRan => Code::CONTAINER_START,
        End::InitFailed => Code::INIT_FAILED,
        End::KilledByProbe => Code::LIVENESS,
        End::Completed => Code::ENDS_AT_ONCE,
        End::Crashed => Code::CRASH_LOOP,
    }
}

fn setup_code(failure: &SetupFailure) -> Code {
    match failure {
        SetupFailure::Mount(MountFailure::HostPathType) => Code::HOST_PATH_TYPE,
        SetupFailure::Mount(_) => Code::MOUNT,
        SetupFailure::Attach => Code::ATTACH,
        SetupFailure::Sandbox(_) => Code::SANDBOX,
        SetupFailure::NetworkNotReady => Code::NETWORK_NOT_READY,
        SetupFailure::DynamicResources => Code::DEVICES,
        SetupFailure::Cgroup | SetupFailure::PostStartHook => Code::CONTAINER_START,
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
        Denial::Webhook | Denial::Policies { .. } | Denial::Warden(_) => Code::WEBHOOK_REFUSED,
        Denial::PodSecurity(_) => Code::POD_SECURITY,
        Denial::SecurityContextConstraints(_) => Code::SCC_DENIED,
        Denial::QuotaForClassMissing => Code::QUOTA_FOR_CLASS,
        Denial::NamespaceNodeSelector | Denial::PodSecurityPolicy | Denial::TimedOut | Denial::Other => {
            Code::CREATION_FAILED
        }
    }
}
