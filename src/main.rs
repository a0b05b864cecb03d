//! The `kubectl-daemonset` program: parse, run, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    kubectl_daemonset::cli::main(std::env::args_os().collect())
}
