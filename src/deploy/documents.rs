//! An object before and after a deployment, as a person compares them.

use serde_json::{Map, Value as Json};

use crate::deploy::difference::MASK;
use crate::deploy::resources::MADE_FOR;
use crate::manifest::{BASE_NAME, CHECKSUM, LAST_APPLIED};

/// What stands for a value of a Secret that changes.
pub const MASK_CHANGED: &str = "(secret, changed)";

/// Labels and annotations that only a deployment, kubectl or the server reads.
fn is_mark(key: &str) -> bool {
    key.starts_with("applyset.kubernetes.io/")
        || [BASE_NAME, CHECKSUM, MADE_FOR, LAST_APPLIED, "deprecated.daemonset.template.generation"].contains(&key)
}

/// Both states of an object: without what the server keeps for itself and without the marks of the deployment. Keys are
/// sorted, as in `kubectl diff`.
#[derive(Debug, Clone, PartialEq)]
pub struct Documents {
    /// `apps.v1.DaemonSet.logging.agent`, the name of its file in `kubectl diff`.
    pub name: String,
    /// As it is, if it is there.
    pub before: Option<Json>,
    /// As it would be.
    pub after: Option<Json>,
}

impl Documents {
    /// Returns both states; values of a `secret` are masked, and say whether they change.
    pub fn of(name: String, before: Option<&Json>, after: &Json, secret: bool) -> Documents {
        let (mut before, mut after) = (before.map(|object| shown("", object)), shown("", after));
        if secret {
            for data in ["data", "stringData"] {
                let old = before.as_ref().map(|object| object[data].clone()).unwrap_or_default();
                for (key, value) in after.get_mut(data).and_then(Json::as_object_mut).into_iter().flatten() {
                    let changes = old.get(key).is_some_and(|old| old != value);
                    *value = if changes { MASK_CHANGED } else { MASK }.into();
                }
                let values = before.as_mut().and_then(|object| object.get_mut(data)).and_then(Json::as_object_mut);
                values.into_iter().flatten().for_each(|(_, value)| *value = MASK.into());
            }
        }
        Documents { name, before, after: Some(after) }
    }
}

/// The value without what nobody wrote, with sorted keys. `path` is where it stands.
fn shown(path: &str, value: &Json) -> Json {
    match value {
        Json::Object(map) => {
            let mut entries: Vec<(&String, &Json)> = map.iter().collect();
            entries.sort_by_key(|(key, _)| key.as_str());
            let is_in_metadata = path.ends_with("metadata.labels") || path.ends_with("metadata.annotations");
            let mut kept = Map::new();
            for (key, value) in entries {
                let inner = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                if is_in_metadata && is_mark(key) || is_of_server(&inner) {
                    continue;
                }
                let value = shown(&inner, value);
                let is_empty = match &value {
                    Json::Null => true,
                    Json::Array(items) => items.is_empty(),
                    Json::Object(map) => {
                        map.is_empty() && (inner.ends_with(".labels") || inner.ends_with(".annotations"))
                    }
                    _ => false,
                };
                if !is_empty {
                    kept.insert(key.clone(), value);
                }
            }
            Json::Object(kept)
        }
        Json::Array(items) => items.iter().map(|item| shown(path, item)).collect(),
        other => other.clone(),
    }
}

fn is_of_server(path: &str) -> bool {
    matches!(
        path,
        "metadata.managedFields"
            | "metadata.resourceVersion"
            | "metadata.generation"
            | "metadata.uid"
            | "metadata.creationTimestamp"
            | "metadata.selfLink"
            | "spec.template.metadata.creationTimestamp"
            | "status"
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn marks_and_what_the_server_keeps_are_left_out() {
        let object = json!({"spec": {"template": {"metadata": {"annotations": {"kubectl-daemonset/config-checksum": "x"},
            "labels": {"app": "a"}}}, "b": 1, "a": []}, "metadata": {"uid": "u", "name": "n",
            "labels": {"applyset.kubernetes.io/id": "x"}, "annotations": {"mine": "1", LAST_APPLIED: "{}"}}, "status": {}});
        let shown = Documents::of(String::new(), None, &object, false).after.unwrap();
        assert_eq!(
            shown.to_string(),
            r#"{"metadata":{"annotations":{"mine":"1"},"name":"n"},"spec":{"b":1,"template":{"metadata":{"labels":{"app":"a"}}}}}"#
        );
    }

    #[test]
    fn secrets_only_say_whether_they_change() {
        let secret = |data: Json| json!({"kind": "Secret", "data": data});
        let (old, new) = (
            secret(json!({"same": "eA==", "other": "eQ==", "gone": "eg=="})),
            secret(json!({"same": "eA==", "other": "dw==", "new": "dg=="})),
        );
        let documents = Documents::of(String::new(), Some(&old), &new, true);
        let (before, after) = (documents.before.unwrap(), documents.after.unwrap());
        assert_eq!(before["data"], json!({"same": MASK, "other": MASK, "gone": MASK}));
        assert_eq!(after["data"], json!({"same": MASK, "other": MASK_CHANGED, "new": MASK}));
    }
}
