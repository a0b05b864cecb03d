//! The pod of a node, the reasons for what becomes of the node, and the log lines that show them.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::report::codes::Code;
use crate::severity::Severity;

/// A node, whatever runs on it: for formats that group nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeIdentity {
    /// The name.
    pub name: String,
    /// Its state, taints and version in one sentence.
    pub summary: String,
    /// Its labels.
    pub labels: Vec<(String, String)>,
}

/// A pod.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PodReport {
    /// Its name.
    pub name: String,
    /// Its phase.
    pub phase: &'static str,
    /// Whether it is ready.
    pub ready: bool,
    /// The revision of the template that it was made from.
    pub revision: Option<String>,
    /// When it was created, RFC 3339.
    pub since: Option<String>,
}

/// One reason for what becomes of a node.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReasonReport {
    /// What it is.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// Who gives it: `controller`, `creation`, `scheduler`, `kubelet`, `container` or `rollout`.
    pub stage: &'static str,
    /// The scheduler's plugin.
    pub plugin: Option<&'static str>,
    /// The plugin's own text.
    pub reason: Option<String>,
    /// Whether the real scheduler reports it for this node.
    pub reported_by_scheduler: bool,
    /// One sentence.
    pub message: String,
    /// What it rests on.
    pub evidence: Map<String, Value>,
    /// The last lines of the failed container's log, where they were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<LogReport>,
    /// The finding that it belongs to, if it decides.
    pub finding: Option<usize>,
}

/// The last lines of a container's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogReport {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod.
    pub pod: String,
    /// The container.
    pub container: String,
    /// Whether it is the log of the run before the present one.
    pub previous: bool,
    /// The lines, the oldest first, each bounded.
    pub lines: Vec<String>,
}
