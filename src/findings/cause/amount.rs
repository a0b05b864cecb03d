//! Amounts of resources in Kubernetes' notation.

use crate::model::{Quantity, Symbol};

/// How an amount of a resource is counted where the scheduler compares it.
fn quantity(resource: Symbol, amount: i64) -> Quantity {
    if *resource.as_str() == *"cpu" { Quantity::milli(amount) } else { Quantity::units(amount) }
}

/// Whether the resource is counted in bytes.
pub fn is_bytes(resource: Symbol) -> bool {
    let name = resource.as_str();
    matches!(name, "memory" | "ephemeral-storage") || name.starts_with("hugepages-")
}

/// An amount exactly: millicores for cpu, whole units otherwise.
pub fn exact(resource: Symbol, amount: i64) -> String {
    quantity(resource, amount).display(is_bytes(resource))
}
