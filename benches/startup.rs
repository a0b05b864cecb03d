//! How long a person waits: for `--help`, beside `version --client` of the kubectl on the PATH, and for the names that
//! kubectl offers after `daemonset doctor <TAB>` from a server that answers at once.
//!
//! Medians of 50 runs. It fails where `--help` takes more than 5 ms or <TAB> more than 100 ms. `make startup` puts the
//! kubectl of the tests on the PATH. The program is the release build; `PROGRAM=path` takes another one.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]
#![cfg_attr(not(unix), allow(dead_code, unused_imports))]

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

#[path = "../tests/krew/server.rs"]
#[allow(dead_code, reason = "the tests ask more of it")]
mod server;

const RUNS: usize = 50;
const MOST: Duration = Duration::from_millis(5);
const MOST_FOR_NAMES: Duration = Duration::from_millis(100);

fn main() -> ExitCode {
    let program = std::env::var("PROGRAM").unwrap_or_else(|_| env!("CARGO_BIN_EXE_kubectl-daemonset").to_owned());
    let Some(help) = median(Command::new(&program).arg("--help")) else {
        println!("{program} cannot be run");
        return ExitCode::FAILURE;
    };
    println!("--help                            {:>7.2} ms", milliseconds(help));
    let client = median(Command::new("kubectl").args(["version", "--client"]));
    match client {
        Some(other) => println!("kubectl version --client          {:>7.2} ms", milliseconds(other)),
        None => println!("kubectl version --client          not measured: there is no kubectl on the PATH"),
    }
    let names = client.and_then(|_| names(Path::new(&program)));
    match names {
        Some(names) => println!("kubectl daemonset doctor <TAB>    {:>7.2} ms", milliseconds(names)),
        None => println!("kubectl daemonset doctor <TAB>    not measured: kubectl did not ask the program"),
    }
    match std::fs::metadata(&program) {
        Ok(file) => println!("size                              {:>7.2} MB", file.len() as f64 / 1e6),
        Err(error) => println!("size                              not known: {error}"),
    }
    if help > MOST || names.is_some_and(|names| names > MOST_FOR_NAMES) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// What the shell's function asks kubectl with each <TAB>; nothing where no name came back.
#[cfg(unix)]
fn names(program: &Path) -> Option<Duration> {
    use std::os::unix::fs::symlink;
    let server = server::Server::start(server::Site::Cluster);
    let home = tempfile::tempdir().ok()?;
    let program = program.canonicalize().ok()?;
    symlink(&program, home.path().join("kubectl-daemonset")).ok()?;
    symlink(&program, home.path().join("kubectl_complete-daemonset")).ok()?;
    let ask = || {
        let mut path = home.path().as_os_str().to_owned();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let mut kubectl = Command::new("kubectl");
        kubectl.env("PATH", path).env("HOME", home.path()).env("KUBECONFIG", home.path().join("none"));
        kubectl.args(["__complete", "daemonset", "doctor", "--server", &server.url(), ""]);
        kubectl
    };
    let offered = ask().output().ok()?;
    let offered = String::from_utf8_lossy(&offered.stdout).contains("fluent-bit");
    if offered { median(&mut ask()) } else { None }
}

#[cfg(not(unix))]
fn names(_program: &Path) -> Option<Duration> {
    None
}

/// The median time from start to end; nothing where it cannot be run.
fn median(command: &mut Command) -> Option<Duration> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let start = Instant::now();
        command.status().ok().filter(|status| status.success())?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    times.get(RUNS / 2).copied()
}
