//! Objects of dynamic resource allocation, in the forms of v1, v1beta2 and v1beta1.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::model::Symbol;
use crate::model::devices::{
    Allocation, AttributeValue, Device, DeviceNodes, DeviceRequest, DeviceSelector, ExactRequest, ResourceClaim,
    ResourceSlice,
};
use crate::model::nullable::Nullable;
use crate::model::storage::DeviceClass;
use crate::model::taint::{Effect, Taint};
use crate::model::wire::meta::{Meta, non_empty};
use crate::model::wire::selector::{NodeSelector, WireToleration};

/// A DeviceClass.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WireDeviceClass {
    pub metadata: Meta,
    spec: Nullable<WireDeviceClassSpec>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireDeviceClassSpec {
    extended_resource_name: Option<Symbol>,
    selectors: Nullable<Vec<WireSelector>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireSelector {
    cel: Option<WireExpression>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireExpression {
    expression: Nullable<String>,
}

fn selectors(wire: Vec<WireSelector>) -> Vec<DeviceSelector> {
    let parse = |selector: WireSelector| match selector.cel {
        Some(cel) => DeviceSelector::parse(cel.expression.as_str()),
        None => DeviceSelector::default(),
    };
    wire.into_iter().map(parse).collect()
}

impl From<WireDeviceClass> for DeviceClass {
    fn from(wire: WireDeviceClass) -> Self {
        DeviceClass {
            name: wire.metadata.symbol(),
            extended_resource: non_empty(wire.spec.0.extended_resource_name),
            selectors: selectors(wire.spec.0.selectors.0),
        }
    }
}

/// A ResourceClaim.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WireResourceClaim {
    pub metadata: Meta,
    spec: Nullable<WireClaimSpec>,
    status: Nullable<WireClaimStatus>,
}

/// A ResourceClaimTemplate.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WireClaimTemplate {
    pub metadata: Meta,
    spec: Nullable<WireTemplateSpec>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireTemplateSpec {
    spec: Nullable<WireClaimSpec>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireClaimSpec {
    devices: Nullable<WireDeviceClaim>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireDeviceClaim {
    requests: Nullable<Vec<WireRequest>>,
    constraints: Nullable<Vec<IgnoredAny>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireRequest {
    name: Nullable<Symbol>,
    exactly: Option<WireExact>,
    first_available: Nullable<Vec<WireExact>>,
    /// v1beta1 has the fields of `exactly` here.
    #[serde(flatten)]
    flat: WireExact,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireExact {
    #[serde(rename = "name")]
    own_name: Option<Symbol>,
    device_class_name: Option<Symbol>,
    allocation_mode: Option<Symbol>,
    count: Option<i64>,
    admin_access: Option<bool>,
    selectors: Nullable<Vec<WireSelector>>,
    tolerations: Nullable<Vec<WireToleration>>,
    capacity: Option<IgnoredAny>,
}

impl WireExact {
    /// `None` for a mode that is not known, or without a class.
    fn narrow(self, name: Symbol) -> Option<ExactRequest> {
        let count = match self.allocation_mode.map_or("ExactCount", Symbol::as_str) {
            "" | "ExactCount" => Some(u64::try_from(self.count.unwrap_or(1)).ok()?),
            "All" => None,
            _ => return None,
        };
        Some(ExactRequest {
            name,
            class: non_empty(self.device_class_name)?,
            count,
            admin_access: self.admin_access == Some(true),
            selectors: selectors(self.selectors.0),
            tolerations: self.tolerations.0.into_iter().map(Into::into).collect(),
            asks_capacity: self.capacity.is_some(),
        })
    }
}

impl From<WireRequest> for DeviceRequest {
    fn from(wire: WireRequest) -> Self {
        let name = wire.name.0;
        if !wire.first_available.is_empty() {
            let alternatives = wire.first_available.0.into_iter();
            let all: Option<Vec<ExactRequest>> =
                alternatives.map(|exact| exact.own_name.and_then(|own| exact.narrow(own))).collect();
            return all.map_or(DeviceRequest::Unknown(name), |all| DeviceRequest::FirstAvailable(name, all));
        }
        let exact = wire.exactly.unwrap_or(wire.flat);
        exact.narrow(name).map_or(DeviceRequest::Unknown(name), DeviceRequest::Exactly)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireClaimStatus {
    allocation: Option<WireAllocation>,
    reserved_for: Nullable<Vec<WireConsumer>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireConsumer {
    resource: Nullable<Symbol>,
    name: Nullable<Symbol>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireAllocation {
    devices: Nullable<WireAllocated>,
    node_selector: Option<NodeSelector>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireAllocated {
    results: Nullable<Vec<WireResult>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireResult {
    driver: Nullable<Symbol>,
    pool: Nullable<Symbol>,
    device: Nullable<Symbol>,
    admin_access: Option<bool>,
    #[serde(rename = "shareID")]
    share_id: Option<Symbol>,
}

impl From<WireAllocation> for Allocation {
    fn from(wire: WireAllocation) -> Self {
        // A share of a device, and access for administration, leave the device to others.
        let is_held = |result: &WireResult| result.admin_access != Some(true) && result.share_id.is_none();
        let results = wire.devices.0.results.0.into_iter();
        Allocation {
            devices: results.filter(is_held).map(|r| (r.driver.0, r.pool.0, r.device.0)).collect(),
            nodes: wire.node_selector.map(Into::into),
        }
    }
}

impl From<WireResourceClaim> for ResourceClaim {
    fn from(wire: WireResourceClaim) -> Self {
        let status = wire.status.0;
        let pods = status.reserved_for.0.into_iter().filter(|consumer| consumer.resource.as_str() == "pods");
        ResourceClaim {
            namespace: wire.metadata.namespace.0,
            name: wire.metadata.symbol(),
            terminating: wire.metadata.deletion_timestamp.0.is_some(),
            allocation: status.allocation.map(Into::into),
            owner: wire.metadata.owner_references.controller().map(|pod| Symbol::new(pod.name.as_str())),
            reserved_for: pods.map(|consumer| consumer.name.0).collect(),
            ..of_spec(wire.spec.0)
        }
    }
}

impl From<WireClaimTemplate> for ResourceClaim {
    fn from(wire: WireClaimTemplate) -> Self {
        ResourceClaim {
            namespace: wire.metadata.namespace.0,
            name: wire.metadata.symbol(),
            ..of_spec(wire.spec.0.spec.0)
        }
    }
}

fn of_spec(spec: WireClaimSpec) -> ResourceClaim {
    let devices = spec.devices.0;
    ResourceClaim {
        requests: devices.requests.0.into_iter().map(Into::into).collect(),
        is_constrained: !devices.constraints.is_empty(),
        ..ResourceClaim::default()
    }
}

/// A ResourceSlice.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WireResourceSlice {
    pub metadata: Meta,
    spec: Nullable<WireSliceSpec>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireSliceSpec {
    driver: Nullable<Symbol>,
    pool: Nullable<WirePool>,
    node_name: Option<Symbol>,
    all_nodes: Option<bool>,
    node_selector: Option<NodeSelector>,
    devices: Nullable<Vec<WireDevice>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WirePool {
    name: Nullable<Symbol>,
    generation: Nullable<i64>,
    resource_slice_count: Nullable<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireDevice {
    name: Nullable<Symbol>,
    /// v1beta1 has the fields of a device here.
    basic: Option<WireDeviceFields>,
    #[serde(flatten)]
    flat: WireDeviceFields,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireDeviceFields {
    attributes: Nullable<BTreeMap<String, WireAttribute>>,
    taints: Nullable<Vec<WireDeviceTaint>>,
    node_name: Option<Symbol>,
    all_nodes: Option<bool>,
    node_selector: Option<NodeSelector>,
    consumes_counters: Nullable<Vec<IgnoredAny>>,
    allow_multiple_allocations: Option<bool>,
    binding_conditions: Nullable<Vec<IgnoredAny>>,
    node_allocatable_resources: Option<IgnoredAny>,
    node_allocatable_resource_mappings: Option<IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireAttribute {
    string: Option<Symbol>,
    int: Option<i64>,
    bool: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireDeviceTaint {
    key: Nullable<Symbol>,
    value: Nullable<Symbol>,
    effect: Nullable<String>,
}

fn nodes(name: Option<Symbol>, all: Option<bool>, selector: Option<NodeSelector>) -> Option<DeviceNodes> {
    match (non_empty(name), all, selector) {
        (Some(name), ..) => Some(DeviceNodes::Named(name)),
        (None, Some(true), _) => Some(DeviceNodes::All),
        (None, _, Some(selector)) => Some(DeviceNodes::Selected(selector.into())),
        (None, _, None) => None,
    }
}

impl From<WireDevice> for Device {
    fn from(wire: WireDevice) -> Self {
        let fields = wire.basic.unwrap_or(wire.flat);
        let value = |attribute: &WireAttribute| {
            let text = attribute.string.map(AttributeValue::Text);
            text.or(attribute.int.map(AttributeValue::Number)).or(attribute.bool.map(AttributeValue::Flag))
        };
        let taint = |wire: &WireDeviceTaint| {
            let effect = Effect::parse(wire.effect.as_str()).filter(|effect| *effect != Effect::PreferNoSchedule)?;
            Some(Taint { key: wire.key.0, value: wire.value.0, effect })
        };
        let is_composite = !fields.consumes_counters.is_empty()
            || fields.allow_multiple_allocations == Some(true)
            || !fields.binding_conditions.is_empty()
            || fields.node_allocatable_resources.is_some()
            || fields.node_allocatable_resource_mappings.is_some();
        Device {
            name: wire.name.0,
            attributes: fields.attributes.0.iter().filter_map(|(key, a)| Some((Symbol::new(key), value(a)?))).collect(),
            taints: fields.taints.iter().filter_map(taint).collect(),
            nodes: nodes(fields.node_name, fields.all_nodes, fields.node_selector),
            is_composite,
        }
    }
}

impl From<WireResourceSlice> for ResourceSlice {
    fn from(wire: WireResourceSlice) -> Self {
        let spec = wire.spec.0;
        let pool = spec.pool.0;
        ResourceSlice {
            name: wire.metadata.symbol(),
            driver: spec.driver.0,
            pool: pool.name.0,
            generation: pool.generation.0,
            pool_slices: pool.resource_slice_count.0,
            nodes: nodes(spec.node_name, spec.all_nodes, spec.node_selector),
            devices: spec.devices.0.into_iter().map(Into::into).collect(),
        }
    }
}
