//! What a cause of the rules rests on, as the report has it: a type per code, collected in [`Evidence`].
//!
//! [`crate::findings::evidence_of`] makes the evidence from the verdict's own enums. The causes that pods, events and
//! statuses show carry their evidence themselves ([`crate::findings::cause`]). [`schema`] has the JSON Schema of both by
//! code.

mod controller;
mod counts;
mod creation;
mod json;
mod kinds;
mod other;
mod pods;
mod scheduler;
pub mod schema;
mod shape;
mod start;

pub use crate::findings::evidence::controller::{
    FailedRequirement, FailedTerm, NodeAffinities, NodeAffinity, NodeName, NodeSelector, NodeSelectors,
    ProjectSelector, UntoleratedTaint,
};
pub use crate::findings::evidence::counts::Counts;
pub use crate::findings::evidence::creation::{
    Contradicting, Contradictions, LimitRangeViolation, LimitRangeViolations, MissingPriorityClass,
    MissingRuntimeClass, MissingServiceAccount, NamespaceName, PodSecurityViolation, PodSecurityViolations,
    PriorityMismatch, QuotaExceeded, QuotaForClass, QuotaName, QuotaShort, QuotaUnset, QuotaUnspecified,
    RepeatedHostPort, RepeatedHostPorts, RepeatedLabelKey, RepeatedLabelKeys, RuntimeClassConflict, SccRefusal,
    ServerAnswer, WebhookWithoutEndpoint,
};
pub(crate) use crate::findings::evidence::json::json;
pub use crate::findings::evidence::kinds::Evidence;
pub use crate::findings::evidence::other::{
    Contention, DeviceClass, Gate, NoEvidence, NotCollected, OperatingSystem, OtherScheduler, Preemption, Pressure,
    QuotaScope, RaceForClaim, RaceForDomain, SupplementalGroups, Unreadable,
};
pub use crate::findings::evidence::pods::{
    OtherPods, PodAffinity, PodAntiAffinity, SpreadDomain, SpreadLabel, SpreadSkew,
};
pub use crate::findings::evidence::scheduler::{
    AdminAccess, Claim, ClaimInUse, ClaimLost, ClaimOutOfRange, ClaimQuotaExceeded, ClaimVolume, DevicesShort,
    DiskInUse, Driver, Feature, Holder, Insufficient, InsufficientOnNodes, MissingDeviceClass, PortTaken,
    PortTakenOnNodes, ResourceClaimState, TooManyPods, TooManyPodsOnNodes, TooManyVolumes, VolumeZone,
};
pub(crate) use crate::findings::evidence::shape::Shape;
pub use crate::findings::evidence::start::{
    AttachedOnce, InvalidImage, MissingHandler, MissingObject, UnableHandler, UnregisteredDriver,
};
