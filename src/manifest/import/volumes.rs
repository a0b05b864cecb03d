//! Which volumes can stand in the mount that uses them, and which are listed for the pod.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::manifest::fields::{SPEC_MOUNT, Shape};
use crate::manifest::import::convert::{snaked, take};

/// A volume that stands in its first mount.
#[derive(Debug)]
pub struct Inline {
    /// The fields that the mount gets.
    pub fields: Map<String, Value>,
    first: Value,
}

impl Inline {
    /// Whether this mount is the first of the volume.
    pub fn is_first(&self, mount: &Value) -> bool {
        self.first == *mount
    }
}

/// Volumes by name that stand in their mounts, and those that are listed. The order of all volumes is kept: rendering
/// puts the listed ones first and the others in the order of their first mounts, so that only volumes at the end of
/// the list can move into mounts.
pub fn placed(pod: &Map<String, Value>) -> (HashMap<String, Inline>, Vec<Value>) {
    let volumes = pod.get("volumes").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut first_mounts: HashMap<&str, (usize, &Value)> = HashMap::new();
    for mount in mounts(pod) {
        if let Some(name) = mount.get("name").and_then(Value::as_str) {
            let next = first_mounts.len();
            first_mounts.entry(name).or_insert((next, mount));
        }
    }
    let mut inline = HashMap::new();
    let mut before = usize::MAX;
    let mut listed = volumes.len();
    for volume in volumes.iter().rev() {
        let name = volume.get("name").and_then(Value::as_str).unwrap_or_default();
        let Some((position, mount)) = first_mounts.get(name).filter(|(position, _)| *position < before) else { break };
        let Some(fields) = inlined(volume, mount) else { break };
        // Two mounts that look alike could not be told apart.
        if mounts(pod).filter(|m| m == mount).count() > 1 || inline.contains_key(name) {
            break;
        }
        inline.insert(name.to_owned(), Inline { fields, first: (*mount).clone() });
        before = *position;
        listed -= 1;
    }
    (inline, volumes[..listed].to_vec())
}

/// All mounts, in the order in which rendering meets them.
fn mounts(pod: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    let containers = ["containers", "initContainers"].into_iter().filter_map(|key| pod.get(key)?.as_array()).flatten();
    containers.filter_map(|c| c.get("volumeMounts")?.as_array()).flatten()
}

/// The fields that say a volume's source in its mount, where a mount can say it.
fn inlined(volume: &Value, mount: &Value) -> Option<Map<String, Value>> {
    let mut source = volume.as_object()?.clone();
    take(&mut source, "name");
    let (kind, value) = source.iter().next().filter(|_| source.len() == 1)?;
    let mut parts = value.as_object()?.clone();
    let (key, value) = match kind.as_str() {
        "hostPath" => {
            let path = take(&mut parts, "path").filter(|p| p.as_str().is_some_and(|p| !p.is_empty()))?;
            let mut out = Map::from_iter([("host_path".to_owned(), path)]);
            if let Some(kind) = take(&mut parts, "type") {
                out.insert("host_path_type".to_owned(), kind);
            }
            return parts.is_empty().then_some(out);
        }
        "configMap" => ("configMap", keys(parts, "name")?),
        "secret" => ("secret", keys(parts, "secretName")?),
        "emptyDir" => ("emptyDir", Value::Object(parts)),
        "persistentVolumeClaim" => ("pvc", Value::Object(parts)),
        "projected" => ("serviceAccountToken", token(parts, mount)?),
        _ => return None,
    };
    let field = SPEC_MOUNT.exact(key)?;
    let Shape::Object(known) = field.shape else { return None };
    let complete = value.as_object()?.keys().all(|k| known.exact(k).is_some());
    let value = snaked(&value, &field.shape).filter(|_| complete)?;
    Some(Map::from_iter([(field.snake().into_owned(), value)]))
}

/// A ConfigMap or Secret: one item is `key` and `path`.
fn keys(mut parts: Map<String, Value>, name_key: &str) -> Option<Value> {
    let name = take(&mut parts, name_key)?;
    let mut out = Map::from_iter([("name".to_owned(), name)]);
    if let Some([Value::Object(item)]) = parts.get("items").and_then(Value::as_array).map(Vec::as_slice)
        && item.len() == 2
        && let (Some(key), Some(path)) = (item.get("key"), item.get("path"))
    {
        let (key, path) = (key.clone(), path.clone());
        take(&mut parts, "items");
        if key != path {
            out.insert("path".to_owned(), path);
        }
        out.insert("key".to_owned(), key);
    }
    out.append(&mut parts);
    Some(Value::Object(out))
}

/// A token alone, mounted in a way that rendering would give it.
fn token(parts: Map<String, Value>, mount: &Value) -> Option<Value> {
    let [source] = parts.get("sources")?.as_array()?.as_slice() else { return None };
    let token = source.get("serviceAccountToken").filter(|_| source.as_object().is_some_and(|s| s.len() == 1))?;
    let said = ["audience", "expirationSeconds", "path"].iter().all(|key| token.get(key).is_some());
    let mut token = token.clone();
    if let Some(fields) = token.as_object_mut() {
        fields.retain(|k, v| !(k == "expirationSeconds" && *v == 3600 || k == "path" && v == "token"));
    }
    (said && parts.len() == 1 && mount.get("readOnly").is_some()).then_some(token)
}
