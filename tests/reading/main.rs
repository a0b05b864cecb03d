//! How a live cluster is read: just what the question needs, and with the same answer as when all is read.

mod requests;
mod same;
mod server;
mod side_by_side;

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The program itself, on its own.
fn program(command: &str, arguments: &[&str], home: &Path) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_kubectl-daemonset"));
    program.arg(command).args(arguments).current_dir(home).env_clear().env("HOME", home);
    program.stdin(Stdio::null()).output().expect("the program runs")
}

fn doctor(arguments: &[&str], home: &Path) -> Output {
    program("doctor", arguments, home)
}

/// Its report.
fn report(arguments: &[&str], home: &Path) -> Value {
    let ran = doctor(&[arguments, &["-o", "json"]].concat(), home);
    let told = String::from_utf8_lossy(&ran.stderr);
    // 1 also ends a whole report: no node could be judged.
    assert!(matches!(ran.status.code(), Some(0..=2)), "doctor {arguments:?}: {told}");
    serde_json::from_slice(&ran.stdout).expect("a report")
}
