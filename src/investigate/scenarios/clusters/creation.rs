//! Documents whose pods the API server denies or changes, that do not fit other objects, or that nobody can judge.

use serde_json::json;

use super::super::Code;
use super::objects::*;

pub fn created_on_paper() -> Vec<Paper> {
    use Code as C;
    let plain = || daemon_set(json!({}));
    let n1 = || node("n1");
    vec![
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
        (
            C::QUOTA_FOR_CLASS,
            vec![
                labelled(json!({"cloud.google.com/gke-nodepool": "default"})),
                with(quota(json!({"pods": "9"}), json!({})), json!({"metadata": {"namespace": "kube-system"}})),
            ],
            daemon_set(json!({"priorityClassName": "system-node-critical"})),
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
            C::WINDOWS_NODE,
            vec![labelled(json!({"kubernetes.io/os": "windows"}))],
            daemon_set(json!({"volumes": [{"name": "v", "hostPath": {"path": "/var/log"}}]})),
        ),
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
        (C::RESOURCE_CLAIMS, vec![n1(), claim_template(), device_class(), slices(json!([]))], devices()),
        (C::RESOURCE_CLAIM, vec![n1(), with(claim_template(), json!({"metadata": {"name": "other"}}))], devices()),
        (
            C::DEVICE_CLASS_MISSING,
            vec![n1(), claim_template(), with(device_class(), json!({"metadata": {"name": "other"}}))],
            devices(),
        ),
        (C::DEVICES_SHORT, vec![n1(), claim_template(), device_class(), slices(json!("n2"))], devices()),
        (
            C::DEVICE_CLASS,
            vec![n1(), with(device_class(), json!({"spec": {"extendedResourceName": "x.example/gpu"}}))],
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
