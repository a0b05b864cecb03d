//! How time grows with what one object holds: each list of a pod, a node and a DaemonSet at n, 2n, 4n and 8n.
//!
//! `cargo bench --bench growth [-- N [NAME...]]`. Prints the times and how many times longer the last step took than the
//! one before: 2 is linear. What `lint` reads comes last. Asserts nothing.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::time::{Duration, Instant};

use kubectl_daemonset::findings::{Index, Settings, Shown, Subject};
use kubectl_daemonset::investigate::diagnose;
use kubectl_daemonset::manifest::lint::{Surroundings, lint};
use kubectl_daemonset::manifest::{Source, load};
use kubectl_daemonset::store::Builder;
use serde_json::{Map, Value, json};

/// Makes a cluster whose one object holds so many of something.
type Cluster = fn(usize) -> Vec<Value>;

const CLUSTERS: &[(&str, Cluster)] = &[
    ("extended resources", |n| {
        let amounts = |amount: &str| map(n, |i| (format!("r{i}.example.com/x"), amount.into()));
        vec![
            node("n1", json!({}), json!({}), amounts("1")),
            of_container(json!({"resources": {"limits": amounts("2")}})),
        ]
    }),
    ("spread constraints", |n| {
        let selector = json!({"matchLabels": {"app": "a"}});
        let constraint = |i| json!({"maxSkew": 1, "topologyKey": format!("t{i}"), "whenUnsatisfiable": "DoNotSchedule", "labelSelector": selector});
        with_spec(json!({"topologySpreadConstraints": list(n, constraint)}))
    }),
    ("pod affinity terms", |n| {
        let term = |i| json!({"topologyKey": format!("t{i}"), "labelSelector": {"matchLabels": {"z": "z"}}});
        let required = json!({"requiredDuringSchedulingIgnoredDuringExecution": list(n, term)});
        with_spec(json!({"affinity": {"podAffinity": required}}))
    }),
    ("node affinity terms", |n| {
        let term =
            |i| json!({"matchExpressions": [{"key": format!("k{i}"), "operator": "In", "values": [format!("v{i}")]}]});
        let required = json!({"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(n, term)}});
        with_spec(json!({"affinity": {"nodeAffinity": required}}))
    }),
    ("host ports", |n| {
        let ports = list(n, |i| json!({"containerPort": i + 1, "hostPort": i + 1}));
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "default", "uid": "p"},
            "spec": {"nodeName": "n1", "containers": [{"name": "x", "ports": ports}]}, "status": {"phase": "Running"}});
        vec![plain("n1"), of_container(json!({ "ports": ports })), pod]
    }),
    ("variables", |n| {
        vec![plain("n1"), of_container(json!({"env": list(n, |i| json!({"name": format!("V{i}"), "value": "x"}))}))]
    }),
    ("containers", |n| with_spec(json!({"containers": list(n, container)}))),
    ("init containers", |n| with_spec(json!({"initContainers": list(n, container)}))),
    ("tolerations, taints", |n| {
        let tolerations = list(n, |i| json!({"key": format!("k{i}"), "operator": "Equal", "value": "w"}));
        vec![plain_with(taints(n)), daemon_set("a", json!({ "tolerations": tolerations }))]
    }),
    ("taints", |n| vec![plain_with(taints(n)), daemon_set("a", json!({}))]),
    ("nodeSelector, labels", |n| {
        let labels = map(n, |i| (format!("lab{i}"), "v".into()));
        let selector = map(n, |i| (format!("other{i}"), "v".into()));
        vec![node("n1", json!({}), labels, json!({})), daemon_set("a", json!({ "nodeSelector": selector }))]
    }),
    ("scheduling gates", |n| with_spec(json!({"schedulingGates": list(n, |i| json!({"name": format!("g{i}")}))}))),
    ("claims", |n| {
        let volume = |i| json!({"name": format!("v{i}"), "persistentVolumeClaim": {"claimName": format!("c{i}")}});
        with_spec(json!({"volumes": list(n, volume)}))
    }),
    ("DaemonSets", |n| {
        std::iter::once(plain("n1")).chain((0..n).map(|i| daemon_set(&format!("d{i}"), json!({})))).collect()
    }),
    ("nodes that differ", |n| {
        let nodes = (0..n).map(|i| {
            let taints = json!({"taints": [{"key": format!("k{i}"), "value": "v", "effect": "NoSchedule"}]});
            node(&format!("n{i}"), taints, map(1, |_| (format!("l{i}"), "x".into())), json!({}))
        });
        nodes.chain([daemon_set("a", json!({}))]).collect()
    }),
];

/// Makes a document that holds so many of something.
type Document = fn(usize) -> String;

const DOCUMENTS: &[(&str, Document)] = &[
    ("keys that stand twice", |n| {
        format!("{{{}\"kind\":\"Node\"}}", "\"apiVersion\":\"v1\",\"kind\":\"Node\",".repeat(n))
    }),
    ("unknown fields", |n| daemon_set("a", map(n, |i| (format!("field{i}"), "x".into()))).to_string()),
    ("lint: tolerations", |n| {
        let tolerations = list(n, |i| json!({"key": format!("k{i}"), "operator": "Exists"}));
        daemon_set("a", json!({ "tolerations": tolerations })).to_string()
    }),
    ("lint: volumes", |n| {
        let volumes = list(n, |i| json!({"name": format!("v{i}"), "hostPath": {"path": format!("/data/{i}")}}));
        let mounts = list(n, |i| json!({"name": format!("v{i}"), "mountPath": format!("/m{i}")}));
        let mut document = of_container(json!({ "volumeMounts": mounts }));
        document["spec"]["template"]["spec"]["volumes"] = volumes;
        document.to_string()
    }),
    ("lint: containers", |n| daemon_set("a", json!({"containers": list(n, container)})).to_string()),
];

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let least = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(500);
    let names: Vec<String> = arguments.collect();
    let is_meant = |name: &str| names.is_empty() || names.iter().any(|meant| name.contains(meant.as_str()));
    println!("{:<24}{:>10}{:>10}{:>10}{:>10}   the last three steps", "n", least, least * 2, least * 4, least * 8);
    for (name, make) in CLUSTERS.iter().filter(|(name, _)| is_meant(name)) {
        tell(name, least, |n| doctor(&make(n)));
    }
    for (name, make) in DOCUMENTS.iter().filter(|(name, _)| is_meant(name)) {
        tell(name, least, |n| linted(&make(n)));
    }
}

fn tell(name: &str, least: usize, time: impl Fn(usize) -> Duration) {
    let times = [1, 2, 4, 8].map(|times| time(least * times));
    let shown: String = times.iter().map(|time| format!("{:>8.0}ms", time.as_secs_f64() * 1e3)).collect();
    let steps: String =
        times.windows(2).map(|step| format!(" {:>5.1}", step[1].as_secs_f64() / step[0].as_secs_f64())).collect();
    println!("{name:<24}{shown}  {steps}");
}

/// Diagnoses all DaemonSets of a cluster.
fn doctor(objects: &[Value]) -> Duration {
    let texts: Vec<String> = objects.iter().map(Value::to_string).collect();
    let start = Instant::now();
    let mut builder = Builder::new();
    for text in &texts {
        builder.read(text.as_bytes(), None).expect("an object");
    }
    let mut cluster = builder.finish(None);
    let index = Index::of(&cluster);
    let settings = Settings { grace: 600, shown: Shown::Remarkable, ..Settings::at(1_800_000_000) };
    let all: Vec<Subject> = cluster.daemon_sets.iter().cloned().map(Subject::deployed).collect();
    for asked in &all {
        std::hint::black_box(diagnose(&mut cluster, &index, asked, &settings));
    }
    start.elapsed()
}

fn linted(text: &str) -> Duration {
    let start = Instant::now();
    let loaded = load("document", text);
    let source = Source::new("document", text);
    for document in &loaded.documents {
        std::hint::black_box(lint(document, &source, &Surroundings::default()));
    }
    start.elapsed()
}

fn list(n: usize, item: impl Fn(usize) -> Value) -> Value {
    (0..n).map(item).collect()
}

fn map(n: usize, entry: impl Fn(usize) -> (String, Value)) -> Value {
    Value::Object((0..n).map(entry).collect::<Map<String, Value>>())
}

fn taints(n: usize) -> Value {
    json!({"taints": list(n, |i| json!({"key": format!("k{i}"), "value": "v", "effect": "NoSchedule"}))})
}

fn node(name: &str, spec: Value, mut labels: Value, mut allocatable: Value) -> Value {
    labels["kubernetes.io/hostname"] = name.into();
    for (resource, amount) in [("cpu", "4"), ("memory", "8Gi"), ("pods", "110")] {
        allocatable[resource] = amount.into();
    }
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}, "spec": spec,
        "status": {"allocatable": allocatable, "conditions": [{"type": "Ready", "status": "True"}]}})
}

fn plain(name: &str) -> Value {
    node(name, json!({}), json!({}), json!({}))
}

fn plain_with(spec: Value) -> Value {
    node("n1", spec, json!({}), json!({}))
}

fn container(number: usize) -> Value {
    json!({"name": format!("c{number}"), "image": "registry.example/a:1", "resources": {"requests": {"cpu": "10m"}}})
}

fn with_spec(spec: Value) -> Vec<Value> {
    vec![plain("n1"), daemon_set("a", spec)]
}

fn of_container(fields: Value) -> Value {
    let mut container = json!({"name": "c", "image": "registry.example/a:1"});
    fields.as_object().into_iter().flatten().for_each(|(key, value)| container[key] = value.clone());
    daemon_set("a", json!({"containers": [container]}))
}

fn daemon_set(name: &str, spec: Value) -> Value {
    let mut whole = json!({"containers": [{"name": "c", "image": "registry.example/a:1"}]});
    spec.as_object().into_iter().flatten().for_each(|(key, value)| whole[key] = value.clone());
    json!({"apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": {"name": name, "namespace": "default", "uid": name, "generation": 1},
        "spec": {"selector": {"matchLabels": {"app": "a"}},
            "template": {"metadata": {"labels": {"app": "a"}}, "spec": whole}}})
}
