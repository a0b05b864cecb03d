//! One look at a rollout: what holds each node.

use crate::deploy::rollout::status::{BlockReason, PodRestarts, PodTrouble, RolloutStatus};
use crate::explain::found;
use crate::findings::pod_events::PodEvents;
use crate::findings::pod_health::{PodContext, PodIssue, issues};
use crate::model::daemonset::UpdateStrategy;
use crate::model::message::controller::creation_error;
use crate::model::wire::Kind;
use crate::model::{DaemonSet, Node, Phase, Pod};
use crate::rules::controller;
use crate::rules::controller::Predicate;
use crate::rules::rollout::{Availability, BlockReason as PodReason, Limit, NodePods, Rollout, TemplateMark};
use crate::store::{Cluster, NodeIndex};

/// Looks at a DaemonSet in a cluster of nodes and its own pods. `refused` is why the server refused a creation, if it did
/// so lately; `now` is seconds since 1970.
pub fn look(cluster: &Cluster, daemon_set: &DaemonSet, refused: Option<&str>, now: i64) -> RolloutStatus {
    let status = daemon_set.status.clone().unwrap_or_default();
    let own = daemon_set.uid.map_or(&[][..], |uid| cluster.owned_by(uid)).iter().map(|pod| cluster.pod(*pod));
    let mark = TemplateMark::deployed(cluster, daemon_set);
    let model = Rollout::of(daemon_set, own, mark, status.desired, now);
    let mut seen = RolloutStatus {
        observed: status.observed_generation >= daemon_set.generation,
        on_delete: daemon_set.update == UpdateStrategy::OnDelete,
        nodes_unseen: !cluster.coverage(Kind::Node).is_whole(),
        bound: model.limit.and_then(|limit| match limit {
            Limit::Unavailable(nodes) => Some(nodes),
            // With surge a node that does not answer uses up nothing.
            Limit::Surge(_) => None,
        }),
        status,
        min_ready_seconds: daemon_set.min_ready_seconds,
        ..RolloutStatus::default()
    };
    if daemon_set.uid.is_none() {
        return seen;
    }
    let tolerations = controller::tolerations(&daemon_set.template.spec);
    let predicate = Predicate::prepare(cluster, daemon_set.namespace, &daemon_set.template.spec, &tolerations);
    let mut exclusions = Vec::new();
    let unseen: Vec<Node> = match seen.nodes_unseen {
        true => model.nodes().map(|name| Node { name, ..Node::default() }).collect(),
        false => Vec::new(),
    };
    for (index, node) in cluster.nodes.iter().chain(&unseen).enumerate() {
        exclusions.clear();
        if !seen.nodes_unseen {
            predicate.exclusions(index as NodeIndex, &mut exclusions);
        }
        let name = node.name.to_string();
        let pods = model.pods_on(node.name);
        let mut old = [pods.old, pods.terminating].into_iter().flatten();
        if let Some(old) = old.find(|pod| !mark.is_new(pod) && !pod.phase.has_ended()) {
            seen.old.insert(name.clone(), old.name.to_string());
        }
        let wanted = exclusions.is_empty();
        if !seen.nodes_unseen && model.is_silent(node, wanted) {
            seen.silent.insert(name.clone());
        }
        if !wanted {
            continue;
        }
        seen.wanted.insert(name.clone());
        seen.seen.1 += i64::from(model.has_available(node.name));
        if let Some(new) = pods.new {
            seen.seen.0 += 1;
            let ready = new.detail.as_ref().and_then(|detail| detail.ready_since).unwrap_or(i64::MAX);
            seen.newest_ready = seen.newest_ready.max(Some(ready));
            seen.restarts.extend(restarts(new, &name).map(|restarts| (new.name.to_string(), restarts)));
        }
        if !node.is_ready() && !seen.nodes_unseen {
            seen.not_ready.insert(name.clone());
        }
        let known = Some(node).filter(|_| !seen.nodes_unseen);
        if let Some(hold) = hold(pods, known, refused, model.availability) {
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
    Some(creation_error(&seen.max_by_key(|event| event.last_seen)?.message))
}

fn hold(
    pods: NodePods<'_>,
    node: Option<&Node>,
    refused: Option<&str>,
    availability: Availability,
) -> Option<BlockReason> {
    let of_pod = |pod: &Pod| hold_of_pod(pod, node, availability);
    Some(match (pods.new, pods.terminating, pods.old) {
        (Some(new), ..) => return of_pod(new),
        (_, Some(_), _) => BlockReason::Terminating,
        // The controller deletes a failed pod before it makes the next.
        (.., Some(old)) if old.phase.has_ended() => of_pod(old).unwrap_or(BlockReason::Old),
        (.., Some(_)) => BlockReason::Old,
        (..) => refused.map_or(BlockReason::NoPod, |why| BlockReason::Refused(why.to_owned())),
    })
}

/// What holds one pod; `None` if it is available.
fn hold_of_pod(pod: &Pod, node: Option<&Node>, availability: Availability) -> Option<BlockReason> {
    let unscheduled = pod.detail.as_ref().and_then(|detail| detail.unscheduled.as_ref());
    let trouble = || trouble(pod, node, availability.now).map(BlockReason::Pod);
    Some(match PodReason::of_pod(pod, availability)? {
        PodReason::Terminating => BlockReason::Terminating,
        PodReason::Unscheduled if pod.nominated.is_some() => BlockReason::Preempting,
        PodReason::Unscheduled => match unscheduled {
            Some((_, message)) => BlockReason::Unschedulable(message.clone()),
            None => BlockReason::Starting,
        },
        PodReason::NotYetAvailable => BlockReason::Settling,
        _ => trouble().unwrap_or(match pod.phase {
            Phase::Running => BlockReason::NotReady,
            _ => BlockReason::Starting,
        }),
    })
}

/// The restarts of a pod's containers; `None` if there were none.
fn restarts(pod: &Pod, node: &str) -> Option<PodRestarts> {
    let restarted = pod.detail.iter().flat_map(|detail| &detail.containers).filter(|c| c.restarts > 0);
    let total = restarted.clone().map(|container| container.restarts).fold(0, u32::saturating_add);
    let last = restarted.max_by_key(|container| container.terminated.as_ref().and_then(|end| end.finished))?;
    Some(PodRestarts {
        node: node.to_owned(),
        restarts: total,
        container: last.name.clone(),
        exit_code: last.terminated.as_ref().map(|end| end.exit_code),
    })
}

/// What `doctor` reports about the pod and waiting does not fix.
fn trouble(pod: &Pod, node: Option<&Node>, now: i64) -> Option<PodTrouble> {
    let around = PodContext { node, events: PodEvents::default(), now, grace: 0 };
    issues(pod, &around).into_iter().find_map(|issue| of_issue(pod, issue))
}

fn of_issue(pod: &Pod, issue: PodIssue) -> Option<PodTrouble> {
    let detail = pod.detail.as_ref();
    let word = match pod.phase.has_ended() {
        true => detail.and_then(|d| d.reason.clone()).unwrap_or_else(|| pod.phase.as_str().to_owned()),
        false => {
            // A container that runs may still become ready, whatever became of the run before.
            let name = issue.cause.container()?;
            let container = detail?.containers.iter().find(|container| container.name == name)?;
            match (&container.waiting, &container.terminated) {
                (Some((reason, _)), _) => reason.clone(),
                (None, Some(end)) if container.ended && container.restarts > 0 => end.reason.clone(),
                _ => return None,
            }
        }
    };
    Some(PodTrouble { code: issue.cause.code(), word, message: found::issue(&issue).message })
}
