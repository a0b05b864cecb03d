//! Success is held: a rollout is successful once its pods stayed available for some time.
//!
//! A container without a readiness probe is ready as soon as it runs, so that one that crashes a moment later has been
//! available, which is all that `kubectl rollout status` waits for (`DaemonSetStatusViewer`,
//! k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go, v0.36.3).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use crate::deploy::rollout::RolloutStatus;

/// For how long pods must stay available where neither the user nor `minReadySeconds` asks for longer.
const DEFAULT: Duration = Duration::from_secs(10);

/// Watches pods that are available.
#[derive(Debug, Default)]
pub struct Hold {
    /// How long the user asked for.
    asked: Option<Duration>,
    /// Since when every pod is available.
    since: Option<Instant>,
    /// The restarts of each pod when all pods were available for the first time.
    before: Option<BTreeMap<String, u32>>,
    looked: bool,
}

/// What a look says of pods that should stay available.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// Not every pod is available.
    NotYet,
    /// Every pod is available, and not yet for this long.
    Watching(Duration),
    /// Every pod stayed available.
    Steady,
    /// Containers restarted after every pod was available: nodes, each with what happened.
    Crashed(Vec<(String, String)>),
}

impl Hold {
    /// Holds success for as long as the user asked for; `None` means the default.
    pub fn of(asked: Option<Duration>) -> Self {
        Hold { asked, ..Hold::default() }
    }

    /// Takes a look into account. `now` is seconds since 1970. Nodes in `excused` do not count.
    pub fn observe(&mut self, look: &RolloutStatus, excused: &BTreeSet<String>, at: Instant, now: i64) -> Held {
        let is_first = !std::mem::replace(&mut self.looked, true);
        let least = Duration::from_secs(u64::try_from(look.min_ready_seconds).unwrap_or(0));
        let lasts = self.asked.unwrap_or(DEFAULT.max(least));
        if let Some(before) = self.before.as_ref().filter(|_| !lasts.is_zero()) {
            let is_new = |pod: &str, restarts: u32| before.get(pod).is_none_or(|known| restarts > *known);
            let again = look.restarts.iter().filter(|(pod, run)| is_new(pod, run.restarts));
            let again = again.filter(|(_, run)| !excused.contains(&run.node));
            let crashed: Vec<(String, String)> = again.map(|(_, run)| (run.node.clone(), run.sentence())).collect();
            if !crashed.is_empty() {
                return Held::Crashed(crashed);
            }
        }
        if !look.is_done(excused) {
            self.since = None;
            return Held::NotYet;
        }
        let counts = || look.restarts.iter().map(|(pod, run)| (pod.clone(), run.restarts)).collect();
        self.before.get_or_insert_with(counts);
        let since = *self.since.get_or_insert(at);
        // Pods that are ready for long stayed so before anybody looked.
        let is_old =
            |ready: i64| is_first && now.saturating_sub(ready) >= i64::try_from(lasts.as_secs()).unwrap_or(i64::MAX);
        match look.newest_ready.is_none_or(is_old) || at.duration_since(since) >= lasts {
            true => Held::Steady,
            false => Held::Watching(lasts),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::rollout::{BlockReason, PodRestarts};

    fn look(restarts: u32) -> RolloutStatus {
        let run = PodRestarts { node: "n1".into(), restarts, container: "c".into(), exit_code: Some(3) };
        let restarts = (restarts > 0).then(|| ("p".to_owned(), run)).into_iter().collect();
        RolloutStatus { observed: true, restarts, newest_ready: Some(1000), ..RolloutStatus::default() }
    }

    fn observed(hold: &mut Hold, look: &RolloutStatus, after: u64) -> Held {
        static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
        let start = *START.get_or_init(Instant::now);
        hold.observe(look, &BTreeSet::new(), start + Duration::from_secs(after), 1000)
    }

    #[test]
    fn pods_must_stay_available() {
        let mut hold = Hold::of(None);
        assert_eq!(observed(&mut hold, &look(0), 0), Held::Watching(DEFAULT));
        assert_eq!(observed(&mut hold, &look(0), 9), Held::Watching(DEFAULT));
        assert_eq!(observed(&mut hold, &look(0), 10), Held::Steady);
        assert_eq!(observed(&mut Hold::of(Some(Duration::ZERO)), &look(0), 0), Held::Steady);
        let slow = RolloutStatus { min_ready_seconds: 30, ..look(0) };
        assert_eq!(observed(&mut Hold::of(None), &slow, 0), Held::Watching(Duration::from_secs(30)));
    }

    #[test]
    fn the_time_begins_anew_when_a_pod_is_not_available() {
        let mut hold = Hold::of(None);
        observed(&mut hold, &look(0), 0);
        let mut without = look(0);
        without.waiting.insert("n1".into(), BlockReason::NotReady);
        assert_eq!(observed(&mut hold, &without, 5), Held::NotYet);
        assert_eq!(observed(&mut hold, &look(0), 11), Held::Watching(DEFAULT));
    }

    #[test]
    fn a_restart_is_a_failure_also_when_the_pod_is_available_again() {
        let mut hold = Hold::of(None);
        assert_eq!(observed(&mut hold, &look(1), 0), Held::Watching(DEFAULT), "what was before does not count");
        assert_eq!(observed(&mut hold, &look(1), 1), Held::Watching(DEFAULT));
        let crashed = ("n1".to_owned(), "container c exited with code 3 and was restarted".to_owned());
        assert_eq!(observed(&mut hold, &look(2), 2), Held::Crashed(vec![crashed]));
    }

    #[test]
    fn pods_that_were_there_for_long_need_not_be_watched() {
        let old = RolloutStatus { newest_ready: Some(900), ..look(4) };
        assert_eq!(observed(&mut Hold::of(None), &old, 0), Held::Steady);
        assert_eq!(observed(&mut Hold::of(None), &RolloutStatus { newest_ready: None, ..look(0) }, 0), Held::Steady);
    }
}
