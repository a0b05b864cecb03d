//! Why a claim is never created for a pod.

use crate::model::{Quantity, Symbol};

/// A claim that a controller would create for the pod and that the API server denies: the pod waits for the claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeniedClaim {
    /// The ephemeral volume, or the entry of `resourceClaims`.
    pub entry: Symbol,
    /// Whether it is a ResourceClaim for devices.
    pub is_of_devices: bool,
    /// Why the API server denies the claim.
    pub denial: ClaimDenial,
}

/// Why the API server denies a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimDenial {
    /// A quota has too little left for the claims of one pod.
    Quota {
        /// The quota.
        quota: Symbol,
        /// Each resource that is short: name, asked, used, hard.
        exceeded: Vec<(Symbol, Quantity, Quantity, Quantity)>,
    },
    /// A LimitRange bounds the storage of claims.
    LimitRange {
        /// The LimitRange.
        range: Symbol,
        /// Whether the bound is the least; otherwise the most.
        least: bool,
        /// The bound.
        bound: Quantity,
        /// What the claim requests.
        asked: Quantity,
    },
    /// The namespace lacks the label that access for administration needs.
    AdminAccess,
}
