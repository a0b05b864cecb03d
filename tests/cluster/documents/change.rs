//! One to three changes of a document: a field that is missing, empty, null, of a wrong type, at a boundary, or against
//! its neighbours.

use serde_json::{Map, Value, json};

use super::types::Kind;
use super::{Types, shown, value};
use crate::differential::Random;

/// Changes a document; returns what was done, a line for each change.
pub fn change(document: &mut Value, types: &Types, random: &mut Random) -> Vec<String> {
    let count = [1, 1, 1, 1, 1, 1, 2, 2, 3][random.below(9)];
    (0..count)
        .map(|_| {
            // Most rules are about the pod.
            let within: &[&str] = match random.below(20) {
                0 => &[],
                1 => &["spec"],
                2 => &["spec", "template"],
                _ => &["spec", "template", "spec"],
            };
            let kind = ["DaemonSet", "DaemonSetSpec", "PodTemplateSpec", "PodSpec"][within.len()];
            let mut node = &mut *document;
            for key in within {
                if !node[*key].is_object() {
                    return change_object(document, "DaemonSet", types, random, String::new());
                }
                node = &mut node[*key];
            }
            change_object(node, kind, types, random, within.join("."))
        })
        .collect()
}

fn change_at(
    at: &mut Value,
    description: &str,
    field: &str,
    types: &Types,
    random: &mut Random,
    path: String,
) -> String {
    let deeper = match at {
        Value::Object(map) => !map.is_empty() && random.chance(80),
        Value::Array(items) => !items.is_empty() && random.chance(80),
        _ => false,
    };
    match Kind::of(description) {
        Kind::Object(name) if at.is_object() && (deeper || random.chance(50)) => {
            change_object(at, name, types, random, path)
        }
        Kind::List(item) if at.is_array() && deeper => {
            let Value::Array(items) = at else { unreachable!("it is a list") };
            let number = random.below(items.len());
            change_at(&mut items[number], item, field, types, random, format!("{path}[{number}]"))
        }
        Kind::List(item) if at.is_array() && random.chance(60) => {
            let Value::Array(items) = at else { unreachable!("it is a list") };
            change_list(items, item, field, types, random, path)
        }
        Kind::Map(item) if at.is_object() && (deeper || random.chance(50)) => {
            let Value::Object(map) = at else { unreachable!("it is a map") };
            let keys: Vec<String> = map.keys().cloned().collect();
            if !keys.is_empty() && random.chance(50) {
                let key = &keys[random.below(keys.len())];
                return change_at(&mut map[key], item, field, types, random, format!("{path}[{key}]"));
            }
            let key = value::key(field, random);
            let made = value::any(item, field, types, random, 0);
            let line = format!("{path}[{key}] = {}", shown(&made));
            map.insert(key, made);
            line
        }
        kind => {
            *at = match random.below(8) {
                0 => Value::Null,
                1 => empty(kind),
                2 => value::mistyped(at, random),
                _ => value::any(description, field, types, random, 0),
            };
            format!("{path} = {}", shown(at))
        }
    }
}

fn change_object(at: &mut Value, name: &str, types: &Types, random: &mut Random, path: String) -> String {
    let Some(fields) = types.get(name) else { return path };
    let Value::Object(map) = at else {
        *at = json!({});
        return format!("{path} = {{}}");
    };
    // What says that it is a DaemonSet stays, for kubectl chooses by it whom to ask.
    let fixed = |key: &str| name == "DaemonSet" && matches!(key, "kind" | "apiVersion");
    let there: Vec<String> = map.keys().filter(|key| fields.contains_key(*key) && !fixed(key)).cloned().collect();
    if random.chance(2) {
        map.insert("unheardOf".to_owned(), json!(1));
        return format!("{path}.unheardOf = 1");
    }
    if !there.is_empty() && random.chance(60) {
        let field = &there[random.below(there.len())];
        if random.chance(12) {
            map.remove(field);
            return format!("{path}.{field} removed");
        }
        return change_at(&mut map[field], &fields[field], field, types, random, format!("{path}.{field}"));
    }
    let number = random.below(fields.len());
    let Some((field, description)) = fields.iter().nth(number).filter(|(field, _)| !fixed(field)) else {
        return format!("{path}: nothing");
    };
    if let Some(there) = map.get_mut(field) {
        return change_at(there, description, field, types, random, format!("{path}.{field}"));
    }
    let made = match random.below(12) {
        0 => Value::Null,
        1 => empty(Kind::of(description)),
        _ => value::any(description, field, types, random, 0),
    };
    let line = format!("{path}.{field} = {}", shown(&made));
    map.insert(field.clone(), made);
    line
}

fn change_list(
    items: &mut Vec<Value>,
    item: &str,
    field: &str,
    types: &Types,
    random: &mut Random,
    path: String,
) -> String {
    match random.below(6) {
        0 if !items.is_empty() => {
            let number = random.below(items.len());
            items.remove(number);
            format!("{path}[{number}] removed")
        }
        1 if !items.is_empty() => {
            let twin = items[random.below(items.len())].clone();
            items.push(twin);
            format!("{path}: an item twice")
        }
        2 => {
            items.push(Value::Null);
            format!("{path}: null added")
        }
        3 => {
            items.push(empty(Kind::of(item)));
            format!("{path}: an empty item added")
        }
        _ => {
            let made = value::any(item, field, types, random, 0);
            let line = format!("{path} += {}", shown(&made));
            items.push(made);
            line
        }
    }
}

fn empty(kind: Kind<'_>) -> Value {
    match kind {
        Kind::List(_) => json!([]),
        Kind::Map(_) | Kind::Object(_) => Value::Object(Map::new()),
        Kind::Scalar("bool") => json!(false),
        Kind::Scalar("int32" | "int64") => json!(0),
        Kind::Scalar(_) => json!(""),
    }
}
