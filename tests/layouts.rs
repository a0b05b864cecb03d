//! Every layout in which people save a cluster, and every way in which such files are broken.

#![allow(clippy::print_stderr, reason = "a test says what it could not check")]

#[path = "summary/mod.rs"]
mod summary;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use kubectl_daemonset::snapshot;
use kubectl_daemonset::snapshot::write::{Detail, Header, Writer};
use kubectl_daemonset::snapshot::{Limits, Summary};
use kubectl_daemonset::store::Builder;
use kubectl_daemonset::store::{ItemSink, ListKind, Origin, Taken, TakenKind};
use serde::Deserialize;

/// Notes each object as `Kind namespace/name @line`.
#[derive(Default)]
struct Recorder {
    objects: Vec<String>,
    sources: Vec<String>,
}

#[derive(Deserialize)]
struct Object {
    kind: Option<String>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize, Default)]
struct Metadata {
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    name: String,
}

impl ItemSink for Recorder {
    fn item(&mut self, json: &[u8], list: Option<ListKind<'_>>, origin: &Origin) -> Result<Taken, serde_json::Error> {
        let mut objects = serde_json::Deserializer::from_slice(json).into_iter::<Object>();
        let object = objects.next().expect("the reader gives no empty text")?;
        let bytes = objects.byte_offset();
        let Some(kind) = object.kind.or_else(|| list?.of_items().map(str::to_owned)) else {
            return Ok(Taken { bytes, kind: TakenKind::Kindless });
        };
        if kind == "Secret" {
            return Ok(Taken { bytes, kind: TakenKind::Ignored });
        }
        let Metadata { namespace, name } = object.metadata;
        let slash = if namespace.is_empty() { "" } else { "/" };
        self.objects.push(format!("{kind} {namespace}{slash}{name} @{}", origin.line));
        self.sources.push(format!("{}#{}", origin.source, origin.item));
        Ok(Taken { bytes, kind: TakenKind::Known })
    }
}

/// What the files give: objects in order, or the error as one line.
fn read(paths: &[PathBuf], stdin: &mut dyn Read) -> Result<(Recorder, Summary), String> {
    let mut sink = Recorder::default();
    match snapshot::read(paths, stdin, &mut sink) {
        Ok(summary) => Ok((sink, summary)),
        Err(error) => Err(error.to_string()),
    }
}

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Place(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// The outcome for a file of this content, with the place's own path cut out of messages.
    fn of(&self, bytes: impl AsRef<[u8]>) -> Result<Vec<String>, String> {
        let path = self.write("x", bytes);
        self.told(read(&[path], &mut std::io::empty())).map(|(sink, _)| sink.objects)
    }

    fn told<T>(&self, outcome: Result<T, String>) -> Result<T, String> {
        outcome.map_err(|error| error.replace(&format!("{}/", self.0.path().display()), ""))
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, *bytes).unwrap();
    }
    archive.into_inner().unwrap()
}

const LIST: &str = r#"{
    "apiVersion": "v1",
    "items": [
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}},
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "p1", "namespace": "default"}
        }
    ],
    "kind": "List",
    "metadata": {"resourceVersion": ""}
}
"#;
const IN_LIST: [&str; 2] = ["Node n1 @4", "Pod default/p1 @5"];

const YAML_LIST: &str = "\
apiVersion: v1
items:
- apiVersion: v1
  kind: Node
  metadata:
    annotations:
      script: |
        - not an item

        kind: not a kind
    name: n1
- apiVersion: v1
  kind: Pod
  metadata: {name: p1, namespace: default}
  spec:
    containers:
    - args:
      - --a
      name: x
kind: List
metadata:
  resourceVersion: \"\"
";
const IN_YAML_LIST: [&str; 2] = ["Node n1 @3", "Pod default/p1 @12"];

#[test]
fn one_file_in_any_form() {
    let place = Place::new();
    let minified: String = LIST.split_whitespace().collect();
    let kinds_last =
        r#"{"items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"}}],"apiVersion":"v1","kind":"NodeList"}"#;
    let cases: [(&str, Vec<u8>, &[&str]); 18] = [
        ("a List", LIST.into(), &IN_LIST),
        ("on one line", minified.clone().into(), &["Node n1 @1", "Pod default/p1 @1"]),
        ("after a byte order mark", [b"\xef\xbb\xbf", LIST.as_bytes()].concat(), &IN_LIST),
        ("compressed", gzip(LIST.as_bytes()), &IN_LIST),
        ("compressed in two parts", [gzip(&LIST.as_bytes()[..99]), gzip(&LIST.as_bytes()[99..])].concat(), &IN_LIST),
        (
            "two Lists, one after the other",
            minified.repeat(2).into(),
            &["Node n1 @1", "Pod default/p1 @1", "Node n1 @1", "Pod default/p1 @1"],
        ),
        ("one object", r#"{"metadata":{"name":"n"},"spec":{"items":[1]},"kind":"Node"}"#.into(), &["Node n @1"]),
        ("objects, one a line", "{\"kind\":\"Node\"}\n{\"kind\":\"Pod\"}\n".into(), &["Node  @1", "Pod  @2"]),
        (
            "a typed list",
            r#"{"kind":"PodList","metadata":{},"items":[{"metadata":{"name":"p"}}]}"#.into(),
            &["Pod p @1"],
        ),
        ("a typed list, its kind last", kinds_last.into(), &["Node a @1", "Node b @1"]),
        ("the same compressed", gzip(kinds_last.as_bytes()), &["Node a @1", "Node b @1"]),
        ("an empty list", r#"{"apiVersion":"v1","items":[],"kind":"List"}"#.into(), &[]),
        ("a kind of no use", r#"{"kind":"Secret","items":[{}]}"#.into(), &[]),
        ("a YAML List", YAML_LIST.into(), &IN_YAML_LIST),
        (
            "a YAML List, indented",
            YAML_LIST
                .replace("\n", "\n  ")
                .replace("\n  items", "\nitems")
                .replace("\n  kind: List", "\nkind: List")
                .replace("\n  metadata:\n    r", "\nmetadata:\n  r")
                .into(),
            &IN_YAML_LIST,
        ),
        (
            "YAML documents",
            "# one\n---\nkind: Node\nmetadata: {name: n1}\n---\n---\n...\n---\nkind: Pod\n".into(),
            &["Node n1 @3", "Pod  @9"],
        ),
        (
            "a YAML list, its kind last",
            "items:\n- metadata:\n    name: a\n-\n  metadata: {name: b}\nkind: NodeList\n---\nkind: Node\n".into(),
            &["Node  @8", "Node a @2", "Node b @4"],
        ),
        ("a YAML list in flow style", "items: [{kind: Node}]\nkind: List\n".into(), &["Node  @1"]),
    ];
    for (what, bytes, objects) in cases {
        let got = place.of(bytes).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(got, objects, "{what}");
    }
}

#[test]
fn directories_and_archives_of_any_layout() {
    let layouts: [(&str, &[(&str, &str)]); 5] = [
        (
            "cluster-info dump",
            &[
                ("nodes.json", LIST),
                ("kube-system/pods.json", r#"{"kind":"PodList","apiVersion":"v1","items":[]}"#),
                ("kube-system/x/logs.txt", "==== START logs ====\nkind of\n"),
            ],
        ),
        (
            "must-gather",
            &[
                (
                    "quay/cluster-scoped-resources/core/nodes/n1.yaml",
                    "---\napiVersion: v1\nkind: Node\nmetadata:\n  name: n1\n",
                ),
                (
                    "quay/namespaces/default/core/pods.yaml",
                    "---\napiVersion: v1\nitems:\n- metadata:\n    name: p1\n    namespace: default\nkind: PodList\n",
                ),
                ("quay/event-filter.html", "<html>"),
                ("quay/audit.log", "{\"level\":\"info\"}\n{\"level\":"),
            ],
        ),
        (
            "support bundle",
            &[
                ("bundle/cluster-resources/nodes.json", LIST),
                ("bundle/version.yaml", "apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\n"),
                ("bundle/host.txt", "4 cpus"),
            ],
        ),
        (
            "crust-gather",
            &[
                ("cluster/v1/node/n1.yaml", "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\n"),
                (
                    "namespaces/default/v1/pod/p1.yaml",
                    "apiVersion: v1\nkind: Pod\nmetadata: {name: p1, namespace: default}\n",
                ),
            ],
        ),
        ("compressed files", &[("a/list", LIST), ("b/noise.bin", "\u{0}\u{1}\u{2}")]),
    ];
    for (what, files) in layouts {
        let place = Place::new();
        for (name, text) in files {
            let bytes = if what == "compressed files" { gzip(text.as_bytes()) } else { (*text).into() };
            place.write(&format!("d/{name}"), bytes);
        }
        let members: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
        let archive = tar(&members);
        let paths = [place.0.path().join("d"), place.write("d.tar", &archive), place.write("d.tgz", gzip(&archive))];
        for path in paths {
            let (sink, summary) = place.told(read(std::slice::from_ref(&path), &mut std::io::empty())).unwrap();
            let names: Vec<_> = sink
                .objects
                .iter()
                .map(|o| o.split(" @").next().unwrap())
                .filter(|o| !o.starts_with("SupportBundle"))
                .collect();
            assert_eq!(names, ["Node n1", "Pod default/p1"], "{what}: {}", path.display());
            let others = files
                .iter()
                .filter(|(name, _)| {
                    name.ends_with(".txt")
                        || name.ends_with(".html")
                        || name.ends_with(".log")
                        || name.ends_with(".bin")
                })
                .count() as u64;
            assert_eq!((summary.files, summary.other_files), (files.len() as u64 - others, others), "{what}");
        }
    }
}

#[test]
fn objects_say_where_they_were_read() {
    let place = Place::new();
    let long = format!("{}/pods.json", "long-name".repeat(20));
    let archive = gzip(&tar(&[("a/nodes.json", LIST.as_bytes()), (&long, LIST.as_bytes())]));
    let path = place.write("d.tar.gz", archive);
    let (sink, _) = read(std::slice::from_ref(&path), &mut std::io::empty()).unwrap();
    let path = path.display();
    let wanted = [
        format!("{path}: a/nodes.json#1"),
        format!("{path}: a/nodes.json#2"),
        format!("{path}: {long}#1"),
        format!("{path}: {long}#2"),
    ];
    assert_eq!(sink.sources, wanted);
}

#[test]
fn standard_input_and_several_snapshots() {
    let place = Place::new();
    let file = place.write("nodes.yaml", YAML_LIST);
    let (sink, summary) = read(&["-".into(), file], &mut LIST.as_bytes()).unwrap();
    assert_eq!(sink.objects, [IN_LIST, IN_YAML_LIST].concat());
    assert_eq!(sink.sources[0], "standard input#1");
    assert_eq!((summary.files, summary.known), (2, 4));

    let twice = read(&["-".into(), "-".into()], &mut LIST.as_bytes()).err().unwrap();
    assert_eq!(twice, "standard input cannot be used for multiple arguments");
    let late = r#"{"items":[{}],"kind":"NodeList"}"#;
    let error = read(&["-".into()], &mut late.as_bytes()).err().unwrap();
    assert!(
        error.starts_with("standard input: cannot read a list that names its kind only after its items"),
        "{error}"
    );
}

#[test]
fn objects_larger_than_the_window_and_windows_full_of_objects() {
    let place = Place::new();
    let big = "x".repeat(3 << 20);
    let mut text = String::from(r#"{"kind":"PodList","items":["#);
    let mut wanted = Vec::new();
    for i in 0..30_000 {
        let comma = if i == 0 { "" } else { ",\n" };
        let fill = if i == 17_000 { &big[..] } else { "é" };
        text += &format!(r#"{comma}{{"spec":{{"a":"{fill}"}},"metadata":{{"name":"p{i}"}}}}"#);
        wanted.push(format!("Pod p{i} @{}", i + 1));
    }
    text += "]}";
    assert!(place.of(&text).unwrap() == wanted);
    assert!(place.of(gzip(text.as_bytes())).unwrap() == wanted);

    let mut yaml = String::from("kind: PodList\nitems:\n");
    for i in 0..3_000 {
        yaml += &format!("- metadata:\n    name: p{i}\n  spec:\n    text: \"{}\"\n", "日本".repeat(100));
    }
    let wanted: Vec<_> = (0..3_000).map(|i| format!("Pod p{i} @{}", 3 + 4 * i)).collect();
    assert!(place.of(&yaml).unwrap() == wanted);
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let place = Place::new();
    let outside = place.write("outside/secret.json", r#"{"kind":"Node","metadata":{"name":"outside"}}"#);
    place.write("d/nodes.json", LIST);
    let link = |name: &str, to: &Path| std::os::unix::fs::symlink(to, place.0.path().join("d").join(name)).unwrap();
    link("file.json", &outside);
    link("directory", outside.parent().unwrap());
    link("circle", &place.0.path().join("d"));
    let (sink, summary) = read(&[place.0.path().join("d")], &mut std::io::empty()).unwrap();
    assert_eq!((sink.objects.len(), summary.not_followed), (2, 3));
}

#[test]
fn bad_input_is_a_located_sentence() {
    let place = Place::new();
    let truncated = {
        let noise: Vec<u8> =
            (0u32..40_000).flat_map(|i| format!("{}", i.wrapping_mul(2_654_435_761)).into_bytes()).collect();
        let list =
            format!(r#"{{"kind":"List","items":[{{"kind":"Node","x":"{}"}}]}}"#, String::from_utf8(noise).unwrap());
        let mut bytes = gzip(list.as_bytes());
        bytes.truncate(bytes.len() / 2);
        bytes
    };
    let mut torn = tar(&[("nodes.json", LIST.as_bytes())]);
    torn[3] ^= 1;
    let deep_yaml = format!("kind: Node\nmetadata: {}{}\n", "[".repeat(200), "]".repeat(200));
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("nothing", "".into(), "x: is empty"),
        ("blank", " \n".into(), "x: is empty"),
        ("no YAML", "a: b: c\n".into(), "x:1:5: not YAML: mapping values are not allowed in this context"),
        ("a text", "hello\n".into(), "x:1:1: the document is not an object"),
        ("an array", "[1]".into(), "x:1:1: the document is not an object"),
        ("no object of Kubernetes", "{\"a\": 1}".into(), "x: no Kubernetes object found"),
        ("cut", LIST[..150].into(), "x:6:26: the text ends in the middle of an object, after 1 complete objects"),
        ("cut in the head", LIST[..30].into(), "x:3:5: the text ends in the middle of an object"),
        (
            "a stray comma",
            LIST.replace("}\n    ]", "},\n    ]").into(),
            "x:10:5: not valid JSON: expected an object, found `]`",
        ),
        ("a missing comma", LIST.replace("}},", "}}").into(), "x:5:9: not valid JSON: expected `,` or `]`, found `{`"),
        (
            "a missing colon",
            LIST.replace("\"kind\": \"Pod\"", "\"kind\" \"Pod\"").into(),
            "x:7:20: not valid JSON: object 2: expected `:`",
        ),
        (
            "an item that is none",
            r#"{"kind":"List","items":[null]}"#.into(),
            "x:1:25: not valid JSON: expected an object, found `n`",
        ),
        (
            "not UTF-8",
            b"{\"kind\":\"List\",\n\"items\":[{\"kind\":\"No\xffde\"}]}".to_vec(),
            "x:2:21: the text is not UTF-8",
        ),
        ("truncated gzip", truncated, "x: the compressed data or archive ends too early"),
        (
            "no gzip behind its magic",
            b"\x1f\x8bgarbage that is none at all".to_vec(),
            "x: the compressed data or archive is damaged",
        ),
        ("a damaged archive", torn, "x: the compressed data or archive is damaged: archive header checksum mismatch"),
        ("a zip archive", b"PK\x03\x04....".to_vec(), "x: cannot read a zip archive"),
        (
            "broken UTF-16",
            b"\xff\xfe{\0\0\xd8".to_vec(),
            "x: the compressed data or archive is damaged: not UTF-16 text",
        ),
        ("deep YAML", deep_yaml.into(), "x:2:"),
        ("a bad YAML item", "kind: List\nitems:\n- kind: Node\n- kind: [\n".into(), "x:4:9: not YAML: "),
        ("a kind that is a map", "kind: !x {a: 1}\n".into(), "x:1:1: "),
    ];
    for (what, bytes, wanted) in cases {
        match place.of(bytes) {
            Ok(objects) => panic!("{what}: taken, with {} objects", objects.len()),
            Err(told) => assert!(told.starts_with(wanted), "{what}:\n got {told}\nnot {wanted}"),
        }
    }
    assert!(place.told(read(&[place.0.path().join("none")], &mut std::io::empty())).is_err());
    fs::create_dir(place.0.path().join("empty")).unwrap();
    let empty = place.told(read(&[place.0.path().join("empty")], &mut std::io::empty())).err().unwrap();
    assert_eq!(empty, "empty: no file found");
    place.write("texts/a.log", "hello");
    place.write("texts/b.log", "{\"msg\":1}");
    let texts = place.told(read(&[place.0.path().join("texts")], &mut std::io::empty())).err().unwrap();
    assert_eq!(texts, "texts: no Kubernetes object found in 2 files");
    place.write("broken/pods.json", &LIST[..200]);
    let broken = place.told(read(&[place.0.path().join("broken")], &mut std::io::empty())).err().unwrap();
    assert!(broken.starts_with("broken/pods.json:8:17:"), "{broken}");
}

/// What a `Cluster` holds, in an order of its own.
fn facts(paths: &[PathBuf]) -> Vec<String> {
    let mut builder = Builder::new();
    snapshot::read(paths, &mut std::io::empty(), &mut builder).unwrap();
    let cluster = builder.finish(None);
    let mut told = Vec::new();
    let mut tell = |what: &str, parts: Vec<String>| {
        let mut parts = parts;
        parts.sort();
        told.extend(parts.into_iter().map(|part| format!("{what} {part}")));
    };
    macro_rules! tell {
        ($($field:ident)*) => {
            $(tell(stringify!($field), cluster.$field.iter().map(|part| format!("{part:?}")).collect());)*
        };
    }
    tell!(nodes pods requested namespaces service_accounts priority_classes runtime_classes limit_ranges quotas claims
        volumes storage_classes csi_nodes attachments capacities csi_drivers device_classes budgets daemon_sets
        revisions workloads events);
    told
}

/// Without the addresses of host ports, which a snapshot replaces.
fn without_hosts(fact: &str) -> String {
    let mut parts = fact.split("host_ip: \"");
    let first = parts.next().unwrap_or_default().to_owned();
    let replaced = |address: &str| !matches!(address, "0.0.0.0" | "127.0.0.1" | "");
    parts.fold(first, |text, part| match part.split_once('"') {
        Some((address, rest)) if replaced(address) => text + "host_ip: \"(one)" + rest,
        _ => text + "host_ip: \"" + part,
    })
}

/// The objects of a real cluster, reduced to what a snapshot keeps, are the same facts.
#[test]
fn a_snapshot_keeps_what_decides() {
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/oracle");
    let Ok(entries) = fs::read_dir(&recorded) else {
        summary::absent("that snapshots of recorded clusters keep what decides", "../shared/oracle");
        return;
    };
    let place = Place::new();
    let (mut clusters, mut parts) = (0, 0);
    for path in entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "gz")) {
        let mut text = String::new();
        flate2::read::GzDecoder::new(fs::File::open(&path).unwrap()).read_to_string(&mut text).unwrap();
        let record: serde_json::Value = serde_json::from_str(&text).unwrap();
        let after: Vec<_> = record["cases"].as_array().unwrap().iter().map(|case| &case["after"]).collect();
        let paths = [
            place.write("cluster.json", record["cluster"].to_string()),
            place
                .write("after.json", after.iter().filter(|a| a.is_object()).map(|a| a.to_string()).collect::<String>()),
        ];
        let paths = if after.iter().any(|a| a.is_object()) { &paths[..] } else { &paths[..1] };
        let mut writer = Writer::new(Vec::new(), Detail::Names, &Header::default()).unwrap();
        snapshot::read(paths, &mut std::io::empty(), &mut writer).unwrap();
        let saved = place.write("saved.json.gz", writer.finish().unwrap());
        let (whole, reduced) = (facts(paths), facts(&[saved]));
        assert!(whole.len() > 10, "{}: {} facts", path.display(), whole.len());
        for (whole, reduced) in whole.iter().zip(&reduced) {
            assert_eq!(without_hosts(whole), without_hosts(reduced), "{}", path.display());
        }
        assert_eq!(whole.len(), reduced.len());
        (clusters, parts) = (clusters + 1, parts + whole.len());
    }
    assert!(clusters > 0, "no recorded cluster in {}", recorded.display());
    eprintln!("{parts} facts of {clusters} clusters are the same in a snapshot");
}

/// Keys of labels that contain a name stay as they are, so the same nodes get a pod.
#[test]
fn hashed_names_change_no_placement() {
    use kubectl_daemonset::rules::{Evaluation, OwnPods, Placement as P};
    use serde_json::json;
    const READY: &str = "beta.kubernetes.io/fluentd-ds-ready";
    let node = |name: &str, labels: serde_json::Value, taints: serde_json::Value| {
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels},
            "spec": {"taints": taints}, "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "9"}}})
    };
    let taint = |key: &str| json!([{"key": key, "value": "web", "effect": "NoSchedule"}]);
    let items = json!([
        node("web", json!({"number": "1", READY: "web", "example.com/fluentd-rack": "a"}), taint("fluentd-only")),
        node("db", json!({"number": "2", READY: "db", "example.com/fluentd-rack": "b"}), taint("fluentd-never")),
        node("rackless", json!({"number": "3", READY: "web"}), json!([])),
        node("unready", json!({"number": "4", "example.com/fluentd-rack": "c"}), json!([])),
        {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "fluentd", "namespace": "logs"},
         "spec": {"selector": {"matchLabels": {"app": "fluentd"}}, "template": {
            "metadata": {"labels": {"app": "fluentd"}},
            "spec": {"containers": [{"name": "c", "image": "i"}],
                "tolerations": [{"key": "fluentd-only", "operator": "Equal", "value": "web"}],
                "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "example.com/fluentd-rack",
                    "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "fluentd"}}}],
                "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
                    {"matchExpressions": [{"key": READY, "operator": "In", "values": ["web", "db"]}]}]}}}}}}},
    ]);
    let place = Place::new();
    let whole = place.write("cluster.json", json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string());
    for hashed in [false, true] {
        let mut writer =
            Writer::new(Vec::new(), if hashed { Detail::HashedNames } else { Detail::Names }, &Header::default())
                .unwrap();
        snapshot::read(std::slice::from_ref(&whole), &mut std::io::empty(), &mut writer).unwrap();
        let saved = place.write("saved.json.gz", writer.finish().unwrap());
        let mut builder = Builder::new();
        snapshot::read(&[saved], &mut std::io::empty(), &mut builder).unwrap();
        let cluster = builder.finish(None);
        let daemon_set = &cluster.daemon_sets[0];
        assert_eq!(daemon_set.name == *"fluentd", !hashed);
        let admission = Evaluation::admit(&cluster, daemon_set, OwnPods::None);
        let verdicts = Evaluation::new(&cluster, daemon_set, &admission, OwnPods::None).all();
        // Nodes stand in the order of their names, which are others now.
        let numbers = cluster.nodes.iter().map(|node| node.labels.get("number".into()).unwrap().to_string());
        let placements: BTreeMap<String, P> = numbers.zip(verdicts.into_iter().map(|v| v.placement)).collect();
        let placements: Vec<P> = placements.into_values().collect();
        assert_eq!(placements, [P::Placed, P::Excluded, P::Unschedulable, P::Excluded], "hashed: {hashed}");
    }
}

/// Deep nesting where nobody looks is passed over in constant stack.
#[test]
fn deep_nesting_overflows_no_stack() {
    let place = Place::new();
    for depth in [101, 200, 200_000] {
        let (open, close) = ("{\"a\":".repeat(depth), "}".repeat(depth));
        let json = format!(r#"{{"kind":"List","items":[{{"kind":"Node","x":{open}1{close}}}]}}"#);
        assert_eq!(place.of(json).unwrap(), ["Node  @1"]);
        assert!(place.of(format!("{open}1{close}")).is_err());
        assert!(place.of("[".repeat(depth)).is_err());
    }
}

/// Changes bytes of good files in every way that comes up, by a generator with a fixed seed: the answer is objects
/// or a sentence, never a panic and never a hang.
#[test]
fn changed_bytes_never_panic() {
    let place = Place::new();
    let files = [
        LIST.as_bytes().to_vec(),
        YAML_LIST.as_bytes().to_vec(),
        gzip(LIST.as_bytes()),
        tar(&[("a/nodes.json", LIST.as_bytes()), ("b.yaml", YAML_LIST.as_bytes())]),
        gzip(&tar(&[(&"n".repeat(150), LIST.as_bytes())])),
        br#"{"items":[{"metadata":{"name":"a"}}],"kind":"NodeList"}{"kind":"Pod"}"#.to_vec(),
    ];
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below.max(1) as u64) as usize
    };
    let (mut read_well, mut refused) = (0, 0);
    for round in 0..3_000 {
        let mut bytes = files[round % files.len()].clone();
        for _ in 0..1 + next(4) {
            let at = next(bytes.len());
            match next(6) {
                0 => bytes[at] = next(256) as u8,
                1 => bytes[at] ^= 1 << next(8),
                2 => bytes.truncate(at),
                3 => drop(bytes.drain(at..(at + next(20)).min(bytes.len()))),
                4 => bytes.insert(at.min(bytes.len()), b"{}[]\",:-\n \0#&*!|>'%"[next(19)]),
                _ => {
                    let piece = bytes[at..(at + next(40)).min(bytes.len())].to_vec();
                    bytes.splice(at..at, piece);
                }
            }
            if bytes.is_empty() {
                break;
            }
        }
        match place.of(&bytes) {
            Ok(_) => read_well += 1,
            Err(told) => {
                assert!(told.starts_with("x:"), "no location in {told:?}");
                refused += 1;
            }
        }
    }
    assert!(
        read_well > 100 && refused > 100,
        "{read_well} read, {refused} refused: the changes are too tame or too wild"
    );
}

/// What a few bytes unpack to is bounded in bytes, in objects and against the size of the file, and the sentence says where.
#[test]
fn a_small_file_never_takes_all_memory() {
    let place = Place::new();
    let told = |name: &str, bytes: Vec<u8>, limits: Limits| {
        let path = place.write(name, bytes);
        let outcome = snapshot::read_within(limits, &[path], &mut std::io::empty(), &mut Recorder::default());
        place.told(outcome.map_err(|error| format!("{error} | {}", error.hints.join(" ")))).unwrap_err()
    };
    let chunk = r#"{"kind":"Node"}"#.repeat(1 << 16);
    let bomb = gzip(&gzip(&gzip(chunk.as_bytes()).repeat(100)));
    let few = Limits { objects: 1000, ..Limits::default() };
    let hint = "raise the limit with `--snapshot-limit SIZE` if you trust the source of the file";
    let objects = format!("the saved cluster holds more than 1000 objects | {hint}");
    assert_eq!(told("bomb.gz", bomb.clone(), few), format!("bomb.gz:1:15001: {objects}"));
    let member = gzip(&gzip(chunk.as_bytes()).repeat(100));
    let archive = gzip(&tar(&[("a.log", b"hello"), ("nodes.json.gz", &member)]));
    assert_eq!(told("b.tgz", archive.clone(), few), format!("b.tgz: nodes.json.gz:1:15001: {objects}"));
    let small = Limits::of_bytes(1 << 20);
    let bytes = told("bomb.gz", bomb, Limits { objects: u64::MAX, ..small });
    assert!(bytes.starts_with("bomb.gz: the saved cluster unpacks to more than 1048576 bytes | "), "{bytes}");
    // Blanks are no objects, and a member that nobody reads is skipped, not free.
    let blank = gzip(&gzip(&gzip(&vec![b' '; 1 << 20]).repeat(80)));
    let told_blank = told("blank.gz", blank.clone(), Limits::default());
    assert!(told_blank.starts_with("blank.gz: the file unpacks to more than 500 times its size | "), "{told_blank}");
    let skipped = gzip(&gzip(&tar(&[("zeros.bin", &vec![0; 70 << 20])])));
    let told_skipped = told("skipped.tgz", skipped, Limits::default());
    assert!(told_skipped.starts_with("skipped.tgz: the file unpacks to more than 500 times"), "{told_skipped}");
}

/// The depth of YAML is bounded before anything is built of it, and no head before `items:` is looked through again and again.
#[test]
fn yaml_takes_time_by_its_length() {
    let place = Place::new();
    let begun = std::time::Instant::now();
    for deep in ["[".repeat(200_000), "a: ".to_owned() + &"{a: ".repeat(100_000), "- ".repeat(200_000)] {
        let told = place.of(&deep).unwrap_err();
        assert!(told.starts_with("x:1:"), "{told}");
    }
    let heads = format!("kind: Node\n{}{}", "# a long head\n".repeat(20_000), "items:\n".repeat(60_000));
    let told = place.of(heads).unwrap_err();
    assert!(told.starts_with("x:20003:1: "), "{told}");
    assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
}

/// One kind of text has one reading: a saved cluster's YAML is read as kubectl, and so every other document, is.
#[test]
fn yaml_is_read_as_kubectl_reads_it() {
    let place = Place::new();
    let told = place.of("kind: Node\nmetadata:\n  name: on\n").unwrap_err();
    assert!(told.starts_with("x:1:1: "), "{told}");
}
