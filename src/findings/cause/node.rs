//! What events, taints and the scheduler's messages show on a node.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::findings::cause::pod::{Age, Repeated};
use crate::findings::difference::Difference;
use crate::model::message::admission::Denial;
use crate::model::message::kubelet::PodRejection;
use crate::model::message::loss::PodLoss;
use crate::model::{Symbol, Taint};
use crate::report::State;

crate::report::codes::pages! {
    MISSING = 508, Error, "pods are missing, and no cause was found",
    "The node is eligible and has no pod, and the rules find no cause. The controller creates pods in growing batches and stops at the first error, so that a node may wait without an event.",
    "Check the events of the DaemonSet (`kubectl describe daemonset NAME -n NAMESPACE`), and whether kube-controller-manager runs.";
    EVICTED_AGAIN = 512, Error, "pods are evicted and recreated in a loop",
    "Pods are lost and recreated one after the other, although the present pod may be healthy. The node has a NoExecute taint that the pods tolerate for a limited time only (tolerationSeconds, which the controller ignores), a taint that comes and goes, pods of higher priority that take the place (Preempted), or something else deletes the pods. Events of the last hour count the pods.",
    "Remove tolerationSeconds to keep the pods, or remove the toleration to exclude the node. Find who adds the taint. Name a PriorityClass that is high enough.";
    SURGE_BLOCKED = 513, Error, "the new pod does not fit next to the old pod",
    "With maxSurge the new pod must start next to the old pod, which the controller deletes only when the new pod is available. The new pod cannot get what the old pod uses: a host port, capacity, a ReadWriteOncePod claim, or the only place that podAntiAffinity allows.",
    "Use maxUnavailable instead of maxSurge, or free the resource that the scheduler names.";
    WINDOWS_NODE = 605, Warning, "Windows nodes are eligible for a template for Linux",
    "The template selects no operating system, and a field of the template means something on Linux only. The controller creates pods on Windows nodes as well, where an image for Linux cannot run.",
    "Select Linux nodes: `nodeSelector` with `kubernetes.io/os: linux`.";
    DISAGREES = 710, Warning, "the scheduler reports other reasons than the rules",
    "The PodScheduled condition of the pod has other reasons than the rules predict for this node. The cluster may have changed since, or the scheduler may have another configuration or more plugins.",
    "Trust the message of the scheduler. If the difference persists on an unchanged cluster with a default scheduler, please report it.";
}

/// The causes of this file (`cause/mod.rs` says what a line holds).
macro_rules! node_causes {
    ($then:ident, $($rest:tt)*) => {
        $then! { $($rest)*
            /// The node is not ready, and so its pods are not.
            NodeNotReady(pod::NodeNotReady): [NODE_NOT_READY], Kubelet, Warning;
            /// The node is not ready, and so no new pod starts there.
            NodeRunsNoPods(pod::NodeNotReady): [NODE_NOT_READY], Kubelet, Warning;
            /// The controller creates pods on a virtual node.
            VirtualNode(node::VirtualNode): [VIRTUAL_NODE], Rollout, Warning;
            /// The controller creates pods of a template for Linux on a Windows node.
            WindowsNode(node::WindowsNode): [WINDOWS_NODE], Rollout, Warning;
            /// The taint manager evicts the pod again and again.
            EvictedAgain(node::EvictedAgain): [EVICTED_AGAIN], Rollout;
            /// Pods of the node are lost one after the other.
            PodsLost(node::PodsLost): [EVICTED_AGAIN], Rollout;
            /// The controller creates pods one after the other, and nothing says why.
            PodsRecreated(node::PodsRecreated): [EVICTED_AGAIN], Rollout;
            /// The node has no pod, and no cause was found.
            Missing: [MISSING], Rollout;
            /// The API server denied the last pod.
            CreationDenied(node::CreationDenied): [
                WEBHOOK_UNREACHABLE, WEBHOOK_REFUSED, POD_SECURITY, SCC_DENIED, QUOTA_FOR_CLASS, CREATION_FAILED
            ], Creation;
            /// The new pod of a surge does not fit next to the old pod.
            SurgeBlocked(node::SurgeBlocked): [SURGE_BLOCKED], Rollout;
            /// The scheduler failed.
            SchedulerFailed(node::SchedulerFailed): [PENDING_UNEXPLAINED], Scheduler;
            /// The pod is not scheduled, and no cause was found.
            PendingUnexplained: [PENDING_UNEXPLAINED], Scheduler;
            /// The scheduler reports other reasons than the rules.
            SchedulerDisagrees(node::SchedulerDisagrees): [DISAGREES], Scheduler, Warning;
            /// Another scheduler says why it does not schedule the pod.
            OtherSchedulerReports(node::OtherSchedulerReports): [OTHER_SCHEDULER], Scheduler;
            /// The node must have a healthy pod, and nothing else says why it has none.
            ExpectedPod(node::ExpectedPod): [EXPECTED], Rollout;
            /// A pod that waits for its node differs from the template, and that decides.
            ChangedPod(node::ChangedPod): [CHANGED_BY_ADMISSION], Creation, Warning;
        }
    };
}
pub(crate) use node_causes;

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

/// Pods of the node that were lost one after the other.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PodsLost {
    /// Who takes them off the node.
    #[serde(skip)]
    pub loss: PodLoss,
    /// The reason of the events.
    pub reason: LossReason,
    /// How many.
    pub count: i64,
    /// Since the first of them.
    #[serde(rename = "since", skip_serializing_if = "Option::is_none")]
    pub age: Option<Age>,
    /// When the last one was lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<Age>,
    /// The last one.
    pub pod: String,
}

/// The reason of events about pods that are taken off their node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub enum LossReason {
    /// The taint manager evicts the pod.
    TaintManagerEviction,
    /// The scheduler evicts it for a pod of higher priority.
    Preempted,
    /// The kubelet evicts it for a critical pod.
    Preempting,
    /// The kubelet evicts it under node pressure.
    Evicted,
}

impl From<PodLoss> for LossReason {
    fn from(loss: PodLoss) -> Self {
        match loss {
            PodLoss::TaintManager => LossReason::TaintManagerEviction,
            PodLoss::Preempted => LossReason::Preempted,
            PodLoss::KubeletPreempted => LossReason::Preempting,
            PodLoss::Evicted => LossReason::Evicted,
        }
    }
}

/// Pods that the controller created, more than rollouts need, with nothing that says what became of those before.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PodsRecreated {
    /// How many.
    pub count: i64,
    /// Since the first of them.
    #[serde(rename = "since", skip_serializing_if = "Option::is_none")]
    pub age: Option<Age>,
    /// On how many nodes the DaemonSet has a pod.
    pub nodes: usize,
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
