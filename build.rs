//! Tells the program what built it.

#![allow(clippy::print_stdout, reason = "this is how a build script speaks")]

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let version =
        Command::new(rustc).arg("--version").output().map(|o| String::from_utf8_lossy(&o.stdout).into_owned());
    let version = version.unwrap_or_default();
    let version = version.split(" (").next().filter(|v| !v.is_empty()).unwrap_or("rustc, unknown");
    println!("cargo::rustc-env=KUBECTL_DAEMONSET_RUSTC={}", version.trim());
    println!("cargo::rustc-env=KUBECTL_DAEMONSET_TARGET={}", env::var("TARGET").unwrap_or_default());
}
