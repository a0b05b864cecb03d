//! What blocks a rollout.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

use crate::findings::template_changes::FieldChange;
use crate::model::manager::Manager;
use crate::rules::rollout::BlockReason;

crate::report::codes::pages! {
    ON_DELETE = 501, Warning, "OnDelete: outdated pods stay until they are deleted manually",
    "The updateStrategy is OnDelete: the controller does not replace pods of the old template.",
    "Delete the pods that the finding names, one after the other, or use RollingUpdate.";
    NOT_OBSERVED = 502, Error, "the controller has not observed the newest template",
    "status.observedGeneration is behind metadata.generation: kube-controller-manager does not run, or is slow.",
    "Wait a moment, then check kube-controller-manager.";
    SURGE_PORT = 504, Error, "old and new pod request the same host port",
    "With maxSurge the new pod must start next to the old pod, but both request the same host port. The API server accepts such a DaemonSet, and its rollout never completes.",
    "Use maxUnavailable instead of maxSurge.";
}

/// The causes of this file (`cause/mod.rs` says what a line holds).
macro_rules! rollout_causes {
    ($then:ident, $($rest:tt)*) => {
        $then! { $($rest)*
            /// The rollout cannot go on.
            RolloutStuck(Box<rollout::RolloutStuck>): [ROLLOUT_STUCK, ROLLOUT_NODES], Rollout;
            /// Every pod of the newest revision fails.
            NewRevision(Box<rollout::NewRevision>): [NEW_REVISION_FAILS], Rollout;
            /// The controller has not observed the newest generation.
            NotObserved(rollout::NotObserved): [NOT_OBSERVED], Rollout;
            /// The controller does not replace outdated pods.
            OnDelete(rollout::OnDelete): [ON_DELETE], Rollout;
            /// The new pod of a surge requests a host port of the old pod.
            SurgePort(rollout::SurgePort): [SURGE_PORT], Rollout;
        }
    };
}
pub(crate) use rollout_causes;

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

/// A rollout that cannot go on: nodes without an available pod use up the bound.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RolloutStuck {
    /// `maxUnavailable` or `maxSurge`.
    pub bound: &'static str,
    /// How many nodes the bound allows.
    pub allowed: i64,
    /// How many nodes use it up.
    pub unavailable: usize,
    /// Nodes with a pod of an earlier revision.
    pub old: usize,
    /// Nodes among these whose pod is available and waits to be replaced.
    pub waiting: usize,
    /// Eligible nodes whose pod is of the newest revision.
    pub updated: usize,
    /// Eligible nodes.
    pub desired: usize,
    /// Nodes that use up the bound and are ready.
    pub on_ready_nodes: usize,
    /// Nodes that use up the bound and are NotReady.
    pub on_not_ready_nodes: usize,
    /// Nodes whose pod the rollout itself keeps from being available.
    pub blocked_by_rollout: usize,
    /// Nodes that keep the pod from being available.
    pub blocked_by_node: usize,
    /// How many nodes there are of each reason.
    pub causes: BlockReasons,
    /// For how long the bound has been used up, seconds, as far as transition times say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since_seconds: Option<i64>,
    /// What the newest revision changed, if every pod of it fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_revision: Option<Box<NewRevision>>,
    /// The unreachable nodes.
    #[serde(skip)]
    pub unreachable: Vec<String>,
    /// Whether a document is asked about that is not applied yet.
    #[serde(skip)]
    pub is_document: bool,
    /// The DaemonSet.
    #[serde(skip)]
    pub of: DaemonSetName,
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

/// Every pod of the newest revision fails, and pods of an earlier one are ready.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewRevision {
    /// The newest revision.
    pub revision: i64,
    /// The revision of the ready pods. `None` if it is not stored any more, or nobody listed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub older_revision: Option<i64>,
    /// Nodes whose pod of the newest revision fails.
    pub failing: usize,
    /// Nodes whose pod of an earlier revision is ready.
    pub ready: usize,
    /// The age of the newest revision, seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_seconds: Option<i64>,
    /// Who changed the template last, by `managedFields`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<String>,
    /// The fields in which the two templates differ; the first 20.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<FieldChange>,
    /// How many fields differ.
    pub change_count: usize,
    /// Whether the templates are of a snapshot, which has not all of their fields.
    #[serde(skip)]
    pub is_partial: bool,
    /// Who undoes a change of the live object, if somebody does.
    #[serde(skip)]
    pub manager: Option<Manager>,
    /// The DaemonSet.
    #[serde(skip)]
    pub of: DaemonSetName,
}

impl NewRevision {
    /// Whether the revision of the ready pods is still stored, so that the DaemonSet can go back to it.
    pub fn goes_back(&self) -> bool {
        self.older_revision.is_some()
    }
}

/// A DaemonSet's name, for commands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DaemonSetName {
    /// The namespace.
    pub namespace: String,
    /// The name.
    pub name: String,
}
