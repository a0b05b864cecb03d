//! Fields that client-side `kubectl apply` set, which move to us before the apply.
//!
//! Client-side apply keeps what it applied in an annotation, and its fields under managers of the operation Update. Such
//! fields conflict with server-side apply, and stay for ever once they leave the document. So these managers' fields
//! become ours first, as client-go does it (`UpgradeManagedFields`, k8s.io/client-go/util/csaupgrade, v0.36.3; kubectl
//! finds the managers by the annotation, `migrateToSSAIfNecessary`, k8s.io/kubectl/pkg/cmd/apply, v0.36.3).

use serde_json::{Map, Value as Json, json};

use crate::client::apply::FIELD_MANAGER;
use crate::deploy::field_ownership::owned;
use crate::manifest::LAST_APPLIED;

/// Moves the fields of client-side apply to us.
#[derive(Debug, Clone, PartialEq)]
pub struct Migration {
    /// The managers whose fields move.
    pub managers: Vec<String>,
    /// `metadata.managedFields` afterwards.
    managed_fields: Vec<Json>,
}

impl Migration {
    /// Returns what must move; `None` if no manager of an object's fields used client-side apply.
    pub fn of(live: &Json) -> Option<Migration> {
        let mut entries = entries(live).to_vec();
        let mut managers: Vec<String> = Vec::new();
        for entry in entries.iter().filter(|entry| is_update(entry) && owns_last_applied(entry)) {
            let name = entry["manager"].as_str().unwrap_or_default().to_owned();
            if !managers.contains(&name) {
                managers.push(name);
            }
        }
        if managers.is_empty() {
            return None;
        }
        for manager in &managers {
            let of_manager = |entry: &Json| is_update(entry) && entry["manager"] == manager.as_str();
            let ours = entries.iter().position(is_ours).or_else(|| entries.iter().position(of_manager))?;
            let same_version = |entry: &&Json| of_manager(entry) && entry["apiVersion"] == entries[ours]["apiVersion"];
            let theirs = entries.iter().find(same_version).map(|entry| entry["fieldsV1"].clone());
            let union = union(&entries[ours]["fieldsV1"], &theirs.unwrap_or_else(|| json!({})));
            entries[ours]["fieldsV1"] = union;
            entries[ours]["manager"] = FIELD_MANAGER.into();
            entries[ours]["operation"] = "Apply".into();
            entries.retain(|entry| !of_manager(entry));
        }
        Some(Migration { managers, managed_fields: entries })
    }

    /// Returns the JSON patch that moves the fields, for this version of the object alone: the resource version is
    /// replaced and not tested, so that the server answers with a conflict (409), as in csaupgrade.
    pub fn patch(&self, live: &Json) -> Json {
        json!([
            {"op": "replace", "path": "/metadata/managedFields", "value": self.managed_fields},
            {"op": "replace", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]},
        ])
    }

    /// Whether a conflict with this manager ends when the fields have moved.
    pub fn settles(&self, manager: Option<&str>) -> bool {
        manager.is_some_and(|manager| self.managers.iter().any(|name| name == manager))
    }

    /// Removes from `after`, which the server would store without the migration, what client-side apply set and is not
    /// `wanted` any more, unless another manager set it too. What the server fills in is missing then, too.
    pub fn without_what_left(&self, after: &Json, wanted: &Json) -> Json {
        let (ours, others): (Vec<&Json>, Vec<&Json>) = self.managed_fields.iter().partition(|entry| is_ours(entry));
        let others: Vec<&Json> = others.iter().map(|entry| &entry["fieldsV1"]).collect();
        let mut after = after.clone();
        for entry in ours {
            prune(&mut after, &entry["fieldsV1"], Some(wanted), &others);
        }
        after
    }

    /// Returns the object with its fields moved, for a plan that asks no server. Client-side apply owns what the server
    /// filled in, too, which would be filled in again: only what stands in its document moves.
    pub fn moved(live: &Json) -> Json {
        let Some(migration) = Migration::of(live) else { return live.clone() };
        let text = live["metadata"]["annotations"][LAST_APPLIED].as_str().unwrap_or_default();
        let mut document: Map<String, Json> = serde_json::from_str(text).unwrap_or_default();
        let mut metadata = document.get("metadata").and_then(Json::as_object).cloned().unwrap_or_default();
        let mut annotations = metadata.get("annotations").and_then(Json::as_object).cloned().unwrap_or_default();
        // The document does not hold itself.
        annotations.insert(LAST_APPLIED.to_owned(), Json::Null);
        metadata.insert("annotations".to_owned(), annotations.into());
        document.insert("metadata".to_owned(), metadata.into());
        let document = Json::Object(document);
        let mut moved = live.clone();
        let mut managed_fields = migration.managed_fields;
        for entry in managed_fields.iter_mut().filter(|entry| is_ours(entry)) {
            entry["fieldsV1"] = union(owned(live), &within(&entry["fieldsV1"], &document));
        }
        moved["metadata"]["managedFields"] = Json::Array(managed_fields);
        moved
    }
}

/// Returns a JSON patch that makes of an object what `wanted` says, but for its status and identity.
pub fn replacing(live: &Json, wanted: &Json) -> Json {
    const KEPT: [&str; 4] = ["apiVersion", "kind", "metadata", "status"];
    let keys =
        |object: &Json| object.as_object().map(|map| map.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
    let mut patch = Vec::new();
    for key in keys(wanted).iter().filter(|key| !KEPT.contains(&key.as_str())) {
        patch.push(json!({"op": "add", "path": format!("/{key}"), "value": wanted[key]}));
    }
    for key in keys(live).iter().filter(|key| !KEPT.contains(&key.as_str()) && wanted.get(key.as_str()).is_none()) {
        patch.push(json!({"op": "remove", "path": format!("/{key}")}));
    }
    for map in ["labels", "annotations"] {
        let value = wanted["metadata"].get(map).cloned().unwrap_or_else(|| json!({}));
        patch.push(json!({"op": "add", "path": format!("/metadata/{map}"), "value": value}));
    }
    Json::Array(patch)
}

fn entries(live: &Json) -> &[Json] {
    live.pointer("/metadata/managedFields").and_then(Json::as_array).map_or(&[], Vec::as_slice)
}

fn is_update(entry: &Json) -> bool {
    entry["operation"] == "Update" && entry.get("subresource").is_none()
}

fn is_ours(entry: &Json) -> bool {
    entry["manager"] == FIELD_MANAGER && entry["operation"] == "Apply" && entry.get("subresource").is_none()
}

fn owns_last_applied(entry: &Json) -> bool {
    entry["fieldsV1"]["f:metadata"]["f:annotations"].get(format!("f:{LAST_APPLIED}")).is_some()
}

/// Whether a tree of fields holds the field itself, and not only fields in it.
fn is_member(fields: &Json) -> bool {
    fields.as_object().is_none_or(|map| map.is_empty() || map.contains_key("."))
}

/// Both trees in one.
fn union(a: &Json, b: &Json) -> Json {
    let (Some(left), Some(right)) = (a.as_object(), b.as_object()) else {
        return if a.is_object() { a.clone() } else { b.clone() };
    };
    let mut all = Map::new();
    let has_more = |map: &Map<String, Json>| map.keys().any(|key| key != ".");
    if (has_more(left) || has_more(right)) && (is_member(a) && !left.is_empty() || is_member(b) && !right.is_empty()) {
        all.insert(".".to_owned(), json!({}));
    }
    if left.is_empty() != right.is_empty() {
        all.insert(".".to_owned(), json!({}));
    }
    for (key, fields) in left.iter().chain(right.iter().filter(|(key, _)| !left.contains_key(*key))) {
        let fields = match (left.get(key), right.get(key)) {
            (Some(l), Some(r)) => union(l, r),
            _ => fields.clone(),
        };
        all.insert(key.clone(), fields);
    }
    Json::Object(all)
}

/// The part of a tree whose fields stand in a document.
fn within(fields: &Json, document: &Json) -> Json {
    let mut kept = Map::new();
    for (key, inner) in fields.as_object().into_iter().flatten() {
        match (key.as_str(), child(document, key)) {
            (".", _) => drop(kept.insert(key.clone(), inner.clone())),
            (_, Some(value)) if inner.as_object().is_some_and(|map| !map.is_empty()) => {
                let inner = within(inner, value);
                // A tree with nothing in it would mean the whole field.
                if inner.as_object().is_some_and(|map| !map.is_empty()) {
                    kept.insert(key.clone(), inner);
                }
            }
            (_, Some(_)) => drop(kept.insert(key.clone(), inner.clone())),
            (_, None) => {}
        }
    }
    Json::Object(kept)
}

/// Whether an item of a list has the keys of `k:{...}`; the server's default of a protocol stands in.
fn has_keys(item: &Json, keys: &Json) -> bool {
    let default = |key: &str| if key == "protocol" { json!("TCP") } else { Json::Null };
    keys.as_object().is_some_and(|all| all.iter().all(|(key, value)| *item.get(key).unwrap_or(&default(key)) == *value))
}

/// The place of the item in a list that a part of a path names: `k:{"name":"c"}` by its keys, `v:"x"` by itself.
fn place(items: &[Json], part: &str) -> Option<usize> {
    let parsed = |text: &str| serde_json::from_str::<Json>(text).ok();
    match (part.strip_prefix("k:").and_then(parsed), part.strip_prefix("v:").and_then(parsed)) {
        (Some(keys), _) => items.iter().position(|item| has_keys(item, &keys)),
        (_, Some(value)) => items.iter().position(|item| *item == value),
        _ => None,
    }
}

/// The value that a part of a path (`f:name`, `k:{...}`, `v:...`) names.
fn child<'v>(value: &'v Json, part: &str) -> Option<&'v Json> {
    match value {
        Json::Object(map) => map.get(part.strip_prefix("f:")?),
        Json::Array(items) => items.get(place(items, part)?),
        _ => None,
    }
}

/// Removes what we own by `fields` and do not want, unless `others` own it; true if nothing of the value is left.
fn prune(value: &mut Json, fields: &Json, wanted: Option<&Json>, others: &[&Json]) -> bool {
    for (part, inner) in fields.as_object().into_iter().flatten().filter(|(part, _)| *part != ".") {
        let wanted = wanted.and_then(|wanted| child(wanted, part));
        let others: Vec<&Json> = others.iter().filter_map(|fields| fields.get(part)).collect();
        let goes = |child: &mut Json| match wanted.is_none() && others.is_empty() && is_member(inner) {
            true => true,
            false => prune(child, inner, wanted, &others) && wanted.is_none() && others.is_empty(),
        };
        match value {
            Json::Object(map) => {
                let Some(key) = part.strip_prefix("f:") else { continue };
                if map.get_mut(key).is_some_and(goes) {
                    map.remove(key);
                }
            }
            Json::Array(items) => {
                if let Some(at) = place(items, part)
                    && goes(&mut items[at])
                {
                    items.remove(at);
                }
            }
            _ => {}
        }
    }
    match value {
        Json::Object(map) => map.is_empty(),
        Json::Array(items) => items.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live() -> Json {
        let applied = json!({"spec": {"minReadySeconds": 3, "template": {"spec": {"containers": [
            {"name": "c", "image": "i:1", "env": [{"name": "OLD", "value": "x"}]}]}}}});
        let spec = json!({"f:minReadySeconds": {}, "f:revisionHistoryLimit": {}, "f:template": {"f:spec": {
            "f:containers": {"k:{\"name\":\"c\"}": {".": {}, "f:name": {}, "f:image": {}, "f:imagePullPolicy": {},
                "f:env": {".": {}, "k:{\"name\":\"OLD\"}": {".": {}, "f:name": {}, "f:value": {}}}}}}}});
        json!({"apiVersion": "apps/v1", "kind": "DaemonSet",
            "metadata": {"resourceVersion": "7", "annotations": {LAST_APPLIED: applied.to_string(), "theirs": "1"},
            "managedFields": [
                {"manager": "kubectl-client-side-apply", "operation": "Update", "apiVersion": "apps/v1",
                 "fieldsV1": {"f:metadata": {"f:annotations": {".": {}, (format!("f:{LAST_APPLIED}")): {}}}, "f:spec": spec}},
                {"manager": "kubectl-edit", "operation": "Update", "apiVersion": "apps/v1",
                 "fieldsV1": {"f:metadata": {"f:annotations": {"f:theirs": {}}}}},
                {"manager": "kube-controller-manager", "operation": "Update", "subresource": "status", "fieldsV1": {}}]},
            "spec": {"minReadySeconds": 3, "revisionHistoryLimit": 10, "template": {"spec": {"containers": [
                {"name": "c", "image": "i:1", "imagePullPolicy": "IfNotPresent", "env": [{"name": "OLD", "value": "x"}]}]}}}})
    }

    fn wanted() -> Json {
        json!({"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "i:2"}]}}}})
    }

    #[test]
    fn the_managers_of_client_side_apply_become_ours_and_no_other() {
        let migration = Migration::of(&live()).unwrap();
        assert_eq!(migration.managers, ["kubectl-client-side-apply"]);
        let patch = migration.patch(&live());
        assert_eq!(patch[1], json!({"op": "replace", "path": "/metadata/resourceVersion", "value": "7"}));
        let after: Vec<(&Json, &Json)> =
            patch[0]["value"].as_array().unwrap().iter().map(|e| (&e["manager"], &e["operation"])).collect();
        assert_eq!(
            after,
            [
                (&json!(FIELD_MANAGER), &json!("Apply")),
                (&json!("kubectl-edit"), &json!("Update")),
                (&json!("kube-controller-manager"), &json!("Update"))
            ]
        );
        let mut moved = live();
        moved["metadata"]["managedFields"] = patch[0]["value"].clone();
        assert_eq!(Migration::of(&moved), None, "twice is once");
    }

    #[test]
    fn what_we_own_already_is_joined() {
        let mut object = live();
        let ours = json!({"manager": FIELD_MANAGER, "operation": "Apply", "apiVersion": "apps/v1",
            "fieldsV1": {"f:spec": {"f:selector": {}, "f:template": {"f:spec": {"f:containers": {}}}}}});
        object["metadata"]["managedFields"].as_array_mut().unwrap().push(ours);
        let patch = Migration::of(&object).unwrap().patch(&object);
        let entries = patch[0]["value"].as_array().unwrap();
        assert_eq!(entries.len(), 3);
        let fields = &entries[2]["fieldsV1"]["f:spec"];
        assert!(fields.get("f:selector").is_some() && fields.get("f:minReadySeconds").is_some(), "{fields}");
        let containers = &fields["f:template"]["f:spec"]["f:containers"];
        assert!(containers.get(".").is_some() && containers.get("k:{\"name\":\"c\"}").is_some(), "{containers}");
    }

    #[test]
    fn what_left_the_document_goes_and_what_others_set_stays() {
        let after = Migration::of(&live()).unwrap().without_what_left(&live(), &wanted());
        assert_eq!(after["metadata"]["annotations"], json!({"theirs": "1"}));
        assert_eq!(
            after["spec"],
            json!({"template": {"spec": {"containers": [{"name": "c", "image": "i:1"}]}}}),
            "the server fills in the rest"
        );
    }

    #[test]
    fn without_a_server_only_what_stood_in_its_document_goes() {
        let after = crate::deploy::field_ownership::applied(&Migration::moved(&live()), &wanted());
        assert_eq!(after["metadata"]["annotations"], json!({"theirs": "1"}));
        assert_eq!(
            after["spec"],
            json!({"revisionHistoryLimit": 10, "template": {"spec": {"containers": [
                {"name": "c", "image": "i:2", "imagePullPolicy": "IfNotPresent"}]}}})
        );
    }

    #[test]
    fn an_object_that_kubectl_did_not_apply_is_left_alone() {
        let mut object = live();
        object["metadata"]["managedFields"].as_array_mut().unwrap().remove(0);
        assert_eq!(Migration::of(&object), None);
        assert_eq!(Migration::moved(&object), object);
    }
}
