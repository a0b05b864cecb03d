//! The API server's own validation, in a process of its own.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

use super::Types;
use crate::harness::Binaries;

/// One error of the API server.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The field, as `spec.template.spec.containers[0].image`; empty where none is named.
    pub field: String,
    /// Whether the field lacks the numbers of items: errors of decoding do.
    pub without_numbers: bool,
    /// Its words.
    pub message: String,
}

/// `cluster validate`, which answers line by line.
pub struct Server {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Server {
    /// Starts it.
    pub fn start() -> Self {
        let mut child = Command::new(binary())
            .arg("validate")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the cluster's program starts");
        let to = child.stdin.take().expect("a pipe was asked for");
        let from = BufReader::new(child.stdout.take().expect("a pipe was asked for"));
        Self { child, to, from }
    }

    /// The types of a DaemonSet.
    pub fn types(&self) -> Types {
        let asked = Command::new(binary()).args(["validate", "--types"]).output().expect("the cluster's program runs");
        serde_json::from_slice(&asked.stdout).expect("types are JSON")
    }

    /// Why the API server refuses to create a DaemonSet; empty if it does not.
    pub fn refusals(&mut self, document: &Value) -> Vec<Refusal> {
        writeln!(self.to, "{document}").expect("the validation runs");
        let mut line = String::new();
        self.from.read_line(&mut line).expect("the validation answers");
        let answer: Vec<Value> = serde_json::from_str(&line).expect("an answer is a list");
        answer.iter().map(refusal).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It ends with its input as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn binary() -> std::path::PathBuf {
    Binaries::get().expect("the cluster's program was built").cluster()
}

fn refusal(value: &Value) -> Refusal {
    let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let (mut field, message) = (text("field"), text("message"));
    let without_numbers = field.is_empty();
    if without_numbers {
        field = decoded_field(&message).unwrap_or_default();
    }
    for (spelled, is) in SPELLED_OTHERWISE {
        field = field.replace(spelled, is);
    }
    // What several fields give together, as `{topologyKey, whenUnsatisfiable}`.
    if let Some((before, _)) = field.split_once(".{") {
        field.truncate(before.len());
    }
    Refusal { field, without_numbers, message }
}

/// Paths of fields that the server's errors spell otherwise than documents do, and what is meant.
const SPELLED_OTHERWISE: [(&str, &str); 12] = [
    ("spec.template.annotations", "spec.template.metadata.annotations"),
    ("spec.template.labels", "spec.template.metadata.labels"),
    ("securityContext.shareProcessNamespace", "shareProcessNamespace"),
    (".HostPID", ".hostPID"),
    (".HostIPC", ".hostIPC"),
    (".HostNetwork", ".hostNetwork"),
    (".overhead.limits", ".overhead"),
    (".cephFS", ".cephfs"),
    (".downwarAPI", ".downwardAPI"),
    (".initiatorname", ".initiatorName"),
    (".VolumeSource.", "."),
    (".EphemeralContainerCommon", ""),
];

/// The field in an error of decoding: `unknown field "spec.x"`, `Go struct field EnvVar.spec.template.spec.y of type z`.
fn decoded_field(message: &str) -> Option<String> {
    if let Some((_, rest)) = message.split_once("field \"") {
        return rest.split('"').next().map(str::to_owned);
    }
    let (_, rest) = message.split_once("Go struct field ")?;
    let (_, path) = rest.split(' ').next()?.split_once('.')?;
    Some(path.to_owned())
}
