//! Why the scheduler finds no devices for a pod.

use crate::model::{Symbol, Taint};

/// Why the scheduler finds no devices for a pod (plugin DynamicResources).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceRejection {
    /// The ResourceClaimTemplate does not exist: no claim is created for the pod.
    TemplateMissing {
        /// The entry of the pod's `resourceClaims`.
        claim: Symbol,
        /// The template.
        template: Symbol,
    },
    /// The ResourceClaim does not exist.
    ClaimMissing {
        /// The claim.
        claim: Symbol,
    },
    /// The ResourceClaim is being deleted.
    ClaimTerminating {
        /// The claim.
        claim: Symbol,
    },
    /// The claim is reserved for as many pods as can share one.
    ClaimInUse {
        /// The claim.
        claim: Symbol,
        /// How many pods.
        pods: usize,
    },
    /// The devices that are allocated to the claim are of other nodes.
    ClaimElsewhere {
        /// The claim.
        claim: Symbol,
    },
    /// A DeviceClass does not exist.
    ClassMissing {
        /// The request.
        request: Symbol,
        /// The class.
        class: Symbol,
    },
    /// The node has too few devices for a request.
    TooFew(DeviceShortage),
}

/// The devices of a node, as a request meets them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceShortage {
    /// What requests them.
    pub asker: DeviceAsker,
    /// The DeviceClass.
    pub class: Symbol,
    /// How many are requested; `None` for all that match.
    pub requested: Option<u64>,
    /// How many the ResourceSlices show for the node.
    pub published: usize,
    /// How many of these may match the class and the request.
    pub matching: usize,
    /// How many of these other claims have.
    pub in_use: usize,
    /// How many of these have a taint that the request does not tolerate.
    pub tainted: usize,
    /// One such taint.
    pub taint: Option<Taint>,
}

/// What requests devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceAsker {
    /// A request of a claim.
    Request {
        /// The entry of the pod's `resourceClaims`.
        claim: Symbol,
        /// The request.
        request: Symbol,
    },
    /// An extended resource that a DeviceClass provides.
    Resource(Symbol),
}

/// What a node lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShortageKind {
    /// No ResourceSlice shows a device.
    NonePublished,
    /// No device matches.
    NoneMatching,
    /// Other claims have all that match.
    AllInUse,
    /// All that match have a taint.
    AllTainted,
    /// There are some, and too few.
    Few,
}

impl DeviceShortage {
    /// What the node lacks.
    pub fn kind(&self) -> ShortageKind {
        match self {
            DeviceShortage { published: 0, .. } => ShortageKind::NonePublished,
            DeviceShortage { matching: 0, .. } => ShortageKind::NoneMatching,
            DeviceShortage { matching, in_use, .. } if matching == in_use => ShortageKind::AllInUse,
            DeviceShortage { matching, tainted, .. } if matching == tainted => ShortageKind::AllTainted,
            _ => ShortageKind::Few,
        }
    }
}

impl DeviceRejection {
    /// Whether the scheduler does not even try the pod (PreEnqueue), and so reports nothing.
    pub fn is_before_queue(&self) -> bool {
        use DeviceRejection as D;
        matches!(self, D::TemplateMissing { .. } | D::ClaimMissing { .. } | D::ClaimTerminating { .. })
    }

    /// Whether it rejects the pod as a whole, before any node.
    pub fn is_before_nodes(&self) -> bool {
        use DeviceRejection as D;
        self.is_before_queue() || matches!(self, D::ClaimInUse { .. } | D::ClassMissing { .. })
    }
}
