//! What the spec does not say yet, said by patches; what the spec cannot hold, taken out of it first.

use serde_json::{Value, json};

use crate::manifest::fields::DAEMON_SET;
use crate::manifest::import::defaults::drop_defaults;
use crate::manifest::load;
use crate::manifest::render::CHECKSUM;
use crate::yaml::{Mark, Node, Style, emit, parse};

/// Makes `document` render `wanted`: takes out what is refused in a spec, then adds the patches that are missing.
///
/// # Errors
/// What stands in the way: what a spec refuses is what it cannot do without.
pub fn settle(
    document: &mut Value,
    wanted: &Value,
    defaults_dropped: bool,
    notes: &mut Vec<String>,
) -> Result<(), String> {
    const TRIES: usize = 200;
    for _ in 0..TRIES {
        let text = emit(document, Style::Block);
        let loaded = load("spec", &text);
        let Some(problem) = loaded.problems.iter().find(|p| p.is_error()) else {
            let Some(mut rendered) = loaded.documents.first().and_then(|d| d.daemon_set()) else {
                return Err("the imported spec renders no DaemonSet".to_owned());
            };
            drop_checksum(&mut rendered);
            if defaults_dropped {
                drop_defaults(&mut rendered, &DAEMON_SET);
            }
            patch(document, &rendered, wanted, notes);
            return Ok(());
        };
        let why = problem.message.clone();
        let tree = parse(&text).documents.into_iter().next();
        let path = problem.at.and_then(|at| place(tree.as_ref()?, at));
        // Without these there is no spec, so that what is wrong with them cannot be left to a patch.
        if path.is_none_or(|path| is_required(&path) || !remove(document, &path)) {
            return Err(why);
        }
        notes.push(format!("a spec cannot express this: {why}"));
    }
    Err(format!("a spec rejects more than {TRIES} fields"))
}

/// Drops the checksum of the configuration, which `deploy` makes anew.
fn drop_checksum(rendered: &mut Value) {
    let Some(Value::Object(metadata)) = rendered.pointer_mut("/spec/template/metadata") else { return };
    let Some(Value::Object(annotations)) = metadata.get_mut("annotations") else { return };
    if annotations.shift_remove(CHECKSUM).is_some() && annotations.is_empty() {
        metadata.shift_remove("annotations");
    }
}

fn patch(document: &mut Value, rendered: &Value, wanted: &Value, notes: &mut Vec<String>) {
    let mut patches = Vec::new();
    differ("/spec", &rendered["spec"], &wanted["spec"], &mut patches);
    for key in ["labels", "annotations"] {
        for (name, value) in wanted["metadata"][key].as_object().into_iter().flatten() {
            if rendered["metadata"][key].get(name) != Some(value) {
                let path = format!("/metadata/{key}");
                if rendered["metadata"][key].is_null() && patches.iter().all(|p: &Value| p["path"] != *path) {
                    patches.push(json!({"op": "add", "path": path, "value": {}}));
                }
                patches.push(json!({"op": "add", "path": format!("{path}/{}", escaped(name)), "value": value}));
            }
        }
    }
    if patches.is_empty() {
        return;
    }
    if let Some(spec) = document["spec"].as_object_mut() {
        let paths: Vec<&str> = patches.iter().filter_map(|p| p["path"].as_str()).collect();
        notes.push(format!("only a patch can express: {}", paths.join(", ")));
        spec.insert("patches".to_owned(), Value::Array(patches));
    }
}

/// The patches that turn `have` into `want`. Nothing is the same as an absent field.
fn differ(path: &str, have: &Value, want: &Value, out: &mut Vec<Value>) {
    match (have, want) {
        (Value::Object(have), Value::Object(want)) => {
            for (key, value) in have {
                let path = format!("{path}/{}", escaped(key));
                match want.get(key) {
                    Some(wanted) => differ(&path, value, wanted, out),
                    None if says_nothing(key, value) => {}
                    None => out.push(json!({"op": "remove", "path": path})),
                }
            }
            for (key, value) in want.iter().filter(|(key, value)| !have.contains_key(*key) && !says_nothing(key, value))
            {
                out.push(json!({"op": "add", "path": format!("{path}/{}", escaped(key)), "value": value}));
            }
        }
        (Value::Array(have), Value::Array(want)) if have.len() == want.len() => {
            for (i, (have, want)) in have.iter().zip(want).enumerate() {
                differ(&format!("{path}/{i}"), have, want, out);
            }
        }
        _ if same(have, want) => {}
        _ => out.push(json!({"op": "replace", "path": path, "value": want})),
    }
}

/// Whether an empty value means the same as none: an empty list does, an empty map only where no choice is made by it.
fn says_nothing(key: &str, value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => {
            fields.is_empty() && matches!(key, "annotations" | "labels" | "metadata" | "updateStrategy" | "resources")
        }
        _ => false,
    }
}

/// Equal, a number being equal to itself however it is written.
fn same(a: &Value, b: &Value) -> bool {
    a == b || a.is_number() && b.is_number() && a.as_f64() == b.as_f64()
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[derive(Debug, Clone, PartialEq)]
enum Step {
    Key(String),
    Index(usize),
}

/// The path of the innermost value that stands, or whose key stands, at a place.
fn place(node: &Node, at: Mark) -> Option<Vec<Step>> {
    let here = |mark: Mark| (mark.line, mark.column) == (at.line, at.column);
    let entries = node.entries().iter().map(|e| (Step::Key(e.key.clone()), &e.node, here(e.key_at)));
    let items = node.items().iter().enumerate().map(|(i, n)| (Step::Index(i), n, false));
    for (step, child, at_key) in entries.chain(items) {
        if let Some(mut path) = place(child, at) {
            path.insert(0, step);
            return Some(path);
        }
        if at_key || here(child.at) {
            return Some(vec![step]);
        }
    }
    None
}

/// Whether every spec has what stands there.
fn is_required(path: &[Step]) -> bool {
    const REQUIRED: [&[&str]; 4] =
        [&["apiVersion"], &["metadata", "name"], &["spec", "container", "app", "image"], &["spec", "namespace"]];
    let is_prefix = |required: &&[&str]| {
        path.len() <= required.len()
            && path.iter().zip(*required).all(|(step, key)| *step == Step::Key((*key).to_owned()))
    };
    path == [Step::Key("kind".to_owned())] || REQUIRED.iter().any(is_prefix)
}

fn remove(document: &mut Value, path: &[Step]) -> bool {
    let Some((last, parents)) = path.split_last() else { return false };
    let mut value = document;
    for step in parents {
        let next = match step {
            Step::Key(key) => value.get_mut(key),
            Step::Index(i) => value.get_mut(i),
        };
        let Some(next) = next else { return false };
        value = next;
    }
    match (last, value) {
        (Step::Key(key), Value::Object(fields)) => fields.shift_remove(key).is_some(),
        (Step::Index(i), Value::Array(items)) if *i < items.len() => {
            items.remove(*i);
            true
        }
        _ => false,
    }
}
