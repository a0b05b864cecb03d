//! What the server puts into an object, which no author wrote.

use crate::manifest::render::CHECKSUM;
use serde_json::Value;

use crate::manifest::fields::{Object, Shape};

/// Fields of metadata that only the server sets.
const SERVER_SET: [&str; 7] = [
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "uid",
];

/// What kubectl keeps for itself.
pub(crate) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// What `deploy` marks the objects with, beside the checksum of the configuration (KEP-3659).
pub(crate) const APPLY_SET: &str = "applyset.kubernetes.io/";
/// What the API server counts.
const GENERATION: &str = "deprecated.daemonset.template.generation";

/// Drops status, what the server sets in metadata, and what kubectl keeps for itself.
pub fn drop_server_set(object: &mut Value) {
    if let Some(fields) = object.as_object_mut() {
        fields.shift_remove("status");
    }
    for pointer in ["/metadata", "/spec/template/metadata"] {
        let Some(Value::Object(metadata)) = object.pointer_mut(pointer) else { continue };
        metadata.retain(|key, _| !SERVER_SET.contains(&key.as_str()) && key != "selfLink");
        for map in ["labels", "annotations"] {
            let Some(Value::Object(entries)) = metadata.get_mut(map) else { continue };
            let had_some = !entries.is_empty();
            entries.retain(|key, _| key != LAST_APPLIED && key != CHECKSUM && !key.starts_with(APPLY_SET));
            if had_some && entries.is_empty() {
                metadata.shift_remove(map);
            }
        }
    }
    drop_nulls(object);
}

/// Null is the same as absent.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, v| !v.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// Drops fields that have the value which the API server fills in where they are absent.
pub fn drop_defaults(value: &mut Value, object: &'static Object) {
    let Value::Object(fields) = value else { return };
    if object.name == "Container" {
        drop_pull_policy(fields);
    }
    if object.name == "DaemonSet"
        && let Some(Value::Object(annotations)) = fields.get_mut("metadata").and_then(|m| m.get_mut("annotations"))
    {
        annotations.shift_remove(GENERATION);
    }
    if object.name == "PodSpec" && fields.get("serviceAccount") == fields.get("serviceAccountName") {
        fields.shift_remove("serviceAccount");
    }
    fields.retain(|key, value| {
        let Some(field) = object.exact(key) else { return true };
        inner(value, &field.shape);
        let emptied = matches!(field.name, "updateStrategy" | "rollingUpdate" | "resources" | "metadata")
            && value.as_object().is_some_and(|m| m.is_empty());
        let default = field.default.is_some_and(|d| serde_json::from_str::<Value>(d).is_ok_and(|d| d == *value));
        !default && !emptied
    });
}

fn inner(value: &mut Value, shape: &Shape) {
    match (shape, value) {
        (Shape::Object(object), value) => drop_defaults(value, object),
        (Shape::List(item), Value::Array(items)) => items.iter_mut().for_each(|i| inner(i, item)),
        _ => {}
    }
}

/// Always for `latest` or no tag, else IfNotPresent.
fn drop_pull_policy(fields: &mut serde_json::Map<String, Value>) {
    let image = fields.get("image").and_then(Value::as_str).unwrap_or_default();
    let name = image.rsplit('/').next().unwrap_or_default();
    let latest = !name.contains('@') && name.split_once(':').is_none_or(|(_, tag)| tag == "latest");
    let default = if latest { "Always" } else { "IfNotPresent" };
    if fields.get("imagePullPolicy").is_some_and(|p| p == default) {
        fields.shift_remove("imagePullPolicy");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_marks_of_a_deployment_are_nobodys_wish() {
        let mut object = json!({"metadata": {"name": "agent", "labels": {"applyset.kubernetes.io/id": "x", "team": "a"},
            "annotations": {"applyset.kubernetes.io/tooling": "t"}}, "spec": {"template": {"metadata": {
            "annotations": {"kubectl-daemonset/config-checksum": "x", "kubectl-daemonset/expect": "all"}}}}});
        drop_server_set(&mut object);
        assert_eq!(
            object,
            json!({"metadata": {"name": "agent", "labels": {"team": "a"}}, "spec": {"template": {"metadata": {
                "annotations": {"kubectl-daemonset/expect": "all"}}}}})
        );
    }
}
