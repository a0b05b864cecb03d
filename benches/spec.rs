//! How long lint, render and import of real manifests take, beside what serde_yaml takes to read the same texts.
//!
//! One thread; each row is the best of several rounds over all documents.

#![expect(clippy::print_stdout, reason = "a bench prints its table")]

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use kubectl_daemonset::manifest::lint::{Surroundings, lint};
use kubectl_daemonset::manifest::{ImportOptions, Source, import, load};
use kubectl_daemonset::yaml::{Style, emit, parse};

const ROUNDS: usize = 15;

fn main() {
    let texts = texts();
    if texts.is_empty() {
        println!("not measured: there are no manifests beside the project");
        return;
    }
    let bytes: usize = texts.iter().map(String::len).sum();
    let specs: Vec<String> = texts.iter().filter_map(|t| imported(t)).collect();
    println!("{} manifests, {} KiB; best of {ROUNDS} rounds, one thread", texts.len(), bytes >> 10);
    println!("{:<38}{:>10}{:>14}{:>9}", "", "ms", "documents/s", "ratio");
    let base = row("serde_yaml into Value", &texts, None, |text| {
        let value: serde_yaml::Value = serde_yaml::from_str(text).expect("YAML");
        black_box(value);
    });
    row("parse with positions", &texts, Some(base), |text| drop(black_box(parse(text))));
    row("load and check", &texts, Some(base), |text| drop(black_box(load("x", text))));
    row("lint", &texts, Some(base), |text| {
        let loaded = load("x", text);
        let source = Source::new("x", text);
        let around = Surroundings::default();
        loaded.documents.iter().for_each(|d| drop(black_box(lint(d, &source, &around))));
    });
    row("render", &texts, Some(base), render);
    row("import", &texts, Some(base), |text| drop(black_box(imported(text))));
    println!("the same as specs");
    let base = row("serde_yaml into Value", &specs, None, |text| {
        let value: serde_yaml::Value = serde_yaml::from_str(text).expect("YAML");
        black_box(value);
    });
    row("lint", &specs, Some(base), |text| {
        let loaded = load("x", text);
        let source = Source::new("x", text);
        let around = Surroundings::default();
        loaded.documents.iter().for_each(|d| drop(black_box(lint(d, &source, &around))));
    });
    row("render", &specs, Some(base), render);
}

fn render(text: &str) {
    for document in &load("x", text).documents {
        for object in document.objects(&|_| Ok(String::new())).expect("objects") {
            black_box(emit(&object.value, Style::Block));
        }
    }
}

fn imported(text: &str) -> Option<String> {
    let daemon_set = load("x", text).documents.first()?.daemon_set()?;
    Some(import(&daemon_set, &ImportOptions::default()).ok()?.text())
}

/// Prints one row and gives its time.
fn row(name: &str, texts: &[String], base: Option<Duration>, mut work: impl FnMut(&str)) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let started = Instant::now();
        texts.iter().for_each(|text| work(text));
        best = best.min(started.elapsed());
    }
    let per_second = texts.len() as f64 / best.as_secs_f64();
    let ratio = base.map_or(String::new(), |b| format!("{:.2}", best.as_secs_f64() / b.as_secs_f64()));
    println!("{name:<38}{:>10.2}{per_second:>14.0}{ratio:>9}", best.as_secs_f64() * 1000.0);
    best
}

fn texts() -> Vec<String> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut files: Vec<_> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "yaml"));
    files.sort();
    files.iter().filter_map(|f| std::fs::read_to_string(f).ok()).collect()
}
