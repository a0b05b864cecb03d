//! Which devices a node can use, and which of them claims have.
//!
//! `GatherPools`, `staging/src/k8s.io/dynamic-resource-allocation/structured/internal/incubating/pools_incubating.go` v0.36,
//! and `foreachAllocatedDevice`, `pkg/scheduler/framework/plugins/dynamicresources/allocateddevices.go` v1.37.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use crate::model::devices::{Device, DeviceId, DeviceNodes, ResourceClaim, ResourceSlice};
use crate::model::{Node, Symbol};
use crate::store::Cluster;

/// The ResourceSlices by the node they name.
#[derive(Default)]
pub struct Slices<'a> {
    /// The newest generation of each pool by driver and name, with how many slices it has.
    newest: HashMap<(Symbol, Symbol), (i64, i64)>,
    of_node: HashMap<Symbol, Vec<&'a ResourceSlice>>,
    others: Vec<&'a ResourceSlice>,
}

/// The devices of a node.
pub struct Pools<'a> {
    /// Each with its slice, by name.
    pub devices: Vec<(&'a ResourceSlice, &'a Device)>,
    /// Whether slices of a pool are missing.
    pub is_incomplete: bool,
}

impl<'a> Slices<'a> {
    /// Sorts the slices of a cluster.
    pub fn of(all: &'a HashMap<Symbol, ResourceSlice>) -> Self {
        let mut slices = Slices::default();
        for slice in all.values() {
            let (generation, count) = slices.newest.entry((slice.driver, slice.pool)).or_insert((slice.generation, 0));
            match slice.generation.cmp(generation) {
                Ordering::Greater => (*generation, *count) = (slice.generation, 1),
                Ordering::Equal => *count += 1,
                Ordering::Less => {}
            }
            match &slice.nodes {
                Some(DeviceNodes::Named(node)) => slices.of_node.entry(*node).or_default().push(slice),
                _ => slices.others.push(slice),
            }
        }
        slices
    }

    /// The devices that the node can use (`GatherPools`): of each pool the newest generation, if all its slices are there.
    pub fn pools(&self, node: &Node) -> Pools<'a> {
        let own = self.of_node.get(&node.name).into_iter().flatten();
        let relevant = own.chain(self.others.iter().filter(|slice| reaches(slice, node)));
        let mut by_pool: HashMap<(Symbol, Symbol), Vec<&'a ResourceSlice>> = HashMap::new();
        for slice in relevant {
            let pool = by_pool.entry((slice.driver, slice.pool)).or_default();
            match pool.first().map(|first| first.generation.cmp(&slice.generation)) {
                Some(Ordering::Greater) => {}
                Some(Ordering::Less) => *pool = vec![slice],
                _ => pool.push(slice),
            }
        }
        let mut pools = Pools { devices: Vec::new(), is_incomplete: false };
        for ((driver, name), slices) in by_pool {
            let first = slices[0];
            if slices.len() as i64 != first.pool_slices {
                // Of a generation that the driver is replacing nothing counts.
                let (generation, count) = self.newest.get(&(driver, name)).copied().unwrap_or_default();
                if generation > first.generation {
                    continue;
                }
                if count != first.pool_slices {
                    pools.is_incomplete = true;
                    continue;
                }
            }
            for slice in slices {
                let can_use = |device: &&'a Device| {
                    slice.nodes.is_some() || device.nodes.as_ref().is_some_and(|nodes| is_of(nodes, node))
                };
                pools.devices.extend(slice.devices.iter().filter(can_use).map(|device| (slice, device)));
            }
        }
        pools.devices.sort_by_key(|(slice, device)| (slice.name.as_str(), device.name.as_str()));
        pools
    }
}

fn is_of(nodes: &DeviceNodes, node: &Node) -> bool {
    match nodes {
        DeviceNodes::Named(name) => *name == node.name,
        DeviceNodes::All => true,
        DeviceNodes::Selected(terms) => terms.iter().any(|term| term.matches(node.name, &node.labels)),
    }
}

/// Whether the node can use any device of a slice.
fn reaches(slice: &ResourceSlice, node: &Node) -> bool {
    match &slice.nodes {
        Some(nodes) => is_of(nodes, node),
        None => slice.devices.iter().any(|device| device.nodes.as_ref().is_some_and(|nodes| is_of(nodes, node))),
    }
}

/// The devices that claims have, but for those of pods that the new ones replace (`own`): their claims go with them.
pub fn in_use(cluster: &Cluster, namespace: Symbol, own: &HashSet<&str>) -> HashSet<DeviceId> {
    let goes = |claim: &ResourceClaim| {
        claim.namespace == namespace
            && !claim.reserved_for.is_empty()
            && claim.reserved_for.iter().all(|pod| own.contains(pod.as_str()))
    };
    let held = cluster.resource_claims.values().filter(|claim| !goes(claim));
    held.filter_map(|claim| claim.allocation.as_ref()).flat_map(|a| a.devices.iter().copied()).collect()
}
