//! The whole doctor on clusters of which every value may be another.

use kubectl_daemonset::findings::{Index, Settings, Subject};
use kubectl_daemonset::investigate::diagnose;
use kubectl_daemonset::manifest::Language;
use kubectl_daemonset::render::theme::{Colour, Surroundings};
use kubectl_daemonset::render::{Format, Gate, Theme, renderer};
use kubectl_daemonset::store::Builder;
use serde_json::Value;

use super::random::Random;
use super::{corpus, fuzz, mutation};

fn items(cluster: &[u8]) -> Vec<Value> {
    let mut cluster: Value = serde_json::from_slice(cluster).expect("a cluster of the corpus is JSON");
    cluster["items"].as_array_mut().map(std::mem::take).expect("a list")
}

/// A cluster whose objects are changed, and sometimes exchanged with those of another.
fn cluster(random: &mut Random, clusters: &[Vec<Value>]) -> Vec<u8> {
    let mut all = random.pick(clusters).clone();
    for _ in 0..=random.below(6) {
        let others = random.pick(clusters);
        let place = random.below(all.len());
        match random.below(12) {
            0 => drop(all.swap_remove(place)),
            1 => all.push(random.pick(others).clone()),
            _ => mutation::value(random, &mut all[place], others),
        }
        if all.is_empty() {
            break;
        }
    }
    serde_json::json!({"apiVersion": "v1", "kind": "List", "items": all}).to_string().into_bytes()
}

/// What the doctor says of every DaemonSet, as it is deployed and as a document.
fn told(input: &[u8]) -> Vec<u8> {
    let mut builder = Builder::new();
    for item in items(input).iter().filter(|item| item.is_object()) {
        builder.read(item.to_string().as_bytes(), None).expect("an object that was written is read");
    }
    let mut cluster = builder.finish(None);
    let settings = Settings { grace: 120, all_fixes: true, ..Settings::at(1_800_000_000) };
    let index = Index::of(&cluster);
    let mut out = Vec::new();
    for daemon_set in cluster.daemon_sets.clone() {
        let document = Subject {
            daemon_set: daemon_set.clone(),
            deployed: None,
            adopts: None,
            written: Some(Language::Apps),
            spec: None,
            origin: None,
        };
        for asked in [Subject::deployed(daemon_set), document] {
            let report = diagnose(&mut cluster, &index, &asked, &settings).report;
            assert!(report.nodes.is_sorted_by(|a, b| a.name <= b.name), "nodes are by name");
            for finding in &report.findings {
                assert!(finding.nodes.len() <= finding.node_count, "{finding:?}");
                assert!(finding.fix.as_ref().is_none_or(|fix| !fix.patch.is_empty()), "{finding:?}");
            }
            for format in [Format::Json, Format::Table, Format::Wide] {
                let mut renderer =
                    renderer(format, Theme::decide(Colour::Never, &Surroundings::default()), Gate::default());
                renderer.daemon_set(&mut out, &report).expect("memory takes all");
            }
        }
    }
    let text = std::str::from_utf8(&out).expect("a report is text");
    let raw = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!text.contains(raw), "a control character is printed");
    out
}

#[test]
fn the_doctor_takes_every_cluster() {
    let seeds = corpus("clusters");
    let clusters: Vec<Vec<Value>> = seeds.iter().map(|seed| items(seed)).collect();
    fuzz(
        "doctor",
        &seeds,
        |random, _| cluster(random, &clusters),
        |input| assert!(told(input) == told(input), "two runs differ"),
    );
}
