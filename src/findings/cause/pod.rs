//! What pods and their containers show.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::model::message::kubelet::{PodRejection, SetupFailure};
use crate::model::{Node, Symbol};

crate::report::codes::pages! {
    TERMINATING_LONG = 439, Error, "the pod is stuck terminating",
    "The pod has a deletionTimestamp, and its grace period is over: the node is unreachable, or a finalizer blocks the deletion. The controller creates no new pod on the node until the pod is deleted.",
    "Fix the node. If the node will not recover, delete the Node object, or add the taint node.kubernetes.io/out-of-service.";
}

/// The causes of this file (`cause/mod.rs` says what a line holds).
macro_rules! pod_causes {
    ($then:ident, $($rest:tt)*) => {
        $then! { $($rest)*
            /// The pod has ended with success.
            PodSucceeded(pod::PodSucceeded): [
                KUBELET_RESOURCES, KUBELET_AFFINITY, KUBELET_PORTS, KUBELET_TAINT, EVICTED, SYSCTL_FORBIDDEN, DEVICES, NODE_SHUTDOWN,
                KUBELET_REFUSED, POD_FAILED
            ], Kubelet;
            /// The kubelet rejected or evicted the pod, or its containers failed.
            PodFailed(pod::PodFailed): [
                KUBELET_RESOURCES, KUBELET_AFFINITY, KUBELET_PORTS, KUBELET_TAINT, EVICTED, SYSCTL_FORBIDDEN, DEVICES, NODE_SHUTDOWN,
                KUBELET_REFUSED, POD_FAILED
            ], Kubelet;
            /// The pod before the present one failed.
            EarlierPodFailed(node::EarlierPodFailed): [
                KUBELET_RESOURCES, KUBELET_AFFINITY, KUBELET_PORTS, KUBELET_TAINT, EVICTED, SYSCTL_FORBIDDEN, DEVICES, NODE_SHUTDOWN,
                KUBELET_REFUSED, POD_FAILED
            ], Kubelet;
            /// The pod runs and is not ready.
            PodNotReady(pod::PodNotReady): [NOT_READY], Container;
            /// The pod is bound, and no event says why its containers have not started.
            StartingLong: [STARTING_LONG], Kubelet;
            /// The pod should have ended long ago.
            TerminatingLong(pod::TerminatingLong): [TERMINATING_LONG], Kubelet;
            /// The containers cannot be created.
            SetupFailed(pod::SetupFailed): [
                HOST_PATH_TYPE, MOUNT, ATTACH, SANDBOX, NETWORK_NOT_READY, DEVICES, CONTAINER_START
            ], Kubelet;
        }
    };
}
pub(crate) use pod_causes;

/// How old something is. Evidence shows since when, which no clock changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Age {
    /// Since when, seconds since 1970.
    pub since: i64,
    /// For how long, seconds.
    pub seconds: i64,
}

impl Age {
    /// Returns the age at a time, seconds since 1970; `None` where the beginning is not known.
    pub fn of(since: Option<i64>, now: i64) -> Option<Self> {
        since.map(|since| Age { since, seconds: now.saturating_sub(since).max(0) })
    }
}

impl Serialize for Age {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        jiff::Timestamp::from_second(self.since).ok().map(|at| at.to_string()).serialize(serializer)
    }
}

impl JsonSchema for Age {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Age".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": ["string", "null"], "format": "date-time"})
    }
}

/// A pod of phase Failed.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PodFailed {
    /// The reason in the pod's status.
    pub reason: String,
    /// The message in the pod's status.
    pub message: String,
    /// The first of its containers that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// The exit code of that container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// Whether that container was killed out of memory.
    #[serde(skip)]
    pub is_oom: bool,
    /// The pressure of the node for which the kubelet rejected the pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pressure: Option<String>,
    /// How often pods of the DaemonSet have failed on the node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeated: Option<Repeated>,
    /// What the reason means, if it is the kubelet's own.
    #[serde(skip)]
    pub rejection: Option<PodRejection>,
}

/// Failures of one pod after the other on a node, as events count them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Repeated {
    /// How many.
    pub count: i64,
    /// Since the first of them.
    #[serde(rename = "since", skip_serializing_if = "Option::is_none")]
    pub age: Option<Age>,
}

/// A pod of phase Succeeded.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PodSucceeded {
    /// The reason in the pod's status.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The message in the pod's status.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// For how long.
    #[serde(rename = "since", skip_serializing_if = "Option::is_none")]
    pub age: Option<Age>,
}

/// A node whose Ready condition is not True.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeNotReady {
    /// The condition's reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Symbol>,
    /// The condition's message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Box<str>>,
    /// For how long.
    #[serde(rename = "since", skip_serializing_if = "Option::is_none")]
    pub age: Option<Age>,
}

impl NodeNotReady {
    /// Takes what the node says of itself at a time, seconds since 1970.
    pub fn of(node: &Node, now: i64) -> Self {
        let conditions = &node.conditions;
        NodeNotReady {
            reason: conditions.reason,
            message: conditions.message.clone(),
            age: Age::of(conditions.ready_since, now),
        }
    }
}

/// A pod that runs and is not ready, as far as its conditions say.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PodNotReady {
    /// The pod's Ready condition.
    #[serde(flatten)]
    pub unready: Option<Unready>,
}

/// A Ready condition that is not True.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Unready {
    /// Its reason.
    pub reason: String,
    /// Its message.
    pub message: String,
}

/// A pod that is still there after its deletion grace period.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminatingLong {
    /// The pod, as `namespace/name`.
    pub pod: String,
    /// For how long it should have been gone.
    pub overdue_seconds: i64,
    /// What must be done before the API server removes the pod.
    pub finalizers: Vec<String>,
    /// What the node says about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeAbsence>,
    /// Why the kubelet cannot end it, in the words of its event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
}

/// Why a node cannot end its pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum NodeAbsence {
    /// Its kubelet does not answer.
    NotReady,
    /// The node object is gone.
    Gone,
}

/// What keeps the pod's containers from being created.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetupFailed {
    /// The event's reason.
    pub event: Symbol,
    /// The event's message.
    pub message: String,
    /// The volume that the message names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume: Option<String>,
    /// How often the event was seen.
    pub count: i64,
    /// For how long.
    #[serde(rename = "since", skip_serializing_if = "Option::is_none")]
    pub age: Option<Age>,
    /// What the reason and the message mean.
    #[serde(skip)]
    pub failure: SetupFailure,
}
