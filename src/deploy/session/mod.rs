//! The stages of a deployment that talk to the server, in their order.
//!
//! * `permissions`: which permissions a deployment needs and which are missing.
//! * `prepare`: reads what is there and asks the server what it would store; makes the plan.
//! * `revisions`: the ControllerRevisions that a prediction and a prune must know.
//! * `predict`: reads the cluster, predicts the rollout and dry-runs one pod.
//! * `apply`: writes the objects.
//! * `prune`: finds and deletes the members that are no longer in the documents.
//! * `roll_back`: keeps the state before the deployment, and restores it.

mod apply;
mod permissions;
mod predict;
mod prepare;
mod prune;
mod revisions;
mod roll_back;

use serde_json::Value as Json;

use crate::client::Reader;
use crate::client::apply::Writer;
use crate::deploy::plan::Plan;
use crate::deploy::resources::ObjectId;
use crate::deploy::rollback_state::RollbackState;

/// How a deployment is prepared and applied.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// The server is not asked what it would store.
    pub client_side: bool,
    /// Fields that other managers own are taken from them.
    pub force_conflicts: bool,
    /// What is ours and no longer wanted is deleted after the rollout.
    pub prune: bool,
    /// Only the plan is needed, not the permissions to delete and to follow.
    pub only_plan: bool,
    /// The rollout is followed.
    pub follow: bool,
    /// A rollout that fails is rolled back.
    pub rollback: bool,
}

/// A way to a cluster, to read and to write.
#[derive(Clone)]
pub struct Session {
    /// Reads facts.
    pub reader: Reader,
    /// Writes objects.
    pub writer: Writer,
}

/// What a deployment stored.
#[derive(Debug, Clone, Default)]
pub struct Stored {
    /// The DaemonSet.
    pub daemon_set: Json,
    /// The version of each object of the documents; for what did not change, the version that was there.
    pub versions: Vec<(ObjectId, Json)>,
}

/// What was restored.
#[derive(Debug, Default)]
pub struct RolledBack {
    /// The DaemonSet as it is now.
    pub daemon_set: Json,
    /// The other objects that are as they were before.
    pub restored: Vec<ObjectId>,
    /// Objects that another client changed or deleted since, and that stay as they are.
    pub left: Vec<ObjectId>,
}

/// A deployment that is ready to be applied.
pub struct Prepared {
    /// What becomes of every object.
    pub plan: Plan,
    /// The DaemonSet as it is there now.
    pub live: Option<Json>,
    /// The DaemonSet as the server would store it, if the server was asked.
    pub(in crate::deploy::session) after: Option<Json>,
    /// Every object as it is there now, in the order of the intent.
    pub(in crate::deploy::session) before: Vec<Option<Json>>,
    /// The labels of the selector that was kept, where the document has another.
    pub kept_selector: Option<Vec<String>>,
    /// The state to which a failed rollout goes back, if that was requested and there is one.
    pub rollback: Option<RollbackState>,
    /// Whether an earlier deployment left the state before it.
    pub left_state: bool,
}

impl Session {
    /// A session over a reader's connection.
    pub fn new(reader: Reader) -> Self {
        let writer = Writer::new(reader.connection().clone());
        Session { reader, writer }
    }
}
