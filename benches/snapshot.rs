//! What diagnosing a saved cluster costs, against a pass that ignores every object through the same reader.
//!
//! Generates a List of 150,000 pods of 8 kB and, behind them, 5,000 nodes of 7 kB. Reads it in turn with a sink that ignores
//! each object, and as `doctor -f FILE --snapshot` does: narrowed to facts, sorted, one DaemonSet judged on every node,
//! the report written as JSON. Prints the medians, their ratio, and the most anonymous memory that either held. An
//! argument scales the cluster in percent: `cargo bench --bench snapshot -- 10`.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

mod cluster;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kubectl_daemonset::findings::{Index, Settings, Subject};
use kubectl_daemonset::investigate::diagnose;
use kubectl_daemonset::manifest::Language;
use kubectl_daemonset::model::DaemonSet;
use kubectl_daemonset::render::theme::{Colour, Surroundings};
use kubectl_daemonset::render::{Format, Gate, Theme, renderer};
use kubectl_daemonset::snapshot;
use kubectl_daemonset::store::{Builder, Cluster};
use kubectl_daemonset::store::{ItemSink, ListKind, Origin, Taken, TakenKind};
use serde::de::IgnoredAny;

const PODS: usize = 150_000;
const POD_BYTES: usize = 8_000;
const NODES: usize = 5_000;
const NODE_BYTES: usize = 7_000;
const ROUNDS: usize = 5;

fn main() {
    let percent = std::env::args().skip(1).find_map(|a| a.parse::<usize>().ok()).unwrap_or(100);
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("cluster.json");
    let bytes = generate(&path, PODS * percent / 100, NODES * percent / 100).expect("a written file");
    println!("{} pods, {} nodes, {} MB", PODS * percent / 100, NODES * percent / 100, bytes / 1_000_000);

    let (mut ignoring, mut narrowing, mut diagnosing) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ignoring.push(measured(|| read(&path, &mut Ignore)));
        let mut narrowed = Duration::ZERO;
        diagnosing.push(measured(|| {
            let start = Instant::now();
            let mut builder = Builder::new();
            read(&path, &mut builder);
            narrowed = start.elapsed();
            let mut cluster = builder.finish(None);
            assert_eq!((cluster.pods.len(), cluster.nodes.len()), (PODS * percent / 100, NODES * percent / 100));
            report(&mut cluster);
        }));
        narrowing.push((narrowed, 0));
    }
    let (floor, floor_memory) = median(ignoring);
    let (narrowed, _) = median(narrowing);
    let (time, memory) = median(diagnosing);
    println!("ignored    {:>7.3} s  {:>6} kB anonymous at most", floor.as_secs_f64(), floor_memory);
    println!("read       {:>7.3} s", narrowed.as_secs_f64());
    println!("diagnosed  {:>7.3} s  {:>6} kB anonymous at most", time.as_secs_f64(), memory);
    println!("ratio      {:>7.3}", time.as_secs_f64() / floor.as_secs_f64());
}

fn read(path: &Path, sink: &mut dyn ItemSink) {
    snapshot::read(&[PathBuf::from(path)], &mut std::io::empty(), sink).expect("a good file");
}

/// Judges a DaemonSet that is not deployed, and writes what is to be said of each node.
fn report(cluster: &mut Cluster) {
    let settings = Settings { grace: 600, ..Settings::at(1_800_000_000) };
    let asked = Subject {
        daemon_set: written(),
        deployed: None,
        adopts: None,
        written: Some(Language::Apps),
        spec: None,
        origin: None,
    };
    let index = Index::of(cluster);
    let diagnosis = diagnose(cluster, &index, &asked, &settings);
    assert_eq!(diagnosis.report.nodes.len(), cluster.nodes.len());
    let mut json = renderer(Format::Json, Theme::decide(Colour::Never, &Surroundings::default()), Gate::default());
    json.daemon_set(&mut std::io::sink(), &diagnosis.report).expect("a sink takes all");
}

fn written() -> DaemonSet {
    let mut builder = Builder::new();
    builder.read(cluster::daemon_set(2).as_bytes(), None).expect("a DaemonSet");
    builder.finish(None).daemon_sets.remove(0)
}

/// How long something takes, and the most anonymous memory seen on the way, in kB.
fn measured(work: impl FnOnce()) -> (Duration, u64) {
    let (done, most) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                most.fetch_max(anonymous_kb(), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(2));
            }
        });
        let start = Instant::now();
        work();
        let time = start.elapsed();
        done.store(true, Ordering::Relaxed);
        (time, most.load(Ordering::Relaxed))
    })
}

/// `RssAnon` of this process in kB; 0 where the system does not tell it.
fn anonymous_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn median(mut runs: Vec<(Duration, u64)>) -> (Duration, u64) {
    runs.sort();
    let most = runs.iter().map(|(_, memory)| *memory).max().unwrap_or(0);
    (runs[runs.len() / 2].0, most)
}

/// The floor: looks for nothing.
struct Ignore;

impl ItemSink for Ignore {
    fn item(&mut self, json: &[u8], _: Option<ListKind<'_>>, _: &Origin) -> Result<Taken, serde_json::Error> {
        let mut values = serde_json::Deserializer::from_slice(json).into_iter::<IgnoredAny>();
        values.next().expect("an object")?;
        Ok(Taken { bytes: values.byte_offset(), kind: TakenKind::Ignored })
    }
}

/// Writes the List; says how many bytes it has.
fn generate(path: &Path, pods: usize, nodes: usize) -> std::io::Result<u64> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    file.write_all(b"{\"apiVersion\":\"v1\",\"items\":[")?;
    for i in 0..pods {
        write!(file, "{}{}", if i == 0 { "" } else { "," }, pod(i, nodes.max(1)))?;
    }
    for i in 0..nodes {
        write!(file, "{}{}", if pods + i == 0 { "" } else { "," }, node(i))?;
    }
    file.write_all(b"],\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"\"}}\n")?;
    file.into_inner()?.sync_all()?;
    Ok(std::fs::metadata(path)?.len())
}

/// Adds managed fields, as a real object has them, until the text has about this many bytes.
fn fill(text: &mut String, mark: &str, bytes: usize) {
    let mut fields =
        String::from("{\"manager\":\"kubelet\",\"operation\":\"Update\",\"fieldsType\":\"FieldsV1\",\"fieldsV1\":{");
    let mut i = 0;
    while text.len() + fields.len() + 60 < bytes {
        let comma = if i == 0 { "" } else { "," };
        fields += &format!(
            "{comma}\"f:field-{i}\":{{\"k:{{\\\"type\\\":\\\"Ready\\\"}}\":{{\".\":{{}},\"f:status\":{{}}}}}}"
        );
        i += 1;
    }
    fields += "}}";
    *text = text.replacen(mark, &fields, 1);
}

fn pod(i: usize, nodes: usize) -> String {
    let mut text = format!(
        r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"creationTimestamp":"2026-01-01T00:00:00Z","generateName":"app-{a}-","labels":{{"app":"app-{a}","pod-template-hash":"7d9c6b5f4"}},"managedFields":[@],"name":"app-{a}-{i:06}","namespace":"team-{t}","ownerReferences":[{{"apiVersion":"apps/v1","controller":true,"kind":"ReplicaSet","name":"app-{a}","uid":"u-{a}"}}],"resourceVersion":"{i}","uid":"pod-{i}"}},"spec":{{"containers":[{{"env":[{{"name":"MODE","value":"production"}}],"image":"registry.example/app:{a}","name":"main","ports":[{{"containerPort":8080,"protocol":"TCP"}}],"resources":{{"limits":{{"cpu":"500m","memory":"512Mi"}},"requests":{{"cpu":"100m","memory":"128Mi"}}}},"volumeMounts":[{{"mountPath":"/var/run/secrets","name":"token","readOnly":true}}]}},{{"image":"registry.example/side:1","name":"side","resources":{{"requests":{{"cpu":"10m","memory":"32Mi"}}}}}}],"nodeName":"node-{n:05}","priority":0,"schedulerName":"default-scheduler","tolerations":[{{"effect":"NoExecute","key":"node.kubernetes.io/not-ready","operator":"Exists","tolerationSeconds":300}}],"volumes":[{{"name":"token","projected":{{"sources":[{{"serviceAccountToken":{{"path":"token"}}}}]}}}}]}},"status":{{"conditions":[{{"lastTransitionTime":"2026-01-01T00:00:00Z","status":"True","type":"Ready"}}],"phase":"Running","podIP":"10.0.0.1","startTime":"2026-01-01T00:00:00Z"}}}}"#,
        a = i % 700,
        t = i % 40,
        n = i % nodes
    );
    fill(&mut text, "@", POD_BYTES);
    text
}

fn node(i: usize) -> String {
    let mut text = format!(
        r#"{{"apiVersion":"v1","kind":"Node","metadata":{{"annotations":{{"node.alpha.kubernetes.io/ttl":"0"}},"creationTimestamp":"2026-01-01T00:00:00Z","labels":{{"kubernetes.io/arch":"amd64","kubernetes.io/hostname":"node-{i:05}","kubernetes.io/os":"linux","pool":"pool-{p}","topology.kubernetes.io/zone":"zone-{z}"}},"managedFields":[@],"name":"node-{i:05}","resourceVersion":"{i}","uid":"node-{i}"}},"spec":{{"podCIDR":"10.{z}.0.0/24","taints":[{{"effect":"NoSchedule","key":"pool","value":"pool-{p}"}}]}},"status":{{"allocatable":{{"cpu":"7910m","ephemeral-storage":"95Gi","memory":"30Gi","pods":"110"}},"capacity":{{"cpu":"8","ephemeral-storage":"100Gi","memory":"32Gi","pods":"110"}},"conditions":[{{"status":"False","type":"MemoryPressure"}},{{"status":"True","type":"Ready"}}],"nodeInfo":{{"architecture":"amd64","kubeletVersion":"v1.36.3","operatingSystem":"linux"}}}}}}"#,
        p = i % 9,
        z = i % 3
    );
    fill(&mut text, "@", NODE_BYTES);
    text
}
