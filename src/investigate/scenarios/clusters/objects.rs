//! The objects that the clusters are made of.

use serde_json::{Value, json};

use super::super::Code;

/// A scenario about a document: what the cluster holds beside a pod on `n1`, and the document.
pub type Paper = (Code, Vec<Value>, Value);

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

/// The node with labels.
pub fn labelled(labels: Value) -> Value {
    with(node("n1"), json!({"metadata": {"labels": labels}}))
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

/// A DaemonSet that uses port 80 of the node.
pub fn port() -> Value {
    daemon_set(json!({"containers": [{"name": "c", "ports": [{"containerPort": 80, "hostPort": 80}]}]}))
}

pub fn asking(requests: Value) -> Value {
    daemon_set(json!({"containers": [{"name": "c", "resources": {"requests": requests}}]}))
}

/// A DaemonSet whose container restarts all containers of the pod when it fails.
pub fn restarting_all() -> Value {
    let rule = json!({"action": "RestartAllContainers", "exitCodes": {"operator": "In", "values": [1]}});
    daemon_set(json!({"containers": [{"name": "c", "restartPolicy": "Always", "restartPolicyRules": [rule]}]}))
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

/// A node whose pod of the newest revision crashes, and one with a ready pod of the revision before.
pub fn new_revision_fails() -> Vec<Value> {
    let template = |image: &str| json!({"spec": {"containers": [{"name": "c", "image": image}]}});
    let stored = |number: i64, hash: &str, image: &str| {
        with(
            revision(),
            json!({"metadata": {"name": format!("agent-{hash}"), "labels": {"controller-revision-hash": hash}},
                "revision": number, "data": {"spec": {"template": template(image)}}}),
        )
    };
    let old = json!({"metadata": {"name": "agent-2", "labels": {"controller-revision-hash": "old"}}, "spec": {"nodeName": "n2"}});
    let new = json!({"metadata": {"labels": {"controller-revision-hash": "new"}}});
    let crashed = crashed(json!({"exitCode": 2, "reason": "Error", "finishedAt": "2027-01-15T07:59:00Z"}));
    vec![
        node("n1"),
        node("n2"),
        with(crashed, new),
        with(running(), old),
        stored(1, "old", "r/c:1"),
        stored(2, "new", "r/c:2"),
    ]
}

/// A DaemonSet whose pods claim a device.
pub fn devices() -> Value {
    daemon_set(json!({"resourceClaims": [{"name": "r", "resourceClaimTemplateName": "one"}]}))
}

pub fn claim_template() -> Value {
    json!({"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaimTemplate", "metadata": {"name": "one", "namespace": "a"},
        "spec": {"spec": {"devices": {"requests": [{"name": "q", "exactly": {"deviceClassName": "gpus", "count": 1}}]}}}})
}

pub fn device_class() -> Value {
    json!({"apiVersion": "resource.k8s.io/v1", "kind": "DeviceClass", "metadata": {"name": "gpus"},
        "spec": {"selectors": [{"cel": {"expression": "device.driver == 'gpu.example'"}}]}})
}

/// A ResourceSlice of a node, or of all nodes, whose pods compete for its device then.
pub fn slices(node: Value) -> Value {
    let of = match node.as_str() {
        Some(name) => json!({"nodeName": name}),
        None => json!({"allNodes": true}),
    };
    with(
        json!({"apiVersion": "resource.k8s.io/v1", "kind": "ResourceSlice", "metadata": {"name": "s"},
            "spec": {"driver": "gpu.example", "pool": {"name": "p", "generation": 1, "resourceSliceCount": 1},
                "devices": [{"name": "d"}]}}),
        json!({"spec": of}),
    )
}
