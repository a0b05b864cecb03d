//! What changes between two states of an object, field by field.

use serde_json::Value as Json;

use crate::deploy::field_ownership::{key_of, keys_of};

/// One field that changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Where it is: `spec.template.spec.containers[name=app].image`.
    pub path: String,
    /// The current value, if there is one.
    pub before: Option<Json>,
    /// Its value then; nothing where it goes.
    pub after: Option<Json>,
}

/// Placeholder for a value of a Secret.
pub const MASK: &str = "(secret)";

/// The annotation in which kubectl keeps a copy of what was applied, with every value of it.
const LAST_APPLIED: &str = "metadata.annotations.kubectl.kubernetes.io/last-applied-configuration";

/// Placeholder for that copy.
const COPY: &str = "(kubectl's copy of what was applied)";

/// Fields that the server keeps for itself.
const SERVER: [&str; 8] = [
    "metadata.managedFields",
    "metadata.resourceVersion",
    "metadata.generation",
    "metadata.uid",
    "metadata.creationTimestamp",
    "metadata.selfLink",
    "metadata.annotations.deprecated.daemonset.template.generation",
    "status",
];

/// All fields that differ, in the order in which they stand. With `secret` values under `data` are masked; that they
/// differ is still told.
pub fn changes(before: &Json, after: &Json, secret: bool) -> Vec<Change> {
    let mut found = Vec::new();
    compare("", "", Some(before), Some(after), &mut found);
    for change in found.iter_mut().filter(|change| change.path == LAST_APPLIED) {
        change.before = change.before.take().map(|_| COPY.into());
        change.after = change.after.take().map(|_| COPY.into());
    }
    if secret {
        let hidden = ["data.", "stringData."];
        for change in &mut found {
            let whole = change.path == "data" || change.path == "stringData";
            if whole || hidden.iter().any(|h| change.path.starts_with(h)) {
                change.before = change.before.take().map(|_| MASK.into());
                change.after = change.after.take().map(|_| MASK.into());
            }
        }
    }
    found
}

fn compare(path: &str, field: &str, before: Option<&Json>, after: Option<&Json>, found: &mut Vec<Change>) {
    if before == after || SERVER.contains(&path) {
        return;
    }
    let join = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match (before, after) {
        (Some(Json::Object(b)), Some(Json::Object(a))) => {
            let keys = b.keys().chain(a.keys().filter(|k| !b.contains_key(*k)));
            for key in keys {
                compare(&join(key), key, b.get(key), a.get(key), found);
            }
        }
        (Some(Json::Array(b)), Some(Json::Array(a))) if !keys_of(field).is_empty() => {
            let keys = keys_of(field);
            let find = |list: &[Json], key: &Option<Vec<Json>>| list.iter().position(|i| key_of(i, keys) == *key);
            let named = |item: &Json| match item.get(keys[0]) {
                Some(Json::String(text)) => format!("{path}[{}={text}]", keys[0]),
                Some(value) => format!("{path}[{}={value}]", keys[0]),
                None => format!("{path}[]"),
            };
            for item in b {
                let other = find(a, &key_of(item, keys)).map(|at| &a[at]);
                compare(&named(item), "", Some(item), other, found);
            }
            for item in a.iter().filter(|item| find(b, &key_of(item, keys)).is_none()) {
                compare(&named(item), "", None, Some(item), found);
            }
            let order = |list: &[Json]| list.iter().map(|i| key_of(i, keys)).collect::<Vec<_>>();
            let (was, is) = (order(b), order(a));
            // The order of containers and of variables means something.
            if was != is && was.len() == is.len() && was.iter().all(|key| is.contains(key)) {
                let names = |list: &[Json]| Json::Array(list.iter().map(|i| i[keys[0]].clone()).collect());
                found.push(Change { path: format!("{path}[]"), before: Some(names(b)), after: Some(names(a)) });
            }
        }
        // Empty and absent are the same to the server.
        (None, Some(value)) | (Some(value), None) if is_empty(value) => {}
        _ => found.push(Change { path: path.to_owned(), before: before.cloned(), after: after.cloned() }),
    }
}

fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Array(items) => items.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paths(before: Json, after: Json) -> Vec<String> {
        changes(&before, &after, false).into_iter().map(|c| c.path).collect()
    }

    #[test]
    fn fields_are_named_by_their_keys() {
        let object = |image: &str, env: Json| {
            json!({"metadata": {"generation": image.len(), "labels": {"a.b/c": image}},
                "spec": {"containers": [{"name": "side"}, {"name": "app", "image": image, "env": env}]},
                "status": {"numberReady": image.len()}})
        };
        let before = object("a:1", json!([{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]));
        let after = object("a:22", json!([{"name": "B", "value": "2"}, {"name": "C", "value": "3"}]));
        assert_eq!(
            paths(before, after),
            [
                "metadata.labels.a.b/c",
                "spec.containers[name=app].image",
                "spec.containers[name=app].env[name=A]",
                "spec.containers[name=app].env[name=C]"
            ]
        );
    }

    #[test]
    fn an_order_that_changes_is_a_change() {
        let object = |names: [&str; 2]| json!({"containers": names.map(|n| json!({ "name": n }))});
        assert_eq!(paths(object(["a", "b"]), object(["b", "a"])), ["containers[]"]);
        assert!(paths(object(["a", "b"]), object(["a", "b"])).is_empty());
    }

    #[test]
    fn values_of_secrets_are_never_shown() {
        let secret = |value: &str| {
            json!({"kind": "Secret", "data": {"key": value}, "type": "Opaque", "metadata": {"annotations":
                {"kubectl.kubernetes.io/last-applied-configuration": value, "note": value}}})
        };
        let found = changes(&secret("b25l"), &secret("dHdv"), true);
        assert_eq!(found.len(), 3);
        let copy = found.iter().find(|c| c.path == LAST_APPLIED).expect("the annotation");
        assert_eq!((copy.before.as_ref(), copy.after.as_ref()), (Some(&json!(COPY)), Some(&json!(COPY))));
        for change in found.iter().filter(|c| c.path.starts_with("data")) {
            assert_eq!((change.before.as_ref(), change.after.as_ref()), (Some(&json!(MASK)), Some(&json!(MASK))));
        }
        let new = changes(&json!({}), &secret("dHdv"), true);
        assert!(!format!("{:?}", new.iter().filter(|c| c.path == "data").collect::<Vec<_>>()).contains("dHdv"));
    }
}
