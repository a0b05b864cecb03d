//! What containers show.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::findings::amount::exact;
use crate::findings::cause::crash::LikelyCause;
use crate::findings::cause::pod::Age;
use crate::model::Symbol;
use crate::model::message::image_pull::PullFailure;
use crate::model::message::probe::Probe;

crate::report::codes::pages! {
    INIT_RUNNING = 442, Error, "an init container does not complete",
    "An init container is running and has not exited. The kubelet starts the next container only after an init container exits with code 0. A native sidecar (an init container with restartPolicy: Always) must pass its startup probe instead. Such an init container usually waits for something: another DaemonSet on the node, a Service, a file.",
    "Read its log, which usually says what the container waits for: `kubectl logs POD -n NAMESPACE -c CONTAINER`.";
}

/// The causes of this file (`cause/mod.rs` says what a line holds).
macro_rules! container_causes {
    ($then:ident, $($rest:tt)*) => {
        $then! { $($rest)*
            /// An init container runs and does not end.
            InitRunning(container::InitRunning): [INIT_RUNNING], Container;
            /// The image of a container is still being pulled.
            ImagePulling(container::ImagePulling): [STARTING_LONG], Kubelet;
            /// A container runs and is not ready.
            ContainerNotReady(container::ContainerNotReady): [NOT_READY], Container;
            /// A container fails a probe.
            ProbeFailed(container::ProbeFailed): [READINESS, LIVENESS], Container;
            /// A container waits.
            ContainerWaiting(container::ContainerWaiting): [
                IMAGE_PULL, IMAGE_NAME, IMAGE_ABSENT, CONTAINER_CONFIG, SECURITY_CONTEXT, ARCHITECTURE, CONTAINER_START
            ], Container;
            /// A container has ended and is, or will be, started again.
            ContainerEnded(container::ContainerEnded): [
                OUT_OF_MEMORY, ARCHITECTURE, SECURITY_CONTEXT, CONTAINER_START, INIT_FAILED, LIVENESS, ENDS_AT_ONCE, CRASH_LOOP
            ], Container;
        }
    };
}
pub(crate) use container_causes;

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
    /// The pull secrets that the kubelet could not read, of a failed pull.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread_pull_secrets: Vec<String>,
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

fn bytes<S: Serializer>(amount: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
    amount.map(|amount| exact("memory".into(), amount)).serialize(serializer)
}
