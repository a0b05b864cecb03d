//! Commands as users run them: the built program, a fixed environment, its output to the letter.

use std::path::{Path, PathBuf};
use std::process::Command;

#[allow(dead_code, reason = "snapshots of live clusters are elsewhere")]
#[path = "../snapshots/album.rs"]
mod album;
mod canary;
mod doctor;
mod fixes;
mod grace;
mod init;
mod outputs;
#[cfg(unix)]
mod pipelines;
mod sarif;

/// What a run gave.
#[derive(Debug)]
struct Ran {
    code: i32,
    stdout: String,
    stderr: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Runs the program in the project's folder, with no terminal, no colour, no kubeconfig and ASCII.
fn run(args: &[&str]) -> Ran {
    run_in(&root(), args)
}

fn run_in(folder: &Path, args: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_kubectl-daemonset"))
        .args(args)
        .current_dir(folder)
        .env_clear()
        .env("LC_ALL", "C")
        .env("HOME", folder.join("no-such-home"))
        .output()
        .expect("the program runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
    Ran { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Writes a cluster, or a document, into a folder of the test's own.
fn file(folder: &tempfile::TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, text).expect("a file can be written");
    path.to_str().expect("a plain path").to_owned()
}

/// A cluster of one node and a DaemonSet that is excluded from it, whose name, label and taint are this text.
fn cluster_of(text: &str) -> String {
    let cluster = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"},
         "spec": {"taints": [{"key": "k", "value": text, "effect": "NoSchedule"}]},
         "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "9"}}},
        {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": text, "namespace": "x", "uid": "u"},
         "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}},
           "spec": {"nodeSelector": {"disk": text}, "containers": [{"name": "c", "image": "i"}]}}}},
    ]});
    cluster.to_string()
}

/// Fails with a readable difference.
#[track_caller]
fn assert_text(actual: &str, expected: &str) {
    if actual == expected {
        return;
    }
    let diff = similar::TextDiff::from_lines(expected, actual);
    panic!("{}", diff.unified_diff().header("expected", "actual"));
}
