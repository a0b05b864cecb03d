//! What was read: the source, what was not checked, and which nodes came and went.

use schemars::JsonSchema;
use serde::Serialize;

/// What was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// `snapshot` or `cluster`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The server's version.
    pub server_version: String,
    /// Where the version was learnt from: `flag`, `server`, `kubelets` or `assumed`.
    pub server_version_from: &'static str,
    /// The version whose rules hold, where it is not the server's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules_version: Option<String>,
}

/// Nodes that came and went lately, as far as their times of creation and events tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeChanges {
    /// One sentence.
    pub message: String,
    /// How far back was looked.
    pub hours: i64,
    /// How many joined.
    pub joined_count: usize,
    /// Those, by name; the first 50.
    pub joined: Vec<String>,
    /// How many left.
    pub left_count: usize,
    /// Those, by name; the first 50.
    pub left: Vec<String>,
}

/// Something that was not looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotChecked {
    /// What.
    pub what: String,
    /// Why not, or what was assumed.
    pub why: String,
    /// Whether it could deny or block the pods.
    #[serde(skip)]
    pub may_refuse: bool,
}
