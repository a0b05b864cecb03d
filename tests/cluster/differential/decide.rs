//! Puts a DaemonSet before the real control plane and reads what was decided on every node.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::random::{self, Profile, Random};
use crate::harness::{Cluster, Resource, is_ready, path_of};

/// The kinds of a recorded cluster.
const KINDS: [&str; 20] = [
    "Node",
    "Pod",
    "PriorityClass",
    "Namespace",
    "ServiceAccount",
    "LimitRange",
    "ResourceQuota",
    "RuntimeClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "StorageClass",
    "CSINode",
    "CSIDriver",
    "CSIStorageCapacity",
    "VolumeAttachment",
    "PodDisruptionBudget",
    "DeviceClass",
    "ResourceSlice",
    "ResourceClaim",
    "ResourceClaimTemplate",
];

/// A random cluster that runs.
pub struct World {
    /// The control plane.
    pub cluster: Cluster,
    /// All objects as they were before any DaemonSet: a `List`.
    pub objects: Value,
    /// What was asked for, to put back what a case took away.
    asked: BTreeMap<String, Value>,
}

impl World {
    /// The cluster of a seed.
    pub fn random(random: &mut Random, profile: Profile, nodes: usize) -> Self {
        let cluster = Cluster::start();
        let objects = random::cluster(random, profile, &cluster.version(), nodes);
        Self::of(cluster, &objects)
    }

    /// A cluster of these objects, once its controllers have nothing more to do about them.
    pub fn of(cluster: Cluster, objects: &[Value]) -> Self {
        let of_kind = |kind: &str| objects.iter().filter(|o| o["kind"] == kind).cloned().collect::<Vec<_>>();
        let namespaces = of_kind("Namespace");
        cluster.create_all(&namespaces);
        cluster.until("every namespace has its ServiceAccount", Duration::from_secs(30), || {
            let accounts = cluster.list("ServiceAccount", None);
            let has = |n: &Value| accounts.iter().any(|a| a["metadata"]["namespace"] == n["metadata"]["name"]);
            namespaces.iter().all(has).then_some(())
        });
        cluster.create_nodes(&of_kind("Node"));
        let later = ["Namespace", "Node", "Pod"];
        let others: Vec<Value> =
            objects.iter().filter(|o| !later.contains(&o["kind"].as_str().unwrap_or_default())).cloned().collect();
        cluster.create_all(&others);
        let pods = of_kind("Pod");
        let classes: BTreeMap<&str, &Value> =
            pods.iter().filter_map(|pod| Some((pod["spec"]["priorityClassName"].as_str()?, pod))).collect();
        for (class, pod) in classes {
            until_it_is_known(&cluster, class, pod);
        }
        cluster.create_all(&pods);
        // What is meant to be on its way out for ever.
        for held in objects.iter().filter(|o| o["metadata"]["finalizers"].is_array()) {
            cluster.delete(&path_of(held).1);
        }
        let asked = pods.into_iter().map(|p| (key(&p), p)).collect();
        let mut world = Self { cluster, objects: Value::Null, asked };
        world.objects = world.settled();
        world
    }

    /// The cluster's objects once nothing changes any more.
    fn settled(&self) -> Value {
        let mut before = (Value::Null, Instant::now());
        self.cluster.until("the controllers are done", Duration::from_secs(60), || {
            let now = self.snapshot();
            let items = now["items"].as_array()?;
            let given_up: BTreeSet<&str> = items.iter().filter(|o| is_given_up(o)).filter_map(name).collect();
            let bound = items.iter().all(|o| match o["kind"].as_str() {
                // Every 20 seconds the garbage collector of pods fails those that leave such a node.
                Some("Pod") if o["metadata"]["deletionTimestamp"].is_string() => {
                    let ended = ["Failed", "Succeeded"].iter().any(|phase| o["status"]["phase"] == *phase);
                    ended || !o["spec"]["nodeName"].as_str().is_some_and(|node| given_up.contains(node))
                }
                Some("PersistentVolumeClaim") => o["spec"]["volumeName"].is_null() || o["status"]["phase"] != "Pending",
                Some("ResourceQuota") => o["status"]["hard"].is_object(),
                Some("PodDisruptionBudget") => o["status"]["observedGeneration"].is_number(),
                _ => true,
            });
            if now != before.0 || !bound {
                before = (now, Instant::now());
                return None;
            }
            (before.1.elapsed() > Duration::from_millis(1500)).then_some(now)
        })
    }

    /// All recorded kinds as a `List`.
    pub fn snapshot(&self) -> Value {
        let items: Vec<Value> = KINDS.iter().flat_map(|kind| self.cluster.list(kind, None)).map(lean).collect();
        json!({"apiVersion": "v1", "kind": "List", "items": items})
    }

    /// The objects that are not as they were recorded, but for what counts versions and times.
    pub fn changed(&self) -> Vec<String> {
        let (now, then) = (essence(&self.snapshot()), essence(&self.objects));
        let missing = |of: &[Value], from: &[Value]| -> Vec<String> {
            of.iter().filter(|o| !from.contains(o)).map(|o| format!("{} {}", o["kind"], key(o))).collect()
        };
        [missing(&then, &now), missing(&now, &then)].concat()
    }

    /// What the control plane decides about a DaemonSet; the cluster is as before when this returns. None where the API
    /// server refuses the DaemonSet itself, or admits some of its pods and not the others for another reason than a
    /// quota.
    pub fn decide(&self, daemon_set: &Value, with_after: bool) -> Option<Value> {
        let (all, one) = path_of(daemon_set);
        let (code, _) = Cluster::wait(self.cluster.asker().ask("POST", &all, Some(daemon_set)));
        if code >= 300 {
            return None;
        }
        let outcome = self.outcome(daemon_set, &one, with_after);
        self.put_back(daemon_set, &one);
        outcome
    }

    fn outcome(&self, daemon_set: &Value, path: &str, with_after: bool) -> Option<Value> {
        let quiet = quiet_time(&daemon_set["spec"]["template"]);
        let mut seen: (Vec<Value>, Instant) = (Vec::new(), Instant::now());
        let (live, pods, refused) = self.cluster.until("the DaemonSet is decided", Duration::from_secs(90), || {
            let live = self.cluster.get(path);
            if live["status"]["observedGeneration"] != live["metadata"]["generation"] {
                return None;
            }
            let pods = self.pods_of(daemon_set);
            let desired = live["status"]["desiredNumberScheduled"].as_u64().unwrap_or(0) as usize;
            let refused = if pods.len() < desired { self.refusal(&live) } else { None };
            let foreign = daemon_set["spec"]["template"]["spec"]["schedulerName"].is_string();
            let decided = (pods.len() == desired && pods.iter().all(|p| is_decided(p, foreign))) || refused.is_some();
            let now: Vec<Value> = pods.iter().map(verdict).collect();
            if !decided || now != seen.0 {
                seen = (now, Instant::now());
                return None;
            }
            (seen.1.elapsed() >= quiet).then_some((live, pods, refused))
        });
        let some = refused.is_some() && !pods.is_empty();
        if some && !refused.as_ref().is_some_and(|why| why.contains("exceeded quota: ")) {
            return None;
        }

        let mut case = json!({"daemonSet": daemon_set, "live": lean(live), "nodes": {}});
        let by_node: BTreeMap<&str, &Value> = pods.iter().filter_map(|p| Some((home(p)?, p))).collect();
        for node in self.names("Node") {
            match by_node.get(node.as_str()) {
                Some(pod) => case["nodes"][&node] = verdict(pod),
                None if refused.is_none() => case["nodes"][&node] = json!({"outcome": "excluded"}),
                // Nobody knows whether a pod was refused for this one.
                None => {}
            }
        }
        if some {
            case["created"] = json!(pods.len());
        }
        if let Some(refused) = refused {
            case["refused"] = json!(refused);
        }
        let there: BTreeSet<String> = self.cluster.list("Pod", None).iter().map(key).collect();
        let victims: Vec<&str> = self
            .asked
            .iter()
            .filter(|(k, _)| !there.contains(*k))
            .filter_map(|(_, p)| p["metadata"]["name"].as_str())
            .collect();
        if !victims.is_empty() {
            case["victims"] = json!(victims);
        }
        if with_after {
            let mut items = vec![case["live"].clone()];
            items.extend(pods.iter().cloned().map(lean));
            items.extend(self.events_of(&case["live"]).into_iter().map(lean));
            case["after"] = json!({"apiVersion": "v1", "kind": "List", "items": items});
        }
        Some(case)
    }

    fn names(&self, kind: &str) -> Vec<String> {
        let items = self.objects["items"].as_array().into_iter().flatten().filter(|o| o["kind"] == kind);
        items.filter_map(|o| o["metadata"]["name"].as_str()).map(str::to_owned).collect()
    }

    fn pods_of(&self, daemon_set: &Value) -> Vec<Value> {
        let (namespace, name) = (daemon_set["metadata"]["namespace"].as_str(), daemon_set["metadata"]["name"].as_str());
        let path = format!("{}?labelSelector=ds%3D{}", Resource::of("Pod").path(namespace), name.unwrap_or_default());
        let mut list = self.cluster.get(&path);
        let mut pods = match list["items"].take() {
            Value::Array(pods) => pods,
            _ => Vec::new(),
        };
        for pod in &mut pods {
            pod["apiVersion"] = json!("v1");
            pod["kind"] = json!("Pod");
        }
        pods
    }

    /// Events of the DaemonSet and of its pods. There may be older ones, of another of the same name.
    fn events_of(&self, live: &Value) -> Vec<Value> {
        let metadata = &live["metadata"];
        let name = metadata["name"].as_str().unwrap_or_default();
        let mut events = self.cluster.list("Event", metadata["namespace"].as_str());
        let of_pod = |n: &str| n.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'));
        events.retain(|e| {
            let about = &e["involvedObject"];
            about["uid"] == metadata["uid"] || about["name"].as_str().is_some_and(of_pod)
        });
        events
    }

    fn refusal(&self, live: &Value) -> Option<String> {
        let events = self.events_of(live);
        let failed = events.iter().find(|e| e["reason"] == "FailedCreate")?;
        failed["message"].as_str().map(str::to_owned)
    }

    /// Takes the DaemonSet and its pods away and puts back what it evicted.
    fn put_back(&self, daemon_set: &Value, path: &str) {
        self.cluster.delete(path);
        let namespace = daemon_set["metadata"]["namespace"].as_str();
        let name = daemon_set["metadata"]["name"].as_str().unwrap_or_default();
        let pods = format!("{}?labelSelector=ds%3D{name}", Resource::of("Pod").path(namespace));
        self.cluster.until("the case's pods are gone", Duration::from_secs(60), || {
            let (code, _) = Cluster::wait(self.cluster.asker().ask("GET", path, None));
            if code == 404 && self.pods_of(daemon_set).is_empty() {
                return Some(());
            }
            self.cluster.delete(&pods);
            None
        });
        // Those of generic ephemeral volumes and of templates go with their pods.
        for kind in ["PersistentVolumeClaim", "ResourceClaim"] {
            let claims = self.names(kind).len();
            self.cluster.until("the case's claims are gone", Duration::from_secs(60), || {
                (self.cluster.list(kind, None).len() == claims).then_some(())
            });
        }
        let there: BTreeSet<String> = self.cluster.list("Pod", None).iter().map(key).collect();
        let gone: Vec<Value> = self.asked.iter().filter(|(k, _)| !there.contains(*k)).map(|(_, p)| p.clone()).collect();
        self.cluster.create_all(&gone);
        // A quota counts what is gone for a while, and would let in fewer of the next pods.
        let used = |objects: &[Value]| -> BTreeMap<String, Value> {
            let quotas = objects.iter().filter(|o| o["kind"] == "ResourceQuota");
            quotas.map(|quota| (key(quota), quota["status"]["used"].clone())).collect()
        };
        let before = used(self.objects["items"].as_array().map_or(&[], Vec::as_slice));
        self.cluster.until("the quotas count as before", Duration::from_secs(60), || {
            (used(&self.cluster.list("ResourceQuota", None)) == before).then_some(())
        });
    }
}

/// How long nothing must change before the end state counts as reached: pods that may wait for each other are tried
/// again after a back-off of a second and more.
fn quiet_time(template: &Value) -> Duration {
    let spec = &template["spec"];
    let waits = spec["topologySpreadConstraints"].is_array()
        || spec["volumes"].is_array()
        || spec["resourceClaims"].is_array()
        || ["podAffinity", "podAntiAffinity"].iter().any(|k| spec["affinity"][k].is_object());
    Duration::from_millis(if waits {
        3500
    } else if spec["priorityClassName"].is_string() {
        2500
    } else {
        900
    })
}

/// Whether the pod is bound, or its scheduler has said why not.
fn is_decided(pod: &Value, foreign: bool) -> bool {
    pod["spec"]["nodeName"].is_string() || foreign || scheduled_condition(pod).is_some_and(|c| c["message"].is_string())
}

fn scheduled_condition(pod: &Value) -> Option<&Value> {
    let mut conditions = pod["status"]["conditions"].as_array()?.iter();
    conditions.find(|c| c["type"] == "PodScheduled" && c["status"] == "False")
}

/// What became of the pod.
fn verdict(pod: &Value) -> Value {
    if pod["spec"]["nodeName"].is_string() {
        return json!({"outcome": "scheduled"});
    }
    let mut verdict = json!({"outcome": "pending"});
    if let Some(condition) = scheduled_condition(pod) {
        verdict["message"] = condition["message"].clone();
        verdict["reason"] = condition["reason"].clone();
    }
    if let Some(node) = pod["status"]["nominatedNodeName"].as_str().filter(|n| !n.is_empty()) {
        verdict["nominated"] = json!(node);
    }
    verdict
}

/// The node that a DaemonSet's pod is for.
fn home(pod: &Value) -> Option<&str> {
    if let Some(node) = pod["spec"]["nodeName"].as_str() {
        return Some(node);
    }
    let required = &pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
    required["nodeSelectorTerms"][0]["matchFields"][0]["values"][0].as_str()
}

/// The kind, namespace and name of an object.
fn key(object: &Value) -> String {
    let metadata = &object["metadata"];
    format!("{}/{}", metadata["namespace"].as_str().unwrap_or_default(), metadata["name"].as_str().unwrap_or_default())
}

/// An object without what only servers need.
fn lean(mut object: Value) -> Value {
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.remove("managedFields");
    }
    object
}

/// What of a cluster's objects decides.
fn essence(list: &Value) -> Vec<Value> {
    let mut items = list["items"].as_array().cloned().unwrap_or_default();
    for item in &mut items {
        let metadata = item["metadata"].as_object_mut().expect("every object has metadata");
        for varying in ["uid", "resourceVersion", "creationTimestamp", "generation"] {
            metadata.remove(varying);
        }
        if item["kind"] == "ResourceQuota" || item["kind"] == "PodDisruptionBudget" {
            item["status"] = Value::Null;
        }
        // Since when no pod has used a claim (v1.37) decides nothing.
        if item["kind"] == "PersistentVolumeClaim"
            && let Some(status) = item["status"].as_object_mut()
        {
            status.remove("conditions");
        }
    }
    items.sort_by_key(|o| (o["kind"].to_string(), key(o)));
    items
}

/// Admission learns of a priority class a moment after it is made, and refuses a pod of it until then.
fn until_it_is_known(cluster: &Cluster, class: &str, pod: &Value) {
    let path = format!("{}?dryRun=All", path_of(pod).0);
    let unknown = format!("no PriorityClass with name {class} was found");
    cluster.until(&format!("admission knows the priority class {class}"), Duration::from_secs(30), || {
        let (_, answer) = Cluster::wait(cluster.asker().ask("POST", &path, Some(pod)));
        (!answer["message"].as_str().is_some_and(|why| why.contains(&unknown))).then_some(())
    });
}

/// Whether a node is declared out of service, and does not say that it is ready.
fn is_given_up(node: &Value) -> bool {
    let taints = node["spec"]["taints"].as_array();
    let out = taints.is_some_and(|t| t.iter().any(|t| t["key"] == "node.kubernetes.io/out-of-service"));
    node["kind"] == "Node" && out && !is_ready(node)
}

fn name(object: &Value) -> Option<&str> {
    object["metadata"]["name"].as_str()
}
