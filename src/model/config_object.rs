//! ConfigMaps and Secrets: their names and the names of their keys. Values are never held.

use crate::model::Symbol;

/// A ConfigMap or a Secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigObject {
    /// The namespace.
    pub namespace: Symbol,
    /// Its name.
    pub name: Symbol,
    /// The names of its keys; `None` where the source does not show them.
    pub keys: Option<Box<[Symbol]>>,
}
