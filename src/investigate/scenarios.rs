//! Every code, produced by the smallest cluster that has its cause.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::findings::codes;
use crate::findings::codes::Code;
use crate::findings::{Index, MadePod, Probed, Settings, Shown, Subject};
use crate::investigate::diagnose;
use crate::manifest::Language;
use crate::report::Severity;
use crate::store::{Builder, Cluster};

const NOW: i64 = 1_800_000_000;
const LONG_AGO: &str = "2026-01-01T00:00:00Z";

/// An object laid over another, key by key.
fn with(mut base: Value, more: Value) -> Value {
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

fn node(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "creationTimestamp": LONG_AGO,
        "labels": {"kubernetes.io/hostname": name}}, "spec": {},
        "status": {"allocatable": {"cpu": "2", "memory": "4Gi", "pods": "10"},
            "conditions": [{"type": "Ready", "status": "True"}], "nodeInfo": {"kubeletVersion": "v1.36.0"}}})
}

fn tainted(key: &str) -> Value {
    with(node("n1"), json!({"spec": {"taints": [{"key": key, "value": "x", "effect": "NoSchedule"}]}}))
}

/// A pod that takes room on `n1`.
fn other() -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "other", "namespace": "a"},
        "spec": {"nodeName": "n1", "containers": [{"name": "c"}]}, "status": {"phase": "Running"}})
}

fn daemon_set(spec: Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent", "namespace": "a"},
        "spec": {"selector": {"matchLabels": {"app": "agent"}},
            "template": {"metadata": {"labels": {"app": "agent"}}, "spec": with(json!({"containers": [{"name": "c"}]}), spec)}}})
}

fn asking(requests: Value) -> Value {
    daemon_set(json!({"containers": [{"name": "c", "resources": {"requests": requests}}]}))
}

fn claiming() -> Value {
    daemon_set(json!({"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]}))
}

fn claim(more: Value) -> Value {
    let base = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": "a"}, "spec": {"accessModes": ["ReadWriteMany"],
            "resources": {"requests": {"storage": "1Gi"}}}, "status": {"phase": "Pending"}});
    with(base, more)
}

fn bound() -> Value {
    claim(json!({"metadata": {"annotations": {"pv.kubernetes.io/bind-completed": "yes"}},
        "spec": {"volumeName": "pv"}, "status": {"phase": "Bound"}}))
}

fn volume(more: Value) -> Value {
    let base = json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "pv"},
        "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteMany"],
            "claimRef": {"namespace": "a", "name": "data"}}, "status": {"phase": "Bound"}});
    with(base, more)
}

fn namespace(labels: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a", "labels": labels}})
}

fn quota(hard: Value, status: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q", "namespace": "a"},
        "spec": {"hard": hard}, "status": status})
}

fn class(kind: &str, more: Value) -> Value {
    let api = if kind == "RuntimeClass" { "node.k8s.io/v1" } else { "storage.k8s.io/v1" };
    with(json!({"apiVersion": api, "kind": kind, "metadata": {"name": "kata"}}), more)
}

fn csi_node(driver: &str) -> Value {
    json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSINode", "metadata": {"name": "n1"},
        "spec": {"drivers": [{"name": driver, "nodeID": "n1", "allocatable": {"count": 0}}]}})
}

/// The DaemonSet as the cluster holds it.
fn live(mut daemon_set: Value) -> Value {
    daemon_set = with(
        daemon_set,
        json!({"metadata": {"uid": "u1", "generation": 1, "creationTimestamp": LONG_AGO},
        "status": {"observedGeneration": 1, "desiredNumberScheduled": 1, "currentNumberScheduled": 1}}),
    );
    daemon_set
}

/// One of its pods, on `n1`.
fn own(status: Value) -> Value {
    with(
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "agent-1", "namespace": "a",
            "creationTimestamp": LONG_AGO, "labels": {"app": "agent", "controller-revision-hash": "old"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent", "uid": "u1", "controller": true}]},
            "spec": {"nodeName": "n1", "containers": [{"name": "c"}]}}),
        json!({ "status": status }),
    )
}

fn running() -> Value {
    own(json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}))
}

fn failed(reason: &str) -> Value {
    own(json!({"phase": "Failed", "reason": reason, "message": "Pod was rejected"}))
}

fn waiting(reason: &str, message: &str) -> Value {
    own(json!({"phase": "Pending", "containerStatuses": [
        {"name": "c", "ready": false, "restartCount": 0, "state": {"waiting": {"reason": reason, "message": message}}}]}))
}

fn crashed(end: Value) -> Value {
    own(json!({"phase": "Running", "containerStatuses": [{"name": "c", "ready": false, "restartCount": 5,
        "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": end}}]}))
}

fn unready() -> Value {
    own(json!({"phase": "Running", "containerStatuses": [
        {"name": "c", "ready": false, "restartCount": 0, "state": {"running": {}}}]}))
}

fn event(kind: &str, name: &str, reason: &str, message: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e", "namespace": "a"}, "type": "Warning",
        "involvedObject": {"kind": kind, "namespace": "a", "name": name}, "reason": reason, "message": message})
}

fn revision() -> Value {
    json!({"apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": {"name": "agent-new", "namespace": "a",
        "labels": {"controller-revision-hash": "new"},
        "ownerReferences": [{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent", "uid": "u1", "controller": true}]},
        "revision": 2})
}

/// A scenario about a document: what the cluster holds beside a pod on `n1`, and the document.
type Paper = (Code, Vec<Value>, Value);

fn on_paper() -> Vec<Paper> {
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
            C::CONTRADICTION,
            vec![n1()],
            daemon_set(json!({"containers": [{"name": "c",
            "resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}}]})),
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
            daemon_set(json!({"tolerations": [{"operator": "Exists", "tolerationSeconds": 0}]})),
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
            asking(json!({"x.example/gpu": "1"})),
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
fn deployed() -> Vec<(Code, Vec<Value>, Value)> {
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

fn world(items: &[Value], deployed: Option<&Value>) -> Cluster {
    let mut builder = Builder::new();
    for object in items.iter().chain(deployed).chain([&other()]) {
        let text = object.to_string();
        builder.read(text.as_bytes(), None).expect("an object is read");
    }
    builder.finish(None)
}

fn settings() -> Settings {
    Settings {
        now: NOW,
        grace: 120,
        expect: None,
        ignore: Vec::new(),
        no_exemptions: false,
        shown: Shown::All,
        node: None,
        allow_zero: false,
        all_fixes: true,
    }
}

fn found(items: &[Value], document: &Value, written: bool, settings: &Settings) -> Vec<(Code, crate::report::Finding)> {
    let document = if written {
        document.clone()
    } else {
        let generation = document.pointer("/metadata/generation").cloned();
        let document = live(document.clone());
        generation.map_or(document.clone(), |g| with(document, json!({"metadata": {"generation": g}})))
    };
    let mut cluster = world(items, (!written).then_some(&document));
    let daemon_set = match written {
        true => world(&[], Some(&document)).daemon_sets.remove(0),
        false => cluster.daemon_sets[0].clone(),
    };
    let deployed = daemon_set.uid;
    let adopts = if deployed.is_none() { cluster.adopt(&daemon_set) } else { None };
    let index = Index::of(&cluster);
    let asked = Subject { daemon_set, deployed, adopts, written: written.then_some(Language::Apps), spec: None };
    let report = diagnose(&mut cluster, &index, &asked, settings).report;
    report.findings.into_iter().map(|finding| (finding.code, finding)).collect()
}

/// What the controller gives every pod.
fn default_tolerations() -> Value {
    crate::findings::admission_probe::pod(&daemon_set(json!({})), "n1", None)["spec"]["tolerations"].clone()
}

/// The DaemonSet with a rollout that makes the new pod first.
fn surging() -> Value {
    with(
        daemon_set(json!({})),
        json!({"spec": {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}}}),
    )
}

/// What is found once the API server was asked for one pod.
fn asked(answer: &Probed) -> (Vec<crate::report::Finding>, Vec<String>, crate::report::DaemonSetReport) {
    let document = daemon_set(json!({}));
    let mut cluster = world(&[node("n1"), with(node("n2"), json!({"metadata": {"labels": {"pool": "gpu"}}}))], None);
    let daemon_set = world(&[], Some(&document)).daemon_sets.remove(0);
    let index = Index::of(&cluster);
    let asked = Subject { daemon_set, deployed: None, adopts: None, written: Some(Language::Apps), spec: None };
    let diagnosis = crate::investigate::diagnose_with_probe(&mut cluster, &index, &asked, Some(answer), &settings());
    (diagnosis.report.findings.clone(), diagnosis.notices, diagnosis.report)
}

fn made(spec: Value) -> Probed {
    let document = daemon_set(json!({}));
    let pod = with(crate::findings::admission_probe::pod(&document, "n1", None), json!({ "spec": spec }));
    Probed::Made(Box::new(MadePod::of(&pod).expect("it is a pod")))
}

#[test]
fn the_servers_answer_stands_in_the_place_of_what_is_expected() {
    let (found, ..) = asked(&made(json!({})));
    assert!(found.is_empty(), "nothing is changed, nothing is said: {found:?}");

    let (found, _, report) = asked(&made(json!({"nodeSelector": {"pool": "gpu"}})));
    let changed = found.iter().find(|f| f.code == Code::CHANGED_BY_ADMISSION).expect("it is told");
    assert_eq!((changed.severity, &changed.nodes), (Severity::Warning, &vec!["n1".to_owned()]), "{changed:?}");
    assert!(changed.message.ends_with("nodeSelector: pool=gpu instead of nothing"), "{}", changed.message);
    let placements: Vec<&str> = report.nodes.iter().map(|n| n.placement).collect();
    assert_eq!(placements, ["unschedulable", "placed"], "nodes are judged by the server's pod");

    let more = json!({"containers": [{"name": "c"}, {"name": "mesh", "resources": {"requests": {"cpu": "10m"}}}]});
    let (found, ..) = asked(&made(more));
    let changed = found.iter().find(|f| f.code == Code::CHANGED_BY_ADMISSION).expect("it is told");
    assert_eq!((changed.severity, changed.node_count), (Severity::Info, 0));
    assert!(changed.message.contains("containers: mesh instead of nothing"), "{}", changed.message);
    assert!(changed.message.contains("resources.requests: cpu=10m instead of nothing"), "{}", changed.message);
}

#[test]
fn what_the_kubelet_refused_before_is_told_from_events() {
    let failed = event(
        "DaemonSet",
        "agent",
        "FailedDaemonPod",
        "Found failed daemon pod a/agent-0 on node n1, will try to kill it",
    );
    let words = event(
        "Pod",
        "agent-0",
        "OutOfcpu",
        "Node didn't have enough resource: cpu, requested: 500, used: 3900, capacity: 4000",
    );
    let found = found(&[node("n1"), failed, words], &daemon_set(json!({})), false, &settings());
    let refused = found.iter().find(|(code, _)| *code == Code::KUBELET_RESOURCES).map(|(_, f)| f);
    let refused = refused.unwrap_or_else(|| panic!("not told: {found:?}"));
    assert!(refused.message.starts_with("the pod before this one: OutOfcpu: Node didn't have"), "{}", refused.message);
}

#[test]
fn events_that_are_over_are_not_believed() {
    let seen = |reason: &str, message: &str, at: &str| {
        with(event("DaemonSet", "agent", reason, message), json!({"lastTimestamp": at, "metadata": {"name": at}}))
    };
    let old = seen("FailedCreate", "Error creating: no", "2027-01-15T07:00:00Z");
    let new = seen("SuccessfulCreate", "Created pod: agent-1", "2027-01-15T07:59:00Z");
    let codes = |items: &[Value]| -> Vec<Code> {
        found(items, &daemon_set(json!({})), false, &settings()).iter().map(|(code, _)| *code).collect()
    };
    assert_eq!(codes(&[node("n1"), old.clone()]), [Code::CREATION_FAILED]);
    assert_eq!(codes(&[node("n1"), old, new]), [Code::MISSING]);
}

#[test]
fn a_rollout_that_surges_shows_the_new_pods_trouble() {
    let new = with(
        crashed(json!({"exitCode": 3, "reason": "Error"})),
        json!({"metadata": {"name": "agent-2", "labels": {"controller-revision-hash": "new"}}}),
    );
    let found = found(&[node("n1"), running(), new, revision()], &surging(), false, &settings());
    let crash = found.iter().find(|(code, _)| *code == Code::CRASH_LOOP).map(|(_, f)| f);
    let crash = crash.unwrap_or_else(|| panic!("not told: {found:?}"));
    assert!(crash.message.starts_with("pod agent-2 beside it: container c:"), "{}", crash.message);
}

#[test]
fn a_rollout_says_whose_fault_it_is() {
    let on = |node: &str, pod: &str, hash: &str, ready: bool| {
        let status = if ready { "True" } else { "False" };
        with(
            own(json!({"phase": "Running", "conditions": [{"type": "Ready", "status": status}]})),
            json!({"metadata": {"name": pod, "labels": {"controller-revision-hash": hash}}, "spec": {"nodeName": node}}),
        )
    };
    let broken = with(
        node("n3"),
        json!({"status": {"conditions": [{"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown"}]}}),
    );
    let items = [
        node("n1"),
        node("n2"),
        broken,
        node("n4"),
        revision(),
        on("n1", "agent-1", "old", true),
        on("n2", "agent-2", "new", false),
        on("n3", "agent-3", "new", false),
    ];
    let bound = json!({"spec": {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 3}}}});
    let found = found(&items, &with(daemon_set(json!({})), bound), false, &settings());
    let stuck = found.iter().find(|(code, _)| *code == Code::ROLLOUT_STUCK).map(|(_, f)| f);
    let stuck = stuck.unwrap_or_else(|| panic!("not told: {found:?}"));
    assert_eq!(stuck.message, "3 nodes lack an available pod, maxUnavailable is 3, and 1 old pod waits");
    assert_eq!(
        stuck.notes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "2 by the rollout: 1 pod is not there and 1 pod does not become ready",
            "1 by the node, not the rollout: 1 node is not ready"
        ]
    );
    assert_eq!((&stuck.evidence["blockedByRollout"], &stuck.evidence["blockedByNode"]), (&json!(2), &json!(1)));
    assert_eq!(stuck.nodes, ["n2", "n4"]);
}

/// As the real controller left it: one node of two was tainted while its pod ran.
#[test]
fn a_taint_that_came_later_is_not_in_the_status() {
    let told = |items: &[Value]| {
        let counted = with(daemon_set(json!({})), json!({"status": {"desiredNumberScheduled": 1}}));
        let found = found(items, &counted, false, &settings());
        let (_, finding) = found.into_iter().find(|(code, _)| *code == Code::STATUS_DIFFERS).expect("it is told");
        (finding.severity, finding.notes.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let note = "a new taint is not counted while the pod on the node runs".to_owned();
    assert_eq!(told(&[tainted("dedicated"), running()]), (Severity::Info, vec![note]));
    // Without a pod there it would have counted again.
    assert_eq!(told(&[tainted("dedicated")]), (Severity::Warning, vec![]));
}

#[test]
fn on_delete_names_the_old_pods() {
    let on_delete = with(daemon_set(json!({})), json!({"spec": {"updateStrategy": {"type": "OnDelete"}}}));
    let found = found(&[node("n1"), running(), revision()], &on_delete, false, &settings());
    let (_, old) = found.iter().find(|(code, _)| *code == Code::ON_DELETE).expect("it is told");
    assert_eq!((&old.notes[0], &old.evidence["pods"]), (&"old: agent-1".into(), &json!(["agent-1"])));
}

#[test]
fn troubles_name_what_is_behind_them() {
    let notes = |items: &[Value], code: Code| -> Vec<String> {
        let found = found(items, &daemon_set(json!({})), false, &settings());
        let finding = found.iter().find(|(c, _)| *c == code).unwrap_or_else(|| panic!("{code}: {found:?}"));
        [finding.1.message.clone()].into_iter().chain(finding.1.notes.iter().map(ToString::to_string)).collect()
    };
    let limited = json!({"spec": {"containers": [{"name": "c", "resources": {"limits": {"memory": "24Mi"}}}]}});
    let killed = |reason: &str| crashed(json!({"exitCode": 137, "reason": reason}));
    let told = notes(&[node("n1"), with(killed("OOMKilled"), limited.clone())], Code::OUT_OF_MEMORY);
    assert_eq!(told[1], "its memory limit is 24Mi");
    let told = notes(&[node("n1"), with(killed("Error"), limited)], Code::CRASH_LOOP);
    assert_eq!(
        told[1],
        "its memory limit is 24Mi: a runtime does not always notice that a container was killed for it"
    );
    assert_eq!(notes(&[node("n1"), killed("Error")], Code::CRASH_LOOP).len(), 1);
    let again = own(json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}],
        "containerStatuses": [{"name": "c", "ready": true, "restartCount": 7, "state": {"running": {}},
            "lastState": {"terminated": {"exitCode": 3, "reason": "Error", "finishedAt": "2027-01-15T07:58:00Z"}}}]}));
    let told = notes(&[node("n1"), again], Code::CRASH_LOOP);
    assert_eq!(told[0], "container c: it failed (exit code 3), 7 restarts");
    assert_eq!(told[1], "it runs at this moment, and counts as ready");
    let held =
        with(running(), json!({"metadata": {"deletionTimestamp": LONG_AGO, "finalizers": ["example.org/hold"]}}));
    assert_eq!(notes(&[node("n1"), held], Code::TERMINATING_LONG)[1], "the finalizer example.org/hold holds it");
    let gated = own(json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "False",
        "reason": "ReadinessGatesNotReady", "message": "the status of pod readiness gate \"g\" is not \"True\""}]}));
    let told = &notes(&[node("n1"), gated], Code::NOT_READY)[0];
    assert_eq!(told, "the pod runs but is not ready: the status of pod readiness gate \"g\" is not \"True\"");
    let disagrees = with(
        own(
            json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
            "message": "0/1 nodes are available: 1 Insufficient cpu."}]}),
        ),
        json!({"spec": {"nodeName": null, "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}]}}}}}),
    );
    let told = notes(&[node("n1"), disagrees], Code::DISAGREES);
    assert!(told[0].starts_with("the scheduler says \"Insufficient cpu\", the rules of v1.36"), "{told:?}");
    assert!(told[1].starts_with("the server is v1.36"), "{told:?}");
    assert!(told[1].contains("assumed of its scheduler: the default profile"), "{told:?}");
}

/// Two documents of which each fits alone.
fn together() -> Vec<crate::report::Finding> {
    let mut cluster = world(&[node("n1")], None);
    let index = Index::of(&cluster);
    let mut together = crate::investigate::CombinedFit::default();
    let mut last = Vec::new();
    for name in ["one", "two"] {
        let document = with(asking(json!({"cpu": "1500m"})), json!({"metadata": {"name": name}}));
        let daemon_set = world(&[], Some(&document)).daemon_sets.remove(0);
        let asked = Subject { daemon_set, deployed: None, adopts: None, written: Some(Language::Apps), spec: None };
        let mut diagnosis = diagnose(&mut cluster, &index, &asked, &settings());
        together.add(&cluster, &asked, &mut diagnosis, &settings());
        last = diagnosis.report.findings;
    }
    last
}

#[test]
fn documents_that_do_not_fit_together_are_told() {
    let found = together();
    let messages: Vec<&str> = found.iter().map(|f| f.message.as_str()).collect();
    assert_eq!(messages, ["beside a/one it does not fit: n1 is short of 1 cpu"]);
}

/// What is found where the source holds no pod, and the status counts none that is ready.
fn without_pods() -> Vec<Code> {
    let mut builder = Builder::new();
    for object in [node("n1"), live(daemon_set(json!({})))] {
        builder.read(object.to_string().as_bytes(), None).expect("an object is read");
    }
    let mut cluster = builder.finish(None);
    let index = Index::of(&cluster);
    let asked = Subject::deployed(cluster.daemon_sets[0].clone());
    let report = diagnose(&mut cluster, &index, &asked, &settings()).report;
    report.findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn every_code_has_a_cluster_that_produces_it() {
    let mut produced: BTreeSet<Code> = BTreeSet::new();
    let mut wrong = Vec::new();
    let papers = on_paper().into_iter().map(|scenario| (scenario, true));
    for ((code, items, document), written) in papers.chain(deployed().into_iter().map(|scenario| (scenario, false))) {
        let found = found(&items, &document, written, &settings());
        let codes: Vec<String> = found.iter().map(|(code, f)| format!("{code} {}", f.message)).collect();
        if found.iter().any(|(found, _)| *found == code) {
            produced.insert(code);
        } else {
            wrong.push(format!("{code} {}: found {codes:?}", code.page().title));
        }
    }
    let expecting = Settings { expect: Some(crate::findings::Expect::All), ..settings() };
    let ending = with(running(), json!({"metadata": {"deletionTimestamp": "2027-01-15T08:00:00Z"}}));
    let ending = found(&[node("n1"), ending], &daemon_set(json!({})), false, &expecting);
    produced.extend(ending.iter().map(|(code, _)| *code));
    produced.extend(without_pods());
    produced.extend(together().into_iter().map(|finding| finding.code));
    produced.extend(asked(&Probed::Refused("etcd is full".into())).0.into_iter().map(|finding| finding.code));
    assert!(wrong.is_empty(), "{} scenarios fail:\n{}", wrong.len(), wrong.join("\n"));
    let missing: Vec<String> = codes::all()
        .map(|p| p.code)
        .filter(|c| !produced.contains(c))
        .map(|c| format!("{c} {}", c.page().title))
        .collect();
    assert!(missing.is_empty(), "no scenario for:\n{}", missing.join("\n"));
}
