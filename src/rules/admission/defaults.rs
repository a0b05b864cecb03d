//! What the API server fills in when a pod is created, and not in a DaemonSet's template.
//!
//! `pkg/apis/core/v1/defaults.go` v1.36: limits become requests, ports under host networking become host ports,
//! pod-level limits become pod-level requests.

use crate::model::pod::{containers_aggregate, is_pod_level_resource};
use crate::model::{PodSpec, Version};

/// Fills in.
pub fn apply(spec: &mut PodSpec, version: Version) {
    for container in spec.containers.iter_mut().chain(&mut spec.init_containers) {
        for (name, limit) in container.resources.limits.clone().iter() {
            container.resources.requests.set_default(name, limit);
        }
        for port in &mut container.ports {
            if spec.host_network && port.host_port == 0 {
                port.host_port = port.container_port;
            }
        }
    }
    // Before v1.34 the gate PodLevelResources is off and the field is dropped.
    if !version.at_least(34) {
        spec.resources = None;
    }
    pod_level(spec);
}

fn pod_level(spec: &mut PodSpec) {
    let aggregate = containers_aggregate(spec, |c| c.resources.requests.clone());
    let limits = containers_aggregate(spec, |c| c.resources.limits.clone());
    let Some(own) = spec.resources.as_mut() else { return };
    for (name, amount) in limits.iter().filter(|(name, _)| name.as_str().starts_with("hugepages-")) {
        own.limits.set_default(name, amount);
    }
    if own.limits.is_empty() {
        return;
    }
    for (name, amount) in aggregate.iter() {
        if is_pod_level_resource(name) && !name.as_str().starts_with("hugepages-") {
            own.requests.set_default(name, amount);
        }
    }
    for (name, amount) in own.limits.clone().iter() {
        if is_pod_level_resource(name) {
            own.requests.set_default(name, amount);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::pod::{Container, Port, Requirements, pod_requests};
    use crate::model::resources::ResourceList;
    use crate::model::{Quantity, Resources};

    fn list(amounts: &[(&str, &str)]) -> ResourceList {
        amounts.iter().map(|(name, amount)| ((*name).into(), Quantity::parse(amount).unwrap())).collect()
    }

    #[test]
    fn limits_become_requests_and_ports_become_host_ports() {
        let host_ip = "0.0.0.0".into();
        let port = Port { container_port: 9100, host_port: 0, protocol: "TCP".into(), host_ip, host_ip_given: false };
        let resources =
            Requirements { requests: list(&[("cpu", "100m")]), limits: list(&[("cpu", "1"), ("memory", "1Gi")]) };
        let container = Container { resources, ports: vec![port], ..Default::default() };
        let mut spec = PodSpec { host_network: true, containers: vec![container], ..Default::default() };
        apply(&mut spec, Version::NEWEST);
        let sum = Resources::of(&pod_requests(&spec));
        assert_eq!((sum.milli_cpu, sum.memory), (100, 1 << 30));
        assert_eq!(spec.containers[0].ports[0].host_port, 9100);
    }

    #[test]
    fn pod_level_requests_come_from_containers_then_from_limits() {
        let container = |cpu| Container {
            resources: Requirements { requests: list(&[("cpu", cpu)]), limits: ResourceList::default() },
            ..Default::default()
        };
        let own = Requirements { requests: ResourceList::default(), limits: list(&[("cpu", "2"), ("memory", "2Gi")]) };
        let mut spec = PodSpec {
            containers: vec![container("300m"), container("200m")],
            resources: Some(own),
            ..Default::default()
        };
        let mut before = spec.clone();
        apply(&mut spec, Version::NEWEST);
        let sum = Resources::of(&pod_requests(&spec));
        assert_eq!((sum.milli_cpu, sum.memory), (500, 2 << 30));
        apply(&mut before, Version { minor: 33, ..Version::NEWEST });
        assert_eq!(Resources::of(&pod_requests(&before)).memory, 0, "the field is dropped before v1.34");
    }
}
