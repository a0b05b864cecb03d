//! Nodes made from other nodes: what is made stands where its cause stands.

use crate::yaml::{Entry, Mark, Node, Value};

/// The fields of a map that is being built.
pub type Fields = Vec<Entry>;

pub fn text(value: impl Into<String>, at: Mark) -> Node {
    Node { value: Value::Text(value.into()), at }
}

pub fn number(value: i64, at: Mark) -> Node {
    Node { value: Value::Number(value.into()), at }
}

pub fn truth(value: bool, at: Mark) -> Node {
    Node { value: Value::Bool(value), at }
}

pub fn list(items: Vec<Node>, at: Mark) -> Node {
    Node { value: Value::List(items), at }
}

pub fn map(fields: Fields, at: Mark) -> Node {
    Node { value: Value::Map(fields), at }
}

/// A map with one field.
pub fn one(key: &str, node: Node) -> Node {
    let at = node.at;
    map(vec![entry(key, node)], at)
}

pub fn entry(key: impl Into<String>, node: Node) -> Entry {
    Entry { key: key.into(), key_at: node.at, node }
}

/// Adds a field at the end.
pub fn put(fields: &mut Fields, key: &str, node: Node) {
    fields.push(entry(key, node));
}

/// Adds a field at the end, where there is something to add; it keeps the place of its key.
pub fn keep(fields: &mut Fields, key: &str, taken: Option<Entry>) {
    if let Some(taken) = taken {
        fields.push(Entry { key: key.to_owned(), ..taken });
    }
}

/// Takes a field out; null counts as absent.
pub fn take(fields: &mut Fields, key: &str) -> Option<Entry> {
    let taken = fields.remove(fields.iter().position(|e| e.key == key)?);
    (taken.node.value != Value::Null).then_some(taken)
}

/// The fields of a map; none where the node is something else (which was told when it was read).
pub fn fields(node: Node) -> Fields {
    if let Value::Map(fields) = node.value { fields } else { Vec::new() }
}

/// The items of a list; none where the node is something else (which was told when it was read).
pub fn items(node: Node) -> Vec<Node> {
    if let Value::List(items) = node.value { items } else { Vec::new() }
}

/// `0` or `0%`.
pub fn is_zero(bound: &Node) -> bool {
    match &bound.value {
        Value::Number(n) => n.as_i64() == Some(0),
        Value::Text(text) => text.strip_suffix('%').is_some_and(|d| d.parse() == Ok(0)),
        _ => false,
    }
}
