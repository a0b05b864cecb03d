//! The same objects in JSON and in protobuf, as a real API server writes them, and as the real types write what was
//! recorded.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use flate2::read::GzDecoder;
use http_body_util::BodyExt as _;
use kube::client::Body;
use kubectl_daemonset::model::wire::protobuf::Detail;
use kubectl_daemonset::model::wire::{Kind, protobuf};
use kubectl_daemonset::stream::arriving::Form;
use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::test;
use crate::harness::{Cluster, node, pod};

#[allow(dead_code, reason = "only facts are compared here")]
#[path = "../../fuzz/both_forms.rs"]
mod both_forms;

use both_forms::read;

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    vec![
        test("protobuf::a_real_server_means_the_same_in_both_forms", a_real_server_means_the_same_in_both_forms),
        test("protobuf::recordings_mean_the_same_in_both_forms", recordings_mean_the_same_in_both_forms),
        test("protobuf::the_table_of_fields_is_that_of_the_real_types", the_table_is_that_of_the_real_types),
    ]
}

/// Compares the two forms of a list; says how many objects it has.
#[track_caller]
fn compare(kind: &str, json: &[u8], binary: &[u8]) -> usize {
    let (expected, ended) = read(Form::Json, json, usize::MAX);
    assert!(ended.is_ok(), "{kind}: {ended:?}");
    let details = if matches!(kind, "Pod" | "Node") { &[Detail::Whole, Detail::Lean][..] } else { &[Detail::Whole] };
    for detail in details {
        let (objects, ended) = read(Form::Protobuf(*detail), binary, 4096);
        assert!(ended.is_ok(), "{kind}: {ended:?}");
        assert_eq!(objects.facts.len(), expected.facts.len(), "{kind}");
        for (one, other) in objects.facts.iter().zip(&expected.facts) {
            assert_eq!(one, other, "{kind}, {detail:?}");
        }
    }
    expected.facts.len()
}

fn fetch(cluster: &Cluster, path: &str, accept: &str) -> Option<Vec<u8>> {
    Cluster::wait(async {
        let request = http::Request::get(path).header("accept", accept).body(Body::empty()).expect("a request");
        let answer = cluster.client().send(request).await.expect("an answer");
        let is_here = answer.status() == 200;
        let body = answer.into_body().collect().await.expect("a body").to_bytes();
        is_here.then(|| body.to_vec())
    })
}

fn a_real_server_means_the_same_in_both_forms() {
    let cluster = Cluster::start();
    let nodes: Vec<Value> = (0..5).map(|number| node(&format!("n{number}"))).collect();
    cluster.create_nodes(&nodes);
    cluster.create(&pod("default", "one", "n1", json!({"cpu": "3500m", "memory": "64Mi"})));
    cluster.create(&json!({"apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": {"name": "agent", "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "updateStrategy": {"rollingUpdate": {"maxUnavailable": "10%"}},
            "template": {"metadata": {"labels": {"a": "b"}}, "spec": {
                "tolerations": [{"operator": "Exists"}],
                "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
                    {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"a": "b"}}}]}},
                "volumes": [{"name": "v", "hostPath": {"path": "/v"}}],
                "containers": [{"name": "c", "image": "registry.example/agent:1", "command": ["/a", "-b"],
                    "env": [{"name": "A", "value": "é"}], "ports": [{"containerPort": 80, "hostPort": 8080}],
                    "resources": {"requests": {"cpu": "100m"}}, "volumeMounts": [{"name": "v", "mountPath": "/v"}],
                    "livenessProbe": {"httpGet": {"port": "http", "path": "/"}}}]}}}}));
    cluster.until("the DaemonSet has its pods", std::time::Duration::from_secs(60), || {
        (cluster.list("Pod", Some("default")).len() == 6).then_some(())
    });
    let mut objects = 0;
    let mut kinds = 0;
    for kind in Kind::all().filter(|kind| protobuf::knows(*kind)) {
        let path = match kind.group() {
            "" => format!("/api/v1/{}", kind.resource()),
            group => format!("/apis/{group}/v1/{}", kind.resource()),
        };
        if fetch(&cluster, &path, "application/json").is_none() {
            println!("not served here: {path}");
            continue;
        }
        // Nothing happens between the two where they agree on the newest change.
        let (json, binary) = cluster.until("both forms are of one state", std::time::Duration::from_secs(30), || {
            let before = fetch(&cluster, &path, "application/json")?;
            let binary = fetch(&cluster, &path, protobuf::MEDIA_TYPE)?;
            (fetch(&cluster, &path, "application/json")? == before).then_some((before, binary))
        });
        let found = compare(kind.as_str(), &json, &binary);
        objects += found;
        kinds += usize::from(found > 0);
    }
    println!("{objects} objects of {kinds} kinds");
    assert!(objects > 50 && kinds > 10, "{objects} objects of {kinds} kinds");
}

/// The recordings that are here, and what is shared beside the checkout.
fn recordings() -> Vec<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [here.join("tests/recordings"), here.join("../shared/oracle")];
    let files = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
    let mut files: Vec<PathBuf> = files.map(|file| file.path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "gz"));
    files.sort();
    files
}

/// The program that has the real types (`tests/cluster/protobuf`).
fn real_types(argument: &str) -> Command {
    let mut command = Command::new("go");
    command.args(["run", "./protobuf", argument]);
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster"));
    command
}

fn recordings_mean_the_same_in_both_forms() {
    let mut lists: Vec<(String, String)> = Vec::new();
    for path in recordings() {
        let mut text = String::new();
        GzDecoder::new(File::open(&path).expect("a recording")).read_to_string(&mut text).expect("packed text");
        let recording: Value = serde_json::from_str(&text).expect("JSON");
        let mut by_kind: BTreeMap<(String, String), Vec<Value>> = BTreeMap::new();
        for item in recording["cluster"]["items"].as_array().into_iter().flatten() {
            let text = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
            let Some(kind) = Kind::of(&text("apiVersion"), &text("kind")).filter(|kind| protobuf::knows(*kind)) else {
                continue;
            };
            if text("apiVersion").rsplit('/').next() == Some("v1") {
                let of_kind = (text("apiVersion"), kind.as_str().to_owned());
                by_kind.entry(of_kind).or_default().push(item.clone());
            }
        }
        for ((api_version, kind), mut items) in by_kind {
            // Items of a list have no kind of their own.
            for item in items.iter_mut().filter_map(Value::as_object_mut) {
                item.retain(|key, _| key != "apiVersion" && key != "kind");
            }
            let list =
                json!({"apiVersion": api_version, "kind": format!("{kind}List"), "metadata": {}, "items": items});
            lists.push((kind, list.to_string()));
        }
    }
    let mut encoder = real_types("encode").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Go");
    let mut input = encoder.stdin.take().expect("a pipe");
    let lines: String = lines_of(&lists);
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let mut encoded = Vec::new();
    encoder.stdout.take().expect("a pipe").read_to_end(&mut encoded).expect("lists");
    writer.join().expect("no panic").expect("a pipe");
    assert!(encoder.wait().expect("an end").success());
    let mut rest = &encoded[..];
    let mut objects = 0;
    for (kind, json) in &lists {
        let (length, after) = rest.split_first_chunk().expect("a length");
        let (binary, after) = after.split_at(u32::from_be_bytes(*length) as usize);
        objects += compare(kind, json.as_bytes(), binary);
        rest = after;
    }
    println!("{objects} objects in {} lists", lists.len());
    assert!(rest.is_empty() && objects > 5_000, "{objects} objects");
}

fn lines_of(lists: &[(String, String)]) -> String {
    lists.iter().flat_map(|(_, list)| [list.as_str(), "\n"]).collect()
}

fn the_table_is_that_of_the_real_types() {
    let output = real_types("schema").output().expect("Go");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let table = include_str!("../../../src/model/wire/protobuf/schema.txt");
    assert!(
        output.stdout == table.as_bytes(),
        "src/model/wire/protobuf/schema.txt is another one: `go run ./protobuf schema`"
    );
}
