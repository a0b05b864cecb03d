//! JSON patches (RFC 6902: add, remove, replace) of a tree.

use crate::manifest::render::build::entry;
use crate::yaml::{Node, Value};

/// Applies one step to `target`; says why it cannot be applied.
pub fn apply(target: &mut Node, patch: &Node) -> Result<(), String> {
    let text = |key| patch.get(key).and_then(Node::text).unwrap_or_default();
    let (op, path) = (text("op"), text("path"));
    let Some(pointer) = path.strip_prefix('/') else {
        return Err(format!("`{path}` is not a path: a path begins with `/`"));
    };
    let value = patch.get("value");
    if op != "remove" && value.is_none() {
        return Err(format!("`{op}` needs a `value`"));
    }
    let segments: Vec<String> = pointer.split('/').map(|s| s.replace("~1", "/").replace("~0", "~")).collect();
    let (last, parents) = segments.split_last().expect("a split gives at least one part");
    let mut parent = target;
    for segment in parents {
        parent = child(parent, segment).ok_or_else(|| format!("`{path}`: there is no `{segment}`"))?;
    }
    match &mut parent.value {
        Value::Map(entries) => {
            let known = entries.iter().position(|e| e.key == *last);
            match (op, known, value) {
                ("remove", Some(i), _) => drop(entries.remove(i)),
                ("add" | "replace", Some(i), Some(value)) => entries[i].node = value.clone(),
                ("add", None, Some(value)) => entries.push(entry(last.clone(), value.clone())),
                _ => return Err(format!("`{path}`: there is no `{last}`")),
            }
        }
        Value::List(items) => {
            let index = if last == "-" { Some(items.len()) } else { last.parse().ok() };
            match (op, index, value) {
                ("remove", Some(i), _) if i < items.len() => drop(items.remove(i)),
                ("replace", Some(i), Some(value)) if i < items.len() => items[i] = value.clone(),
                ("add", Some(i), Some(value)) if i <= items.len() => items.insert(i, value.clone()),
                _ => return Err(format!("`{path}`: the list has {} items", items.len())),
            }
        }
        _ => return Err(format!("`{path}`: the parent of `{last}` is {}", parent.kind())),
    }
    Ok(())
}

fn child<'a>(node: &'a mut Node, segment: &str) -> Option<&'a mut Node> {
    match &mut node.value {
        Value::Map(entries) => entries.iter_mut().find(|e| e.key == segment).map(|e| &mut e.node),
        Value::List(items) => items.get_mut(segment.parse::<usize>().ok()?),
        _ => None,
    }
}
