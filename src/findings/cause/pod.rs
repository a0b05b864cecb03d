//! What pods and their containers show.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::findings::amount::exact;
use crate::findings::cause::crash::LikelyCause;
use crate::model::message::image_pull::PullFailure;
use crate::model::message::kubelet::{PodRejection, SetupFailure};
use crate::model::message::probe::Probe;
use crate::model::{Node, Symbol};

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

/// An init container that runs and does not end.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InitRunning {
    /// Its name.
    pub container: String,
    /// For how long.
    #[serde(rename = "since", skip_serializing_if = "Option::is_none")]
    pub age: Option<Age>,
    /// Whether it is a native sidecar, which does not pass its startup probe.
    #[serde(rename = "sidecar")]
    pub is_sidecar: bool,
}

/// An image that is still being pulled.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImagePulling {
    /// The container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// The kubelet's event.
    pub message: String,
    /// For how long.
    #[serde(rename = "since", skip_serializing_if = "Option::is_none")]
    pub age: Option<Age>,
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

/// A container that runs and is not ready.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContainerNotReady {
    /// Its name.
    pub container: String,
    /// For how long.
    #[serde(rename = "since", skip_serializing_if = "Option::is_none")]
    pub age: Option<Age>,
}

/// A container that fails a probe.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProbeFailed {
    /// Its name.
    pub container: String,
    /// What the kubelet says.
    pub message: String,
    /// Which probe.
    #[serde(skip)]
    pub probe: Probe,
    /// How often the kubelet has said so.
    pub count: i64,
    /// For how long.
    #[serde(rename = "since", skip_serializing_if = "Option::is_none")]
    pub age: Option<Age>,
}

/// A container that waits.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContainerWaiting {
    /// Its name.
    pub container: String,
    /// The reason in its status.
    pub reason: String,
    /// The message in its status.
    pub message: String,
    /// The volume without a type whose path the runtime does not find.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_host_path: Option<MissingHostPath>,
    /// What the words of the runtime or the registry mean, of a failed pull.
    #[serde(skip)]
    pub pull: Option<PullFailure>,
    /// What all this means.
    #[serde(skip)]
    pub wait: Wait,
}

/// A hostPath volume without a type, whose path is not on the node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MissingHostPath {
    /// The volume.
    pub volume: String,
    /// Its path.
    pub path: String,
}

/// What keeps a waiting container from running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Its image cannot be pulled.
    ImagePull,
    /// Its image name cannot be parsed.
    ImageName,
    /// Its image is not on the node and must not be pulled.
    ImageAbsent,
    /// A ConfigMap, Secret or key is missing.
    Config,
    /// Its user, profiles or files.
    Permissions,
    /// Its program is for another architecture.
    Architecture,
    /// Something else.
    Other,
}

/// A container that has ended.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContainerEnded {
    /// The namespace of its pod.
    #[serde(skip)]
    pub namespace: Symbol,
    /// Its name.
    pub container: String,
    /// The exit code; -1 if it is not known.
    pub exit_code: i32,
    /// The reason in its status.
    pub reason: String,
    /// How often it was restarted.
    pub restarts: u32,
    /// The memory limit in bytes, where memory may be the cause.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "bytes")]
    #[schemars(with = "Option<String>")]
    pub memory_limit: Option<i64>,
    /// Whether it is known to have no memory limit.
    #[serde(skip)]
    pub is_unlimited: bool,
    /// What the container or the runtime said.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// The field or the object that the container's log leads to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub likely_cause: Option<Box<LikelyCause>>,
    /// What the kubelet says of the probe that the container failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probe: Option<String>,
    /// The probe for which the kubelet killed it, and whether that is only likely.
    #[serde(skip)]
    pub killed_for: Option<(Probe, bool)>,
    /// Whether it is an init container.
    #[serde(skip)]
    pub init: bool,
    /// Whether it runs again at this moment, and its pod is ready.
    #[serde(skip)]
    pub is_running: bool,
    /// Why it ended.
    #[serde(skip)]
    pub end: End,
}

/// Why a container ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// OOMKilled.
    OutOfMemory,
    /// Its program is for another architecture.
    Architecture,
    /// Its user, profiles or files.
    Permissions,
    /// The runtime could not start it.
    NeverRan,
    /// An init container failed.
    InitFailed,
    /// The kubelet killed it because it failed a probe.
    KilledByProbe,
    /// It exited with code 0.
    Completed,
    /// It exited with another code.
    Crashed,
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

fn bytes<S: Serializer>(amount: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
    amount.map(|amount| exact("memory".into(), amount)).serialize(serializer)
}
