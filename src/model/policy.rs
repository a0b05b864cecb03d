//! What decides whether a pod may be created, and with which defaults.

use crate::model::Symbol;
use crate::model::labels::{Labels, Selector};
use crate::model::resources::ResourceList;
use crate::model::taint::Toleration;

/// A namespace.
#[derive(Debug, Clone, Default)]
pub struct Namespace {
    /// Its name.
    pub name: Symbol,
    /// Its labels, which Pod Security and namespace selectors read.
    pub labels: Labels,
    /// Whether it is being deleted.
    pub terminating: bool,
    /// Whether it lists the tolerations that its pods may have, which the admission plugin PodTolerationRestriction reads.
    pub restricts_tolerations: bool,
    /// The users that its pods may run as on OpenShift (annotation `openshift.io/sa.scc.uid-range`).
    pub uid_range: Option<(i64, i64)>,
    /// The groups that its pods may have there (`openshift.io/sa.scc.supplemental-groups`).
    pub group_range: Option<(i64, i64)>,
    /// The nodes that its pods are for, which OpenShift's DaemonSet controller honours.
    pub node_selector: Option<NamespaceNodeSelector>,
}

/// The node selector of a namespace. OpenShift calls a namespace a project.
#[derive(Debug, Clone, Default)]
pub struct NamespaceNodeSelector {
    /// The annotation that holds it.
    pub annotation: Symbol,
    /// The selector as it is written.
    pub text: Symbol,
    /// The selector.
    pub selector: Selector,
}

/// A priority class.
#[derive(Debug, Clone, Default)]
pub struct PriorityClass {
    /// Its name.
    pub name: Symbol,
    /// The priority.
    pub value: i32,
    /// Whether pods that name no class get it.
    pub global_default: bool,
    /// Whether its pods never evict others.
    pub preempts_never: bool,
}

/// A runtime class.
#[derive(Debug, Clone, Default)]
pub struct RuntimeClass {
    /// Its name.
    pub name: Symbol,
    /// The handler of the container runtime that runs its pods.
    pub handler: Symbol,
    /// What each of its pods takes in addition.
    pub overhead: ResourceList,
    /// Labels that its pods' nodes must have.
    pub node_selector: Vec<(Symbol, Symbol)>,
    /// Tolerations that its pods get.
    pub tolerations: Vec<Toleration>,
}

/// A limit range of a namespace.
#[derive(Debug, Clone, Default)]
pub struct LimitRange {
    /// The namespace.
    pub namespace: Symbol,
    /// Its name.
    pub name: Symbol,
    /// Its rules.
    pub limits: Vec<Limit>,
}

/// One rule of a limit range.
#[derive(Debug, Clone, Default)]
pub struct Limit {
    /// What it is about.
    pub kind: LimitKind,
    /// The most.
    pub max: ResourceList,
    /// The least.
    pub min: ResourceList,
    /// The limit that a container without one gets.
    pub default_limit: ResourceList,
    /// The request that a container without one gets.
    pub default_request: ResourceList,
    /// How many times its request a limit may be.
    pub max_ratio: ResourceList,
}

/// What a limit is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LimitKind {
    /// Each container.
    Container,
    /// The pod as a whole.
    Pod,
    /// Each claim.
    Claim,
    /// Something else.
    #[default]
    Other,
}

impl Limit {
    /// The rule with the defaults that the API server fills in when it stores one of type Container: a missing
    /// default limit comes from the maximum; a missing default request from the default limit, else the minimum.
    #[must_use]
    pub fn with_defaults(mut self) -> Self {
        if self.kind == LimitKind::Container {
            for (name, amount) in self.max.iter() {
                self.default_limit.set_default(name, amount);
            }
            for (name, amount) in self.default_limit.iter() {
                self.default_request.set_default(name, amount);
            }
            for (name, amount) in self.min.iter() {
                self.default_request.set_default(name, amount);
            }
        }
        self
    }
}

/// A resource quota of a namespace.
#[derive(Debug, Clone, Default)]
pub struct ResourceQuota {
    /// The namespace.
    pub namespace: Symbol,
    /// Its name.
    pub name: Symbol,
    /// What may be used at most, as the quota controller last saw it.
    pub hard: ResourceList,
    /// What is used.
    pub used: ResourceList,
    /// What the author asks for; its controller takes it over into `hard`, which alone counts.
    pub wanted: ResourceList,
    /// Which pods it counts; all must hold.
    pub scopes: Vec<QuotaScope>,
}

/// Which pods a quota counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuotaScope {
    /// Pods with a deadline.
    Terminating,
    /// Pods without.
    NotTerminating,
    /// Pods without any request or limit.
    BestEffort,
    /// Pods with one.
    NotBestEffort,
    /// Pods whose affinity reaches into other namespaces.
    CrossNamespacePodAffinity,
    /// Pods by the name of their priority class.
    PriorityClass(crate::model::labels::Operator),
    /// Claims by their class of volume attributes: no pods.
    VolumeAttributesClass(crate::model::labels::Operator),
    /// A scope that Kubernetes 1.37 does not know.
    Unknown(Symbol),
}

/// A disruption budget, which preemption prefers not to break.
#[derive(Debug, Clone, Default)]
pub struct DisruptionBudget {
    /// The namespace.
    pub namespace: Symbol,
    /// The pods meant; `None` selects none.
    pub selector: Option<Selector>,
    /// How many of them may go now.
    pub allowed: i32,
}

/// A workload other than a DaemonSet, whose selector may overlap.
#[derive(Debug, Clone)]
pub struct Workload {
    /// Its kind.
    pub kind: Symbol,
    /// The namespace.
    pub namespace: Symbol,
    /// Its name.
    pub name: Symbol,
    /// Its selector.
    pub selector: Selector,
}
