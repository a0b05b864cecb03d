//! Reads the documents of a text.

use std::collections::HashSet;

use serde_json::Value as Json;

use crate::manifest::field_path::name_fields;
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
use crate::yaml::{Entry, Node, Value};

/// Names of files that kustomize reads in a directory (`RecognizedKustomizationFileNames`, sigs.k8s.io/kustomize/api).
pub const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

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
    for mistake in parsed.repeated {
        let mut problem = source.problem(Severity::Warning, mistake.at, mistake.message);
        problem.hint = mistake.hint;
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
            let version = version.to_owned();
            for item in items.items() {
                self.document(named_by_list(item, &kind, &version), file, source);
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
        name_fields(&node, &mut problems, source);
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
        if version.starts_with("kustomize.config.k8s.io/") {
            return self.problems.push(kustomization(&node, source));
        }
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
            let mut problem = source.problem(Severity::Error, at, format!("this {} has no name", shorten(&kind)));
            problem.field = Some("metadata.name".to_owned());
            problems.push(problem);
        }
        name_fields(&node, &mut problems, source);
        let sound = !problems.iter().any(Problem::is_error);
        self.problems.extend(problems);
        let language = Language::Apps;
        self.documents.push(Input { language, kind, file: file.to_owned(), at, sound, node, rendered: None });
    }

    fn nameless(&mut self, node: &Node, source: &Source<'_>) {
        if node.get("resources").is_some() && is_kustomization(source.name()) {
            return self.problems.push(kustomization(node, source));
        }
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

/// Gives an item of a typed list the kind and version that the list says, where the item says neither (`decodeToList`,
/// k8s.io/apimachinery pkg/apis/meta/v1/unstructured/helpers.go, v1.36).
fn named_by_list(item: &Node, list: &str, version: &str) -> Node {
    let mut item = item.clone();
    let kind = list.strip_suffix("List").unwrap_or_default();
    let says = |key| item.get(key).is_some_and(|n| n.value != Value::Null);
    if !kind.is_empty() && !says("kind") && !says("apiVersion") {
        let at = item.at;
        if let Value::Map(entries) = &mut item.value {
            entries.retain(|e| e.key != "kind" && e.key != "apiVersion");
            for (key, value) in [("apiVersion", version), ("kind", kind)] {
                let node = Node { value: Value::Text(value.to_owned()), at };
                entries.push(Entry { key: key.to_owned(), key_at: at, node });
            }
        }
    }
    item
}

/// Whether a file has a name by which kustomize finds it.
fn is_kustomization(file: &str) -> bool {
    file.rsplit(['/', '\\']).next().is_some_and(|name| KUSTOMIZATIONS.contains(&name))
}

/// The error of a kustomization in the place of what kustomize makes of it.
fn kustomization(node: &Node, source: &Source<'_>) -> Problem {
    let message = "a kustomization: its resources and patches must be built first";
    let mut problem = source.problem(Severity::Error, node.at, message);
    problem.hint = Some("name the directory, or build it: `kubectl kustomize DIR | ... -f -`".to_owned());
    problem
}

/// Adds what a later look found, except on lines of which something is told already: it is often the same mistake.
fn add(problems: &mut Vec<Problem>, more: Vec<Problem>) {
    let told: HashSet<u32> = problems.iter().filter_map(|p| Some(p.at?.line)).collect();
    problems.extend(more.into_iter().filter(|p| p.at.is_none_or(|at| !told.contains(&at.line))));
}

#[cfg(test)]
mod tests {
    use super::*;

    const ITEM: &str = "metadata: {name: a}\n  spec:\n    selector: {matchLabels: {app: a}}\n    template:\n      metadata: {labels: \
                        {app: a}}\n      spec: {containers: [{name: a, image: 'a:1'}]}\n";

    #[test]
    fn items_of_a_typed_list_need_no_kind() {
        let list = |kind: &str, version: &str| {
            load("x.yaml", &format!("apiVersion: {version}\nkind: {kind}\nitems:\n- {ITEM}"))
        };
        let typed = list("DaemonSetList", "apps/v1");
        assert!(!typed.has_errors(), "{:?}", typed.problems);
        assert_eq!(typed.documents[0].kind(), "DaemonSet");
        assert_eq!(typed.documents[0].daemon_set().map(|d| d["apiVersion"].clone()), Some("apps/v1".into()));
        assert!(list("List", "v1").has_errors());
    }

    #[test]
    fn of_a_key_that_stands_twice_the_last_counts() {
        let text = format!("apiVersion: apps/v1\nkind: DaemonSet\n{}", ITEM.replace("\n  ", "\n"));
        let text = text.replace("image: 'a:1'", "image: 'a:1', image: 'b:1'");
        let loaded = load("x.yaml", &text);
        assert!(!loaded.has_errors(), "{:?}", loaded.problems);
        assert!(loaded.problems[0].message.contains("`image` stands twice"), "{:?}", loaded.problems);
        let image = "/spec/template/spec/containers/0/image";
        assert_eq!(loaded.documents[0].daemon_set().and_then(|d| d.pointer(image).cloned()), Some("b:1".into()));
    }

    #[test]
    fn a_kustomization_is_called_one() {
        let named = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n";
        for (file, text) in [("x.yaml", named), ("a/kustomization.yml", "resources: [a.yaml]\n")] {
            let problems = load(file, text).problems;
            assert!(problems[0].message.starts_with("a kustomization"), "{problems:?}");
            assert!(
                problems[0].hint.as_deref().is_some_and(|hint| hint.contains("kubectl kustomize DIR")),
                "{problems:?}"
            );
        }
    }

    #[test]
    fn a_daemon_set_has_a_name_and_times_are_times() {
        let text = format!("apiVersion: apps/v1\nkind: DaemonSet\n{}", ITEM.replace("\n  ", "\n"));
        assert!(!load("x.yaml", &text).has_errors());
        for (from, to, field) in [
            ("name: a}", "labels: {}}", "metadata.name"),
            ("name: a}", "name: a, creationTimestamp: yesterday}", "metadata.creationTimestamp"),
            ("name: a}", "name: a, generation: x}", "metadata.generation"),
        ] {
            let problems = load("x.yaml", &text.replacen(from, to, 1)).problems;
            assert_eq!(problems.first().and_then(|p| p.field.as_deref()), Some(field), "{problems:?}");
        }
    }
}
