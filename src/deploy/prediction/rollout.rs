//! How the rollout of a deployment goes.

use crate::deploy::prediction::now::Now;
use crate::model::daemonset::UpdateStrategy;
use crate::model::{DaemonSet, Node, Pod};
use crate::rules::rollout::{Deadlock, Replacement, Rollout, may_stay};
use crate::rules::{Placement, Verdict};
use crate::store::{Cluster, NodeIndex};

/// How the rollout goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum RolloutPrediction {
    /// The template stays: no pod is replaced.
    #[default]
    Nothing,
    /// No pod is replaced; pods are created at once on nodes without a pod.
    Create {
        /// How many.
        pods: usize,
        /// Number of pods removed from nodes that are no longer eligible.
        removed: usize,
    },
    /// The strategy is OnDelete.
    OnDelete {
        /// How many are old then.
        old: usize,
        /// Number of eligible nodes without a running pod, which get a pod at once.
        made: usize,
        /// Number of pods removed from nodes that are no longer eligible.
        removed: usize,
    },
    /// Pods are replaced some at a time.
    Rolling {
        /// How many pods are replaced.
        old: usize,
        /// Number of eligible nodes without a pod, which get a pod at once.
        made: usize,
        /// Number of pods removed from nodes that are no longer eligible.
        removed: usize,
        /// How many at a time.
        at_once: usize,
        /// Whether the new pod comes before the old one goes.
        surge: bool,
        /// In how many rounds at least.
        rounds: usize,
        /// Nodes whose pod is not available now: they use up the bound.
        unavailable: Vec<String>,
        /// Why the rollout cannot finish.
        deadlock: Option<Deadlock>,
    },
}

fn is_eligible(verdict: &Verdict) -> bool {
    verdict.placement != Placement::Excluded
}

fn eligible<'a>(cluster: &'a Cluster, verdicts: &'a [Verdict]) -> impl Iterator<Item = &'a Node> {
    cluster.nodes.iter().zip(verdicts).filter(|(_, verdict)| is_eligible(verdict)).map(|(node, _)| node)
}

/// How many eligible nodes have no pod of the DaemonSet.
pub fn nodes_without_pod(cluster: &Cluster, model: &Rollout<'_>, verdicts: &[Verdict]) -> usize {
    eligible(cluster, verdicts).filter(|node| model.pods_on(node.name).staying().next().is_none()).count()
}

/// Predicts how the rollout goes.
pub fn predict_rollout(
    cluster: &Cluster,
    wanted: &DaemonSet,
    now: Now<'_>,
    model: &Rollout<'_>,
    verdicts: &[Verdict],
) -> RolloutPrediction {
    let own: Vec<&Pod> = now.own(cluster).filter(|pod| !pod.terminating).collect();
    if own.is_empty() {
        return RolloutPrediction::Create { pods: eligible(cluster, verdicts).count(), removed: 0 };
    }
    // The controller creates a pod that has ended again; while a rollout is under way anyway, that is none of it.
    let replaced = |node: &Node| {
        let pods = model.pods_on(node.name);
        pods.old.or(pods.new.filter(|new| now.renews() && new.phase.has_ended()))
    };
    let old: Vec<&Pod> = eligible(cluster, verdicts).filter_map(replaced).collect();
    let made = nodes_without_pod(cluster, model, verdicts);
    // A taint that only keeps new pods away lets one stay that is there, unless it is replaced.
    let by_hand = wanted.update == UpdateStrategy::OnDelete;
    let stays = |node: NodeIndex, pod: &Pod| {
        may_stay(&verdicts[node as usize]) && !pod.phase.has_ended() && (by_hand || model.mark.is_new(pod))
    };
    let goes = |pod: &&&Pod| match pod.node_or_target().map(|name| cluster.node(name)) {
        Some(Some(node)) => !is_eligible(&verdicts[node as usize]) && !stays(node, pod),
        // Its node is gone.
        Some(None) => true,
        None => false,
    };
    let removed = own.iter().filter(goes).count();
    if old.is_empty() {
        return match made + removed {
            0 => RolloutPrediction::Nothing,
            _ => RolloutPrediction::Create { pods: made, removed },
        };
    }
    let Some(limit) = model.limit else {
        // What has ended is made anew at once.
        let ended = old.iter().filter(|pod| pod.phase.has_ended()).count();
        return RolloutPrediction::OnDelete { old: old.len() - ended, made: made + ended, removed };
    };
    let at_once = usize::try_from(limit.nodes()).unwrap_or(0).max(1);
    let in_turn =
        |node: &&Node| matches!(model.replacement(node.name), Some(Replacement::InTurn | Replacement::UnderWay));
    let is_without = |node: &&Node| !model.has_available(node.name);
    RolloutPrediction::Rolling {
        old: old.len(),
        made,
        removed,
        at_once,
        surge: limit.is_surge(),
        rounds: eligible(cluster, verdicts).filter(in_turn).count().div_ceil(at_once),
        unavailable: eligible(cluster, verdicts).filter(is_without).map(|node| node.name.to_string()).collect(),
        deadlock: model.deadlock(cluster, wanted, verdicts),
    }
}
