//! The environment of a container: its three written shapes become one list.

use crate::manifest::render::build::{Fields, entry, fields, items, keep, list, map, one, put, take, text};
use crate::manifest::render::{Renderer, SecretValue};
use crate::yaml::{Entry, Mark, Node, Value};

/// What the upstream implementations put first in every main container's environment.
const UPSTREAM: [(&str, &str); 3] =
    [("HOSTNAME", "status.podIP"), ("K8S_POD_ID", "metadata.name"), ("K8S_NODE_NAME", "spec.nodeName")];

/// The sources of which a variable has one.
const SOURCES: [&str; 11] = [
    "value",
    "fieldRef",
    "configMapKeyRef",
    "secretKeyRef",
    "secretRef",
    "resourceFieldRef",
    "fileKeyRef",
    "valueFrom",
    "fromEnv",
    "fromFile",
    "",
];

impl Renderer<'_> {
    /// Puts `env` and `envFrom` into a container.
    pub fn environment(&mut self, out: &mut Fields, env: Option<Entry>, container: &str, at: Mark) {
        let mut variables = Vec::new();
        let mut from = None;
        let env_at = env.as_ref().map_or(at, |e| e.key_at);
        if let Some(env) = env {
            if let Value::List(_) = env.node.value {
                self.variables(&mut variables, env.node);
            } else {
                let mut parts = fields(env.node);
                if let Some(given) = take(&mut parts, "variables") {
                    self.variables(&mut variables, given.node);
                }
                if let Some(given) = take(&mut parts, "secrets") {
                    self.secrets(&mut variables, given.node, container);
                }
                from = take(&mut parts, "envFrom");
            }
        }
        if self.upstream {
            let own: Vec<Node> = UPSTREAM
                .iter()
                .filter(|(name, _)| !variables.iter().any(|v| v.get("name").and_then(Node::text) == Some(name)))
                .map(|(name, path)| {
                    let source = one("fieldRef", one("fieldPath", text(*path, at)));
                    map(vec![entry("name", text(*name, at)), entry("valueFrom", source)], at)
                })
                .collect();
            variables.splice(0..0, own);
        }
        if !variables.is_empty() {
            put(out, "env", list(variables, env_at));
        }
        keep(out, "envFrom", from);
    }

    fn variables(&mut self, out: &mut Vec<Node>, given: Node) {
        for (name, source) in named(given) {
            let at = name.at;
            let mut variable = vec![entry("name", name)];
            self.source(&mut variable, source, at);
            out.push(map(variable, at));
        }
    }

    fn secrets(&mut self, out: &mut Vec<Node>, given: Node, container: &str) {
        for (name, source) in named(given) {
            let at = name.at;
            let key = name.text().unwrap_or_default().to_owned();
            let mut variable = vec![entry("name", name)];
            let literal = match source {
                Node { value: Value::Text(value), .. } => Some(SecretValue::Literal(value)),
                // Of another type, which was told when it was read.
                Node { value: Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_), .. } => None,
                source => {
                    let mut parts = fields(source);
                    let empty = parts.is_empty();
                    let mut taken = |key| take(&mut parts, key).and_then(|e| e.node.text().map(str::to_owned));
                    let literal = taken("value").map(SecretValue::Literal);
                    let literal = literal.or_else(|| taken("fromEnv").map(SecretValue::Env));
                    let literal = literal.or_else(|| taken("fromFile").map(SecretValue::File));
                    if literal.is_none() || parts.iter().any(|e| SOURCES.contains(&e.key.as_str())) {
                        if literal.is_some() {
                            self.secret_error(at, format!("`{key}` has more than one source"), Some("keep one"));
                        }
                        if empty {
                            self.secret_error(
                                at,
                                format!("the secret `{key}` has no value and no source"),
                                Some("add a source such as `from_env` or `secret_ref`"),
                            );
                        }
                        self.source(&mut variable, map(parts, at), at);
                        out.push(map(variable, at));
                        continue;
                    }
                    literal
                }
            };
            if let Some(value) = literal {
                let key = self.keep_secret(key, value, container, at);
                let name = text(format!("{}-env-secrets", self.name), at);
                let source = map(vec![entry("name", name), entry("key", text(key, at))], at);
                put(&mut variable, "valueFrom", one("secretKeyRef", source));
            }
            out.push(map(variable, at));
        }
    }

    /// Adds `value` or `valueFrom` from one source.
    fn source(&mut self, variable: &mut Fields, source: Node, at: Mark) {
        let name = variable[0].node.text().unwrap_or_default().to_owned();
        let Value::Map(mut parts) = source.value else {
            return put(variable, "value", source);
        };
        parts.retain(|e| SOURCES.contains(&e.key.as_str()));
        match parts.len() {
            // A variable without a value is an empty one.
            0 => return,
            1 => {}
            _ => return self.error(at, format!("`{name}` has more than one source"), Some("keep one")),
        }
        let Entry { key, key_at, node } = parts.remove(0);
        let source = match key.as_str() {
            "value" => return variable.push(Entry { key, key_at, node }),
            "fieldRef" if node.text().is_some() => Entry { key, key_at, node: one("fieldPath", node) },
            "secretRef" => {
                let mut parts = fields(node);
                self.same_namespace(&mut parts);
                Entry { key: "secretKeyRef".to_owned(), key_at, node: map(parts, key_at) }
            }
            "valueFrom" => {
                if ["name", "kind", "env", "fieldPath"].iter().any(|k| node.get(k).is_some()) {
                    return self.unresolvable(key_at, &format!("`{name}`"));
                }
                return variable.push(Entry { key, key_at, node });
            }
            _ => Entry { key, key_at, node },
        };
        variable.push(Entry { key: "valueFrom".to_owned(), key_at, node: map(vec![source], key_at) });
    }

    /// A pod reads Secrets of its own namespace only.
    fn same_namespace(&mut self, parts: &mut Fields) {
        let Some(namespace) = take(parts, "namespace") else { return };
        let given = namespace.node.text().unwrap_or_default();
        if !given.is_empty() && given != self.namespace {
            let message = format!(
                "this Secret is in namespace `{given}`; a pod reads only Secrets of its own namespace, `{}`",
                self.namespace
            );
            self.error(namespace.key_at, message, Some("copy the Secret to that namespace and remove `namespace`"));
        }
    }

    /// Keeps a secret's value for the Secret that is made; gives its key there.
    fn keep_secret(&mut self, name: String, value: SecretValue, container: &str, at: Mark) -> String {
        let taken = |kept: &[(String, SecretValue)], key: &str| kept.iter().any(|(k, v)| k == key && *v != value);
        let key = if taken(&self.env_secrets, &name) { format!("{container}.{name}") } else { name };
        if !key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) {
            self.secret_error(
                at,
                format!("`{key}` is not a valid key of a Secret"),
                Some("use letters, digits, `-`, `_` and `.`"),
            );
        }
        if !self.env_secrets.iter().any(|(k, _)| *k == key) {
            self.env_secrets.push((key.clone(), value));
        }
        key
    }
}

/// Names and sources, from a map or from a list whose items carry their name.
fn named(given: Node) -> Vec<(Node, Node)> {
    match given.value {
        Value::Map(entries) => entries.into_iter().map(|e| (text(e.key, e.key_at), e.node)).collect(),
        _ => items(given)
            .into_iter()
            .filter_map(|item| {
                let at = item.at;
                let mut parts = fields(item);
                let name = take(&mut parts, "name")?;
                Some((name.node, map(parts, at)))
            })
            .collect(),
    }
}
