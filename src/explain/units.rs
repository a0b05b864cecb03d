//! Amounts, lists and counts as people read them.

pub use crate::findings::amount::human;
use crate::model::Symbol;
use crate::model::labels::quoted;
pub use crate::text::count;
pub use crate::text::list::{and, some};

/// `45s`, `5m`, `3h`, `2d`.
pub fn duration(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{seconds}s"),
        120..7200 => format!("{}m", seconds / 60),
        7200..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// A label as `key=value`, or `key=""`.
pub fn label(key: Symbol, value: Symbol) -> String {
    format!("{key}={}", quoted(value.as_str()))
}
