//! NodeResourcesFit: what the pod asks for must be free.
//!
//! `pkg/scheduler/framework/plugins/noderesources/fit.go` v1.36. Every resource that is short is told. The number
//! of pods is looked at even for a pod that asks for nothing.

use std::sync::Arc;

use crate::model::pod::{Container, PodSpec, pod_requests};
use crate::model::resources::is_extended_resource;
use crate::model::storage::DeviceClass;
use crate::model::wire::Kind;
use crate::model::{Resources, Symbol};
use crate::rules::verdict::{Rejection, Unknown};
use crate::rules::view::{NodeState, View};

/// Finds every resource that is short.
#[inline]
pub fn filter(asked: &Resources, state: &NodeState<'_>, found: &mut Vec<Rejection>) {
    if !state.free().holds(asked) {
        find_short(asked, state, found);
    }
}

fn find_short(asked: &Resources, state: &NodeState<'_>, found: &mut Vec<Rejection>) {
    let (allocatable, taken) = (&state.node.allocatable, state.requested());
    if taken.pods + 1 > allocatable.pods {
        found.push(Rejection::TooManyPods { allocatable: allocatable.pods, taken: taken.pods });
    }
    let mut check = |resource: &str, asked: i64, allocatable: i64, taken: i64| {
        let free = allocatable.saturating_sub(taken);
        if asked > 0 && asked > free {
            found.push(Rejection::Insufficient { resource: Symbol::new(resource), asked, free, allocatable });
        }
    };
    check("cpu", asked.milli_cpu, allocatable.milli_cpu, taken.milli_cpu);
    check("memory", asked.memory, allocatable.memory, taken.memory);
    check("ephemeral-storage", asked.ephemeral_storage, allocatable.ephemeral_storage, taken.ephemeral_storage);
    for (resource, asked) in &asked.scalar_by_name() {
        let allocatable = allocatable.scalar(*resource);
        let free = allocatable.saturating_sub(taken.scalar(*resource));
        if *asked != 0 && *asked > free {
            found.push(Rejection::Insufficient { resource: *resource, asked: *asked, free, allocatable });
        }
    }
}

/// An extended resource that the pod requests and a DeviceClass provides.
#[derive(Debug, Clone)]
pub struct ClassResource {
    /// The resource.
    pub resource: Symbol,
    /// The class.
    pub class: Symbol,
    /// Whether no other class provides the resource too.
    pub class_is_sure: bool,
    /// What single containers request that run at the same time.
    pub amounts: Vec<u64>,
    /// Whether init containers request it, which share devices with the others.
    pub has_init: bool,
}

/// Extended resources of the pod that device classes stand for (gate DRAExtendedResource, on since v1.36).
pub fn device_class_resources(view: &View<'_>, spec: &PodSpec) -> Vec<ClassResource> {
    if !view.version.at_least(36) || view.cluster.device_classes.is_empty() {
        return Vec::new();
    }
    let requests = Resources::of(&pod_requests(spec));
    let of_resource = |(resource, _): &(Symbol, i64)| {
        let provides = |class: &&DeviceClass| {
            class.extended_resource == Some(*resource)
                || resource.as_str().strip_prefix("deviceclass.resource.kubernetes.io/") == Some(class.name.as_str())
        };
        let mut classes = view.cluster.device_classes.iter().filter(provides);
        let class = classes.next()?.name;
        let amount = |container: &Container| {
            let amount = container.resources.requests.get(*resource)?;
            u64::try_from(amount.value()).ok().filter(|amount| *amount > 0)
        };
        let is_long = |container: &&Container| container.restartable;
        let long = spec.containers.iter().chain(spec.init_containers.iter().filter(is_long));
        Some(ClassResource {
            resource: *resource,
            class,
            class_is_sure: classes.next().is_none(),
            amounts: long.filter_map(amount).collect(),
            has_init: spec.init_containers.iter().filter(|c| !is_long(c)).any(|c| amount(c).is_some()),
        })
    };
    requests.scalar_by_name().iter().filter(|(_, amount)| *amount > 0).filter_map(of_resource).collect()
}

/// Device classes may stand for what nodes lack, and may not be seen.
pub fn device_classes_unseen(view: &View<'_>) -> Option<Arc<Unknown>> {
    Unknown::denied(view.cluster, Kind::DeviceClass).filter(|_| view.version.at_least(36))
}

/// Whether the pod asks for an extended resource that the node does not have at all.
pub fn lacks_any(asked: &Resources, state: &NodeState<'_>) -> bool {
    lacking(&asked.scalar, state).any(|name| is_extended_resource(name.as_str()))
}

/// Scalar resources that are asked for and that the node does not have at all.
fn lacking(asked: &[(Symbol, i64)], state: &NodeState<'_>) -> impl Iterator<Item = Symbol> {
    let lacks = |(name, amount): &&(Symbol, i64)| *amount > 0 && state.node.allocatable.scalar(*name) == 0;
    asked.iter().filter(lacks).map(|(name, _)| *name)
}

/// The resources that the node does not have and that the scheduler therefore leaves to DRA.
pub fn left_to_device_classes<'r>(resources: &'r [ClassResource], state: &NodeState<'_>) -> Vec<&'r ClassResource> {
    resources.iter().filter(|resource| state.node.allocatable.scalar(resource.resource) == 0).collect()
}
