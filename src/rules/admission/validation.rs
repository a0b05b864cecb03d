//! What the API server refuses because requests and limits contradict each other, a term names a label key twice, or
//! containers take the same port of the node.
//!
//! `pkg/apis/core/validation/validation.go` v1.36. A template that passes when the DaemonSet is stored can still fail
//! as a pod: after limit ranges filled in, or where pod-level requests are less than the containers' together, which
//! only pods are checked for.

use std::collections::HashSet;

use crate::model::daemonset::LabelKeys;
use crate::model::pod::{Container, Port, containers_aggregate, is_pod_level_resource};
use crate::model::resources::is_extended_resource;
use crate::model::{Labels, PodSpec, Symbol, Version};
use crate::rules::verdict::{Contradiction, CreationRefusal, ResourceContradiction};

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
    // Init containers may have higher limits than the pod, but for huge pages.
    for container in &spec.containers {
        for (resource, amount) in container.resources.limits.iter().filter(|(name, _)| is_pod_level_resource(*name)) {
            if let Some(bound) = own.limits.get(resource).filter(|limit| *limit < amount) {
                add(Some(container.name), resource, amount, bound, Contradiction::LimitAbovePod);
            }
        }
    }
    let limits = containers_aggregate(spec, |c| c.resources.limits.clone());
    for (resource, together) in limits.iter().filter(|(name, _)| name.as_str().starts_with("hugepages-")) {
        if let Some(amount) = own.limits.get(resource).filter(|limit| *limit < together) {
            add(None, resource, amount, together, Contradiction::LimitBelowContainers);
        }
    }
}

/// Finds every port of the node that containers take twice. Init containers run one after another, so that each is looked
/// at alone.
///
/// `AccumulateUniqueHostPorts`. With the node's network a port of the container becomes one of the node in pods only
/// (`defaultHostNetworkPorts`): the DaemonSet is accepted, its pods are not.
pub fn host_ports(spec: &PodSpec) -> Option<CreationRefusal> {
    let mut found: Vec<(Symbol, Port)> = Vec::new();
    for containers in std::iter::once(&*spec.containers).chain(spec.init_containers.chunks(1)) {
        let mut taken = HashSet::new();
        for container in containers {
            for port in container.ports.iter().filter(|port| port.host_port != 0) {
                let address = port.host_ip_given.then_some(port.host_ip);
                if !taken.insert((port.protocol, address, port.host_port)) {
                    found.push((container.name, *port));
                }
            }
        }
    }
    (!found.is_empty()).then_some(CreationRefusal::RepeatedHostPorts { ports: found })
}

/// Finds every label key that a term names twice.
///
/// `ValidateMatchLabelKeysAndMismatchLabelKeys`, the same from v1.33 to v1.37: before it the API server adds to the
/// selector of each term an expression for every key of `matchLabelKeys` that the pod has a label for
/// (`applyMatchLabelKeysAndMismatchLabelKeys`, `pkg/registry/core/pod/strategy.go`), so that a key which the selector had
/// already is found twice. Of the template nothing is merged: the DaemonSet is accepted, its pods are not. Spread
/// constraints are treated so since v1.34 (`MatchLabelKeysInPodTopologySpreadSelectorMerge`); before,
/// `ValidateMatchLabelKeysInTopologySpread` refuses such a key wherever it stands, with a label or without.
pub fn label_keys(terms: &[LabelKeys], labels: &Labels, version: Version) -> Option<CreationRefusal> {
    let mut found: Vec<(String, Symbol)> = Vec::new();
    for term in terms {
        let merges = !term.spread || version.at_least(34);
        for key in &term.keys {
            let times = |keys: &[Symbol]| keys.iter().filter(|k| *k == key).count();
            let repeated = match merges {
                true if labels.get(*key).is_some() => times(&term.selected) + times(&term.keys) > 1,
                true => times(&term.selected) > 1,
                false => times(&term.selected) > 0,
            };
            let told = (term.field.clone(), *key);
            if repeated && !found.contains(&told) {
                found.push(told);
            }
        }
    }
    (!found.is_empty()).then_some(CreationRefusal::RepeatedLabelKeys { terms: found })
}

/// Whether more of a resource may be limited than requested: not huge pages, not extended resources.
fn may_be_overcommitted(resource: Symbol) -> bool {
    !is_extended_resource(resource.as_str()) && !resource.as_str().starts_with("hugepages-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Quantity;
    use crate::model::pod::Requirements;
    use crate::model::resources::ResourceList;

    fn resources(request: &str, limit: &str) -> Requirements {
        let list = |amount: &str| match amount {
            "" => ResourceList::default(),
            amount => [("cpu".into(), Quantity::parse(amount).unwrap())].into_iter().collect(),
        };
        Requirements { requests: list(request), limits: list(limit) }
    }

    #[test]
    fn label_keys_that_stand_twice() {
        let labels: Labels = [("app", "web"), ("tier", "front")].into_iter().collect();
        let term = |spread, keys: &[&str], selected: &[&str]| {
            let all = |keys: &[&str]| keys.iter().map(|key| Symbol::new(key)).collect();
            LabelKeys { field: "here".to_owned(), spread, keys: all(keys), selected: all(selected) }
        };
        for (term, since_34, before) in [
            (term(false, &["app"], &["app"]), &["app"][..], &["app"][..]),
            (term(false, &["app"], &["tier"]), &[], &[]),
            (term(false, &["app", "tier"], &["tier", "app"]), &["app", "tier"], &["app", "tier"]),
            // The pod has no such label: nothing is merged.
            (term(false, &["zone"], &["zone"]), &[], &[]),
            (term(false, &["app", "app"], &["tier"]), &["app"], &["app"]),
            (term(true, &["app", "app"], &["tier"]), &["app"], &[]),
            (term(false, &["app"], &["tier", "tier"]), &[], &[]),
            (term(true, &["app"], &["app"]), &["app"], &["app"]),
            (term(true, &["zone"], &["zone"]), &[], &["zone"]),
        ] {
            for (minor, expected) in [(33, before), (34, since_34), (37, since_34)] {
                let version = Version { major: 1, minor, patch: 0 };
                let mut keys: Vec<_> = match label_keys(std::slice::from_ref(&term), &labels, version) {
                    Some(CreationRefusal::RepeatedLabelKeys { terms }) => terms.iter().map(|t| t.1.as_str()).collect(),
                    _ => Vec::new(),
                };
                keys.sort_unstable();
                assert_eq!(keys, expected, "v1.{minor}: {term:?}");
            }
        }
    }

    #[test]
    fn ports_of_the_node_that_are_taken_twice() {
        let port = |number: u16, protocol: &str, address: &str| Port {
            container_port: number,
            host_port: number,
            protocol: protocol.into(),
            host_ip: if address.is_empty() { "0.0.0.0" } else { address }.into(),
            host_ip_given: !address.is_empty(),
        };
        let container = |ports: &[Port]| Container { ports: ports.to_vec(), ..Default::default() };
        let (tcp, udp, zero) = (port(80, "TCP", ""), port(80, "UDP", ""), port(0, "TCP", ""));
        let (every, one) = (port(80, "TCP", "0.0.0.0"), port(80, "TCP", "127.0.0.1"));
        for (containers, init_containers, expected) in [
            (vec![container(&[tcp, tcp])], vec![], 1),
            (vec![container(&[tcp]), container(&[udp, tcp])], vec![], 1),
            (vec![container(&[tcp, udp, zero, zero])], vec![], 0),
            // The server compares the addresses as they are written.
            (vec![container(&[tcp, every, one])], vec![], 0),
            (vec![container(&[one, one, one])], vec![], 2),
            (vec![container(&[tcp])], vec![container(&[tcp]), container(&[tcp])], 0),
            (vec![], vec![container(&[tcp, tcp])], 1),
        ] {
            let spec = PodSpec { containers, init_containers, ..Default::default() };
            let found = match host_ports(&spec) {
                Some(CreationRefusal::RepeatedHostPorts { ports }) => ports.len(),
                _ => 0,
            };
            assert_eq!(found, expected, "{spec:?}");
        }
    }

    #[test]
    fn an_init_container_may_have_a_higher_limit_than_the_pod() {
        let container = |limit: &str| Container { resources: resources("", limit), ..Default::default() };
        let spec = |init: &str, main: &str| PodSpec {
            containers: vec![container(main)],
            init_containers: vec![container(init)],
            resources: Some(resources("", "1")),
            ..Default::default()
        };
        assert!(validate(&spec("2", "1")).is_none());
        assert!(validate(&spec("1", "2")).is_some());
        let huge = |amount: &str| -> ResourceList {
            [("hugepages-2Mi".into(), Quantity::parse(amount).unwrap())].into_iter().collect()
        };
        let of = |amount: &str| Requirements { requests: huge(amount), limits: huge(amount) };
        let mut spec = PodSpec { resources: Some(of("4Mi")), ..Default::default() };
        spec.containers = vec![Container { resources: of("2Mi"), ..Default::default() }; 2];
        assert!(validate(&spec).is_none());
        spec.containers.push(spec.containers[0].clone());
        let Some(CreationRefusal::Invalid { contradictions }) = validate(&spec) else { panic!("6Mi are not in 4Mi") };
        assert!(contradictions.iter().any(|c| c.kind == Contradiction::LimitBelowContainers), "{contradictions:?}");
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
