//! NodeVolumeLimits: a node attaches so many volumes of a CSI driver.
//!
//! `pkg/scheduler/framework/plugins/nodevolumelimits/csi.go` v1.36. Volumes behind claims count, each once however
//! many pods use it, with those that are attached already, of which the scheduler does not see that the pod brings one; a claim without a volume counts for its class's
//! provisioner. A node that says nothing of the driver has no limit, unless the driver asks to be there (v1.37).

use std::collections::{HashMap, HashSet};

use super::volume_binding::{ClaimKind, PodClaim};
use crate::facts::storage::{Claim, PersistentVolume, StorageClass};
use crate::facts::{Cluster, Symbol, claim_of};
use crate::placement::verdict::Rejection;
use crate::placement::view::{NodeState, View};

/// One volume: the driver and the handle there.
type Handle = (Symbol, Symbol);

/// The plugin, prepared for one pod.
pub struct NodeVolumeLimits {
    wanted: HashSet<Handle>,
    required: Vec<Symbol>,
}

impl NodeVolumeLimits {
    /// Finds the volumes that the pod brings.
    pub fn prepare(view: &View<'_>, claims: &[PodClaim<'_>]) -> Self {
        let handle = |claim: &PodClaim<'_>| match &claim.kind {
            ClaimKind::There { claim, volume, class } => handle(claim, *volume, *class),
            ClaimKind::Ephemeral { class: Some(class), .. } => {
                Some((class.provisioner, Symbol::new(&format!("ephemeral {}", claim.name))))
            }
            _ => None,
        };
        let wanted: HashSet<Handle> = claims.iter().filter_map(handle).collect();
        let asks = |driver: &Symbol| {
            view.version.at_least(37) && view.cluster.csi_drivers.get(driver).is_some_and(|d| d.required_on_node)
        };
        let mut required: Vec<Symbol> = wanted.iter().map(|(driver, _)| *driver).filter(asks).collect();
        required.sort_unstable_by_key(|d| d.as_str());
        required.dedup();
        NodeVolumeLimits { wanted, required }
    }

    /// Refuses nodes that cannot attach so many.
    pub fn filter(&self, state: &NodeState<'_>, found: &mut Vec<Rejection>) {
        if self.wanted.is_empty() {
            return;
        }
        let cluster = state.view().cluster;
        let csi_node = cluster.csi_nodes.get(&state.node.name);
        for driver in &self.required {
            if !csi_node.is_some_and(|n| n.drivers.iter().any(|(name, _)| name == driver)) {
                found.push(Rejection::DriverMissing { driver: *driver });
            }
        }
        let Some(csi_node) = csi_node else { return };
        let limits: HashMap<Symbol, i32> =
            csi_node.drivers.iter().filter_map(|(name, count)| Some((*name, (*count)?))).collect();
        if !self.wanted.iter().any(|(driver, _)| limits.contains_key(driver)) {
            return;
        }
        // One that pods of the node use already is not new; one that is only attached is counted twice.
        let used = self.used_by_pods(state, cluster);
        let mut attached = used.clone();
        for attachment in cluster.attachments.get(&state.node.name).into_iter().flatten() {
            let volume = attachment.volume.and_then(|name| cluster.volumes.get(&name));
            attached.extend(volume.and_then(|v| v.csi));
        }
        let mut drivers: Vec<(Symbol, i32)> = limits.into_iter().collect();
        drivers.sort_unstable_by_key(|(name, _)| name.as_str());
        for (driver, limit) in drivers {
            let of_driver = |handles: &HashSet<Handle>| handles.iter().filter(|(d, _)| *d == driver).count() as i64;
            let new = self.wanted.difference(&used).filter(|(d, _)| *d == driver).count() as i64;
            let there = of_driver(&attached);
            if new > 0 && there + new > i64::from(limit) {
                found.push(Rejection::TooManyVolumes { driver, limit: i64::from(limit), attached: there });
                return;
            }
        }
    }

    fn used_by_pods(&self, state: &NodeState<'_>, cluster: &Cluster) -> HashSet<Handle> {
        let mut used = HashSet::new();
        for (_, pod) in state.pods() {
            for volume in &pod.shape.spec.volumes {
                let Some(claim) = claim_of(pod, volume).and_then(|name| cluster.claims.get(&(pod.namespace, name)))
                else {
                    continue;
                };
                let volume = claim.volume.and_then(|name| cluster.volumes.get(&name));
                let class = claim.class.and_then(|name| cluster.storage_classes.get(&name));
                used.extend(handle(claim, volume, class));
            }
        }
        used
    }
}

/// The driver and handle of a claim's volume, or of the one to be made for it.
fn handle(claim: &Claim, volume: Option<&PersistentVolume>, class: Option<&StorageClass>) -> Option<Handle> {
    match (claim.volume, volume) {
        (Some(_), Some(volume)) => volume.csi,
        _ => {
            let class = class?;
            Some((class.provisioner, Symbol::new(&format!("{}/{}", claim.namespace, claim.name))))
        }
    }
}
