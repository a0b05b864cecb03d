//! How long a person waits before anything begins: `--help` of the program, beside `version --client` of the kubectl on
//! the PATH, if there is one. Prints the median of 50 runs of each and fails where `--help` takes more than 5 ms.
//!
//! The program is the release build; `PROGRAM=path` takes another one.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

const RUNS: usize = 50;
const MOST: Duration = Duration::from_millis(5);

fn main() -> ExitCode {
    let program = std::env::var("PROGRAM").unwrap_or_else(|_| env!("CARGO_BIN_EXE_kubectl-daemonset").to_owned());
    let Some(help) = median(&program, &["--help"]) else {
        println!("{program} cannot be run");
        return ExitCode::FAILURE;
    };
    println!("--help                    {:>7.2} ms", help.as_secs_f64() * 1e3);
    match median("kubectl", &["version", "--client"]) {
        Some(other) => println!("kubectl version --client  {:>7.2} ms", other.as_secs_f64() * 1e3),
        None => println!("kubectl version --client  not measured: there is no kubectl on the PATH"),
    }
    match std::fs::metadata(&program) {
        Ok(file) => println!("size                      {:>7.2} MB", file.len() as f64 / 1e6),
        Err(error) => println!("size                      not known: {error}"),
    }
    if help > MOST { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// The median time from start to end; nothing where it cannot be run.
fn median(program: &str, arguments: &[&str]) -> Option<Duration> {
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let start = Instant::now();
        let mut command = Command::new(program);
        let status = command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.ok().filter(|status| status.success())?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    times.get(RUNS / 2).copied()
}
