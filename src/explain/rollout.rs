//! Words what blocks a rollout.

use crate::explain::units::{and, count, some};
use crate::explain::words::Words;
use crate::findings::cause::{NotObserved, OnDelete, RolloutStuck, SurgePort};
use crate::rules::rollout::BlockReason;

/// Most outdated pods that a note names.
const MAX_PODS: usize = 6;

pub(crate) fn not_observed(found: &NotObserved) -> Words {
    let NotObserved { observed, generation } = found;
    Words::new(format!("the controller has observed generation {observed} only; the newest generation is {generation}"))
}

pub(crate) fn on_delete(found: &OnDelete) -> Words {
    let run = if found.count == 1 { "runs" } else { "run" };
    let pods = count(found.count, "pod");
    let listed = match found.pods.get(..MAX_PODS) {
        Some(first) if found.count > MAX_PODS => format!("{} +{}", first.join(", "), found.count - MAX_PODS),
        _ => some(&found.pods, MAX_PODS),
    };
    let what = if found.is_document { "the rollout replaces no pod, and " } else { "" };
    Words::new(format!("updateStrategy is OnDelete: {what}{pods} {run} the old template until deleted manually"))
        .note(format!("outdated pods: {listed}"))
}

/// Words a rollout that cannot go on because unavailable nodes use up its bound.
pub(crate) fn stuck(found: &RolloutStuck) -> Words {
    let waits = match found.waiting {
        1 => "1 old pod waits".to_owned(),
        several => format!("{several} old pods wait"),
    };
    let bound = format!("{} ({})", found.bound, found.allowed);
    let nodes = count(found.unavailable, "node");
    let reasons = |is_by_node: bool| {
        let reasons = found.causes.0.iter().filter(|(reason, _)| reason.is_by_node() == is_by_node);
        and(&reasons.map(|(reason, nodes)| blocked(*reason, *nodes)).collect::<Vec<_>>())
    };
    if found.blocked_by_rollout == 0 {
        let use_up = if found.unavailable == 1 { "uses" } else { "use" };
        if found.is_document {
            let words = Words::new(format!(
                "the rollout would not begin: {nodes} {use_up} up {bound}, and no available pod is replaced: {waits} ({})",
                reasons(true)
            ));
            return words.note("a pod on a NotReady node does not terminate until the node recovers or is deleted");
        }
        return Words::new(format!(
            "rollout blocked by nodes: {nodes} {use_up} up {bound}, {waits} to be replaced ({})",
            reasons(true)
        ));
    }
    let lack = if found.unavailable == 1 { "lacks" } else { "lack" };
    let pod = if found.is_surge { "an available new pod" } else { "an available pod" };
    let words = Words::new(format!("rollout stuck: {nodes} {lack} {pod}, which uses up {bound}; {waits}"))
        .note(format!("caused by the rollout ({}): {}", found.blocked_by_rollout, reasons(false)));
    match found.blocked_by_node {
        0 => words,
        nodes => words.note(format!("caused by nodes, not by the rollout ({nodes}): {}", reasons(true))),
    }
}

pub(crate) fn surge_port(found: &SurgePort) -> Words {
    let first = found.ports.first().map_or("", String::as_str);
    Words::new(format!("maxSurge starts the new pod next to the old pod, but both request host port {first}"))
        .note("such a rollout never completes; use maxUnavailable instead")
}

/// The reason of this many nodes, as part of a sentence.
fn blocked(reason: BlockReason, nodes: usize) -> String {
    let [pod, node] = [count(nodes, "pod"), count(nodes, "node")];
    let (is, has) = if nodes == 1 { ("is", "has") } else { ("are", "have") };
    match reason {
        BlockReason::NotCreated => format!("{pod} {is} missing"),
        BlockReason::Unscheduled => format!("{pod} {is} unschedulable"),
        BlockReason::NotReady => format!("{pod} {is} not ready"),
        BlockReason::NotYetAvailable => format!("{pod} {is} ready, but not yet for minReadySeconds"),
        BlockReason::Excess => format!("{node} {has} more than one pod"),
        BlockReason::Terminating => format!("{pod} {is} stuck terminating"),
        BlockReason::NodeNotReady => format!("{node} {is} NotReady"),
        BlockReason::Rejected => format!("{pod} {is} rejected by the kubelet"),
    }
}
