//! What a young pod is given time for, and when `nothing to fix` may be said.

use serde_json::{Value, json};

use super::album::Album;
use super::{Ran, file, run};

const NOW: &str = "2026-11-30T12:00:00Z";
const YOUNG: &str = "2026-11-30T11:59:10Z";
const OLD: &str = "2026-11-30T09:00:00Z";

fn node(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "creationTimestamp": OLD, "labels": {"kubernetes.io/hostname": name}},
        "status": {"allocatable": {"cpu": "2", "memory": "4Gi", "pods": "10"},
            "conditions": [{"type": "Ready", "status": "True"}], "nodeInfo": {"kubeletVersion": "v1.36.0"}}})
}

fn daemon_set(created: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": {"name": "agent", "namespace": "a", "uid": "u1", "generation": 1, "creationTimestamp": created},
        "spec": {"selector": {"matchLabels": {"app": "agent"}}, "template": {"metadata": {"labels": {"app": "agent"}},
            "spec": {"containers": [{"name": "c", "image": "r.example/a:9",
                "resources": {"requests": {"cpu": "1500m", "memory": "64Mi"}}}]}}}})
}

/// The DaemonSet's pod on `n1`.
fn pod(status: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "agent-1", "namespace": "a", "creationTimestamp": YOUNG,
            "labels": {"app": "agent"}, "ownerReferences": [
                {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent", "uid": "u1", "controller": true}]},
        "spec": {"nodeName": "n1", "containers": [{"name": "c"}]}, "status": status})
}

fn waiting(reason: &str, message: &str, restarts: u32) -> Value {
    pod(json!({"phase": "Pending", "containerStatuses": [{"name": "c", "ready": false, "restartCount": restarts,
        "state": {"waiting": {"reason": reason, "message": message}},
        "lastState": {"terminated": {"exitCode": 2, "reason": "Error", "finishedAt": "2026-11-30T11:59:54Z"}}}]}))
}

/// Another pod on `n1`, which takes half of its cpu.
fn other(more: &Value) -> Value {
    let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "other", "namespace": "b"},
        "spec": {"nodeName": "n1", "containers": [{"name": "c", "resources": {"requests": {"cpu": "1"}}}]},
        "status": {"phase": "Running"}});
    for (key, value) in more.as_object().into_iter().flatten() {
        pod["metadata"][key] = value.clone();
    }
    pod
}

fn event(reason: &str, message: &str, count: u32, seen: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": format!("{reason}-{seen}"), "namespace": "a"},
        "involvedObject": {"kind": "DaemonSet", "namespace": "a", "name": "agent", "uid": "u1"}, "type": "Warning",
        "reason": reason, "message": message, "count": count, "firstTimestamp": seen, "lastTimestamp": seen})
}

fn quota() -> Value {
    json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q", "namespace": "a"},
        "spec": {"hard": {"pods": "0"}}, "status": {"hard": {"pods": "0"}, "used": {"pods": "0"}}})
}

fn doctor(items: &[Value], more: &[&str]) -> Ran {
    let folder = tempfile::tempdir().expect("a folder");
    let saved = json!({"apiVersion": "kubectl-daemonset/v1", "kind": "DoctorSnapshot", "takenAt": NOW});
    let items: Vec<&Value> = std::iter::once(&saved).chain(items).collect();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    let cluster = file(&folder, "cluster.json", &list.to_string());
    let mut args = vec!["doctor", "--snapshot", &cluster];
    args.extend(more);
    run(&args)
}

/// Severity and code of each finding, worst first.
fn findings(items: &[Value], more: &[&str]) -> Vec<String> {
    let ran = doctor(items, &[more, &["-o", "json"]].concat());
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let findings = report["daemonSets"].as_array().into_iter().flatten().filter_map(|d| d["findings"].as_array());
    findings.flatten().map(|f| format!("{} {}", text(&f["severity"]), text(&f["code"]))).collect()
}

/// Both streams of a run, for a snapshot.
fn said(ran: &Ran) -> String {
    format!("{}{}-- exit code {}\n", ran.stdout, ran.stderr, ran.code)
}

#[test]
fn what_waiting_cannot_fix_is_an_error_at_once() {
    let denied = "Error creating: Internal error occurred: failed calling webhook \"w.example\": connection refused";
    let made = event("SuccessfulCreate", "Created pod: agent-1", 1, "2026-11-30T11:59:50Z");
    let mut album = Album::new("grace/errors-at-once");
    for (what, more) in [
        ("a container that failed more than once", vec![waiting("CrashLoopBackOff", "back-off", 3)]),
        ("an image that is not there", vec![waiting("ErrImagePull", "rpc error: r.example/a:9: not found", 0)]),
        ("an image that is refused", vec![waiting("ImagePullBackOff", "ErrImagePull: 401 Unauthorized", 0)]),
        ("an image whose name is invalid", vec![waiting("InvalidImageName", "couldn't parse image name", 0)]),
        ("a node without free capacity", vec![other(&json!({}))]),
        ("a quota that is full", vec![quota(), other(&json!({}))]),
        (
            "a creation that is denied",
            vec![event("FailedCreate", denied, 1, "2026-11-30T11:59:40Z"), other(&json!({}))],
        ),
        (
            "a creation that is denied again and again",
            vec![event("FailedCreate", denied, 3, "2026-11-30T11:59:40Z"), made.clone(), other(&json!({}))],
        ),
    ] {
        let items = [&[node("n1"), daemon_set(YOUNG)][..], &more].concat();
        let ran = doctor(&items, &[]);
        assert_eq!(ran.code, 2, "{what}: {}{}", ran.stdout, ran.stderr);
        album.show(&what.replace(' ', "-"), &said(&ran));
    }
    album.close();
    let ran = doctor(&[node("n1"), daemon_set(YOUNG), other(&json!({}))], &["-o", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let fixes = report.pointer("/daemonSets/0/findings/0/fix/patch").and_then(Value::as_str);
    assert!(fixes.is_some(), "the fix is kept: {report:#}");
}

#[test]
fn what_waiting_can_fix_is_starting_within_the_grace() {
    let failed = event("FailedCreate", "Error creating: etcdserver: request timed out", 1, "2026-11-30T11:59:20Z");
    let made = event("SuccessfulCreate", "Created pod: agent-1", 1, "2026-11-30T11:59:50Z");
    let mut unused = daemon_set(YOUNG);
    unused["spec"]["template"]["spec"]["containers"][0].as_object_mut().expect("a container").remove("resources");
    let mut album = Album::new("grace/starting");
    for (what, more) in [
        ("a pod whose containers are created", vec![daemon_set(YOUNG), pod(json!({"phase": "Pending"}))]),
        (
            "a registry that does not answer",
            vec![daemon_set(YOUNG), waiting("ErrImagePull", "unexpected status: 503 Service Unavailable", 0)],
        ),
        ("a container that failed once", vec![daemon_set(YOUNG), waiting("CrashLoopBackOff", "back-off", 0)]),
        (
            "capacity that a pod is about to give back",
            vec![daemon_set(YOUNG), other(&json!({"deletionTimestamp": NOW}))],
        ),
        ("a creation that succeeded since", vec![unused, other(&json!({})), failed, made]),
    ] {
        let items = [&[node("n1")][..], &more].concat();
        let ran = doctor(&items, &["--fail-on", "warning", "--expect", "all"]);
        assert_eq!(ran.code, 0, "{what}: {}{}", ran.stdout, ran.stderr);
        album.show(&what.replace(' ', "-"), &said(&ran));
        let over = doctor(&items, &["--grace", "20s"]);
        assert_eq!(over.code, 2, "{what}, after the grace: {}{}", over.stdout, over.stderr);
    }
    album.close();
}

#[test]
fn earlier_pods_that_failed_end_the_grace() {
    let failed = "Found failed daemon pod a/agent-0 on node n1, will try to kill it";
    let items = [
        node("n1"),
        daemon_set(OLD),
        event("FailedDaemonPod", failed, 1, "2026-11-30T11:58:00Z"),
        pod(json!({"phase": "Failed", "reason": "Evicted", "message": "The node had condition: [DiskPressure]."})),
    ];
    assert_eq!(findings(&items, &[]), ["error DS405"]);
}

#[test]
fn without_pods_the_status_and_the_events_speak() {
    let status = |current: i64, ready: i64| {
        let mut set = daemon_set(OLD);
        set["status"] = json!({"observedGeneration": 1, "desiredNumberScheduled": 2, "currentNumberScheduled": current,
            "numberReady": ready});
        set
    };
    let denied =
        event("FailedCreate", "Error creating: serviceaccount \"agent\" not found", 85, "2026-11-30T11:59:40Z");
    let nodes = [node("n1"), node("n2")];
    let mut album = Album::new("grace/without-pods");
    let mut tell = |what: &str, more: &[Value], fail_on: &str, code: i32, wanted: &[&str]| {
        let items = [&nodes[..], more].concat();
        let ran = doctor(&items, &["--fail-on", fail_on]);
        assert_eq!(ran.code, code, "{what}: {ran:?}");
        album.show(what, &said(&ran));
        if code != 1 {
            assert_eq!(findings(&items, &[]), wanted, "{what}");
        }
    };
    tell("denied", &[status(0, 0), denied], "error", 2, &["error DS322"]);
    tell("missing", &[status(0, 0)], "error", 2, &["error DS508"]);
    tell("one-not-ready", &[status(2, 1)], "warning", 2, &["warning DS514"]);
    tell("all-ready", &[status(2, 2)], "warning,unknown", 0, &[]);
    tell("nothing-known", &[daemon_set(OLD)], "error", 1, &[]);
    album.close();
}

#[test]
fn what_was_not_checked_and_could_deny_the_pods_is_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let document = file(&folder, "ds.yaml", &daemon_set(OLD).to_string());
    let pod = pod(json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}));
    let mut album = Album::new("grace/not-checked");
    album.show("its-pod-runs", &said(&doctor(&[node("n1"), daemon_set(OLD), pod.clone()], &[])));
    album.show("a-document", &said(&doctor(&[node("n1"), pod], &["-f", &document])));
    album.close();
}

#[test]
fn a_document_that_no_node_is_eligible_for_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut set = daemon_set(OLD);
    set["spec"]["template"]["spec"]["nodeSelector"] = json!({"accelerator": "nvidia"});
    let document = file(&folder, "ds.yaml", &set.to_string());
    let items = [node("n1"), other(&json!({}))];
    let has = |wanted: &str, items: &[Value], more: &[&str]| {
        let found = findings(items, more);
        assert!(found.iter().any(|found| found == wanted), "{wanted}: {found:?}");
    };
    has("error DS110", &items, &["-f", &document]);
    has("info DS110", &items, &["-f", &document, "--allow-zero"]);
    // What is deployed so was chosen so, unless it misses by little.
    has("info DS110", &[&items[..], &[set.clone()]].concat(), &[]);
    set["spec"]["template"]["spec"]["nodeSelector"] = json!({"kubernetes.io/hostname": "N1"});
    has("warning DS110", &[&items[..], &[set]].concat(), &[]);
}

#[test]
fn unknown_counts_the_nodes_asked_about() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut set = daemon_set(OLD);
    set["spec"]["template"]["spec"]["schedulerName"] = json!("mine");
    set["spec"]["template"]["spec"]["nodeSelector"] = json!({"kubernetes.io/hostname": "n1"});
    let document = file(&folder, "ds.yaml", &set.to_string());
    let nodes = [node("n1"), node("n2"), other(&json!({}))];
    let on = |node: &str, more: &[&str]| doctor(&nodes, &[&["-f", &document, "--node", node][..], more].concat());
    assert_eq!(on("n1", &["--fail-on", "unknown"]).code, 2);
    assert_eq!(on("n2", &["--fail-on", "unknown"]).code, 0, "n1 is left out");
    let report: Value = serde_json::from_str(&doctor(&nodes, &["-f", &document, "-o", "json"]).stdout).expect("JSON");
    assert_eq!(report.pointer("/summary/unknown"), Some(&json!(1)), "{report:#}");

    let expected = on("n1", &["--expect", "all", "-o", "json"]);
    let report: Value = serde_json::from_str(&expected.stdout).expect("JSON");
    assert_eq!(expected.code, 2, "an unknown node fails the expectation: {}", expected.stderr);
    let severities = report.pointer("/daemonSets/0/findings/0/severity");
    assert_eq!(severities, Some(&json!("warning")), "and is still unknown: {report:#}");
}

/// A saved cluster that does not say when it was saved is as old as its newest heartbeat, whatever the clock says.
#[test]
fn a_saved_cluster_has_a_time_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut node = node("n1");
    node["status"]["conditions"] =
        json!([{"type": "Ready", "status": "True", "lastHeartbeatTime": NOW, "lastTransitionTime": OLD}]);
    let items = [node, daemon_set(YOUNG), pod(json!({"phase": "Pending"}))];
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    let cluster = file(&folder, "cluster.json", &list.to_string());
    let ran = run(&["doctor", "--snapshot", &cluster, "-o", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(report["daemonSets"][0]["starting"]["nodeCount"], 1, "its pod is young: {report:#}");
    let ran = run(&["doctor", "--snapshot", &cluster, "-o", "json", "--grace", "1s"]);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
}
