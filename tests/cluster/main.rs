//! The tests that need a real Kubernetes.
//!
//! Plain `cargo test` runs none of them and says so; `make cluster-test` does, and builds what they need.

// A test runner talks.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod cases;
mod harness;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Conclusion};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if let ["hold", how] = words[..] {
        cases::control_plane::hold(how);
        return ExitCode::SUCCESS;
    }
    let arguments = Arguments::from_args();
    if std::env::var(harness::SWITCH).is_ok_and(|v| !v.is_empty()) || arguments.list {
        return run(&arguments);
    }
    println!("the cluster tests were not run: they need a real Kubernetes; `make cluster-test` builds and runs it");
    ExitCode::SUCCESS
}

fn run(arguments: &Arguments) -> ExitCode {
    let tests = cases::control_plane::tests()
        .into_iter()
        .chain(cases::kubelets::tests())
        .chain(cases::deploy::tests())
        .chain(cases::deploy_killed::tests())
        .chain(cases::deploy_compared::tests())
        .collect();
    let conclusion: Conclusion = libtest_mimic::run(arguments, tests);
    conclusion.exit_code()
}
