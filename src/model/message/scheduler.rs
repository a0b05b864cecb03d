//! The scheduler's message on a pod that it cannot schedule, taken apart.

use std::collections::BTreeSet;

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

/// Whether the pod waits for a claim that the ephemeral controller is to create (`podHasPVCs`,
/// `pkg/scheduler/framework/plugins/volumebinding/volume_binding.go`, v1.37).
pub fn awaits_claim(message: &str) -> bool {
    message.contains("waiting for ephemeral volume controller to create the persistentvolumeclaim")
}

/// Reasons of the PodScheduled condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotScheduled {
    /// No node fits.
    Unschedulable,
    /// The scheduler itself failed.
    Error,
    /// Another reason, such as a scheduling gate.
    Other,
}

impl NotScheduled {
    /// Reads the condition's reason.
    pub fn of(reason: &str) -> Self {
        match reason {
            "Unschedulable" => NotScheduled::Unschedulable,
            "SchedulerError" => NotScheduled::Error,
            _ => NotScheduled::Other,
        }
    }
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
