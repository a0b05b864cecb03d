//! What admission makes of a pod: the pod, why it is refused, and what could not be seen.

use std::sync::Arc;

use crate::model::wire::Kind;
use crate::model::{Labels, PodSpec, Quantity, Symbol};
use crate::rules::verdict::{CreationRefusal, DeniedClaim, MissingData, Unknown};
use crate::store::{Coverage, PodIndex};

/// A quota that has room for only so many of the pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaAdmits {
    /// The quota.
    pub quota: Symbol,
    /// How many more pods it admits.
    pub admits: u64,
    /// The resource of which there is least.
    pub short: ShortOf,
}

/// A resource that a quota limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShortOf {
    /// Its name in the quota.
    pub resource: Symbol,
    /// What each pod takes of it.
    pub asked: Quantity,
    /// What is used.
    pub used: Quantity,
    /// What may be used.
    pub hard: Quantity,
    /// Whether the claims that are created for each pod take it, not the pod.
    pub of_claims: bool,
}

/// Something that creation depends on and that could not be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assumption {
    /// Objects of a kind, assumed to change nothing.
    Kind {
        /// The kind.
        kind: Kind,
        /// The namespace that they are in, where only those of one matter.
        namespace: Option<Symbol>,
        /// Why they could not be seen.
        coverage: Coverage,
    },
    /// A quota whose controller has not copied the new limits into the quota's status.
    QuotaBehind {
        /// The quota.
        quota: Symbol,
        /// Its namespace.
        namespace: Symbol,
    },
    /// How many pods a quota has room for, since the DaemonSet's own pods could not be seen.
    QuotaRoom {
        /// The quota.
        quota: Symbol,
    },
}

/// The DaemonSet's pods that a quota counts already and that the new ones replace.
#[derive(Debug, Clone, Copy)]
pub enum ReplacedPods<'a> {
    /// These.
    Seen(&'a [PodIndex]),
    /// It may have some, and nobody could see them.
    Unseen,
}

/// The pod that the controller and the API server make of a template.
#[derive(Debug, Clone)]
pub struct Admission {
    /// Its labels.
    pub labels: Labels,
    /// Its spec, with defaults, tolerations, and what classes add.
    pub spec: PodSpec,
    /// Its priority.
    pub priority: i32,
    /// Whether it never evicts others.
    pub preempts_never: bool,
    /// Why it is not created.
    pub refusals: Vec<Arc<CreationRefusal>>,
    /// Why that cannot be known.
    pub unknowns: Vec<Arc<Unknown>>,
    /// A quota that admits only so many pods.
    pub quota: Option<QuotaAdmits>,
    /// A claim that is never created for the pod, which waits for it.
    pub denied_claim: Option<Arc<DeniedClaim>>,
    /// What was not looked at.
    pub assumptions: Vec<Assumption>,
}

impl Admission {
    pub(super) fn refuse(&mut self, refusals: impl IntoIterator<Item = CreationRefusal>) {
        self.refusals.extend(refusals.into_iter().map(Arc::new));
    }

    pub(super) fn not_collected(&mut self, what: MissingData, coverage: &Coverage) {
        self.unknowns.push(Arc::new(Unknown::NotCollected { what, coverage: coverage.clone() }));
    }
}
