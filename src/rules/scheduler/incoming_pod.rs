//! The pod that the filters judge.

use std::sync::Arc;

use crate::model::{Labels, PodSpec, Symbol};
use crate::rules::verdict::DeniedClaim;

/// A pod as the scheduler meets it: made by the controller, changed by admission.
pub struct IncomingPod<'a> {
    /// The namespace.
    pub namespace: Symbol,
    /// Labels, those that the controller adds among them.
    pub labels: &'a Labels,
    /// The spec, with defaults and tolerations.
    pub spec: &'a PodSpec,
    /// Priority.
    pub priority: i32,
    /// A claim that is never created for the pod.
    pub denied_claim: Option<&'a Arc<DeniedClaim>>,
}
