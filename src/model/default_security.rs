//! The Pod Security level that the API server enforces in namespaces without a label. The level stands in a file of the
//! API server (`PodSecurityConfiguration.defaults`, k8s.io/pod-security-admission/admission/api v0.36), which no client
//! can read.

use std::collections::HashSet;

use crate::model::message::admission::PodSecurityLevel;
use crate::model::{Labels, Symbol};

/// The label by which a namespace sets its own level.
pub const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

/// The level of namespaces without a label, and what shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultSecurity {
    /// The level.
    pub level: PodSecurityLevel,
    /// The version of the checks: `latest` or `v1.N`.
    pub version: String,
    /// What shows it.
    pub shown_by: ShownBy,
    /// Namespaces in which the API server denied a pod for another reason: the level may not hold there.
    pub denied_otherwise: HashSet<Symbol>,
}

/// What shows the level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShownBy {
    /// A FailedCreate event: the API server denied a pod in this namespace, which has no label.
    Event(Symbol),
    /// The nodes run Talos, whose machine configuration enforces `baseline` in every namespace but `kube-system`, unless
    /// somebody changed it (docs.siderolabs.com, Pod Security, Talos v1.12).
    Talos,
}

/// Whether a namespace sets its own level.
pub fn has_own_level(labels: &Labels) -> bool {
    labels.get(Symbol::new(ENFORCE)).is_some()
}
