//! A volume that one node at a time can attach, which all pods of the DaemonSet mount.
//!
//! The attach-detach controller attaches a volume to a second node only if its access modes say so (`IsMultiAttachAllowed`,
//! `pkg/volume/util/util.go`, v1.37): `ReadWriteMany` or `ReadOnlyMany`, or none at all. A driver whose CSIDriver says
//! `attachRequired: false` attaches nothing; without the object the kubelet and the controller attach
//! (`CanAttach`, `pkg/volume/csi/csi_plugin.go`).

use crate::model::pod::Volume;
use crate::model::storage::PersistentVolume;
use crate::model::wire::Kind;
use crate::model::{Phase, Symbol};
use crate::rules::evaluation::Evaluation;
use crate::rules::verdict::{Cause, Placement, Reason, StartObstacle, Verdict};
use crate::store::NodeIndex;

impl Evaluation<'_> {
    /// Lets of the nodes that pods would be bound to only those keep their pod to which the volume is attached.
    pub(super) fn settle_attachments(&self, verdicts: &mut [Verdict]) {
        for (claim, volume, driver) in self.attached_once() {
            let eligible: Vec<NodeIndex> = (0..verdicts.len() as NodeIndex)
                .filter(|node| verdicts[*node as usize].placement == Placement::Placed)
                .collect();
            let attached = self.attached_to(claim, volume);
            let holders: Vec<NodeIndex> = eligible.iter().copied().filter(|node| attached.contains(node)).collect();
            if eligible.len() < 2 && attached.iter().all(|node| eligible.contains(node)) {
                continue;
            }
            let pods = if attached.is_empty() { 1 } else { holders.len() as u32 };
            let failure = StartObstacle::AttachedOnce {
                claim,
                volume: volume.name,
                driver,
                attached_to: attached.first().map(|node| self.cluster.nodes[*node as usize].name),
                pods,
                candidates: eligible.len() as u32,
            };
            for node in eligible.into_iter().filter(|node| !holders.contains(node)) {
                let verdict = &mut verdicts[node as usize];
                verdict.placement = Placement::Blocked;
                verdict.reasons.push(Reason::new(Cause::Start(failure.clone())));
            }
        }
    }

    /// The claims whose volume one node at a time can attach, with volume and driver.
    fn attached_once(&self) -> Vec<(Symbol, &PersistentVolume, Symbol)> {
        let names = self.admission.spec.volumes.iter().filter_map(|volume| match volume {
            Volume::Claim(name) => Some(*name),
            Volume::Ephemeral(_) | Volume::Disk(_) => None,
        });
        let found = names.filter_map(|name| {
            let claim = self.cluster.claims.get(&(self.daemon_set.namespace, name)).filter(|claim| claim.bound)?;
            let volume = self.cluster.volumes.get(&claim.volume?)?;
            let modes = &volume.access_modes;
            let is_shared =
                modes.is_empty() || modes.iter().any(|m| matches!(m.as_str(), "ReadWriteMany" | "ReadOnlyMany"));
            // The scheduler lets one pod use a ReadWriteOncePod claim.
            if is_shared || claim.one_pod_only {
                return None;
            }
            let driver = volume.csi.or(volume.migrated)?.0;
            self.attaches(driver, volume).then_some((name, volume, driver))
        });
        found.collect()
    }

    fn attaches(&self, driver: Symbol, volume: &PersistentVolume) -> bool {
        match self.cluster.csi_drivers.get(&driver) {
            Some(driver) => driver.attaches,
            // The drivers of in-tree disks attach, but for Portworx.
            None if volume.migrated.is_some() => driver.as_str() != "pxd.portworx.com",
            None => self.cluster.coverage(Kind::CSIDriver).is_whole(),
        }
    }

    /// The nodes to which the volume is attached, or where pods run that use it.
    fn attached_to(&self, claim: Symbol, volume: &PersistentVolume) -> Vec<NodeIndex> {
        let cluster = self.cluster;
        let of_volume = |node: &Symbol| {
            cluster.attachments.get(node).into_iter().flatten().any(|attachment| attachment.volume == Some(volume.name))
        };
        let mut nodes: Vec<NodeIndex> =
            cluster.attachments.keys().filter(|node| of_volume(node)).filter_map(|node| cluster.node(*node)).collect();
        if nodes.is_empty() {
            let users = cluster.claim_users((self.daemon_set.namespace, claim)).iter().map(|pod| cluster.pod(*pod));
            let running = users.filter(|pod| pod.phase == Phase::Running);
            nodes = running.filter_map(|pod| cluster.node(pod.node?)).collect();
        }
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }
}
