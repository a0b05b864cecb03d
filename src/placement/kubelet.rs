//! Which pods the kubelet refuses although the scheduler bound them to its node, as far as the node's object shows it.
//!
//! `pkg/kubelet/lifecycle/predicate.go` and `pkg/kubelet/eviction/eviction_manager.go` (`Admit`), the same from v1.34 to
//! v1.37. What it cannot know of here: static pods, devices, sysctls that the kubelet's flags allow, what the runtime
//! supports.

use super::verdict::KubeletRefusal;
use crate::facts::{Node, Symbol};

/// Pods of this priority and more are let in under pressure (`IsCriticalPodBasedOnPriority`).
const CRITICAL: i32 = 2_000_000_000;

/// The label that every kubelet gives its node.
pub const OS_LABEL: &str = "kubernetes.io/os";

/// Everything for which the node's kubelet refuses a pod for this operating system (`spec.os.name`), of this priority.
///
/// Under memory pressure alone a pod is let in that tolerates the taint, as all pods of DaemonSets do.
pub fn refusals(node: &Node, os: Option<Symbol>, priority: i32) -> impl Iterator<Item = KubeletRefusal> + '_ {
    let other = os.and_then(|wanted| {
        let actual = node.labels.get(Symbol::new(OS_LABEL)).filter(|actual| *actual != wanted)?;
        Some(KubeletRefusal::OperatingSystem { wanted, actual })
    });
    // What a node said that does not answer any more is not what it says now.
    let heard = priority < CRITICAL && !node.is_silent();
    let pressure = node.conditions.troubles.iter().filter(move |_| heard);
    let pressure = pressure.filter(|kind| matches!(kind.as_str(), "DiskPressure" | "PIDPressure"));
    other.into_iter().chain(pressure.map(|condition| KubeletRefusal::Pressure { condition: *condition }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::node::{ConditionStatus, NodeConditions};

    #[test]
    fn which_pods_are_refused() {
        let node = |os: &str, ready: ConditionStatus, troubles: &[&str]| Node {
            labels: [(OS_LABEL, os)].into_iter().filter(|(_, os)| !os.is_empty()).collect(),
            conditions: NodeConditions {
                ready: Some(ready),
                troubles: troubles.iter().map(|kind| Symbol::new(kind)).collect(),
                ..NodeConditions::default()
            },
            ..Node::default()
        };
        let (ready, unknown) = (ConditionStatus::True, ConditionStatus::Unknown);
        let disk = KubeletRefusal::Pressure { condition: "DiskPressure".into() };
        let pid = KubeletRefusal::Pressure { condition: "PIDPressure".into() };
        let other = KubeletRefusal::OperatingSystem { wanted: "linux".into(), actual: "windows".into() };
        for (node, os, priority, expected) in [
            (node("linux", ready, &[]), Some("linux"), 0, vec![]),
            (node("windows", ready, &[]), Some("linux"), CRITICAL, vec![other]),
            (node("windows", ready, &[]), None, 0, vec![]),
            (node("", ready, &[]), Some("linux"), 0, vec![]),
            (node("linux", ready, &["MemoryPressure"]), None, 0, vec![]),
            (node("linux", ready, &["MemoryPressure", "DiskPressure"]), None, CRITICAL - 1, vec![disk]),
            (node("linux", ConditionStatus::False, &["PIDPressure"]), None, 0, vec![pid]),
            (node("linux", ready, &["DiskPressure", "PIDPressure"]), None, CRITICAL, vec![]),
            (node("linux", unknown, &["DiskPressure"]), None, 0, vec![]),
            (node("linux", ready, &["NetworkUnavailable"]), None, 0, vec![]),
        ] {
            let found: Vec<_> = refusals(&node, os.map(Symbol::new), priority).collect();
            assert_eq!(found, expected, "{node:?} {os:?} {priority}");
        }
    }
}
