//! A document as a tree whose every value knows its place in the text.

use serde_json::{Map, Number};

/// A place in a text: line and column from 1, the length in characters on that line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Mark {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// How many characters of the line it covers; at least 1 where something stands there.
    pub length: u32,
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it is, resolved as kubectl does.
    pub value: Value,
    /// Where it begins; for a list or map its first character.
    pub at: Mark,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// A YAML 1.1 truth word, unquoted.
    Bool(bool),
    /// An unquoted number; integral floats are integers, as in the JSON that kubectl sends.
    Number(Number),
    /// Everything else that is one scalar.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order of the text, merge keys resolved, each key once.
    Map(Vec<Entry>),
}

/// A key of a map and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key as JSON would have it.
    pub key: String,
    /// Where the key stands.
    pub key_at: Mark,
    /// The value.
    pub node: Node,
}

impl Node {
    /// The value of `key`, where this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|e| &e.node)
    }

    /// The entry of `key`, where this is a map that has it.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|e| e.key == key)
    }

    /// The value under a path of keys.
    pub fn at_path(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The value under a path of keys, to change it.
    pub fn at_path_mut(&mut self, path: &[&str]) -> Option<&mut Node> {
        path.iter().try_fold(self, |node, key| match &mut node.value {
            Value::Map(entries) => entries.iter_mut().find(|e| e.key == *key).map(|e| &mut e.node),
            _ => None,
        })
    }

    /// The entries; none where this is no map.
    pub fn entries(&self) -> &[Entry] {
        if let Value::Map(entries) = &self.value { entries } else { &[] }
    }

    /// The items; none where this is no list.
    pub fn items(&self) -> &[Node] {
        if let Value::List(items) = &self.value { items } else { &[] }
    }

    /// The text, where this is text.
    pub fn text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    /// The truth value, where this is one.
    pub fn bool(&self) -> Option<bool> {
        if let Value::Bool(b) = self.value { Some(b) } else { None }
    }

    /// The integer, where this is a number that fits.
    pub fn int(&self) -> Option<i64> {
        if let Value::Number(n) = &self.value { n.as_i64() } else { None }
    }

    /// Whether this is null, or a map or list without anything in it.
    pub fn is_empty(&self) -> bool {
        match &self.value {
            Value::Null => true,
            Value::List(items) => items.is_empty(),
            Value::Map(entries) => entries.is_empty(),
            _ => false,
        }
    }

    /// What kind of value this is, in the words of a message ("a list").
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::Text(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }

    /// A tree that stands nowhere.
    pub fn from_json(value: &serde_json::Value) -> Node {
        use serde_json::Value as Json;
        let at = Mark::default();
        let value = match value {
            Json::Null => Value::Null,
            Json::Bool(b) => Value::Bool(*b),
            Json::Number(n) => Value::Number(n.clone()),
            Json::String(t) => Value::Text(t.clone()),
            Json::Array(items) => Value::List(items.iter().map(Node::from_json).collect()),
            Json::Object(map) => {
                let entry = |(k, v): (&String, _)| Entry { key: k.clone(), key_at: at, node: Node::from_json(v) };
                Value::Map(map.iter().map(entry).collect())
            }
        };
        Node { value, at }
    }

    /// The value without positions.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(b) => Json::Bool(*b),
            Value::Number(n) => Json::Number(n.clone()),
            Value::Text(t) => Json::String(t.clone()),
            Value::List(items) => Json::Array(items.iter().map(Node::to_json).collect()),
            Value::Map(entries) => {
                let mut map = Map::with_capacity(entries.len());
                for e in entries {
                    map.insert(e.key.clone(), e.node.to_json());
                }
                Json::Object(map)
            }
        }
    }
}
