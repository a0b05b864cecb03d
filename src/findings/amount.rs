//! Amounts of resources and ports, exactly and for people.

use crate::model::pod::Port;
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

/// An amount for people: `140m`, `2`, `1.5Gi`. Bytes are rounded to a tenth of their unit.
pub fn human(resource: Symbol, amount: i64) -> String {
    if !is_bytes(resource) {
        return exact(resource, amount);
    }
    let size = amount.unsigned_abs();
    let units = [(60, "Ei"), (50, "Pi"), (40, "Ti"), (30, "Gi"), (20, "Mi"), (10, "Ki")];
    let Some((power, unit)) = units.into_iter().find(|(power, _)| size >> power > 0) else {
        return amount.to_string();
    };
    let tenths = ((u128::from(size) * 10) + (1 << (power - 1))) >> power;
    let sign = if amount < 0 { "-" } else { "" };
    match tenths % 10 {
        0 => format!("{sign}{}{unit}", tenths / 10),
        tenth => format!("{sign}{}.{tenth}{unit}", tenths / 10),
    }
}

/// An amount of a quota: memory and storage in binary units.
pub fn amount(resource: Symbol, amount: Quantity) -> String {
    let name = resource.as_str();
    amount.display(name.ends_with("memory") || name.ends_with("storage") || name.contains("hugepages-"))
}

/// A host port as `9100/TCP`, with its address where it is not every address.
pub fn port_name(port: &Port) -> String {
    let address = match port.host_ip.as_str() {
        "" | "0.0.0.0" => String::new(),
        address => format!("{address}:"),
    };
    format!("{address}{}/{}", port.host_port, port.protocol)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_for_people() {
        for (resource, amount, expected) in [
            ("cpu", 140, "140m"),
            ("cpu", 2000, "2"),
            ("cpu", -60, "-60m"),
            ("memory", 1_610_612_736, "1.5Gi"),
            ("memory", 1 << 26, "64Mi"),
            ("memory", 1_073_741_823, "1024Mi"),
            ("memory", -(3 << 30), "-3Gi"),
            ("memory", 12, "12"),
            ("nvidia.com/gpu", 2, "2"),
            ("hugepages-2Mi", 4 << 20, "4Mi"),
        ] {
            assert_eq!(human(resource.into(), amount), expected, "{resource} {amount}");
        }
    }
}
