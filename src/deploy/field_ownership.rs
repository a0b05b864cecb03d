//! Which fields we own, and what server-side apply makes of an object.
//!
//! `managedFields` holds, for each manager, a tree of the fields that it set (`fieldsV1`): `f:name` a field,
//! `k:{"name":"c"}` an item of a list by its keys, `v:"x"` an item of a set. Applying sets what is given, and removes
//! what this manager set before and gives no more, unless others set it too.

use serde_json::{Map, Value as Json};

use crate::client::apply::FIELD_MANAGER;
use crate::model::Quantity;

/// The tree of the fields that we applied; null where we never did.
pub fn owned(live: &Json) -> &Json {
    let entries = live.pointer("/metadata/managedFields").and_then(Json::as_array);
    let ours = entries.into_iter().flatten().find(|entry| {
        entry["manager"] == FIELD_MANAGER && entry["operation"] == "Apply" && entry.get("subresource").is_none()
    });
    ours.and_then(|entry| entry.get("fieldsV1")).unwrap_or(&Json::Null)
}

/// Managers other than us and the cluster's own controllers that set something of the object's spec.
pub fn other_managers(live: &Json) -> Vec<&str> {
    let entries = live.pointer("/metadata/managedFields").and_then(Json::as_array);
    let mut names: Vec<&str> = entries
        .into_iter()
        .flatten()
        .filter(|entry| entry.get("subresource").is_none())
        .filter_map(|entry| entry["manager"].as_str())
        .filter(|name| *name != FIELD_MANAGER && *name != "kube-controller-manager")
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Who changed the object's spec last, where that was not the cluster itself.
pub fn last_manager(live: &Json) -> Option<&str> {
    let entries = live.pointer("/metadata/managedFields").and_then(Json::as_array)?;
    let of_spec =
        entries.iter().filter(|e| e.get("subresource").is_none() && e["manager"] != "kube-controller-manager");
    // Times are whole seconds: of two in one second, ours is the one that is known already.
    let last = of_spec.max_by_key(|e| (e["time"].as_str(), e["manager"] != FIELD_MANAGER))?;
    last["manager"].as_str()
}

/// What the server would store when `wanted` is applied over `live`, as far as that can be told without asking:
/// its defaults stay where they are, and what an admission plugin changes is not known.
pub fn applied(live: &Json, wanted: &Json) -> Json {
    merge(live, wanted, owned(live), "")
}

/// The keys by which items of a list are one and the same (`x-kubernetes-list-map-keys`); none for lists that are
/// replaced as a whole.
pub fn keys_of(list: &str) -> &'static [&'static str] {
    match list {
        "containers"
        | "initContainers"
        | "ephemeralContainers"
        | "env"
        | "volumes"
        | "imagePullSecrets"
        | "resourceClaims"
        | "claims"
        | "schedulingGates" => &["name"],
        "ports" => &["containerPort", "protocol"],
        "volumeMounts" => &["mountPath"],
        "volumeDevices" => &["devicePath"],
        "hostAliases" => &["ip"],
        "topologySpreadConstraints" => &["topologyKey", "whenUnsatisfiable"],
        _ => &[],
    }
}

/// The values of an item's keys; defaults stand in, and nothing where the item has none.
pub fn key_of(item: &Json, keys: &[&str]) -> Option<Vec<Json>> {
    keys.iter()
        .map(|key| match (*key, item.get(*key)) {
            (_, Some(value)) => Some(value.clone()),
            ("protocol", None) => Some("TCP".into()),
            _ => None,
        })
        .collect()
}

fn merge(live: &Json, wanted: &Json, owned: &Json, field: &str) -> Json {
    match (live, wanted) {
        (Json::Object(live), Json::Object(wanted)) => Json::Object(merge_map(live, wanted, owned, field)),
        (Json::Array(live), Json::Array(wanted)) => Json::Array(merge_list(live, wanted, owned, field)),
        _ if same_amount(live, wanted) => live.clone(),
        _ => wanted.clone(),
    }
}

fn merge_map(live: &Map<String, Json>, wanted: &Map<String, Json>, owned: &Json, field: &str) -> Map<String, Json> {
    let mut out = live.clone();
    for (key, fields) in owned.as_object().into_iter().flatten() {
        let Some(key) = key.strip_prefix("f:") else { continue };
        if !wanted.contains_key(key)
            && let Some(child) = out.get_mut(key)
            && remove(child, fields)
        {
            out.remove(key);
        }
    }
    // Users' own keys (labels, data) may have values that would say nothing elsewhere.
    let free = matches!(field, "labels" | "annotations" | "data" | "matchLabels" | "nodeSelector");
    for (key, value) in wanted {
        match live.get(key) {
            Some(there) => {
                let fields = owned.get(format!("f:{key}")).unwrap_or(&Json::Null);
                out.insert(key.clone(), merge(there, value, fields, key));
            }
            None if !free && says_nothing(key, value) => {}
            None => drop(out.insert(key.clone(), value.clone())),
        }
    }
    out
}

fn merge_list(live: &[Json], wanted: &[Json], owned: &Json, field: &str) -> Vec<Json> {
    let keys = keys_of(field);
    if keys.is_empty() {
        // Replaced as a whole; items alone may be written otherwise and mean the same.
        let alike = live.len() == wanted.len();
        return match alike {
            true => live.iter().zip(wanted).map(|(l, w)| merge_atomic(l, w)).collect(),
            false => wanted.to_vec(),
        };
    }
    let find = |list: &[Json], key: &Option<Vec<Json>>| list.iter().position(|item| key_of(item, keys) == *key);
    let fields_of = |key: &Option<Vec<Json>>| {
        let entries = owned.as_object().into_iter().flatten();
        let mut of_items = entries.filter_map(|(k, fields)| Some((k.strip_prefix("k:")?, fields)));
        let found = of_items.find(|(k, _)| serde_json::from_str::<Json>(k).is_ok_and(|k| key_of(&k, keys) == *key));
        found.map(|(_, fields)| fields)
    };
    // The order is the wanted one; what only others put there follows.
    let mut out: Vec<Json> = wanted
        .iter()
        .map(|item| {
            let key = key_of(item, keys);
            match find(live, &key) {
                Some(at) => merge(&live[at], item, fields_of(&key).unwrap_or(&Json::Null), ""),
                None => item.clone(),
            }
        })
        .collect();
    for item in live {
        let key = key_of(item, keys);
        if find(wanted, &key).is_none() && fields_of(&key).is_none() {
            out.push(item.clone());
        }
    }
    out
}

/// An item of a list that is replaced as a whole: nothing of the old one stays but what means the same.
fn merge_atomic(live: &Json, wanted: &Json) -> Json {
    match (live, wanted) {
        (Json::Object(l), Json::Object(w)) => {
            let kept = |key: &String| w.contains_key(key) || l.get(key).is_some_and(|v| is_default(key, v));
            let live = l.iter().filter(|(key, _)| kept(key)).map(|(k, v)| (k.clone(), v.clone())).collect();
            Json::Object(merge_map(&live, w, &Json::Null, ""))
        }
        _ => merge(live, wanted, &Json::Null, ""),
    }
}

/// Removes the owned fields of a value; true where nothing of it is left.
fn remove(value: &mut Json, owned: &Json) -> bool {
    let children: Vec<(&String, &Json)> =
        owned.as_object().into_iter().flatten().filter(|(k, _)| k.as_str() != ".").collect();
    if children.is_empty() {
        return true;
    }
    match value {
        Json::Object(map) => {
            for (key, fields) in children {
                if let Some(key) = key.strip_prefix("f:")
                    && map.get_mut(key).is_some_and(|child| remove(child, fields))
                {
                    map.remove(key);
                }
            }
            map.is_empty()
        }
        Json::Array(items) => {
            let ours: Vec<Json> =
                children.iter().filter_map(|(k, _)| serde_json::from_str(k.strip_prefix("k:")?).ok()).collect();
            items.retain(|item| {
                !ours.iter().any(|key| key.as_object().is_some_and(|k| k.iter().all(|(k, v)| item.get(k) == Some(v))))
            });
            items.is_empty()
        }
        _ => true,
    }
}

/// Whether two amounts are written differently and are the same (`1000m` and `1`).
fn same_amount(live: &Json, wanted: &Json) -> bool {
    let text = |value: &Json| match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    };
    match (text(live), text(wanted)) {
        (Some(live), Some(wanted)) if live == wanted => true,
        (Some(live), Some(wanted)) => {
            let is_amount = |t: &str| t.starts_with(|c: char| c.is_ascii_digit()) && t.len() < 40;
            is_amount(&live)
                && is_amount(&wanted)
                && matches!((Quantity::parse(&live), Quantity::parse(&wanted)), (Ok(a), Ok(b)) if a == b)
        }
        _ => false,
    }
}

/// Whether the server stores nothing for such a value.
fn says_nothing(key: &str, value: &Json) -> bool {
    const DROPPED: [&str; 7] = ["hostNetwork", "hostPID", "hostIPC", "stdin", "stdinOnce", "tty", "readOnly"];
    match value {
        Json::Null => true,
        Json::Array(items) => items.is_empty(),
        Json::String(text) => text.is_empty(),
        Json::Bool(false) => DROPPED.contains(&key),
        Json::Number(number) => key == "minReadySeconds" && number.as_i64() == Some(0),
        _ => false,
    }
}

/// Whether the server puts such a value where none is given.
fn is_default(key: &str, value: &Json) -> bool {
    match key {
        "apiVersion" => value == "v1",
        "protocol" => value == "TCP",
        "apiGroup" => value == "rbac.authorization.k8s.io" || value == "",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn live(spec: Json, owned: Json) -> Json {
        json!({"metadata": {"managedFields": [
            {"manager": "kubectl-daemonset", "operation": "Apply", "fieldsV1": {"f:spec": owned}},
            {"manager": "kube-controller-manager", "operation": "Update", "subresource": "status", "fieldsV1": {}},
            {"manager": "kubectl-edit", "operation": "Update", "fieldsV1": {}}]}, "spec": spec})
    }

    fn spec_after(live: &Json, wanted: Json) -> Json {
        applied(live, &json!({ "spec": wanted }))["spec"].clone()
    }

    #[test]
    fn what_we_gave_before_and_give_no_more_goes() {
        let live = live(
            json!({"minReadySeconds": 5, "revisionHistoryLimit": 10, "nodeSelector": {"a": "1", "theirs": "2"}}),
            json!({"f:minReadySeconds": {}, "f:nodeSelector": {"f:a": {}}}),
        );
        assert_eq!(spec_after(&live, json!({})), json!({"revisionHistoryLimit": 10, "nodeSelector": {"theirs": "2"}}));
    }

    #[test]
    fn items_of_lists_are_met_by_their_keys() {
        let live = live(
            json!({"containers": [
                {"name": "app", "image": "a:1", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
                {"name": "injected", "image": "mesh:1"}]}),
            json!({"f:containers": {"k:{\"name\":\"app\"}": {".": {}, "f:image": {}, "f:env": {
                "k:{\"name\":\"A\"}": {}, "k:{\"name\":\"B\"}": {}}}}}),
        );
        let wanted = json!({"containers": [{"name": "app", "image": "a:2", "env": [{"name": "A", "value": "1"}]}]});
        assert_eq!(
            spec_after(&live, wanted),
            json!({"containers": [
                {"name": "app", "image": "a:2", "env": [{"name": "A", "value": "1"}]},
                {"name": "injected", "image": "mesh:1"}]})
        );
    }

    #[test]
    fn defaults_and_other_spellings_change_nothing() {
        let spec = json!({
            "containers": [{"name": "c", "terminationMessagePath": "/dev/termination-log", "imagePullPolicy": "Always",
                "ports": [{"containerPort": 80, "protocol": "TCP"}],
                "resources": {"limits": {"cpu": "1", "memory": "1Gi"}}}],
            "tolerations": [{"operator": "Exists"}]});
        let wanted = json!({
            "hostNetwork": false, "initContainers": [],
            "containers": [{"name": "c", "ports": [{"containerPort": 80}],
                "resources": {"limits": {"cpu": "1000m", "memory": "1024Mi"}}}],
            "tolerations": [{"operator": "Exists"}]});
        assert_eq!(spec_after(&live(spec.clone(), Json::Null), wanted), spec);
    }

    #[test]
    fn a_shorter_atomic_list_replaces_the_longer() {
        let tolerations = json!({"tolerations": [{"key": "a", "operator": "Exists"}, {"operator": "Exists"}]});
        let wanted = json!({"tolerations": [{"operator": "Exists"}]});
        assert_eq!(spec_after(&live(tolerations, Json::Null), wanted.clone()), wanted);
    }

    #[test]
    fn the_last_manager_is_not_the_controller() {
        let entry = |manager: &str, time: &str| json!({"manager": manager, "operation": "Update", "time": time});
        let live = |entries: Vec<Json>| json!({"metadata": {"managedFields": entries}});
        let mut status = entry("kube-controller-manager", "2024-01-01T00:00:09Z");
        status["subresource"] = json!("status");
        let (ours, theirs) = ("kubectl-daemonset", "fleet");
        for (their_time, last) in [("2024-01-01T00:00:04Z", ours), ("2024-01-01T00:00:05Z", theirs)] {
            let entries = vec![entry(theirs, their_time), entry(ours, "2024-01-01T00:00:05Z"), status.clone()];
            assert_eq!(last_manager(&live(entries)), Some(last), "{their_time}");
        }
        assert_eq!(last_manager(&json!({})), None);
    }

    #[test]
    fn other_managers_are_named_without_the_controllers() {
        assert_eq!(other_managers(&live(json!({}), json!({}))), ["kubectl-edit"]);
    }
}
