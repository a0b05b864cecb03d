//! Rollouts that cannot end by themselves.

use crate::model::{DaemonSet, Symbol, Version};
use crate::rules::rollout::update::{Replacement, Rollout};
use crate::rules::verdict::{Placement, Verdict};
use crate::store::{Cluster, host_ports};

/// Why a rollout cannot end by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deadlock {
    /// With surge the old and the new pod of a node request the same host port.
    SurgePort(u16),
    /// Nodes that will have no available pod use up the limit.
    Bound {
        /// How many nodes have no place for the new pod.
        lost: usize,
        /// Unreachable nodes: the old pod does not end, and the new one does not start.
        silent: Vec<Symbol>,
        /// The limit.
        allowed: usize,
    },
}

/// The range of pods that contended nodes get, of how many nodes.
pub fn contended(verdicts: &[Verdict]) -> Option<(u32, u32, u32)> {
    verdicts.iter().find_map(|verdict| match verdict.placement {
        Placement::Contended { min_pods, most, candidates } => Some((min_pods, most, candidates)),
        _ => None,
    })
}

/// The host ports that the new pod requests beside the old one of the same node; none without surge. On the host's network
/// the API server makes every container port a host port.
pub fn shared_host_ports(daemon_set: &DaemonSet, version: Version) -> Vec<u16> {
    if !daemon_set.update.surges() {
        return Vec::new();
    }
    let mut spec = daemon_set.template.spec.clone();
    if spec.host_network {
        for port in spec.containers.iter_mut().chain(&mut spec.init_containers).flat_map(|c| &mut c.ports) {
            port.host_port = port.container_port;
        }
    }
    host_ports(&spec, version).map(|port| port.host_port).collect()
}

impl Rollout<'_> {
    /// Returns why the rollout cannot end, by the verdicts about new pods. A node whose pod stays must have the verdict
    /// `Placed`.
    ///
    /// Without surge, nodes without a place for their new pod and unreachable nodes use up `maxUnavailable`, whether the
    /// node is eligible or only has a pod. With surge, only nodes whose old pod is available and whose new pod has no
    /// place use up `maxSurge`; an unreachable node never does.
    pub fn deadlock(&self, cluster: &Cluster, daemon_set: &DaemonSet, verdicts: &[Verdict]) -> Option<Deadlock> {
        let limit = self.limit?;
        let waits = |node: Symbol| self.replacement(node) == Some(Replacement::InTurn);
        let changes_in_turn =
            |node: Symbol| matches!(self.replacement(node), Some(Replacement::InTurn | Replacement::UnderWay));
        if let Some(port) = shared_host_ports(daemon_set, cluster.rules()).first() {
            let mut eligible = cluster.nodes.iter().zip(verdicts).filter(|(_, v)| v.placement != Placement::Excluded);
            if eligible.any(|(node, _)| changes_in_turn(node.name)) {
                return Some(Deadlock::SurgePort(*port));
            }
        }
        let mut silent = Vec::new();
        let (mut lost, mut held_up) = (0, 0);
        for (node, verdict) in cluster.nodes.iter().zip(verdicts) {
            if self.is_silent(node, verdict.placement != Placement::Excluded) {
                silent.extend((!limit.is_surge()).then_some(node.name));
                continue;
            }
            match verdict.placement {
                Placement::Unschedulable
                | Placement::Denied
                | Placement::Gated
                | Placement::Rejected
                | Placement::Blocked => {
                    lost += usize::from(!limit.is_surge() || changes_in_turn(node.name));
                }
                Placement::Placed | Placement::Preempting { .. } | Placement::Contended { .. } => {
                    held_up += usize::from(waits(node.name));
                }
                Placement::Excluded | Placement::Unknown => {}
            }
        }
        lost += contended(verdicts).map_or(0, |(_, most, of)| of.saturating_sub(most) as usize);
        let allowed = usize::try_from(limit.nodes()).unwrap_or(0).max(1);
        (lost + silent.len() >= allowed && held_up > 0).then_some(Deadlock::Bound { lost, silent, allowed })
    }
}
