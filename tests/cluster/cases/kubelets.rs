//! Do the simulated kubelets let the real controllers roll out, get stuck and give nodes up as they do in earnest?

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::test;
use crate::harness::{Behaviour, Cluster, Kubelets, Options, is_ready, node};

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    vec![
        test("kubelets::a_rollout_keeps_within_its_bound", a_rollout_keeps_within_its_bound),
        test("kubelets::a_version_that_crashes_or_hangs_stops_its_rollout", a_bad_version_stops_its_rollout),
        test("kubelets::a_silent_node_is_given_up_and_a_vanished_one_forgotten", a_silent_node_is_given_up),
    ]
}

const NODES: usize = 12;

fn names() -> impl Iterator<Item = String> {
    (1..=NODES).map(|n| format!("n{n:02}"))
}

fn nodes() -> Vec<Value> {
    names().map(|n| node(&n)).collect()
}

fn agent(update: Value) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent", "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": "agent"}}, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": update},
            "template": {"metadata": {"labels": {"app": "agent"}}, "spec": {
                "terminationGracePeriodSeconds": 1, "containers": [{"name": "c", "image": "registry.example/agent:1"}]}}},
    })
}

const PATH: &str = "/apis/apps/v1/namespaces/default/daemonsets/agent";

fn count(daemon_set: &Value, key: &str) -> usize {
    daemon_set["status"][key].as_u64().unwrap_or(0) as usize
}

/// Waits until the DaemonSet is as `done` says, looking at every state on the way.
fn watch(cluster: &Cluster, what: &str, mut look: impl FnMut(&Value), done: impl Fn(&Value) -> bool) -> Value {
    cluster.until(what, Duration::from_secs(90), || {
        let now = cluster.get(PATH);
        if now["status"]["observedGeneration"] != now["metadata"]["generation"] {
            return None;
        }
        look(&now);
        done(&now).then_some(now)
    })
}

fn new_version(cluster: &Cluster, image: &str) {
    let patch =
        json!([{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": image}]).to_string();
    cluster.kubectl(&["patch", "daemonset", "agent", "--type=json", "-p", &patch]).ok();
}

fn pods(cluster: &Cluster) -> Vec<Value> {
    cluster.list("Pod", Some("default"))
}

/// The pods that are not being deleted, the ready ones apart.
fn ready_and_not(pods: &[Value]) -> (Vec<&Value>, Vec<&Value>) {
    let staying = pods.iter().filter(|p| p["metadata"]["deletionTimestamp"].is_null());
    staying.partition(|p| is_ready(p))
}

/// How many nodes have an available pod of ours, whatever the DaemonSet's status says.
fn available(pods: &[Value]) -> usize {
    let nodes = ready_and_not(pods).0.into_iter().map(|p| p["spec"]["nodeName"].to_string());
    nodes.collect::<BTreeSet<_>>().len()
}

fn all_available(daemon_set: &Value) -> bool {
    count(daemon_set, "numberAvailable") == NODES && count(daemon_set, "updatedNumberScheduled") == NODES
}

fn a_rollout_keeps_within_its_bound() {
    let cluster = Cluster::start();
    cluster.create_nodes(&nodes());
    let _kubelets = Kubelets::start(&cluster, names());
    cluster.create(&agent(json!({"maxUnavailable": 3, "maxSurge": 0})));
    watch(&cluster, "all agents are available", |_| {}, all_available);

    new_version(&cluster, "registry.example/agent:2");
    let (began, mut fewest, mut seen) = (Instant::now(), NODES, 0);
    let look = |_: &Value| {
        fewest = fewest.min(available(&pods(&cluster)));
        seen += 1;
    };
    watch(&cluster, "the second version is rolled out", look, all_available);
    println!(
        "12 nodes, 3 at a time: {:.1} s, {seen} looks, never fewer than {fewest} available",
        began.elapsed().as_secs_f64()
    );
    assert!((NODES - 3..NODES).contains(&fewest), "{fewest} were available at worst, out of {seen} looks");
    cluster.kubectl(&["rollout", "status", "daemonset/agent", "--timeout=10s"]).ok();

    let surge = json!({"spec": {"updateStrategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": "25%"}}}});
    cluster.patch(PATH, &surge);
    new_version(&cluster, "registry.example/agent:3");
    let (mut fewest, mut most) = (NODES, 0);
    let look = |_: &Value| {
        let pods = pods(&cluster);
        fewest = fewest.min(available(&pods));
        most = most.max(ready_and_not(&pods).1.len());
    };
    watch(&cluster, "the third version is rolled out", look, all_available);
    assert_eq!(fewest, NODES, "a surge left nodes without an agent");
    assert!((1..=3).contains(&most), "{most} new pods at once that were not ready");
}

fn a_bad_version_stops_its_rollout() {
    let cluster = Cluster::start();
    cluster.create_nodes(&nodes());
    let kubelets = Kubelets::start(&cluster, names());
    cluster.create(&agent(json!({"maxUnavailable": 2, "maxSurge": 0})));
    watch(&cluster, "all agents are available", |_| {}, all_available);

    for (image, behaviour, shown) in [
        ("registry.example/agent:crash", Behaviour::Crash(1), "CrashLoopBackOff"),
        ("registry.example/agent:absent", Behaviour::NoImage, "ImagePullBackOff"),
        ("registry.example/agent:slow", Behaviour::NeverReady, "Running"),
        ("registry.example/agent:stuck", Behaviour::Hang, "ContainerCreating"),
    ] {
        kubelets.behave(move |pod| match pod["spec"]["containers"][0]["image"] == image {
            true => behaviour.clone(),
            false => Behaviour::QUICK,
        });
        new_version(&cluster, image);
        watch(
            &cluster,
            shown,
            |_| {},
            |d| count(d, "updatedNumberScheduled") == 2 && count(d, "numberAvailable") == NODES - 2,
        );
        cluster.until(shown, Duration::from_secs(20), || {
            let table = cluster.kubectl(&["get", "pods", "-l", "app=agent"]).ok().stdout;
            let stuck = table.lines().filter(|l| l.contains(shown) && l.contains("0/1")).count();
            (stuck == 2).then_some(())
        });
        let stays = Instant::now() + Duration::from_secs(2);
        while Instant::now() < stays {
            let now = cluster.get(PATH);
            assert_eq!(count(&now, "numberAvailable"), NODES - 2, "the rollout of {image} went on");
            std::thread::sleep(Duration::from_millis(50));
        }
        new_version(&cluster, "registry.example/agent:1");
        watch(&cluster, "the first version is back", |_| {}, all_available);
    }

    // A kubelet that refuses is asked again and again: what it refused is Failed and replaced.
    kubelets.behave(|pod| {
        match pod["spec"]["nodeName"] == "n07" && pod["spec"]["containers"][0]["image"] == "registry.example/agent:2" {
            true => Behaviour::Refused(
                "OutOfcpu",
                "Node didn't have enough resource: cpu, requested: 500, used: 3900, capacity: 4000",
            ),
            false => Behaviour::QUICK,
        }
    });
    new_version(&cluster, "registry.example/agent:2");
    cluster.until("the controller sees the failed pod", Duration::from_secs(60), || {
        let events = cluster.list("Event", Some("default"));
        events
            .iter()
            .any(|e| {
                e["reason"] == "FailedDaemonPod" && e["message"].as_str().is_some_and(|m| m.contains("on node n07"))
            })
            .then_some(())
    });
    kubelets.behave(|pod| {
        match pod["spec"]["nodeName"] == "n03" && pod["spec"]["containers"][0]["image"] == "registry.example/agent:2" {
            true => Behaviour::NeverEnds,
            false => Behaviour::QUICK,
        }
    });
    watch(&cluster, "the second version is rolled out", |_| {}, all_available);

    // A pod that does not end keeps its node's place.
    new_version(&cluster, "registry.example/agent:3");
    watch(
        &cluster,
        "all but one are new",
        |_| {},
        |d| count(d, "updatedNumberScheduled") == NODES - 1 && count(d, "numberAvailable") >= NODES - 1,
    );
    let terminating = pods(&cluster).into_iter().filter(|p| p["metadata"]["deletionTimestamp"].is_string());
    assert_eq!(terminating.map(|p| p["spec"]["nodeName"].clone()).collect::<Vec<_>>(), ["n03"]);
}

fn a_silent_node_is_given_up() {
    let options = Options { node_grace: Some(Duration::from_secs(12)), ..Options::default() };
    let cluster = Cluster::start_with(options).unwrap_or_else(|why| panic!("{why}"));
    cluster.create_nodes(&nodes());
    let kubelets = Kubelets::start(&cluster, names());
    cluster.create(&agent(json!({"maxUnavailable": 1, "maxSurge": 0})));
    watch(&cluster, "all agents are available", |_| {}, all_available);

    kubelets.silence("n05");
    cluster.until("the silent node is tainted", Duration::from_secs(90), || {
        let taints = cluster.get("/api/v1/nodes/n05")["spec"]["taints"].to_string();
        (taints.matches("node.kubernetes.io/unreachable").count() == 2).then_some(())
    });
    // A taint that only keeps new pods away does not wake the controller: its counts are old until something does.
    cluster.patch(PATH, &json!({"metadata": {"labels": {"look": "again"}}}));
    let given_up = |d: &Value| count(d, "desiredNumberScheduled") == NODES - 1 && count(d, "numberMisscheduled") == 1;
    watch(&cluster, "the silent node is given up, and its pod stays", |_| {}, given_up);

    kubelets.revive("n05");
    watch(&cluster, "the node is back", |_| {}, all_available);

    kubelets.silence("n06");
    cluster.delete("/api/v1/nodes/n06");
    watch(
        &cluster,
        "the vanished node is forgotten",
        |_| {},
        |d| count(d, "desiredNumberScheduled") == NODES - 1 && count(d, "numberMisscheduled") == 0,
    );
}
