//! What events, taints and the scheduler's messages show on a node.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::findings::cause::pod::Repeated;
use crate::findings::difference::Difference;
use crate::model::message::admission::Denial;
use crate::model::message::kubelet::PodRejection;
use crate::model::{Symbol, Taint};
use crate::report::State;

/// A taint as evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaintEvidence {
    /// Its key.
    pub key: Symbol,
    /// Its value.
    pub value: Symbol,
    /// Its effect.
    pub effect: &'static str,
}

impl From<Taint> for TaintEvidence {
    fn from(taint: Taint) -> Self {
        TaintEvidence { key: taint.key, value: taint.value, effect: taint.effect.as_str() }
    }
}

/// A virtual node, which does not run DaemonSets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VirtualNode {
    /// The label's key by which such nodes can be excluded.
    pub key: Symbol,
    /// The label's value.
    pub value: Symbol,
}

/// A Windows node that a template for Linux reaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WindowsNode {
    /// A field of the template that means something on Linux only.
    pub field: String,
}

/// A NoExecute taint that is tolerated for a time only.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EvictedAgain {
    /// The taint.
    pub taint: TaintEvidence,
    /// The toleration that sets the time.
    pub toleration: String,
    /// The time.
    pub toleration_seconds: i64,
    /// The taint as people write it.
    #[serde(skip)]
    pub found: Taint,
}

/// The newest FailedCreate event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreationDenied {
    /// Its message.
    pub event: String,
    /// Who denied the pod.
    #[serde(skip)]
    pub denial: Denial,
    /// The namespace.
    #[serde(skip)]
    pub namespace: Symbol,
    /// The ServiceAccount of the pods.
    #[serde(skip)]
    pub account: Symbol,
}

/// What the kubelet said of the pod before the present one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EarlierPodFailed {
    /// That pod.
    pub pod: String,
    /// The reason of the event; empty if there is none.
    pub reason: String,
    /// The message of the event.
    pub message: String,
    /// How often pods of the DaemonSet have failed on the node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeated: Option<Repeated>,
    /// What the reason means.
    #[serde(skip)]
    pub rejection: Option<PodRejection>,
}

/// What the scheduler says of the new pod of a surge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SurgeBlocked {
    /// The new pod.
    pub pod: String,
    /// The reasons in the scheduler's message.
    pub scheduler: BTreeSet<String>,
    /// The scheduler's message.
    pub message: String,
}

/// What a scheduler says that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SchedulerFailed {
    /// Its message.
    pub message: String,
}

/// A configuration of the scheduler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SchedulerProfile {
    /// No plugin is switched off or added; there is no added affinity and no extender.
    Default,
}

/// The scheduler's reasons beside those of the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SchedulerDisagrees {
    /// The scheduler's reasons.
    pub scheduler: BTreeSet<String>,
    /// The reasons of the rules.
    pub rules: BTreeSet<String>,
    /// The scheduler's message.
    pub message: String,
    /// The server's version.
    pub server_version: String,
    /// The version of the rules.
    pub rules_version: String,
    /// What is assumed of the scheduler's configuration.
    pub assumed: SchedulerProfile,
}

/// What another scheduler says of a pod that it does not schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OtherSchedulerReports {
    /// The scheduler.
    pub scheduler: Symbol,
    /// The pod.
    pub pod: String,
    /// Its reasons, as far as its message is written as that of kube-scheduler.
    pub reasons: BTreeSet<String>,
    /// Its message.
    pub message: String,
}

/// The state of a node that must have a healthy pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExpectedPod {
    /// The state.
    pub state: State,
}

/// A pod that waits for its node and differs from the template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangedPod {
    /// The pod.
    pub pod: String,
    /// The fields that differ.
    pub differences: Vec<Difference>,
    /// The placement of the template on the node.
    pub placement_of_template: &'static str,
    /// Whether it is known that the present template made the pod.
    #[serde(skip)]
    pub is_of_this_template: bool,
    /// The nodeSelector of the pod's namespace, where it is what the pod has more than the template: the admission plugin
    /// PodNodeSelector added it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace_selector: Option<NamespaceSelector>,
}

/// The annotation of a namespace by which PodNodeSelector adds to the nodeSelector of pods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NamespaceSelector {
    /// The namespace.
    pub namespace: Symbol,
    /// The annotation.
    pub annotation: Symbol,
    /// Its value.
    pub selector: Symbol,
    /// The labels that it asks for.
    #[serde(skip)]
    pub labels: Vec<(Symbol, Symbol)>,
}
