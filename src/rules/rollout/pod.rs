//! What one pod is in a rollout: of which template, available or not, counted for its node or not, left alone or not.

use std::cmp::Ordering;

use crate::model::{DaemonSet, Effect, Pod, Symbol};
use crate::rules::verdict::{Cause, Exclusion, Verdict};
use crate::store::Cluster;

/// The labels of pods of the newest template. A pod with one of them counts as new, whatever it runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TemplateMark {
    /// The newest revision's `controller-revision-hash`; `None` if nobody knows it.
    pub revision: Option<Symbol>,
    /// The newest `pod-template-generation`; `None` if nobody knows it.
    pub generation: Option<i64>,
}

/// The template that a pod was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PodAge {
    /// The newest one.
    New,
    /// An earlier one.
    Old,
    /// Neither label can be compared.
    Unknown,
}

impl TemplateMark {
    /// Returns the labels of pods of the template that is deployed. No revision holds a template that the controller has
    /// not observed yet: then only the generation counts.
    pub fn deployed(cluster: &Cluster, daemon_set: &DaemonSet) -> Self {
        let newest = daemon_set.uid.and_then(|uid| cluster.revisions.get(&uid)).and_then(|revision| revision.hash);
        let is_observed = daemon_set.status.as_ref().is_none_or(|s| s.observed_generation >= daemon_set.generation);
        TemplateMark { revision: newest.filter(|_| is_observed), generation: daemon_set.template_generation }
    }

    /// Returns which template the pod was made from (`IsPodUpdated`, pkg/controller/daemon/util/daemonset_util.go).
    pub fn age(self, pod: &Pod) -> PodAge {
        let is_of_revision = self.revision.map(|newest| pod.revision() == Some(newest));
        let generation = self.generation.filter(|_| pod.template_generation().is_some());
        let is_of_generation = generation.map(|newest| pod.is_of_generation(newest));
        match (is_of_revision, is_of_generation) {
            (Some(true), _) | (_, Some(true)) => PodAge::New,
            (None, None) => PodAge::Unknown,
            _ => PodAge::Old,
        }
    }

    /// Returns of which template the pod is by its revision label, or as [`TemplateMark::age`] does if that label or the
    /// newest revision is not known. The controller counts a pod as updated by either label; what the pod runs is what its
    /// revision holds.
    pub fn revision_age(self, pod: &Pod) -> PodAge {
        match (self.revision, pod.revision()) {
            (Some(newest), Some(revision)) if newest == revision => PodAge::New,
            (Some(_), Some(_)) => PodAge::Old,
            _ => self.age(pod),
        }
    }

    /// Whether the pod counts as new.
    pub fn is_new(self, pod: &Pod) -> bool {
        self.age(pod) == PodAge::New
    }
}

/// Since when a pod must be ready to be available.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Availability {
    /// `minReadySeconds` of the DaemonSet.
    pub min_ready_seconds: i64,
    /// Now, seconds since 1970.
    pub now: i64,
}

impl Availability {
    /// Whether the pod is available (`IsPodAvailable`, pkg/api/v1/pod/util.go). A pod that is being deleted is not. A
    /// pod of which only the condition is known has been ready for long enough.
    pub fn holds(self, pod: &Pod) -> bool {
        if !pod.ready || pod.terminating {
            return false;
        }
        let Some(detail) = pod.detail.as_ref().filter(|_| self.min_ready_seconds > 0) else { return true };
        detail.ready_since.is_some_and(|since| since.saturating_add(self.min_ready_seconds) <= self.now)
    }
}

/// The order in which the controller counts the pods of a node: bound ones first, then the older, then by name
/// (`podByCreationTimestampAndPhase`, daemon_controller.go). A pod that is being deleted comes last, although the
/// controller would count it: it does not speak for a node that has another one.
pub fn counting_order(a: &Pod, b: &Pod) -> Ordering {
    let rank = |pod: &Pod| (pod.terminating, pod.node.is_none(), pod.created);
    rank(a).cmp(&rank(b)).then_with(|| a.name.cmp(&b.name))
}

/// Whether the controller leaves a running pod alone although it would not create one: only `NoSchedule` taints keep new
/// pods away (`NodeShouldRunDaemonPod`, daemon_controller.go).
pub fn may_stay(verdict: &Verdict) -> bool {
    verdict.reasons.iter().all(|reason| match &reason.cause {
        Cause::Exclusion(Exclusion::Taint { taint }) => taint.effect != Effect::NoExecute,
        Cause::Exclusion(_) => false,
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::Taint;
    use crate::model::pod::{PodDetail, PodShape};
    use crate::rules::verdict::Reason;

    /// A pod with these labels: revision and template generation.
    fn labelled(revision: &str, generation: &str) -> Pod {
        let labels = [("controller-revision-hash", revision), ("pod-template-generation", generation)];
        let labels = labels.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        crate::rules::rollout::tests::pod(Arc::new(PodShape { labels, ..PodShape::default() }))
    }

    #[test]
    fn a_pod_is_new_by_its_revision_or_its_generation() {
        use PodAge::{New, Old, Unknown};
        for (newest, generation, pod, age) in [
            (Some("b"), Some(2), ("b", "2"), New),
            (Some("b"), Some(2), ("b", "1"), New),
            (Some("b"), Some(2), ("a", "2"), New),
            (Some("b"), Some(2), ("a", "1"), Old),
            (Some("b"), None, ("a", "2"), Old),
            (Some("b"), Some(2), ("", ""), Old),
            (None, Some(2), ("b", "2"), New),
            (None, Some(2), ("b", "1"), Old),
            (None, Some(2), ("b", ""), Unknown),
            (None, None, ("b", "2"), Unknown),
        ] {
            let mark = TemplateMark { revision: newest.map(Symbol::new), generation };
            assert_eq!(mark.age(&labelled(pod.0, pod.1)), age, "{newest:?} {generation:?} {pod:?}");
        }
    }

    #[test]
    fn a_pod_is_available_after_min_ready_seconds() {
        for (ready, terminating, since, min_ready_seconds, available) in [
            (true, false, Some(90), 0, true),
            (false, false, Some(0), 0, false),
            (true, true, Some(0), 0, false),
            (true, false, Some(90), 10, true),
            (true, false, Some(91), 10, false),
            (true, false, None, 0, true),
            (true, false, None, 10, false),
        ] {
            let detail = PodDetail { ready_since: since, ..PodDetail::default() };
            let pod = Pod { ready, terminating, detail: Some(Box::new(detail)), ..labelled("", "") };
            let availability = Availability { min_ready_seconds, now: 100 };
            assert_eq!(availability.holds(&pod), available, "{ready} {terminating} {since:?} {min_ready_seconds}");
        }
        let orphan = Pod { ready: true, detail: None, ..labelled("", "") };
        assert!(Availability { min_ready_seconds: 10, now: 100 }.holds(&orphan));
    }

    #[test]
    fn the_older_bound_pod_counts() {
        let pod = |name: &str, bound: bool, created: i64, terminating: bool| Pod {
            name: name.into(),
            node: bound.then(|| Symbol::new("n")),
            created: Some(created),
            terminating,
            ..labelled("", "")
        };
        for (first, second) in [
            (pod("b", true, 1, false), pod("a", true, 2, false)),
            (pod("b", true, 2, false), pod("a", false, 1, false)),
            (pod("a", true, 1, false), pod("b", true, 1, false)),
            (pod("b", false, 2, false), pod("a", true, 1, true)),
        ] {
            assert_eq!(counting_order(&first, &second), Ordering::Less, "{first:?} {second:?}");
        }
    }

    #[test]
    fn a_running_pod_stays_unless_something_evicts_it() {
        let taint = |effect| Exclusion::Taint { taint: Taint { key: "a".into(), value: "".into(), effect } };
        for (exclusions, stays) in [
            (vec![], true),
            (vec![taint(Effect::NoSchedule)], true),
            (vec![taint(Effect::NoExecute)], false),
            (vec![taint(Effect::NoSchedule), taint(Effect::NoExecute)], false),
            (vec![Exclusion::NodeAffinity], false),
            (vec![taint(Effect::NoSchedule), Exclusion::NodeName { wanted: "n".into() }], false),
        ] {
            let reasons = exclusions.iter().map(|e| Reason::new(*e)).collect();
            assert_eq!(may_stay(&Verdict { reasons, ..Verdict::default() }), stays, "{exclusions:?}");
        }
    }
}
