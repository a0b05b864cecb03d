//! Where a field of a DaemonSet stands in the document that it was written in.

use std::fmt;

use crate::manifest::Input;
use crate::yaml::{Mark, Node, Value};

/// The name of a field of an `apps/v1` DaemonSet, such as `spec.template.spec.containers[name=main].image`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldPath(Vec<Step>);

/// One step on the way to a field.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// The value of a key.
    Key(String),
    /// The first item of a list in which the rest of the path exists, else the first item.
    Any,
    /// The item of a list that has this value under these keys.
    Item(&'static [&'static str], String),
}

impl FieldPath {
    /// A field of the DaemonSet.
    pub fn new(keys: &[&str]) -> Self {
        FieldPath(Vec::new()).keys(keys)
    }

    /// A field of the pods.
    pub fn pod(keys: &[&str]) -> Self {
        FieldPath::new(&["spec", "template", "spec"]).keys(keys)
    }

    /// A field further down.
    #[must_use]
    pub fn keys(mut self, keys: &[&str]) -> Self {
        self.0.extend(keys.iter().map(|key| Step::Key((*key).to_owned())));
        self
    }

    /// The first item that has the field that follows.
    #[must_use]
    pub fn any(mut self) -> Self {
        self.0.push(Step::Any);
        self
    }

    /// The item that has this value under these keys.
    #[must_use]
    pub fn item(mut self, keys: &'static [&'static str], value: impl ToString) -> Self {
        self.0.push(Step::Item(keys, value.to_string()));
        self
    }

    /// The item of that name.
    #[must_use]
    pub fn named(self, name: impl ToString) -> Self {
        self.item(&["name"], name)
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if key.contains(['.', '/', '[']) => write!(f, "[{key}]")?,
                Step::Key(key) if number == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Any => f.write_str("[*]")?,
                Step::Item(keys, value) => write!(f, "[{}={value}]", keys.join("."))?,
            }
        }
        Ok(())
    }
}

/// The document that a DaemonSet was written in.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The file, or `-`.
    pub file: String,
    /// Where the document begins.
    begin: Mark,
    /// The `apps/v1` DaemonSet, each value with its place in the document.
    daemon_set: Node,
}

impl Origin {
    /// Returns the document of a DaemonSet; `None` for other kinds.
    pub fn of(input: &Input) -> Option<Self> {
        let daemon_set = input.daemon_set_node()?.clone();
        Some(Origin { file: input.file.clone(), begin: input.at, daemon_set })
    }

    /// Returns the place of the first of the fields that exists. If none exists: the place of the nearest object that
    /// would hold one of the fields.
    pub fn find(&self, fields: &[FieldPath]) -> Mark {
        let name = self.daemon_set.at_path(&["metadata", "name"]).map_or(self.begin, |name| name.at);
        let top = Reached { depth: 0, at: if name.line > 0 { name } else { self.begin } };
        let mut nearest = top;
        for field in fields {
            let reached = walk(&self.daemon_set, &field.0, top);
            if reached.depth == field.0.len() {
                return reached.at;
            }
            // Beyond `spec.template.spec`: what lies above says nothing about the field.
            if reached.depth > nearest.depth && reached.depth >= 3 {
                nearest = reached;
            }
        }
        nearest.at
    }
}

/// How far a path leads, and the last place on it.
#[derive(Clone, Copy)]
struct Reached {
    depth: usize,
    at: Mark,
}

fn walk(node: &Node, steps: &[Step], so_far: Reached) -> Reached {
    let Some((step, rest)) = steps.split_first() else { return so_far };
    let item = |item: &Node| {
        let at = if item.at.line > 0 { item.at } else { so_far.at };
        walk(item, rest, Reached { depth: so_far.depth + 1, at })
    };
    match step {
        Step::Key(key) => {
            let Some(entry) = node.entry(key) else { return so_far };
            let is_scalar = !matches!(entry.node.value, Value::List(_) | Value::Map(_) | Value::Null);
            // The key of an object shows more than the first character of its value.
            let places = if is_scalar { [entry.node.at, entry.key_at] } else { [entry.key_at, entry.node.at] };
            let at = places.into_iter().find(|at| at.line > 0).unwrap_or(so_far.at);
            walk(&entry.node, rest, Reached { depth: so_far.depth + 1, at })
        }
        Step::Any => {
            let found: Vec<Reached> = node.items().iter().map(item).collect();
            let whole = found.iter().find(|reached| reached.depth == so_far.depth + steps.len());
            whole.or(found.first()).copied().unwrap_or(so_far)
        }
        Step::Item(keys, value) => {
            let has_value = |item: &&Node| match item.at_path(keys).map(|node| &node.value) {
                Some(Value::Text(text)) => text == value,
                Some(Value::Number(number)) => number.to_string() == *value,
                _ => false,
            };
            node.items().iter().find(has_value).map_or(so_far, item)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::load;

    const APPS: &str = "\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      nodeSelector:
        disk: ssd
      containers:
      - name: side
        image: i
      - name: main
        image: j
        resources: {requests: {cpu: 100m}}
";
    const SPEC: &str = "\
apiVersion: kubernetes.project-planton.org/v1
kind: KubernetesDaemonSet
metadata: {name: agent}
spec:
  namespace: agents
  node_selector: {disk: ssd}
  container:
    app:
      image: {repo: i, tag: '1'}
      resources: {requests: {cpu: 100m}, limits: {cpu: 100m}}
";

    /// Line and column of the first of the fields.
    fn at(text: &str, fields: &[FieldPath]) -> (u32, u32) {
        let loaded = load("agent.yaml", text);
        let origin = Origin::of(loaded.documents.first().expect("a document")).expect("a DaemonSet");
        let mark = origin.find(fields);
        (mark.line, mark.column)
    }

    #[test]
    fn a_field_is_found_or_what_would_hold_it() {
        let cpu = FieldPath::pod(&["containers"]).any().keys(&["resources", "requests", "cpu"]);
        let disk = FieldPath::pod(&["nodeSelector", "disk"]);
        let image = FieldPath::pod(&["containers"]).named("main").keys(&["image"]);
        let tolerations = FieldPath::pod(&["tolerations"]);
        let nowhere = FieldPath::new(&["spec", "updateStrategy", "type"]);
        assert_eq!(at(APPS, std::slice::from_ref(&disk)), (10, 15));
        assert_eq!(at(APPS, std::slice::from_ref(&cpu)), (16, 37));
        assert_eq!(at(APPS, std::slice::from_ref(&image)), (15, 16));
        assert_eq!(at(APPS, &[tolerations.clone(), disk.clone()]), (10, 15), "the first that exists");
        assert_eq!(at(APPS, std::slice::from_ref(&tolerations)), (8, 5), "the pod, which would hold it");
        assert_eq!(at(APPS, &[nowhere]), (3, 18), "the name of the DaemonSet");
        assert_eq!(at(SPEC, &[disk]), (6, 25));
        assert_eq!(at(SPEC, std::slice::from_ref(&cpu)), (10, 35));
        assert_eq!(cpu.to_string(), "spec.template.spec.containers[*].resources.requests.cpu");
    }
}
