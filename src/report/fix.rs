//! What is done about a finding: the change that fixes it, or who accepts it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::report::codes::Code;

/// A change that mends nodes; it was applied to the facts, and the nodes judged again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fix {
    /// What it does, in one sentence.
    pub summary: String,
    /// What is changed: `daemonset`, or the kind that is created or changed beside it.
    pub target: &'static str,
    /// How the patch is written: `spec` or `apps/v1`; `v1` and such for other objects.
    pub language: &'static str,
    /// The change, as YAML.
    pub patch: String,
    /// What the change does besides: `rolls-pods`, `evicts-pods`, `weakens-security` or `none`.
    pub risk: &'static str,
    /// How many nodes then get a pod that did not.
    pub nodes_fixed: usize,
    /// How many nodes then lose theirs.
    pub nodes_broken: usize,
    /// Pods that the scheduler then evicts on the nodes that get a pod, as `namespace/name`; at most 20 of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub victims: Vec<String>,
    /// Who undoes a patch of the live object, if somebody does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed_by: Option<ManagedBy>,
}

/// Who applies a DaemonSet again and so undoes a change of the live object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ManagedBy {
    /// The kind of the object that stands for it (`HelmRelease`), or the tool (`Helm`).
    pub kind: String,
    /// Its namespace, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// Where to make the change instead, in one sentence.
    pub note: String,
}

/// A finding that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ignored {
    /// What it is.
    pub code: Code,
    /// How many nodes it concerns.
    pub node_count: usize,
    /// Who accepts it, and why.
    pub by: String,
}
