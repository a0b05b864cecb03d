//! Reads the documents of a text.

use std::collections::HashSet;

use serde_json::Value as Json;

use crate::manifest::input::{Input, Language, Loaded};
use crate::manifest::patched::check_patched;
use crate::manifest::problem::{Problem, Source, sounds_secret};
use crate::manifest::read::{Dialect, read};
use crate::manifest::render::render;
use crate::manifest::template;
use crate::manifest::text::shorten;
use crate::manifest::{check, fields, text};
use crate::severity::Severity;
use crate::yaml;
use crate::yaml::{Node, Value};

/// Reads a text: specs, plain objects, Lists of them, in any number of documents. `name` is what problems call it.
pub fn load(name: &str, text: &str) -> Loaded {
    let source = Source::new(name, text);
    let parsed = yaml::parse(text);
    let mut loaded = Loaded::default();
    if !parsed.mistakes.is_empty()
        && let Some(at) = template::first_action(text)
    {
        let mut problem = source.problem(Severity::Error, at, "a template that was not rendered, and so no YAML");
        problem.hint = Some(template::HINT.into());
        problem.source = problem.source.filter(|line| !sounds_secret(line));
        loaded.problems.push(problem);
        return loaded;
    }
    let lower = text.to_ascii_lowercase();
    let may_hold_secrets = ["secret", "password", "passwd", "credential"].iter().any(|word| lower.contains(word));
    for mistake in parsed.mistakes {
        let mut problem = source.problem(Severity::Error, mistake.at, mistake.message);
        problem.hint = mistake.hint;
        // What stands there was not understood; it may be a secret.
        problem.source = problem.source.filter(|line| !may_hold_secrets && !sounds_secret(line));
        loaded.problems.push(problem);
    }
    for document in parsed.documents {
        loaded.document(document, name, &source);
    }
    source.conceal(&mut loaded.problems);
    loaded.hidden = source.hidden();
    loaded.problems.sort_by_key(|p| p.at);
    loaded
}

/// A part of a spec, its keys in Kubernetes' spelling. What it lacks as a document is no mistake; `null` stays.
pub fn fragment(mut node: Node) -> Json {
    read(&mut node, &fields::DOCUMENT, Dialect::Spec, &Source::new("", ""));
    node.to_json()
}

impl Loaded {
    fn document(&mut self, node: Node, file: &str, source: &Source<'_>) {
        let text_of = |key| node.get(key).and_then(Node::text);
        let version = text_of("apiVersion").or_else(|| text_of("api_version"));
        let (Some(kind), Some(version)) = (text_of("kind"), version) else {
            return self.nameless(&node, source);
        };
        let kind = kind.to_owned();
        if kind.ends_with("List")
            && let Some(items) = node.get("items")
        {
            for item in items.items() {
                self.document(item.clone(), file, source);
            }
            return;
        }
        let versions = fields::DOCUMENT.fields[0].shape;
        let is_spec_version = matches!(versions, fields::Shape::Words(words) if words.contains(&version));
        if kind == "KubernetesDaemonSet" || is_spec_version {
            self.spec(node, file, source);
        } else {
            self.plain(node, kind, file, source);
        }
    }

    fn spec(&mut self, mut node: Node, file: &str, source: &Source<'_>) {
        let at = node.at;
        let mut problems = read(&mut node, &fields::DOCUMENT, Dialect::Spec, source);
        let (rendered, more) = render(node.clone(), source);
        add(&mut problems, more);
        let unpatched = rendered.unpatched.as_ref().unwrap_or(&rendered.daemon_set);
        let more = check::check(unpatched, Dialect::Spec, source, &problems);
        add(&mut problems, more);
        if let (Some(unpatched), Some(patches)) = (&rendered.unpatched, node.at_path(&["spec", "patches"])) {
            add(&mut problems, check_patched(unpatched, &rendered.daemon_set, patches, source));
        }
        let sound = !problems.iter().any(Problem::is_error);
        self.problems.extend(problems);
        let (language, kind) = (Language::Spec, "KubernetesDaemonSet".to_owned());
        self.documents.push(Input { language, kind, file: file.to_owned(), at, sound, node, rendered: Some(rendered) });
    }

    fn plain(&mut self, mut node: Node, kind: String, file: &str, source: &Source<'_>) {
        let at = node.at;
        let mut problems = Vec::new();
        if kind == "Secret" {
            // Whatever the keys are called: one may be misspelt.
            let said = |key: &str| matches!(key, "apiVersion" | "kind" | "metadata" | "type" | "immutable");
            node.entries().iter().filter(|e| !said(&e.key)).for_each(|e| source.hide_all(&e.node));
        }
        let version = node.get("apiVersion").and_then(Node::text).unwrap_or_default();
        if kind == "DaemonSet" {
            problems = read(&mut node, &fields::DAEMON_SET, Dialect::Apps, source);
            let more = check::check(&node, Dialect::Apps, source, &problems);
            add(&mut problems, more);
        } else if let Some(object) = fields::of_kind(version, &kind) {
            problems = read(&mut node, object, Dialect::Apps, source);
            let secret = kind == "Secret";
            let field = if secret { "data" } else { "binaryData" };
            add(&mut problems, check::check_bytes(&node, field, secret, source));
            // A misspelt field of a Secret may hold its values.
            problems.iter_mut().filter(|_| secret).for_each(|problem| problem.source = None);
        }
        if node.at_path(&["metadata", "name"]).is_none()
            && node.at_path(&["metadata", "generateName"]).is_none()
            && kind != "DaemonSet"
        {
            problems.push(source.problem(Severity::Error, at, format!("this {} has no name", shorten(&kind))));
        }
        let sound = !problems.iter().any(Problem::is_error);
        self.problems.extend(problems);
        let language = Language::Apps;
        self.documents.push(Input { language, kind, file: file.to_owned(), at, sound, node, rendered: None });
    }

    fn nameless(&mut self, node: &Node, source: &Source<'_>) {
        let missing = match node.value {
            Value::Map(_) => ["apiVersion", "kind"].into_iter().find(|k| node.get(k).and_then(Node::text).is_none()),
            _ => None,
        };
        let keys = node.entries().iter().map(|e| e.key.as_str());
        let message = match missing {
            Some(missing) => format!("not a Kubernetes object: `{missing}` is missing"),
            None => format!("not a Kubernetes object, but {}", node.kind()),
        };
        let mut problem = source.problem(Severity::Error, node.at, message);
        problem.hint = match missing {
            Some(missing) => keys
                .clone()
                .find(|k| text::nearest(k, [missing]).is_some())
                .map(|k| format!("did you mean `{missing}` instead of `{k}`?")),
            None => None,
        };
        problem.source = None;
        self.problems.push(problem);
    }
}

/// Adds what a later look found, except on lines of which something is told already: it is often the same mistake.
fn add(problems: &mut Vec<Problem>, more: Vec<Problem>) {
    let told: HashSet<u32> = problems.iter().filter_map(|p| Some(p.at?.line)).collect();
    problems.extend(more.into_iter().filter(|p| p.at.is_none_or(|at| !told.contains(&at.line))));
}
