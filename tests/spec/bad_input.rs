//! Every field given what it cannot hold: one sentence each, at its place, and never a panic.

use kubectl_daemonset::manifest::fields::{DAEMON_SET, DOCUMENT, Field, Object, Rule, Shape};
use kubectl_daemonset::manifest::{ImportOptions, Problem, import, load};
use kubectl_daemonset::yaml;
use kubectl_daemonset::yaml::{Limits, Style};
use serde_json::{Map, Value, json};

/// A value that a field may hold.
fn fine(shape: &Shape) -> Value {
    match shape {
        Shape::Bool => true.into(),
        Shape::Int(low, high) => 1.clamp(*low, *high).into(),
        Shape::Text(Rule::Ip) => "10.0.0.1".into(),
        Shape::Text(Rule::Digest) => format!("sha256:{}", "a".repeat(64)).into(),
        Shape::Text(_) => "x".into(),
        Shape::Quantity => "1Mi".into(),
        Shape::Bound | Shape::Port => 1.into(),
        Shape::Words(words) => (*words.iter().find(|w| !w.is_empty()).expect("a word")).into(),
        Shape::List(item) => json!([fine(item)]),
        Shape::Map(_, item) => json!({"x": fine(item)}),
        Shape::Object(object) => required(object),
        Shape::Either(shapes) => fine(&shapes[0]),
        Shape::Any => json!({}),
    }
}

fn required(object: &'static Object) -> Value {
    object.all().into_iter().filter(|f| f.required).map(|f| (f.name.to_owned(), fine(&f.shape))).collect()
}

/// One step from a document to a field.
#[derive(Clone)]
enum Step {
    Field(&'static str),
    Item,
    Key,
}

/// All fields with a way to them, each type once.
fn fields(root: &'static Object) -> Vec<(Vec<Step>, &'static Field)> {
    let mut out = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    let mut next: Vec<(Vec<Step>, &'static Object)> = vec![(Vec::new(), root)];
    while let Some((path, object)) = next.pop() {
        if seen.contains(&object.name) {
            continue;
        }
        seen.push(object.name);
        for field in object.all() {
            let mut here = path.clone();
            here.push(Step::Field(field.name));
            inner(&field.shape, &here, &mut next);
            out.push((here, field));
        }
    }
    out
}

fn inner(shape: &'static Shape, path: &[Step], next: &mut Vec<(Vec<Step>, &'static Object)>) {
    let with = |step: Step| path.iter().cloned().chain([step]).collect::<Vec<_>>();
    match shape {
        Shape::Object(object) => next.push((path.to_vec(), object)),
        Shape::List(item) => inner(item, &with(Step::Item), next),
        Shape::Map(_, item) => inner(item, &with(Step::Key), next),
        Shape::Either(shapes) => shapes.iter().for_each(|s| inner(s, path, next)),
        _ => {}
    }
}

/// Puts a value at the end of a path, with all that is required on the way.
fn put(at: &mut Value, object: Option<&'static Object>, path: &[Step], value: Value) {
    let Some((step, rest)) = path.split_first() else {
        *at = value;
        return;
    };
    match step {
        Step::Field(name) => {
            if !at.is_object() {
                *at = object.map_or_else(|| json!({}), required);
            }
            let field = object.and_then(|o| o.exact(name));
            let next = at.as_object_mut().expect("a map").entry(*name).or_insert(Value::Null);
            put(next, field.and_then(|f| target(&f.shape, rest)), rest, value);
        }
        Step::Item => {
            if !at.is_array() {
                *at = json!([object.map_or(Value::Null, required)]);
            }
            put(&mut at[0], object, rest, value);
        }
        Step::Key => {
            if !at.is_object() || at.get("x").is_none() {
                *at = json!({"x": object.map_or(Value::Null, required)});
            }
            put(&mut at["x"], object, rest, value);
        }
    }
}

/// The type whose fields the rest of a path names.
fn target(shape: &Shape, rest: &[Step]) -> Option<&'static Object> {
    match (shape, rest.first()) {
        (Shape::Object(object), _) => Some(object),
        (Shape::List(item), Some(Step::Item)) | (Shape::Map(_, item), Some(Step::Key)) => target(item, &rest[1..]),
        (Shape::Either(shapes), _) => {
            let name = rest.iter().find_map(|s| if let Step::Field(name) = s { Some(*name) } else { None });
            shapes.iter().find_map(|s| target(s, rest).filter(|o| name.is_none_or(|n| o.exact(n).is_some())))
        }
        _ => None,
    }
}

/// Values that a shape cannot hold, and what they are.
fn wrong(shape: &Shape) -> Vec<(&'static str, Value)> {
    let huge = json!(1e300);
    let nested = json!({"nonsense": [1]});
    match shape {
        Shape::Bool => vec![("text", json!("maybe")), ("number", json!(1)), ("list", json!([])), ("map", nested)],
        Shape::Int(..) => vec![
            ("text", json!("many")),
            ("empty", json!("")),
            ("huge", huge),
            ("fraction", json!(1.5)),
            ("list", json!([1])),
            ("map", nested),
            ("truth", json!(true)),
        ],
        Shape::Text(rule) => {
            let mut all = vec![("list", json!(["x"])), ("map", nested), ("number", json!(5)), ("truth", json!(true))];
            if !matches!(rule, Rule::Free | Rule::LabelValue | Rule::PortName | Rule::RelativePath) {
                all.push(("empty", json!("")));
            }
            all
        }
        Shape::Quantity => {
            vec![("text", json!("4x")), ("empty", json!("")), ("list", json!(["1"])), ("truth", json!(true))]
        }
        Shape::Bound => vec![
            ("text", json!("some")),
            ("above", json!("101%")),
            ("below", json!(-1)),
            ("huge", huge),
            ("list", json!([1])),
        ],
        Shape::Port => {
            vec![("above", json!(70000)), ("empty", json!("")), ("list", json!([1])), ("truth", json!(true))]
        }
        Shape::Words(_) => {
            vec![("other", json!("Sometimes")), ("number", json!(1)), ("list", json!(["x"])), ("map", nested)]
        }
        Shape::List(_) => {
            vec![("text", json!("x")), ("map", json!({"x": 1})), ("number", json!(1)), ("empty", json!(""))]
        }
        Shape::Map(..) => {
            vec![("text", json!("x")), ("list", json!(["x"])), ("number", json!(1)), ("empty", json!(""))]
        }
        Shape::Object(_) => vec![("text", json!("x")), ("list", json!(["x"])), ("unknown", json!({"nonsense": 1}))],
        Shape::Either(_) | Shape::Any => Vec::new(),
    }
}

fn spec_base() -> Value {
    json!({
        "apiVersion": "kubernetes.planton.dev/v1", "kind": "KubernetesDaemonSet", "metadata": {"name": "x"},
        "spec": {"namespace": "x", "container": {"app": {"image": "x"}}},
    })
}

fn shown(path: &[Step]) -> String {
    let parts = path.iter().map(|s| match s {
        Step::Field(name) => *name,
        Step::Item => "[]",
        Step::Key => "*",
    });
    parts.collect::<Vec<_>>().join(".")
}

fn errors(problems: &[Problem]) -> Vec<String> {
    problems
        .iter()
        .filter(|p| p.is_error())
        .map(|p| format!("{:?} {}", p.at.map(|a| (a.line, a.column)), p.message))
        .collect()
}

/// A wrong value, then null: each is told once, on the line where it stands.
#[test]
fn every_field_of_a_spec_refuses_what_it_cannot_hold() {
    let (mut tried, mut failed) = (0, Vec::new());
    for (path, field) in fields(&DOCUMENT) {
        if matches!(path.as_slice(), [Step::Field("apiVersion" | "kind")]) {
            continue;
        }
        // What the right value brings along is the sample's own, and is not counted.
        let told_of = |value: Value| {
            let mut document = spec_base();
            put(&mut document, Some(&DOCUMENT), &path, value);
            load("x.yaml", &yaml::emit(&document, Style::Block)).problems
        };
        let known: Vec<String> = told_of(fine(&field.shape)).iter().map(|p| p.message.clone()).collect();
        let mut values = wrong(&field.shape);
        if !matches!(field.shape, Shape::Any) {
            values.push(("null", Value::Null));
        }
        for (what, value) in values {
            let mut document = spec_base();
            put(&mut document, Some(&DOCUMENT), &path, json!("MARK"));
            let line = |text: &str| text.lines().position(|l| l.contains("MARK")).map_or(0, |i| i as u32 + 1);
            let wanted = line(&yaml::emit(&document, Style::Block));
            let mut problems = told_of(value);
            problems.retain(|p| p.is_error() && !known.contains(&p.message));
            let told = errors(&problems);
            let near = problems.iter().all(|p| p.at.is_some_and(|a| a.line >= wanted && a.line <= wanted + 2));
            // An unknown field may come with what is missing beside it.
            let enough = if what == "unknown" { !told.is_empty() } else { told.len() == 1 };
            if !enough || !near {
                failed.push(format!("{} {what} (line {wanted}): {}", shown(&path), told.join(" | ")));
            }
            tried += 1;
        }
    }
    assert!(tried > 2000, "{tried} were tried");
    assert!(failed.is_empty(), "{} of {tried}:\n{}", failed.len(), failed.join("\n"));
}

/// The same for plain manifests, where import also keeps what is wrong.
#[test]
fn every_field_of_a_manifest_is_named_and_nothing_is_lost_by_import() {
    let base = json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "x", "namespace": "x"},
        "spec": {"selector": {"matchLabels": {"x": "x"}}, "template": {"metadata": {"labels": {"x": "x"}}, "spec": {
            "containers": [{"name": "main", "image": "x"}]}}},
    });
    let (mut tried, mut failed) = (0, Vec::new());
    for (path, field) in fields(&DAEMON_SET) {
        let name = shown(&path);
        if !name.starts_with("spec") {
            continue;
        }
        for (what, value) in wrong(&field.shape) {
            let mut document = base.clone();
            put(&mut document, Some(&DAEMON_SET), &path, value);
            let loaded = load("x.yaml", &yaml::emit(&document, Style::Block));
            if !loaded.has_errors() {
                failed.push(format!("{name} {what}: nothing is told"));
            }
            tried += 1;
            // What the server sets is nobody's to keep.
            const SET_BY_SERVER: [&str; 8] = [
                "creationTimestamp",
                "deletionGracePeriodSeconds",
                "deletionTimestamp",
                "generation",
                "managedFields",
                "resourceVersion",
                "selfLink",
                "uid",
            ];
            let rest = name.strip_prefix("spec.template.metadata.").unwrap_or_default();
            if SET_BY_SERVER.iter().any(|field| rest.starts_with(field)) {
                continue;
            }
            // The whole way is long: a part of them is enough, a different one for each value.
            if tried % 7 != 0 {
                continue;
            }
            // What the API server refuses need not become a spec; what becomes one keeps everything.
            let Ok(imported) = import(&document, &ImportOptions::default()) else { continue };
            let again = load("spec.yaml", &imported.text());
            let rendered = again.documents.first().filter(|_| !again.has_errors()).and_then(|d| d.daemon_set());
            let same =
                rendered.is_some_and(|r| super::corpus::tidy(&r["spec"]) == super::corpus::tidy(&document["spec"]));
            if !same {
                failed.push(format!("{name} {what}: lost by import: {}", errors(&again.problems).join(" | ")));
            }
        }
    }
    assert!(tried > 1500, "{tried} were tried");
    assert!(failed.is_empty(), "{} of {tried}:\n{}", failed.len(), failed.join("\n"));
}

/// What is made to exhaust a reader is refused before it does.
#[test]
fn bombs_are_refused_quickly() {
    let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for i in 1..12 {
        let list = vec![format!("*a{}", i - 1); 10].join(", ");
        laughs.push_str(&format!("a{i}: &a{i} [{list}]\n"));
    }
    let deep = format!("a: {}x{}", "[".repeat(20_000), "]".repeat(20_000));
    let block: String = (0..5000).map(|i| format!("{}a:\n", " ".repeat(i))).collect();
    let wide: String = (0..20_000).map(|i| format!("k{i}: 1\n")).collect();
    let inner = "a: &a [*a]\n";
    let limits = Limits { nodes: 10_000, ..Limits::default() };
    assert!(yaml::parse_within(&wide, limits).mistakes[0].message.starts_with("too many values"));
    assert!(yaml::parse_within(&wide, Limits { bytes: 1000, ..limits }).documents.is_empty());
    let mut refused = Map::new();
    for (what, text) in [("laughs", laughs.as_str()), ("deep", &deep), ("block", &block), ("itself", inner)] {
        let started = std::time::Instant::now();
        let loaded = load("x.yaml", text);
        assert!(loaded.has_errors(), "{what}");
        println!("{what}: {:?}, {}", started.elapsed(), loaded.problems[0].message);
        refused.insert(what.to_owned(), loaded.problems[0].message.clone().into());
        assert!(started.elapsed().as_secs() < 20, "{:?} for {refused:?}", started.elapsed());
    }
}
