//! Evidence of what keeps an admitted pod from starting.

use schemars::JsonSchema;
use serde::Serialize;

use crate::findings::evidence::other::Contention;
use crate::model::Symbol;

/// A ConfigMap, a Secret or a key that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MissingObject {
    /// `ConfigMap` or `Secret`.
    pub kind: &'static str,
    /// Its name.
    pub name: Symbol,
    /// The key, if the object exists and lacks the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Symbol>,
    /// The volume of the pod that needs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume: Option<Symbol>,
    /// The container whose environment needs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<Symbol>,
    /// `imagePullSecrets`, if the field names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<&'static str>,
}

/// A CSI driver that has not registered with the kubelet of the node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UnregisteredDriver {
    /// The driver.
    pub driver: Symbol,
    /// The volume of the pod, or its claim.
    pub volume: Symbol,
}

/// A handler that the container runtime of the node lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MissingHandler {
    /// The RuntimeClass.
    pub runtime_class: Symbol,
    /// Its handler.
    pub handler: Symbol,
}

/// A handler that cannot do what a field of the pod asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UnableHandler {
    /// The handler; empty for the default one.
    pub handler: Symbol,
    /// The field with its value.
    pub field: &'static str,
}

/// An image name that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct InvalidImage {
    /// The container.
    pub container: Symbol,
    /// The name as it is written.
    pub image: Symbol,
}

/// A volume that one node at a time can attach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AttachedOnce {
    /// The claim that all pods mount.
    pub claim: Symbol,
    /// Its volume.
    pub volume: Symbol,
    /// The driver that attaches it.
    pub driver: Symbol,
    /// The node to which the volume is attached now.
    pub attached_to: Option<Symbol>,
    /// How many nodes get a pod that starts.
    #[serde(flatten)]
    pub contention: Contention,
}
