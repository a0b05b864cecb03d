//! Nodes.

use serde::Deserialize;

use crate::model::Symbol;
use crate::model::node::{ConditionStatus, Node, NodeConditions, NodeInfo, RuntimeHandler};
use crate::model::nullable::Nullable;
use crate::model::resources::{ResourceList, Resources};
use crate::model::wire::meta::{LeanMeta, Time, cut_middle};
use crate::model::wire::selector::WireTaint;

/// Bytes kept of the message of a Ready condition that is not True.
const MAX_MESSAGE_BYTES: usize = 1024;

/// A node.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WireNode {
    pub metadata: LeanMeta,
    spec: Nullable<WireNodeSpec>,
    status: Nullable<WireNodeStatus>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireNodeSpec {
    unschedulable: Nullable<bool>,
    taints: Nullable<Vec<WireTaint>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireNodeStatus {
    allocatable: ResourceList,
    conditions: Nullable<Vec<WireNodeCondition>>,
    node_info: Nullable<WireNodeInfo>,
    declared_features: Nullable<Vec<Symbol>>,
    features: Nullable<WireNodeFeatures>,
    runtime_handlers: Nullable<Vec<WireRuntimeHandler>>,
    addresses: Nullable<Vec<WireAddress>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireAddress {
    #[serde(rename = "type")]
    kind: Nullable<Symbol>,
    address: Nullable<Symbol>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireNodeFeatures {
    supplemental_groups_policy: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireRuntimeHandler {
    name: Nullable<Symbol>,
    features: Option<WireHandlerFeatures>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireHandlerFeatures {
    recursive_read_only_mounts: Option<bool>,
    user_namespaces: Option<bool>,
}

impl WireRuntimeHandler {
    fn narrow(self) -> RuntimeHandler {
        let features = self.features.unwrap_or_default();
        RuntimeHandler {
            name: self.name.0,
            recursive_read_only: features.recursive_read_only_mounts,
            user_namespaces: features.user_namespaces,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireNodeCondition {
    #[serde(rename = "type")]
    kind: Nullable<Symbol>,
    status: Nullable<Symbol>,
    reason: Option<Symbol>,
    message: Option<String>,
    last_transition_time: Time,
    last_heartbeat_time: Time,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireNodeInfo {
    kubelet_version: Option<Symbol>,
    os_image: Option<Symbol>,
    kernel_version: Option<Symbol>,
    container_runtime_version: Option<Symbol>,
    architecture: Option<Symbol>,
}

/// The IP addresses among all.
fn addresses(all: Vec<WireAddress>) -> Box<[Symbol]> {
    all.into_iter().filter(|address| address.kind.as_str().ends_with("IP")).map(|address| address.address.0).collect()
}

impl From<WireNode> for Node {
    fn from(wire: WireNode) -> Self {
        let status = wire.status.0;
        let mut conditions = NodeConditions::default();
        let mut troubles = Vec::new();
        for condition in status.conditions.0 {
            conditions.heartbeat = conditions.heartbeat.max(condition.last_heartbeat_time.0);
            let holds = match condition.status.as_str() {
                "True" => ConditionStatus::True,
                "False" => ConditionStatus::False,
                _ => ConditionStatus::Unknown,
            };
            if *condition.kind == *"Ready" {
                conditions.ready = Some(holds);
                conditions.ready_since = condition.last_transition_time.0;
                conditions.reason = condition.reason.filter(|_| holds != ConditionStatus::True);
                let message = condition.message.filter(|text| holds != ConditionStatus::True && !text.is_empty());
                conditions.message = message.map(|mut text| {
                    cut_middle(&mut text, MAX_MESSAGE_BYTES);
                    text.into()
                });
            } else if holds == ConditionStatus::True {
                troubles.push(condition.kind.0);
            }
        }
        conditions.troubles = troubles.into();
        Node {
            name: Symbol::new(&wire.metadata.name),
            labels: wire.metadata.labels(),
            taints_added: wire.spec.0.taints.0.iter().filter_map(WireTaint::added).collect(),
            taints: wire.spec.0.taints.0.into_iter().filter_map(WireTaint::narrow).collect(),
            unschedulable: wire.spec.0.unschedulable.0,
            allocatable: Resources::of(&status.allocatable),
            conditions,
            created: wire.metadata.creation_timestamp.0,
            kubelet_version: status.node_info.0.kubelet_version,
            os_image: status.node_info.0.os_image,
            info: NodeInfo {
                kernel_version: status.node_info.0.kernel_version,
                container_runtime_version: status.node_info.0.container_runtime_version,
                architecture: status.node_info.0.architecture,
            },
            declared_features: status.declared_features.0.into(),
            strict_groups: status.features.0.supplemental_groups_policy,
            runtime_handlers: status.runtime_handlers.0.into_iter().map(WireRuntimeHandler::narrow).collect(),
            addresses: addresses(status.addresses.0),
            terminating: wire.metadata.deletion_timestamp.0.is_some(),
            unreadable: None,
            unlisted: false,
        }
    }
}
