//! Reasons and messages of the kubelet: why it rejected or ended a pod, what a container waits for, what keeps a pod
//! from starting.

use crate::model::message::sandbox::SandboxFailure;
use crate::model::message::volume::MountFailure;

/// Why the kubelet rejected a pod or ended it, by the reason in the pod's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PodRejection {
    /// `OutOfcpu` and such: the node has too little of a resource.
    Resources,
    /// The node does not match the pod's selector, affinity or nodeName.
    NodeAffinity,
    /// A host port is taken.
    NodePorts,
    /// A taint is not tolerated.
    TaintToleration,
    /// Evicted, or preempted for a critical pod.
    Evicted,
    /// A kernel setting is not allowed.
    Sysctl,
    /// A device, CPU or topology manager failed.
    Devices,
    /// The node shut down.
    NodeShutdown,
    /// The kubelet or its runtime cannot run such pods.
    Unsupported,
}

impl PodRejection {
    /// Reads the reason; `None` if it is not the kubelet's own.
    pub fn of(reason: &str) -> Option<Self> {
        Some(match reason {
            _ if reason.starts_with("OutOf") => PodRejection::Resources,
            "NodeAffinity" | "NodeName" => PodRejection::NodeAffinity,
            "NodePorts" => PodRejection::NodePorts,
            "TaintToleration" => PodRejection::TaintToleration,
            "Evicted" | "Preempting" => PodRejection::Evicted,
            "SysctlForbidden" => PodRejection::Sysctl,
            "UnexpectedAdmissionError" | "TopologyAffinityError" | "SMTAlignmentError" | "EmptyPodSharedPoolError" => {
                PodRejection::Devices
            }
            "NodeShutdown" | "Terminated" | "Shutdown" => PodRejection::NodeShutdown,
            "PodOSSelectorNodeLabelDoesNotMatch"
            | "PodOSNotSupported"
            | "SupplementalGroupsPolicyNotSupported"
            | "InvalidNodeInfo"
            | "AppArmor"
            | "PodLevelResourcesNotSupported"
            | "PodFeatureUnsupported"
            | "VolumeAttachmentLimitExceeded" => PodRejection::Unsupported,
            _ => return None,
        })
    }
}

/// Returns the pressure of the node for which the kubelet rejected a pod: "The node had condition: [DiskPressure]"
/// (`nodeConditionMessageFmt`, pkg/kubelet/eviction/helpers.go v1.36).
pub fn rejecting_pressure(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("The node had condition: [")?;
    rest.split_once(']').map(|(conditions, _)| conditions).filter(|conditions| !conditions.is_empty())
}

/// What a waiting container waits for, by the reason in its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// Its turn: the pod's sandbox, volumes or earlier containers are not ready.
    Start,
    /// Its image is being pulled, or the pull failed.
    ImagePull,
    /// The signature of its image is not valid.
    ImageSignature,
    /// The image name cannot be parsed.
    ImageName,
    /// The image is not on the node, and the policy is `Never`.
    ImageAbsent,
    /// A ConfigMap, Secret or key is missing.
    Config,
    /// The back-off before the next restart.
    BackOff,
    /// Another reason.
    Other,
}

impl Waiting {
    /// Reads the reason.
    pub fn of(reason: &str) -> Self {
        match reason {
            "ContainerCreating" | "PodInitializing" | "" => Waiting::Start,
            "SignatureValidationFailed" => Waiting::ImageSignature,
            "ErrImagePull" | "ImagePullBackOff" | "RegistryUnavailable" | "ImageInspectError" => Waiting::ImagePull,
            "InvalidImageName" => Waiting::ImageName,
            "ErrImageNeverPull" => Waiting::ImageAbsent,
            "CreateContainerConfigError" => Waiting::Config,
            "CrashLoopBackOff" => Waiting::BackOff,
            _ => Waiting::Other,
        }
    }
}

/// What keeps the containers of a pod from being created, by the reason and the message of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetupFailure {
    /// A volume cannot be mounted.
    Mount(MountFailure),
    /// A volume cannot be attached.
    Attach,
    /// The sandbox cannot be created.
    Sandbox(SandboxFailure),
    /// The control group of the pod cannot be created.
    Cgroup,
    /// A driver of dynamic resources (DRA) fails.
    DynamicResources,
    /// The node's network is not ready.
    NetworkNotReady,
    /// The `postStart` hook failed.
    PostStartHook,
}

impl SetupFailure {
    /// Reads an event; `None` if it is about something else (pkg/kubelet/events/event.go v1.36).
    pub fn of(reason: &str, message: &str) -> Option<Self> {
        Some(match reason {
            "FailedMount" | "FailedMapVolume" | "FailedMountOnFilesystemMismatch" => {
                SetupFailure::Mount(MountFailure::of(message))
            }
            "FailedAttachVolume" => SetupFailure::Attach,
            "FailedCreatePodSandBox" | "FailedPodSandBoxStatus" => SetupFailure::Sandbox(SandboxFailure::of(message)),
            "FailedCreatePodContainer" => SetupFailure::Cgroup,
            "FailedPrepareDynamicResources" => SetupFailure::DynamicResources,
            "NetworkNotReady" => SetupFailure::NetworkNotReady,
            "FailedPostStartHook" => SetupFailure::PostStartHook,
            _ => return None,
        })
    }

    /// Whether it keeps all containers of the pod from being created, rather than one.
    pub fn is_of_pod(&self) -> bool {
        !matches!(self, SetupFailure::PostStartHook)
    }

    /// How much it explains: 0 for the least.
    pub fn specificity(&self) -> u8 {
        match self {
            SetupFailure::Mount(mount) => mount.specificity(),
            SetupFailure::Sandbox(sandbox) => sandbox.specificity(),
            _ => 2,
        }
    }
}

/// How far a container has come, by the reason of an event. Each step has the pod's sandbox and volumes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ContainerStep {
    /// Its image is being pulled.
    Pulling,
    /// Its image is there, its creation failed or waits, or it was created and started.
    Later,
}

impl ContainerStep {
    /// Reads the reason; `None` if it is about something else (pkg/kubelet/events/event.go v1.36).
    pub fn of(reason: &str) -> Option<Self> {
        Some(match reason {
            "Pulling" => ContainerStep::Pulling,
            "Pulled" | "Created" | "Started" | "Failed" | "BackOff" | "InspectFailed" | "ErrImageNeverPull" => {
                ContainerStep::Later
            }
            _ => return None,
        })
    }
}
/// Returns why the kubelet rejected a pod: the message without the words in front that say that it did (`rejectPod` of
/// `pkg/kubelet/kubelet.go` v1.36); empty if there is no more.
pub fn rejection_text(message: &str) -> &str {
    let rest = message.strip_prefix("Pod was rejected").unwrap_or(message);
    rest.trim_start_matches([':', ' ']).trim_end_matches('.')
}

/// Returns what is wrong with the network of a node: the message of a NetworkNotReady event without the words in front
/// (`ErrNetworkNotReady` and `runtimeState.networkErrors` of `pkg/kubelet` v1.36); empty if there is no more.
pub fn network_fault(message: &str) -> &str {
    ["network is not ready", "container runtime network not ready"]
        .iter()
        .fold(message, |text, known| text.strip_prefix(known).unwrap_or(text).trim_start_matches([':', ' ']))
}

/// Returns the extended resource of which the kubelet could not allocate a device.
///
/// `devicesToAllocate` and `allocateContainerResources` in pkg/kubelet/cm/devicemanager/manager.go v1.36.
pub fn device(message: &str) -> Option<&str> {
    const BEFORE: [&str; 3] = ["devices unavailable for ", "unhealthy devices ", "unregistered device "];
    let rest = BEFORE.iter().find_map(|before| Some(message.split_once(before)?.1))?;
    let name = rest.split([' ', ',', ';']).next()?.trim_end_matches('.');
    name.contains('/').then_some(name)
}
