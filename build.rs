//! Tells the program what built it, and packs the schema of the report, which it prints.

#![allow(clippy::print_stdout, reason = "this is how a build script speaks")]

use std::env;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;

const SCHEMA: &str = "docs/report.schema.json";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let version =
        Command::new(rustc).arg("--version").output().map(|o| String::from_utf8_lossy(&o.stdout).into_owned());
    let version = version.unwrap_or_default();
    let version = version.split(" (").next().filter(|v| !v.is_empty()).unwrap_or("rustc, unknown");
    println!("cargo::rustc-env=KUBECTL_DAEMONSET_RUSTC={}", version.trim());
    println!("cargo::rustc-env=KUBECTL_DAEMONSET_TARGET={}", env::var("TARGET").unwrap_or_default());
    pack_schema();
}

/// The types of the report describe themselves; the tests write that into [`SCHEMA`]. Packed, it takes a twentieth of what
/// the description takes as code.
fn pack_schema() {
    println!("cargo::rerun-if-changed={SCHEMA}");
    let folder = env::var_os("OUT_DIR").expect("cargo names the folder for what is built");
    let file = File::create(Path::new(&folder).join("report.schema.json.gz")).expect("the folder can be written to");
    let mut packed = GzEncoder::new(file, Compression::best());
    packed.write_all(&fs::read(SCHEMA).expect("the schema can be read")).expect("the file can be written");
    packed.finish().expect("the file can be written");
}
