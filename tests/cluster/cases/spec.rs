//! What does the real API server make of a manifest, of the spec that it is imported to, and of one that is live?

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::test;
use crate::harness::{Cluster, Ran, node};

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    vec![
        test("spec::the_corpus_survives_import", the_corpus_survives_import),
        test("spec::examples_are_stored_as_written", examples_are_stored_as_written),
        test("spec::lint_against_the_live_cluster", lint_against_the_live_cluster),
    ]
}

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(|e| Some(e.ok()?.path()));
    let mut files: Vec<PathBuf> = entries.filter(|f| f.extension().is_some_and(|e| e == "yaml")).collect();
    files.sort();
    files
}

fn written(cluster: &Cluster, name: &str, text: &str) -> String {
    let path = cluster.folder().join(name);
    std::fs::write(&path, text).expect("the cluster's folder can be written");
    path.display().to_string()
}

fn create_namespace(cluster: &Cluster, namespace: &str) {
    if cluster.list("Namespace", None).iter().all(|n| n["metadata"]["name"] != namespace) {
        cluster.create(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}));
    }
}

/// The objects of an answer of kubectl, which is one object or a List.
fn objects(answer: &Ran) -> Vec<Value> {
    let mut value = answer.json();
    match value["items"].take() {
        Value::Array(items) => items,
        _ => vec![value],
    }
}

fn only_daemon_set(answer: &Ran) -> Value {
    let mut sets = objects(answer).into_iter().filter(|o| o["kind"] == "DaemonSet");
    sets.next().unwrap_or_else(|| panic!("there is no DaemonSet: {answer}"))
}

/// Where the two differ, as paths.
fn differences(path: &str, a: &Value, b: &Value, out: &mut Vec<String>) {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let of = |map: &serde_json::Map<String, Value>| map.get(key).cloned().unwrap_or(Value::Null);
                differences(&format!("{path}/{key}"), &of(a), &of(b), out);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (i, (a, b)) in a.iter().zip(b).enumerate() {
                differences(&format!("{path}/{i}"), a, b, out);
            }
        }
        _ if a == b => {}
        _ => out.push(format!("{path}: {a} became {b}")),
    }
}

/// What is the author's in a stored DaemonSet: its spec, its labels, its annotations.
fn authored(stored: &Value) -> Value {
    let mut labels = stored["metadata"]["labels"].clone();
    if let Some(labels) = labels.as_object_mut() {
        // The one label that rendering adds.
        labels.retain(|key, value| !(key == "app.kubernetes.io/managed-by" && value == "kubectl-daemonset"));
    }
    let mut annotations = stored["metadata"]["annotations"].clone();
    if let Some(annotations) = annotations.as_object_mut() {
        annotations.retain(|key, _| {
            key != "deprecated.daemonset.template.generation"
                && key != "kubectl.kubernetes.io/last-applied-configuration"
        });
    }
    let tidy = |map: Value| if map.as_object().is_some_and(|m| m.is_empty()) { Value::Null } else { map };
    json!({"spec": stored["spec"], "labels": tidy(labels), "annotations": tidy(annotations)})
}

/// The specs of a file and of the live object render what the server stored of the manifest itself.
fn the_corpus_survives_import() {
    let files = yaml_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"));
    if files.is_empty() {
        println!("not checked: there is no corpus beside the project");
        return;
    }
    let cluster = Cluster::start();
    let (mut lost, mut fields, mut lines) = (Vec::new(), 0, [0, 0, 0]);
    for file in &files {
        let path = file.display().to_string();
        let name = file.file_stem().expect("a file has a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(file).expect("a manifest is text");
        let read = kubectl_daemonset::manifest::load(&path, &text);
        create_namespace(&cluster, read.documents[0].namespace().unwrap_or("default"));
        // Unknown fields are the manifest's own mistakes: the server drops them.
        let stored = cluster.kubectl(&["create", "-f", &path, "--validate=ignore", "-o", "json"]).ok().json();
        let (kind_name, namespace) = (&stored["metadata"]["name"], &stored["metadata"]["namespace"]);
        let (object, namespace) = (kind_name.as_str().expect("a name"), namespace.as_str().expect("a namespace"));
        // A manifest with a mistake of its own is imported only if an unknown field is all that is wrong, which a patch keeps.
        let from_file = cluster.plugin("admin", &["import", "-f", &path]);
        let is_sound = read.problems.iter().all(|problem| problem.is_unknown_field);
        let from_file = if is_sound { from_file.ok() } else { from_file.expect_code(1) };
        let from_file = is_sound.then_some(from_file.stdout);
        let from_live = cluster.plugin("admin", &["import", &format!("ds/{object}"), "-n", namespace]).ok().stdout;
        let ways = [("file", from_file.as_ref()), ("live", Some(&from_live))];
        for (i, (how, spec)) in ways.into_iter().enumerate().filter_map(|(i, (how, spec))| Some((i, (how, spec?)))) {
            let spec_file = written(&cluster, &format!("{name}-{how}.yaml"), spec);
            let rendered = cluster.plugin("admin", &["render", "-f", &spec_file]).ok().stdout;
            let rendered = written(&cluster, &format!("{name}-{how}-rendered.yaml"), &rendered);
            let flags = ["--dry-run=server", "--validate=ignore", "-o", "json"];
            let again = cluster.kubectl(&[&["replace", "-f", &rendered], &flags[..]].concat());
            match again.code {
                0 => differences("", &authored(&stored), &authored(&only_daemon_set(&again)), &mut lost),
                _ => lost.push(format!("{again}")),
            }
            if let Some(last) = lost.last() {
                assert!(lost.is_empty(), "{name}, imported from {how}, {}: {last}\n{spec}", lost.join("\n"));
            }
            lines[i + 1] += spec.lines().count();
        }
        lines[0] += text.lines().count();
        fields += leaves(&authored(&stored));
        cluster.delete(&format!("/apis/apps/v1/namespaces/{namespace}/daemonsets/{object}"));
    }
    let ratio = |n: usize| n as f64 / lines[0] as f64;
    println!(
        "{} manifests, {fields} stored values: none differs; {} lines became {} ({:.2}) from the file, {} ({:.2}) from the cluster",
        files.len(),
        lines[0],
        lines[1],
        ratio(lines[1]),
        lines[2],
        ratio(lines[2])
    );
    assert!(files.len() > 30 && fields > 2000 && lines[1] < lines[0] && lines[2] < lines[0]);
}

fn leaves(value: &Value) -> usize {
    match value {
        Value::Object(fields) => fields.values().map(leaves).sum(),
        Value::Array(items) => items.iter().map(leaves).sum(),
        _ => 1,
    }
}

/// The values of `wanted` that `stored` does not have.
fn missing(path: &str, wanted: &Value, stored: &Value, out: &mut Vec<String>) {
    match (wanted, stored) {
        (Value::Object(wanted), Value::Object(stored)) => {
            for (key, value) in wanted {
                missing(&format!("{path}/{key}"), value, stored.get(key).unwrap_or(&Value::Null), out);
            }
        }
        (Value::Array(wanted), Value::Array(stored)) if wanted.len() == stored.len() => {
            for (i, (wanted, stored)) in wanted.iter().zip(stored).enumerate() {
                missing(&format!("{path}/{i}"), wanted, stored, out);
            }
        }
        _ if wanted == stored => {}
        _ => out.push(format!("{path}: {wanted} became {stored}")),
    }
}

fn examples_are_stored_as_written() {
    let cluster = Cluster::start();
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let files = [yaml_files(&docs.join("examples")), yaml_files(&docs.join("systems"))].concat();
    let mut values = 0;
    for file in &files {
        let path = file.display().to_string();
        let render = |output: &str| {
            let program = env!("CARGO_BIN_EXE_kubectl-daemonset");
            let mut command =
                cluster.command(program, &["render", "-f", &path, "--show-secrets", "--allow-env", "-o", output]);
            Ran::of(command.env("INGEST_TOKEN", "a token")).ok()
        };
        let rendered = objects(&render("json"));
        for namespace in rendered.iter().filter_map(|o| o["metadata"]["namespace"].as_str()) {
            create_namespace(&cluster, namespace);
        }
        // kubectl reads our YAML; the list that it answers has the same order.
        let name = file.file_name().expect("a file has a name").to_string_lossy();
        let yaml = written(&cluster, &name, &render("yaml").stdout);
        let flags = ["apply", "--server-side", "--dry-run=server", "--validate=strict", "-o", "json", "-f", &yaml];
        let stored = objects(&cluster.kubectl(&flags).ok());
        assert_eq!(stored.len(), rendered.len(), "{path}");
        let mut lost = Vec::new();
        for (wanted, stored) in rendered.iter().zip(&stored) {
            missing(&format!("{}", wanted["kind"]), wanted, stored, &mut lost);
            values += leaves(wanted);
        }
        assert!(lost.is_empty(), "{path}:\n{}", lost.join("\n"));
    }
    println!("{} examples, {values} values: all stored as rendered", files.len());
    assert!(files.len() == 12 && values > 300, "{} files, {values} values", files.len());
}

/// Nodes, other workloads and ports of the live cluster are looked at, where it is asked for.
fn lint_against_the_live_cluster() {
    let cluster = Cluster::start();
    cluster.create_nodes(&[node("n1")]);
    create_namespace(&cluster, "agents");
    let labels = json!({"app.kubernetes.io/name": "agent"});
    cluster.create(&json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "other", "namespace": "agents"},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": {
            "metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "registry.example/c:1"}]}}},
    }));
    let spec = "apiVersion: kubernetes.project-planton.org/v1\nkind: KubernetesDaemonSet\nmetadata: {name: agent}\n\
                spec:\n  namespace: agents\n  container: {app: {image: 'registry.example/agent:v1'}}\n  \
                node_selector: {disk: ssd}\n";
    let file = written(&cluster, "agent.yaml", spec);
    // The codes that need a cluster.
    let about_cluster = |report: Value| -> BTreeSet<String> {
        let findings = report["findings"].as_array().cloned().unwrap_or_default();
        let codes = findings.iter().filter_map(|finding| finding["code"].as_str().map(str::to_owned));
        codes.filter(|code| code.starts_with("DS93")).collect()
    };
    let lint = ["lint", "-f", &file, "-o", "json"];
    let live = [&lint[..], &["--live"]].concat();
    assert_eq!(about_cluster(cluster.plugin("admin", &lint).ok().json()), BTreeSet::new());
    let found = about_cluster(cluster.plugin("admin", &live).expect_code(2).json());
    assert!(found.contains("DS930") && found.contains("DS931"), "{found:?}");
    // Who may list nothing is told so, and nothing is made up.
    let blind = cluster.plugin("nobody", &live).ok();
    assert!(blind.stderr.contains("not checked: nodes: forbidden: needs `list` on `nodes`"), "{blind}");
    assert_eq!(about_cluster(blind.json()), BTreeSet::new());
}
