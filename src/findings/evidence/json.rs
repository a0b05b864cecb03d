//! Evidence as JSON.

use serde::Serialize;
use serde_json::{Map, Value};

/// Returns the object that evidence is in JSON.
pub(crate) fn json(evidence: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(evidence) {
        Ok(Value::Object(evidence)) => evidence,
        _ => Map::new(),
    }
}
