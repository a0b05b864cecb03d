//! VolumeZone: a volume with zone or region labels is used only there.
//!
//! `pkg/scheduler/framework/plugins/volumezone` v1.36. A node without any such label passes; a volume's beta label
//! is compared with the node's label of today where the node lacks the beta one.

use crate::model::{Node, Symbol};
use crate::rules::scheduler::volume_binding::{ClaimKind, PodClaim, is_bound};
use crate::rules::verdict::Rejection;

const ZONE: &str = "topology.kubernetes.io/zone";
const REGION: &str = "topology.kubernetes.io/region";
const BETA_ZONE: &str = "failure-domain.beta.kubernetes.io/zone";
const BETA_REGION: &str = "failure-domain.beta.kubernetes.io/region";

/// The plugin, prepared for one pod.
pub struct VolumeZone {
    labels: Vec<VolumeLabel>,
    topology: [Symbol; 4],
}

struct VolumeLabel {
    claim: Symbol,
    volume: Symbol,
    key: Symbol,
    today: Symbol,
    values: Vec<Symbol>,
}

impl VolumeZone {
    /// Collects the zones and regions of the bound volumes.
    pub fn prepare(claims: &[PodClaim<'_>]) -> Self {
        let mut labels = Vec::new();
        for claim in claims {
            let ClaimKind::There { claim: bound, volume: Some(volume), .. } = &claim.kind else { continue };
            if !is_bound(bound) {
                continue;
            }
            for (key, today) in [(BETA_ZONE, ZONE), (BETA_REGION, REGION), (ZONE, ZONE), (REGION, REGION)] {
                let key = Symbol::new(key);
                if let Some(values) = volume.labels.get(key) {
                    let values = values.as_str().split("__").map(Symbol::new).collect();
                    let today = Symbol::new(today);
                    labels.push(VolumeLabel { claim: claim.name, volume: volume.name, key, today, values });
                }
            }
        }
        VolumeZone { labels, topology: [BETA_ZONE, BETA_REGION, ZONE, REGION].map(Symbol::new) }
    }

    /// Finds the volumes that are elsewhere.
    pub fn filter(&self, node: &Node, found: &mut Vec<Rejection>) {
        if self.labels.is_empty() || !self.topology.iter().any(|key| node.labels.get(*key).is_some()) {
            return;
        }
        for label in &self.labels {
            let actual = node.labels.get(label.key).or_else(|| node.labels.get(label.today));
            if !actual.is_some_and(|value| label.values.contains(&value)) {
                let VolumeLabel { claim, volume, key, .. } = *label;
                found.push(Rejection::VolumeZone { claim, volume, key, actual });
            }
        }
    }
}
