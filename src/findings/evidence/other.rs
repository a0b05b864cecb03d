//! Evidence of gates, of what is not known, of competition, preemption and the kubelet.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::Symbol;
use crate::rules::Placement;

/// No evidence: the code says all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NoEvidence {}

/// A scheduling gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Gate {
    /// Its name.
    pub gate: Symbol,
}

/// A scheduler that cannot be simulated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OtherScheduler {
    /// Its name.
    pub scheduler: Symbol,
}

/// Objects that decide and could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NotCollected {
    /// Which.
    pub what: String,
    /// Why not.
    pub why: String,
}

/// An extended resource that a DeviceClass provides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeviceClass {
    /// The resource.
    pub resource: Symbol,
    /// The class.
    pub class: Symbol,
}

/// An object that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Unreadable {
    /// Why not.
    pub why: String,
}

/// A scope of a ResourceQuota that is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct QuotaScope {
    /// Its name.
    pub scope: Symbol,
}

/// Operating systems that differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OperatingSystem {
    /// What the pod requires.
    pub os: Symbol,
    /// What the node runs.
    #[serde(rename = "nodeOS")]
    pub node_os: Symbol,
}

/// A policy of supplemental groups that the runtime does not support.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SupplementalGroups {
    /// The policy.
    pub supplemental_groups_policy: &'static str,
}

/// A node that is short of something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Pressure {
    /// The node's condition.
    pub condition: Symbol,
}

/// How many of the competing nodes get a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Contention {
    /// At least.
    pub min_pods: u32,
    /// At most.
    pub max_pods: u32,
    /// How many nodes compete.
    pub candidates: u32,
}

impl Contention {
    /// The contention of a placement, if there is one.
    pub fn of(placement: &Placement) -> Option<Self> {
        match *placement {
            Placement::Contended { min_pods, most, candidates } => {
                Some(Contention { min_pods, max_pods: most, candidates })
            }
            _ => None,
        }
    }
}

/// A competition for a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RaceForClaim {
    /// The claim.
    pub claim: Symbol,
    /// How many nodes get a pod.
    #[serde(flatten)]
    pub contention: Option<Contention>,
}

/// A competition for a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RaceForDomain {
    /// The label by which domains are made.
    pub topology_key: Symbol,
    /// How many nodes get a pod.
    #[serde(flatten)]
    pub contention: Option<Contention>,
}

/// Pods that the scheduler would evict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Preemption {
    /// The first of them, as `namespace/name`.
    pub victims: Vec<String>,
    /// Their number.
    pub count: usize,
}
