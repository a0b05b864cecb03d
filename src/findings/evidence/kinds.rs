//! The evidence of every cause of the rules, as one enum.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::findings::evidence::controller::{
    NodeAffinities, NodeAffinity, NodeName, NodeSelector, NodeSelectors, ProjectSelector, UntoleratedTaint,
};
use crate::findings::evidence::creation::{
    Contradictions, LimitRangeViolations, MissingPriorityClass, MissingRuntimeClass, MissingServiceAccount,
    NamespaceName, PodSecurityViolations, PriorityMismatch, QuotaExceeded, QuotaForClass, QuotaName, QuotaUnspecified,
    RepeatedHostPorts, RepeatedLabelKeys, RuntimeClassConflict, SccRefusal, ServerAnswer, WebhookWithoutEndpoint,
};
use crate::findings::evidence::json::json;
use crate::findings::evidence::other::{
    Contention, DeviceClass, Gate, NoEvidence, NotCollected, OperatingSystem, OtherScheduler, Preemption, Pressure,
    QuotaScope, RaceForClaim, RaceForDomain, SupplementalGroups, Unreadable,
};
use crate::findings::evidence::pods::{PodAffinity, PodAntiAffinity, SpreadDomain, SpreadLabel, SpreadSkew};
use crate::findings::evidence::scheduler::{
    AdminAccess, Claim, ClaimInUse, ClaimLost, ClaimOutOfRange, ClaimQuotaExceeded, ClaimVolume, DevicesShort,
    DiskInUse, Driver, Feature, Insufficient, InsufficientOnNodes, MissingDeviceClass, PortTaken, PortTakenOnNodes,
    ResourceClaimState, TooManyPods, TooManyPodsOnNodes, TooManyVolumes, VolumeZone,
};
use crate::findings::evidence::start::{
    AttachedOnce, InvalidImage, MissingHandler, MissingObject, UnableHandler, UnregisteredDriver,
};

/// Declares the evidence of every cause of the rules.
macro_rules! evidence {
    ($($name:ident),* $(,)?) => {
        /// The evidence of a cause of the rules.
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[serde(untagged)]
        #[allow(missing_docs, reason = "each variant is documented where its type is")]
        pub enum Evidence { $( $name($name), )* }

        $( impl From<$name> for Evidence {
            fn from(evidence: $name) -> Self {
                Evidence::$name(evidence)
            }
        } )*
    };
}

evidence! {
    NoEvidence,
    NodeName, NodeSelector, NodeSelectors, NodeAffinity, NodeAffinities, UntoleratedTaint, ProjectSelector,
    ServerAnswer, NamespaceName, MissingServiceAccount, MissingPriorityClass, PriorityMismatch, MissingRuntimeClass,
    RuntimeClassConflict, LimitRangeViolations, PodSecurityViolations, QuotaExceeded, QuotaForClass, QuotaUnspecified, QuotaName,
    Contradictions, RepeatedLabelKeys, RepeatedHostPorts, WebhookWithoutEndpoint, SccRefusal,
    PortTaken, PortTakenOnNodes, TooManyPods, TooManyPodsOnNodes, Insufficient, InsufficientOnNodes, Claim, DiskInUse,
    ClaimInUse, TooManyVolumes, Driver, ClaimLost, ClaimQuotaExceeded, ClaimOutOfRange, ClaimVolume, VolumeZone, Feature, AdminAccess, ResourceClaimState, MissingDeviceClass, DevicesShort,
    SpreadLabel, SpreadDomain, SpreadSkew, PodAffinity, PodAntiAffinity,
    Gate, OtherScheduler, NotCollected, DeviceClass, Unreadable, QuotaScope, OperatingSystem, SupplementalGroups, Pressure,
    RaceForClaim, RaceForDomain, Preemption,
    MissingObject, UnregisteredDriver, MissingHandler, UnableHandler, InvalidImage, AttachedOnce,
}

impl Evidence {
    /// Returns the evidence as the report has it.
    pub fn json(&self) -> Map<String, Value> {
        json(self)
    }

    /// Adds how many of the competing nodes get a pod, if the cause is a competition.
    #[must_use]
    pub fn contended(mut self, contention: Option<Contention>) -> Self {
        match &mut self {
            Evidence::RaceForClaim(race) => race.contention = contention,
            Evidence::RaceForDomain(race) => race.contention = contention,
            _ => {}
        }
        self
    }
}
