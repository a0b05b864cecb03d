//! Pods that are made and lost again and again, whatever the present one shows: healthy for a minute, it is the next to go.
//!
//! Events count the losses: of the pods, by who takes them off the node, and of the controller, which makes the next one.

use std::collections::{BTreeMap, HashMap};

use crate::findings::cause::{Age, Cause as Found, PodsLost, PodsRecreated};
use crate::findings::index::Index;
use crate::findings::node_status::NodeStatus;
use crate::findings::pod_issue::PodIssue;
use crate::findings::{Settings, Subject};
use crate::model::daemonset::Event;
use crate::model::message::loss::{PodLoss, named_node};
use crate::model::{DaemonSet, Symbol};
use crate::store::{Cluster, NodeIndex};

/// Events of so many seconds are counted, which is also how long the API server keeps them by default.
pub const WINDOW: i64 = 3600;
/// So many losses on a node are a loop.
const LEAST_LOSSES: i64 = 3;
/// Losses further apart than so many seconds are none.
const MOST_BETWEEN: i64 = 20 * 60;
/// So many pods, and so many for each node, that the controller created are a loop: a few rollouts create fewer.
const LEAST_CREATED: i64 = 10;
const LEAST_CREATED_PER_NODE: i64 = 5;

/// Losses of one kind.
#[derive(Debug, Clone, Copy, Default)]
pub struct Losses<'a> {
    count: i64,
    first: i64,
    last: i64,
    newest: &'a str,
}

impl<'a> Losses<'a> {
    /// Losses that an event counts.
    pub fn of(event: &'a Event, pod: &'a str) -> Option<Self> {
        let last = event.last_seen?;
        let first = event.first_seen.filter(|_| event.count > 1).unwrap_or(last);
        Some(Losses { count: event.count.max(1), first, last, newest: pod })
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        if self.count == 0 {
            return other;
        }
        let newest = if other.last > self.last { other.newest } else { self.newest };
        let (first, last) = (self.first.min(other.first), self.last.max(other.last));
        Losses { count: self.count.saturating_add(other.count), first, last, newest }
    }

    /// Whether the pods go one after the other, and the present one, created then, has not outlived the others yet.
    pub fn is_loop(&self, created: Option<i64>, now: i64) -> bool {
        let between = self.last.saturating_sub(self.first) / self.count.saturating_sub(1).max(1);
        let age = now.saturating_sub(created.unwrap_or(self.last));
        self.count >= LEAST_LOSSES
            && now.saturating_sub(self.last) <= WINDOW
            && between <= MOST_BETWEEN
            && age <= between.saturating_mul(2).max(120)
    }
}

/// Whether a node's pod is young although neither the DaemonSet nor its template is: then events may say why.
pub fn is_suspect(cluster: &Cluster, daemon_set: &DaemonSet, status: &NodeStatus, now: i64) -> bool {
    let is_young = |at: Option<i64>| at.is_none_or(|at| now.saturating_sub(at) < WINDOW);
    let revision = daemon_set.uid.and_then(|uid| cluster.revisions.get(&uid)).and_then(|revision| revision.created);
    let Some(pod) = status.pod.map(|pod| cluster.pod(pod)) else { return false };
    let node = pod.node.and_then(|name| cluster.node(name)).map(|node| &cluster.nodes[node as usize]);
    pod.created.is_some_and(|at| is_young(Some(at)))
        && !is_young(daemon_set.created)
        && revision.is_none_or(|at| !is_young(Some(at)))
        && node.is_some_and(|node| !is_young(node.created))
}

/// Adds to each node what its pods are lost to.
pub fn add(cluster: &Cluster, index: &Index, asked: &Subject, settings: &Settings, statuses: &mut [NodeStatus]) {
    if asked.written.is_some() {
        return;
    }
    let (daemon_set, now) = (&asked.daemon_set, settings.now);
    let (on, elsewhere) = losses(cluster, index, daemon_set, now);
    let created = |status: &NodeStatus| status.pod.and_then(|pod| cluster.pod(pod).created);
    for ((node, loss), losses) in on {
        let status = &mut statuses[node as usize];
        if losses.is_loop(created(status), now) {
            tell(status, loss, &losses, now);
        }
    }
    for (loss, losses) in elsewhere {
        // The events name no node: it is one of those whose pod is younger than the first loss.
        let young: Vec<usize> = (0..statuses.len())
            .filter(|node| created(&statuses[*node]).is_some_and(|at| at >= losses.first))
            .filter(|node| losses.is_loop(created(&statuses[*node]), now))
            .collect();
        if losses.count > 2 * young.len() as i64 {
            young.into_iter().for_each(|node| tell(&mut statuses[node], loss, &losses, now));
        }
    }
    if statuses.iter().all(|status| status.issues.is_empty()) {
        add_recreated(cluster, index, daemon_set, now, statuses);
    }
}

/// The losses by node, and those whose node is not known.
#[allow(clippy::type_complexity, reason = "the two maps are what it is about")]
fn losses<'a>(
    cluster: &'a Cluster,
    index: &Index,
    daemon_set: &DaemonSet,
    now: i64,
) -> (BTreeMap<(NodeIndex, PodLoss), Losses<'a>>, BTreeMap<PodLoss, Losses<'a>>) {
    let events = || {
        let places = index.events_of_pods_named_after(daemon_set.namespace, daemon_set.name.as_str()).iter();
        places.map(|place| &cluster.events[*place as usize])
    };
    let known = |name: &str| Symbol::known(name).and_then(|name| cluster.node(name));
    let mut bound: HashMap<&str, NodeIndex> = HashMap::new();
    for event in events().filter(|event| event.reason.as_str() == "Scheduled") {
        if let Some(node) = named_node("Scheduled", &event.message).and_then(known) {
            bound.insert(&event.name, node);
        }
    }
    let (mut on, mut elsewhere) = (BTreeMap::new(), BTreeMap::new());
    for event in events() {
        let Some(loss) = PodLoss::of(event.reason.as_str(), &event.message) else { continue };
        let Some(losses) = Losses::of(event, &event.name).filter(|l| now.saturating_sub(l.last) <= WINDOW) else {
            continue;
        };
        let named = named_node(event.reason.as_str(), &event.message).and_then(known);
        let node = named.or_else(|| event.host.and_then(|host| cluster.node(host)));
        let total: &mut Losses<'_> = match node.or_else(|| bound.get(&*event.name).copied()) {
            Some(node) => on.entry((node, loss)).or_default(),
            None => elsewhere.entry(loss).or_default(),
        };
        // One pod is lost once, however often it is said.
        let losses = Losses { count: 1, ..losses };
        *total = total.and(losses);
    }
    (on, elsewhere)
}

fn tell(status: &mut NodeStatus, loss: PodLoss, losses: &Losses<'_>, now: i64) {
    let is_told = |issue: &PodIssue| match &issue.cause {
        Found::EvictedAgain(_) => loss == PodLoss::TaintManager,
        Found::EarlierPodFailed(_) | Found::PodFailed(_) => {
            matches!(loss, PodLoss::Evicted | PodLoss::KubeletPreempted)
        }
        _ => false,
    };
    if status.issues.iter().any(is_told) {
        return;
    }
    let cause = Found::PodsLost(PodsLost {
        loss,
        reason: loss.into(),
        count: losses.count,
        age: Age::of(Some(losses.first), now),
        last: Age::of(Some(losses.last), now),
        pod: losses.newest.to_owned(),
    });
    status.failed_before = true;
    status.issues.push(PodIssue::new(cause).lasting_if(true));
}

/// What the controller created in the last hour, where nothing says what became of the pods before.
fn add_recreated(cluster: &Cluster, index: &Index, daemon_set: &DaemonSet, now: i64, statuses: &mut [NodeStatus]) {
    let events = index.events_of_daemon_set(daemon_set.namespace, daemon_set.name.as_str()).iter();
    let created = events.map(|place| &cluster.events[*place as usize]).filter(|event| {
        event.reason.as_str() == "SuccessfulCreate"
            && daemon_set.uid.zip(event.uid.as_deref()).is_none_or(|(uid, of)| uid == *of)
    });
    let all = created.filter_map(|event| Losses::of(event, "")).filter(|l| now.saturating_sub(l.last) <= WINDOW);
    let all = all.fold(Losses::default(), Losses::and);
    let suspects: Vec<usize> =
        (0..statuses.len()).filter(|node| is_suspect(cluster, daemon_set, &statuses[*node], now)).collect();
    let span = all.last.saturating_sub(all.first).max(1);
    let per_hour = all.count.saturating_mul(WINDOW) / span.max(WINDOW);
    let nodes = statuses.iter().filter(|status| status.pod.is_some()).count() as i64;
    if suspects.is_empty() || per_hour < LEAST_CREATED.max(LEAST_CREATED_PER_NODE * nodes) {
        return;
    }
    let age = Age::of(Some(all.first), now);
    for node in suspects {
        let cause = Found::PodsRecreated(PodsRecreated { count: all.count, age, nodes: nodes as usize });
        statuses[node].issues.push(PodIssue::new(cause).lasting_if(true));
    }
}
