//! Kubernetes' values in the spec's spelling.

use serde_json::{Map, Value};

use crate::manifest::fields::{Object, Shape, snake};
use crate::manifest::read::fits;

/// A value whose field names are brought to snake_case. What has no field, or is of another type than its field, is
/// left out: the comparison at the end finds it.
pub fn snaked(value: &Value, shape: &Shape) -> Option<Value> {
    match (shape, value) {
        (_, Value::Null) => None,
        (Shape::Any, _) => Some(value.clone()),
        (Shape::Object(object), Value::Object(fields)) => Some(Value::Object(snaked_fields(fields, object))),
        (Shape::List(item), Value::Array(items)) => {
            items.iter().map(|i| snaked(i, item)).collect::<Option<Vec<_>>>().map(Value::Array)
        }
        (Shape::Map(_, item), Value::Object(entries)) => {
            let kept = entries.iter().filter_map(|(k, v)| Some((k.clone(), snaked(v, item)?)));
            Some(Value::Object(kept.collect()))
        }
        (Shape::Object(_) | Shape::List(_) | Shape::Map(..), _) => None,
        _ => fits(shape, value).then(|| value.clone()),
    }
}

/// The fields of an object in snake_case.
pub fn snaked_fields(fields: &Map<String, Value>, object: &'static Object) -> Map<String, Value> {
    let mut out = Map::new();
    for (key, value) in fields {
        if let Some(field) = object.exact(key)
            && let Some(value) = snaked(value, &field.shape)
        {
            out.insert(snake(key).into_owned(), value);
        }
    }
    out
}

/// Takes a field out, keeping the order of the others; null counts as absent.
pub fn take(fields: &mut Map<String, Value>, key: &str) -> Option<Value> {
    fields.shift_remove(key).filter(|v| !v.is_null())
}

/// The fields of an object value; none of any other value.
pub fn fields(value: Option<Value>) -> Map<String, Value> {
    match value {
        Some(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

/// Adds a field, where there is something to add.
pub fn put(out: &mut Map<String, Value>, key: &str, value: Option<Value>) {
    if let Some(value) = value {
        out.insert(key.to_owned(), value);
    }
}
