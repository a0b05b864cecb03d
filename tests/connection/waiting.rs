//! `doctor --wait`: reads again until no pod is within its grace.
#![cfg(unix)]

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::api::Api;
use crate::program::{Home, PROGRAM, Ran};
use crate::server::Server;

/// A DaemonSet with one pod that was created just now.
fn objects(is_ready: bool) -> Vec<Value> {
    let now = jiff::Timestamp::now().to_string();
    let spec = json!({"containers": [{"name": "c", "image": "registry.example/agent:1"}]});
    let node = json!({"apiVersion": "v1", "kind": "Node",
        "metadata": {"name": "n1", "uid": "node-n1", "creationTimestamp": "2026-01-01T00:00:00Z"},
        "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "10"},
            "conditions": [{"type": "Ready", "status": "True", "lastHeartbeatTime": now}]}});
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "logging", "uid": "ns"}});
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": "default", "namespace": "logging", "uid": "sa"}});
    let daemon_set = json!({"apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": {"name": "agent", "namespace": "logging", "uid": "ds", "generation": 1, "creationTimestamp": now},
        "spec": {"selector": {"matchLabels": {"app": "agent"}}, "updateStrategy": {"type": "RollingUpdate"},
            "template": {"metadata": {"labels": {"app": "agent"}}, "spec": spec}},
        "status": {"observedGeneration": 1, "desiredNumberScheduled": 1, "currentNumberScheduled": 1,
            "updatedNumberScheduled": 1, "numberReady": usize::from(is_ready), "numberMisscheduled": 0}});
    let state = match is_ready {
        true => json!({"running": {"startedAt": now}}),
        false => json!({"waiting": {"reason": "ContainerCreating"}}),
    };
    let mut of_pod = spec.clone();
    of_pod["nodeName"] = json!("n1");
    let pod = json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "agent-1", "namespace": "logging", "uid": "p", "creationTimestamp": now,
            "labels": {"app": "agent"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent", "uid": "ds", "controller": true}]},
        "spec": of_pod,
        "status": {"phase": if is_ready { "Running" } else { "Pending" }, "startTime": now,
            "conditions": [{"type": "Ready", "status": if is_ready { "True" } else { "False" }}],
            "containerStatuses": [{"name": "c", "ready": is_ready, "restartCount": 0, "state": state}]}});
    vec![node, namespace, account, daemon_set, pod]
}

/// A cluster whose pod is ready once its nodes were listed so many times.
fn server(ready_after: usize) -> (Server, Arc<AtomicUsize>) {
    let lists = Arc::new(AtomicUsize::new(0));
    let counted = lists.clone();
    let server = Server::http(move |asked, _| {
        let seen = match asked.path() {
            "/api/v1/nodes" => counted.fetch_add(1, Ordering::SeqCst) + 1,
            _ => counted.load(Ordering::SeqCst),
        };
        Api::new(objects(seen > ready_after)).answer(asked)
    });
    (server, lists)
}

#[test]
fn the_report_comes_once_every_pod_has_started() {
    let (server, lists) = server(2);
    let ran =
        Home::new().run(&["doctor", "agent", "-n", "logging", "--wait", "--timeout", "1m", "--server", &server.url()]);
    assert_eq!(ran.code(), Some(0), "{}", ran.told());
    assert_eq!(lists.load(Ordering::SeqCst), 3, "the cluster is read until the pod is ready");
    assert!(ran.error().contains("waiting for 1 starting pod"), "{}", ran.told());
    assert!(!ran.told().contains("still starting"), "{}", ran.told());
}

#[test]
fn the_time_to_wait_is_bounded() {
    let (server, _) = server(usize::MAX);
    let begun = Instant::now();
    let args =
        ["doctor", "agent", "-n", "logging", "--grace", "1h", "--wait", "--timeout", "1s", "--server", &server.url()];
    let ran = Home::new().run(&args);
    assert_eq!(ran.code(), Some(2), "{}", ran.told());
    assert!(ran.told().contains("still starting after 1s"), "{}", ran.told());
    assert!(ran.told().contains("logging/agent"), "what is known is reported: {}", ran.told());
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[test]
fn an_interrupt_ends_the_wait_at_once() {
    let (server, lists) = server(usize::MAX);
    let home = Home::new();
    let mut command = home.command(PROGRAM);
    command.args(["doctor", "agent", "-n", "logging", "--grace", "1h", "--wait", "--server", &server.url()]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    while lists.load(Ordering::SeqCst) == 0 {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(300));
    let begun = Instant::now();
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(sent.success());
    let ran = Ran::ended(child, "doctor --wait");
    assert_eq!(ran.code(), Some(130), "{}", ran.told());
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[test]
fn a_saved_cluster_is_not_waited_for() {
    let home = Home::new();
    home.write("saved.json", json!({"apiVersion": "v1", "kind": "List", "items": objects(true)}).to_string());
    let ran = home.run(&["doctor", "--snapshot", "saved.json", "--wait"]);
    assert_eq!(ran.code(), Some(1), "{}", ran.told());
    assert!(ran.error().contains("--wait"), "{}", ran.told());
}
