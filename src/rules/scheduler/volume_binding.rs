//! VolumeBinding: a claim's volume must be there, or able to come, where the node is.
//!
//! `pkg/scheduler/framework/plugins/volumebinding` v1.36. Claims that are missing, lost, going away or bound at once
//! but not yet bound refuse the pod as a whole; for the others each node is asked.

use std::sync::Arc;

use crate::model::pod::Volume;
use crate::model::storage::{Claim, PersistentVolume, StorageClass};
use crate::model::wire::Kind;
use crate::model::{Quantity, Symbol};
use crate::rules::scheduler::incoming_pod::IncomingPod;
use crate::rules::verdict::{DeniedClaim, MissingData, Rejection, Unknown};
use crate::rules::view::{NodeState, View};
use crate::store::Cluster;

/// A claim that the pod refers to, as far as it is known.
pub struct PodClaim<'a> {
    /// Its name.
    pub name: Symbol,
    /// What it is.
    pub kind: ClaimKind<'a>,
}

/// What is known of a claim.
pub enum ClaimKind<'a> {
    /// It exists.
    There {
        /// The claim.
        claim: &'a Claim,
        /// Its volume, if it is bound to one that exists.
        volume: Option<&'a PersistentVolume>,
        /// Its storage class, if it is known.
        class: Option<&'a StorageClass>,
    },
    /// It does not.
    Missing,
    /// It will be made for each pod.
    Ephemeral {
        /// What it will be.
        claim: Claim,
        /// Its storage class, if it is known.
        class: Option<&'a StorageClass>,
    },
    /// Claims were not collected.
    Unknown,
}

/// The claims of a pod, looked up.
pub fn claims<'a>(cluster: &'a Cluster, pod: &IncomingPod<'_>) -> Vec<PodClaim<'a>> {
    let class_of = |name: Option<Symbol>| match name {
        Some(name) => cluster.storage_classes.get(&name),
        None => cluster.default_storage_class(),
    };
    let known = cluster.coverage(Kind::PersistentVolumeClaim).is_whole();
    let look_up = |volume: &Volume| match volume {
        Volume::Claim(name) => Some(PodClaim {
            name: *name,
            kind: match cluster.claims.get(&(pod.namespace, *name)) {
                Some(claim) => ClaimKind::There {
                    claim,
                    volume: claim.volume.and_then(|v| cluster.volumes.get(&v)),
                    class: claim.class.and_then(|c| cluster.storage_classes.get(&c)),
                },
                None if known => ClaimKind::Missing,
                None => ClaimKind::Unknown,
            },
        }),
        Volume::Ephemeral(claim) => {
            let class = class_of(claim.class);
            // One that names no class is given the default when it is made.
            let named = claim.class.or(class.map(|c| c.name));
            let claim = Claim { namespace: pod.namespace, class: named, ..(**claim).clone() };
            Some(PodClaim { name: claim.name, kind: ClaimKind::Ephemeral { claim, class } })
        }
        Volume::Disk(_) => None,
    };
    pod.spec.volumes.iter().filter_map(look_up).collect()
}

/// The plugin, prepared for one pod.
pub struct VolumeBinding<'a> {
    cluster: &'a Cluster,
    claims: Vec<PodClaim<'a>>,
    denied: Option<&'a Arc<DeniedClaim>>,
}

impl<'a> VolumeBinding<'a> {
    /// Prepares.
    pub fn prepare(view: &View<'a>, pod: &IncomingPod<'a>, claims: Vec<PodClaim<'a>>) -> Self {
        VolumeBinding { cluster: view.cluster, claims, denied: pod.denied_claim }
    }

    /// Claims of kinds that were not collected, or whose volume or class was not.
    pub fn unknowns(&self) -> Vec<Arc<Unknown>> {
        let missing = |what: MissingData, kind: Kind| Some(Unknown::not_collected(self.cluster, what, kind));
        let not_whole = |kind: Kind| !self.cluster.coverage(kind).is_whole();
        let check = |claim: &PodClaim<'_>| match &claim.kind {
            ClaimKind::Unknown => {
                let kind = Kind::PersistentVolumeClaim;
                missing(MissingData::Object { kind, name: claim.name }, kind)
            }
            ClaimKind::There { claim: c, volume: None, .. } if c.bound && not_whole(Kind::PersistentVolume) => {
                let (kind, name) = (Kind::PersistentVolume, c.volume.unwrap_or_default());
                missing(MissingData::OfClaim { kind, name, claim: c.name }, kind)
            }
            ClaimKind::There { claim: c, class: None, .. } if !c.bound && not_whole(Kind::StorageClass) => {
                let class = c.class.filter(|c| !c.as_str().is_empty())?;
                let kind = Kind::StorageClass;
                missing(MissingData::OfClaim { kind, name: class, claim: c.name }, kind)
            }
            ClaimKind::Ephemeral { class: None, claim: c } if not_whole(Kind::StorageClass) => {
                missing(MissingData::ClassOfVolume { class: c.class, volume: claim.name }, Kind::StorageClass)
            }
            _ => None,
        };
        let mut unknowns: Vec<Arc<Unknown>> = self.claims.iter().filter_map(check).collect();
        let waiting = self.claims.iter().filter_map(|claim| match &claim.kind {
            ClaimKind::There { claim, class: Some(class), .. } if !is_bound(claim) => Some(class),
            ClaimKind::Ephemeral { class: Some(class), .. } => Some(class),
            _ => None,
        });
        for class in waiting {
            // A volume that is there already spares making one; whoever makes one needs room.
            unknowns.extend(match can_provision(class) {
                false => Unknown::denied(self.cluster, Kind::PersistentVolume),
                true => Unknown::denied(self.cluster, Kind::CSIStorageCapacity).filter(|_| self.publishes(class)),
            });
        }
        unknowns
    }

    /// What refuses the pod as a whole. The scheduler stops at the first claim that is lost or going away; that
    /// claims are unbound is told only where none is.
    pub fn before_nodes(&self, found: &mut Vec<Rejection>) {
        let before = found.len();
        for PodClaim { name, kind } in &self.claims {
            match kind {
                ClaimKind::There { claim, .. } if claim.lost => {
                    found.push(Rejection::ClaimLost { claim: *name, volume: claim.volume });
                }
                ClaimKind::There { claim, .. } if claim.terminating => {
                    found.push(Rejection::ClaimTerminating { claim: *name });
                }
                ClaimKind::Ephemeral { .. } => {
                    let denied = self.denied.filter(|denied| !denied.is_of_devices && denied.entry == *name);
                    found.extend(denied.map(|denied| Rejection::ClaimDenied(Arc::clone(denied))));
                }
                _ => {}
            }
        }
        if found.len() > before {
            return;
        }
        for PodClaim { name, kind } in &self.claims {
            let unbound = match kind {
                ClaimKind::There { claim, class, .. } => {
                    let waits = class.is_some_and(|c| c.waits_for_consumer) && claim.volume.is_none();
                    !is_bound(claim) && !waits
                }
                // The claim is made with the pod. One bound at once waits for whoever makes its volume, which is
                // soon unless nobody does.
                ClaimKind::Ephemeral { class, .. } => !class.is_some_and(|c| c.waits_for_consumer || can_provision(c)),
                ClaimKind::Missing | ClaimKind::Unknown => false,
            };
            if unbound {
                found.push(Rejection::ClaimUnbound { claim: *name });
            }
        }
    }

    /// What refuses the node: first for claims that are bound, then for those that wait for their first pod, each in
    /// the order in which the scheduler looks at them.
    pub fn filter(&self, state: &NodeState<'_>, found: &mut Vec<Rejection>) {
        let mut waiting: Vec<(&Claim, &StorageClass)> = Vec::new();
        for PodClaim { name, kind } in &self.claims {
            match kind {
                ClaimKind::There { claim, volume, .. } if is_bound(claim) => match volume {
                    Some(volume) if !reaches(volume, state) => {
                        found.push(Rejection::VolumeAffinity { claim: *name, volume: volume.name });
                    }
                    None => {
                        let volume = claim.volume.unwrap_or_default();
                        found.push(Rejection::VolumeGone { claim: *name, volume });
                    }
                    Some(_) => {}
                },
                ClaimKind::There { claim, class: Some(class), .. } if class.waits_for_consumer => {
                    waiting.push((claim, class));
                }
                ClaimKind::Ephemeral { claim, class: Some(class) } if class.waits_for_consumer => {
                    waiting.push((claim, class));
                }
                _ => {}
            }
        }
        // Those for which another node is chosen, then those for which this one is, then the smallest.
        let elsewhere = |claim: &Claim| claim.selected_node.is_some_and(|selected| selected != state.node.name);
        waiting.sort_by_key(|(c, _)| match c.selected_node {
            Some(_) => (!elsewhere(c), false, Quantity::ZERO),
            None => (true, true, c.storage),
        });
        let mut chosen: Vec<Symbol> = Vec::new();
        for (claim, class) in waiting {
            found.extend(self.unbound(claim, class, state, &mut chosen));
        }
    }

    /// Whether a volume for a claim that waits for its first pod can be found or made on the node.
    fn unbound(
        &self,
        claim: &Claim,
        class: &StorageClass,
        state: &NodeState<'_>,
        chosen: &mut Vec<Symbol>,
    ) -> Option<Rejection> {
        match claim.selected_node {
            Some(selected) if selected != state.node.name => return Some(Rejection::NoVolume { claim: claim.name }),
            Some(_) => {}
            None => {
                if let Some(volume) = self.matching_volume(claim, state, chosen) {
                    chosen.push(volume);
                    return None;
                }
            }
        }
        let topology = class.allowed_topologies.is_empty()
            || class.allowed_topologies.iter().any(|term| {
                term.iter().all(|(key, values)| state.label(*key).is_some_and(|value| values.contains(&value)))
            });
        if !can_provision(class) || !topology {
            return Some(Rejection::NoVolume { claim: claim.name });
        }
        (!self.has_capacity(claim, class, state)).then_some(Rejection::NoStorage { claim: claim.name })
    }

    /// The smallest free volume that suits the claim and can be reached from the node.
    fn matching_volume(&self, claim: &Claim, state: &NodeState<'_>, chosen: &[Symbol]) -> Option<Symbol> {
        let ours = Some((claim.namespace, claim.name));
        let suits = |v: &&PersistentVolume| {
            !v.terminating
                && v.block == claim.block
                && v.capacity >= claim.storage
                && v.class == claim.class.unwrap_or_default()
                && !chosen.contains(&v.name)
                && (v.claim == ours || (v.claim.is_none() && v.available))
                && (v.claim == ours || claim.selector.as_ref().is_none_or(|s| s.matches(&v.labels)))
                && claim.access_modes.iter().all(|mode| v.access_modes.contains(mode))
                && reaches(v, state)
        };
        let volumes = self.cluster.volumes.values().filter(suits);
        volumes.min_by_key(|v| (v.claim != ours, v.capacity, v.name.as_str())).map(|v| v.name)
    }

    /// Whether the class's driver says where it has how much room.
    fn publishes(&self, class: &StorageClass) -> bool {
        self.cluster.csi_drivers.get(&class.provisioner).is_some_and(|d| d.publishes_capacity)
    }

    fn has_capacity(&self, claim: &Claim, class: &StorageClass, state: &NodeState<'_>) -> bool {
        !self.publishes(class)
            || self.cluster.capacities.iter().any(|capacity| {
                capacity.class == class.name
                    && capacity.nodes.as_ref().is_some_and(|nodes| nodes.matches(&state.node.labels))
                    && capacity.largest.or(capacity.capacity).is_some_and(|left| left >= claim.storage)
            })
    }
}

/// Whether a claim is bound for good: it names its volume and the binding is complete.
pub fn is_bound(claim: &Claim) -> bool {
    claim.volume.is_some() && claim.bound
}

/// Whether somebody makes volumes of the class.
fn can_provision(class: &StorageClass) -> bool {
    !matches!(class.provisioner.as_str(), "" | "kubernetes.io/no-provisioner")
}

/// Whether a volume can be reached from a node.
fn reaches(volume: &PersistentVolume, state: &NodeState<'_>) -> bool {
    let terms = volume.node_affinity.as_ref();
    terms.is_none_or(|terms| terms.iter().any(|term| term.matches(state.node.name, &state.node.labels)))
}
