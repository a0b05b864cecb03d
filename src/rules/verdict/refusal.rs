//! Why the API server refuses to create a pod.

use crate::model::default_security::ShownBy;
use crate::model::message::admission::{DenyingPlugin, SccObjection};
use crate::model::pod::Port;
use crate::model::{Quantity, Symbol};

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
        /// What shows the level, where it is the cluster's default and the namespace has no label.
        default: Option<ShownBy>,
    },
    /// A webhook that is asked about the pods cannot be called, since its Service has no endpoint, and denies them then.
    WebhookWithoutEndpoint {
        /// The webhook.
        webhook: Symbol,
        /// Namespace and name of its Service.
        service: (Symbol, Symbol),
    },
    /// The server admits the class only in namespaces with a quota for it, and the namespace has none.
    QuotaForClassMissing {
        /// The class.
        class: Symbol,
    },
    /// No SecurityContextConstraints that the account may use admit the pod (OpenShift).
    SecurityContextConstraints {
        /// The ServiceAccount.
        account: Symbol,
        /// What those object to that the account may use.
        objections: Vec<SccObjection>,
        /// Others that would admit the pod.
        others: Vec<Symbol>,
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
    /// A term names a label key twice once `matchLabelKeys` are merged into its selector.
    RepeatedLabelKeys {
        /// Each term by its place in the pod's spec, with the key.
        terms: Vec<(String, Symbol)>,
    },
    /// Containers take a port of the node that another one, or another port of theirs, has.
    RepeatedHostPorts {
        /// Each such port, with its container.
        ports: Vec<(Symbol, Port)>,
    },
    /// A quota limits something of which its controller has not counted the use.
    QuotaUnsynced {
        /// The quota.
        quota: Symbol,
    },
}

impl CreationRefusal {
    /// The plugin of the API server that denies the pod.
    pub fn plugin(&self) -> DenyingPlugin {
        match self {
            CreationRefusal::Answered { message } => DenyingPlugin::of(message),
            CreationRefusal::NamespaceMissing | CreationRefusal::NamespaceTerminating => DenyingPlugin::Namespace,
            CreationRefusal::ServiceAccountMissing { .. } => DenyingPlugin::ServiceAccount,
            CreationRefusal::PriorityClassMissing { .. }
            | CreationRefusal::PriorityMismatch { .. }
            | CreationRefusal::PreemptionPolicyMismatch => DenyingPlugin::Priority,
            CreationRefusal::RuntimeClassMissing { .. }
            | CreationRefusal::RuntimeClassConflict { .. }
            | CreationRefusal::OverheadMismatch => DenyingPlugin::RuntimeClass,
            CreationRefusal::LimitRange { .. } => DenyingPlugin::LimitRanger,
            CreationRefusal::PodSecurity { .. } => DenyingPlugin::PodSecurity,
            CreationRefusal::WebhookWithoutEndpoint { .. } => DenyingPlugin::Hook,
            CreationRefusal::SecurityContextConstraints { .. } => DenyingPlugin::SecurityContextConstraints,
            CreationRefusal::QuotaForClassMissing { .. }
            | CreationRefusal::QuotaExceeded { .. }
            | CreationRefusal::QuotaUnspecified { .. }
            | CreationRefusal::QuotaUnsynced { .. } => DenyingPlugin::ResourceQuota,
            CreationRefusal::Invalid { .. }
            | CreationRefusal::RepeatedLabelKeys { .. }
            | CreationRefusal::RepeatedHostPorts { .. } => DenyingPlugin::Validation,
        }
    }
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
    /// The pod's limit is less than its containers' together, of a resource that cannot be overcommitted.
    LimitBelowContainers,
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
