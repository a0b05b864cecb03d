//! The kinds of objects that are read.

use std::fmt;

/// The kinds that facts are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the variants are Kubernetes' own kinds")]
pub enum Kind {
    Node,
    Pod,
    DaemonSet,
    ControllerRevision,
    Namespace,
    ServiceAccount,
    ConfigMap,
    Secret,
    PriorityClass,
    RuntimeClass,
    LimitRange,
    ResourceQuota,
    PersistentVolumeClaim,
    PersistentVolume,
    StorageClass,
    CSINode,
    VolumeAttachment,
    CSIStorageCapacity,
    CSIDriver,
    DeviceClass,
    ResourceClaim,
    ResourceClaimTemplate,
    ResourceSlice,
    PodDisruptionBudget,
    ValidatingWebhookConfiguration,
    MutatingWebhookConfiguration,
    ValidatingAdmissionPolicy,
    ValidatingAdmissionPolicyBinding,
    MutatingAdmissionPolicy,
    MutatingAdmissionPolicyBinding,
    EndpointSlice,
    SecurityContextConstraints,
    Event,
    Deployment,
    StatefulSet,
    ReplicaSet,
    Job,
    Role,
    ClusterRole,
    RoleBinding,
    ClusterRoleBinding,
    DoctorSnapshot,
}

/// What says who may do what. Read only if a request was forbidden, and not saved in snapshots.
pub const RBAC_KINDS: [Kind; 4] = [Kind::Role, Kind::ClusterRole, Kind::RoleBinding, Kind::ClusterRoleBinding];

/// Every kind with its API group and its resource name.
const KINDS: &[(Kind, &str, &str, &str)] = &[
    (Kind::Node, "", "Node", "nodes"),
    (Kind::Pod, "", "Pod", "pods"),
    (Kind::DaemonSet, "apps", "DaemonSet", "daemonsets"),
    (Kind::ControllerRevision, "apps", "ControllerRevision", "controllerrevisions"),
    (Kind::Namespace, "", "Namespace", "namespaces"),
    (Kind::ServiceAccount, "", "ServiceAccount", "serviceaccounts"),
    (Kind::ConfigMap, "", "ConfigMap", "configmaps"),
    (Kind::Secret, "", "Secret", "secrets"),
    (Kind::PriorityClass, "scheduling.k8s.io", "PriorityClass", "priorityclasses"),
    (Kind::RuntimeClass, "node.k8s.io", "RuntimeClass", "runtimeclasses"),
    (Kind::LimitRange, "", "LimitRange", "limitranges"),
    (Kind::ResourceQuota, "", "ResourceQuota", "resourcequotas"),
    (Kind::PersistentVolumeClaim, "", "PersistentVolumeClaim", "persistentvolumeclaims"),
    (Kind::PersistentVolume, "", "PersistentVolume", "persistentvolumes"),
    (Kind::StorageClass, "storage.k8s.io", "StorageClass", "storageclasses"),
    (Kind::CSINode, "storage.k8s.io", "CSINode", "csinodes"),
    (Kind::VolumeAttachment, "storage.k8s.io", "VolumeAttachment", "volumeattachments"),
    (Kind::CSIStorageCapacity, "storage.k8s.io", "CSIStorageCapacity", "csistoragecapacities"),
    (Kind::CSIDriver, "storage.k8s.io", "CSIDriver", "csidrivers"),
    (Kind::DeviceClass, "resource.k8s.io", "DeviceClass", "deviceclasses"),
    (Kind::ResourceClaim, "resource.k8s.io", "ResourceClaim", "resourceclaims"),
    (Kind::ResourceClaimTemplate, "resource.k8s.io", "ResourceClaimTemplate", "resourceclaimtemplates"),
    (Kind::ResourceSlice, "resource.k8s.io", "ResourceSlice", "resourceslices"),
    (Kind::PodDisruptionBudget, "policy", "PodDisruptionBudget", "poddisruptionbudgets"),
    (
        Kind::ValidatingWebhookConfiguration,
        "admissionregistration.k8s.io",
        "ValidatingWebhookConfiguration",
        "validatingwebhookconfigurations",
    ),
    (
        Kind::MutatingWebhookConfiguration,
        "admissionregistration.k8s.io",
        "MutatingWebhookConfiguration",
        "mutatingwebhookconfigurations",
    ),
    (
        Kind::ValidatingAdmissionPolicy,
        "admissionregistration.k8s.io",
        "ValidatingAdmissionPolicy",
        "validatingadmissionpolicies",
    ),
    (
        Kind::ValidatingAdmissionPolicyBinding,
        "admissionregistration.k8s.io",
        "ValidatingAdmissionPolicyBinding",
        "validatingadmissionpolicybindings",
    ),
    (
        Kind::MutatingAdmissionPolicy,
        "admissionregistration.k8s.io",
        "MutatingAdmissionPolicy",
        "mutatingadmissionpolicies",
    ),
    (
        Kind::MutatingAdmissionPolicyBinding,
        "admissionregistration.k8s.io",
        "MutatingAdmissionPolicyBinding",
        "mutatingadmissionpolicybindings",
    ),
    (Kind::EndpointSlice, "discovery.k8s.io", "EndpointSlice", "endpointslices"),
    (
        Kind::SecurityContextConstraints,
        "security.openshift.io",
        "SecurityContextConstraints",
        "securitycontextconstraints",
    ),
    (Kind::Event, "", "Event", "events"),
    (Kind::Event, "events.k8s.io", "Event", "events"),
    (Kind::Deployment, "apps", "Deployment", "deployments"),
    (Kind::StatefulSet, "apps", "StatefulSet", "statefulsets"),
    (Kind::ReplicaSet, "apps", "ReplicaSet", "replicasets"),
    (Kind::Job, "batch", "Job", "jobs"),
    (Kind::Role, "rbac.authorization.k8s.io", "Role", "roles"),
    (Kind::ClusterRole, "rbac.authorization.k8s.io", "ClusterRole", "clusterroles"),
    (Kind::RoleBinding, "rbac.authorization.k8s.io", "RoleBinding", "rolebindings"),
    (Kind::ClusterRoleBinding, "rbac.authorization.k8s.io", "ClusterRoleBinding", "clusterrolebindings"),
    (Kind::DoctorSnapshot, "kubectl-daemonset", "DoctorSnapshot", "doctorsnapshots"),
];

impl Kind {
    /// The kind of that API version and name, if facts are made of it.
    pub fn of(api_version: &str, name: &str) -> Option<Kind> {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        KINDS.iter().find(|(_, g, n, _)| *n == name && *g == group).map(|(kind, ..)| *kind)
    }

    fn entry(self) -> &'static (Kind, &'static str, &'static str, &'static str) {
        KINDS.iter().find(|(kind, ..)| *kind == self).expect("every kind is listed")
    }

    /// The kind's name.
    pub fn as_str(self) -> &'static str {
        self.entry().2
    }

    /// The resource's name, as in RBAC rules.
    pub fn resource(self) -> &'static str {
        self.entry().3
    }

    /// The API group, empty for the core group.
    pub fn group(self) -> &'static str {
        self.entry().1
    }

    /// Every kind once.
    pub fn all() -> impl Iterator<Item = Kind> {
        KINDS.iter().filter(|(kind, group, ..)| *kind != Kind::Event || group.is_empty()).map(|(kind, ..)| *kind)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
