//! Deployed DaemonSets whose sentences depend on more than the code: what stands behind a trouble, whose fault a rollout is.

use serde_json::{Value, json};

use super::Code;
use super::album::Album;
use super::clusters::*;
use super::scenarios::Scenario;
use super::story::COLUMNS;

/// A pod of the DaemonSet on this node.
fn pod_on(node: &str, name: &str, hash: &str, is_ready: bool) -> Value {
    let status = if is_ready { "True" } else { "False" };
    with(
        own(json!({"phase": "Running", "conditions": [{"type": "Ready", "status": status}]})),
        json!({"metadata": {"name": name, "labels": {"controller-revision-hash": hash}}, "spec": {"nodeName": node}}),
    )
}

fn not_ready_node(name: &str) -> Value {
    with(
        node(name),
        json!({"status": {"conditions": [{"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown"}]}}),
    )
}

/// A second DaemonSet.
fn other() -> Value {
    with(
        daemon_set(json!({})),
        json!({"metadata": {"name": "other", "uid": "u2"}, "spec": {"selector": {"matchLabels": {"app": "other"}},
            "template": {"metadata": {"labels": {"app": "other"}}}}}),
    )
}

fn pod_of_other(node: &str, name: &str, is_ready: bool) -> Value {
    with(
        pod_on(node, name, "new", is_ready),
        json!({"metadata": {"labels": {"app": "other"}, "ownerReferences": [
            {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "other", "uid": "u2", "controller": true}]}}),
    )
}

/// A name, the code that it is about, what the cluster holds, and the DaemonSet.
pub fn situations() -> Vec<(&'static str, Code, Vec<Value>, Value)> {
    let plain = || daemon_set(json!({}));
    let limited = json!({"spec": {"containers": [{"name": "c", "resources": {"limits": {"memory": "24Mi"}}}]}});
    let killed = |reason: &str| crashed(json!({"exitCode": 137, "reason": reason}));
    let ready = json!([{"type": "Ready", "status": "True"}]);
    let on_n1 = |pod: Value| vec![node("n1"), pod];
    let crashing_beside = with(
        crashed(json!({"exitCode": 3, "reason": "Error"})),
        json!({"metadata": {"name": "agent-2", "labels": {"controller-revision-hash": "new"}}}),
    );
    let three_unavailable =
        json!({"spec": {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 3}}}});
    let unscheduled = json!({"spec": {"nodeName": null, "affinity": {"nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
            {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}]}}}}});
    let counted = json!({"status": {"desiredNumberScheduled": 1}});
    vec![
        ("out-of-memory-with-a-limit", Code::OUT_OF_MEMORY, on_n1(with(killed("OOMKilled"), limited.clone())), plain()),
        ("killed-with-a-limit", Code::CRASH_LOOP, on_n1(with(killed("Error"), limited)), plain()),
        ("killed", Code::CRASH_LOOP, on_n1(killed("Error")), plain()),
        (
            "runs-at-this-moment",
            Code::CRASH_LOOP,
            on_n1(own(json!({"phase": "Running", "conditions": ready, "containerStatuses": [
                {"name": "c", "ready": true, "restartCount": 7, "state": {"running": {}}, "lastState": {"terminated":
                    {"exitCode": 3, "reason": "Error", "finishedAt": "2027-01-15T07:58:00Z"}}}]}))),
            plain(),
        ),
        (
            "held-by-a-finalizer",
            Code::TERMINATING_LONG,
            on_n1(with(
                running(),
                json!({"metadata": {"deletionTimestamp": LONG_AGO, "finalizers": ["example.org/hold"]}}),
            )),
            plain(),
        ),
        (
            "readiness-gate",
            Code::NOT_READY,
            on_n1(own(json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "False",
                "reason": "ReadinessGatesNotReady",
                "message": "the status of pod readiness gate \"g\" is not \"True\""}]}))),
            plain(),
        ),
        (
            "the-scheduler-disagrees",
            Code::DISAGREES,
            on_n1(with(
                own(json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False",
                    "reason": "Unschedulable", "message": "0/1 nodes are available: 1 Insufficient cpu."}]})),
                unscheduled,
            )),
            plain(),
        ),
        (
            "refused-by-the-kubelet-before",
            Code::KUBELET_RESOURCES,
            vec![
                node("n1"),
                event(
                    "DaemonSet",
                    "agent",
                    "FailedDaemonPod",
                    "Found failed daemon pod a/agent-0 on node n1, will try to kill it",
                ),
                event(
                    "Pod",
                    "agent-0",
                    "OutOfcpu",
                    "Node didn't have enough resource: cpu, requested: 500, used: 3900, capacity: 4000",
                ),
            ],
            plain(),
        ),
        (
            "surge-whose-new-pod-crashes",
            Code::CRASH_LOOP,
            vec![node("n1"), running(), crashing_beside, revision()],
            surging(),
        ),
        (
            "rollout-held-by-pods-and-by-a-node",
            Code::ROLLOUT_STUCK,
            vec![
                node("n1"),
                node("n2"),
                not_ready_node("n3"),
                node("n4"),
                revision(),
                pod_on("n1", "agent-1", "old", true),
                pod_on("n2", "agent-2", "new", false),
                pod_on("n3", "agent-3", "new", false),
            ],
            with(plain(), three_unavailable),
        ),
        (
            "two-daemonsets-on-a-node-that-is-not-ready",
            Code::NODE_NOT_READY,
            vec![
                node("n1"),
                not_ready_node("n3"),
                pod_on("n1", "agent-1", "new", true),
                pod_on("n3", "agent-3", "new", false),
                other(),
                pod_of_other("n1", "other-1", true),
                pod_of_other("n3", "other-3", false),
            ],
            plain(),
        ),
        (
            "a-taint-after-the-pod",
            Code::STATUS_DIFFERS,
            vec![tainted("dedicated"), running()],
            with(plain(), counted.clone()),
        ),
        ("a-taint-without-a-pod", Code::STATUS_DIFFERS, vec![tainted("dedicated")], with(plain(), counted)),
    ]
}

#[test]
fn what_stands_behind_a_trouble() {
    let mut album = Album::new("situations");
    for (name, code, cluster, daemon_set) in situations() {
        let (mut story, args) = Scenario::deployed(code, cluster, &daemon_set).begin();
        let told = story.run(COLUMNS, &args).stdout;
        assert!(told.contains(&code.to_string()), "{name}: {told}");
        album.show(name, &story.text());
    }
    album.close();
}
