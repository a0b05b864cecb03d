//! Volumes and what makes them.

use serde::Deserialize;

use crate::model::Symbol;
use crate::model::migration;
use crate::model::nullable::Nullable;
use crate::model::quantity::Quantity;
use crate::model::resources::ResourceList;
use crate::model::storage::{
    Claim, CsiDriver, CsiNode, PersistentVolume, StorageCapacity, StorageClass, VolumeAttachment,
};
use crate::model::wire::meta::{Meta, non_empty};
use crate::model::wire::selector::{LabelSelector, NodeSelector};

/// A claim.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WireClaim {
    pub metadata: Meta,
    spec: Nullable<WireClaimSpec>,
    status: Nullable<WireClaimStatus>,
}

/// What a claim asks for; also in the template of a generic ephemeral volume.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WireClaimSpec {
    volume_name: Option<Symbol>,
    storage_class_name: Option<Symbol>,
    volume_attributes_class_name: Option<Symbol>,
    access_modes: Nullable<Vec<Symbol>>,
    volume_mode: Option<Symbol>,
    selector: Option<LabelSelector>,
    resources: Nullable<WireClaimResources>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct WireClaimResources {
    requests: ResourceList,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireClaimStatus {
    phase: Nullable<String>,
}

fn storage(list: &ResourceList) -> Quantity {
    list.get(Symbol::new("storage")).unwrap_or_default()
}

impl From<WireClaim> for Claim {
    fn from(wire: WireClaim) -> Self {
        let annotations = &wire.metadata.annotations;
        let asked = Claim::from(wire.spec.0);
        Claim {
            namespace: wire.metadata.namespace.0,
            name: wire.metadata.symbol(),
            bound: annotations.get("pv.kubernetes.io/bind-completed").is_some(),
            lost: wire.status.0.phase.as_str() == "Lost",
            terminating: wire.metadata.deletion_timestamp.0.is_some(),
            class: annotations.get("volume.beta.kubernetes.io/storage-class").map(Symbol::new).or(asked.class),
            selected_node: annotations.get("volume.kubernetes.io/selected-node").map(Symbol::new),
            ..asked
        }
    }
}

impl From<WireClaimSpec> for Claim {
    fn from(spec: WireClaimSpec) -> Self {
        Claim {
            volume: non_empty(spec.volume_name),
            class: spec.storage_class_name,
            attributes_class: non_empty(spec.volume_attributes_class_name),
            one_pod_only: spec.access_modes.iter().any(|m| *m == *"ReadWriteOncePod"),
            storage: storage(&spec.resources.0.requests),
            access_modes: spec.access_modes.0,
            block: spec.volume_mode.is_some_and(|m| m == *"Block"),
            selector: spec.selector.map(Into::into),
            ..Claim::default()
        }
    }
}

/// A volume.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WireVolumeObject {
    pub metadata: Meta,
    spec: Nullable<WireVolumeSpec>,
    status: Nullable<WireClaimStatus>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireVolumeSpec {
    capacity: ResourceList,
    csi: Option<WireCsi>,
    aws_elastic_block_store: Option<WireDisk>,
    gce_persistent_disk: Option<WireDisk>,
    azure_disk: Option<WireDisk>,
    cinder: Option<WireDisk>,
    portworx_volume: Option<WireDisk>,
    claim_ref: Option<WireClaimRef>,
    node_affinity: Option<WireVolumeAffinity>,
    storage_class_name: Nullable<Symbol>,
    access_modes: Nullable<Vec<Symbol>>,
    volume_mode: Option<Symbol>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireCsi {
    driver: Nullable<Symbol>,
    volume_handle: Nullable<Symbol>,
}

/// What the in-tree source of a disk calls it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireDisk {
    #[serde(rename = "volumeID")]
    volume_id: Option<Symbol>,
    #[serde(rename = "pdName")]
    pd_name: Option<Symbol>,
    #[serde(rename = "diskURI")]
    disk_uri: Option<Symbol>,
}

impl WireVolumeSpec {
    fn migrated(&self) -> Option<(Symbol, Symbol)> {
        use migration::{AWS_EBS, AZURE_DISK, CINDER, GCE_PD, PORTWORX};
        let disks = [
            (AWS_EBS, &self.aws_elastic_block_store),
            (GCE_PD, &self.gce_persistent_disk),
            (AZURE_DISK, &self.azure_disk),
            (CINDER, &self.cinder),
            (PORTWORX, &self.portworx_volume),
        ];
        let (plugin, disk) = disks.into_iter().find_map(|(plugin, disk)| Some((plugin, disk.as_ref()?)))?;
        let id = disk.volume_id.or(disk.pd_name).or(disk.disk_uri)?;
        Some((migration::driver(Symbol::new(plugin))?, migration::handle(id)))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireClaimRef {
    namespace: Nullable<Symbol>,
    name: Nullable<Symbol>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireVolumeAffinity {
    required: Option<NodeSelector>,
}

impl From<WireVolumeObject> for PersistentVolume {
    fn from(wire: WireVolumeObject) -> Self {
        let spec = wire.spec.0;
        let migrated = spec.migrated();
        PersistentVolume {
            name: wire.metadata.symbol(),
            labels: wire.metadata.labels(),
            node_affinity: spec.node_affinity.and_then(|a| a.required).map(Into::into),
            migrated,
            csi: spec.csi.map(|c| (c.driver.0, c.volume_handle.0)),
            claim: spec.claim_ref.map(|c| (c.namespace.0, c.name.0)),
            class: spec.storage_class_name.0,
            capacity: storage(&spec.capacity),
            access_modes: spec.access_modes.0,
            block: spec.volume_mode.is_some_and(|m| m == *"Block"),
            available: matches!(wire.status.0.phase.as_str(), "" | "Available" | "Pending"),
            terminating: wire.metadata.deletion_timestamp.0.is_some(),
        }
    }
}

/// A storage class.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WireStorageClass {
    pub metadata: Meta,
    provisioner: Nullable<Symbol>,
    volume_binding_mode: Option<Symbol>,
    allowed_topologies: Nullable<Vec<WireTopology>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireTopology {
    match_label_expressions: Nullable<Vec<WireTopologyLabel>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireTopologyLabel {
    key: Nullable<Symbol>,
    values: Nullable<Vec<Symbol>>,
}

impl From<WireStorageClass> for StorageClass {
    fn from(wire: WireStorageClass) -> Self {
        let default = wire.metadata.annotations.get("storageclass.kubernetes.io/is-default-class") == Some("true");
        let term =
            |t: WireTopology| t.match_label_expressions.0.into_iter().map(|l| (l.key.0, l.values.0.into())).collect();
        StorageClass {
            name: wire.metadata.symbol(),
            provisioner: wire.provisioner.0,
            waits_for_consumer: wire.volume_binding_mode.is_some_and(|m| m == *"WaitForFirstConsumer"),
            allowed_topologies: wire.allowed_topologies.0.into_iter().map(term).collect(),
            is_default: default,
            created: wire.metadata.creation_timestamp.0,
        }
    }
}

/// A CSINode.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WireCsiNode {
    pub metadata: Meta,
    spec: Nullable<WireCsiNodeSpec>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireCsiNodeSpec {
    drivers: Nullable<Vec<WireCsiNodeDriver>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireCsiNodeDriver {
    name: Nullable<Symbol>,
    allocatable: Nullable<WireCount>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireCount {
    count: Option<i32>,
}

impl From<WireCsiNode> for CsiNode {
    fn from(wire: WireCsiNode) -> Self {
        let drivers = wire.spec.0.drivers.0.into_iter().map(|d| (d.name.0, d.allocatable.0.count)).collect();
        CsiNode { name: wire.metadata.symbol(), drivers }
    }
}

/// A VolumeAttachment.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WireAttachment {
    pub metadata: Meta,
    spec: Nullable<WireAttachmentSpec>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireAttachmentSpec {
    attacher: Nullable<Symbol>,
    node_name: Nullable<Symbol>,
    source: Nullable<WireAttachmentSource>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireAttachmentSource {
    persistent_volume_name: Option<Symbol>,
}

impl From<WireAttachment> for VolumeAttachment {
    fn from(wire: WireAttachment) -> Self {
        let spec = wire.spec.0;
        VolumeAttachment {
            attacher: spec.attacher.0,
            node: spec.node_name.0,
            volume: non_empty(spec.source.0.persistent_volume_name),
        }
    }
}

/// A CSIStorageCapacity.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WireCapacity {
    pub metadata: Meta,
    storage_class_name: Nullable<Symbol>,
    node_topology: Option<LabelSelector>,
    capacity: Option<Quantity>,
    maximum_volume_size: Option<Quantity>,
}

impl From<WireCapacity> for StorageCapacity {
    fn from(wire: WireCapacity) -> Self {
        StorageCapacity {
            class: wire.storage_class_name.0,
            nodes: wire.node_topology.map(Into::into),
            capacity: wire.capacity,
            largest: wire.maximum_volume_size,
        }
    }
}

/// A CSIDriver.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WireCsiDriver {
    pub metadata: Meta,
    spec: Nullable<WireCsiDriverSpec>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireCsiDriverSpec {
    storage_capacity: Nullable<bool>,
    attach_required: Option<bool>,
    prevent_pod_scheduling_if_missing: Nullable<bool>,
}

impl From<WireCsiDriver> for CsiDriver {
    fn from(wire: WireCsiDriver) -> Self {
        let spec = wire.spec.0;
        CsiDriver {
            name: wire.metadata.symbol(),
            publishes_capacity: spec.storage_capacity.0,
            attaches: spec.attach_required.unwrap_or(true),
            required_on_node: spec.prevent_pod_scheduling_if_missing.0,
        }
    }
}
