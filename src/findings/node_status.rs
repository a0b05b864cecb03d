//! What runs on each node now.

use std::collections::HashMap;

use crate::findings::Subject;
use crate::findings::index::Index;
use crate::findings::pod_events::PodEvents;
use crate::findings::pod_health::{PodContext, PodIssue, issues};
use crate::findings::policy::Settings;
use crate::findings::status_counts;
use crate::model::{Phase, Pod, Symbol};
use crate::report::State;
use crate::rules::rollout::{counting_order, may_stay};
use crate::rules::{Placement, Verdict};
use crate::store::{Cluster, NodeIndex, PodIndex};

/// What runs on a node.
#[derive(Debug, Clone)]
pub struct NodeStatus {
    /// In a word.
    pub state: State,
    /// The pod that counts for the node.
    pub pod: Option<PodIndex>,
    /// Another pod of the DaemonSet there: in a rollout that surges, the new one beside the old one.
    pub beside: Option<PodIndex>,
    /// Everything wrong with them.
    pub issues: Vec<PodIssue>,
    /// Whether earlier pods failed there, so that the present one is given no time.
    pub failed_before: bool,
}

/// What runs on every node, in the order of the cluster's nodes. The verdicts are about what is asked: a document rather
/// than what is deployed, where there is one.
pub fn statuses(
    cluster: &Cluster,
    index: &Index,
    verdicts: &[Verdict],
    asked: &Subject,
    settings: &Settings,
) -> Vec<NodeStatus> {
    let (owner, written) = (asked.deployed, asked.written.is_some());
    let is_hidden = cluster.hides_pods_of(asked.daemon_set.namespace);
    let is_absent = status_counts::counts_none(&asked.daemon_set);
    let is_proven = is_hidden && !written && status_counts::counts_all_ready(&asked.daemon_set, verdicts);
    let mut pods: HashMap<NodeIndex, PodIndex> = HashMap::new();
    let mut others: HashMap<NodeIndex, PodIndex> = HashMap::new();
    for pod in owner.map_or(&[][..], |owner| cluster.owned_by(owner)) {
        let found = cluster.pod(*pod);
        // A pod that has ended and is being deleted is as good as gone.
        if found.terminating && found.phase.has_ended() {
            continue;
        }
        if let Some(node) = found.node_or_target().and_then(|name| cluster.node(name)) {
            let first = *pods.entry(node).or_insert(*pod);
            if first != *pod {
                let counts = earlier(cluster, first, *pod);
                pods.insert(node, counts);
                others.insert(node, if counts == first { *pod } else { first });
            }
        }
    }
    let status = |(node, verdict): (usize, &Verdict)| {
        let Some(pod) = pods.get(&(node as NodeIndex)).copied() else {
            let state = match without_pod(verdict, owner, written) {
                // What the controller counts as ready is there, whoever lists it.
                State::Missing if is_proven => State::Healthy,
                // What nobody looked for is not missing.
                State::Missing if is_hidden && !written && !is_absent => State::Unknown,
                state => state,
            };
            return NodeStatus { state, pod: None, beside: None, issues: Vec::new(), failed_before: false };
        };
        let found = cluster.pod(pod);
        let around = |found: &Pod| PodContext {
            node: Some(&cluster.nodes[node]),
            events: PodEvents(
                index
                    .events_of_pod(found.namespace, &found.name)
                    .iter()
                    .map(|place| &cluster.events[*place as usize])
                    .collect(),
            ),
            now: settings.now,
            grace: settings.grace,
        };
        let mut found_troubles = issues(found, &around(found));
        let is_new = |pod: &Pod| pod.created.is_some_and(|at| settings.now.saturating_sub(at) < settings.grace);
        let state = with_pod(found, verdict, &found_troubles, (is_new(found), written));
        let beside = others.get(&(node as NodeIndex)).copied();
        if let Some(other) = beside.map(|pod| cluster.pod(pod)) {
            let is_new = is_new(other);
            let theirs = issues(other, &around(other)).into_iter().filter(|issue| issue.lasting || !is_new);
            found_troubles.extend(theirs.map(|issue| issue.of_another(&other.name)));
        }
        // A document's pods do not exist yet: the troubles of the present ones are not theirs.
        if written {
            found_troubles.clear();
        }
        NodeStatus { state, pod: Some(pod), beside, issues: found_troubles, failed_before: false }
    };
    verdicts.iter().enumerate().map(status).collect()
}

/// The pod that counts for a node ([`counting_order`]).
fn earlier(cluster: &Cluster, a: PodIndex, b: PodIndex) -> PodIndex {
    if counting_order(cluster.pod(b), cluster.pod(a)).is_lt() { b } else { a }
}

fn without_pod(verdict: &Verdict, owner: Option<Symbol>, written: bool) -> State {
    let refused = matches!(
        verdict.placement,
        Placement::Denied | Placement::Gated | Placement::Unschedulable | Placement::Rejected | Placement::Blocked
    );
    match verdict.placement {
        Placement::Excluded => State::None,
        // On paper nothing is missing yet, except where the pod would not come to be.
        _ if written || owner.is_none() => {
            if refused {
                State::Missing
            } else {
                State::None
            }
        }
        _ => State::Missing,
    }
}

/// The state of a node that has the pod, which may be new.
fn with_pod(pod: &Pod, verdict: &Verdict, issues: &[PodIssue], (is_new, written): (bool, bool)) -> State {
    if pod.terminating {
        return State::Terminating;
    }
    if !written && verdict.placement == Placement::Excluded {
        return if may_stay(verdict) { State::Stranded } else { State::Misscheduled };
    }
    let refused = matches!(verdict.placement, Placement::Denied | Placement::Unschedulable);
    match pod.phase {
        Phase::Failed | Phase::Succeeded => State::Failed,
        _ if pod.node.is_none() => State::Pending,
        Phase::Running if pod.ready && refused && !written => State::Stranded,
        // One that ends again and again is ready now and then.
        Phase::Running if pod.ready && issues.is_empty() => State::Healthy,
        _ if issues.iter().all(|issue| is_new && !issue.lasting) => State::Starting,
        _ => State::Unhealthy,
    }
}
