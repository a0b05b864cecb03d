//! What is to be said of a node beside its verdict and its pod's troubles: a pod that should be there and is not,
//! a scheduler that says something else, a virtual node.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::codes::Code;
use super::index::Index;
use super::life::{Trouble, sentence};
use super::report::State;
use super::settings::Settings;
use super::standing::Standing;
use super::taints;
use super::tell::Told;
use crate::facts::{Cluster, DaemonSet, Phase, Pod, Version};
use crate::placement::{Cause, Placement, Stage, Verdict};

fn remark(code: Code, stage: Stage, about: &str, message: String, evidence: Value) -> Trouble {
    let evidence = match evidence {
        Value::Object(evidence) => evidence,
        _ => Default::default(),
    };
    Trouble { code, stage, about: about.to_owned(), told: Told { message, notes: Vec::new(), evidence } }
}

/// Adds what the verdict and the pod, held against each other, say of each node.
pub fn add(
    cluster: &Cluster,
    index: &Index,
    daemon_set: &DaemonSet,
    written: bool,
    settings: &Settings,
    verdicts: &[Verdict],
    standings: &mut [Standing],
) {
    let refused = if written { None } else { failed_create(cluster, index, daemon_set) };
    for (place, (verdict, standing)) in verdicts.iter().zip(standings).enumerate() {
        let node = &cluster.nodes[place];
        let on_virtual = taints::virtual_label(node).filter(|_| verdict.placement != Placement::Excluded);
        if let Some((key, value)) = on_virtual {
            let message = format!("a pod is wanted on virtual nodes ({key}={value}), which do not run DaemonSets");
            let evidence = json!({ "key": key, "value": value });
            standing.troubles.push(remark(Code::VIRTUAL_NODE, Stage::Rollout, key, message, evidence));
        }
        if written || on_virtual.is_some() {
            continue;
        }
        let goes =
            matches!(verdict.placement, Placement::Placed | Placement::Preempting { .. } | Placement::Contended { .. });
        if standing.state == State::Missing && goes {
            standing.troubles.push(refused.clone().unwrap_or_else(|| {
                let message = "no pod is there, although nothing stands in its way".to_owned();
                remark(Code::MISSING, Stage::Rollout, "", message, Value::Null)
            }));
        }
        if let Some(pod) = standing.pod.map(|pod| cluster.pod(pod)) {
            standing.troubles.extend(unbound(pod, verdict, cluster.rules(), settings));
        }
    }
}

/// What the newest FailedCreate event says, if it is newer than the newest pod.
fn failed_create(cluster: &Cluster, index: &Index, daemon_set: &DaemonSet) -> Option<Trouble> {
    let places = index.events_of_daemon_set(daemon_set.namespace, daemon_set.name.as_str());
    let events = places.iter().map(|place| &cluster.events[*place as usize]);
    let newest = events.filter(|e| e.reason.as_str() == "FailedCreate").max_by_key(|e| (e.last_seen, &e.message))?;
    let text = newest.message.strip_prefix("Error creating: ").unwrap_or(&newest.message);
    let code = if text.contains("failed calling webhook") || text.contains("failed to call webhook") {
        Code::WEBHOOK_UNREACHABLE
    } else if text.contains("denied the request")
        || text.contains("denied request")
        || text.contains("ValidatingAdmissionPolicy")
    {
        Code::WEBHOOK_REFUSED
    } else {
        Code::CREATION_FAILED
    };
    let message = format!("the API server refused the pod: {}", sentence(text));
    Some(remark(code, Stage::Creation, "", message, json!({ "event": newest.message })))
}

/// A pod that is not bound: what the scheduler wrote on it, held against the rules.
fn unbound(pod: &Pod, verdict: &Verdict, version: Version, settings: &Settings) -> Option<Trouble> {
    if pod.node.is_some() || pod.terminating || pod.phase != Phase::Pending {
        return None;
    }
    let said = pod.detail.as_ref().and_then(|detail| detail.unscheduled.as_ref());
    let told = told(verdict, version);
    match (&verdict.placement, said) {
        (Placement::Placed | Placement::Unschedulable, Some((reason, message))) if reason == "Unschedulable" => {
            let scheduler = reasons_in(message);
            if scheduler == told {
                return None;
            }
            let list = |set: &BTreeSet<String>| match set.len() {
                0 => "nothing".to_owned(),
                _ => set.iter().map(|r| format!("\"{r}\"")).collect::<Vec<_>>().join(", "),
            };
            let text = format!("the scheduler says {}, the rules of {version} say {}", list(&scheduler), list(&told));
            let evidence = json!({ "scheduler": scheduler, "rules": told, "message": message });
            Some(remark(Code::DISAGREES, Stage::Scheduler, "", text, evidence))
        }
        (Placement::Placed, _) => {
            let age = settings.now.saturating_sub(pod.created?);
            if age < settings.grace {
                return None;
            }
            let message = "the pod waits for the scheduler, although nothing stands in its way".to_owned();
            Some(remark(Code::PENDING_UNEXPLAINED, Stage::Scheduler, "", message, Value::Null))
        }
        _ => None,
    }
}

/// The texts that the real scheduler would tell for the node.
fn told(verdict: &Verdict, version: Version) -> BTreeSet<String> {
    let told = verdict.reasons.iter().filter(|reason| reason.told);
    told.filter_map(|reason| match &reason.cause {
        Cause::Rejection(rejection) => Some(rejection.status_text(version).into_owned()),
        _ => None,
    })
    .collect()
}

/// The reasons in a scheduler's message that are about the one node which a DaemonSet's pod is pinned to: those of
/// the other nodes say that NodeAffinity's PreFilter left them out.
pub fn reasons_in(message: &str) -> BTreeSet<String> {
    let rest = message.split_once(" nodes are available: ").map_or(message, |(_, rest)| rest);
    let ends = [" no new claims to deallocate", " preemption: ", " still not schedulable"];
    let end = ends.iter().filter_map(|end| rest.find(end)).min().unwrap_or(rest.len());
    let rest = rest[..end].trim_end_matches(" not found").trim_end_matches(['.', ' ']);
    let mut parts: Vec<String> = Vec::new();
    for part in rest.split(", ") {
        let counted = part.split_once(' ').filter(|(n, _)| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
        match (counted, parts.last_mut()) {
            (Some((_, reason)), _) => parts.push(reason.to_owned()),
            (None, Some(last)) => {
                last.push_str(", ");
                last.push_str(part);
            }
            (None, None) => parts.push(part.to_owned()),
        }
    }
    let elsewhere = |reason: &String| {
        reason.contains("satisfy plugin(s) [NodeAffinity") || reason.contains("filtered out by the prefilter result")
    };
    parts.into_iter().filter(|reason| !reason.is_empty() && !elsewhere(reason)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedulers_message_is_taken_apart() {
        for (message, expected) in [
            (
                "0/30 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, 29 node(s) didn't satisfy \
                 plugin(s) [NodeAffinity]. no new claims to deallocate, preemption: 0/30 nodes are available: 1 No \
                 preemption victims found for incoming pod, 29 Preemption is not helpful for scheduling.",
                vec!["Insufficient cpu", "Insufficient memory"],
            ),
            (
                "0/5 nodes are available: persistentvolumeclaim \"data\" not found. not found",
                vec!["persistentvolumeclaim \"data\" not found"],
            ),
            (
                "0/5 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found",
                vec!["pod has unbound immediate PersistentVolumeClaims"],
            ),
            (
                "0/2 nodes are available: 1 node(s) had untolerated taint {a: b}, 1 node is filtered out by the \
                 prefilter result. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
                vec!["node(s) had untolerated taint {a: b}"],
            ),
            ("", vec![]),
        ] {
            let expected: BTreeSet<String> = expected.into_iter().map(str::to_owned).collect();
            assert_eq!(reasons_in(message), expected, "{message}");
        }
    }
}
