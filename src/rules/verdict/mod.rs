//! What was decided for a node, and why.

mod claim;
mod device;
mod missing_data;
mod refusal;
mod rejection;
mod start;

use std::sync::Arc;

use crate::model::wire::Kind;
use crate::model::{Symbol, Taint};
pub use crate::rules::verdict::claim::{ClaimDenial, DeniedClaim};
pub use crate::rules::verdict::device::{DeviceAsker, DeviceRejection, DeviceShortage, ShortageKind};
pub use crate::rules::verdict::missing_data::MissingData;
pub use crate::rules::verdict::refusal::{
    Contradiction, CreationRefusal, LimitRule, LimitViolation, ResourceContradiction,
};
pub use crate::rules::verdict::rejection::{Plugin, Rejection};
pub use crate::rules::verdict::start::{HandlerFeature, ObjectUser, StartObstacle};
use crate::store::{Cluster, Coverage, PodIndex};

/// The decision for a new pod of a template on one node, with every reason for it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Verdict {
    /// The decision.
    pub placement: Placement,
    /// Every reason: the controller's, those of creation, the scheduler's in its own order.
    pub reasons: Vec<Reason>,
}

/// What becomes of a new pod of the template on the node; of several that hold, the first.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Placement {
    /// The controller wants no pod there.
    Excluded,
    /// It wants one that the API server refuses.
    Denied,
    /// The pod waits for scheduling gates to be lifted.
    Gated,
    /// It cannot be known.
    Unknown,
    /// The scheduler refuses the node, and evicting others would not help.
    Unschedulable,
    /// It fits once pods of lower priority are evicted.
    Preempting {
        /// Those that would go.
        victims: Arc<[PodIndex]>,
    },
    /// It fits, but pods of the same DaemonSet compete and only some of these nodes will get one.
    Contended {
        /// How many get one, at least.
        min_pods: u32,
        /// How many get one in the luckiest order; mostly as many.
        most: u32,
        /// Of how many.
        candidates: u32,
    },
    /// It is bound to the node, and its kubelet refuses it.
    Rejected,
    /// It is bound and admitted, and cannot start.
    Blocked,
    /// It is placed.
    #[default]
    Placed,
}

impl Placement {
    /// The name in reports.
    pub fn as_str(&self) -> &'static str {
        match self {
            Placement::Excluded => "excluded",
            Placement::Denied => "denied",
            Placement::Gated => "gated",
            Placement::Unknown => "unknown",
            Placement::Unschedulable => "unschedulable",
            Placement::Preempting { .. } => "preempting",
            Placement::Contended { .. } => "contended",
            Placement::Rejected => "rejected",
            Placement::Blocked => "blocked",
            Placement::Placed => "placed",
        }
    }
}

/// One reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// Whether the real scheduler reports it for this node.
    pub reported_by_scheduler: bool,
    /// What it is, with its evidence.
    pub cause: Cause,
}

impl Reason {
    /// A reason that the scheduler does not report.
    pub fn new(cause: impl Into<Cause>) -> Self {
        Reason { reported_by_scheduler: false, cause: cause.into() }
    }
}

/// Who gives a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The DaemonSet controller.
    Controller,
    /// The API server's admission.
    Creation,
    /// The scheduler.
    Scheduler,
    /// The kubelet.
    Kubelet,
    /// A container.
    Container,
    /// The rollout.
    Rollout,
}

impl Stage {
    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Controller => "controller",
            Stage::Creation => "creation",
            Stage::Scheduler => "scheduler",
            Stage::Kubelet => "kubelet",
            Stage::Container => "container",
            Stage::Rollout => "rollout",
        }
    }
}

impl StartObstacle {
    /// Whether a ConfigMap, a Secret or a key is missing.
    pub fn is_of_object(&self) -> bool {
        matches!(self, StartObstacle::ObjectMissing { .. } | StartObstacle::KeyMissing { .. })
    }

    /// Who meets it: the kubelet that prepares the pod, or the container that it creates.
    pub fn stage(&self) -> Stage {
        match self {
            StartObstacle::ObjectMissing { user, .. } | StartObstacle::KeyMissing { user, .. } => match user {
                ObjectUser::Volume(_) => Stage::Kubelet,
                ObjectUser::Environment(_) | ObjectUser::ImagePull => Stage::Container,
            },
            StartObstacle::HandlerLacks { feature: HandlerFeature::RecursiveReadOnlyMounts, .. }
            | StartObstacle::ImageName { .. } => Stage::Container,
            _ => Stage::Kubelet,
        }
    }
}

/// What a reason is.
#[derive(Debug, Clone, PartialEq)]
pub enum Cause {
    /// The controller wants no pod there.
    Exclusion(Exclusion),
    /// The API server refuses the pod.
    Creation(Arc<CreationRefusal>),
    /// A scheduling gate.
    Gate(Symbol),
    /// The scheduler refuses the node.
    Rejection(Rejection),
    /// It cannot be known.
    Unknown(Arc<Unknown>),
    /// Pods of the DaemonSet itself compete.
    Race(Race),
    /// The kubelet refuses the pod.
    Kubelet(KubeletRefusal),
    /// The pod cannot start.
    Start(StartObstacle),
}

impl Cause {
    /// Who gives the reason.
    pub fn stage(&self) -> Stage {
        match self {
            Cause::Exclusion(_) => Stage::Controller,
            Cause::Creation(_) => Stage::Creation,
            Cause::Gate(_) | Cause::Rejection(_) | Cause::Race(_) => Stage::Scheduler,
            Cause::Unknown(unknown) => unknown.stage(),
            Cause::Kubelet(_) => Stage::Kubelet,
            Cause::Start(failure) => failure.stage(),
        }
    }
}

impl From<Exclusion> for Cause {
    fn from(exclusion: Exclusion) -> Self {
        Cause::Exclusion(exclusion)
    }
}

impl From<Rejection> for Cause {
    fn from(rejection: Rejection) -> Self {
        Cause::Rejection(rejection)
    }
}

/// Why the controller wants no pod on a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exclusion {
    /// The template names another node.
    NodeName {
        /// The node it names.
        wanted: Symbol,
    },
    /// A label that `nodeSelector` asks for is not there, or has another value.
    NodeSelector {
        /// The label.
        key: Symbol,
        /// The value asked for.
        wanted: Symbol,
        /// The value there, if any.
        actual: Option<Symbol>,
    },
    /// No term of the required node affinity matches. The terms are the template's; which of their requirements
    /// fail is found again where it is told.
    NodeAffinity,
    /// A taint that the pods do not tolerate.
    Taint {
        /// The taint.
        taint: Taint,
    },
    /// The namespace is for other nodes (OpenShift).
    ProjectSelector {
        /// The annotation of the namespace.
        annotation: Symbol,
        /// The selector that it holds.
        selector: Symbol,
    },
}

/// Why the kubelet refuses a pod that is bound to its node.
#[derive(Debug, Clone, PartialEq)]
pub enum KubeletRefusal {
    /// The pod is for another operating system.
    OperatingSystem {
        /// The pod's (`spec.os.name`).
        wanted: Symbol,
        /// The node's.
        actual: Symbol,
    },
    /// A label of the pod names another operating system than the node's.
    OperatingSystemLabel {
        /// The label's value.
        wanted: Symbol,
        /// The node's.
        actual: Symbol,
    },
    /// The pod has requests or limits as a whole, which kubelets on Windows do not support.
    PodLevelResources,
    /// The pod keeps the image's groups out, which the node's runtime cannot.
    StrictGroups,
    /// The node is short of something, and the pod is not critical.
    Pressure {
        /// The node's condition (`DiskPressure`).
        condition: Symbol,
    },
    /// What the scheduler would have refused, had it been asked.
    Unfit(Rejection),
}

/// Why pods of a DaemonSet compete with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Race {
    /// For a claim that only one pod may use.
    Claim(Symbol),
    /// For an even spread over the domains of a label.
    Spread(Symbol),
    /// For a domain of a label, by an affinity or anti-affinity that selects the DaemonSet's own pods.
    Affinity(Symbol),
}

/// Why a verdict cannot be known.
#[derive(Debug, Clone, PartialEq)]
pub enum Unknown {
    /// Another scheduler decides.
    OtherScheduler(Symbol),
    /// A kind that decides was not collected.
    NotCollected {
        /// What is referred to.
        what: MissingData,
        /// Why it is not known.
        coverage: Coverage,
    },
    /// Resource claims (DRA) are allocated by rules that cannot be evaluated here.
    ResourceClaims,
    /// An extended resource that a device class stands for.
    DeviceClass {
        /// The resource.
        resource: Symbol,
        /// The class.
        class: Symbol,
    },
    /// The node could not be read.
    Unreadable(Box<str>),
    /// A quota has a scope that is not known.
    QuotaScope(Symbol),
}

impl Unknown {
    /// A kind that was asked for in vain.
    pub fn denied(cluster: &Cluster, kind: Kind) -> Option<Arc<Unknown>> {
        cluster.coverage(kind).is_denied().then(|| Unknown::not_collected(cluster, MissingData::Kind(kind), kind))
    }

    /// Data that the source does not show because objects of a kind are not here.
    pub fn not_collected(cluster: &Cluster, what: MissingData, kind: Kind) -> Arc<Unknown> {
        Arc::new(Unknown::NotCollected { what, coverage: cluster.coverage(kind).clone() })
    }

    /// Whose decision is not known.
    pub fn stage(&self) -> Stage {
        match self {
            Unknown::Unreadable(_) => Stage::Controller,
            Unknown::QuotaScope(_) => Stage::Creation,
            _ => Stage::Scheduler,
        }
    }
}
