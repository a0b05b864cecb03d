//! A tree checked against the table of fields: renames keys to Kubernetes' spelling, converts values to their type and
//! reports every mistake.
//!
//! * `scalars`: numbers, text, words, quantities and ports.
//! * `place`: where else a field of the same name exists.

mod place;
mod scalars;

use crate::manifest::fields::{DAEMON_SET, DOCUMENT, Field, Object, Rule, Shape, snake};
use crate::manifest::problem::{Problem, Source, sounds_secret};
use crate::manifest::read::place::place_of;
use crate::manifest::text::{self, shorten};
use crate::severity::Severity;
use crate::yaml::{Entry, Mark, Node, Value};

/// Whose rules a document follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// A spec: snake_case or camelCase, whole numbers also as text.
    Spec,
    /// A plain Kubernetes object: names and types as the API server takes them.
    Apps,
}

/// Checks `node` against a type and renames its keys to Kubernetes' spelling.
pub fn read(node: &mut Node, object: &'static Object, dialect: Dialect, source: &Source<'_>) -> Vec<Problem> {
    let mut reader = Reader { source, dialect, problems: Vec::new() };
    reader.object(node, object, "the document", false);
    reader.problems
}

/// Whether a value is one that a plain object may have there.
pub fn fits(shape: &Shape, value: &serde_json::Value) -> bool {
    let source = Source::new("", "");
    let mut reader = Reader { source: &source, dialect: Dialect::Apps, problems: Vec::new() };
    reader.value(&mut Node::from_json(value), shape, "", false);
    reader.problems.is_empty()
}

struct Reader<'a> {
    source: &'a Source<'a>,
    dialect: Dialect,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn value(&mut self, node: &mut Node, shape: &Shape, name: &str, secret: bool) {
        if secret {
            self.source.hide_all(node);
        }
        match shape {
            Shape::Any => {}
            Shape::Object(object) => self.object(node, object, name, secret),
            Shape::List(item) => self.list(node, item, name, secret),
            Shape::Map(rule, item) => self.map(node, *rule, item, name, secret),
            Shape::Either(shapes) => self.either(node, shapes, name, secret),
            Shape::Bool if matches!(node.value, Value::Bool(_)) => {}
            Shape::Int(low, high) => self.int(node, *low, *high, name, secret),
            Shape::Text(rule) => self.text(node, *rule, name, secret),
            Shape::Words(words) => self.word(node, words, name, secret),
            Shape::Quantity => self.quantity(node, name, secret),
            Shape::Bound => self.bound(node, name, secret),
            Shape::Port => self.port(node, name, secret),
            Shape::Bool => self.mistyped(node, "true or false", name, secret),
        }
    }

    fn object(&mut self, node: &mut Node, object: &'static Object, name: &str, secret: bool) {
        let (at, kind) = (node.at, node.kind());
        let Value::Map(entries) = &mut node.value else {
            let hint = self.example(object);
            let told = self.error(at, format!("{name} takes a map of fields, not {kind}"), secret);
            told.hint = hint;
            return;
        };
        let mut seen: Vec<&str> = Vec::with_capacity(entries.len());
        let named_secret = entries.iter().any(|e| e.key == "name" && e.node.text().is_some_and(sounds_secret));
        for entry in entries.iter_mut() {
            let field = match self.dialect {
                Dialect::Spec => object.spelled(&entry.key),
                Dialect::Apps => object.exact(&entry.key),
            };
            let Some(field) = field else {
                self.unknown(entry, object, secret);
                continue;
            };
            let shown = format!("`{}`", self.shown(field));
            if seen.contains(&field.name) {
                self.error(entry.key_at, format!("duplicate field {shown} (both spellings given)"), secret);
                continue;
            }
            seen.push(field.name);
            if entry.key != field.name {
                entry.key = field.name.to_owned();
            }
            if entry.node.value == Value::Null && !matches!(field.shape, Shape::Any) {
                if self.dialect == Dialect::Spec {
                    let told = self.error(entry.key_at, format!("{shown} has no value"), secret);
                    told.hint = Some("add a value or remove the line".to_owned());
                } else if field.required {
                    self.error(entry.key_at, format!("{shown} is required but has no value"), secret);
                }
                continue;
            }
            self.value(
                &mut entry.node,
                &field.shape,
                &shown,
                secret || field.secret || named_secret && field.name == "value",
            );
        }
        for field in object.all() {
            if field.required && !seen.contains(&field.name) {
                let shown = self.shown(field);
                let message = match name {
                    "the document" => format!("`{shown}` is missing"),
                    _ => format!("{name} lacks `{shown}`"),
                };
                let told = self.error(at, message, secret);
                told.hint = Some(format!("`{shown}`: {}", field.doc));
                told.field = Some(shown);
            }
        }
    }

    fn unknown(&mut self, entry: &Entry, object: &'static Object, secret: bool) {
        match secret || sounds_secret(&entry.key) {
            true => self.source.hide_all(&entry.node),
            false => self.source.hide_secrets(&entry.node),
        }
        let fields = object.all();
        let spell = |f: &&Field| if self.dialect == Dialect::Spec { f.snake().into_owned() } else { f.name.to_owned() };
        let names: Vec<String> = fields.iter().map(spell).collect();
        let wanted = if self.dialect == Dialect::Spec { snake(&entry.key) } else { entry.key.as_str().into() };
        let near = text::nearest(&wanted, names.iter().map(String::as_str));
        let mut message = format!("unknown field `{}`", shorten(&entry.key));
        let mut hint = None;
        let secret = secret || sounds_secret(&entry.key) || near.is_some_and(sounds_secret);
        if secret {
            self.hide_all(&entry.node);
        }
        match near {
            Some(near) => message.push_str(&format!(", did you mean `{near}`?")),
            None => {
                let elsewhere = match self.dialect {
                    Dialect::Spec => place_of(&DOCUMENT, &entry.key),
                    Dialect::Apps => place_of(&DAEMON_SET, &entry.key),
                };
                hint = elsewhere.map(|path| format!("a field of this name exists at `{path}`"));
            }
        }
        let told = self.error(entry.key_at, message, secret);
        told.hint = hint;
        told.is_unknown_field = true;
    }

    /// Hides the lines of every value that a misspelt secret may have.
    fn hide_all(&self, node: &Node) {
        self.source.hide(node.at);
        node.items().iter().for_each(|item| self.hide_all(item));
        node.entries().iter().for_each(|entry| self.hide_all(&entry.node));
    }

    fn list(&mut self, node: &mut Node, item: &Shape, name: &str, secret: bool) {
        let Value::List(items) = &mut node.value else {
            return self.mistyped(node, "a list", name, secret);
        };
        let name = format!("an item of {name}");
        for node in items {
            if self.dialect == Dialect::Apps {
                fill_null(node, item);
            }
            if node.value == Value::Null && !matches!(item, Shape::Any) {
                self.error(node.at, format!("{name} has no value"), secret);
            } else {
                self.value(node, item, &name, secret);
            }
        }
    }

    fn map(&mut self, node: &mut Node, rule: Rule, item: &Shape, name: &str, secret: bool) {
        let Value::Map(entries) = &mut node.value else {
            return self.mistyped(node, "a map", name, secret);
        };
        for entry in entries {
            if let Some(demand) = text::broken(rule, &entry.key) {
                self.error(entry.key_at, format!("`{}` in {name} must {demand}", shorten(&entry.key)), secret);
            }
            let shown = format!("`{}` in {name}", shorten(&entry.key));
            if entry.node.value == Value::Null && !matches!(item, Shape::Any) {
                // The API server would store an empty text for it.
                if self.dialect == Dialect::Spec || rule == Rule::DataKey {
                    let told = self.error(entry.key_at, format!("{shown} has no value"), secret);
                    told.hint = Some("write \"\" for an empty text".to_owned());
                }
            } else {
                let secret = secret || rule == Rule::AnyEnvName && sounds_secret(&entry.key);
                self.value(&mut entry.node, item, &shown, secret);
            }
        }
    }

    /// Chooses by what kind of value stands there; where none fits, all are named.
    fn either(&mut self, node: &mut Node, shapes: &'static [Shape], name: &str, secret: bool) {
        let fits = |shape: &&Shape| match (&node.value, shape) {
            (_, Shape::Any) | (Value::Map(_), Shape::Object(_) | Shape::Map(..)) | (Value::List(_), Shape::List(_)) => {
                true
            }
            (Value::Map(_) | Value::List(_), _) | (_, Shape::Object(_) | Shape::Map(..) | Shape::List(_)) => false,
            (Value::Number(_), Shape::Text(_) | Shape::Words(_)) => shapes.len() == 1 || !has_number(shapes),
            (Value::Text(_) | Value::Bool(_) | Value::Null, Shape::Int(..)) => false,
            _ => true,
        };
        match shapes.iter().find(fits) {
            Some(shape) => self.value(node, shape, name, secret),
            None => {
                let kinds: Vec<&str> = shapes.iter().map(Shape::kind).collect();
                self.mistyped(node, &kinds.join(" or "), name, secret);
            }
        }
    }

    fn mistyped(&mut self, node: &Node, wanted: &str, name: &str, secret: bool) {
        let quote = wanted.contains("text") && matches!(node.value, Value::Number(_) | Value::Bool(_)) && !secret;
        let written = if quote { self.source.text_at(node.at) } else { None };
        let told = self.error(node.at, format!("{name} takes {wanted}, not {}", node.kind()), secret);
        told.hint = written.map(|w| format!("quote it: \"{w}\""));
    }

    fn example(&self, object: &'static Object) -> Option<String> {
        let names: Vec<String> = object.all().iter().take(4).map(|f| format!("`{}`", self.shown(f))).collect();
        let more = if object.all().len() > 4 { " ..." } else { "" };
        (!names.is_empty()).then(|| format!("its fields are {}{more}", names.join(", ")))
    }

    fn shown(&self, field: &Field) -> String {
        if self.dialect == Dialect::Spec { field.snake().into_owned() } else { field.name.to_owned() }
    }

    fn error(&mut self, at: Mark, message: String, secret: bool) -> &mut Problem {
        let mut problem = self.source.problem(Severity::Error, at, message);
        if secret {
            problem.source = None;
        }
        self.problems.push(problem);
        self.problems.last_mut().expect("one was just added")
    }
}

/// Puts in the place of a null item what the API server reads there: decoding leaves it the zero value of its type.
fn fill_null(node: &mut Node, shape: &Shape) {
    if node.value != Value::Null {
        return;
    }
    match shape {
        Shape::Object(_) | Shape::Map(..) => node.value = Value::Map(Vec::new()),
        Shape::Text(_) | Shape::Words(_) => node.value = Value::Text(String::new()),
        Shape::Int(..) => node.value = Value::Number(0.into()),
        Shape::Bool => node.value = Value::Bool(false),
        _ => {}
    }
}

fn has_number(shapes: &[Shape]) -> bool {
    shapes.iter().any(|s| matches!(s, Shape::Int(..)))
}
