//! What the events of one pod say, and which of them still hold.

use crate::model::daemonset::Event;
use crate::model::message::event;
use crate::model::message::image_pull::{PullFailure, unread_secrets};
use crate::model::message::kubelet::{ContainerStep, SetupFailure};
use crate::model::message::probe::{Killing, Probe};
use crate::model::pod::{PodDetail, Terminated};

/// Events of one pod.
#[derive(Debug, Clone, Default)]
pub struct PodEvents<'a>(pub Vec<&'a Event>);

/// Why it is believed that the kubelet killed a container for a probe.
#[derive(Debug, Clone, Copy)]
pub struct ProbeKill<'a> {
    /// The probe.
    pub probe: Probe,
    /// What the kubelet says of the probe's failure; `None` where only the kill is known.
    pub failure: Option<&'a Event>,
    /// Whether no `Killing` event proves it.
    pub is_likely: bool,
}

/// A kill precedes the end by the grace period of the pod at most, seconds: 30 by default, and few pods have more than two
/// minutes.
const KILL_TO_END: i64 = 120;
/// The event broadcaster drops repeated events of one object but one in five minutes (`EventSourceObjectSpamFilter`,
/// k8s.io/client-go/tools/record v0.36): the last of a loop may be three such gaps old, seconds.
const DROPPED: i64 = 900;
/// Clocks of nodes and times in seconds differ by so much, seconds.
const SLACK: i64 = 15;
/// The default of `failureThreshold`.
const DEFAULT_FAILURE_THRESHOLD: i64 = 3;

impl<'a> PodEvents<'a> {
    fn of_container(&self, container: &str) -> impl Iterator<Item = &'a Event> {
        self.0.iter().copied().filter(move |event| match event.container {
            Some(name) => name == *container,
            None => Killing::container(&event.message) == Some(container),
        })
    }

    /// Events of a reason about a container. Where no event of the pod names a container, all of that reason count.
    fn about(&self, reason: &'static str, container: &str) -> Vec<&'a Event> {
        let of_reason = |event: &&Event| event.reason.as_str() == reason;
        let named = self.0.iter().any(|event| of_reason(event) && event.container.is_some());
        match named {
            true => self.of_container(container).filter(of_reason).collect(),
            false => self.0.iter().copied().filter(of_reason).collect(),
        }
    }

    /// Returns the newest failure of one of the probes of a container.
    pub fn probe_failure(&self, container: &str, is_meant: impl Fn(Probe) -> bool) -> Option<(Probe, &'a Event)> {
        let failures = self.about("Unhealthy", container).into_iter();
        let failures = failures.filter_map(|event| Some((Probe::of(&event.message)?, event)));
        failures.filter(|(probe, _)| is_meant(*probe)).max_by_key(|(_, event)| (event.last_seen, &event.message))
    }

    /// Returns the probe for which the kubelet killed a container that ended so, whatever its exit code: a program that
    /// handles SIGTERM exits as it likes.
    pub fn probe_kill(&self, container: &str, end: &Terminated, restarts: u32) -> Option<ProbeKill<'a>> {
        let kills = self.of_container(container).filter(|event| event.reason.as_str() == "Killing");
        let kills = kills.filter_map(|event| match Killing::of(&event.message) {
            Killing::Probe(probe) => Some((probe, event)),
            Killing::Other => None,
        });
        let kill = kills.max_by_key(|(_, event)| event.last_seen);
        if let Some((probe, event)) = kill.filter(|(_, event)| explains(event, end, restarts)) {
            let failure = self.probe_failure(container, |failed| failed == probe).map(|(_, event)| event);
            return Some(ProbeKill { probe, failure: failure.or(Some(event)), is_likely: false });
        }
        let (probe, failure) = self.probe_failure(container, Probe::kills)?;
        let is_signal = matches!(end.exit_code, 137 | 143);
        let is_old = end.finished.zip(failure.last_seen).is_some_and(|(end, seen)| seen + KILL_TO_END < end);
        let many = failure.count >= DEFAULT_FAILURE_THRESHOLD.saturating_mul(i64::from(restarts.max(1)));
        (!is_old && (is_signal || many)).then_some(ProbeKill { probe, failure: Some(failure), is_likely: true })
    }

    /// Returns the event that says why a container's image cannot be pulled, the most specific one.
    pub fn pull_failure(&self, container: &str) -> Option<&'a Event> {
        let failed = self.about("Failed", container).into_iter().filter(|e| PullFailure::is_told_by(&e.message));
        failed.max_by_key(|e| (PullFailure::of(&e.message) != PullFailure::Other, e.last_seen))
    }

    /// Returns the pull secrets that the kubelet could not read.
    pub fn unread_pull_secrets(&self) -> Vec<String> {
        let of_secrets = self.0.iter().filter(|event| event.reason.as_str() == "FailedToRetrieveImagePullSecret");
        of_secrets.max_by_key(|event| event.last_seen).map_or_else(Vec::new, |event| unread_secrets(&event.message))
    }

    /// Returns why the kubelet cannot end the pod, by its newest event.
    pub fn kill_failure(&self) -> Option<&'a Event> {
        let failed = self.0.iter().copied().filter(|event| event.reason.as_str() == "FailedKillPod");
        failed.max_by_key(|event| event.last_seen)
    }

    /// Returns the event that says that an image is still being pulled for a container.
    pub fn pulling(&self) -> Option<&'a Event> {
        let steps = self.0.iter().copied().filter_map(|e| Some((ContainerStep::of(e.reason.as_str())?, e)));
        let newest = steps.max_by_key(|(step, event)| (event.last_seen, *step))?;
        (newest.0 == ContainerStep::Pulling).then_some(newest.1)
    }

    /// Returns what keeps the containers from being created now: the event that explains most among the newest. What was
    /// before a container started is over: the volumes and the sandbox were there then.
    pub fn setup(&self, detail: &PodDetail) -> Option<(SetupFailure, &'a Event)> {
        let of_setup = |event: &&'a Event| Some((SetupFailure::of(event.reason.as_str(), &event.message)?, *event));
        let all: Vec<(SetupFailure, &Event)> = self.0.iter().filter_map(of_setup).collect();
        let over = self.over(detail);
        let is_live = |(failure, event): &&(SetupFailure, &Event)| {
            let is_newer = event.last_seen.is_none_or(|seen| over.is_none_or(|over| seen > over));
            is_newer && (!detail.has_running || !failure.is_of_pod())
        };
        let live: Vec<&(SetupFailure, &Event)> = all.iter().filter(is_live).collect();
        let newest = live.iter().filter_map(|(_, event)| event.last_seen).max();
        // What was repeated until shortly before the newest one holds as well.
        let holds = |event: &Event| {
            event.last_seen.zip(newest).is_none_or(|(seen, newest)| newest.saturating_sub(seen) <= DROPPED)
        };
        let live = live.into_iter().filter(|(_, event)| holds(event));
        let best = live.max_by_key(|(failure, event)| (failure.specificity(), event.last_seen, &event.message));
        best.map(|(failure, event)| (failure.clone(), *event))
    }

    /// Since when the pod has its sandbox and its volumes, as far as containers and events say, seconds since 1970.
    fn over(&self, detail: &PodDetail) -> Option<i64> {
        let ends = detail.containers.iter().filter_map(|c| c.terminated.as_ref()?.finished);
        let steps = self.0.iter().filter(|event| ContainerStep::of(event.reason.as_str()).is_some());
        let steps = steps.filter_map(|event| event.last_seen);
        ends.chain(steps).chain(detail.started_last).max()
    }

    /// Returns the node that the events name: that of the kubelet that sent them, or that the scheduler chose.
    pub fn node(&self) -> Option<&'a str> {
        let host = self.0.iter().find_map(|event| event.host).map(|host| host.as_str());
        host.or_else(|| self.0.iter().find_map(|event| event::assigned(&event.message)).map(|(_, node)| node))
    }
}

/// Whether a kill for a probe explains the end, or the restarts of which the end is the last.
fn explains(kill: &Event, end: &Terminated, restarts: u32) -> bool {
    let Some((seen, finished)) = kill.last_seen.zip(end.finished) else { return true };
    let is_of_end = (-SLACK..=KILL_TO_END).contains(&(finished - seen));
    let is_after = seen > finished;
    let of_loop = kill.count >= 2 && kill.count.saturating_mul(2) >= i64::from(restarts) && finished - seen <= DROPPED;
    is_of_end || is_after || of_loop
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::pod::ContainerState;

    fn event(reason: &str, container: Option<&str>, message: &str, last_seen: i64, count: i64) -> Event {
        Event {
            kind: "Pod".into(),
            namespace: "a".into(),
            name: "agent-1".into(),
            uid: None,
            reason: reason.into(),
            message: message.into(),
            warning: true,
            first_seen: Some(0),
            last_seen: Some(last_seen),
            count,
            container: container.map(Into::into),
            host: None,
        }
    }

    fn end(exit_code: i32, finished: i64) -> Terminated {
        Terminated { exit_code, finished: Some(finished), ..Terminated::default() }
    }

    #[test]
    fn a_kill_for_a_probe_is_known_whatever_the_exit_code() {
        let kill = event("Killing", Some("a"), "Container a failed startup probe, will be restarted", 1000, 22);
        let unhealthy = event("Unhealthy", Some("a"), "Startup probe failed: refused", 1100, 60);
        let readiness = event("Unhealthy", Some("a"), "Readiness probe failed: refused", 1200, 60);
        let events = PodEvents(vec![&kill, &unhealthy, &readiness]);
        for code in [0, 1, 137, 143] {
            let found = events.probe_kill("a", &end(code, 1001), 22).expect("it is known");
            assert_eq!((found.probe, found.is_likely), (Probe::Startup, false));
            assert_eq!(found.failure.map(|e| e.last_seen), Some(Some(1100)));
        }
        assert!(events.probe_kill("b", &end(137, 1001), 22).is_none(), "the events name another container");
        assert!(PodEvents(vec![&readiness]).probe_kill("a", &end(137, 1001), 22).is_none(), "readiness does not kill");
    }

    #[test]
    fn without_a_kill_a_failed_probe_is_only_likely() {
        let few = event("Unhealthy", Some("a"), "Liveness probe failed: refused", 1000, 2);
        let many = Event { count: 40, ..few.clone() };
        let kill = |event: &Event, code: i32, at: i64| {
            PodEvents(vec![event]).probe_kill("a", &end(code, at), 9).map(|k| k.is_likely)
        };
        assert_eq!(kill(&few, 137, 1001), Some(true));
        assert_eq!(kill(&few, 1, 1001), None);
        assert_eq!(kill(&many, 0, 1001), Some(true));
        assert_eq!(kill(&few, 137, 5000), None, "the probe failed long before");
    }

    #[test]
    fn an_old_kill_does_not_explain_another_end() {
        let once = event("Killing", Some("a"), "Container a failed liveness probe, will be restarted", 1000, 1);
        assert!(PodEvents(vec![&once]).probe_kill("a", &end(1, 1600), 2).is_none());
        let again = Event { count: 5, ..once.clone() };
        assert!(PodEvents(vec![&again]).probe_kill("a", &end(1, 1600), 5).is_some());
    }

    #[test]
    fn the_specific_event_comes_before_the_general_one() {
        let names = event(
            "FailedMount",
            None,
            "MountVolume.SetUp failed for volume \"c\" : configmap \"x\" not found",
            900,
            20,
        );
        let sums_up = event(
            "FailedMount",
            None,
            "Unable to attach or mount volumes: timed out waiting for the condition",
            1000,
            8,
        );
        let found = PodEvents(vec![&names, &sums_up]).setup(&PodDetail::default()).expect("one holds");
        assert_eq!(found.1.last_seen, Some(900));
        let alone = PodEvents(vec![&sums_up]).setup(&PodDetail::default()).expect("it holds");
        assert_eq!(alone.1.last_seen, Some(1000));
    }

    #[test]
    fn what_was_before_a_container_started_is_over() {
        let early = event("FailedMount", None, "MountVolume.SetUp failed for volume \"c\" : failed to sync", 100, 1);
        let started = PodDetail { started_last: Some(200), ..PodDetail::default() };
        assert!(PodEvents(vec![&early]).setup(&started).is_none());
        // After a reboot the container still shows its end.
        let late = Event { last_seen: Some(900), ..early.clone() };
        let last = ContainerState { terminated: Some(end(255, 300)), ended: true, ..ContainerState::default() };
        let rebooted = PodDetail { containers: vec![last], ..started };
        assert!(PodEvents(vec![&late]).setup(&rebooted).is_some());
        let running = PodDetail { has_running: true, ..rebooted };
        assert!(PodEvents(vec![&late]).setup(&running).is_none(), "a container that runs has its volumes");
    }
}
