//! One container in the spec's spelling.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::manifest::fields::{DAEMON_SET, Object, Shape};
use crate::manifest::import::convert::{fields, put, snaked, snaked_fields, take};
use crate::manifest::import::volumes::Inline;

/// Containers of a list, in its order.
pub fn containers(list: Option<Value>, inline: &HashMap<String, Inline>) -> Vec<Value> {
    let Some(Value::Array(items)) = list else { return Vec::new() };
    items.into_iter().map(|item| Value::Object(container(fields(Some(item)), inline))).collect()
}

/// Kubernetes' own table of a container's fields.
fn table() -> &'static Object {
    DAEMON_SET.at(&["spec", "template", "spec", "containers"])
}

fn container(mut from: Map<String, Value>, inline: &HashMap<String, Inline>) -> Map<String, Value> {
    let mut out = Map::new();
    put(&mut out, "name", take(&mut from, "name").filter(Value::is_string));
    put(&mut out, "image", take(&mut from, "image").filter(Value::is_string));
    let env = environment(take(&mut from, "env"), take(&mut from, "envFrom"));
    let mounts = take(&mut from, "volumeMounts");
    out.extend(snaked_fields(&from, table()));
    put(&mut out, "env", env);
    if let Some(Value::Array(mounts)) = mounts
        && let Some(Shape::List(item)) = table().exact("volumeMounts").map(|f| f.shape)
    {
        let mounts: Vec<Value> = mounts.iter().filter_map(|m| mount(m, item, inline)).collect();
        out.insert("volume_mounts".to_owned(), Value::Array(mounts));
    }
    out
}

fn mount(mount: &Value, shape: &Shape, inline: &HashMap<String, Inline>) -> Option<Value> {
    let mut out = fields(snaked(mount, shape));
    let name = out.get("name").and_then(Value::as_str).unwrap_or_default();
    if let Some(source) = inline.get(name).filter(|s| s.is_first(mount)) {
        out.extend(source.fields.clone());
    }
    (!out.is_empty()).then_some(Value::Object(out))
}

/// The environment: a map where names are unique, secrets apart where they come last anyway.
fn environment(env: Option<Value>, from: Option<Value>) -> Option<Value> {
    let mut out = Map::new();
    if let Some(Value::Array(list)) = env {
        let variables: Vec<(String, Value)> = list.iter().filter_map(variable).collect();
        let unique = variables.iter().enumerate().all(|(i, (name, _))| variables[..i].iter().all(|(n, _)| n != name));
        if unique {
            let is_secret = |v: &Value| v.get("secret_ref").is_some();
            let first_secret = variables.iter().rposition(|(_, v)| !is_secret(v)).map_or(0, |i| i + 1);
            let (plain, secrets) = variables.split_at(first_secret);
            let entries = |list: &[(String, Value)]| Value::Object(list.iter().cloned().collect());
            put(&mut out, "variables", (!plain.is_empty()).then(|| entries(plain)));
            put(&mut out, "secrets", (!secrets.is_empty()).then(|| entries(secrets)));
        } else {
            let items = variables.into_iter().map(|(name, value)| {
                let mut item = Map::from_iter([("name".to_owned(), name.into())]);
                match value {
                    Value::Object(source) => item.extend(source),
                    text => drop(item.insert("value".to_owned(), text)),
                }
                Value::Object(item)
            });
            out.insert("variables".to_owned(), Value::Array(items.collect()));
        }
    }
    let shape = table().exact("envFrom").map(|f| f.shape);
    put(&mut out, "env_from", from.zip(shape).and_then(|(v, shape)| snaked(&v, &shape)));
    (!out.is_empty()).then_some(Value::Object(out))
}

/// Name and value, or name and source.
fn variable(item: &Value) -> Option<(String, Value)> {
    let name = item.get("name")?.as_str()?.to_owned();
    let Some(Value::Object(source)) = item.get("valueFrom") else {
        return Some((name, item.get("value").filter(|v| v.is_string()).cloned().unwrap_or_else(|| json!({}))));
    };
    let Some(Shape::List(Shape::Object(var))) = table().exact("env").map(|f| f.shape) else { return None };
    let Some(Shape::Object(sources)) = var.exact("valueFrom").map(|f| f.shape) else { return None };
    let mut source = snaked_fields(source, sources);
    if let Some(secret) = take(&mut source, "secret_key_ref") {
        source.insert("secret_ref".to_owned(), secret);
    }
    if let Some(field) = source.get_mut("field_ref")
        && let (Some(path), Some(1)) = (field.get("field_path"), field.as_object().map(Map::len))
    {
        *field = path.clone();
    }
    Some((name, Value::Object(source)))
}
