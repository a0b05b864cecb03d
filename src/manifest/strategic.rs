//! Strategic merge patches, as `kubectl patch` has the API server lay them over an object.
//!
//! Maps are merged and `null` takes a key away. The items of some lists are told apart by one of their fields, the merge
//! key, and merged; every other list is replaced (`x-kubernetes-patch-merge-key` in `k8s.io/api/core/v1`, v1.36;
//! `StrategicMergeMapPatch` in `k8s.io/apimachinery/pkg/util/strategicpatch`).

use serde_json::Value;

/// The field that tells the items of a list of a pod's spec apart; `None` for a list that is replaced.
pub fn merge_key(list: &str) -> Option<&'static str> {
    Some(match list {
        "containers" | "initContainers" | "ephemeralContainers" => "name",
        "env" | "volumes" | "imagePullSecrets" | "schedulingGates" | "resourceClaims" => "name",
        "ports" => "containerPort",
        "volumeMounts" => "mountPath",
        "volumeDevices" => "devicePath",
        "hostAliases" => "ip",
        "topologySpreadConstraints" => "topologyKey",
        _ => return None,
    })
}

/// Lays a patch over an object. `None` where the API server refuses the patch: an item lacks its merge key.
pub fn lay_over(object: &mut Value, patch: &Value) -> Option<()> {
    let Value::Object(changes) = patch else { return None };
    if !object.is_object() {
        *object = Value::Object(Default::default());
    }
    let object = object.as_object_mut()?;
    for (field, change) in changes {
        match (object.get_mut(field), change) {
            (_, Value::Null) => drop(object.remove(field)),
            (Some(there @ Value::Object(_)), Value::Object(_)) => lay_over(there, change)?,
            (Some(Value::Array(there)), Value::Array(items)) if merge_key(field).is_some() => {
                merge_items(there, items, merge_key(field)?)?;
            }
            _ => drop(object.insert(field.clone(), without_nulls(change))),
        }
    }
    Some(())
}

fn merge_items(there: &mut Vec<Value>, items: &[Value], key: &str) -> Option<()> {
    for item in items {
        let name = item.get(key)?;
        match there.iter_mut().find(|known| known.get(key) == Some(name)) {
            Some(known) => lay_over(known, item)?,
            None => there.push(without_nulls(item)),
        }
    }
    Some(())
}

/// What is new has nothing that `null` could take away.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(key, value)| (key.clone(), without_nulls(value))).collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn items_are_merged_by_their_keys_and_other_lists_are_replaced() {
        let spec = json!({
            "nodeSelector": {"pool": "ML", "null": "kept"},
            "tolerations": [{"key": "a", "operator": "Exists"}],
            "initContainers": [{"name": "c", "ports": [{"containerPort": 1}]}],
            "containers": [
                {"name": "b", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
                {"name": "c", "ports": [{"containerPort": 1, "hostPort": 1}, {"containerPort": 2, "hostPort": 2}]},
            ],
        });
        let patch = json!({
            "nodeSelector": {"pool": null, "disk": "ssd"},
            "tolerations": [{"key": "b", "operator": "Exists"}],
            "affinity": {"podAffinity": null, "nodeAffinity": {"required": [{"a": null}]}},
            "containers": [
                {"name": "c", "ports": [{"containerPort": 2, "hostPort": 3}, {"containerPort": 4}]},
                {"name": "b", "env": [{"name": "B", "value": "3"}]},
            ],
        });
        let mut patched = spec;
        assert_eq!(lay_over(&mut patched, &patch), Some(()));
        assert_eq!(
            patched,
            json!({
                "nodeSelector": {"null": "kept", "disk": "ssd"},
                "tolerations": [{"key": "b", "operator": "Exists"}],
                "initContainers": [{"name": "c", "ports": [{"containerPort": 1}]}],
                "containers": [
                    {"name": "b", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "3"}]},
                    {"name": "c", "ports": [{"containerPort": 1, "hostPort": 1}, {"containerPort": 2, "hostPort": 3},
                                            {"containerPort": 4}]},
                ],
                "affinity": {"nodeAffinity": {"required": [{"a": null}]}},
            })
        );
        let nameless = json!({"containers": [{"image": "x"}]});
        assert_eq!(lay_over(&mut patched, &nameless), None, "an item without its key is refused");
    }
}
