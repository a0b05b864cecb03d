//! What the API server fills in when a pod is created, and not in a DaemonSet's template.
//!
//! `pkg/apis/core/v1/defaults.go` v1.36: limits become requests, ports under host networking become host ports,
//! pod-level limits become pod-level requests. From v1.37 on (gate PodLevelResourcesFixDefaulting) what is pod-level is
//! filled in after the admission plugins that change the pod, and pod-level limits too
//! (`DefaultPodLevelResources`, `pkg/api/pod/util.go`; `PrepareForCreate`, `pkg/registry/core/pod/strategy.go` v1.37.2).

use crate::model::pod::{Requirements, containers_aggregate, is_pod_level_resource};
use crate::model::resources::ResourceList;
use crate::model::{PodSpec, Symbol, Version};

/// Fills in what the admission plugins find.
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
    if fills_in_before_admission(version) {
        let huge = spec.resources.is_some().then(|| huge_page_limits(spec));
        if let (Some(own), Some(huge)) = (spec.resources.as_mut(), huge) {
            huge.iter().for_each(|(name, amount)| own.limits.set_default(name, amount));
        }
        if spec.resources.as_ref().is_some_and(|own| !own.limits.is_empty()) {
            pod_level_requests(spec);
        }
    }
}

/// Fills in what is left once the admission plugins have changed the pod.
pub fn finish(spec: &mut PodSpec, version: Version) {
    let is_empty = |own: &Requirements| own.requests.is_empty() && own.limits.is_empty();
    if fills_in_before_admission(version) || spec.resources.as_ref().is_none_or(is_empty) {
        return;
    }
    let huge = huge_page_limits(spec);
    if let Some(own) = spec.resources.as_mut() {
        let wanted = huge.iter().filter(|(name, _)| own.requests.get(*name).is_none()).collect::<Vec<_>>();
        wanted.into_iter().for_each(|(name, amount)| own.limits.set_default(name, amount));
    }
    pod_level_requests(spec);
    pod_level_limits(spec);
}

fn fills_in_before_admission(version: Version) -> bool {
    !version.at_least(37)
}

fn is_huge_page(name: Symbol) -> bool {
    name.as_str().starts_with("hugepages-")
}

fn huge_page_limits(spec: &PodSpec) -> ResourceList {
    let limits = containers_aggregate(spec, |c| c.resources.limits.clone());
    limits.iter().filter(|(name, _)| is_huge_page(*name)).collect()
}

fn pod_level_requests(spec: &mut PodSpec) {
    let aggregate = containers_aggregate(spec, |c| c.resources.requests.clone());
    let Some(own) = spec.resources.as_mut() else { return };
    for (name, amount) in aggregate.iter() {
        if is_pod_level_resource(name) && !is_huge_page(name) {
            own.requests.set_default(name, amount);
        }
    }
    for (name, amount) in own.limits.clone().iter() {
        if is_pod_level_resource(name) {
            own.requests.set_default(name, amount);
        }
    }
}

/// The larger of the pod's request and its containers' limits, for what every container limits.
fn pod_level_limits(spec: &mut PodSpec) {
    let aggregate = containers_aggregate(spec, |c| c.resources.limits.clone());
    let containers = || spec.containers.iter().chain(&spec.init_containers);
    let is_limited = |name: Symbol| containers().all(|c| c.resources.limits.get(name).is_some());
    let limited: Vec<_> = aggregate.iter().filter(|(name, _)| is_limited(*name)).collect();
    let Some(own) = spec.resources.as_mut() else { return };
    for (name, limits) in limited {
        if let Some(request) = own.requests.get(name).filter(|_| is_pod_level_resource(name)) {
            own.limits.set_default(name, request.max(limits));
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
        let (mut before, mut later) = (spec.clone(), spec.clone());
        apply(&mut spec, Version { minor: 36, ..Version::NEWEST });
        apply(&mut later, Version::NEWEST);
        assert!(later.resources.as_ref().is_some_and(|own| own.requests.is_empty()), "v1.37 waits for admission");
        finish(&mut later, Version::NEWEST);
        assert_eq!(later, spec);
        let sum = Resources::of(&pod_requests(&spec));
        assert_eq!((sum.milli_cpu, sum.memory), (500, 2 << 30));
        apply(&mut before, Version { minor: 33, ..Version::NEWEST });
        assert_eq!(Resources::of(&pod_requests(&before)).memory, 0, "the field is dropped before v1.34");
    }

    #[test]
    fn pod_level_limits_are_filled_in_where_every_container_has_one() {
        let container = |limit: &[(&str, &str)]| Container {
            resources: Requirements { requests: ResourceList::default(), limits: list(limit) },
            ..Default::default()
        };
        let own = || Requirements { requests: list(&[("cpu", "500m"), ("memory", "1Gi")]), limits: list(&[]) };
        let limits = |version: Version, containers: Vec<Container>| {
            let mut spec = PodSpec { containers, resources: Some(own()), ..Default::default() };
            apply(&mut spec, version);
            finish(&mut spec, version);
            spec.resources.unwrap_or_default().limits
        };
        let both = || vec![container(&[("cpu", "200m"), ("memory", "2Gi")]), container(&[("cpu", "100m")])];
        assert_eq!(limits(Version::NEWEST, both()), list(&[("cpu", "500m")]), "the request is larger");
        let large = vec![container(&[("cpu", "1"), ("memory", "2Gi")])];
        assert_eq!(limits(Version::NEWEST, large), list(&[("cpu", "1"), ("memory", "2Gi")]));
        assert!(limits(Version { minor: 36, ..Version::NEWEST }, both()).is_empty());
    }
}
