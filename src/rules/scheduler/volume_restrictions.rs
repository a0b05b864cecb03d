//! VolumeRestrictions: disks and claims that pods cannot share.
//!
//! `pkg/scheduler/framework/plugins/volumerestrictions` v1.36. A missing claim refuses the pod as a whole. A claim
//! with the access mode ReadWriteOncePod that any pod of the cluster uses refuses every node.

use crate::model::Symbol;
use crate::model::pod::{Disk, Volume};
use crate::rules::scheduler::incoming_pod::IncomingPod;
use crate::rules::scheduler::volume_binding::{ClaimKind, PodClaim};
use crate::rules::verdict::Rejection;
use crate::rules::view::NodeState;
use crate::store::{PodIndex, claim_of};

/// The plugin, prepared for one pod.
pub struct VolumeRestrictions<'a> {
    namespace: Symbol,
    missing: Vec<Symbol>,
    exclusive: Vec<Symbol>,
    disks: Vec<&'a Disk>,
}

impl<'a> VolumeRestrictions<'a> {
    /// Prepares.
    pub fn prepare(pod: &IncomingPod<'a>, claims: &[PodClaim<'a>]) -> Self {
        let missing = claims.iter().filter(|c| matches!(c.kind, ClaimKind::Missing)).map(|c| c.name).collect();
        let exclusive =
            claims.iter().filter(|c| matches!(c.kind, ClaimKind::There { claim, .. } if claim.one_pod_only));
        let disk = |volume: &'a Volume| match volume {
            Volume::Disk(disk) => Some(disk),
            _ => None,
        };
        VolumeRestrictions {
            namespace: pod.namespace,
            missing,
            exclusive: exclusive.map(|c| c.name).collect(),
            disks: pod.spec.volumes.iter().filter_map(disk).collect(),
        }
    }

    /// Claims that do not exist. The scheduler stops at the first.
    pub fn before_nodes(&self, found: &mut Vec<Rejection>) {
        found.extend(self.missing.iter().map(|claim| Rejection::ClaimMissing { claim: *claim }));
    }

    /// Claims that only one pod may use.
    pub fn exclusive_claims(&self) -> &[Symbol] {
        &self.exclusive
    }

    /// Finds disks in use on the node and exclusive claims in use anywhere.
    pub fn filter(&self, state: &NodeState<'_>, found: &mut Vec<Rejection>) {
        for disk in &self.disks {
            let holder = state.pods().find(|(_, pod)| pod.shape.spec.volumes.iter().any(|v| excludes(disk, v)));
            found.extend(holder.map(|(holder, _)| Rejection::DiskInUse { holder }));
        }
        for claim in &self.exclusive {
            let holder = self.user(*claim, state);
            found.extend(holder.map(|holder| Rejection::ClaimInUse { claim: *claim, holder }));
        }
    }

    fn user(&self, claim: Symbol, state: &NodeState<'_>) -> Option<PodIndex> {
        let view = state.view();
        let users = view.cluster.claim_users((self.namespace, claim)).iter().copied();
        let mut users = users.filter(|user| !state.hidden().contains(user) && view.counts(view.cluster.pod(*user)));
        users.next().or_else(|| {
            let uses = |pod: &PodIndex| {
                let pod = view.cluster.pod(*pod);
                pod.namespace == self.namespace
                    && pod.shape.spec.volumes.iter().any(|v| claim_of(pod, v) == Some(claim))
            };
            state.extra().iter().copied().find(uses)
        })
    }
}

/// Whether a pod with `disk` cannot run beside one with `volume`.
fn excludes(disk: &Disk, volume: &Volume) -> bool {
    let Volume::Disk(other) = volume else { return false };
    match (disk, other) {
        (Disk::GcePersistentDisk { name: a, read_only: ra }, Disk::GcePersistentDisk { name: b, read_only: rb })
        | (Disk::Iscsi { iqn: a, read_only: ra }, Disk::Iscsi { iqn: b, read_only: rb }) => a == b && !(*ra && *rb),
        (Disk::AwsElasticBlockStore { id: a }, Disk::AwsElasticBlockStore { id: b }) => a == b,
        (
            Disk::Rbd { monitors: ma, pool: pa, image: ia, read_only: ra },
            Disk::Rbd { monitors: mb, pool: pb, image: ib, read_only: rb },
        ) => ma.iter().any(|m| mb.contains(m)) && pa == pb && ia == ib && !(*ra && *rb),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_disks_pods_can_share() {
        let gce = |read_only| Disk::GcePersistentDisk { name: "d".into(), read_only };
        let rbd = |monitor: &str, read_only| Disk::Rbd {
            monitors: vec!["a".into(), monitor.into()],
            pool: "rbd".into(),
            image: "i".into(),
            read_only,
        };
        let ebs = || Disk::AwsElasticBlockStore { id: "v".into() };
        for (a, b, expected) in [
            (gce(true), gce(true), false),
            (gce(true), gce(false), true),
            (ebs(), ebs(), true),
            (rbd("x", false), rbd("y", false), true),
            (rbd("x", true), rbd("y", true), false),
            (ebs(), gce(false), false),
        ] {
            assert_eq!(excludes(&a, &Volume::Disk(b.clone())), expected, "{a:?} {b:?}");
        }
    }
}
