//! The tests that need a real Kubernetes.
//!
//! Plain `cargo test` runs none of them and says so; `make cluster-test` does, and builds what they need. The same
//! program compares for longer (`make agree`) and records (`make record`).

// A test runner talks.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod cases;
mod differential;
mod documents;
mod harness;
#[path = "../agreement/rules.rs"]
mod rules;
#[path = "../connection/cluster.rs"]
mod sick;
#[path = "../summary/mod.rs"]
mod summary;
#[path = "../connection/verdicts.rs"]
mod verdicts;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use differential::{Profile, Run};
use harness::{Binaries, Cluster};
use libtest_mimic::Arguments;
use serde_json::json;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.first().map(String::as_str) {
        Some("hold") => {
            cases::control_plane::hold(words.get(1).map_or("", String::as_str));
            return ExitCode::SUCCESS;
        }
        Some("inside") => {
            let arguments = Arguments { test_threads: Some(1), ..Arguments::default() };
            return libtest_mimic::run(&arguments, cases::real_node::inside()).exit_code();
        }
        Some("serve") => {
            serve(&words[1..]);
            return ExitCode::SUCCESS;
        }
        Some("agree") => return agree(&words[1..]),
        Some("record") => return record(&words[1..]),
        Some("kill") => {
            let (rounds, seed) =
                (number(&words, "--rounds").unwrap_or(200), number(&words, "--seed").unwrap_or_else(any_seed));
            cases::deploy_killed::at_random(rounds, seed);
            return ExitCode::SUCCESS;
        }
        Some("rolls") => {
            let (rounds, seed) =
                (number(&words, "--rounds").unwrap_or(50), number(&words, "--seed").unwrap_or_else(any_seed));
            cases::deploy_rolls::at_random(rounds, seed);
            return ExitCode::SUCCESS;
        }
        Some("refusals") => {
            let (count, seed) = (number(&words, "--count").unwrap_or(20_000), number(&words, "--seed"));
            cases::validation::some(count as usize, seed.unwrap_or_else(any_seed));
            return ExitCode::SUCCESS;
        }
        Some("compare") => {
            cases::deploy_compared::pairs(number(&words, "--pairs").unwrap_or(9) as usize);
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    let arguments = Arguments::from_args();
    if arguments.list {
        return libtest_mimic::run(&arguments, cases::all()).exit_code();
    }
    if std::env::var(harness::SWITCH).is_ok_and(|v| !v.is_empty()) {
        return match Binaries::get() {
            Ok(binaries) => {
                println!("the real Kubernetes is {}", binaries.version());
                libtest_mimic::run(&arguments, cases::all()).exit_code()
            }
            Err(why) => {
                eprintln!("there is no real Kubernetes to test on: {why}");
                ExitCode::FAILURE
            }
        };
    }
    println!("the cluster tests were not run: they need a real Kubernetes; `make cluster-test` builds and runs it");
    ExitCode::SUCCESS
}

/// Where recordings are kept.
fn recordings() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings")
}

/// `serve [--nodes N] [--pods N] [--kubelets]`: a cluster to look at, until ctrl-c; with simulated kubelets its pods run.
fn serve(words: &[String]) {
    let (nodes, pods) = (number(words, "--nodes").unwrap_or(3), number(words, "--pods").unwrap_or(0));
    let cluster = Cluster::start();
    let began = Instant::now();
    let names: Vec<String> = (0..nodes).map(|n| format!("n{n:05}")).collect();
    cluster.create_nodes(&names.iter().map(|n| harness::node(n)).collect::<Vec<_>>());
    println!("{nodes} nodes after {:.1} s", began.elapsed().as_secs_f64());
    let fillers = (0..pods).zip(names.iter().cycle());
    let fillers = fillers
        .map(|(p, node)| harness::pod("default", &format!("f{p:06}"), node, json!({"cpu": "10m", "memory": "16Mi"})));
    cluster.create_all(&fillers.collect::<Vec<_>>());
    println!("{pods} pods after {:.1} s", began.elapsed().as_secs_f64());
    let _kubelets = words.iter().any(|w| w == "--kubelets").then(|| harness::Kubelets::start(&cluster, names));
    println!("Kubernetes {}: export KUBECONFIG={}", cluster.version(), cluster.kubeconfig("admin").display());
    // Until ctrl-c, or until whoever started us lets go.
    let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
}

/// `agree [--rounds N] [--seed N] [--nodes N] [--cases N] [--profile NAME]`
fn agree(words: &[String]) -> ExitCode {
    let seed = number(words, "--seed").unwrap_or_else(any_seed);
    println!("the first seed is {seed}");
    let wanted = words.iter().position(|w| w == "--profile").and_then(|i| words.get(i + 1));
    let agreement = differential::agree(&Run {
        profile: wanted.and_then(|wanted| Profile::all().find(|profile| profile.name() == wanted)),
        doctor: differential::our_doctor(),
        rounds: number(words, "--rounds").unwrap_or(8),
        seed,
        nodes: number(words, "--nodes").unwrap_or(30) as usize,
        cases: number(words, "--cases").unwrap_or(24) as usize,
        kept: recordings(),
    });
    for d in &agreement.disagreements {
        println!("{d}");
    }
    println!("{}", agreement.decisions);
    println!(
        "Kubernetes {}: {} cases, {} verdicts, {} of deploy's predictions, {} disagreements",
        agreement.version,
        agreement.cases,
        agreement.verdicts,
        agreement.predicted,
        agreement.disagreements.len()
    );
    if agreement.disagreements.is_empty() && agreement.verdicts > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// `record [--files N] [--seed N] [--profile NAME]`
fn record(words: &[String]) -> ExitCode {
    let wanted = words.iter().position(|w| w == "--profile").and_then(|i| words.get(i + 1));
    let profiles: Vec<Profile> = Profile::all().filter(|p| wanted.is_none_or(|w| p.name() == w)).collect();
    let (files, seed) = (number(words, "--files").unwrap_or(1), number(words, "--seed").unwrap_or_else(any_seed));
    match differential::record(&recordings(), &profiles, files, seed) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn number(words: &[String], flag: &str) -> Option<u64> {
    let text = words.get(words.iter().position(|w| w == flag)? + 1)?;
    Some(text.parse().unwrap_or_else(|_| panic!("{flag} wants a number, not {text}")))
}

fn any_seed() -> u64 {
    std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(1, |t| t.as_secs())
}
