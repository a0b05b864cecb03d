//! Kubelets without containers: they beat, start and end pods, and fail as they are told to.
//!
//! One loop plays the kubelets of all nodes that it was given. What a pod does is decided by [`Kubelets::behave`], so a
//! test can let a new version crash, hang or fail on some nodes, let a node fall silent or vanish, and watch what the
//! real controllers make of it.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use futures::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::cluster::{Asker, Cluster};

/// What becomes of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Runs and is Ready after this time.
    Ready(Duration),
    /// Runs and never is Ready.
    NeverReady,
    /// Ends with this exit code again and again: CrashLoopBackOff.
    Crash(i32),
    /// Its image cannot be pulled: ImagePullBackOff.
    NoImage,
    /// Is never started: ContainerCreating.
    Hang,
    /// The kubelet refuses it: phase Failed with this reason and message.
    Refused(&'static str, &'static str),
    /// Runs, is Ready, and when deleted never ends.
    NeverEnds,
}

impl Behaviour {
    /// Ready almost at once, as most pods are.
    pub const QUICK: Self = Self::Ready(Duration::from_millis(200));
}

type Policy = dyn Fn(&Value) -> Behaviour + Send + Sync;

struct State {
    nodes: HashSet<String>,
    policy: Arc<Policy>,
    /// The pods of these nodes by uid.
    pods: HashMap<String, Known>,
    beaten: Option<Instant>,
}

/// A pod that its kubelet has taken up.
struct Known {
    node: String,
    seen: Instant,
    written: Step,
}

/// How far a pod has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Seen,
    Started,
    Settled,
}

/// The kubelets of some nodes, until dropped.
pub struct Kubelets {
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

/// How often a kubelet beats. The cluster's `node_grace` must be a few times that.
const BEAT: Duration = Duration::from_secs(2);
const TICK: Duration = Duration::from_millis(100);

impl Kubelets {
    /// Plays the kubelets of these nodes, which exist already; every pod is [`Behaviour::QUICK`].
    pub fn start(cluster: &Cluster, nodes: impl IntoIterator<Item = String>) -> Self {
        let state = State {
            nodes: nodes.into_iter().collect(),
            policy: Arc::new(|_| Behaviour::QUICK),
            pods: HashMap::new(),
            beaten: None,
        };
        let state = Arc::new(Mutex::new(state));
        let task = Cluster::spawn(play(cluster.asker(), Arc::clone(&state)));
        Self { state, task }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("the loop does not panic with the state in hand")
    }

    /// From now on, pods do what `policy` says; pods that have settled before stay as they are.
    pub fn behave(&self, policy: impl Fn(&Value) -> Behaviour + Send + Sync + 'static) {
        self.state().policy = Arc::new(policy);
    }

    /// The node's kubelet falls silent: it neither beats nor touches pods.
    pub fn silence(&self, node: &str) {
        self.state().nodes.remove(node);
    }

    /// The node's kubelet is there (again).
    pub fn revive(&self, node: &str) {
        let mut state = self.state();
        state.nodes.insert(node.to_owned());
        state.beaten = None;
        // It says again how its pods are: they were marked as not Ready meanwhile.
        state.pods.retain(|_, known| known.node != node);
    }
}

impl Drop for Kubelets {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn play(cluster: Asker, state: Arc<Mutex<State>>) {
    loop {
        let beat = {
            let state = state.lock().expect("nobody panics with the state in hand");
            let due = state.beaten.is_none_or(|b| b.elapsed() >= BEAT);
            due.then(|| state.nodes.iter().cloned().collect::<Vec<_>>())
        };
        if let Some(nodes) = beat {
            state.lock().expect("nobody panics with the state in hand").beaten = Some(Instant::now());
            let beats = stream::iter(nodes).map(|node| beat_once(cluster.clone(), node));
            beats.buffer_unordered(32).collect::<Vec<_>>().await;
        }
        // From the API server's cache: cheap, and late by milliseconds at most. As a kubelet does, it tries again where
        // nobody answers.
        let path = "/api/v1/pods?resourceVersion=0&fieldSelector=spec.nodeName!%3D";
        let Ok((_, list)) = cluster.try_ask("GET", path, None).await else {
            tokio::time::sleep(TICK).await;
            continue;
        };
        let pods = list["items"].as_array().cloned().unwrap_or_default();
        let steps: Vec<_> = {
            let mut state = state.lock().expect("nobody panics with the state in hand");
            pods.into_iter().filter_map(|p| state.next(&p).map(|act| (p, act))).collect()
        };
        let acts = stream::iter(steps).map(|(pod, act)| act_once(cluster.clone(), pod, act));
        acts.buffer_unordered(32).collect::<Vec<()>>().await;
        tokio::time::sleep(TICK).await;
    }
}

enum Act {
    Write(Value),
    Remove,
}

impl State {
    /// What to do about a pod now, if anything.
    fn next(&mut self, pod: &Value) -> Option<Act> {
        let (uid, node) = (pod["metadata"]["uid"].as_str()?, pod["spec"]["nodeName"].as_str()?);
        if !self.nodes.contains(node) {
            return None;
        }
        let behaviour = (self.policy)(pod);
        if pod["metadata"]["deletionTimestamp"].is_string() {
            return (behaviour != Behaviour::NeverEnds).then_some(Act::Remove);
        }
        let known = self.pods.entry(uid.to_owned()).or_insert_with(|| Known {
            node: node.to_owned(),
            seen: Instant::now(),
            written: Step::Seen,
        });
        let next = match (&behaviour, known.written) {
            (_, Step::Settled) => return None,
            (Behaviour::Ready(after), Step::Started) if known.seen.elapsed() < *after => return None,
            (Behaviour::Ready(after), Step::Seen) if known.seen.elapsed() < *after => Step::Started,
            _ => Step::Settled,
        };
        known.written = next;
        Some(Act::Write(status(pod, &behaviour, next == Step::Settled)))
    }
}

/// The pod's status: while `behaviour` takes its course, or once it has.
fn status(pod: &Value, behaviour: &Behaviour, settled: bool) -> Value {
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let ready = settled && matches!(behaviour, Behaviour::Ready(_) | Behaviour::NeverEnds);
    if let Behaviour::Refused(reason, message) = behaviour {
        return json!({"phase": "Failed", "reason": reason, "message": format!("Pod was rejected: {message}")});
    }
    let phase = match behaviour {
        Behaviour::Hang | Behaviour::NoImage => "Pending",
        _ => "Running",
    };
    let condition = |kind: &str, holds: bool| json!({"type": kind, "status": if holds { "True" } else { "False" }, "lastTransitionTime": now});
    let containers: Vec<Value> = pod["spec"]["containers"].as_array().into_iter().flatten().map(|container| {
        let running = json!({"running": {"startedAt": now}});
        let waiting = |reason: &str, message: String| json!({"waiting": {"reason": reason, "message": message}});
        let (state, last, restarts) = match behaviour {
            Behaviour::Crash(code) => (
                waiting("CrashLoopBackOff", format!("back-off 10s restarting failed container={}", container["name"])),
                json!({"terminated": {"exitCode": code, "reason": "Error", "startedAt": now, "finishedAt": now}}),
                3,
            ),
            Behaviour::NoImage => (waiting("ImagePullBackOff", format!("Back-off pulling image {}", container["image"])), json!({}), 0),
            Behaviour::Hang => (waiting("ContainerCreating", String::new()), json!({}), 0),
            _ => (running, json!({}), 0),
        };
        json!({"name": container["name"], "image": container["image"], "imageID": "", "ready": ready, "started": ready,
               "restartCount": restarts, "state": state, "lastState": last})
    }).collect();
    json!({
        "phase": phase, "startTime": now, "containerStatuses": containers,
        "conditions": [condition("PodScheduled", true), condition("Initialized", true), condition("ContainersReady", ready), condition("Ready", ready)],
    })
}

async fn act_once(cluster: Asker, pod: Value, act: Act) {
    let (namespace, name) = (&pod["metadata"]["namespace"], &pod["metadata"]["name"]);
    let path = format!(
        "/api/v1/namespaces/{}/pods/{}",
        namespace.as_str().unwrap_or_default(),
        name.as_str().unwrap_or_default()
    );
    let uid = &pod["metadata"]["uid"];
    let (verb, path, body) = match act {
        Act::Write(status) => ("PATCH", format!("{path}/status"), json!({"metadata": {"uid": uid}, "status": status})),
        Act::Remove => ("DELETE", path, json!({"gracePeriodSeconds": 0, "preconditions": {"uid": uid}})),
    };
    // A pod may be gone by now; the next round sees.
    let _ = cluster.try_ask(verb, &path, Some(&body)).await;
}

/// Fails where nobody answers; the next beat sees.
async fn beat_once(cluster: Asker, node: String) -> Result<(), String> {
    let all = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string();
    let spec = json!({"holderIdentity": node, "leaseDurationSeconds": 40, "renewTime": now});
    let (code, _) = cluster.try_ask("PATCH", &format!("{all}/{node}"), Some(&json!({"spec": spec}))).await?;
    if code == 404 {
        let lease = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                           "metadata": {"name": node, "namespace": "kube-node-lease"}, "spec": spec});
        cluster.try_ask("POST", all, Some(&lease)).await?;
    }
    // A node that was given up is Ready again once its kubelet is back and says so.
    let (_, object) = cluster.try_ask("GET", &format!("/api/v1/nodes/{node}"), None).await?;
    let mut conditions = object["status"]["conditions"].clone();
    let Some(list) = conditions.as_array_mut() else { return Ok(()) };
    let mut lost = false;
    for condition in list.iter_mut().filter(|c| c["status"] == "Unknown") {
        lost = true;
        condition["status"] = json!(if condition["type"] == "Ready" { "True" } else { "False" });
        condition["lastHeartbeatTime"] = json!(now);
    }
    if lost {
        let status = json!({"status": {"conditions": conditions}});
        cluster.try_ask("PATCH", &format!("/api/v1/nodes/{node}/status"), Some(&status)).await?;
    }
    Ok(())
}
