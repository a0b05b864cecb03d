//! NodeResourcesFit: what the pod asks for must be free.
//!
//! `pkg/scheduler/framework/plugins/noderesources/fit.go` v1.36. Every resource that is short is told. The number
//! of pods is looked at even for a pod that asks for nothing.

use std::sync::Arc;

use crate::model::resources::is_extended_resource;
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

/// Extended resources that device classes stand for (gate DRAExtendedResource, on since v1.36).
pub fn device_class_resources(view: &View<'_>) -> Vec<(Symbol, Symbol)> {
    if !view.version.at_least(36) || !view.cluster.coverage(Kind::DeviceClass).is_whole() {
        return Vec::new();
    }
    let classes = view.cluster.device_classes.iter();
    classes
        .flat_map(|class| {
            let implied = Symbol::new(&format!("deviceclass.resource.kubernetes.io/{}", class.name));
            class.extended_resource.into_iter().chain([implied]).map(|resource| (resource, class.name))
        })
        .collect()
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

/// A resource that the node does not have and that the scheduler therefore leaves to DRA.
pub fn left_to_device_class(asked: &Resources, classes: &[(Symbol, Symbol)], state: &NodeState<'_>) -> Option<Unknown> {
    if classes.is_empty() {
        return None;
    }
    lacking(&asked.scalar_by_name(), state).find_map(|name| {
        let (resource, class) = classes.iter().find(|(resource, _)| *resource == name)?;
        Some(Unknown::DeviceClass { resource: *resource, class: *class })
    })
}
