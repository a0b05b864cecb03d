//! What a pod waits for that another DaemonSet sets up on its node.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::findings::cause::Cause;

/// A DaemonSet that sets up what a pod needs, and how its pod is on the node.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WaitsFor {
    /// What the pod needs.
    pub need: Need,
    /// The DaemonSet, as `namespace/name`.
    pub daemon_set: String,
    /// Its pod on the node, if it has one there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod: Option<String>,
    /// The node.
    pub node: String,
    /// How that pod is.
    #[serde(rename = "code", serialize_with = "code", skip_serializing_if = "ProviderState::has_no_cause")]
    #[schemars(with = "String")]
    pub state: ProviderState,
}

/// What a pod needs on its node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "kind", content = "name", rename_all = "camelCase")]
pub enum Need {
    /// A handler of the container runtime.
    RuntimeHandler(String),
    /// A CSI driver.
    CsiDriver(String),
    /// An extended resource of the node.
    Device(String),
    /// The network of the node.
    Network,
    /// A file, a directory or a socket of the node.
    File(String),
}

/// How the pod of the other DaemonSet is.
#[derive(Debug, Clone, PartialEq)]
pub enum ProviderState {
    /// The other one is this DaemonSet itself, whose pod cannot start: a deadlock.
    Own,
    /// It has no pod on the node.
    NoPod,
    /// It has a pod there that is not ready, for this reason as far as known.
    NotReady(Option<Box<Cause>>),
}

impl ProviderState {
    fn has_no_cause(&self) -> bool {
        !matches!(self, ProviderState::NotReady(Some(_)))
    }
}

fn code<S: Serializer>(state: &ProviderState, serializer: S) -> Result<S::Ok, S::Error> {
    match state {
        ProviderState::NotReady(Some(cause)) => cause.code().to_string().serialize(serializer),
        _ => serializer.serialize_none(),
    }
}
