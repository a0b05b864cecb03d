//! Evidence of why the scheduler rejects a node.

use schemars::JsonSchema;
use serde::Serialize;

use crate::findings::evidence::creation::QuotaShort;
use crate::model::Symbol;

/// A host port that a pod of the node uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PortTaken {
    /// The port that the pod requests, as `9100/TCP`.
    pub port: String,
    /// The port that is used; its address may differ.
    pub held: String,
    /// The pod that uses the port, as `namespace/name`.
    pub holder: String,
}

/// A host port that pods of several nodes use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PortTakenOnNodes {
    /// The port that the pod requests, as `9100/TCP`.
    pub port: String,
    /// The first of the pods that use the port, as `namespace/name`.
    pub holders: Vec<String>,
}

/// A node that runs as many pods as it allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TooManyPods {
    /// How many pods the node allows.
    pub allocatable: i64,
    /// How many pods it runs.
    pub taken: i64,
}

/// Nodes that run as many pods as they allow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TooManyPodsOnNodes {
    /// The lowest and the highest number of pods that one of the nodes allows.
    pub allocatable: [i64; 2],
}

/// A resource of which a node has too little free.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Insufficient {
    /// The resource.
    pub resource: Symbol,
    /// What the pod requests.
    pub asked: String,
    /// What is free; negative if the node is overcommitted.
    pub free: String,
    /// What the node offers to pods.
    pub allocatable: String,
    /// How much is missing.
    pub short: String,
    /// The pods of the node with the largest requests.
    pub holders: Vec<Holder>,
}

/// A pod that requests a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Holder {
    /// The pod, as `namespace/name`.
    pub pod: String,
    /// What the pod requests.
    pub asks: String,
    /// Its priority.
    pub priority: i32,
    /// What the pod requests, as the scheduler counts.
    #[serde(skip)]
    pub amount: i64,
}

/// A resource of which several nodes have too little free.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct InsufficientOnNodes {
    /// The resource.
    pub resource: Symbol,
    /// What the pod requests.
    pub asked: String,
    /// The least and the most that is free on one of the nodes.
    pub free: [String; 2],
    /// How much is missing on the node with the least.
    pub short: String,
}

/// A claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    /// Its name.
    pub claim: Symbol,
    /// The StorageClass that it names and that does not exist; empty where it names none and no class is the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_class: Option<Symbol>,
}

/// A quota that has too little left for the claims of a pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ClaimQuotaExceeded {
    /// The ephemeral volume; null for a claim for devices.
    pub volume: Option<Symbol>,
    /// The entry of `resourceClaims`; null for a volume.
    pub claim: Option<Symbol>,
    /// The quota.
    pub quota: Symbol,
    /// Each resource that is short.
    pub exceeded: Vec<QuotaShort>,
}

/// A claim with `adminAccess` in a namespace without the label for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AdminAccess {
    /// The entry of `resourceClaims`.
    pub claim: Symbol,
}

/// A claim for devices that the pod cannot use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ResourceClaimState {
    /// The claim, or the entry of `resourceClaims` that names a template.
    pub claim: Symbol,
    /// The ResourceClaimTemplate; null for a claim by name.
    pub template: Option<Symbol>,
    /// How many pods share the claim, where that is the cause.
    pub pods: Option<usize>,
    /// Why: `templateMissing`, `missing`, `terminating`, `inUse` or `onOtherNodes`.
    pub state: &'static str,
}

/// A DeviceClass that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MissingDeviceClass {
    /// The request.
    pub request: Symbol,
    /// The class.
    pub device_class: Symbol,
}

/// A node with too few devices for a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DevicesShort {
    /// The entry of `resourceClaims`; null for an extended resource.
    pub claim: Option<Symbol>,
    /// The request of the claim; null for an extended resource.
    pub request: Option<Symbol>,
    /// The extended resource that a DeviceClass provides; null for a claim.
    pub resource: Option<Symbol>,
    /// The DeviceClass.
    pub device_class: Symbol,
    /// How many devices are requested; null for all that match.
    pub requested: Option<u64>,
    /// How many devices the ResourceSlices offer to the node.
    pub published: usize,
    /// How many of these may match the class and the request.
    pub matching: usize,
    /// How many of these other claims have.
    pub in_use: usize,
    /// How many of these have a taint that the request does not tolerate.
    pub tainted: usize,
    /// One such taint.
    pub taint: Option<String>,
}

/// A claim whose storage a LimitRange forbids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClaimOutOfRange {
    /// The ephemeral volume.
    pub volume: Symbol,
    /// The LimitRange.
    pub limit_range: Symbol,
    /// The bound that the claim breaks: `min` or `max`.
    pub limit: &'static str,
    /// The bound.
    pub bound: String,
    /// What the claim requests.
    pub asked: String,
}

/// A disk that another pod uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DiskInUse {
    /// That pod, as `namespace/name`.
    pub holder: String,
}

/// A ReadWriteOncePod claim that another pod uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ClaimInUse {
    /// The claim.
    pub claim: Symbol,
    /// That pod, as `namespace/name`.
    pub holder: String,
}

/// A node that attaches as many volumes of a driver as it can.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TooManyVolumes {
    /// The CSI driver.
    pub driver: Symbol,
    /// How many volumes the node attaches at most.
    pub limit: i64,
    /// How many are attached.
    pub attached: i64,
}

/// A CSI driver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Driver {
    /// Its name.
    pub driver: Symbol,
}

/// A claim that lost its volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ClaimLost {
    /// The claim.
    pub claim: Symbol,
    /// The volume, if the claim names it.
    pub volume: Option<Symbol>,
}

/// A claim and its volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ClaimVolume {
    /// The claim.
    pub claim: Symbol,
    /// The volume.
    pub volume: Symbol,
}

/// A volume in another zone or region than the node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct VolumeZone {
    /// The claim.
    pub claim: Symbol,
    /// The volume.
    pub volume: Symbol,
    /// The label of the zone or region.
    pub key: Symbol,
    /// The node's value; null if the node lacks the label.
    pub actual: Option<Symbol>,
}

/// A feature that the node does not declare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Feature {
    /// Its name.
    pub feature: &'static str,
}
