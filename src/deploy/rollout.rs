//! How far a rollout is, and what holds it: from the DaemonSet, its pods and the nodes, at one moment.
//!
//! A rollout is done when the controller has seen the newest generation, and every node that it wants has a new pod
//! that is available. Unlike `kubectl rollout status`, nodes that cannot be ready by themselves (NotReady before, or
//! gone meanwhile) are told and do not hold it, and no wanted node at all is told as such.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use serde::Serialize;

use crate::findings::Code;
use crate::model::daemonset::{DaemonSetStatus, UpdateStrategy};
use crate::model::pod::{ContainerState, PodDetail};
use crate::model::wire::Kind;
use crate::model::{DaemonSet, Node, Phase, Pod, Symbol};
use crate::rules::controller;
use crate::rules::controller::Predicate;
use crate::store::{Cluster, NodeIndex};

/// A rollout at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RolloutStatus {
    /// Whether the controller has seen the newest generation.
    pub observed: bool,
    /// The strategy replaces pods only where somebody deletes them.
    pub on_delete: bool,
    /// What the controller counts.
    pub status: DaemonSetStatus,
    /// Each wanted node that has no new, available pod, with what holds it.
    pub waiting: BTreeMap<String, BlockReason>,
    /// Pods of old templates, as `node: pod`.
    pub old: BTreeMap<String, String>,
    /// Wanted nodes that are NotReady: what is missing there is the node's fault.
    pub not_ready: BTreeSet<String>,
    /// Nodes that do not answer, wanted or with a pod, without an available pod: each uses up one of what the strategy
    /// allows.
    pub silent: BTreeSet<String>,
    /// How many nodes the strategy allows to be without an available pod; nothing with surge or OnDelete.
    pub bound: Option<i64>,
    /// All wanted nodes.
    pub wanted: BTreeSet<String>,
    /// Nodes may not be listed: only those that have a pod are known, and the controller's counts decide.
    pub nodes_unseen: bool,
}

/// What holds a node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum BlockReason {
    /// The old pod still runs; its turn comes.
    Old,
    /// The old pod still runs, and its turn does not come: these nodes use up how many may be without an available one.
    Blocked(Vec<String>, i64),
    /// There is no pod yet.
    NoPod,
    /// The pod could not be created, in the server's words.
    Refused(String),
    /// No node takes it, in the scheduler's words.
    Unschedulable(String),
    /// Pods are being evicted to make room.
    Preempting,
    /// The kubelet refused or evicted the pod: reason and message.
    Failed(String, String),
    /// The image cannot be pulled: container, reason and message.
    Image(String, String, String),
    /// The container cannot be made: container, reason and message.
    Config(String, String, String),
    /// The container ends again and again: container, exit code and reason, how often.
    Crash(String, i32, String, u32),
    /// The pod is being started.
    Starting,
    /// It runs and is not ready.
    NotReady,
    /// It is ready, not yet for long enough.
    Settling,
    /// The old pod is being deleted, and does not go.
    Terminating,
}

impl BlockReason {
    /// Whether waiting does not help: somebody must change something.
    pub fn is_terminal(&self) -> bool {
        matches!(
            self,
            BlockReason::Blocked(..)
                | BlockReason::Refused(_)
                | BlockReason::Unschedulable(_)
                | BlockReason::Failed(..)
                | BlockReason::Image(..)
                | BlockReason::Config(..)
                | BlockReason::Crash(..)
        )
    }

    /// Whether all of the reasons, with their figures, are the doctor's to tell; the others say all there is.
    pub fn needs_diagnosis(&self) -> bool {
        matches!(
            self,
            BlockReason::Refused(_)
                | BlockReason::Unschedulable(_)
                | BlockReason::NoPod
                | BlockReason::NotReady
                | BlockReason::Terminating
                | BlockReason::Starting
        )
    }

    /// What holds it in one word, to group nodes by.
    pub fn word(&self) -> &str {
        match self {
            BlockReason::Old => "old pod",
            BlockReason::Blocked(..) => "old pod, held up",
            BlockReason::NoPod => "no pod yet",
            BlockReason::Refused(_) => "creation refused",
            BlockReason::Unschedulable(_) => "unschedulable",
            BlockReason::Preempting => "waits for evictions",
            BlockReason::Failed(reason, _) | BlockReason::Image(_, reason, _) | BlockReason::Config(_, reason, _) => {
                reason
            }
            BlockReason::Crash(..) => "crashes",
            BlockReason::Starting => "starting",
            BlockReason::NotReady => "not ready",
            BlockReason::Settling => "ready, not yet available",
            BlockReason::Terminating => "old pod terminating",
        }
    }

    /// What holds it, in a sentence.
    pub fn sentence(&self) -> String {
        let with = |word: &str, message: &str| match message {
            "" => word.to_owned(),
            message => format!("{word}: {message}"),
        };
        match self {
            BlockReason::Blocked(nodes, allowed) => {
                let (names, more) = (nodes.iter().take(4).map(String::as_str).collect::<Vec<_>>(), nodes.len() > 4);
                let (who, etc) = (names.join(", "), if more { ", ..." } else { "" });
                let what = if nodes.len() == 1 { "does not answer and uses" } else { "do not answer and use" };
                format!("old pod, not replaced: {who}{etc} {what} up the bound of {allowed}")
            }
            BlockReason::Refused(message) => with("the pod cannot be created", message),
            BlockReason::Unschedulable(message) => with("unschedulable", message),
            BlockReason::Failed(reason, message) => with(reason, message),
            BlockReason::Image(container, reason, message) | BlockReason::Config(container, reason, message) => {
                with(&format!("container {container}: {reason}"), message)
            }
            BlockReason::Crash(container, code, reason, times) => {
                format!("container {container} ended with code {code} ({reason}), restarted {times} times")
            }
            other => other.word().to_owned(),
        }
    }
}

/// Looks at a DaemonSet in a cluster of nodes and its own pods. `created_refused` are the server's words of a refused
/// creation, if there was one lately; `now` is seconds since 1970.
pub fn look(cluster: &Cluster, daemon_set: &DaemonSet, refused: Option<&str>, now: i64) -> RolloutStatus {
    let status = daemon_set.status.clone().unwrap_or_default();
    let mut seen = RolloutStatus {
        observed: status.observed_generation >= daemon_set.generation,
        on_delete: daemon_set.update == UpdateStrategy::OnDelete,
        nodes_unseen: !cluster.coverage(Kind::Node).is_whole(),
        bound: match daemon_set.update {
            UpdateStrategy::OnDelete => None,
            // With surge a node that does not answer uses up nothing.
            UpdateStrategy::RollingUpdate { .. } if daemon_set.update.surges() => None,
            UpdateStrategy::RollingUpdate { max_unavailable, .. } => Some(max_unavailable.of(status.desired).max(1)),
        },
        status,
        ..RolloutStatus::default()
    };
    let Some(uid) = daemon_set.uid else { return seen };
    let revision = cluster.revisions.get(&uid).and_then(|r| r.hash);
    let tolerations = controller::tolerations(&daemon_set.template.spec);
    let mut pods: HashMap<Symbol, Vec<&Pod>> = HashMap::new();
    for pod in cluster.owned_by(uid).iter().map(|p| cluster.pod(*p)) {
        if let Some(node) = pod.node_or_target() {
            pods.entry(node).or_default().push(pod);
        }
    }
    let predicate = Predicate::prepare(cluster, &daemon_set.template.spec, &tolerations);
    let mut exclusions = Vec::new();
    let unseen: Vec<Node> = match seen.nodes_unseen {
        true => pods.keys().map(|name| Node { name: *name, ..Node::default() }).collect(),
        false => Vec::new(),
    };
    for (index, node) in cluster.nodes.iter().chain(&unseen).enumerate() {
        exclusions.clear();
        if !seen.nodes_unseen {
            predicate.exclusions(index as NodeIndex, &mut exclusions);
        }
        let name = node.name.to_string();
        let here = pods.get(&node.name).map(Vec::as_slice).unwrap_or_default();
        let is_new = |pod: &Pod| is_new(pod, revision, daemon_set.template_generation);
        for old in here.iter().filter(|pod| !is_new(pod) && !pod.phase.has_ended()) {
            seen.old.insert(name.clone(), old.name.to_string());
        }
        let wanted = exclusions.is_empty();
        let available = here.iter().any(|pod| pod.ready && !pod.terminating);
        if node.is_unreachable() && !seen.nodes_unseen && (wanted || !here.is_empty()) && !available {
            seen.silent.insert(name.clone());
        }
        if !wanted {
            continue;
        }
        seen.wanted.insert(name.clone());
        if !node.is_ready() && !seen.nodes_unseen {
            seen.not_ready.insert(name.clone());
        }
        if let Some(hold) = hold(here, is_new, refused, daemon_set.min_ready_seconds, now) {
            seen.waiting.insert(name, hold);
        }
    }
    seen
}

/// Why pods are not created, in the server's words, by the newest event FailedCreate that is not older than `since`
/// (seconds since 1970). Where a pod was created after it, what was refused then is not refused any more: the others are
/// on their way.
pub fn refusal<'a>(cluster: &'a Cluster, daemon_set: &DaemonSet, since: i64) -> Option<&'a str> {
    let own = daemon_set.uid.map(|uid| cluster.owned_by(uid)).unwrap_or_default();
    let created = own.iter().filter_map(|pod| cluster.pod(*pod).created).max();
    let seen = cluster.events.iter().filter(|event| event.last_seen >= Some(since) && event.last_seen >= created);
    let message = &*seen.max_by_key(|event| event.last_seen)?.message;
    // Where there are many, `(combined from similar events)` stands before it.
    Some(message.split_once("Error creating: ").map_or(message, |(_, why)| why))
}

/// Whether a pod is made from the newest template.
pub(crate) fn is_new(pod: &Pod, revision: Option<Symbol>, generation: Option<i64>) -> bool {
    (revision.is_some() && pod.revision() == revision) || generation.is_some_and(|now| pod.is_of_generation(now))
}

fn hold(
    pods: &[&Pod],
    is_new: impl Fn(&Pod) -> bool,
    refused: Option<&str>,
    min_ready_seconds: i64,
    now: i64,
) -> Option<BlockReason> {
    let new = pods.iter().find(|pod| is_new(pod) && !pod.terminating);
    if let Some(pod) = new {
        return hold_of_pod(pod, min_ready_seconds, now);
    }
    if pods.iter().any(|pod| pod.terminating) {
        return Some(BlockReason::Terminating);
    }
    if let Some(old) = pods.first() {
        // The controller deletes a failed pod before it makes the next.
        return Some(match old.phase.has_ended() {
            true => hold_of_pod(old, min_ready_seconds, now).unwrap_or(BlockReason::Old),
            false => BlockReason::Old,
        });
    }
    Some(refused.map_or(BlockReason::NoPod, |why| BlockReason::Refused(why.to_owned())))
}

/// What holds one pod; nothing where it is available.
fn hold_of_pod(pod: &Pod, min_ready_seconds: i64, now: i64) -> Option<BlockReason> {
    let detail = pod.detail.as_deref();
    let text = |text: Option<&String>| text.cloned().unwrap_or_default();
    if pod.phase.has_ended() {
        let reason = text(detail.and_then(|d| d.reason.as_ref()));
        let reason = if reason.is_empty() { pod.phase.as_str().to_owned() } else { reason };
        return Some(BlockReason::Failed(reason, text(detail.and_then(|d| d.message.as_ref()))));
    }
    if pod.node.is_none() {
        let unscheduled = detail.and_then(|d| d.unscheduled.as_ref());
        return Some(match unscheduled {
            _ if pod.nominated.is_some() => BlockReason::Preempting,
            Some((_, message)) => BlockReason::Unschedulable(message.clone()),
            None => BlockReason::Starting,
        });
    }
    if pod.ready {
        let since = detail.and_then(|d| d.ready_since).unwrap_or(now);
        return (min_ready_seconds > 0 && since + min_ready_seconds > now).then_some(BlockReason::Settling);
    }
    Some(detail.and_then(trouble).unwrap_or(match pod.phase {
        Phase::Running => BlockReason::NotReady,
        _ => BlockReason::Starting,
    }))
}

/// What is wrong with a container, the worst first.
fn trouble(detail: &PodDetail) -> Option<BlockReason> {
    let mut found: Vec<BlockReason> = detail.containers.iter().filter_map(of_container).collect();
    found.sort();
    found.pop()
}

fn of_container(container: &ContainerState) -> Option<BlockReason> {
    const IMAGE: [&str; 7] = [
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "ErrImageNeverPull",
        "ImageInspectError",
        "RegistryUnavailable",
        "SignatureValidationFailed",
    ];
    const CONFIG: [&str; 5] = [
        "CreateContainerConfigError",
        "CreateContainerError",
        "RunContainerError",
        "PreCreateHookError",
        "PostStartHookError",
    ];
    let name = || container.name.clone();
    let (reason, message) = container.waiting.as_ref().map_or(("", ""), |(r, m)| (r.as_str(), m.as_str()));
    if IMAGE.contains(&reason) {
        return Some(BlockReason::Image(name(), reason.to_owned(), message.to_owned()));
    }
    if CONFIG.contains(&reason) {
        return Some(BlockReason::Config(name(), reason.to_owned(), message.to_owned()));
    }
    let ended = container.terminated.as_ref()?;
    let again = reason == "CrashLoopBackOff" || (container.ended && ended.exit_code != 0 && container.restarts > 0);
    again.then(|| BlockReason::Crash(name(), ended.exit_code, ended.reason.clone(), container.restarts))
}

impl RolloutStatus {
    /// Nodes that must still get their pod, but for those that are excused.
    pub fn held<'a>(&'a self, excused: &'a BTreeSet<String>) -> impl Iterator<Item = (&'a str, Cow<'a, BlockReason>)> {
        let blocked = self.blocked(excused);
        let held = self.waiting.iter().filter(move |(node, _)| !excused.contains(*node));
        held.map(move |(node, hold)| match (&blocked, hold) {
            (Some(blocked), BlockReason::Old) => (node.as_str(), Cow::Owned(blocked.clone())),
            _ => (node.as_str(), Cow::Borrowed(hold)),
        })
    }

    /// Whether excused nodes use up how many may be without an available pod, so that no other has its turn.
    fn blocked(&self, excused: &BTreeSet<String>) -> Option<BlockReason> {
        let allowed = self.bound?;
        let silent: Vec<String> = self.silent.intersection(excused).cloned().collect();
        (silent.len() as i64 >= allowed).then_some(BlockReason::Blocked(silent, allowed))
    }

    /// Whether nothing is left to wait for.
    pub fn is_done(&self, excused: &BTreeSet<String>) -> bool {
        if !self.observed {
            return false;
        }
        if self.on_delete {
            // The old pods stay until somebody deletes them; only nodes without any wait.
            return self.held(excused).all(|(_, hold)| *hold == BlockReason::Old);
        }
        let excused_now = self.waiting.keys().filter(|node| excused.contains(*node)).count() as i64;
        let reached = |count: i64| count + excused_now >= self.status.desired;
        self.held(excused).next().is_none() && reached(self.status.updated) && reached(self.status.available)
    }

    /// Nodes for which waiting does not help, with the cause.
    pub fn hopeless(&self, excused: &BTreeSet<String>) -> Vec<(String, BlockReason)> {
        let hopeless = self.held(excused).filter(|(_, hold)| hold.is_terminal());
        hopeless.map(|(node, hold)| (node.to_owned(), hold.into_owned())).collect()
    }

    /// The nodes by what holds them, the most first.
    pub fn by_hold(&self) -> Vec<(&str, Vec<&str>)> {
        let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (node, hold) in &self.waiting {
            groups.entry(hold.word()).or_default().push(node);
        }
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_by_key(|(_, nodes)| std::cmp::Reverse(nodes.len()));
        groups
    }
}

/// One cause, with those of the asked nodes that it concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// Its stable code.
    pub code: Code,
    /// The fact, in one sentence.
    pub message: String,
    /// What is behind it.
    pub notes: Vec<String>,
    /// What would mend it, in one sentence.
    pub fix: Option<String>,
    /// The nodes, by name.
    pub nodes: Vec<String>,
}

/// How following ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Every wanted node has a new pod that is available, but for those that are excused.
    Done,
    /// It cannot succeed: nodes and causes.
    Hopeless(Vec<(String, BlockReason)>),
    /// Nothing changed for so long.
    NoProgress(Duration),
    /// The time is over.
    TimedOut(Duration),
    /// The DaemonSet was deleted.
    Deleted,
    /// Somebody made another generation meanwhile: who, where the server says it.
    Replaced(Option<String>),
}

/// One look, with what is new in it.
#[derive(Debug)]
pub struct ProgressUpdate<'a> {
    /// How it is now, or was when it could be seen last.
    pub look: &'a RolloutStatus,
    /// Why it cannot be seen now.
    pub out_of_reach: Option<&'a str>,
    /// How long it was followed so far.
    pub lasts: Duration,
    /// Nodes that do not hold it: NotReady since before, or joined meanwhile.
    pub excused: &'a BTreeSet<String>,
    /// Wanted nodes that were Ready when following began, and are not now.
    pub went_down: &'a BTreeSet<String>,
    /// Wanted nodes that are new since following began.
    pub joined: &'a BTreeSet<String>,
    /// Wanted nodes that are gone since following began.
    pub left: &'a BTreeSet<String>,
    /// For how long the first hopeless cause lasts.
    pub hopeless_for: Option<Duration>,
    /// What the doctor says of the nodes that waiting does not mend.
    pub reasons: &'a [Cause],
}

/// Where following ended.
#[derive(Debug)]
pub struct Outcome {
    /// How.
    pub end: End,
    /// The last look.
    pub look: RolloutStatus,
    /// Nodes that did not hold it.
    pub excused: BTreeSet<String>,
    /// What the doctor says of those that do.
    pub reasons: Vec<Cause>,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::store::Builder;

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
            (vec![], Some("quota"), "the pod cannot be created: quota", true),
            (vec![pod("n1", "old", ready())], None, "old pod", false),
            (vec![gone], None, "old pod terminating", false),
            (vec![unscheduled], None, "unschedulable: 0/1 nodes", true),
            (vec![pod("n1", "new", failed)], None, "OutOfcpu: m", true),
            (vec![pod("n1", "new", waits("ImagePullBackOff", 0))], None, "container c: ImagePullBackOff: m", true),
            (
                vec![pod("n1", "new", waits("CreateContainerConfigError", 0))],
                None,
                "container c: CreateContainerConfigError: m",
                true,
            ),
            (
                vec![pod("n1", "new", waits("CrashLoopBackOff", 2))],
                None,
                "container c ended with code 3 (Error), restarted 2 times",
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
        let told = "old pod, not replaced: n2 does not answer and uses up the bound of 1";
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
}
