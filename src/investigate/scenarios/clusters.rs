//! For every code the smallest cluster that has its cause. Holds only data: the tests beside judge the clusters, and
//! `tests/snapshots/codes.rs` shows what the program prints about each.

use serde_json::{Value, json};

use super::Code;

pub const NOW: i64 = 1_800_000_000;
pub const LONG_AGO: &str = "2026-01-01T00:00:00Z";

/// An object laid over another, key by key.
pub fn with(mut base: Value, more: Value) -> Value {
    match (&mut base, more) {
        (Value::Object(base), Value::Object(more)) => {
            for (key, value) in more {
                let there = base.remove(&key).unwrap_or(Value::Null);
                base.insert(key, with(there, value));
            }
        }
        (base, more) => *base = more,
    }
    base
}

pub fn node(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "creationTimestamp": LONG_AGO,
        "labels": {"kubernetes.io/hostname": name}}, "spec": {},
        "status": {"allocatable": {"cpu": "2", "memory": "4Gi", "pods": "10"},
            "conditions": [{"type": "Ready", "status": "True"}], "nodeInfo": {"kubeletVersion": "v1.36.0"}}})
}

pub fn tainted(key: &str) -> Value {
    with(node("n1"), json!({"spec": {"taints": [{"key": key, "value": "x", "effect": "NoSchedule"}]}}))
}

/// A pod that takes room on `n1`.
pub fn other() -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "other", "namespace": "a"},
        "spec": {"nodeName": "n1", "containers": [{"name": "c"}]}, "status": {"phase": "Running"}})
}

pub fn daemon_set(spec: Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent", "namespace": "a"},
        "spec": {"selector": {"matchLabels": {"app": "agent"}},
            "template": {"metadata": {"labels": {"app": "agent"}}, "spec": with(json!({"containers": [{"name": "c"}]}), spec)}}})
}

pub fn asking(requests: Value) -> Value {
    daemon_set(json!({"containers": [{"name": "c", "resources": {"requests": requests}}]}))
}

pub fn claiming() -> Value {
    daemon_set(json!({"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]}))
}

pub fn claim(more: Value) -> Value {
    let base = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": "a"}, "spec": {"accessModes": ["ReadWriteMany"],
            "resources": {"requests": {"storage": "1Gi"}}}, "status": {"phase": "Pending"}});
    with(base, more)
}

pub fn bound() -> Value {
    claim(json!({"metadata": {"annotations": {"pv.kubernetes.io/bind-completed": "yes"}},
        "spec": {"volumeName": "pv"}, "status": {"phase": "Bound"}}))
}

pub fn volume(more: Value) -> Value {
    let base = json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "pv"},
        "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteMany"],
            "claimRef": {"namespace": "a", "name": "data"}}, "status": {"phase": "Bound"}});
    with(base, more)
}

pub fn namespace(labels: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a", "labels": labels}})
}

pub fn quota(hard: Value, status: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q", "namespace": "a"},
        "spec": {"hard": hard}, "status": status})
}

pub fn class(kind: &str, more: Value) -> Value {
    let api = if kind == "RuntimeClass" { "node.k8s.io/v1" } else { "storage.k8s.io/v1" };
    with(json!({"apiVersion": api, "kind": kind, "metadata": {"name": "kata"}}), more)
}

pub fn csi_node(driver: &str) -> Value {
    json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSINode", "metadata": {"name": "n1"},
        "spec": {"drivers": [{"name": driver, "nodeID": "n1", "allocatable": {"count": 0}}]}})
}

/// The DaemonSet as the cluster holds it.
pub fn live(mut daemon_set: Value) -> Value {
    daemon_set = with(
        daemon_set,
        json!({"metadata": {"uid": "u1", "generation": 1, "creationTimestamp": LONG_AGO},
        "status": {"observedGeneration": 1, "desiredNumberScheduled": 1, "currentNumberScheduled": 1}}),
    );
    daemon_set
}

/// One of its pods, on `n1`.
pub fn own(status: Value) -> Value {
    with(
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "agent-1", "namespace": "a",
            "creationTimestamp": LONG_AGO, "labels": {"app": "agent", "controller-revision-hash": "old"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent", "uid": "u1", "controller": true}]},
            "spec": {"nodeName": "n1", "containers": [{"name": "c"}]}}),
        json!({ "status": status }),
    )
}

pub fn running() -> Value {
    own(json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}))
}

pub fn failed(reason: &str) -> Value {
    own(json!({"phase": "Failed", "reason": reason, "message": "Pod was rejected"}))
}

pub fn waiting(reason: &str, message: &str) -> Value {
    own(json!({"phase": "Pending", "containerStatuses": [
        {"name": "c", "ready": false, "restartCount": 0, "state": {"waiting": {"reason": reason, "message": message}}}]}))
}

pub fn crashed(end: Value) -> Value {
    own(json!({"phase": "Running", "containerStatuses": [{"name": "c", "ready": false, "restartCount": 5,
        "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": end}}]}))
}

pub fn unready() -> Value {
    own(json!({"phase": "Running", "containerStatuses": [
        {"name": "c", "ready": false, "restartCount": 0, "state": {"running": {}}}]}))
}

pub fn event(kind: &str, name: &str, reason: &str, message: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e", "namespace": "a"}, "type": "Warning",
        "involvedObject": {"kind": kind, "namespace": "a", "name": name}, "reason": reason, "message": message})
}

pub fn revision() -> Value {
    json!({"apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": {"name": "agent-new", "namespace": "a",
        "labels": {"controller-revision-hash": "new"},
        "ownerReferences": [{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent", "uid": "u1", "controller": true}]},
        "revision": 2})
}

/// A scenario about a document: what the cluster holds beside a pod on `n1`, and the document.
pub type Paper = (Code, Vec<Value>, Value);

pub fn on_paper() -> Vec<Paper> {
    use Code as C;
    let plain = || daemon_set(json!({}));
    let n1 = || node("n1");
    let labelled = |labels: Value| with(node("n1"), json!({"metadata": {"labels": labels}}));
    let anti = |labels: Value, key: &str| {
        json!({"affinity": {"podAntiAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": [{"labelSelector": {"matchLabels": labels}, "topologyKey": key}]}}})
    };
    let spread = |more: Value| {
        daemon_set(json!({"topologySpreadConstraints": [with(json!({"maxSkew": 1, "topologyKey": "zone",
        "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "agent"}}}), more)]}))
    };
    let port = || daemon_set(json!({"containers": [{"name": "c", "ports": [{"containerPort": 80, "hostPort": 80}]}]}));
    vec![
        (C::NODE_SELECTOR, vec![n1()], daemon_set(json!({"nodeSelector": {"disk": "ssd"}}))),
        (C::NOTHING_MATCHES, vec![n1()], daemon_set(json!({"nodeSelector": {"disk": "ssd"}}))),
        (
            C::NODE_AFFINITY,
            vec![n1()],
            daemon_set(json!({"affinity": {"nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
                {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}]}}}})),
        ),
        (C::NODE_NAME, vec![n1()], daemon_set(json!({"nodeName": "n2"}))),
        (
            C::PROJECT_SELECTOR,
            vec![
                labelled(json!({"node.openshift.io/os_id": "rhel"})),
                with(
                    namespace(json!({})),
                    json!({"metadata": {"annotations": {"openshift.io/node-selector": "disk=ssd"}}}),
                ),
            ],
            plain(),
        ),
        (C::TAINT, vec![tainted("dedicated")], plain()),
        (C::ALL_EXCLUDED, vec![tainted("dedicated")], plain()),
        (C::CONTROL_PLANE_TAINT, vec![tainted("node-role.kubernetes.io/control-plane")], plain()),
        (C::STATE_TAINT, vec![tainted("node.kubernetes.io/unreachable")], plain()),
        (C::STARTUP_TAINT, vec![tainted("node.cloudprovider.kubernetes.io/uninitialized")], plain()),
        (C::LEAVING_TAINT, vec![tainted("karpenter.sh/disrupted")], plain()),
        (C::VIRTUAL_TAINT, vec![tainted("virtual-kubelet.io/provider")], plain()),
        (
            C::SCHEDULER_SELECTOR,
            vec![
                n1(),
                class(
                    "RuntimeClass",
                    json!({"handler": "kata",
            "scheduling": {"nodeSelector": {"kata": "yes"}}}),
                ),
            ],
            daemon_set(json!({"runtimeClassName": "kata"})),
        ),
        (
            C::PORT_TAKEN,
            vec![
                n1(),
                with(
                    other(),
                    json!({"metadata": {"name": "holder"}, "spec": {"containers": [
            {"name": "c", "ports": [{"containerPort": 80, "hostPort": 80}]}]}}),
                ),
            ],
            port(),
        ),
        (C::INSUFFICIENT, vec![n1()], asking(json!({"cpu": "3"}))),
        (C::TOO_MANY_PODS, vec![with(n1(), json!({"status": {"allocatable": {"pods": "1"}}}))], plain()),
        (C::CLAIM_MISSING, vec![n1(), claim(json!({"metadata": {"name": "another"}}))], claiming()),
        (
            C::DISK_IN_USE,
            vec![
                n1(),
                with(
                    other(),
                    json!({"metadata": {"name": "holder"}, "spec": {"volumes": [
            {"name": "v", "awsElasticBlockStore": {"volumeID": "d"}}]}}),
                ),
            ],
            daemon_set(json!({"volumes": [{"name": "v", "awsElasticBlockStore": {"volumeID": "d"}}]})),
        ),
        (
            C::CLAIM_IN_USE,
            vec![
                n1(),
                claim(json!({"metadata": {"annotations": {"pv.kubernetes.io/bind-completed": "yes"}},
            "spec": {"volumeName": "pv", "accessModes": ["ReadWriteOncePod"]}})),
                volume(json!({})),
                with(
                    other(),
                    json!({"metadata": {"name": "holder"}, "spec": {"volumes": [
                {"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]}}),
                ),
            ],
            claiming(),
        ),
        (
            C::TOO_MANY_VOLUMES,
            vec![n1(), bound(), volume(json!({"spec": {"csi": {"driver": "d", "volumeHandle": "h"}}})), csi_node("d")],
            claiming(),
        ),
        (
            C::DRIVER_MISSING,
            vec![
                with(n1(), json!({"status": {"nodeInfo": {"kubeletVersion": "v1.37.0"}}})),
                bound(),
                volume(json!({"spec": {"csi": {"driver": "d", "volumeHandle": "h"}}})),
                csi_node("other"),
                json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": "d"},
                "spec": {"preventPodSchedulingIfMissing": true}}),
            ],
            claiming(),
        ),
        (
            C::NO_STORAGE,
            vec![
                n1(),
                class("StorageClass", json!({"provisioner": "d", "volumeBindingMode": "WaitForFirstConsumer"})),
                claim(json!({"spec": {"storageClassName": "kata"}})),
                json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": "d"}, "spec": {"storageCapacity": true}}),
                json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSIStorageCapacity", "metadata": {"name": "s", "namespace": "a"},
                "storageClassName": "kata", "nodeTopology": {}, "capacity": "1Mi"}),
                volume(json!({"metadata": {"name": "another"}})),
            ],
            claiming(),
        ),
        (C::FEATURE_MISSING, vec![n1()], daemon_set(json!({"hostUsers": false, "hostNetwork": true}))),
        (
            C::CLAIM_LOST,
            vec![n1(), claim(json!({"spec": {"volumeName": "pv"}, "status": {"phase": "Lost"}}))],
            claiming(),
        ),
        (C::CLAIM_TERMINATING, vec![n1(), claim(json!({"metadata": {"deletionTimestamp": LONG_AGO}}))], claiming()),
        (
            C::CLAIM_UNBOUND,
            vec![
                n1(),
                class("StorageClass", json!({"provisioner": "p"})),
                claim(json!({"spec": {"storageClassName": "kata"}})),
            ],
            claiming(),
        ),
        (
            C::VOLUME_AFFINITY,
            vec![
                n1(),
                bound(),
                volume(json!({"spec": {"nodeAffinity": {"required": {"nodeSelectorTerms": [
            {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["n2"]}]}]}}}})),
            ],
            claiming(),
        ),
        (
            C::NO_VOLUME,
            vec![
                n1(),
                class(
                    "StorageClass",
                    json!({"provisioner": "kubernetes.io/no-provisioner",
            "volumeBindingMode": "WaitForFirstConsumer"}),
                ),
                claim(json!({"spec": {"storageClassName": "kata"}})),
                volume(json!({"metadata": {"name": "another"}})),
            ],
            claiming(),
        ),
        (C::VOLUME_GONE, vec![n1(), bound(), volume(json!({"metadata": {"name": "another"}}))], claiming()),
        (
            C::VOLUME_ZONE,
            vec![
                labelled(json!({"topology.kubernetes.io/zone": "a"})),
                bound(),
                volume(json!({"metadata": {"labels": {"topology.kubernetes.io/zone": "b"}}})),
            ],
            claiming(),
        ),
        (C::SPREAD_LABEL, vec![n1()], spread(json!({}))),
        (
            C::SPREAD_SKEW,
            vec![
                labelled(json!({"zone": "a"})),
                with(
                    other(),
                    json!({"metadata": {"name": "alike", "labels": {"app": "agent"},
                        "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "r", "uid": "u9",
                            "controller": true}]}}),
                ),
            ],
            spread(json!({"minDomains": 2})),
        ),
        (
            C::POD_AFFINITY,
            vec![n1()],
            daemon_set(json!({"affinity": {"podAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [{"labelSelector": {"matchLabels": {"app": "db"}},
                "topologyKey": "kubernetes.io/hostname"}]}}})),
        ),
        (
            C::POD_ANTI_AFFINITY,
            vec![n1(), with(other(), json!({"metadata": {"name": "db", "labels": {"app": "db"}}}))],
            daemon_set(anti(json!({"app": "db"}), "kubernetes.io/hostname")),
        ),
        (
            C::EXISTING_ANTI_AFFINITY,
            vec![
                n1(),
                with(
                    other(),
                    json!({"metadata": {"name": "alone"},
            "spec": anti(json!({"app": "agent"}), "kubernetes.io/hostname")}),
                ),
            ],
            plain(),
        ),
        (C::GATED, vec![n1()], daemon_set(json!({"schedulingGates": [{"name": "g"}]}))),
        (
            C::PREEMPTING,
            vec![
                n1(),
                with(
                    other(),
                    json!({"metadata": {"name": "victim"}, "spec": {"containers": [
            {"name": "c", "resources": {"requests": {"cpu": "2"}}}]}}),
                ),
            ],
            with(
                asking(json!({"cpu": "1"})),
                json!({"spec": {"template": {"spec": {"priorityClassName": "system-node-critical"}}}}),
            ),
        ),
        (
            C::RACE_CLAIM,
            vec![
                n1(),
                node("n2"),
                claim(json!({"metadata": {"annotations": {"pv.kubernetes.io/bind-completed": "yes"}},
            "spec": {"volumeName": "pv", "accessModes": ["ReadWriteOncePod"]}})),
                volume(json!({})),
            ],
            claiming(),
        ),
        (
            C::RACE_SPREAD,
            vec![
                labelled(json!({"zone": "a"})),
                with(node("n2"), json!({"metadata": {"labels": {"zone": "a"}}})),
                with(tainted("x"), json!({"metadata": {"name": "n3", "labels": {"zone": "b"}}})),
            ],
            spread(json!({"nodeAffinityPolicy": "Ignore"})),
        ),
        (
            C::RACE_AFFINITY,
            vec![labelled(json!({"zone": "a"})), with(node("n2"), json!({"metadata": {"labels": {"zone": "a"}}}))],
            daemon_set(anti(json!({"app": "agent"}), "zone")),
        ),
        (C::NAMESPACE_MISSING, vec![n1(), with(namespace(json!({})), json!({"metadata": {"name": "b"}}))], plain()),
        (
            C::NAMESPACE_TERMINATING,
            vec![n1(), with(namespace(json!({})), json!({"metadata": {"deletionTimestamp": LONG_AGO}}))],
            plain(),
        ),
        (
            C::SERVICE_ACCOUNT_MISSING,
            vec![
                n1(),
                json!({"apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": "default", "namespace": "a"}}),
            ],
            daemon_set(json!({"serviceAccountName": "agent"})),
        ),
        (
            C::PRIORITY_CLASS_MISSING,
            vec![
                n1(),
                json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
            "metadata": {"name": "high"}, "value": 5}),
            ],
            daemon_set(json!({"priorityClassName": "low"})),
        ),
        (C::PRIORITY_MISMATCH, vec![n1()], daemon_set(json!({"priority": 7}))),
        (
            C::PREEMPTION_POLICY_MISMATCH,
            vec![n1()],
            daemon_set(json!({"priorityClassName": "system-node-critical", "preemptionPolicy": "Never"})),
        ),
        (
            C::RUNTIME_CLASS_MISSING,
            vec![n1(), class("RuntimeClass", json!({}))],
            daemon_set(json!({"runtimeClassName": "gvisor"})),
        ),
        (
            C::RUNTIME_CLASS_CONFLICT,
            vec![
                labelled(json!({"k": "b"})),
                class("RuntimeClass", json!({"scheduling": {"nodeSelector": {"k": "a"}}})),
            ],
            daemon_set(json!({"runtimeClassName": "kata", "nodeSelector": {"k": "b"}})),
        ),
        (
            C::OVERHEAD_MISMATCH,
            vec![n1(), class("RuntimeClass", json!({"overhead": {"podFixed": {"cpu": "1"}}}))],
            daemon_set(json!({"runtimeClassName": "kata", "overhead": {"cpu": "2"}})),
        ),
        (
            C::LIMIT_RANGE,
            vec![
                n1(),
                json!({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "l", "namespace": "a"},
            "spec": {"limits": [{"type": "Container", "max": {"cpu": "100m"}}]}}),
            ],
            asking(json!({"cpu": "200m"})),
        ),
        (
            C::POD_SECURITY,
            vec![n1(), namespace(json!({"pod-security.kubernetes.io/enforce": "baseline"}))],
            daemon_set(json!({"hostNetwork": true})),
        ),
        (
            C::QUOTA_EXCEEDED,
            vec![n1(), quota(json!({"pods": "0"}), json!({"hard": {"pods": "0"}, "used": {"pods": "0"}}))],
            plain(),
        ),
        (
            C::QUOTA_UNSPECIFIED,
            vec![n1(), quota(json!({"cpu": "9"}), json!({"hard": {"cpu": "9"}, "used": {"cpu": "0"}}))],
            plain(),
        ),
        (C::QUOTA_UNSYNCED, vec![n1(), quota(json!({"pods": "9"}), json!({"hard": {"pods": "9"}}))], plain()),
        (
            C::QUOTA_ADMITS_SOME,
            vec![n1(), node("n2"), quota(json!({"pods": "1"}), json!({"hard": {"pods": "1"}, "used": {"pods": "0"}}))],
            plain(),
        ),
        (
            C::REPEATED_LABEL_KEY,
            vec![n1()],
            daemon_set(json!({"affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
                {"weight": 1, "podAffinityTerm": {"topologyKey": "zone", "matchLabelKeys": ["app"],
                    "labelSelector": {"matchLabels": {"app": "cache"}}}}]}}})),
        ),
        (
            C::REPEATED_HOST_PORT,
            vec![n1()],
            daemon_set(json!({"hostNetwork": true, "containers": [
                {"name": "c", "ports": [{"name": "http", "containerPort": 9100}]},
                {"name": "d", "ports": [{"name": "metrics", "containerPort": 9100}]}]})),
        ),
        (
            C::ADOPTS,
            vec![n1(), with(other(), json!({"metadata": {"name": "orphan", "labels": {"app": "agent"}}}))],
            plain(),
        ),
        (
            C::OVERLAPS,
            vec![
                n1(),
                json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "namespace": "a"},
            "spec": {"selector": {"matchLabels": {"app": "agent"}}}}),
            ],
            plain(),
        ),
        (
            C::SURGE_PORT,
            vec![n1()],
            with(
                port(),
                json!({"spec": {"updateStrategy": {"type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}}}),
            ),
        ),
        (
            C::EVICTED_AGAIN,
            vec![with(n1(), json!({"spec": {"taints": [{"key": "drain", "value": "x", "effect": "NoExecute"}]}}))],
            daemon_set(json!({"tolerations": [{"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 0}]})),
        ),
        (C::VIRTUAL_NODE, vec![labelled(json!({"type": "virtual-kubelet"}))], plain()),
        (
            C::NETWORK_DEADLOCK,
            vec![with(
                tainted("node.kubernetes.io/not-ready"),
                json!({"spec": {"taints": [{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}]}}),
            )],
            with(daemon_set(json!({"hostNetwork": true})), json!({"metadata": {"name": "calico-node"}})),
        ),
        (C::OTHER_SCHEDULER, vec![n1()], daemon_set(json!({"schedulerName": "mine"}))),
        (C::NOT_COLLECTED, vec![n1()], claiming()),
        (C::RESOURCE_CLAIMS, vec![n1()], daemon_set(json!({"resourceClaims": [{"name": "r"}]}))),
        (
            C::DEVICE_CLASS,
            vec![
                n1(),
                json!({"apiVersion": "resource.k8s.io/v1", "kind": "DeviceClass",
            "metadata": {"name": "gpus"}, "spec": {"extendedResourceName": "x.example/gpu"}}),
            ],
            daemon_set(json!({"containers": [{"name": "c", "resources": {
                "requests": {"x.example/gpu": "1"}, "limits": {"x.example/gpu": "1"}}}]})),
        ),
        (C::UNREADABLE, vec![with(n1(), json!({"status": {"allocatable": {"cpu": "4x"}}}))], plain()),
        (
            C::QUOTA_SCOPE,
            vec![
                n1(),
                with(
                    quota(json!({"pods": "9"}), json!({"hard": {"pods": "9"}, "used": {"pods": "0"}})),
                    json!({"spec": {"scopes": ["Sideways"]}}),
                ),
            ],
            plain(),
        ),
    ]
}

/// A scenario about what is deployed: what the cluster holds beside the DaemonSet and a pod on `n1`.
pub fn deployed() -> Vec<(Code, Vec<Value>, Value)> {
    use Code as C;
    let plain = || daemon_set(json!({}));
    let on = |items: Vec<Value>| items.into_iter().chain([node("n1")]).collect::<Vec<_>>();
    let starting = || own(json!({"phase": "Pending"}));
    let pod_event = |reason: &str, message: &str| event("Pod", "agent-1", reason, message);
    let end = |code: i32, reason: &str, message: &str| {
        crashed(json!({"exitCode": code, "reason": reason, "message": message}))
    };
    let unbound = |conditions: Value| {
        with(
            own(json!({"phase": "Pending", "conditions": conditions})),
            json!({"spec": {
        "nodeName": null, "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}]}}}}}),
        )
    };
    let refused_by_scheduler = |reason: &str| {
        json!([{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
            "message": format!("0/1 nodes are available: 1 {reason}.")}])
    };
    let on_delete = || with(plain(), json!({"spec": {"updateStrategy": {"type": "OnDelete"}}}));
    let second = |more: Value| {
        with(
            with(
                own(json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]})),
                json!({"metadata": {"name": "agent-2", "labels": {"controller-revision-hash": "new"}}, "spec": {"nodeName": "n2"}}),
            ),
            more,
        )
    };
    let unready_node = |name: &str| {
        with(
            node(name),
            json!({"status": {"conditions": [{"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown"}]}}),
        )
    };
    let mut all: Vec<(Code, Vec<Value>, Value)> = vec![
        (C::KUBELET_RESOURCES, on(vec![failed("OutOfcpu")]), plain()),
        (C::KUBELET_AFFINITY, on(vec![failed("NodeAffinity")]), plain()),
        (C::KUBELET_PORTS, on(vec![failed("NodePorts")]), plain()),
        (C::KUBELET_TAINT, on(vec![failed("TaintToleration")]), plain()),
        (C::EVICTED, on(vec![failed("Evicted")]), plain()),
        (C::SYSCTL_FORBIDDEN, on(vec![failed("SysctlForbidden")]), plain()),
        (C::DEVICES, on(vec![failed("UnexpectedAdmissionError")]), plain()),
        (C::NODE_SHUTDOWN, on(vec![failed("NodeShutdown")]), plain()),
        (C::KUBELET_REFUSED, on(vec![failed("AppArmor")]), plain()),
        (C::POD_FAILED, on(vec![failed("Strange")]), plain()),
        (C::IMAGE_PULL, on(vec![waiting("ImagePullBackOff", "not found")]), plain()),
        (C::IMAGE_NAME, on(vec![waiting("InvalidImageName", "")]), plain()),
        (C::IMAGE_ABSENT, on(vec![waiting("ErrImageNeverPull", "")]), plain()),
        (C::CONTAINER_CONFIG, on(vec![waiting("CreateContainerConfigError", "secret \"s\" not found")]), plain()),
        (C::CONTAINER_START, on(vec![waiting("RunContainerError", "no such file")]), plain()),
        (
            C::SECURITY_CONTEXT,
            on(vec![waiting("CreateContainerConfigError", "container has runAsNonRoot and image will run as root")]),
            plain(),
        ),
        (C::CRASH_LOOP, on(vec![end(1, "Error", "")]), plain()),
        (C::OUT_OF_MEMORY, on(vec![end(137, "OOMKilled", "")]), plain()),
        (C::ARCHITECTURE, on(vec![end(1, "Error", "exec format error")]), plain()),
        (C::ENDS_AT_ONCE, on(vec![end(0, "Completed", "")]), plain()),
        (C::LIVENESS, on(vec![end(137, "Error", ""), pod_event("Unhealthy", "Liveness probe failed: 500")]), plain()),
        (
            C::INIT_FAILED,
            on(vec![own(json!({"phase": "Pending", "initContainerStatuses": [{"name": "i", "ready": false,
            "restartCount": 3, "state": {"terminated": {"exitCode": 1, "reason": "Error"}}}]}))]),
            plain(),
        ),
        (
            C::INIT_RUNNING,
            on(vec![own(json!({"phase": "Pending", "initContainerStatuses": [{"name": "wait", "ready": false,
            "restartCount": 0, "state": {"running": {"startedAt": "2027-01-15T07:00:00Z"}}}]}))]),
            plain(),
        ),
        (C::MOUNT, on(vec![starting(), pod_event("FailedMount", "configmap \"c\" not found")]), plain()),
        (
            C::HOST_PATH_TYPE,
            on(vec![starting(), pod_event("FailedMount", "hostPath type check failed: /p is not a directory")]),
            plain(),
        ),
        (C::ATTACH, on(vec![starting(), pod_event("FailedAttachVolume", "Multi-Attach error")]), plain()),
        (C::SANDBOX, on(vec![starting(), pod_event("FailedCreatePodSandBox", "no address left")]), plain()),
        (C::NETWORK_NOT_READY, on(vec![starting(), pod_event("NetworkNotReady", "network is not ready")]), plain()),
        (C::READINESS, on(vec![unready(), pod_event("Unhealthy", "Readiness probe failed: 503")]), plain()),
        (C::NOT_READY, on(vec![unready()]), plain()),
        (C::STARTING_LONG, on(vec![starting()]), plain()),
        (C::TERMINATING_LONG, on(vec![with(running(), json!({"metadata": {"deletionTimestamp": LONG_AGO}}))]), plain()),
        (C::PENDING_UNEXPLAINED, on(vec![unbound(json!([]))]), plain()),
        (
            C::DISAGREES,
            on(vec![unbound(json!([{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
            "message": "0/1 nodes are available: 1 Insufficient cpu."}]))]),
            plain(),
        ),
        (
            C::NODE_NOT_READY,
            vec![
                own(json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]})),
                unready_node("n1"),
            ],
            plain(),
        ),
        (C::MISSING, on(vec![]), plain()),
        // No document may say so; a DaemonSet of an older server may.
        (
            C::CONTRADICTION,
            on(vec![]),
            daemon_set(
                json!({"containers": [{"name": "c", "resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}}]}),
            ),
        ),
        (
            C::WEBHOOK_REFUSED,
            on(vec![event(
                "DaemonSet",
                "agent",
                "FailedCreate",
                "Error creating: admission webhook \"w\" denied the request: no",
            )]),
            plain(),
        ),
        (
            C::WEBHOOK_UNREACHABLE,
            on(vec![event(
                "DaemonSet",
                "agent",
                "FailedCreate",
                "Error creating: Internal error occurred: failed calling webhook \"w\"",
            )]),
            plain(),
        ),
        (
            C::CREATION_FAILED,
            on(vec![event("DaemonSet", "agent", "FailedCreate", "Error creating: etcd is full")]),
            plain(),
        ),
        (C::STRANDED, vec![tainted("dedicated"), running()], plain()),
        (C::AUTOSCALER_STRANDED, vec![tainted("karpenter.sh/disrupted"), running()], plain()),
        (C::MISSCHEDULED, on(vec![running()]), daemon_set(json!({"nodeSelector": {"disk": "ssd"}}))),
        (C::ON_DELETE, on(vec![running(), revision()]), on_delete()),
        (C::STATUS_DIFFERS, on(vec![running(), node("n2")]), plain()),
        (C::ROLLOUT_STUCK, on(vec![running(), node("n2"), second(json!({})), revision()]), plain()),
        (
            C::SURGE_BLOCKED,
            on(vec![
                running(),
                with(
                    unbound(refused_by_scheduler(
                        "node(s) didn't have free ports for the requested pod \
                ports",
                    )),
                    json!({"metadata": {"name": "agent-2", "labels": {"controller-revision-hash": "new"}}}),
                ),
                revision(),
            ]),
            surging(),
        ),
        (
            C::CHANGED_BY_ADMISSION,
            on(vec![with(
                unbound(refused_by_scheduler("node(s) didn't match Pod's node affinity/selector")),
                json!({"spec": {"nodeSelector": {"pool": "gpu"}, "tolerations": default_tolerations()}}),
            )]),
            plain(),
        ),
        (C::ROLLOUT_NODES, on(vec![running(), unready_node("n2"), second(json!({})), revision()]), plain()),
    ];
    all.push((C::NOT_OBSERVED, on(vec![running()]), with(plain(), json!({"metadata": {"generation": 7}}))));
    all
}

/// What the controller gives every pod.
pub fn default_tolerations() -> Value {
    let tolerate = |key: &str, effect: &str| json!({"key": format!("node.kubernetes.io/{key}"), "operator": "Exists", "effect": effect});
    let pressures =
        ["disk-pressure", "memory-pressure", "pid-pressure", "unschedulable"].map(|key| tolerate(key, "NoSchedule"));
    ["not-ready", "unreachable"].map(|key| tolerate(key, "NoExecute")).into_iter().chain(pressures).collect()
}

/// The DaemonSet with a rollout that makes the new pod first.
pub fn surging() -> Value {
    with(
        daemon_set(json!({})),
        json!({"spec": {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}}}),
    )
}

/// A DaemonSet as the cluster holds it, with the generation that it was given.
pub fn stored(daemon_set: &Value) -> Value {
    let generation = daemon_set.pointer("/metadata/generation").cloned();
    let stored = live(daemon_set.clone());
    match generation {
        Some(generation) => with(stored, json!({"metadata": {"generation": generation}})),
        None => stored,
    }
}

/// Two documents of which each fits alone.
pub fn two_documents() -> Vec<Value> {
    ["one", "two"].map(|name| with(asking(json!({"cpu": "1500m"})), json!({"metadata": {"name": name}}))).into()
}
