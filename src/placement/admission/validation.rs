//! What the API server refuses because requests and limits contradict each other.
//!
//! `pkg/apis/core/validation/validation.go` v1.36. A template that passes when the DaemonSet is stored can still fail
//! as a pod: after limit ranges filled in, or where pod-level requests are less than the containers' together, which
//! only pods are checked for.

use crate::facts::pod::{Container, containers_aggregate, is_pod_level_resource};
use crate::facts::resources::is_extended_resource;
use crate::facts::{PodSpec, Symbol};
use crate::placement::verdict::{Contradiction, CreationRefusal, ResourceContradiction};

/// Finds every contradiction.
pub fn validate(spec: &PodSpec) -> Option<CreationRefusal> {
    let mut found = Vec::new();
    for container in spec.containers.iter().chain(&spec.init_containers) {
        of_container(container, &mut found);
    }
    of_pod(spec, &mut found);
    (!found.is_empty()).then_some(CreationRefusal::Invalid { contradictions: found })
}

fn of_container(container: &Container, found: &mut Vec<ResourceContradiction>) {
    for (resource, amount) in container.resources.requests.iter() {
        let Some(bound) = container.resources.limits.get(resource) else { continue };
        let kind = match amount.cmp(&bound) {
            std::cmp::Ordering::Greater => Contradiction::RequestAboveLimit,
            std::cmp::Ordering::Less if !may_be_overcommitted(resource) => Contradiction::RequestBelowLimit,
            _ => continue,
        };
        found.push(ResourceContradiction { container: Some(container.name), resource, amount, bound, kind });
    }
}

fn of_pod(spec: &PodSpec, found: &mut Vec<ResourceContradiction>) {
    let Some(own) = &spec.resources else { return };
    let mut add = |container, resource, amount, bound, kind| {
        found.push(ResourceContradiction { container, resource, amount, bound, kind });
    };
    let together = containers_aggregate(spec, |c| c.resources.requests.clone());
    for (resource, amount) in own.requests.iter() {
        if let Some(bound) = together.get(resource).filter(|sum| *sum > amount) {
            add(None, resource, amount, bound, Contradiction::BelowContainers);
        }
        if let Some(bound) = own.limits.get(resource).filter(|limit| *limit < amount) {
            add(None, resource, amount, bound, Contradiction::RequestAboveLimit);
        }
    }
    for container in spec.containers.iter().chain(&spec.init_containers) {
        for (resource, amount) in container.resources.limits.iter().filter(|(name, _)| is_pod_level_resource(*name)) {
            if let Some(bound) = own.limits.get(resource).filter(|limit| *limit < amount) {
                add(Some(container.name), resource, amount, bound, Contradiction::LimitAbovePod);
            }
        }
    }
}

/// Whether more of a resource may be limited than requested: not huge pages, not extended resources.
fn may_be_overcommitted(resource: Symbol) -> bool {
    !is_extended_resource(resource.as_str()) && !resource.as_str().starts_with("hugepages-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Quantity;
    use crate::facts::pod::Requirements;
    use crate::facts::resources::ResourceList;

    fn resources(request: &str, limit: &str) -> Requirements {
        let list = |amount: &str| match amount {
            "" => ResourceList::default(),
            amount => [("cpu".into(), Quantity::parse(amount).unwrap())].into_iter().collect(),
        };
        Requirements { requests: list(request), limits: list(limit) }
    }

    #[test]
    fn requests_and_limits_that_contradict() {
        use Contradiction::{BelowContainers, LimitAbovePod, RequestAboveLimit};
        for (container, pod, expected) in [
            (resources("1", "2"), None, &[][..]),
            (resources("3", "2"), None, &[RequestAboveLimit]),
            (resources("2", ""), Some(resources("1", "")), &[BelowContainers]),
            (resources("1", "4"), Some(resources("1", "2")), &[LimitAbovePod]),
            (resources("", ""), Some(resources("3", "2")), &[RequestAboveLimit]),
        ] {
            let containers = vec![Container { resources: container, ..Default::default() }];
            let spec = PodSpec { containers, resources: pod, ..Default::default() };
            let kinds: Vec<_> = match validate(&spec) {
                Some(CreationRefusal::Invalid { contradictions }) => contradictions.iter().map(|c| c.kind).collect(),
                _ => Vec::new(),
            };
            assert_eq!(kinds, expected, "{spec:?}");
        }
    }
}
