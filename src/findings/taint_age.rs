//! Since when a taint stands on a node, and whether it should have been removed since.

use crate::findings::taint_origin::{self, Origin};
use crate::model::{Node, Taint};

/// Seconds within which an autoscaler drains and deletes a node that it has marked. cluster-autoscaler 1.34 gives pods
/// `--max-graceful-termination-sec` (10m) and `--max-pod-eviction-time` (2m).
const MAX_LEAVING_SECONDS: i64 = 3600;
/// Seconds within which a new node is set up: `--max-node-provision-time` of cluster-autoscaler 1.34, the registration TTL
/// of Karpenter 1.8.
const MAX_STARTUP_SECONDS: i64 = 900;
/// Seconds after which a NotReady node is not expected to recover by itself.
const MAX_NOT_READY_SECONDS: i64 = 3600;
/// Seconds within which the node lifecycle controller follows a condition.
const MAX_LAG_SECONDS: i64 = 300;

/// The age of a taint on one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaintAge {
    /// For how long it has stood there, in seconds.
    pub seconds: i64,
    /// Whether it should have been removed by now.
    pub is_overdue: bool,
    /// Whether the state that it reports is over.
    pub is_over: bool,
}

/// Returns the age of a taint, by its `timeAdded`, the time in the value of cluster-autoscaler's taints, or the time of what
/// it reports; `None` if nothing tells it. `now` is in seconds since 1970.
///
/// cluster-autoscaler writes the time into the value (`AddTaints`, utils/taints/taints.go 1.34) and no `timeAdded`. Nodes
/// register with the taints of their startup.
pub fn of(node: &Node, taint: &Taint, now: i64) -> Option<TaintAge> {
    let origin = taint_origin::origin(taint);
    let added = node.taints_added.iter().find(|(key, effect, _)| (*key, *effect) == (taint.key, taint.effect));
    let by_value = || taint.value.as_str().parse::<i64>().ok().filter(|at| (1_000_000_000..=now).contains(at));
    let since = added.map(|(_, _, at)| *at).or_else(|| match origin {
        Origin::Autoscaler => by_value(),
        Origin::Startup => node.created,
        Origin::Condition if is_about_ready(taint) => node.conditions.ready_since,
        _ => None,
    });
    let seconds = now.saturating_sub(since?).max(0);
    let is_over = is_over(node, taint);
    let is_overdue = match origin {
        Origin::Autoscaler => seconds > MAX_LEAVING_SECONDS,
        Origin::Startup => seconds > MAX_STARTUP_SECONDS,
        Origin::Condition if is_over => {
            let over_since = node.conditions.ready_since.filter(|_| is_about_ready(taint));
            over_since.map_or(seconds, |at| now.saturating_sub(at).min(seconds)) > MAX_LAG_SECONDS
        }
        Origin::Condition => is_about_ready(taint) && seconds > MAX_NOT_READY_SECONDS,
        _ => false,
    };
    Some(TaintAge { seconds, is_overdue, is_over })
}

/// Whether the node says that the state which the taint reports is over.
pub fn is_over(node: &Node, taint: &Taint) -> bool {
    match taint.key.as_str() {
        "node.kubernetes.io/unschedulable" => !node.unschedulable,
        _ => is_about_ready(taint) && node.is_ready(),
    }
}

fn is_about_ready(taint: &Taint) -> bool {
    ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"].contains(&taint.key.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::node::ConditionStatus;
    use crate::model::{Effect, Symbol};

    #[test]
    fn taints_are_overdue_by_what_they_say() {
        let now = 1_800_000_000;
        for (key, value, added, ready, expected) in [
            ("ToBeDeletedByClusterAutoscaler", "1799999900", None, true, Some((100, false))),
            ("ToBeDeletedByClusterAutoscaler", "1799900000", None, true, Some((100_000, true))),
            ("ToBeDeletedByClusterAutoscaler", "soon", None, true, None),
            ("node.cloudprovider.kubernetes.io/uninitialized", "true", Some(60), true, Some((60, false))),
            ("node.cloudprovider.kubernetes.io/uninitialized", "true", None, true, Some((5000, true))),
            ("node.kubernetes.io/unreachable", "", Some(100), false, Some((100, false))),
            ("node.kubernetes.io/unreachable", "", Some(86_400), false, Some((86_400, true))),
            ("node.kubernetes.io/not-ready", "", Some(86_400), true, Some((86_400, true))),
            ("dedicated", "a", Some(9), true, Some((9, false))),
            ("dedicated", "a", None, true, None),
        ] {
            let taint = Taint { key: key.into(), value: value.into(), effect: Effect::NoSchedule };
            let mut node = Node { created: Some(now - 5000), ..Node::default() };
            node.conditions.ready = Some(if ready { ConditionStatus::True } else { ConditionStatus::Unknown });
            node.conditions.ready_since = Some(now - 5000);
            node.taints_added =
                added.map(|age| (Symbol::new(key), Effect::NoSchedule, now - age)).into_iter().collect();
            let found = of(&node, &taint, now).map(|age| (age.seconds, age.is_overdue));
            assert_eq!(found, expected, "{key} {value} {added:?} {ready}");
        }
    }
}
