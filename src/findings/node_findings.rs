//! Findings of a node in addition to its verdict and the health of its pod: a missing pod, an earlier pod that the kubelet
//! rejected, a scheduler that reports other reasons, a virtual node.

use std::collections::{BTreeSet, HashMap};

use crate::findings::Subject;
use crate::findings::admission_drift::PodDrift;
use crate::findings::cause::{
    Age, Cause as Found, CreationDenied, EarlierPodFailed, EvictedAgain, OtherSchedulerReports, Repeated,
    SchedulerDisagrees, SchedulerFailed, SchedulerProfile, SurgeBlocked, VirtualNode, WindowsNode,
};
use crate::findings::index::Index;
use crate::findings::node_status::NodeStatus;
use crate::findings::pod_health::{PodIssue, not_ready};
use crate::findings::pod_losses::Losses;
use crate::findings::policy::Settings;
use crate::findings::taint_origin;
use crate::findings::windows_node;
use crate::model::daemonset::Event;
use crate::model::message::admission::{Denial, DenyingPlugin};
use crate::model::message::controller::{creation_error, failed_pod};
use crate::model::message::kubelet::PodRejection;
use crate::model::message::scheduler::{NotScheduled, awaits_claim, reasons_in};
use crate::model::{DaemonSet, Effect, Node, Phase, Pod, Symbol, Taint, Toleration, Version};
use crate::report::State;
use crate::rules::controller;
use crate::rules::{Cause, Placement, Unknown, Verdict};
use crate::store::{Cluster, NodeIndex};

/// The controller tries again after 1000 seconds at the latest, and says so again: what it said longer ago is over.
const BELIEVED: i64 = 17 * 60;

/// Adds the issues that verdict, pod and events of each node show together.
pub fn add(
    cluster: &Cluster,
    index: &Index,
    asked: &Subject,
    settings: &Settings,
    verdicts: &[Verdict],
    drifts: &[PodDrift],
    statuses: &mut [NodeStatus],
) {
    let (daemon_set, written) = (&asked.daemon_set, asked.written.is_some());
    let (refused, before) = match written {
        true => (None, HashMap::new()),
        false => {
            (failed_create(cluster, index, daemon_set, false), refused_before(cluster, index, daemon_set, settings.now))
        }
    };
    let tolerations = controller::tolerations(&daemon_set.template.spec);
    let linux_field = windows_node::linux_field(daemon_set);
    for (place, (verdict, status)) in verdicts.iter().zip(statuses.iter_mut()).enumerate() {
        let node = &cluster.nodes[place];
        let wanted = verdict.placement != Placement::Excluded;
        let on_virtual = taint_origin::virtual_label(node).filter(|_| wanted);
        if let Some((key, value)) = on_virtual {
            let cause = Found::VirtualNode(VirtualNode { key: Symbol::new(key), value: Symbol::new(value) });
            status.issues.push(PodIssue::new(cause));
        }
        // A pod that has started there shows that it can.
        let has_started = |pod| cluster.pod(pod).detail.as_ref().is_some_and(|detail| detail.has_started());
        if let Some(field) = linux_field.as_ref().filter(|_| wanted && windows_node::is_windows(node))
            && (written || !status.pod.is_some_and(has_started))
        {
            let cause = Found::WindowsNode(WindowsNode { field: field.clone() });
            status.issues.push(PodIssue::new(cause).lasting_if(true));
        }
        if let Some((taint, toleration)) = evicting(node, &tolerations).filter(|_| wanted) {
            status.issues.push(evicted_again(taint, toleration));
        }
        if written && wanted {
            status.issues.extend(not_ready(node, settings.now).map(Found::NodeRunsNoPods).map(PodIssue::new));
        }
        if written || on_virtual.is_some() {
            continue;
        }
        if status.state == State::Missing {
            status.issues.extend(missing(verdict, refused.as_ref()));
        }
        if let Some((earlier, failures, issue)) = before.get(&(place as NodeIndex)) {
            let present = status.pod.map(|pod| cluster.pod(pod));
            status.failed_before = present.map(|pod| pod.name.as_ref()) != Some(*earlier);
            let goes_on = || failures.is_loop(present.and_then(|pod| pod.created), settings.now);
            if leaves_open(status.state) || status.state == State::Healthy && goes_on() {
                status.issues.push(issue.clone());
            }
            if let Found::EarlierPodFailed(earlier) = &issue.cause {
                let failed = status.issues.iter_mut().filter_map(|issue| match &mut issue.cause {
                    Found::PodFailed(failed) => Some(failed),
                    _ => None,
                });
                failed.for_each(|failed| failed.repeated = earlier.repeated);
            }
        }
        if let Some(pod) = status.pod.map(|pod| cluster.pod(pod)) {
            status.issues.extend(match other_scheduler(verdict) {
                Some(scheduler) => unscheduled_by(scheduler, pod, cluster, index),
                None => unbound(pod, verdict, cluster, settings),
            });
        }
        if let (Some(pod), Some(other)) = (status.pod, status.beside) {
            status.issues.extend(blocked_by_old(cluster.pod(pod), cluster.pod(other), settings));
        }
    }
    for drifts in drifts {
        statuses[drifts.node as usize].issues.push(drifts.issue());
    }
    // That nothing explains the missing pod is said only where nothing does.
    let is_unexplained = |issue: &PodIssue| matches!(issue.cause, Found::Missing);
    for status in statuses.iter_mut().filter(|status| !status.issues.iter().all(is_unexplained)) {
        status.issues.retain(|issue| !is_unexplained(issue));
    }
}

/// The NoExecute taint after which the node's taint manager evicts the pod although it is tolerated, with the
/// toleration that sets the time: of the tolerations that match first, the one with the least seconds
/// (`pkg/controller/tainteviction/taint_eviction.go` v1.36). What passes by itself is left out.
fn evicting<'t>(node: &Node, tolerations: &'t [Toleration]) -> Option<(Taint, &'t Toleration)> {
    let lasting = |taint: &&Taint| taint.effect == Effect::NoExecute && !taint_origin::origin(taint).passes();
    let borne = node.taints.iter().filter(lasting).filter_map(|taint| {
        let toleration = tolerations.iter().find(|t| t.tolerates(taint))?;
        Some((toleration.seconds?, *taint, toleration))
    });
    borne.min_by_key(|(seconds, ..)| *seconds).map(|(_, taint, toleration)| (taint, toleration))
}

fn evicted_again(taint: Taint, toleration: &Toleration) -> PodIssue {
    let cause = Found::EvictedAgain(EvictedAgain {
        taint: taint.into(),
        toleration: toleration.to_string(),
        toleration_seconds: toleration.seconds.unwrap_or(0).max(0),
        found: taint,
    });
    PodIssue::new(cause).lasting_if(true)
}

/// Returns why an eligible node has no pod.
fn missing(verdict: &Verdict, refused: Option<&PodIssue>) -> Option<PodIssue> {
    match (&verdict.placement, refused) {
        // What the server answered counts where the rules expect another denial, or the same one for other reasons.
        (Placement::Denied, Some(refused)) => (!is_expected(verdict, refused)).then(|| refused.clone()),
        // The verdict has a reason already.
        (Placement::Excluded | Placement::Denied, _) => None,
        (_, Some(refused)) => Some(refused.clone()),
        (Placement::Placed | Placement::Preempting { .. } | Placement::Contended { .. }, None) => {
            Some(PodIssue::new(Found::Missing))
        }
        _ => None,
    }
}

/// Whether the rules expect the denial that the server answered with.
fn is_expected(verdict: &Verdict, refused: &PodIssue) -> bool {
    let Found::CreationDenied(denied) = &refused.cause else { return true };
    let plugin = DenyingPlugin::of(creation_error(&denied.event));
    verdict.reasons.iter().any(|reason| match &reason.cause {
        Cause::Creation(refusal) => plugin == refusal.plugin(),
        _ => false,
    })
}

fn is_recent(event: &Event, index: &Index) -> bool {
    match (event.last_seen, index.newest_event) {
        (Some(seen), Some(newest)) => newest.saturating_sub(seen) <= BELIEVED,
        _ => true,
    }
}

fn events_of<'a>(cluster: &'a Cluster, index: &Index, daemon_set: &DaemonSet) -> impl Iterator<Item = &'a Event> {
    let places = index.events_of_daemon_set(daemon_set.namespace, daemon_set.name.as_str()).to_vec();
    let uid = daemon_set.uid;
    // One of the same name that was there before, or one of another group, has events of its own.
    let own = move |event: &&Event| uid.zip(event.uid.as_deref()).is_none_or(|(uid, of)| uid == *of);
    places.into_iter().map(|place| &cluster.events[place as usize]).filter(own)
}

/// What the newest FailedCreate event says.
///
/// With `is_over` an event counts only if no pod was created after it.
pub(crate) fn failed_create(
    cluster: &Cluster,
    index: &Index,
    daemon_set: &DaemonSet,
    is_over: bool,
) -> Option<PodIssue> {
    let of = |reason: &'static str| {
        events_of(cluster, index, daemon_set).filter(move |e| e.reason.as_str() == reason && is_recent(e, index))
    };
    let newest = of("FailedCreate").max_by_key(|e| (e.last_seen, &e.message))?;
    let times = of("FailedCreate").map(|event| event.count).fold(0, i64::saturating_add);
    let contradicted = of("SuccessfulCreate").any(|event| event.last_seen > newest.last_seen);
    if contradicted && is_over {
        return None;
    }
    let event = newest.message.to_string();
    let denial = Denial::of(creation_error(&event));
    let namespace = daemon_set.namespace;
    let account = daemon_set.template.spec.service_account.unwrap_or_else(|| "default".into());
    let issue = PodIssue::new(Found::CreationDenied(CreationDenied { event, denial, namespace, account }));
    Some(issue.lasting_if(times > 1 || !contradicted))
}

/// Whether the node's own pod leaves open what became of the one before.
fn leaves_open(state: State) -> bool {
    matches!(state, State::Missing | State::Pending | State::Starting | State::Unhealthy | State::Terminating)
}

/// Returns, by node, the last pod that failed there and the message of the kubelet. The controller deletes failed pods and
/// creates the next pod, so that usually only events remain.
fn refused_before<'a>(
    cluster: &'a Cluster,
    index: &Index,
    daemon_set: &DaemonSet,
    now: i64,
) -> HashMap<NodeIndex, (&'a str, Losses<'a>, PodIssue)> {
    let mut newest: HashMap<NodeIndex, (&'a Event, &'a str)> = HashMap::new();
    let mut totals: HashMap<NodeIndex, (i64, Option<i64>)> = HashMap::new();
    let mut failures: HashMap<NodeIndex, Losses<'a>> = HashMap::new();
    for event in events_of(cluster, index, daemon_set).filter(|e| e.reason.as_str() == "FailedDaemonPod") {
        let Some((pod, node)) = failed_pod(&event.message) else { continue };
        let Some(node) = Symbol::known(node).and_then(|name| cluster.node(name)) else { continue };
        let total = totals.entry(node).or_insert((0, event.first_seen));
        *total = (total.0.saturating_add(event.count), total.1.min(event.first_seen));
        if !is_recent(event, index) {
            continue;
        }
        let lost = failures.entry(node).or_default();
        *lost = Losses::of(event, pod).map_or(*lost, |more| lost.and(more));
        let known = newest.entry(node).or_insert((event, pod));
        if event.last_seen > known.0.last_seen {
            *known = (event, pod);
        }
    }
    let told = |node: NodeIndex, pod: &str| {
        let total = totals.get(&node).filter(|(count, _)| *count > 1);
        let repeated = total.map(|(count, first)| Repeated { count: *count, age: Age::of(*first, now) });
        let events = index.events_of_pod(daemon_set.namespace, pod).iter();
        let words = events
            .map(|place| &cluster.events[*place as usize])
            .filter_map(|event| Some((event, PodRejection::of(event.reason.as_str())?)));
        let newest = words.max_by_key(|(event, _)| (event.last_seen, event.message.as_ref()));
        let (reason, message) = newest.map_or(("", ""), |(event, _)| (event.reason.as_str(), event.message.as_ref()));
        PodIssue::new(Found::EarlierPodFailed(EarlierPodFailed {
            pod: pod.to_owned(),
            reason: reason.to_owned(),
            message: message.to_owned(),
            repeated,
            rejection: newest.map(|(_, rejection)| rejection),
        }))
    };
    let failures_on = |node: NodeIndex| failures.get(&node).copied().unwrap_or_default();
    newest.into_iter().map(|(node, (_, pod))| (node, (pod, failures_on(node), told(node, pod)))).collect()
}

/// Finds a new pod that does not fit next to the old pod, which stays until the new pod is available.
fn blocked_by_old(old: &Pod, new: &Pod, settings: &Settings) -> Option<PodIssue> {
    let waits = new.node.is_none() && !new.terminating && new.phase == Phase::Pending;
    if old.node.is_none() || old.terminating || !waits {
        return None;
    }
    if new.created.is_some_and(|at| settings.now.saturating_sub(at) < settings.grace) {
        return None;
    }
    let (reason, said) = new.detail.as_ref()?.unscheduled.as_ref()?;
    (NotScheduled::of(reason) == NotScheduled::Unschedulable).then(|| {
        PodIssue::new(Found::SurgeBlocked(SurgeBlocked {
            pod: new.name.to_string(),
            scheduler: reasons_in(said),
            message: said.to_string(),
        }))
    })
}

/// The scheduler that decides, if it is another than the default one.
fn other_scheduler(verdict: &Verdict) -> Option<Symbol> {
    verdict.reasons.iter().find_map(|reason| match &reason.cause {
        Cause::Unknown(unknown) => match **unknown {
            Unknown::OtherScheduler(name) => Some(name),
            _ => None,
        },
        _ => None,
    })
}

/// What another scheduler says of a pod that it does not schedule: in the pod's condition, else in its newest event.
fn unscheduled_by(scheduler: Symbol, pod: &Pod, cluster: &Cluster, index: &Index) -> Option<PodIssue> {
    if pod.node.is_some() || pod.terminating || pod.phase != Phase::Pending {
        return None;
    }
    let by_condition = || {
        let (reason, message) = pod.detail.as_ref()?.unscheduled.as_ref()?;
        (NotScheduled::of(reason) == NotScheduled::Unschedulable).then(|| message.to_string())
    };
    let by_event = || {
        let events = index.events_of_pod(pod.namespace, &pod.name).iter();
        let failed = events
            .map(|place| &cluster.events[*place as usize])
            .filter(|event| event.reason.as_str() == "FailedScheduling");
        failed.max_by_key(|event| event.last_seen).map(|event| event.message.to_string())
    };
    let message = by_condition().filter(|message| !message.is_empty()).or_else(by_event)?;
    let reasons = reasons_in(&message);
    let pod = pod.name.to_string();
    Some(PodIssue::new(Found::OtherSchedulerReports(OtherSchedulerReports { scheduler, pod, reasons, message })))
}

/// Leaves out what the scheduler reports of claims that the ephemeral controller cannot create: the denial of the claims says
/// why.
pub fn leave_out_awaited_claims(statuses: &mut [NodeStatus]) {
    let is_explained =
        |issue: &PodIssue| matches!(&issue.cause, Found::SchedulerDisagrees(found) if awaits_claim(&found.message));
    statuses.iter_mut().for_each(|status| status.issues.retain(|issue| !is_explained(issue)));
}

/// Compares the message of the scheduler on an unbound pod with the rules.
fn unbound(pod: &Pod, verdict: &Verdict, cluster: &Cluster, settings: &Settings) -> Option<PodIssue> {
    if pod.node.is_some() || pod.terminating || pod.phase != Phase::Pending {
        return None;
    }
    let said = pod.detail.as_ref().and_then(|detail| detail.unscheduled.as_ref());
    let version = cluster.rules();
    let told = told(verdict, version);
    match (&verdict.placement, said) {
        (
            Placement::Placed
            | Placement::Rejected
            | Placement::Blocked
            | Placement::Unschedulable
            | Placement::Preempting { .. },
            Some((reason, message)),
        ) if NotScheduled::of(reason) == NotScheduled::Unschedulable => {
            let scheduler = reasons_in(message);
            if scheduler == told {
                return None;
            }
            Some(disagrees(cluster, message, &scheduler, &told))
        }
        (_, Some((reason, message))) if NotScheduled::of(reason) == NotScheduled::Error => {
            Some(PodIssue::new(Found::SchedulerFailed(SchedulerFailed { message: message.to_string() })))
        }
        (Placement::Placed | Placement::Rejected | Placement::Blocked, _) => {
            let age = settings.now.saturating_sub(pod.created?);
            if age < settings.grace {
                return None;
            }
            Some(PodIssue::new(Found::PendingUnexplained))
        }
        _ => None,
    }
}

/// Builds the finding that scheduler and rules differ, with what the rules assume.
fn disagrees(cluster: &Cluster, message: &str, scheduler: &BTreeSet<String>, told: &BTreeSet<String>) -> PodIssue {
    let rules = cluster.rules();
    let server = cluster.version.map_or(rules, |(version, _)| version);
    PodIssue::new(Found::SchedulerDisagrees(SchedulerDisagrees {
        scheduler: scheduler.clone(),
        rules: told.clone(),
        message: message.to_owned(),
        server_version: server.to_string(),
        rules_version: rules.to_string(),
        assumed: SchedulerProfile::Default,
    }))
}

/// The texts that the real scheduler would report for the node.
fn told(verdict: &Verdict, version: Version) -> BTreeSet<String> {
    let told = verdict.reasons.iter().filter(|reason| reason.reported_by_scheduler);
    told.filter_map(|reason| match &reason.cause {
        Cause::Rejection(rejection) => Some(rejection.status_text(version).into_owned()),
        _ => None,
    })
    .collect()
}
