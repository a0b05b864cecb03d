//! The first line of a DaemonSet: its status as an engineer would say it.

use crate::explain::units::duration;
use crate::report::DaemonSetReport;
use crate::text::count;

/// States that follow the ready nodes, the worst first.
const STATES: [&str; 9] =
    ["missing", "failed", "unhealthy", "pending", "terminating", "misscheduled", "stranded", "starting", "unknown"];
/// Placements that follow the placed nodes of a document, the worst first.
const PLACEMENTS: [&str; 8] =
    ["denied", "unschedulable", "rejected", "blocked", "gated", "contended", "preempting", "unknown"];

/// Returns the status: ready of eligible nodes for what is deployed, nodes that get a pod for a document.
pub fn status_line(report: &DaemonSetReport) -> String {
    let nodes: usize = report.placements.values().sum();
    let desired = report.desired_number_scheduled;
    let mut parts = Vec::new();
    if report.deployed {
        let state = |name: &str| report.states.get(name).copied().unwrap_or(0);
        parts.push(match desired {
            0 if nodes == 0 => "nodes unknown".to_owned(),
            0 if nodes == 1 => "the only node is not eligible".to_owned(),
            0 => format!("none of {nodes} nodes is eligible"),
            _ => format!("{} of {desired} ready", state("healthy")),
        });
        // While a rollout is under way.
        parts.extend(
            report
                .updated_number_scheduled
                .filter(|updated| *updated < desired && report.outdated_pods > 0)
                .map(|updated| format!("{updated} of {desired} updated")),
        );
        parts.extend(STATES.iter().filter(|name| state(name) > 0).map(|name| format!("{} {name}", state(name))));
    } else {
        let placement = |name: &str| report.placements.get(name).copied().unwrap_or(0);
        parts.push(match desired {
            0 => format!("would run on 0 of {}", count(nodes, "node")),
            _ => format!("would run on {} of {}", placement("placed"), count(desired, "eligible node")),
        });
        let others = PLACEMENTS.iter().filter(|name| placement(name) > 0);
        parts.extend(others.map(|name| format!("{} {name}", placement(name))));
    }
    if let Some(starting) = &report.starting {
        let (oldest, grace) = (duration(starting.oldest_seconds), duration(starting.grace_seconds));
        let young = starting.node_count;
        // All that lack a pod are young: one part says both.
        let is_all = report.deployed && desired.saturating_sub(healthy(report)) == young && parts.len() == 2;
        let starting = format!("{young} starting");
        let at = if is_all { Some(1) } else { parts.iter().position(|part| *part == starting) };
        match at.and_then(|at| parts.get_mut(at)) {
            Some(part) => part.push_str(&format!(" (for {oldest}, grace period {grace})")),
            None => parts.push(format!("{} still in the grace period of {grace} (for {oldest})", count(young, "node"))),
        }
    }
    parts.join(", ")
}

/// Returns ready of eligible nodes, or nodes that get a pod of eligible ones: `4/6`.
pub fn ratio(report: &DaemonSetReport) -> String {
    format!("{}/{}", healthy(report), report.desired_number_scheduled)
}

/// Returns how many of the eligible nodes have a pod of the newest template: `2/6`; `None` where that is not known.
pub fn updated_ratio(report: &DaemonSetReport) -> Option<String> {
    report.updated_number_scheduled.map(|updated| format!("{updated}/{}", report.desired_number_scheduled))
}

/// Returns how many eligible nodes have no healthy pod, or would get none.
pub fn lacking(report: &DaemonSetReport) -> usize {
    report.desired_number_scheduled.saturating_sub(healthy(report))
}

fn healthy(report: &DaemonSetReport) -> usize {
    let counted = if report.deployed { report.states.get("healthy") } else { report.placements.get("placed") };
    counted.copied().unwrap_or(0)
}
