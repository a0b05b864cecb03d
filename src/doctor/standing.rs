//! What runs on each node now.

use std::collections::HashMap;

use super::Asked;
use super::index::Index;
use super::life::{Around, Trouble, troubles};
use super::report::State;
use super::settings::Settings;
use super::unlisted;
use crate::facts::Effect;
use crate::facts::{Cluster, NodeIndex, Phase, Pod, PodIndex, Symbol};
use crate::placement::{Cause, Exclusion, Placement, Verdict};

/// What runs on a node.
#[derive(Debug, Clone)]
pub struct Standing {
    /// In a word.
    pub state: State,
    /// The pod that counts for the node.
    pub pod: Option<PodIndex>,
    /// Another pod of the DaemonSet there: in a rollout that surges, the new one beside the old one.
    pub beside: Option<PodIndex>,
    /// Everything wrong with them.
    pub troubles: Vec<Trouble>,
    /// Whether earlier pods failed there, so that the present one is given no time.
    pub failed_before: bool,
}

/// What runs on every node, in the order of the cluster's nodes. The verdicts are about what is asked: a document rather
/// than what is deployed, where there is one.
pub fn standings(
    cluster: &Cluster,
    index: &Index,
    verdicts: &[Verdict],
    asked: &Asked,
    settings: &Settings,
) -> Vec<Standing> {
    let (owner, written) = (asked.deployed, asked.written.is_some());
    let is_hidden = cluster.hides_pods_of(asked.daemon_set.namespace);
    let is_absent = unlisted::counts_none(&asked.daemon_set);
    let is_proven = is_hidden && !written && unlisted::counts_all_ready(&asked.daemon_set, verdicts);
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
    let standing = |(node, verdict): (usize, &Verdict)| {
        let Some(pod) = pods.get(&(node as NodeIndex)).copied() else {
            let state = match without_pod(verdict, owner, written) {
                // What the controller counts as ready is there, whoever lists it.
                State::Missing if is_proven => State::Healthy,
                // What nobody looked for is not missing.
                State::Missing if is_hidden && !written && !is_absent => State::Unknown,
                state => state,
            };
            return Standing { state, pod: None, beside: None, troubles: Vec::new(), failed_before: false };
        };
        let found = cluster.pod(pod);
        let around = |found: &Pod| Around {
            node: Some(&cluster.nodes[node]),
            events: index
                .events_of_pod(found.namespace, &found.name)
                .iter()
                .map(|place| &cluster.events[*place as usize])
                .collect(),
            now: settings.now,
            grace: settings.grace,
        };
        let mut found_troubles = troubles(found, &around(found));
        let is_new = |pod: &Pod| pod.created.is_some_and(|at| settings.now.saturating_sub(at) < settings.grace);
        let state = with_pod(found, verdict, &found_troubles, (is_new(found), written));
        let beside = others.get(&(node as NodeIndex)).copied();
        if let Some(other) = beside.map(|pod| cluster.pod(pod)) {
            let is_new = is_new(other);
            let theirs = troubles(other, &around(other)).into_iter().filter(|trouble| trouble.lasting || !is_new);
            found_troubles.extend(theirs.map(|trouble| trouble.of_another(&other.name)));
        }
        Standing { state, pod: Some(pod), beside, troubles: found_troubles, failed_before: false }
    };
    verdicts.iter().enumerate().map(standing).collect()
}

/// The pod that the controller counts for a node: bound ones before others, then the older, then by name
/// (`podByCreationTimestampAndPhase`). One that is being deleted does not speak for the node where another is there,
/// although the controller would count it.
fn earlier(cluster: &Cluster, a: PodIndex, b: PodIndex) -> PodIndex {
    let order = |index: PodIndex| {
        let pod = cluster.pod(index);
        (pod.terminating, pod.node.is_none(), pod.created, pod.name.as_ref())
    };
    if order(b) < order(a) { b } else { a }
}

fn without_pod(verdict: &Verdict, owner: Option<Symbol>, written: bool) -> State {
    let refused = matches!(
        verdict.placement,
        Placement::Uncreated | Placement::Gated | Placement::Unschedulable | Placement::Refused
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
fn with_pod(pod: &Pod, verdict: &Verdict, troubles: &[Trouble], (is_new, written): (bool, bool)) -> State {
    if pod.terminating {
        return State::Terminating;
    }
    if !written && verdict.placement == Placement::Excluded {
        return if may_stay(verdict) { State::Stranded } else { State::Misscheduled };
    }
    let refused = matches!(verdict.placement, Placement::Uncreated | Placement::Unschedulable);
    match pod.phase {
        Phase::Failed | Phase::Succeeded => State::Failed,
        _ if pod.node.is_none() => State::Pending,
        Phase::Running if pod.ready && refused && !written => State::Stranded,
        // One that ends again and again is ready now and then.
        Phase::Running if pod.ready && troubles.is_empty() => State::Healthy,
        _ if troubles.iter().all(|trouble| is_new && !trouble.lasting) => State::Starting,
        _ => State::Unhealthy,
    }
}

/// Whether the controller leaves the pod alone although it would make no new one: only `NoSchedule` taints keep
/// new ones away.
pub fn may_stay(verdict: &Verdict) -> bool {
    verdict.reasons.iter().all(|reason| match &reason.cause {
        Cause::Exclusion(Exclusion::Taint { taint }) => taint.effect != Effect::NoExecute,
        Cause::Exclusion(_) => false,
        _ => true,
    })
}
