//! Success is held: a pod that crashes after it was available makes the rollout fail, and rolls it back.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::api::Api;
use super::program::{Home, Ran};
use super::server::{Server, Subject, json as answer};

fn document(image: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent", "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": "agent"}}, "template": {"metadata": {"labels": {"app": "agent"}},
            "spec": {"containers": [{"name": "c", "image": image}]}}}})
}

/// What the cluster is like now.
struct World {
    /// Counts what was applied.
    generation: u64,
    image: String,
    since: Instant,
}

/// A server whose pods are ready at once; those of the image `i:crash` restart after one second. `age` is for how long
/// the pods are ready, in seconds.
fn serving(age: i64, image: &str) -> Server {
    let world = Mutex::new(World { generation: 1, image: image.to_owned(), since: Instant::now() });
    Server::http(move |asked: &Subject, _| {
        let mut world = world.lock().expect("no panic");
        let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
        if asked.method == "PATCH" && asked.query("dryRun").is_none() {
            let image = body["spec"]["template"]["spec"]["containers"][0]["image"].as_str().unwrap_or_default();
            *world = World { generation: world.generation + 1, image: image.to_owned(), since: Instant::now() };
        }
        let restarts = u8::from(world.image == "i:crash" && world.since.elapsed() > Duration::from_secs(1));
        let ready = (jiff::Timestamp::now() - jiff::SignedDuration::from_secs(age)).to_string();
        let mut daemon_set = document(&world.image);
        daemon_set["metadata"]["uid"] = json!("u");
        daemon_set["metadata"]["generation"] = json!(world.generation);
        daemon_set["metadata"]["resourceVersion"] = json!(world.generation.to_string());
        daemon_set["status"] = json!({"observedGeneration": world.generation, "desiredNumberScheduled": 1,
            "currentNumberScheduled": 1, "updatedNumberScheduled": 1, "numberReady": 1, "numberAvailable": 1});
        if asked.method == "PATCH" {
            let mut stored = daemon_set;
            stored["spec"] = body["spec"].clone();
            return answer(200, &stored);
        }
        if asked.method == "POST" && !asked.path().ends_with("accessreviews") {
            return answer(201, &body);
        }
        let owner =
            json!([{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent", "uid": "u", "controller": true}]);
        let hash = format!("h{}", world.generation);
        let labels = json!({"app": "agent", "controller-revision-hash": hash});
        let ended = json!({"terminated": {"exitCode": 3, "reason": "Error", "finishedAt": ready}});
        Api::new(vec![
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default", "uid": "ns"}}),
            json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "default"}}),
            json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1", "uid": "n1"},
                "status": {"allocatable": {"cpu": "1", "memory": "1Gi", "pods": "9"},
                    "conditions": [{"type": "Ready", "status": "True"}]}}),
            json!({"apiVersion": "apps/v1", "kind": "ControllerRevision", "revision": world.generation,
                "metadata": {"name": hash, "namespace": "default", "uid": hash, "labels": labels, "ownerReferences": owner}}),
            json!({"apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": format!("agent-{hash}"), "namespace": "default", "uid": format!("p-{hash}"),
                    "labels": labels, "ownerReferences": owner},
                "spec": {"nodeName": "n1", "containers": [{"name": "c", "image": world.image}]},
                "status": {"phase": "Running",
                    "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": ready}],
                    "containerStatuses": [{"name": "c", "ready": true, "restartCount": restarts,
                        "state": {"running": {"startedAt": ready}},
                        "lastState": if restarts > 0 { ended } else { json!({}) }}]}}),
            daemon_set,
        ])
        .answer(asked)
    })
}

fn run(server: &Server, image: &str, args: &[&str]) -> Ran {
    let home = Home::new();
    home.write("agent.json", document(image).to_string());
    home.run(&[args, &["--server", &server.url()]].concat())
}

#[test]
fn success_waits_until_the_pods_stayed_available() {
    let ran = run(&serving(0, "i:1"), "i:1", &["status", "agent", "--wait", "--hold", "3s"]);
    assert_eq!(ran.code(), Some(0), "{ran:?}");
    assert!(ran.took >= Duration::from_secs(3), "{ran:?}");
    assert!(ran.stdout.contains("every pod is available; waiting 3s"), "{ran:?}");
}

#[test]
fn nobody_waits_where_the_pods_are_old_or_no_hold_is_wanted() {
    for (age, hold) in [(3600, "60s"), (0, "0")] {
        let ran = run(&serving(age, "i:1"), "i:1", &["status", "agent", "--wait", "--hold", hold]);
        assert_eq!(ran.code(), Some(0), "{ran:?}");
        assert!(ran.took < Duration::from_secs(20), "{ran:?}");
    }
}

#[test]
fn a_crash_after_success_would_have_been_said_is_a_failure_and_rolls_back() {
    let server = serving(0, "i:1");
    let args = ["deploy", "-f", "agent.json", "--hold", "5s", "--rollback-on-failure"];
    let ran = run(&server, "i:crash", &args);
    assert_eq!(ran.code(), Some(2), "{ran:?}");
    for part in [
        "pods of DaemonSet default/agent crashed after they became available",
        "n1: container c exited with code 3 and was restarted",
        "rolled back: the pods of the previous template are available",
    ] {
        assert!(ran.stderr.contains(part), "no `{part}` in {ran:?}");
    }
    assert!(!ran.stdout.contains("successfully rolled out"), "{ran:?}");
}
