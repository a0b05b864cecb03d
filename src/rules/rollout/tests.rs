//! The rule of a rollout, as tables.

use std::sync::Arc;

use super::*;
use crate::model::daemonset::{Bound, UpdateStrategy};
use crate::model::node::{ConditionStatus, NodeConditions};
use crate::model::pod::PodShape;
use crate::model::wire::Object;
use crate::model::{DaemonSet, Node, Phase, Pod, Resources, Symbol};
use crate::rules::verdict::{Placement, Verdict};
use crate::store::{Builder, Cluster};

/// A pod of this shape that runs and is not ready.
pub(crate) fn pod(shape: Arc<PodShape>) -> Pod {
    Pod {
        namespace: "ns".into(),
        name: "agent".into(),
        node: Some("n".into()),
        target: None,
        nominated: None,
        owner: None,
        phase: Phase::Running,
        terminating: false,
        ready: false,
        priority: 0,
        created: None,
        started: None,
        shape,
        requests: Arc::new(Resources::default()),
        detail: None,
    }
}

/// Pods by a letter each: `o` old and `n` new, capital where available; `t` an old one that is being deleted, `f` a failed
/// new one, `p` a pending new one.
fn pods(node: &str, letters: &str) -> Vec<Pod> {
    let made = |(number, letter): (usize, char)| {
        let revision = if matches!(letter, 'o' | 'O' | 't') { "old" } else { "new" };
        let labels = [("controller-revision-hash", revision)].into_iter().collect();
        Pod {
            name: format!("{node}-{number}").into(),
            node: (letter != 'p').then(|| node.into()),
            target: Some(node.into()),
            ready: letter.is_uppercase(),
            terminating: letter == 't',
            phase: if letter == 'f' { Phase::Failed } else { Phase::Running },
            ..pod(Arc::new(PodShape { labels, ..PodShape::default() }))
        }
    };
    letters.chars().enumerate().map(made).collect()
}

fn node(name: &str, ready: ConditionStatus) -> Node {
    let conditions = NodeConditions { ready: Some(ready), ..NodeConditions::default() };
    Node { name: name.into(), conditions, ..Node::default() }
}

fn updated(max_unavailable: i64, max_surge: i64) -> DaemonSet {
    let update = UpdateStrategy::RollingUpdate {
        max_unavailable: Bound::Count(max_unavailable),
        max_surge: Bound::Count(max_surge),
    };
    DaemonSet { update, ..DaemonSet::default() }
}

fn rollout<'a>(daemon_set: &DaemonSet, pods: &'a [Pod]) -> Rollout<'a> {
    let mark = TemplateMark { revision: Some("new".into()), generation: None };
    Rollout::of(daemon_set, pods.iter(), mark, 4, 100)
}

#[test]
fn the_limit_is_a_share_of_the_eligible_nodes_rounded_up() {
    use Bound::{Count, Percent};
    for (max_unavailable, max_surge, desired, limit) in [
        (Count(1), Count(0), 10, Limit::Unavailable(1)),
        (Percent(10), Count(0), 11, Limit::Unavailable(2)),
        (Percent(10), Percent(0), 0, Limit::Unavailable(1)),
        (Count(0), Count(0), 10, Limit::Unavailable(1)),
        (Count(0), Percent(25), 10, Limit::Surge(3)),
    ] {
        let found = Limit::of(UpdateStrategy::RollingUpdate { max_unavailable, max_surge }, desired);
        assert_eq!(found, Some(limit), "{max_unavailable:?} {max_surge:?} of {desired}");
    }
    assert_eq!(Limit::of(UpdateStrategy::OnDelete, 10), None);
}

#[test]
fn who_uses_up_the_limit_and_what_is_replaced() {
    use BlockReason::{Excess, NotCreated, NotReady, Rejected, Terminating, Unscheduled};
    use Replacement::{AtOnce, InTurn, UnderWay};
    // The pods of one eligible node; with maxUnavailable and with maxSurge: why it uses up the limit, and what becomes of
    // its old pod.
    for (letters, unavailable, surge) in [
        ("", (Some(NotCreated), None), (None, None)),
        ("t", (Some(Terminating), None), (None, None)),
        ("N", (None, None), (None, None)),
        ("n", (Some(NotReady), None), (None, None)),
        ("p", (Some(Unscheduled), None), (None, None)),
        ("f", (Some(Rejected), None), (None, None)),
        ("O", (None, Some(InTurn)), (None, Some(InTurn))),
        ("o", (Some(NotReady), Some(AtOnce)), (None, Some(AtOnce))),
        ("On", (Some(Excess), Some(InTurn)), (Some(NotReady), Some(UnderWay))),
        ("Op", (Some(Excess), Some(InTurn)), (Some(Unscheduled), Some(UnderWay))),
        ("ON", (Some(Excess), Some(InTurn)), (None, Some(AtOnce))),
        ("tN", (None, None), (None, None)),
        ("tn", (Some(NotReady), None), (None, None)),
    ] {
        let pods = pods("n", letters);
        let node = node("n", ConditionStatus::True);
        for (daemon_set, (reason, replacement)) in [(updated(1, 0), unavailable), (updated(0, 1), surge)] {
            let rollout = rollout(&daemon_set, &pods);
            let found = rollout.blocker(&node, true).map(|blocker| blocker.reason);
            assert_eq!(found, reason, "{letters:?} {:?}", rollout.limit);
            assert_eq!(rollout.replacement(node.name), replacement, "{letters:?} {:?}", rollout.limit);
        }
    }
}

#[test]
fn a_node_that_is_not_eligible_counts_while_it_has_a_pod() {
    let node = node("n", ConditionStatus::Unknown);
    for (letters, blocks, is_silent) in [("", false, false), ("o", true, true), ("O", false, false), ("t", true, true)]
    {
        let pods = pods("n", letters);
        let rollout = rollout(&updated(1, 0), &pods);
        let blocker = rollout.blocker(&node, false);
        assert_eq!(blocker.map(|b| b.reason), blocks.then_some(BlockReason::NodeNotReady), "{letters:?}");
        assert_eq!(rollout.is_silent(&node, false), is_silent, "{letters:?}");
    }
}

#[test]
fn what_cannot_end() {
    let (placed, lost) = (Placement::Placed, Placement::Unschedulable);
    let (ready, silent) = (ConditionStatus::True, ConditionStatus::Unknown);
    let bound = |lost, silent: &[&str], allowed| {
        Some(Deadlock::Bound { lost, silent: silent.iter().map(|name| Symbol::new(name)).collect(), allowed })
    };
    // Node b: its kubelet, its pods and the verdict about a new one; a has an available old pod and place for a new one.
    for (what, daemon_set, (kubelet, letters, placement), deadlock) in [
        ("each has its turn", updated(1, 0), (ready, "O", &placed), None),
        ("a new pod without a place", updated(1, 0), (ready, "O", &lost), bound(1, &[], 1)),
        ("it is allowed", updated(2, 0), (ready, "O", &lost), None),
        ("an unreachable node", updated(1, 0), (silent, "o", &placed), bound(0, &["b"], 1)),
        ("its pod is available", updated(1, 0), (silent, "O", &placed), None),
        ("a surge without a place", updated(0, 1), (ready, "O", &lost), bound(1, &[], 1)),
        ("a surge that waits", updated(0, 1), (ready, "Op", &lost), bound(1, &[], 1)),
        ("the old pod goes anyway", updated(0, 1), (ready, "o", &lost), None),
        ("an unreachable node holds no surge", updated(0, 1), (silent, "o", &placed), None),
        ("OnDelete", DaemonSet { update: UpdateStrategy::OnDelete, ..DaemonSet::default() }, (ready, "O", &lost), None),
    ] {
        let mut builder = Builder::new();
        builder.add(Object::Node(node("a", ready), 1));
        builder.add(Object::Node(node("b", kubelet), 1));
        let cluster: Cluster = builder.finish(None);
        let all: Vec<Pod> = pods("a", "O").into_iter().chain(pods("b", letters)).collect();
        let verdicts = [Verdict::default(), Verdict { placement: placement.clone(), ..Verdict::default() }];
        let found = rollout(&daemon_set, &all).deadlock(&cluster, &daemon_set, &verdicts);
        assert_eq!(found, deadlock, "{what}");
    }
}
