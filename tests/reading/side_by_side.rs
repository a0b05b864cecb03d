//! Every command gives the same answer to the same question: what becomes of a document on each node, by `doctor -f` on a
//! live and on a saved cluster and by `deploy` with either dry run, over recorded clusters.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use kubectl_daemonset::model::wire::Kind;
use serde_json::{Value, json};

use super::same::{deployed, of_recordings, read};
use super::server::{Served, Server};
use super::{program, report};

/// What a command says of a node: placement, evicted pods, and the codes of its reasons.
type Answer = (String, BTreeSet<String>, BTreeSet<String>);
type Answers = BTreeMap<String, Answer>;

fn texts(value: &Value) -> BTreeSet<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// What `doctor` says.
fn of_doctor(report: &Value) -> Answers {
    let nodes = report["daemonSets"][0]["nodes"].as_array().into_iter().flatten();
    let answer = |node: &Value| {
        let codes = node["reasons"].as_array().into_iter().flatten().map(|reason| text(&reason["code"])).collect();
        (text(&node["placement"]), texts(&node["evidence"]["victims"]), codes)
    };
    nodes.map(|node| (text(&node["name"]), answer(node))).collect()
}

/// What `deploy` says: of the reasons, the one that decides.
fn of_deploy(report: &Value) -> Answers {
    let prediction = &report["prediction"];
    let nodes = prediction["nodes"].as_object().into_iter().flatten();
    let placed = nodes.map(|(node, placement)| {
        (node.clone(), (text(placement), texts(&prediction["victims"][node]), BTreeSet::new()))
    });
    let mut all: Answers = placed.collect();
    for group in prediction["groups"].as_array().into_iter().flatten() {
        for node in texts(&group["nodes"]) {
            let codes = &mut all.get_mut(&node).expect("a node of a group is a node").2;
            codes.extend(group["code"].as_str().map(str::to_owned));
        }
    }
    all
}

/// The first node of which two commands say something else. `decides` says that the second one has the deciding reason
/// alone.
fn difference(one: &Answers, other: &Answers, decides: bool) -> Option<String> {
    one.keys().chain(other.keys()).find_map(|node| {
        let (Some(a), Some(b)) = (one.get(node), other.get(node)) else { return Some(format!("{node}: not there")) };
        let codes = if decides { b.2.is_subset(&a.2) } else { a.2 == b.2 };
        ((&a.0, &a.1) != (&b.0, &b.1) || !codes).then(|| format!("{node}: {a:?}, {b:?}"))
    })
}

/// Asks all commands about a document.
fn compare(version: &str, objects: &[Value], document: &Value) -> Option<String> {
    let home = tempfile::tempdir().expect("a folder");
    std::fs::write(home.path().join("ds.json"), document.to_string()).expect("a file");
    let seen: Vec<&str> = Kind::all().filter(|k| *k != Kind::DoctorSnapshot).map(Kind::resource).collect();
    let header = json!({"apiVersion": "kubectl-daemonset/v1", "kind": "DoctorSnapshot", "serverVersion": version, "lookedAt": seen});
    let items: Vec<&Value> = std::iter::once(&header).chain(objects).collect();
    let saved = json!({"apiVersion": "v1", "kind": "List", "items": items});
    std::fs::write(home.path().join("saved.json"), saved.to_string()).expect("a file");
    let api = Server::start(Served::new(version, objects.iter().cloned()));
    let address = format!("http://127.0.0.1:{}", api.port);
    let live = of_doctor(&report(&["-f", "ds.json", "--all-nodes", "--all-pods", "--server", &address], home.path()));
    let saved = of_doctor(&report(&["-f", "ds.json", "--all-nodes", "--snapshot", "saved.json"], home.path()));
    let mut differences = vec![("doctor live and saved", difference(&live, &saved, false))];
    for (what, dry_run) in [("deploy, server", "--dry-run=server"), ("deploy, client", "--dry-run=client")] {
        let arguments = ["-f", "ds.json", dry_run, "--allow-zero", "--allow-stuck", "-o", "json", "--server", &address];
        let ran = program("deploy", &arguments, home.path());
        let told = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "deploy {dry_run}: {told}");
        let deploy = of_deploy(&serde_json::from_slice(&ran.stdout).expect("a report"));
        differences.push((what, difference(&live, &deploy, true)));
    }
    differences.into_iter().find_map(|(what, difference)| Some(format!("{what}: {}", difference?)))
}

/// The document with another template, as the next version of what is deployed.
fn next_version(document: &Value) -> Value {
    let mut next = document.clone();
    next["spec"]["template"]["metadata"]["annotations"]["example.com/version"] = "next".into();
    next
}

fn of_file(path: &Path, turn: usize, step: usize) -> (usize, Vec<String>) {
    let recording = read(path);
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let version = recording["server"].as_str().expect("a version");
    let cluster: Vec<Value> = recording["cluster"]["items"].as_array().expect("items").clone();
    let (mut cases, mut differences) = (0, Vec::new());
    for (number, case) in recording["cases"].as_array().expect("cases").iter().enumerate() {
        let mut document = case["daemonSet"].clone();
        if document["metadata"]["namespace"].is_null() {
            document["metadata"]["namespace"] = "default".into();
        }
        let name = text(&document["metadata"]["name"]);
        if (number + turn).is_multiple_of(step) {
            cases += 1;
            let found = compare(version, &cluster, &document);
            differences.extend(found.map(|found| format!("{file} {name} new: {found}")));
        }
        if (number + turn) % (step * 2) == 1 % (step * 2)
            && let Some(own) = deployed(case)
        {
            cases += 1;
            let objects: Vec<Value> = cluster.iter().cloned().chain(own).collect();
            let found = compare(version, &objects, &next_version(&document));
            differences.extend(found.map(|found| format!("{file} {name} replaced: {found}")));
        }
    }
    (cases, differences)
}

#[test]
#[expect(clippy::print_stdout, reason = "a test says how much it compared")]
fn every_command_gives_the_same_answer() {
    // All of them take minutes (`make side-by-side`).
    let step = std::env::var("SIDE_BY_SIDE_STEP").ok().and_then(|s| s.parse().ok()).unwrap_or(25);
    let (mut cases, mut differences) = (0, Vec::new());
    for (compared, differing) in of_recordings(|path, turn| of_file(path, turn, step)) {
        cases += compared;
        differences.extend(differing);
    }
    println!("side by side: {cases} documents compared, {} differ", differences.len());
    assert!(cases > 0);
    assert!(differences.is_empty(), "{}", differences[..differences.len().min(20)].join("\n"));
}
