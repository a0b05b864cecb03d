//! What blocks a rollout.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

use crate::rules::rollout::BlockReason;

/// A generation that the controller has not observed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NotObserved {
    /// The generation that the controller has observed.
    pub observed: i64,
    /// The newest generation.
    pub generation: i64,
}

/// Outdated pods that the controller does not replace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OnDelete {
    /// The first of them, by name.
    pub pods: Vec<String>,
    /// Their number.
    pub count: usize,
    /// Whether a document is asked about that is not applied yet.
    #[serde(skip)]
    pub is_document: bool,
}

/// A rollout that cannot go on because unavailable nodes use up its bound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RolloutStuck {
    /// The bound: `maxUnavailable` or `maxSurge`.
    pub bound: &'static str,
    /// How many nodes the bound allows.
    pub allowed: i64,
    /// How many nodes lack an available pod.
    pub unavailable: usize,
    /// How many pods are outdated.
    pub old: usize,
    /// How many outdated pods wait for their turn.
    pub waiting: usize,
    /// How many of the unavailable nodes are ready.
    pub on_ready_nodes: usize,
    /// How many of the unavailable nodes are NotReady.
    pub on_not_ready_nodes: usize,
    /// How many nodes are unavailable because of the rollout.
    pub blocked_by_rollout: usize,
    /// How many nodes are unavailable because of themselves.
    pub blocked_by_node: usize,
    /// The reasons with the number of nodes of each.
    pub causes: BlockReasons,
    /// Whether the new pods start next to the old pods.
    #[serde(skip)]
    pub is_surge: bool,
    /// Whether a document is asked about that is not applied yet.
    #[serde(skip)]
    pub is_document: bool,
}

/// Reasons with the number of nodes of each; an object in JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BlockReasons(pub BTreeMap<BlockReason, usize>);

/// Every reason with its name in evidence.
const NAMES: [(BlockReason, &str); 8] = [
    (BlockReason::NotCreated, "notCreated"),
    (BlockReason::Unscheduled, "unscheduled"),
    (BlockReason::NotReady, "podNotReady"),
    (BlockReason::NotYetAvailable, "notYetAvailable"),
    (BlockReason::Excess, "excess"),
    (BlockReason::Terminating, "terminating"),
    (BlockReason::NodeNotReady, "nodeNotReady"),
    (BlockReason::Rejected, "refusedByKubelet"),
];

impl Serialize for BlockReasons {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = |reason: &BlockReason| NAMES.iter().find(|(known, _)| known == reason).map_or("", |(_, name)| name);
        serializer.collect_map(self.0.iter().map(|(reason, nodes)| (name(reason), nodes)))
    }
}

impl JsonSchema for BlockReasons {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "BlockReasons".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let count = serde_json::json!({"type": "integer", "minimum": 0});
        let properties: serde_json::Map<_, _> =
            NAMES.map(|(_, name)| (name.to_owned(), count.clone())).into_iter().collect();
        schemars::json_schema!({"type": "object", "properties": properties, "additionalProperties": false})
    }
}

/// Host ports that the new and the old pod of a surge both request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SurgePort {
    /// The ports.
    pub ports: Vec<String>,
}
