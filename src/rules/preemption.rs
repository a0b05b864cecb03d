//! Whether evicting pods of lower priority would make room, and which would go.
//!
//! `pkg/scheduler/framework/plugins/defaultpreemption` v1.36: only where the refusal may be cured so, only pods of
//! strictly lower priority, and only if without all of them every filter passes. Then as many as possible are
//! spared, the most important first; disruption budgets are kept where they can be.

use crate::model::labels::Selector;
use crate::model::policy::DisruptionBudget;
use crate::model::{Pod, Version};
use crate::rules::view::NodeState;
use crate::store::{Cluster, NodeIndex, PodIndex};

/// The pods that would be evicted from the node; `None` where that would not help. Pods that are known by their sums
/// alone would be evicted as well, unnamed.
///
/// `is_refused` says whether anything refuses the node with the pods that are left on it.
pub fn victims(
    state: &NodeState<'_>,
    priority: i32,
    mut is_refused: impl FnMut(&NodeState<'_>) -> bool,
) -> Option<Vec<PodIndex>> {
    let cluster = state.view().cluster;
    // None of them is nominated to the node: only pods of this priority or a higher one count there before they come.
    let mut lower: Vec<PodIndex> =
        state.pods().filter(|(_, pod)| pod.priority < priority).map(|(index, _)| index).collect();
    if lower.is_empty() && !has_folded(cluster, state.index, priority) {
        return None;
    }
    let mut state = state.clone();
    for pod in &lower {
        state.hide(*pod);
    }
    state.hide_folded(priority);
    if is_refused(&state) {
        return None;
    }
    lower.sort_by(|a, b| importance(cluster.pod(*a)).cmp(&importance(cluster.pod(*b))));
    let (broken, kept): (Vec<PodIndex>, Vec<PodIndex>) = split_by_budgets(cluster, &lower);
    let mut victims = Vec::new();
    for pod in broken.into_iter().chain(kept) {
        state.show(pod);
        if is_refused(&state) {
            state.hide(pod);
            victims.push(pod);
        }
    }
    victims.sort_unstable();
    Some(victims)
}

/// Whether pods of lower priority are on the node that are known by their sums alone.
pub fn has_folded(cluster: &Cluster, node: NodeIndex, priority: i32) -> bool {
    cluster.folded_on(node).iter().any(|(of, _)| *of < priority)
}

/// The most important first: higher priority, then the one that started earlier.
fn importance(pod: &Pod) -> (std::cmp::Reverse<i32>, i64, &str) {
    (std::cmp::Reverse(pod.priority), pod.started.unwrap_or(i64::MAX), &pod.name)
}

/// Pods whose eviction would break a budget, and the others, each in the order given.
fn split_by_budgets(cluster: &Cluster, pods: &[PodIndex]) -> (Vec<PodIndex>, Vec<PodIndex>) {
    let mut left: Vec<i32> = cluster.budgets.iter().map(|b| b.allowed).collect();
    pods.iter().copied().partition(|index| {
        let pod = cluster.pod(*index);
        let mut breaks = false;
        for (budget, left) in cluster.budgets.iter().zip(&mut left) {
            if covers(budget, pod, cluster.rules()) {
                *left -= 1;
                breaks |= *left < 0;
            }
        }
        breaks
    })
}

/// Whether a budget is about the pod. Before v1.38 an empty selector covers none, and no budget a pod without labels
/// (`FilterVictimsWithPDBViolation`, `pkg/scheduler/framework/preemption/util.go`).
fn covers(budget: &DisruptionBudget, pod: &Pod, version: Version) -> bool {
    let is_met = |selector: &Selector| {
        let counts = version.at_least(38) || !selector.is_empty() && !pod.shape.labels.is_empty();
        counts && selector.matches(&pod.shape.labels)
    };
    budget.namespace == pod.namespace && budget.selector.as_ref().is_some_and(is_met)
}
