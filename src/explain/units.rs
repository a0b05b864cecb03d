//! Amounts, lists and counts as people read them.

use serde_json::Value;

pub use crate::findings::cause::amount::exact;
use crate::findings::cause::amount::is_bytes;
use crate::model::Symbol;
pub use crate::text::count;

/// An amount as evidence.
pub fn evidence(resource: Symbol, amount: i64) -> Value {
    Value::from(exact(resource, amount))
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

/// `a, b, c +6`: the first few of a list.
pub fn some<T: AsRef<str>>(all: &[T], most: usize) -> String {
    let first = all.iter().take(most).map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(most) {
        0 => first,
        more => format!("{first} +{more}"),
    }
}

/// `45s`, `5m`, `3h`, `2d`.
pub fn duration(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{seconds}s"),
        120..7200 => format!("{}m", seconds / 60),
        7200..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// `a, b and c`.
pub fn and(all: &[String]) -> String {
    match all {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
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

    #[test]
    fn lists_for_people() {
        assert_eq!(some(&["a", "b", "c"], 2), "a, b +1");
        assert_eq!(and(&["a".into(), "b".into(), "c".into()]), "a, b and c");
        assert_eq!((count(1, "policy"), count(2, "policy")), ("1 policy".into(), "2 policies".into()));
    }
}
