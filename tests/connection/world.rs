//! A server that stores what is applied, as far as `deploy` and `delete` can tell.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::api::Api;
use super::server::{Reply, Server, Subject, json as answer};

/// A server that stores what is applied. A pod of the image `i:crash` crashes at once, one of
/// `i:slow` never gets ready, and the volume of one of `i:mount` cannot be mounted.
#[derive(Clone, Default)]
pub struct World(Arc<Mutex<Stored>>);

#[derive(Default)]
struct Stored {
    version: u64,
    /// By path.
    objects: BTreeMap<String, Value>,
    /// Writes of every path, in order.
    writes: Vec<String>,
}

impl Stored {
    /// Applies, roughly as the server does: what is given replaces what was there.
    fn apply(&mut self, asked: &Subject) -> Value {
        let mut object: Value = serde_json::from_str(&asked.body).expect("JSON");
        let old = self.objects.get(asked.path()).cloned();
        let same = |key: &str| old.as_ref().is_some_and(|old| old[key] == object[key]);
        let generation = old.as_ref().and_then(|old| old["metadata"]["generation"].as_u64()).unwrap_or(0);
        let generation = generation + u64::from(!same("spec"));
        self.version += 1;
        let name = object["metadata"]["name"].clone();
        let metadata = object["metadata"].as_object_mut().expect("metadata");
        metadata.insert("uid".into(), name);
        metadata.insert("generation".into(), json!(generation));
        metadata.insert("resourceVersion".into(), json!(self.version.to_string()));
        metadata.insert(
            "managedFields".into(),
            json!([{"manager": "kubectl-daemonset", "operation": "Apply", "fieldsV1": {"f:metadata": {}}}]),
        );
        if asked.query("dryRun").is_none() {
            self.writes.push(asked.path().rsplit('/').next().unwrap_or_default().to_owned());
            self.objects.insert(asked.path().to_owned(), object.clone());
        }
        object
    }

    /// The stored objects, and what the controllers make of them.
    fn all(&self) -> Vec<Value> {
        let mut all = vec![
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default", "uid": "ns"}}),
            json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "default"}}),
            json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1", "uid": "n1"},
                "status": {"allocatable": {"cpu": "1", "memory": "1Gi", "pods": "9"},
                    "conditions": [{"type": "Ready", "status": "True"}]}}),
        ];
        for object in self.objects.values() {
            let mut object = object.clone();
            if object["kind"] == "DaemonSet" {
                let generation = object["metadata"]["generation"].clone();
                let template = &object["spec"]["template"]["spec"];
                let image = template["containers"][0]["image"].as_str().unwrap_or_default();
                let ready = u8::from(image == "i:1");
                let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
                let owner = json!([{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": name, "uid": name,
                    "controller": true}]);
                let hash = format!("{name}-{}", image.replace(':', "-"));
                let labels = json!({"app": name, "controller-revision-hash": hash});
                let now = jiff::Timestamp::now().to_string();
                let state = match image {
                    "i:mount" => json!({"waiting": {"reason": "ContainerCreating"}}),
                    "i:crash" => json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}}),
                    _ => json!({"running": {"startedAt": "2026-01-01T00:00:00Z"}}),
                };
                let last = match image {
                    "i:crash" => json!({"terminated": {"exitCode": 3, "reason": "Error"}}),
                    _ => json!({}),
                };
                all.push(json!({"apiVersion": "apps/v1", "kind": "ControllerRevision", "revision": generation,
                    "metadata": {"name": hash, "namespace": "default", "uid": hash, "labels": labels,
                        "ownerReferences": owner}}));
                if image == "i:mount" {
                    all.push(json!({"apiVersion": "v1", "kind": "Event",
                        "metadata": {"name": "mount", "namespace": "default", "uid": "e"},
                        "involvedObject": {"kind": "Pod", "namespace": "default", "name": format!("pod-{hash}"),
                            "uid": format!("p-{hash}")},
                        "reason": "FailedMount", "type": "Warning", "count": 3, "lastTimestamp": now,
                        "message": "MountVolume.SetUp failed for volume \"v\" : configmap \"absent\" not found",
                        "source": {"component": "kubelet", "host": "n1"}}));
                }
                all.push(json!({"apiVersion": "v1", "kind": "Pod",
                    "metadata": {"name": format!("pod-{hash}"), "namespace": "default", "uid": format!("p-{hash}"),
                        "labels": labels, "ownerReferences": owner},
                    "spec": {"nodeName": "n1", "containers": [{"name": "c", "image": image}], "volumes": template["volumes"]},
                    "status": {"phase": if image == "i:mount" { "Pending" } else { "Running" },
                        "conditions": [{"type": "Ready", "status": if ready > 0 { "True" } else { "False" },
                            "lastTransitionTime": "2026-01-01T00:00:00Z"}],
                        "containerStatuses": [{"name": "c", "ready": ready > 0, "restartCount": if image == "i:crash" { 4 } else { 0 },
                            "state": state, "lastState": last}]}}));
                object["status"] = json!({"observedGeneration": generation, "desiredNumberScheduled": 1,
                    "currentNumberScheduled": 1, "updatedNumberScheduled": 1, "numberReady": ready,
                    "numberAvailable": ready});
            }
            all.push(object);
        }
        all
    }
}

impl World {
    pub fn serve(&self) -> Server {
        let world = self.clone();
        Server::http(move |asked: &Subject, _| world.reply(asked))
    }

    pub fn reply(&self, asked: &Subject) -> Reply {
        let mut stored = self.0.lock().expect("no panic");
        match asked.method.as_str() {
            "PATCH" => answer(200, &stored.apply(asked)),
            "DELETE" => {
                stored.objects.remove(asked.path());
                answer(200, &json!({"kind": "Status", "status": "Success"}))
            }
            "POST" if !asked.path().ends_with("accessreviews") => {
                answer(201, &serde_json::from_str(&asked.body).expect("JSON"))
            }
            _ => Api::new(stored.all()).answer(asked),
        }
    }

    /// The stored object at a path; null if there is none.
    pub fn get(&self, path: &str) -> Value {
        self.0.lock().expect("no panic").objects.get(path).cloned().unwrap_or_default()
    }

    /// Stores an object as another client would.
    pub fn put(&self, path: &str, object: Value) {
        self.0.lock().expect("no panic").objects.insert(path.to_owned(), object);
    }

    /// The names of the objects that were written, in order.
    pub fn writes(&self) -> Vec<String> {
        self.0.lock().expect("no panic").writes.clone()
    }
}
