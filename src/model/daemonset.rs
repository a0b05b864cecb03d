//! DaemonSets.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::model::Symbol;
use crate::model::labels::{Labels, Selector};
use crate::model::manager::Manager;
use crate::model::pod::PodSpec;
use crate::model::security::PodSecurity;

/// One DaemonSet, deployed or only written.
#[derive(Debug, Clone, Default)]
pub struct DaemonSet {
    /// The namespace.
    pub namespace: Symbol,
    /// Its name.
    pub name: Symbol,
    /// Its own labels.
    pub labels: Labels,
    /// UID, which its pods name as their owner; `None` for one that is not deployed.
    pub uid: Option<Symbol>,
    /// The generation of its spec.
    pub generation: i64,
    /// When it was created, seconds since 1970.
    pub created: Option<i64>,
    /// Whether it is being deleted.
    pub terminating: bool,
    /// Which pods are its own.
    pub selector: Selector,
    /// What its pods are made from.
    pub template: PodTemplate,
    /// How pods are replaced when the template changes.
    pub update: UpdateStrategy,
    /// For how long a pod must be ready to be available, seconds.
    pub min_ready_seconds: i64,
    /// The annotation `deprecated.daemonset.template.generation`, which pods carry as a label.
    pub template_generation: Option<i64>,
    /// What the controller last said; `None` for one that is not deployed.
    pub status: Option<DaemonSetStatus>,
    /// Who applies it again when it is changed.
    pub manager: Option<Manager>,
    /// Who changed the template last, by `metadata.managedFields`.
    pub template_manager: Option<Box<str>>,
    /// Annotations that speak to the doctor.
    pub doctor_annotations: Vec<(Symbol, Box<str>)>,
}

impl DaemonSet {
    /// The template generation with which it is created (`PrepareForCreate`, pkg/registry/apps/daemonset, v1.36).
    pub fn first_generation(&self) -> i64 {
        self.template_generation.unwrap_or(0).max(1)
    }
}

/// A pod template.
#[derive(Debug, Clone, Default)]
pub struct PodTemplate {
    /// Labels.
    pub labels: Labels,
    /// What placement looks at.
    pub spec: PodSpec,
    /// What Pod Security looks at.
    pub security: PodSecurity,
    /// Lists as they are written, of which `spec` holds only what refuses.
    pub written: Written,
    /// Its terms with `matchLabelKeys`, as they were written.
    pub label_keys: Vec<LabelKeys>,
    /// Its whole spec, over which a patch is laid.
    pub text: SpecText,
}

/// A pod's spec, or a whole template, as the JSON that it was read from. It may hold what is secret, and is never shown.
#[derive(Clone, Default)]
pub struct SpecText(Option<Arc<str>>);

impl SpecText {
    /// Keeps a text.
    pub fn new(text: &str) -> Self {
        SpecText(Some(text.into()))
    }

    /// The text; `None` where the template has no spec.
    pub fn get(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl fmt::Debug for SpecText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SpecText")
    }
}

/// Lists of a template item by item as they are written: a patch replaces such a list, and must give it whole.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Written {
    /// `topologySpreadConstraints`.
    pub spread: Vec<Value>,
    /// The required terms of `affinity.podAffinity`.
    pub pod_affinity: Vec<Value>,
    /// The required terms of `affinity.podAntiAffinity`.
    pub pod_anti_affinity: Vec<Value>,
}

impl Written {
    /// The spread constraints that refuse, in the order of [`PodSpec::spread`].
    pub fn refusing_spread(&mut self) -> impl Iterator<Item = &mut Value> {
        self.spread.iter_mut().filter(|constraint| constraint["whenUnsatisfiable"] == "DoNotSchedule")
    }
}

/// A term of affinity to pods, or a spread constraint, with `matchLabelKeys` and a selector.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelKeys {
    /// Where it stands in the pod's spec: `affinity.podAffinity.required...[0]`.
    pub field: String,
    /// Whether it is a spread constraint.
    pub spread: bool,
    /// Its `matchLabelKeys`.
    pub keys: Vec<Symbol>,
    /// The keys of its `labelSelector`: those of `matchLabels`, then those of `matchExpressions`, in order.
    pub selected: Vec<Symbol>,
}

/// How pods are replaced when the template changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateStrategy {
    /// Only where somebody deletes the old pod.
    OnDelete,
    /// By the controller, within bounds.
    RollingUpdate {
        /// How many nodes may lack an available pod.
        max_unavailable: Bound,
        /// How many nodes may run two pods.
        max_surge: Bound,
    },
}

impl Default for UpdateStrategy {
    fn default() -> Self {
        UpdateStrategy::RollingUpdate { max_unavailable: Bound::Count(1), max_surge: Bound::Count(0) }
    }
}

impl UpdateStrategy {
    /// Whether a new pod is made before the old one goes.
    pub fn surges(self) -> bool {
        matches!(self, UpdateStrategy::RollingUpdate { max_surge, .. } if max_surge.of(1) > 0)
    }
}

/// A number of nodes, or a share of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// So many.
    Count(i64),
    /// So many of a hundred, rounded up.
    Percent(i64),
}

impl Bound {
    /// The number for a total, rounded up (`GetScaledValueFromIntOrPercent`).
    pub fn of(self, total: i64) -> i64 {
        match self {
            Bound::Count(count) => count,
            Bound::Percent(percent) => (percent.saturating_mul(total) + 99).div_euclid(100),
        }
    }
}

/// What the controller last said of a DaemonSet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DaemonSetStatus {
    /// The generation it is about.
    pub observed_generation: i64,
    /// Nodes that should run a pod.
    pub desired: i64,
    /// Nodes that should and have a pod object.
    pub current: i64,
    /// Nodes whose pod is of the current revision.
    pub updated: i64,
    /// Nodes whose pod is ready.
    pub ready: i64,
    /// Nodes whose pod is available.
    pub available: i64,
    /// Nodes that have a pod and should not.
    pub misscheduled: i64,
}

/// A stored revision of a DaemonSet's template.
#[derive(Debug, Clone)]
pub struct Revision {
    /// UID of the DaemonSet.
    pub owner: Symbol,
    /// The label that its pods carry.
    pub hash: Option<Symbol>,
    /// The number, the highest of which is current.
    pub number: i64,
    /// When it was created, seconds since 1970.
    pub created: Option<i64>,
    /// The template that it stores.
    pub template: SpecText,
}

/// An event of the cluster.
#[derive(Debug, Clone)]
pub struct Event {
    /// The kind it is about.
    pub kind: Symbol,
    /// Namespace of what it is about.
    pub namespace: Symbol,
    /// Name of what it is about.
    pub name: Box<str>,
    /// UID of the DaemonSet that it is about, where the event has it. Of pods, which are many, the name tells enough.
    pub uid: Option<Box<str>>,
    /// A word.
    pub reason: Symbol,
    /// A sentence.
    pub message: Box<str>,
    /// Whether it is a warning.
    pub warning: bool,
    /// When it was first seen, seconds since 1970.
    pub first_seen: Option<i64>,
    /// When it was last seen, seconds since 1970.
    pub last_seen: Option<i64>,
    /// How many times it was seen, at least 1.
    pub count: i64,
    /// The container that it is about, of a pod's event.
    pub container: Option<Symbol>,
    /// The node whose kubelet sent it.
    pub host: Option<Symbol>,
}
