//! What differs between two templates of a DaemonSet, field by field. Values that may be secret are never shown.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// Most changes in a report; the rest is counted.
pub const MAX_CHANGES: usize = 20;
/// Most characters of a value that is shown.
const MAX_VALUE_CHARS: usize = 120;

/// One field that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    /// The field's path below the pod's spec: `containers[agent].securityContext.readOnlyRootFilesystem`; for labels
    /// and annotations of the pod below its template: `metadata.labels.app`.
    pub field: String,
    /// The value before. `None` if the field was not set, or the value may be secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// The value now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
    /// How the field changed.
    pub change: ChangeKind,
}

/// How a field changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ChangeKind {
    /// The field was not set before.
    Added,
    /// The field is not set any more.
    Removed,
    /// The field has another value.
    Changed,
}

/// Returns the fields in which two templates differ: as JSON text of `spec.template`, the older one first. `None` if a text
/// is no object.
pub fn of_templates(old: &str, new: &str) -> Option<Vec<FieldChange>> {
    let parse = |text: &str| serde_json::from_str::<Value>(text).ok().filter(Value::is_object);
    let (old, new) = (parse(old)?, parse(new)?);
    let mut changes = Vec::new();
    for part in ["labels", "annotations"] {
        let [old, new] = [&old, &new].map(|template| template["metadata"].get(part));
        compare(&format!("metadata.{part}"), old, new, part == "annotations", &mut changes);
    }
    let [old, new] = [&old, &new].map(|template| template.get("spec").and_then(Value::as_object));
    let empty = Map::new();
    compare_maps("", old.unwrap_or(&empty), new.unwrap_or(&empty), false, &mut changes);
    Some(changes)
}

/// Whether values below a field of this name may be secret: what people type into them is theirs.
fn may_be_secret(field: &str) -> bool {
    matches!(field, "env" | "args" | "command" | "httpHeaders" | "annotations" | "options" | "volumeAttributes")
}

fn compare(path: &str, old: Option<&Value>, new: Option<&Value>, hidden: bool, changes: &mut Vec<FieldChange>) {
    let is_empty = |value: &&Value| match value {
        Value::Null => true,
        Value::Object(map) => map.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    };
    // An empty list or map is as good as none.
    let (old, new) = (old.filter(|value| !is_empty(value)), new.filter(|value| !is_empty(value)));
    match (old, new) {
        (old, new) if old == new => {}
        (Some(Value::Object(old)), Some(Value::Object(new))) => compare_maps(path, old, new, hidden, changes),
        (Some(Value::Object(old)), None) => compare_maps(path, old, &Map::new(), hidden, changes),
        (None, Some(Value::Object(new))) => compare_maps(path, &Map::new(), new, hidden, changes),
        (old, new) if of_items(path, old).is_some() && of_items(path, new).is_some() => {
            let (old, new) = (of_items(path, old).unwrap_or_default(), of_items(path, new).unwrap_or_default());
            let mut keys: Vec<&String> = old.keys().chain(new.keys()).collect();
            keys.sort();
            keys.dedup();
            for key in keys {
                compare_items(&format!("{path}[{key}]"), old.get(key).copied(), new.get(key).copied(), hidden, changes);
            }
        }
        (old, new) => changes.push(change(path, old, new, hidden)),
    }
}

/// Compares an item of a list by its key. An item that came or went is one change, not one for each of its fields.
fn compare_items(path: &str, old: Option<&Value>, new: Option<&Value>, hidden: bool, changes: &mut Vec<FieldChange>) {
    match (old, new) {
        (Some(_), Some(_)) => compare(path, old, new, hidden, changes),
        _ => changes.push(FieldChange { old: None, new: None, ..change(path, old, new, true) }),
    }
}

fn compare_maps(
    path: &str,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    hidden: bool,
    changes: &mut Vec<FieldChange>,
) {
    let mut keys: Vec<&String> = old.keys().chain(new.keys()).collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        compare(&below, old.get(key), new.get(key), hidden || may_be_secret(key), changes);
    }
}

fn change(path: &str, old: Option<&Value>, new: Option<&Value>, hidden: bool) -> FieldChange {
    let text = |value: Option<&Value>| value.filter(|_| !hidden).map(shown);
    let kind = match (old, new) {
        (None, _) => ChangeKind::Added,
        (_, None) => ChangeKind::Removed,
        _ => ChangeKind::Changed,
    };
    FieldChange { field: path.to_owned(), old: text(old), new: text(new), change: kind }
}

fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(MAX_VALUE_CHARS) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

/// The items of a list by what tells them apart (`x-kubernetes-list-map-keys` in the API): `None` for any other list, and
/// for one in which two items have the same key.
fn of_items<'v>(path: &str, list: Option<&'v Value>) -> Option<BTreeMap<String, &'v Value>> {
    let key = match path.rsplit('.').next().unwrap_or(path) {
        "containers" | "initContainers" | "env" | "volumes" | "imagePullSecrets" => "name",
        "volumeMounts" => "mountPath",
        "volumeDevices" => "devicePath",
        "ports" => "containerPort",
        "hostAliases" => "ip",
        _ => return None,
    };
    let Some(list) = list else { return Some(BTreeMap::new()) };
    let mut items = BTreeMap::new();
    for item in list.as_array()? {
        let key = match item.get(key)? {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if items.insert(key, item).is_some() {
            return None;
        }
    }
    Some(items)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn changes(old: Value, new: Value) -> Vec<String> {
        let template = |spec: Value| json!({"metadata": {"labels": {"app": "a"}}, "spec": spec}).to_string();
        let changes = of_templates(&template(old), &template(new)).expect("both are objects");
        let text = |change: FieldChange| {
            let [old, new] = [change.old, change.new].map(|value| value.unwrap_or_else(|| "-".into()));
            format!("{:?} {}: {old} > {new}", change.change, change.field)
        };
        changes.into_iter().map(text).collect()
    }

    #[test]
    fn every_field_that_differs_is_named() {
        let agent = |more: Value| {
            let mut container = json!({"name": "agent", "image": "r/agent:1", "env": [{"name": "TOKEN", "value": "a"}],
                "args": ["--level=info"], "volumeMounts": [{"name": "a", "mountPath": "/a"}]});
            container.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"containers": [{"name": "other", "image": "x"}, container]})
        };
        for (more, expected) in [
            (json!({"image": "r/agent:2"}), "Changed containers[agent].image: r/agent:1 > r/agent:2"),
            (
                json!({"securityContext": {"readOnlyRootFilesystem": true}}),
                "Added containers[agent].securityContext.readOnlyRootFilesystem: - > true",
            ),
            (
                json!({"resources": {"limits": {"memory": "64Mi"}}}),
                "Added containers[agent].resources.limits.memory: - > 64Mi",
            ),
            (
                json!({"env": [{"name": "TOKEN", "value": "SECRET"}]}),
                "Changed containers[agent].env[TOKEN].value: - > -",
            ),
            (json!({"env": []}), "Removed containers[agent].env[TOKEN]: - > -"),
            (json!({"args": ["--password=SECRET"]}), "Changed containers[agent].args: - > -"),
            (json!({"volumeMounts": [{"name": "a", "mountPath": "/b"}]}), ""),
        ] {
            let found = changes(agent(json!({})), agent(more.clone()));
            assert!(expected.is_empty() || found == [expected], "{more}: {found:?}");
            assert!(!format!("{found:?}").contains("SECRET"));
        }
        let moved = changes(agent(json!({})), agent(json!({"volumeMounts": [{"name": "a", "mountPath": "/b"}]})));
        let [away, there] =
            ["Removed containers[agent].volumeMounts[/a]: - > -", "Added containers[agent].volumeMounts[/b]: - > -"];
        assert_eq!(moved, [away, there]);
    }

    #[test]
    fn order_of_items_and_what_is_empty_make_no_difference() {
        let [a, b] = [json!({"name": "a"}), json!({"name": "b"})];
        assert_eq!(changes(json!({"containers": [a, b]}), json!({"containers": [b, a], "volumes": []})), [""; 0]);
        assert_eq!(
            changes(json!({"tolerations": [{"key": "a"}]}), json!({})),
            ["Removed tolerations: [{\"key\":\"a\"}] > -"]
        );
        assert_eq!(of_templates("[]", "{}"), None);
    }
}
