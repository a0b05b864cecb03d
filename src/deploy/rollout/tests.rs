//! Moments of rollouts as tables.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::store::{Builder, Cluster};

const NOW: i64 = 1_700_000_000;

fn node(name: &str, ready: bool, tainted: bool) -> Value {
    let taints = if tainted { json!([{"key": "dedicated", "effect": "NoSchedule"}]) } else { json!([]) };
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "spec": {"taints": taints},
        "status": {"conditions": [{"type": "Ready", "status": if ready { "True" } else { "False" }}]}})
}

fn pod(node: &str, hash: &str, status: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": format!("agent-{node}-{hash}"), "namespace": "ns", "labels": {"controller-revision-hash": hash},
            "ownerReferences": [{"kind": "DaemonSet", "name": "agent", "uid": "u", "controller": true}]},
        "spec": {"nodeName": node, "containers": [{"name": "c"}]}, "status": status})
}

fn ready() -> Value {
    json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2023-11-14T22:13:10Z"}]})
}

fn waits(reason: &str, restarts: u32) -> Value {
    json!({"phase": "Pending", "containerStatuses": [{"name": "c", "ready": false, "restartCount": restarts,
        "state": {"waiting": {"reason": reason, "message": "m"}},
        "lastState": if restarts > 0 { json!({"terminated": {"exitCode": 3, "reason": "Error"}}) } else { json!({}) }}]})
}

fn cluster(objects: &[Value], spec: Value, status: (i64, i64)) -> Cluster {
    let mut daemon_set = json!({"apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": {"name": "agent", "namespace": "ns", "uid": "u", "generation": 2},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c"}]}}},
        "status": {"observedGeneration": 2, "desiredNumberScheduled": status.0, "updatedNumberScheduled": status.1, "numberAvailable": status.1}});
    for (key, value) in spec.as_object().into_iter().flatten() {
        daemon_set["spec"][key] = value.clone();
    }
    let revision = |hash: &str, number: i64| {
        json!({"apiVersion": "apps/v1", "kind": "ControllerRevision", "revision": number,
        "metadata": {"name": hash, "namespace": "ns", "labels": {"controller-revision-hash": hash},
            "ownerReferences": [{"kind": "DaemonSet", "name": "agent", "uid": "u", "controller": true}]}})
    };
    let mut builder = Builder::new();
    for object in objects.iter().chain(&[daemon_set, revision("old", 1), revision("new", 2)]) {
        builder.read(object.to_string().as_bytes(), None).unwrap();
    }
    builder.finish(None)
}

fn seen(objects: &[Value], spec: Value, status: (i64, i64), refused: Option<&str>) -> RolloutStatus {
    let cluster = cluster(objects, spec, status);
    look(&cluster, &cluster.daemon_sets[0], refused, NOW)
}

fn none() -> BTreeSet<String> {
    BTreeSet::new()
}

#[test]
fn a_node_waits_for_a_cause() {
    let gone = {
        let mut pod = pod("n1", "old", ready());
        pod["metadata"]["deletionTimestamp"] = json!("2023-11-14T22:13:10Z");
        pod
    };
    let failed = json!({"phase": "Failed", "reason": "OutOfcpu", "message": "m"});
    let unscheduled = {
        let mut pod = pod(
            "n1",
            "new",
            json!({"phase": "Pending", "conditions": [
            {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes"}]}),
        );
        pod["spec"] = json!({"containers": [{"name": "c"}], "affinity": {"nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
                {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}]}}}});
        pod
    };
    for (pods, refused, expected, hopeless) in [
        (vec![], None, "no pod yet", false),
        (vec![], Some("quota"), "cannot create the pod: quota", true),
        (vec![pod("n1", "old", ready())], None, "old pod", false),
        (vec![gone], None, "old pod terminating", false),
        (vec![unscheduled], None, "unschedulable: 0/1 nodes", true),
        (vec![pod("n1", "new", failed)], None, "the kubelet rejected the pod (OutOfcpu): m (DS401)", true),
        (vec![pod("n1", "new", waits("ImagePullBackOff", 0))], None, "container c: ImagePullBackOff: m (DS420)", true),
        (
            vec![pod("n1", "new", waits("CreateContainerConfigError", 0))],
            None,
            "container c: CreateContainerConfigError: m (DS423)",
            true,
        ),
        (
            vec![pod("n1", "new", waits("CrashLoopBackOff", 2))],
            None,
            "container c exited with code 3 (2 restarts) (DS425)",
            true,
        ),
        (vec![pod("n1", "new", waits("ContainerCreating", 0))], None, "starting", false),
        (vec![pod("n1", "new", json!({"phase": "Running"}))], None, "not ready", false),
    ] {
        let objects: Vec<Value> = [node("n1", true, false)].into_iter().chain(pods).collect();
        let seen = seen(&objects, json!({}), (1, 0), refused);
        assert_eq!(seen.waiting.get("n1").map(BlockReason::sentence).as_deref(), Some(expected));
        assert_eq!(!seen.hopeless(&none()).is_empty(), hopeless, "{expected}");
        assert!(!seen.is_done(&none()), "{expected}");
    }
}

#[test]
fn what_was_refused_is_over_once_a_pod_is_created() {
    let event = |message: &str, at: &str| {
        json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": message, "namespace": "ns"},
            "involvedObject": {"kind": "DaemonSet", "namespace": "ns", "name": "agent", "uid": "u"},
            "type": "Warning", "reason": "FailedCreate", "message": message, "lastTimestamp": at})
    };
    let created = |at: &str| {
        let mut pod = pod("n1", "new", ready());
        pod["metadata"]["creationTimestamp"] = json!(at);
        pod
    };
    let events = [
        event("Error creating: the webhook is down", "2023-11-14T22:13:15Z"),
        event("(combined from similar events): Error creating: exceeded quota", "2023-11-14T22:13:16Z"),
    ];
    for (at, refused) in [
        ("2023-11-14T22:13:10Z", Some("exceeded quota")),
        ("2023-11-14T22:13:16Z", Some("exceeded quota")),
        ("2023-11-14T22:13:17Z", None),
    ] {
        let objects: Vec<Value> = events.iter().cloned().chain([created(at)]).collect();
        let cluster = cluster(&objects, json!({}), (2, 1));
        assert_eq!(refusal(&cluster, &cluster.daemon_sets[0], NOW - 10), refused, "{at}");
        assert_eq!(refusal(&cluster, &cluster.daemon_sets[0], NOW), None, "both are older");
    }
}

#[test]
fn done_is_every_wanted_node_and_no_other() {
    let nodes = [node("n1", true, false), node("n2", true, true), node("n3", false, false)];
    let mut objects = nodes.to_vec();
    objects.push(pod("n1", "new", ready()));
    let seen = seen(&objects, json!({}), (2, 1), None);
    assert_eq!(seen.wanted.len(), 2, "the tainted node is not wanted");
    assert_eq!(seen.not_ready.iter().collect::<Vec<_>>(), ["n3"]);
    assert!(!seen.is_done(&none()));
    assert!(seen.is_done(&seen.not_ready), "a node that was NotReady before is excused");
}

#[test]
fn a_pod_must_be_ready_for_long_enough() {
    let objects = [node("n1", true, false), pod("n1", "new", ready())];
    assert_eq!(seen(&objects, json!({"minReadySeconds": 60}), (1, 1), None).waiting["n1"], BlockReason::Settling);
    assert!(seen(&objects, json!({"minReadySeconds": 5}), (1, 1), None).is_done(&none()));
}

#[test]
fn nodes_that_do_not_answer_use_up_the_bound() {
    let mut old = pod("n2", "old", json!({"phase": "Running"}));
    let mut lost = node("n2", false, false);
    lost["status"]["conditions"][0]["status"] = json!("Unknown");
    let objects = |old: &Value| [node("n1", true, false), lost.clone(), pod("n1", "old", ready()), old.clone()];
    let look = seen(&objects(&old), json!({}), (2, 0), None);
    let silent = BTreeSet::from(["n2".to_owned()]);
    assert_eq!((&look.silent, look.bound), (&silent, Some(1)));
    assert!(look.hopeless(&none()).is_empty(), "nobody said that it was so before");
    let told = "old pod not replaced: unreachable node n2 uses up maxUnavailable (1)";
    assert_eq!(
        look.hopeless(&silent).into_iter().map(|(n, h)| (n, h.sentence())).collect::<Vec<_>>(),
        [("n1".to_owned(), told.to_owned())]
    );
    let wide = json!({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2}}});
    assert!(seen(&objects(&old), wide, (2, 0), None).hopeless(&silent).is_empty());
    old["status"] = ready();
    assert!(seen(&objects(&old), json!({}), (2, 0), None).silent.is_empty(), "its pod is available");
}

#[test]
fn on_delete_leaves_old_pods_and_names_them() {
    let objects = [node("n1", true, false), pod("n1", "old", ready())];
    let seen = seen(&objects, json!({"updateStrategy": {"type": "OnDelete"}}), (1, 0), None);
    assert!(seen.is_done(&none()));
    assert_eq!(seen.old["n1"], "agent-n1-old");
}

#[test]
fn without_nodes_the_controllers_counts_decide() {
    let pods = [pod("n1", "new", ready()), pod("n2", "new", waits("ErrImagePull", 0))];
    let look = seen(&pods, json!({}), (2, 1), None);
    assert!(look.nodes_unseen && !look.is_done(&none()));
    assert_eq!(look.hopeless(&none()).len(), 1);
    assert!(seen(&pods[..1], json!({}), (1, 1), None).is_done(&none()));
}

#[test]
fn nothing_is_done_before_the_controller_has_seen_it() {
    let mut seen = seen(&[], json!({}), (0, 0), None);
    assert!(seen.is_done(&none()));
    seen.observed = false;
    assert!(!seen.is_done(&none()));
}

#[test]
fn counts_are_of_the_moment_of_the_look() {
    // The controller has not counted the pod yet.
    let objects = [node("n1", true, false), node("n2", true, false), pod("n1", "new", ready())];
    let look = seen(&objects, json!({}), (1, 0), None);
    assert_eq!(look.counts(), (1, 1, 2));
    assert_eq!(look.waiting.keys().collect::<Vec<_>>(), ["n2"]);
}
