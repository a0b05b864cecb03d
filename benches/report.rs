//! How long the whole report takes: 100 DaemonSets diagnosed on 15,000 nodes and written as JSON, with fixes.
//!
//! `cargo bench --bench report [-- NODES DAEMONSETS]`. First documents that are not deployed, each with all nodes, then
//! the same DaemonSets deployed, with a pod on most nodes. Prints times, the size of the report and the most anonymous
//! memory; asserts nothing.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod cluster;

use std::io::Write;
use std::time::{Duration, Instant};

use cluster::{daemon_set, node, own_pod, pod};
use kubectl_daemonset::findings::{Index, Settings, Shown, Subject};
use kubectl_daemonset::investigate::{CombinedFit, diagnose};
use kubectl_daemonset::manifest::Language;
use kubectl_daemonset::render::theme::{Colour, Surroundings};
use kubectl_daemonset::render::{Format, Gate, Tail, Theme, renderer};
use kubectl_daemonset::report::Source;
use kubectl_daemonset::store::{Builder, Cluster};

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|a| a.parse::<usize>().ok());
    let (nodes, daemon_sets) = (numbers.next().unwrap_or(15_000), numbers.next().unwrap_or(100));
    println!("nodes {nodes}, DaemonSets {daemon_sets}");
    let mut builder = read(nodes, daemon_sets);
    println!("read                     {:>27} kB anonymous", anonymous_kb("RssAnon:"));
    let mut cluster = builder.finish(None);
    let written = |cluster: &Cluster| -> Vec<Subject> {
        let documents = cluster.daemon_sets.iter().cloned();
        documents
            .map(|daemon_set| Subject {
                daemon_set,
                deployed: None,
                adopts: None,
                written: Some(Language::Apps),
                spec: None,
                origin: None,
            })
            .collect()
    };
    for shown in [Shown::Remarkable, Shown::All] {
        let asked = written(&cluster);
        tell(&format!("documents, {shown:?}"), report(&mut cluster, &asked, shown));
    }
    drop(cluster);

    builder = read(nodes, daemon_sets);
    for index in 0..nodes * daemon_sets {
        if let Some(text) = own_pod(index / daemon_sets, index % daemon_sets) {
            builder.read(text.as_bytes(), None).expect("a pod");
        }
    }
    let start = Instant::now();
    cluster = builder.finish(None);
    println!("sorted {} pods in {:.1?}", cluster.pods.len(), start.elapsed());
    let asked: Vec<Subject> = cluster.daemon_sets.iter().cloned().map(Subject::deployed).collect();
    tell("deployed, Remarkable", report(&mut cluster, &asked, Shown::Remarkable));
    println!("most memory              {:>27} kB, files included", anonymous_kb("VmHWM:"));
}

fn read(nodes: usize, daemon_sets: usize) -> Builder {
    let mut builder = Builder::new();
    let pods = (0..nodes * 4).map(|i| pod(i, nodes));
    for text in (0..nodes).map(node).chain(pods).chain((0..daemon_sets).map(daemon_set)) {
        builder.read(text.as_bytes(), None).expect("an object");
    }
    builder
}

/// Counts what is written.
struct Count(u64);

impl Write for Count {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.0 += text.len() as u64;
        Ok(text.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Diagnosis, rendering, bytes.
fn report(cluster: &mut Cluster, asked: &[Subject], shown: Shown) -> (Duration, Duration, u64) {
    let settings = Settings { grace: 600, shown, ..Settings::at(1_800_000_000) };
    let mut out = Count(0);
    let mut json = renderer(Format::Json, Theme::decide(Colour::Never, &Surroundings::default()), Gate::default());
    let source = Source {
        kind: "snapshot",
        server_version: "v1.36".into(),
        server_version_from: "kubelets",
        rules_version: None,
    };
    json.begin(&mut out, &source).expect("counting cannot fail");
    let index = Index::of(cluster);
    let mut together = CombinedFit::default();
    let (mut diagnosing, mut rendering) = (Duration::ZERO, Duration::ZERO);
    for asked in asked {
        let start = Instant::now();
        let mut diagnosis = diagnose(cluster, &index, asked, &settings);
        if asked.written.is_some() {
            together.add(cluster, asked, &mut diagnosis, &settings);
        }
        diagnosing += start.elapsed();
        let start = Instant::now();
        json.daemon_set(&mut out, &diagnosis.report).expect("counting cannot fail");
        rendering += start.elapsed();
    }
    let summary = Default::default();
    json.end(&mut out, &Tail { not_checked: &[], notices: &[], changes: None, node: None, summary: &summary })
        .expect("counting cannot fail");
    (diagnosing, rendering, out.0)
}

fn tell(what: &str, (diagnosing, rendering, bytes): (Duration, Duration, u64)) {
    println!(
        "{what:<22} diagnosed {diagnosing:>8.1?}, written {rendering:>8.1?}, {:>6} MB of JSON, {:>8} kB anonymous",
        bytes / 1_000_000,
        anonymous_kb("RssAnon:")
    );
}

/// A figure of this process in kB; 0 where the system does not tell it.
fn anonymous_kb(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
