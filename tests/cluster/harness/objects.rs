//! Objects as JSON: where each kind lives in the API, and the ones that tests make by the thousand.

use serde_json::{Value, json};

use super::binaries::Binaries;

/// Where a kind lives in the API.
#[derive(Clone, Copy, Debug)]
pub struct Resource {
    /// As in the object's `kind`.
    pub kind: &'static str,
    /// `api/v1` or `apis/GROUP/VERSION`.
    pub api: &'static str,
    /// As in the path.
    pub plural: &'static str,
    /// Whether the path names a namespace.
    pub namespaced: bool,
}

const fn of(kind: &'static str, api: &'static str, plural: &'static str, namespaced: bool) -> Resource {
    Resource { kind, api, plural, namespaced }
}

/// The kinds that the tests make or read.
pub const RESOURCES: &[Resource] = &[
    of("Node", "api/v1", "nodes", false),
    of("Pod", "api/v1", "pods", true),
    of("PriorityClass", "apis/scheduling.k8s.io/v1", "priorityclasses", false),
    of("Namespace", "api/v1", "namespaces", false),
    of("ServiceAccount", "api/v1", "serviceaccounts", true),
    of("LimitRange", "api/v1", "limitranges", true),
    of("ResourceQuota", "api/v1", "resourcequotas", true),
    of("RuntimeClass", "apis/node.k8s.io/v1", "runtimeclasses", false),
    of("PersistentVolume", "api/v1", "persistentvolumes", false),
    of("PersistentVolumeClaim", "api/v1", "persistentvolumeclaims", true),
    of("StorageClass", "apis/storage.k8s.io/v1", "storageclasses", false),
    of("CSINode", "apis/storage.k8s.io/v1", "csinodes", false),
    of("CSIDriver", "apis/storage.k8s.io/v1", "csidrivers", false),
    of("CSIStorageCapacity", "apis/storage.k8s.io/v1", "csistoragecapacities", true),
    of("VolumeAttachment", "apis/storage.k8s.io/v1", "volumeattachments", false),
    of("DeviceClass", "apis/resource.k8s.io/v1", "deviceclasses", false),
    of("ResourceSlice", "apis/resource.k8s.io/v1", "resourceslices", false),
    of("ResourceClaim", "apis/resource.k8s.io/v1", "resourceclaims", true),
    of("ResourceClaimTemplate", "apis/resource.k8s.io/v1", "resourceclaimtemplates", true),
    of("DaemonSet", "apis/apps/v1", "daemonsets", true),
    of("ControllerRevision", "apis/apps/v1", "controllerrevisions", true),
    of("Deployment", "apis/apps/v1", "deployments", true),
    of("ReplicaSet", "apis/apps/v1", "replicasets", true),
    of("ConfigMap", "api/v1", "configmaps", true),
    of("Secret", "api/v1", "secrets", true),
    of("Event", "api/v1", "events", true),
    of("PodDisruptionBudget", "apis/policy/v1", "poddisruptionbudgets", true),
    of(
        "ValidatingWebhookConfiguration",
        "apis/admissionregistration.k8s.io/v1",
        "validatingwebhookconfigurations",
        false,
    ),
    of("MutatingWebhookConfiguration", "apis/admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations", false),
    of("ValidatingAdmissionPolicy", "apis/admissionregistration.k8s.io/v1", "validatingadmissionpolicies", false),
    of(
        "ValidatingAdmissionPolicyBinding",
        "apis/admissionregistration.k8s.io/v1",
        "validatingadmissionpolicybindings",
        false,
    ),
    of("Role", "apis/rbac.authorization.k8s.io/v1", "roles", true),
    of("RoleBinding", "apis/rbac.authorization.k8s.io/v1", "rolebindings", true),
    of("ClusterRole", "apis/rbac.authorization.k8s.io/v1", "clusterroles", false),
    of("ClusterRoleBinding", "apis/rbac.authorization.k8s.io/v1", "clusterrolebindings", false),
];

impl Resource {
    /// By its kind.
    #[track_caller]
    pub fn of(kind: &str) -> Self {
        *RESOURCES.iter().find(|r| r.kind == kind).unwrap_or_else(|| panic!("the harness does not know {kind}"))
    }

    /// The path of all of them, in one namespace or (None) everywhere.
    pub fn path(&self, namespace: Option<&str>) -> String {
        match namespace.filter(|_| self.namespaced) {
            Some(namespace) => format!("/{}/namespaces/{namespace}/{}", self.api, self.plural),
            None => format!("/{}/{}", self.api, self.plural),
        }
    }

    /// `apiVersion` of its objects.
    pub fn api_version(&self) -> &'static str {
        self.api.trim_start_matches("apis/").trim_start_matches("api/")
    }
}

/// The path of all objects like this one, and its own.
#[track_caller]
pub fn path_of(object: &Value) -> (String, String) {
    let resource = Resource::of(object["kind"].as_str().unwrap_or_default());
    let metadata = &object["metadata"];
    let all = resource.path(Some(metadata["namespace"].as_str().unwrap_or("default")));
    let one = format!("{all}/{}", metadata["name"].as_str().unwrap_or_default());
    (all, one)
}

/// A Ready node of 4 cores, 8 GiB and 110 pods, to be changed as the test needs it; its kubelet is as old as the server.
pub fn node(name: &str) -> Value {
    let version = Binaries::get().map_or("", Binaries::version);
    let resources = json!({"cpu": "4", "memory": "8Gi", "ephemeral-storage": "100Gi", "pods": "110"});
    let condition = |kind: &str, status: &str| {
        json!({"type": kind, "status": status, "reason": "Test", "message": "",
               "lastHeartbeatTime": "2024-01-01T00:00:00Z", "lastTransitionTime": "2024-01-01T00:00:00Z"})
    };
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "labels": {
            "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}},
        "spec": {},
        "status": {
            "capacity": resources, "allocatable": resources,
            "conditions": [
                condition("MemoryPressure", "False"), condition("DiskPressure", "False"),
                condition("PIDPressure", "False"), condition("Ready", "True")],
            "nodeInfo": {
                "architecture": "amd64", "operatingSystem": "linux", "bootID": "", "machineID": "", "systemUUID": "",
                "containerRuntimeVersion": "none://0", "kernelVersion": "6.1.0", "kubeProxyVersion": "",
                "kubeletVersion": version, "osImage": "simulated"},
        },
    })
}

/// Whether a node or a pod says that it is ready.
pub fn is_ready(object: &Value) -> bool {
    let conditions = object["status"]["conditions"].as_array();
    conditions.is_some_and(|c| c.iter().any(|c| c["type"] == "Ready" && c["status"] == "True"))
}

/// A pod of one container with these requests, bound to `node` if that is not empty; without a kubelet it leaves as
/// soon as it is deleted.
pub fn pod(namespace: &str, name: &str, node: &str, requests: Value) -> Value {
    let mut pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": "filler"}},
        "spec": {
            "terminationGracePeriodSeconds": 0, "automountServiceAccountToken": false,
            "containers": [{"name": "c", "image": "registry.example/filler:1", "resources": {"requests": requests}}]},
    });
    if !node.is_empty() {
        pod["spec"]["nodeName"] = json!(node);
    }
    pod
}
