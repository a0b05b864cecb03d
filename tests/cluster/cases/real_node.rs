//! What a real kubelet says of pods that run and of pods that cannot.

use std::{sync::LazyLock, time::Duration};

use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};

use super::test;
use crate::harness::{Cluster, IMAGE, RealNode, RealWorld};

/// The test of this file: all of [`inside`], in a world of their own.
pub fn tests() -> Vec<Trial> {
    vec![Trial::test("real_node", || {
        if let Some(why) = RealWorld::missing() {
            // Where CI runs nothing is skipped.
            println!("SKIPPED real_node: {why}");
            return if std::env::var_os("CI").is_some() { Err(Failed::from(why)) } else { Ok(()) };
        }
        match RealWorld::enter(&["inside"])? {
            0 => Ok(()),
            code => Err(format!("the tests on the real node exited {code}, they are above").into()),
        }
    })]
}

/// The tests that run on the real node; one after another, since they share it.
pub fn inside() -> Vec<Trial> {
    vec![
        test("real_node::an_agent_runs_and_its_logs_are_read", an_agent_runs),
        test("real_node::what_cannot_run_says_why", what_cannot_run_says_why),
        test("real_node::the_doctor_names_what_the_kubelet_says", the_doctor_names_it),
    ]
}

/// Agents that cannot run, and the code that the doctor has for each.
const CODES: [(&str, &str); 7] = [
    ("crashes", "DS425"),
    ("eats", "DS426"),
    ("pulls", "DS420"),
    ("lacks", "DS423"),
    ("execs", "DS424"),
    ("unready", "DS436"),
    ("mounts", "DS431"),
];

/// One for all: with this process it ends.
static NODE: LazyLock<RealNode> = LazyLock::new(RealNode::start);

fn cluster() -> &'static Cluster {
    &NODE.cluster
}

fn agent(name: &str, container: Value, volumes: Value) -> Value {
    let mut container = container;
    container["name"] = json!("agent");
    if container["image"].is_null() {
        container["image"] = json!(IMAGE);
    }
    json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": {
            "metadata": {"labels": {"app": name}},
            "spec": {"terminationGracePeriodSeconds": 1, "containers": [container], "volumes": volumes}}},
    })
}

/// The DaemonSet's one pod, once `what` finds what it looks for in it.
fn pod_with<T>(name: &str, what: &str, find: impl Fn(&Value) -> Option<T>) -> T {
    cluster().until(what, Duration::from_secs(120), || {
        let pods = cluster().list("Pod", Some("default"));
        pods.iter().filter(|p| p["metadata"]["labels"]["app"] == name).find_map(&find)
    })
}

fn an_agent_runs() {
    let script = "echo hello from $NODE; exec sleep 2147483647";
    let container = json!({"command": ["sh", "-c", script], "env": [{"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}]});
    cluster().create(&agent("runs", container, json!([])));
    let pod = pod_with("runs", "the agent runs", |p| {
        (p["status"]["containerStatuses"][0]["ready"] == true).then(|| p["metadata"]["name"].clone())
    });
    let name = pod.as_str().unwrap_or_default();
    let logs = cluster().kubectl(&["logs", name]).ok();
    assert_eq!(logs.stdout, "hello from real\n");
    cluster().kubectl(&["rollout", "status", "daemonset/runs", "--timeout=20s"]).ok();
    cluster().kubectl(&["delete", "daemonset", "runs", "--wait"]).ok();
    cluster().kubectl(&["wait", "--for=delete", &format!("pod/{name}"), "--timeout=60s"]).ok();
}

fn what_cannot_run_says_why() {
    let none = json!([]);
    let absent_map = json!([{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "absent", "key": "a"}}}]);
    let sets = [
        ("crashes", json!({"command": ["sh", "-c", "exit 3"]}), none.clone()),
        (
            "eats",
            json!({"command": ["sh", "-c", "tail /dev/zero"], "resources": {"limits": {"memory": "24Mi"}}}),
            none.clone(),
        ),
        // A registry that refuses at once, on the node's own loopback.
        ("pulls", json!({"image": "127.0.0.1:1/absent:1"}), none.clone()),
        ("lacks", json!({"env": absent_map}), none.clone()),
        ("execs", json!({"command": ["/no/such/program"]}), none.clone()),
        ("unready", json!({"readinessProbe": {"exec": {"command": ["false"]}, "periodSeconds": 1}}), none),
        (
            "mounts",
            json!({"volumeMounts": [{"name": "h", "mountPath": "/h"}]}),
            json!([{"name": "h", "hostPath": {"path": "/etc/hostname", "type": "Directory"}}]),
        ),
    ];
    for (name, container, volumes) in sets {
        cluster().create(&agent(name, container, volumes));
    }

    let waiting = |name: &str, reason: &str| {
        pod_with(name, &format!("{name} waits: {reason}"), |p| {
            let status = &p["status"]["containerStatuses"][0];
            (status["state"]["waiting"]["reason"] == reason).then(|| status.clone())
        })
    };
    assert_eq!(waiting("crashes", "CrashLoopBackOff")["lastState"]["terminated"]["exitCode"], 3);
    assert_eq!(waiting("eats", "CrashLoopBackOff")["lastState"]["terminated"]["reason"], "OOMKilled");
    waiting("pulls", "ImagePullBackOff");
    let lacks = waiting("lacks", "CreateContainerConfigError")["state"]["waiting"]["message"].to_string();
    assert!(lacks.contains("configmap") && lacks.contains("absent"), "{lacks}");
    let execs = waiting("execs", "CrashLoopBackOff")["lastState"]["terminated"].clone();
    assert_eq!(execs["reason"], "StartError", "{execs}");
    pod_with("unready", "runs and is not ready", |p| {
        let status = &p["status"]["containerStatuses"][0];
        (status["state"]["running"].is_object() && status["ready"] == false).then_some(())
    });
    cluster().until("the kubelet tells that the path is no directory", Duration::from_secs(60), || {
        let events = cluster().list("Event", Some("default"));
        let told = events.iter().filter(|e| e["reason"] == "FailedMount").filter_map(|e| e["message"].as_str());
        told.into_iter().any(|m| m.contains("hostPath type check failed")).then_some(())
    });
}

/// After [`what_cannot_run_says_why`]: its agents are there still.
fn the_doctor_names_it() {
    let report =
        cluster().plugin("admin", &["doctor", "-n", "default", "--grace", "0s", "-o", "json"]).expect_code(2).json();
    let sets = report["daemonSets"].as_array().cloned().unwrap_or_default();
    for (name, code) in &CODES {
        let set = sets.iter().find(|s| s["name"] == *name).unwrap_or_else(|| panic!("{name} is not in the report"));
        let node = set["nodes"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|n| n["name"] == "real")
            .unwrap_or_else(|| panic!("{name}: no node"));
        assert_eq!(node["placement"], "placed", "{name}");
        assert!(matches!(node["state"].as_str(), Some("unhealthy" | "starting")), "{name}: {}", node["state"]);
        let reasons = node["reasons"].as_array().cloned().unwrap_or_default();
        let codes: Vec<&str> = reasons.iter().filter_map(|r| r["code"].as_str()).collect();
        assert!(codes.contains(code), "{name} should tell {code}, tells {reasons:#?}");
    }
    let table = cluster().plugin("admin", &["doctor", "-n", "default", "--grace", "0s"]).expect_code(2);
    assert!(table.stdout.lines().all(|l| l.chars().count() <= 80), "wider than 80 columns: {table}");
}
