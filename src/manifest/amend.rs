//! A patch laid over a document in its file: what `lint --fix` and `doctor --fix-out` write.

use serde_json::{Map, Value as Json};

use crate::manifest::fields::snake;
use crate::manifest::input::Language;
use crate::manifest::strategic::lay_over;
use crate::yaml::{Mark, Refusal, edit, node_at, parse};

/// The text with a patch laid over the document that begins at `at`; everything else in the text stays as it is. The patch
/// is in the language of the document: a strategic merge patch of a plain object, a merge patch of a spec.
///
/// # Errors
/// There is no such document, the patch does not fit it, or the text cannot be changed without changing something else.
pub fn amend(text: &str, at: Mark, language: Language, patch: &str) -> Result<String, Refusal> {
    let parsed = parse(text);
    let mut document = node_at(&parsed.documents, at).ok_or(Refusal::NotThere)?.to_json();
    let patch = parse(patch).documents.first().ok_or(Refusal::NotThere)?.to_json();
    match (language, &patch) {
        (Language::Apps, _) => lay_over(&mut document, &patch).ok_or(Refusal::NotThere)?,
        (Language::Spec, Json::Object(changes)) => merge(&mut document, changes),
        (Language::Spec, _) => return Err(Refusal::NotThere),
    }
    edit(text, at, &document)
}

/// Lays a merge patch over a spec (RFC 7396). A field is found in either spelling. Containers are told apart by name: what a
/// patch says of one leaves the others.
fn merge(document: &mut Json, changes: &Map<String, Json>) {
    if !document.is_object() {
        *document = Json::Object(Map::new());
    }
    let Some(map) = document.as_object_mut() else { return };
    for (key, change) in changes {
        let written = map.keys().find(|k| *k == key).or_else(|| map.keys().find(|k| snake(k) == *key));
        let key = written.unwrap_or(key).clone();
        match change {
            Json::Null => drop(map.shift_remove(&key)),
            Json::Object(changes) => merge(map.entry(key).or_insert(Json::Null), changes),
            Json::Array(items) if matches!(&*snake(&key), "sidecars" | "init_containers") => {
                merge_containers(map.entry(key).or_insert_with(|| Json::Array(Vec::new())), items);
            }
            other => drop(map.insert(key, other.clone())),
        }
    }
}

fn merge_containers(list: &mut Json, items: &[Json]) {
    let Some(list) = list.as_array_mut() else { return };
    for item in items {
        match (list.iter_mut().find(|known| known["name"] == item["name"]), item) {
            (Some(known), Json::Object(changes)) => merge(known, changes),
            _ => list.push(item.clone()),
        }
    }
}
