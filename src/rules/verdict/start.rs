//! Why a pod that is bound and admitted cannot start.

use crate::model::Symbol;
use crate::model::wire::Kind;

/// Why a pod that is bound and admitted cannot start, as far as objects show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartObstacle {
    /// A ConfigMap or a Secret that the pod refers to does not exist.
    ObjectMissing {
        /// `ConfigMap` or `Secret`.
        kind: Kind,
        /// Its name.
        name: Symbol,
        /// What refers to it.
        user: ObjectUser,
    },
    /// A ConfigMap or a Secret lacks a key that the pod refers to.
    KeyMissing {
        /// `ConfigMap` or `Secret`.
        kind: Kind,
        /// Its name.
        name: Symbol,
        /// The key.
        key: Symbol,
        /// What refers to it.
        user: ObjectUser,
    },
    /// The CSI driver of a volume has not registered with the kubelet of the node.
    DriverNotRegistered {
        /// The driver.
        driver: Symbol,
        /// The volume of the pod, or its claim.
        volume: Symbol,
    },
    /// The container runtime of the node lacks the handler of the pod's RuntimeClass.
    HandlerMissing {
        /// The RuntimeClass.
        class: Symbol,
        /// The handler.
        handler: Symbol,
    },
    /// The handler cannot do what the pod asks for.
    HandlerLacks {
        /// The handler; empty for the default one.
        handler: Symbol,
        /// What it cannot do.
        feature: HandlerFeature,
    },
    /// The image name follows no grammar that a kubelet reads.
    ImageName {
        /// The container.
        container: Symbol,
        /// The name as it is written.
        image: Symbol,
    },
    /// All pods mount a volume that one node at a time can attach.
    AttachedOnce {
        /// The claim.
        claim: Symbol,
        /// Its volume.
        volume: Symbol,
        /// The driver that attaches it.
        driver: Symbol,
        /// The node to which it is attached now.
        attached_to: Option<Symbol>,
        /// How many of the nodes get a pod that starts.
        pods: u32,
        /// How many nodes the scheduler would bind a pod to.
        candidates: u32,
    },
}

/// What refers to a ConfigMap or a Secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectUser {
    /// A volume of the pod: the pod stays in `ContainerCreating`.
    Volume(Symbol),
    /// The environment of a container: `CreateContainerConfigError`.
    Environment(Symbol),
    /// `imagePullSecrets`: the kubelet pulls without it.
    ImagePull,
}

/// What a handler of a container runtime may be able to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandlerFeature {
    /// `hostUsers: false`.
    UserNamespaces,
    /// `recursiveReadOnly: Enabled`.
    RecursiveReadOnlyMounts,
}

impl HandlerFeature {
    /// The field of the pod that asks for it.
    pub fn field(self) -> &'static str {
        match self {
            HandlerFeature::UserNamespaces => "hostUsers: false",
            HandlerFeature::RecursiveReadOnlyMounts => "recursiveReadOnly: Enabled",
        }
    }
}
