//! A cluster in which every kind that a diagnosis reads decides something.

use serde_json::{Value, json};

/// A document of a DaemonSet that the cluster has with another image.
pub const AGENT: &str = "apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: logging}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: c, image: registry.example/agent:2}]}
";

const LONG_AGO: &str = "2026-01-01T00:00:00Z";

fn node(name: &str, cpu: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "uid": format!("node-{name}"), "creationTimestamp": LONG_AGO,
            "labels": {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "zone": "z1"}},
        "spec": {},
        "status": {"allocatable": {"cpu": cpu, "memory": "64Gi", "pods": "110"},
            "capacity": {"cpu": cpu, "memory": "64Gi", "pods": "110"},
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": LONG_AGO}],
            "nodeInfo": {"kubeletVersion": "v1.36.3", "operatingSystem": "linux", "architecture": "amd64"}}})
}

fn named(api_version: &str, kind: &str, namespace: Option<&str>, name: &str, more: Value) -> Value {
    let mut object = more;
    object["apiVersion"] = json!(api_version);
    object["kind"] = json!(kind);
    object["metadata"]["name"] = json!(name);
    object["metadata"]["creationTimestamp"] = json!(LONG_AGO);
    object["metadata"]["uid"] = json!(format!("{kind}-{name}").to_lowercase());
    if let Some(namespace) = namespace {
        object["metadata"]["namespace"] = json!(namespace);
    }
    object
}

fn daemon_set(namespace: &str, name: &str, spec: Value) -> Value {
    let mut pod = json!({"containers": [{"name": "c", "image": "registry.example/agent:1",
        "resources": {"requests": {"cpu": "100m"}}}]});
    for (key, value) in spec.as_object().expect("an object") {
        pod[key] = value.clone();
    }
    named(
        "apps/v1",
        "DaemonSet",
        Some(namespace),
        name,
        json!({"metadata": {"generation": 1, "labels": {"app": name}},
            "spec": {"selector": {"matchLabels": {"app": name}}, "updateStrategy": {"type": "RollingUpdate",
                "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}},
                "template": {"metadata": {"labels": {"app": name}}, "spec": pod}},
            "status": {"observedGeneration": 1, "desiredNumberScheduled": 5, "currentNumberScheduled": 1,
                "updatedNumberScheduled": 1, "numberReady": 1, "numberMisscheduled": 0}}),
    )
}

/// A pod of a DaemonSet of [`daemon_set`] on a node.
fn own(namespace: &str, of: &str, node: &str, hash: &str, status: Value) -> Value {
    let template = &daemon_set(namespace, of, json!({}))["spec"]["template"]["spec"];
    let mut spec = template.clone();
    spec["nodeName"] = json!(node);
    named(
        "v1",
        "Pod",
        Some(namespace),
        &format!("{of}-{node}"),
        json!({"metadata": {"labels": {"app": of, "controller-revision-hash": hash}, "ownerReferences": [
            {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": of, "uid": format!("daemonset-{of}"), "controller": true}]},
            "spec": spec, "status": status}),
    )
}

fn other(namespace: &str, name: &str, node: &str, spec: Value, labels: Value) -> Value {
    let mut pod = json!({"nodeName": node, "containers": [{"name": "c", "image": "i:1"}]});
    for (key, value) in spec.as_object().expect("an object") {
        pod[key] = value.clone();
    }
    let status = json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]});
    named("v1", "Pod", Some(namespace), name, json!({"metadata": {"labels": labels}, "spec": pod, "status": status}))
}

fn asking(requests: Value) -> Value {
    json!([{"name": "c", "image": "i:1", "resources": {"requests": requests}}])
}

/// What is asked of a device is its limit too: no API server takes it otherwise.
fn device(name: &str) -> Value {
    let one = json!({name: "1"});
    json!({"containers": [{"name": "c", "image": "i:1", "resources": {"requests": one, "limits": one}}]})
}

fn running() -> Value {
    json!({"phase": "Running", "startTime": LONG_AGO, "conditions": [{"type": "Ready", "status": "True"}],
        "containerStatuses": [{"name": "c", "ready": true, "restartCount": 0, "state": {"running": {"startedAt": LONG_AGO}}}]})
}

/// Something is wrong with each of its DaemonSets, and each kind of object has a part in one of the causes.
pub fn sick() -> Vec<Value> {
    let (logging, storage) = (Some("logging"), Some("storage"));
    let mut tainted = node("n3", "4");
    tainted["spec"]["taints"] = json!([{"key": "dedicated", "value": "ml", "effect": "NoSchedule"}]);
    let mut gpu = node("n5", "4");
    gpu["status"]["allocatable"]["example.com/gpu"] = json!("1");
    let mut objects = vec![node("n1", "4"), node("n2", "4"), tainted, node("n4", "1"), gpu];

    for name in ["default", "logging", "storage", "busy"] {
        objects.push(named("v1", "Namespace", None, name, json!({})));
    }
    let secured = json!({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}});
    objects.push(named("v1", "Namespace", None, "secured", secured));

    // A rollout that waits for a pod that crashes; a node without room.
    objects.push(daemon_set("logging", "agent", json!({"containers": asking(json!({"cpu": "500m"}))})));
    objects.push(own("logging", "agent", "n1", "new", running()));
    objects.push(own(
        "logging",
        "agent",
        "n2",
        "new",
        json!({"phase": "Running", "startTime": LONG_AGO,
        "conditions": [{"type": "Ready", "status": "False"}],
        "containerStatuses": [{"name": "c", "ready": false, "restartCount": 7,
            "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
            "lastState": {"terminated": {"exitCode": 3, "reason": "Error", "finishedAt": LONG_AGO}}}]}),
    ));
    objects.push(own("logging", "agent", "n5", "old", running()));
    for (name, hash, revision) in [("agent-old", "old", 1), ("agent-new", "new", 2)] {
        objects.push(named("apps/v1", "ControllerRevision", logging, name, json!({"revision": revision,
            "metadata": {"labels": {"app": "agent", "controller-revision-hash": hash}, "ownerReferences": [
                {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent", "uid": "daemonset-agent", "controller": true}]}})));
    }
    objects.push(other("busy", "full", "n4", json!({"containers": asking(json!({"cpu": "900m"}))}), json!({})));

    // Refused at creation, each for another reason.
    objects.push(daemon_set("secured", "privileged", json!({"hostNetwork": true})));
    objects.push(daemon_set("logging", "accountless", json!({"serviceAccountName": "nobody"})));
    objects.push(daemon_set("logging", "classless", json!({"priorityClassName": "no-such"})));
    objects.push(daemon_set("logging", "sandboxless", json!({"runtimeClassName": "no-such"})));
    objects.push(daemon_set("busy", "counted", json!({})));
    objects.push(named(
        "v1",
        "ResourceQuota",
        Some("busy"),
        "pods",
        json!({"spec": {"hard": {"pods": "1"}},
        "status": {"hard": {"pods": "1"}, "used": {"pods": "1"}}}),
    ));
    objects.push(named("v1", "LimitRange", logging, "least", json!({"spec": {"limits": [
        {"type": "Container", "max": {"cpu": "3"}, "defaultRequest": {"memory": "7Gi"}, "default": {"memory": "7Gi"}}]}})));
    objects.push(daemon_set("logging", "greedy", json!({"containers": asking(json!({"cpu": "3500m"}))})));
    objects.push(daemon_set("logging", "webhooked", json!({})));
    objects.push(named("v1", "Event", logging, "webhooked.1", json!({"reason": "FailedCreate", "type": "Warning",
        "message": "Error creating: admission webhook \"w.example\" denied the request: no",
        "involvedObject": {"kind": "DaemonSet", "namespace": "logging", "name": "webhooked", "uid": "daemonset-webhooked",
            "apiVersion": "apps/v1"}, "firstTimestamp": LONG_AGO, "lastTimestamp": jiff::Timestamp::now().to_string(), "count": 3})));

    // Evicting helps, and would break a budget.
    objects.push(named("scheduling.k8s.io/v1", "PriorityClass", None, "high", json!({"value": 1000})));
    objects.push(named(
        "node.k8s.io/v1",
        "RuntimeClass",
        None,
        "kata",
        json!({"handler": "kata",
        "overhead": {"podFixed": {"cpu": "250m"}}}),
    ));
    objects.push(daemon_set("logging", "urgent", json!({"priorityClassName": "high", "runtimeClassName": "kata"})));
    objects.push(other(
        "busy",
        "small",
        "n1",
        json!({"containers": asking(json!({"cpu": "3400m"}))}),
        json!({"app": "small"}),
    ));
    objects.push(named(
        "policy/v1",
        "PodDisruptionBudget",
        Some("busy"),
        "small",
        json!({
        "spec": {"selector": {"matchLabels": {"app": "small"}}}, "status": {"disruptionsAllowed": 0}}),
    ));
    objects.push(daemon_set(
        "logging",
        "ported",
        json!({"containers": [{"name": "c", "image": "i:1",
        "ports": [{"containerPort": 80, "hostPort": 8080}]}]}),
    ));
    objects.push(other(
        "busy",
        "port",
        "n2",
        json!({"containers": [{"name": "c", "image": "i:1",
        "ports": [{"containerPort": 80, "hostPort": 8080, "hostIP": "10.1.2.3"}]}]}),
        json!({}),
    ));
    objects.push(daemon_set("logging", "gpus", device("example.com/gpu")));
    objects.push(named(
        "resource.k8s.io/v1",
        "DeviceClass",
        None,
        "gpu",
        json!({"spec": {"extendedResourceName": "example.com/tpu"}}),
    ));
    objects.push(daemon_set("logging", "tpus", device("example.com/tpu")));
    objects.push(daemon_set(
        "logging",
        "apart",
        json!({"affinity": {"podAntiAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "kubernetes.io/hostname",
            "labelSelector": {"matchLabels": {"app": "small"}}, "namespaceSelector": {}}]}}}),
    ));

    // Volumes: bound elsewhere, of a class that binds late, at the limit of the node, missing.
    let claim = |name: &str, spec: Value, status: &str, bound: bool| {
        let annotations = if bound { json!({"pv.kubernetes.io/bind-completed": "yes"}) } else { json!({}) };
        let mut spec = spec;
        spec["accessModes"] = json!(["ReadWriteMany"]);
        spec["resources"] = json!({"requests": {"storage": "1Gi"}});
        named(
            "v1",
            "PersistentVolumeClaim",
            storage,
            name,
            json!({"metadata": {"annotations": annotations}, "spec": spec,
            "status": {"phase": status}}),
        )
    };
    let volume = |name: &str, claim: &str, more: Value| {
        let mut spec = json!({"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteMany"], "storageClassName": "",
            "claimRef": {"namespace": "storage", "name": claim}});
        for (key, value) in more.as_object().expect("an object") {
            spec[key] = value.clone();
        }
        named("v1", "PersistentVolume", None, name, json!({"spec": spec, "status": {"phase": "Bound"}}))
    };
    let mounting = |claim: &str| json!({"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": claim}}]});
    let on_n1 = json!({"local": {"path": "/disk"}, "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
        {"key": "kubernetes.io/hostname", "operator": "In", "values": ["n1"]}]}]}}});
    objects.push(claim("local", json!({"volumeName": "pv-local", "storageClassName": ""}), "Bound", true));
    objects.push(volume("pv-local", "local", on_n1));
    objects.push(daemon_set("storage", "local", mounting("local")));
    objects.push(claim("late", json!({"storageClassName": "late"}), "Pending", false));
    objects.push(named(
        "storage.k8s.io/v1",
        "StorageClass",
        None,
        "late",
        json!({"provisioner": "late.example",
        "volumeBindingMode": "WaitForFirstConsumer"}),
    ));
    objects.push(named(
        "storage.k8s.io/v1",
        "CSIDriver",
        None,
        "late.example",
        json!({"spec": {"storageCapacity": true}}),
    ));
    objects.push(named(
        "storage.k8s.io/v1",
        "CSIStorageCapacity",
        storage,
        "z1",
        json!({"storageClassName": "late",
        "capacity": "10Gi", "nodeTopology": {"matchLabels": {"kubernetes.io/hostname": "n2"}}}),
    ));
    objects.push(daemon_set("storage", "late", mounting("late")));
    objects.push(claim("shared", json!({"volumeName": "pv-shared", "storageClassName": ""}), "Bound", true));
    objects.push(volume("pv-shared", "shared", json!({"csi": {"driver": "disk.example", "volumeHandle": "h1"}})));
    objects.push(volume("pv-held", "held", json!({"csi": {"driver": "disk.example", "volumeHandle": "h2"}})));
    for node in ["n1", "n2", "n4", "n5"] {
        objects.push(named(
            "storage.k8s.io/v1",
            "CSINode",
            None,
            node,
            json!({"spec": {"drivers": [
            {"name": "disk.example", "nodeID": node, "allocatable": {"count": 1}}]}}),
        ));
    }
    objects.push(named(
        "storage.k8s.io/v1",
        "VolumeAttachment",
        None,
        "held",
        json!({"spec": {"attacher": "disk.example",
        "nodeName": "n2", "source": {"persistentVolumeName": "pv-held"}}, "status": {"attached": true}}),
    ));
    objects.push(daemon_set("storage", "shared", mounting("shared")));
    objects.push(daemon_set("storage", "missing", mounting("no-such")));
    objects
}
