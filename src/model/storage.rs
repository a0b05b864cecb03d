//! Volumes and where they can be reached from.

use crate::model::Symbol;
use crate::model::affinity::NodeTerm;
use crate::model::devices::DeviceSelector;
use crate::model::labels::{Labels, Selector};
use crate::model::quantity::Quantity;

/// A claim for a volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Claim {
    /// The namespace.
    pub namespace: Symbol,
    /// Its name.
    pub name: Symbol,
    /// The volume it is bound to, or wants.
    pub volume: Option<Symbol>,
    /// Whether the binding is complete (annotation `pv.kubernetes.io/bind-completed`).
    pub bound: bool,
    /// Whether its volume is gone for good (phase Lost).
    pub lost: bool,
    /// Whether it is being deleted.
    pub terminating: bool,
    /// Its storage class; `Some("")` asks for none.
    pub class: Option<Symbol>,
    /// Whether only one pod may use it at a time (ReadWriteOncePod).
    pub one_pod_only: bool,
    /// Its class of volume attributes (`volumeAttributesClassName`).
    pub attributes_class: Option<Symbol>,
    /// The node that the scheduler chose for a volume yet to be made.
    pub selected_node: Option<Symbol>,
    /// How much it asks for.
    pub storage: Quantity,
    /// Access modes, by name.
    pub access_modes: Vec<Symbol>,
    /// Whether it wants a raw block device.
    pub block: bool,
    /// Labels that its volume must have.
    pub selector: Option<Selector>,
}

/// A volume.
#[derive(Debug, Clone, Default)]
pub struct PersistentVolume {
    /// Its name.
    pub name: Symbol,
    /// Its labels, of which zone and region matter.
    pub labels: Labels,
    /// Terms of which one must match the node, if any are given.
    pub node_affinity: Option<Box<[NodeTerm]>>,
    /// The CSI driver and the volume's handle there.
    pub csi: Option<(Symbol, Symbol)>,
    /// The same of a disk that an old in-tree source names: the driver that serves it since, and its handle there.
    pub migrated: Option<(Symbol, Symbol)>,
    /// The claim it is bound to or kept for: namespace and name.
    pub claim: Option<(Symbol, Symbol)>,
    /// Its storage class, empty for none.
    pub class: Symbol,
    /// How large it is.
    pub capacity: Quantity,
    /// Access modes, by name.
    pub access_modes: Vec<Symbol>,
    /// Whether it is a raw block device.
    pub block: bool,
    /// Whether it may be bound to a claim now (phase Available or not yet known).
    pub available: bool,
    /// Whether it is being deleted.
    pub terminating: bool,
}

/// A storage class.
#[derive(Debug, Clone, Default)]
pub struct StorageClass {
    /// Its name.
    pub name: Symbol,
    /// Who makes its volumes; `kubernetes.io/no-provisioner` for nobody.
    pub provisioner: Symbol,
    /// Whether a volume is bound only once a pod needs it.
    pub waits_for_consumer: bool,
    /// Where volumes can be made; empty for anywhere. One of the terms must match.
    pub allowed_topologies: Vec<Vec<(Symbol, Box<[Symbol]>)>>,
    /// Whether claims that name no class get it.
    pub is_default: bool,
    /// When it was created, seconds since 1970.
    pub created: Option<i64>,
}

/// What the CSI drivers of a node can do.
#[derive(Debug, Clone, Default)]
pub struct CsiNode {
    /// The node's name.
    pub name: Symbol,
    /// Drivers with the number of volumes that each can attach, if it says.
    pub drivers: Vec<(Symbol, Option<i32>)>,
}

/// A volume attached to a node.
#[derive(Debug, Clone, Default)]
pub struct VolumeAttachment {
    /// The driver.
    pub attacher: Symbol,
    /// The node.
    pub node: Symbol,
    /// The volume.
    pub volume: Option<Symbol>,
}

/// How much a CSI driver has left in one place.
#[derive(Debug, Clone, Default)]
pub struct StorageCapacity {
    /// The storage class.
    pub class: Symbol,
    /// The nodes it is about; `None` for none.
    pub nodes: Option<Selector>,
    /// What is left.
    pub capacity: Option<Quantity>,
    /// The largest volume that can be made.
    pub largest: Option<Quantity>,
}

/// A CSI driver.
#[derive(Debug, Clone, Default)]
pub struct CsiDriver {
    /// Its name.
    pub name: Symbol,
    /// Whether it publishes how much is left where.
    pub publishes_capacity: bool,
    /// Whether its volumes are attached to a node before a pod there mounts them (`attachRequired`, by default true).
    pub attaches: bool,
    /// Whether a pod must not be put on a node that lacks it (1.37).
    pub required_on_node: bool,
}

/// A class of devices, which may stand for an extended resource.
#[derive(Debug, Clone, Default)]
pub struct DeviceClass {
    /// Its name.
    pub name: Symbol,
    /// The extended resource it stands for.
    pub extended_resource: Option<Symbol>,
    /// Which devices are of the class.
    pub selectors: Vec<DeviceSelector>,
}
