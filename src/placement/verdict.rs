//! What was decided for a node, and why.

use std::borrow::Cow;
use std::sync::Arc;

use crate::facts::pod::Port;
use crate::facts::{PodIndex, Quantity, Symbol, Taint, Version};

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
    Uncreated,
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
        /// How many get one.
        slots: u32,
        /// Of how many.
        candidates: u32,
    },
    /// It is placed.
    #[default]
    Placed,
}

impl Placement {
    /// The name in reports.
    pub fn as_str(&self) -> &'static str {
        match self {
            Placement::Excluded => "excluded",
            Placement::Uncreated => "uncreated",
            Placement::Gated => "gated",
            Placement::Unknown => "unknown",
            Placement::Unschedulable => "unschedulable",
            Placement::Preempting { .. } => "preempting",
            Placement::Contended { .. } => "contended",
            Placement::Placed => "placed",
        }
    }
}

/// One reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// Whether the real scheduler reports it for this node.
    pub told: bool,
    /// What it is, with its evidence.
    pub cause: Cause,
}

impl Reason {
    /// A reason that the scheduler does not report.
    pub fn new(cause: impl Into<Cause>) -> Self {
        Reason { told: false, cause: cause.into() }
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
}

impl Cause {
    /// Who gives the reason.
    pub fn stage(&self) -> Stage {
        match self {
            Cause::Exclusion(_) => Stage::Controller,
            Cause::Creation(_) => Stage::Creation,
            Cause::Gate(_) | Cause::Rejection(_) | Cause::Race(_) => Stage::Scheduler,
            Cause::Unknown(unknown) => unknown.stage(),
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
}

/// A plugin of the scheduler, in the order in which filters run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the variants are the scheduler's own names")]
pub enum Plugin {
    SchedulingGates,
    NodeUnschedulable,
    NodeName,
    TaintToleration,
    NodeAffinity,
    NodePorts,
    NodeResourcesFit,
    VolumeRestrictions,
    NodeVolumeLimits,
    VolumeBinding,
    VolumeZone,
    PodTopologySpread,
    InterPodAffinity,
    DynamicResources,
    NodeDeclaredFeatures,
}

impl Plugin {
    /// The scheduler's name for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Plugin::SchedulingGates => "SchedulingGates",
            Plugin::NodeUnschedulable => "NodeUnschedulable",
            Plugin::NodeName => "NodeName",
            Plugin::TaintToleration => "TaintToleration",
            Plugin::NodeAffinity => "NodeAffinity",
            Plugin::NodePorts => "NodePorts",
            Plugin::NodeResourcesFit => "NodeResourcesFit",
            Plugin::VolumeRestrictions => "VolumeRestrictions",
            Plugin::NodeVolumeLimits => "NodeVolumeLimits",
            Plugin::VolumeBinding => "VolumeBinding",
            Plugin::VolumeZone => "VolumeZone",
            Plugin::PodTopologySpread => "PodTopologySpread",
            Plugin::InterPodAffinity => "InterPodAffinity",
            Plugin::DynamicResources => "DynamicResources",
            Plugin::NodeDeclaredFeatures => "NodeDeclaredFeatures",
        }
    }
}

/// Why the scheduler refuses a node.
#[derive(Debug, Clone, PartialEq)]
pub enum Rejection {
    /// The node is cordoned and the pod does not bear it.
    NodeUnschedulable,
    /// A taint that the pod does not tolerate; the first in the node's order is the one that is told.
    UntoleratedTaint {
        /// The taint.
        taint: Taint,
    },
    /// A label that the pod's `nodeSelector` asks for is not there, or has another value.
    NodeSelector {
        /// The label.
        key: Symbol,
        /// The value asked for.
        wanted: Symbol,
        /// The value there, if any.
        actual: Option<Symbol>,
    },
    /// A host port is taken.
    PortTaken {
        /// The port asked for.
        port: Port,
        /// The port that is held, of which address or number may differ.
        held: Port,
        /// Who holds it.
        holder: PodIndex,
    },
    /// The node runs as many pods as it may.
    TooManyPods {
        /// How many it may run.
        allocatable: i64,
        /// How many it runs.
        taken: i64,
    },
    /// Not enough of a resource is free: millicores for cpu, whole units otherwise.
    Insufficient {
        /// The resource.
        resource: Symbol,
        /// What the pod asks for.
        asked: i64,
        /// What is free; less than nothing where the node is overcommitted.
        free: i64,
        /// What the node has for pods.
        allocatable: i64,
    },
    /// A claim that does not exist.
    ClaimMissing {
        /// The claim.
        claim: Symbol,
    },
    /// A disk is in use on the node by a pod that cannot share it.
    DiskInUse {
        /// Who uses it.
        holder: PodIndex,
    },
    /// A claim for one pod only is in use.
    ClaimInUse {
        /// The claim.
        claim: Symbol,
        /// Who uses it.
        holder: PodIndex,
    },
    /// The node cannot attach so many volumes of a driver.
    TooManyVolumes {
        /// The driver.
        driver: Symbol,
        /// How many it attaches at most.
        limit: i64,
        /// How many are attached or will be.
        attached: i64,
    },
    /// The driver of a claim's class is not on the node, and it asks that no pod be put there (1.37).
    DriverMissing {
        /// The driver.
        driver: Symbol,
    },
    /// A claim made for the pod is not there yet.
    EphemeralClaimAwaited {
        /// The claim.
        claim: Symbol,
    },
    /// A claim's volume is gone for good.
    ClaimLost {
        /// The claim.
        claim: Symbol,
        /// The volume.
        volume: Option<Symbol>,
    },
    /// A claim is being deleted.
    ClaimTerminating {
        /// The claim.
        claim: Symbol,
    },
    /// A claim that is bound at once has no volume yet.
    ClaimUnbound {
        /// The claim.
        claim: Symbol,
    },
    /// A claim's volume cannot be reached from the node.
    VolumeAffinity {
        /// The claim.
        claim: Symbol,
        /// The volume.
        volume: Symbol,
    },
    /// No volume for a claim can be found or made on the node.
    NoVolume {
        /// The claim.
        claim: Symbol,
    },
    /// Too little storage is left there for a claim's volume.
    NoStorage {
        /// The claim.
        claim: Symbol,
    },
    /// A claim's volume does not exist.
    VolumeGone {
        /// The claim.
        claim: Symbol,
        /// The volume.
        volume: Symbol,
    },
    /// A claim's volume is in another zone or region.
    VolumeZone {
        /// The claim.
        claim: Symbol,
        /// The volume.
        volume: Symbol,
        /// The label.
        key: Symbol,
        /// The node's value.
        actual: Option<Symbol>,
    },
    /// The node lacks the label by which pods are spread.
    SpreadLabelMissing {
        /// The label.
        key: Symbol,
    },
    /// One pod more would make the spread too uneven.
    SpreadSkew {
        /// The label.
        key: Symbol,
        /// The node's domain.
        domain: Symbol,
        /// Matching pods in it.
        count: i64,
        /// Matching pods in the emptiest domain.
        least: i64,
        /// How uneven it may be.
        max_skew: i64,
    },
    /// No pod that the pod wants to be near is in the node's domain.
    PodAffinity {
        /// The label by which domains are made.
        key: Symbol,
        /// The node's domain, if it has the label.
        domain: Option<Symbol>,
    },
    /// A pod that the pod wants to be away from is in the node's domain.
    PodAntiAffinity {
        /// The label by which domains are made.
        key: Symbol,
        /// One such pod; `None` where it is one of the DaemonSet's own yet to come.
        holder: Option<PodIndex>,
    },
    /// A pod in the node's domain wants to be away from the pod.
    ExistingAntiAffinity {
        /// The label by which domains are made.
        key: Symbol,
        /// One such pod; `None` where it is one of the DaemonSet's own yet to come.
        holder: Option<PodIndex>,
    },
    /// The node does not declare a feature that the pod requires.
    FeatureMissing {
        /// The feature.
        feature: &'static str,
    },
}

impl Rejection {
    /// The plugin that refuses.
    pub fn plugin(&self) -> Plugin {
        use Rejection as R;
        match self {
            R::NodeUnschedulable => Plugin::NodeUnschedulable,
            R::UntoleratedTaint { .. } => Plugin::TaintToleration,
            R::NodeSelector { .. } => Plugin::NodeAffinity,
            R::PortTaken { .. } => Plugin::NodePorts,
            R::TooManyPods { .. } | R::Insufficient { .. } => Plugin::NodeResourcesFit,
            R::ClaimMissing { .. } | R::DiskInUse { .. } | R::ClaimInUse { .. } => Plugin::VolumeRestrictions,
            R::TooManyVolumes { .. } | R::DriverMissing { .. } => Plugin::NodeVolumeLimits,
            R::EphemeralClaimAwaited { .. }
            | R::ClaimLost { .. }
            | R::ClaimTerminating { .. }
            | R::ClaimUnbound { .. }
            | R::VolumeAffinity { .. }
            | R::NoVolume { .. }
            | R::NoStorage { .. }
            | R::VolumeGone { .. } => Plugin::VolumeBinding,
            R::VolumeZone { .. } => Plugin::VolumeZone,
            R::SpreadLabelMissing { .. } | R::SpreadSkew { .. } => Plugin::PodTopologySpread,
            R::PodAffinity { .. } | R::PodAntiAffinity { .. } | R::ExistingAntiAffinity { .. } => {
                Plugin::InterPodAffinity
            }
            R::FeatureMissing { .. } => Plugin::NodeDeclaredFeatures,
        }
    }

    /// Whether it refuses the pod as a whole, before any node is looked at.
    pub fn is_before_nodes(&self) -> bool {
        use Rejection as R;
        matches!(
            self,
            R::ClaimMissing { .. }
                | R::EphemeralClaimAwaited { .. }
                | R::ClaimLost { .. }
                | R::ClaimTerminating { .. }
                | R::ClaimUnbound { .. }
        )
    }

    /// Whether evicting other pods may help (the status code Unschedulable, not UnschedulableAndUnresolvable).
    /// A request above what the node has at all is beyond help since v1.34.
    pub fn is_curable_by_eviction(&self) -> bool {
        use Rejection as R;
        match self {
            R::Insufficient { asked, allocatable, .. } => asked <= allocatable,
            R::PortTaken { .. }
            | R::TooManyPods { .. }
            | R::DiskInUse { .. }
            | R::ClaimInUse { .. }
            | R::TooManyVolumes { .. }
            | R::SpreadSkew { .. }
            | R::PodAntiAffinity { .. }
            | R::ExistingAntiAffinity { .. } => true,
            _ => false,
        }
    }

    /// The scheduler's own text for it, without the count, as that server version writes it.
    pub fn status_text(&self, version: Version) -> Cow<'static, str> {
        use Rejection as R;
        Cow::Borrowed(match self {
            R::NodeUnschedulable => "node(s) were unschedulable",
            R::UntoleratedTaint { taint } if !version.at_least(34) => {
                return format!("node(s) had untolerated taint {{{}: {}}}", taint.key, taint.value).into();
            }
            R::UntoleratedTaint { .. } => "node(s) had untolerated taint(s)",
            R::NodeSelector { .. } => "node(s) didn't match Pod's node affinity/selector",
            R::PortTaken { .. } => "node(s) didn't have free ports for the requested pod ports",
            R::TooManyPods { .. } => "Too many pods",
            R::Insufficient { resource, .. } => return format!("Insufficient {resource}").into(),
            R::ClaimMissing { claim } => return format!("persistentvolumeclaim \"{claim}\" not found").into(),
            R::DiskInUse { .. } => "node(s) had no available disk",
            R::ClaimInUse { .. } => {
                "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod"
            }
            R::TooManyVolumes { .. } => "node(s) exceed max volume count",
            R::DriverMissing { driver } => return format!("{driver} CSI driver is not installed on the node").into(),
            R::EphemeralClaimAwaited { claim } => {
                return format!(
                    "waiting for ephemeral volume controller to create the persistentvolumeclaim \"{claim}\""
                )
                .into();
            }
            R::ClaimLost { claim, volume } => {
                let volume = volume.map_or("", Symbol::as_str);
                return format!(
                    "persistentvolumeclaim \"{claim}\" bound to non-existent persistentvolume \"{volume}\""
                )
                .into();
            }
            R::ClaimTerminating { claim } => {
                return format!("persistentvolumeclaim \"{claim}\" is being deleted").into();
            }
            R::ClaimUnbound { .. } => "pod has unbound immediate PersistentVolumeClaims",
            R::VolumeAffinity { .. } => "node(s) didn't match PersistentVolume's node affinity",
            R::NoVolume { .. } => "node(s) didn't find available persistent volumes to bind",
            R::NoStorage { .. } => "node(s) did not have enough free storage",
            R::VolumeGone { .. } => "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)",
            R::VolumeZone { .. } => "node(s) had no available volume zone",
            R::SpreadLabelMissing { .. } => {
                "node(s) didn't match pod topology spread constraints (missing required label)"
            }
            R::SpreadSkew { .. } => "node(s) didn't match pod topology spread constraints",
            R::PodAffinity { .. } => "node(s) didn't match pod affinity rules",
            R::PodAntiAffinity { .. } => "node(s) didn't match pod anti-affinity rules",
            R::ExistingAntiAffinity { .. } => "node(s) didn't satisfy existing pods anti-affinity rules",
            R::FeatureMissing { .. } => "node(s) didn't match Pod's required features",
        })
    }
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

/// Why the API server refuses to create the pod.
#[derive(Debug, Clone, PartialEq)]
pub enum CreationRefusal {
    /// The server's own answer, where it was asked.
    Answered {
        /// Its words.
        message: String,
    },
    /// The namespace does not exist.
    NamespaceMissing,
    /// The namespace is being deleted.
    NamespaceTerminating,
    /// The service account does not exist.
    ServiceAccountMissing {
        /// Its name.
        name: Symbol,
    },
    /// The priority class does not exist.
    PriorityClassMissing {
        /// Its name.
        name: Symbol,
    },
    /// The template gives a priority that its class does not have.
    PriorityMismatch {
        /// What the template gives.
        written: i32,
        /// What admission computes.
        computed: i32,
    },
    /// The template gives a preemption policy that its class does not have.
    PreemptionPolicyMismatch,
    /// The runtime class does not exist.
    RuntimeClassMissing {
        /// Its name.
        name: Symbol,
    },
    /// The runtime class asks for another value of a label than the template does.
    RuntimeClassConflict {
        /// The label.
        key: Symbol,
        /// The class's value.
        class: Symbol,
        /// The template's value.
        pod: Symbol,
    },
    /// The template gives an overhead that its runtime class does not have.
    OverheadMismatch,
    /// A limit range does not allow the pod.
    LimitRange {
        /// The limit range.
        range: Symbol,
        /// Everything it objects to.
        violations: Vec<LimitViolation>,
    },
    /// Pod Security does not allow the pod in the namespace.
    PodSecurity {
        /// The level that the namespace enforces (`baseline`, `restricted`).
        level: &'static str,
        /// The version of the checks, `latest` or `v1.N`.
        version: String,
        /// Each check that fails: its name and what fails it.
        violations: Vec<(String, String)>,
        /// Whether the level is one that nobody knows, which counts as restricted.
        unknown_level: Option<Symbol>,
    },
    /// A quota has too little left for one pod.
    QuotaExceeded {
        /// The quota.
        quota: Symbol,
        /// Each resource that is short: name, asked, used, hard.
        exceeded: Vec<(Symbol, Quantity, Quantity, Quantity)>,
    },
    /// A quota counts resources that containers do not give.
    QuotaUnspecified {
        /// The quota.
        quota: Symbol,
        /// Each resource with the containers that lack it.
        missing: Vec<(Symbol, Vec<Symbol>)>,
    },
    /// Requests and limits contradict each other.
    Invalid {
        /// Each contradiction.
        contradictions: Vec<ResourceContradiction>,
    },
    /// A quota is too new for its use to be known.
    QuotaUnsynced {
        /// The quota.
        quota: Symbol,
    },
}

/// A request or limit that another one forbids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResourceContradiction {
    /// The container, or `None` for the pod as a whole.
    pub container: Option<Symbol>,
    /// The resource.
    pub resource: Symbol,
    /// What is given.
    pub amount: Quantity,
    /// What forbids it.
    pub bound: Quantity,
    /// How the two contradict each other.
    pub kind: Contradiction,
}

/// How a request or limit contradicts another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contradiction {
    /// A request is more than its limit.
    RequestAboveLimit,
    /// A request is less than its limit, of a resource that cannot be overcommitted.
    RequestBelowLimit,
    /// The pod's request is less than its containers' together.
    BelowContainers,
    /// A container's limit is more than the pod's.
    LimitAbovePod,
}

/// One objection of a limit range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitViolation {
    /// The container, or `None` for the pod as a whole.
    pub container: Option<Symbol>,
    /// The resource.
    pub resource: Symbol,
    /// What is bounded.
    pub rule: LimitRule,
    /// The bound.
    pub bound: Quantity,
    /// The request, if there is one.
    pub request: Option<Quantity>,
    /// The limit, if there is one.
    pub limit: Option<Quantity>,
}

/// What a limit range bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitRule {
    /// Request and limit are at least the bound; there must be a request.
    Min,
    /// Request and limit are at most the bound; there must be a limit.
    Max,
    /// The limit is at most so many times the request; there must be both.
    MaxRatio,
}

impl LimitViolation {
    /// The API server's sentence (`plugin/pkg/admission/limitranger/admission.go` v1.36), but for the ratio, of which
    /// it tells a rounded quotient.
    pub fn text(&self) -> String {
        let LimitViolation { resource, bound, request, limit, .. } = self;
        let per = if self.container.is_some() { "Container" } else { "Pod" };
        match self.rule {
            LimitRule::Min => {
                let is = format!("minimum {resource} usage per {per} is {bound}");
                match (request, limit) {
                    (None, _) => format!("{is}.  No request is specified"),
                    (Some(request), _) if request < bound => format!("{is}, but request is {request}"),
                    (_, limit) => format!("{is}, but limit is {}", limit.unwrap_or_default()),
                }
            }
            LimitRule::Max => {
                let is = format!("maximum {resource} usage per {per} is {bound}");
                match (limit, request) {
                    (None, _) => format!("{is}.  No limit is specified"),
                    (Some(limit), _) if limit > bound => format!("{is}, but limit is {limit}"),
                    (_, request) => format!("{is}, but request is {}", request.unwrap_or_default()),
                }
            }
            LimitRule::MaxRatio => {
                let is = format!("{resource} max limit to request ratio per {per} is {bound}");
                let given = |amount: &Option<Quantity>| amount.filter(|amount| !amount.is_zero());
                match (given(request), given(limit)) {
                    (None, _) => format!("{is}, but no request is specified or request is 0"),
                    (_, None) => format!("{is}, but no limit is specified or limit is 0"),
                    (Some(request), Some(limit)) => {
                        format!("{is}, but the limit is {limit} and the request {request}")
                    }
                }
            }
        }
    }
}

/// Why a verdict cannot be known.
#[derive(Debug, Clone, PartialEq)]
pub enum Unknown {
    /// Another scheduler decides.
    OtherScheduler(Symbol),
    /// A kind that decides was not collected.
    NotCollected {
        /// What is referred to (`persistentvolumeclaim data`).
        what: String,
        /// Why it is not known.
        why: String,
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
    /// Whose decision is not known.
    pub fn stage(&self) -> Stage {
        match self {
            Unknown::Unreadable(_) => Stage::Controller,
            Unknown::QuotaScope(_) => Stage::Creation,
            _ => Stage::Scheduler,
        }
    }
}
