//! Nodes.

use crate::model::Symbol;
use crate::model::labels::Labels;
use crate::model::resources::Resources;
use crate::model::taint::{Effect, Taint};

/// One node, as far as placement and diagnosis look.
#[derive(Debug, Clone, Default)]
pub struct Node {
    /// Its name.
    pub name: Symbol,
    /// Its labels.
    pub labels: Labels,
    /// Its taints, in its own order.
    pub taints: Box<[Taint]>,
    /// Since when taints stand there (`timeAdded`), seconds since 1970, where they say so: by key and effect.
    pub taints_added: Box<[(Symbol, Effect, i64)]>,
    /// Whether it is cordoned.
    pub unschedulable: bool,
    /// What pods may use of it; nothing where the node has no status.
    pub allocatable: Resources,
    /// Conditions that say something is wrong.
    pub conditions: NodeConditions,
    /// When it was created, seconds since 1970.
    pub created: Option<i64>,
    /// What runs on it.
    pub info: NodeInfo,
    /// The kubelet's version, such as `v1.36.3`.
    pub kubelet_version: Option<Symbol>,
    /// The name of the operating system's image, such as `Talos (v1.12.0)`.
    pub os_image: Option<Symbol>,
    /// Features that the node declares, which pods may require.
    pub declared_features: Box<[Symbol]>,
    /// Whether its runtime can keep the image's groups out of a pod (`status.features.supplementalGroupsPolicy`), where
    /// the kubelet says so: since v1.33.
    pub strict_groups: Option<bool>,
    /// The handlers of its container runtime (`status.runtimeHandlers`); empty where the kubelet does not say.
    pub runtime_handlers: Box<[RuntimeHandler]>,
    /// Its IP addresses (`InternalIP` and `ExternalIP` of `status.addresses`).
    pub addresses: Box<[Symbol]>,
    /// Whether the node is being deleted.
    pub terminating: bool,
    /// Why the node could not be read, where it could not; nothing else here is to be trusted then.
    pub unreadable: Option<Box<str>>,
    /// Whether the source holds no Node object of this name, and only pods name the node; nothing else here is to be
    /// trusted then.
    pub unlisted: bool,
}

/// A handler of a container runtime.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuntimeHandler {
    /// Its name; empty for the default one.
    pub name: Symbol,
    /// Whether it can make read-only mounts recursively read-only, where the kubelet says so.
    pub recursive_read_only: Option<bool>,
    /// Whether it can give a pod a user namespace, where the kubelet says so.
    pub user_namespaces: Option<bool>,
}

/// What runs on a node (`status.nodeInfo`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NodeInfo {
    /// The kernel, such as `6.12.13`.
    pub kernel_version: Option<Symbol>,
    /// The container runtime, such as `containerd://2.0.4`.
    pub container_runtime_version: Option<Symbol>,
    /// The architecture, such as `arm64`.
    pub architecture: Option<Symbol>,
}

/// What a node says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeConditions {
    /// The status of Ready; `None` where the node does not say.
    pub ready: Option<ConditionStatus>,
    /// Since when, seconds since 1970.
    pub ready_since: Option<i64>,
    /// When the kubelet last reported a condition, seconds since 1970.
    pub heartbeat: Option<i64>,
    /// The reason of a Ready that is not True.
    pub reason: Option<Symbol>,
    /// The message of a Ready that is not True.
    pub message: Option<Box<str>>,
    /// Pressures and other troubles that are True, by type.
    pub troubles: Box<[Symbol]>,
}

/// The status of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConditionStatus {
    /// It holds.
    True,
    /// It does not.
    False,
    /// Nobody knows.
    Unknown,
}

impl Node {
    /// Whether nobody hears of its kubelet: pods there neither start nor end.
    pub fn is_unreachable(&self) -> bool {
        !matches!(self.conditions.ready, Some(ConditionStatus::True | ConditionStatus::False))
    }

    /// Whether the node says that it is ready.
    pub fn is_ready(&self) -> bool {
        // Of a node that is not listed nobody says that it is not ready.
        self.unlisted || self.conditions.ready == Some(ConditionStatus::True)
    }
}
