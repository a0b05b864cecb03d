//! What decides and could not be read.

use std::fmt;

use crate::model::Symbol;
use crate::model::wire::Kind;

/// Objects that decide and that the source does not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingData {
    /// Any object of a kind.
    Kind(Kind),
    /// The Node objects.
    Nodes,
    /// The pods of nodes.
    PodsOfNodes,
    /// The labels of namespaces.
    LabelsOfNamespaces,
    /// An object that the pod names.
    Object {
        /// Its kind.
        kind: Kind,
        /// Its name.
        name: Symbol,
    },
    /// An object that a claim names.
    OfClaim {
        /// Its kind.
        kind: Kind,
        /// Its name.
        name: Symbol,
        /// The claim.
        claim: Symbol,
    },
    /// The class of an ephemeral volume.
    ClassOfVolume {
        /// The class; `None` for the default one.
        class: Option<Symbol>,
        /// The volume.
        volume: Symbol,
    },
    /// How much of a quota is used.
    UsageOfQuota(Symbol),
}

/// The API's own names: `persistentvolumeclaim data`, `storageclasses`.
impl fmt::Display for MissingData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = |kind: Kind| kind.as_str().to_lowercase();
        match self {
            MissingData::Kind(kind) => f.write_str(kind.resource()),
            MissingData::Nodes => f.write_str("node objects"),
            MissingData::PodsOfNodes => f.write_str("pods of nodes"),
            MissingData::LabelsOfNamespaces => f.write_str("labels of namespaces"),
            MissingData::Object { kind, name } => write!(f, "{} {name}", one(*kind)),
            MissingData::OfClaim { kind, name, claim } => write!(f, "{} {name} of claim {claim}", one(*kind)),
            MissingData::ClassOfVolume { class, volume } => {
                let class = class.map_or("(default)", |name| name.as_str());
                write!(f, "{} {class} of volume {volume}", one(Kind::StorageClass))
            }
            MissingData::UsageOfQuota(quota) => write!(f, "usage of quota {quota}"),
        }
    }
}
