//! What a pod holds by name: ports of its node, claims of its namespace.

use crate::model::pod::{Pod, PodSpec, Port, Volume};
use crate::model::{Symbol, Version};

/// The host ports that a spec holds on its node. Native sidecars' ports count from v1.34 on.
pub fn host_ports(spec: &PodSpec, version: Version) -> impl Iterator<Item = Port> + '_ {
    let sidecars = spec.init_containers.iter().filter(move |c| c.restartable && version.at_least(34));
    spec.containers.iter().chain(sidecars).flat_map(|c| &c.ports).filter(|p| p.host_port > 0).copied()
}

/// The claim behind a pod's volume: named, or made for the pod.
pub fn claim_of(pod: &Pod, volume: &Volume) -> Option<Symbol> {
    match volume {
        Volume::Claim(name) => Some(*name),
        Volume::Ephemeral(claim) => Some(Symbol::new(&format!("{}-{}", pod.name, claim.name))),
        Volume::Disk(_) => None,
    }
}
