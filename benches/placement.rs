//! How long verdicts take: 15,000 nodes against 100 DaemonSets on one thread, beside the lean parse of the nodes.
//!
//! `cargo bench --bench placement [-- NODES DAEMONSETS]`. Prints medians and the ratio; asserts nothing.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod cluster;

use std::time::{Duration, Instant};

use cluster::{daemon_set, node, pod};
use kubectl_daemonset::rules::{Evaluation, OwnPods, Placement, Verdict};
use kubectl_daemonset::store::{Builder, Cluster};

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|a| a.parse::<usize>().ok());
    let (nodes, daemon_sets) = (numbers.next().unwrap_or(15_000), numbers.next().unwrap_or(100));
    let texts: Vec<String> = (0..nodes).map(node).collect();
    let bytes: usize = texts.iter().map(String::len).sum();
    let pods: Vec<String> = (0..nodes * 4).map(|i| pod(i, nodes)).collect();
    let templates: Vec<String> = (0..daemon_sets).map(daemon_set).collect();

    let (mut parses, mut finishes, mut evaluations) = (Vec::new(), Vec::new(), Vec::new());
    let mut tally = [0usize; 3];
    for _ in 0..5 {
        let start = Instant::now();
        let mut builder = Builder::new();
        for text in &texts {
            builder.read(text.as_bytes(), None).expect("a node");
        }
        parses.push(start.elapsed());
        for text in pods.iter().chain(&templates) {
            builder.read(text.as_bytes(), None).expect("an object");
        }
        let start = Instant::now();
        let cluster = builder.finish(None);
        finishes.push(start.elapsed());
        let start = Instant::now();
        tally = evaluate(&cluster);
        evaluations.push(start.elapsed());
    }
    let (parse, finish, evaluation) = (median(parses), median(finishes), median(evaluations));
    let verdicts = nodes * daemon_sets;
    println!("nodes {nodes} of {} bytes, DaemonSets {daemon_sets}, verdicts {verdicts}", bytes / nodes.max(1));
    println!("placed {}, excluded {}, other {}", tally[0], tally[1], tally[2]);
    println!("lean parse of the nodes  {parse:>10.1?}  {:.0} MB/s", bytes as f64 / 1e6 / parse.as_secs_f64());
    println!("sorting, indexing        {finish:>10.1?}  with {} pods", pods.len());
    println!(
        "evaluation               {evaluation:>10.1?}  {:.0} ns a verdict",
        evaluation.as_nanos() as f64 / verdicts as f64
    );
    println!("evaluation / parse       {:>10.2}", evaluation.as_secs_f64() / parse.as_secs_f64());
}

fn evaluate(cluster: &Cluster) -> [usize; 3] {
    let mut tally = [0; 3];
    for daemon_set in &cluster.daemon_sets {
        let admission = Evaluation::admit(cluster, daemon_set, OwnPods::None);
        let verdicts: Vec<Verdict> = Evaluation::new(cluster, daemon_set, &admission, OwnPods::None).all();
        for verdict in &verdicts {
            match verdict.placement {
                Placement::Placed => tally[0] += 1,
                Placement::Excluded => tally[1] += 1,
                _ => tally[2] += 1,
            }
        }
    }
    tally
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
