//! The stages of a deployment that talk to the server, in their order.
//!
//! * `permissions`: which permissions a deployment needs and which are missing.
//! * `prepare`: reads what is there and asks the server what it would store; makes the plan.
//! * `revisions`: the ControllerRevisions that a prediction and a prune must know.
//! * `predict`: reads the cluster, predicts the rollout and dry-runs one pod.
//! * `apply`: writes the objects.
//! * `prune`: finds and deletes the members that are no longer in the documents.
//! * `roll_back`: restores the DaemonSet of before.

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
}

/// A way to a cluster, to read and to write.
#[derive(Clone)]
pub struct Session {
    /// Reads facts.
    pub reader: Reader,
    /// Writes objects.
    pub writer: Writer,
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
}

impl Session {
    /// A session over a reader's connection.
    pub fn new(reader: Reader) -> Self {
        let writer = Writer::new(reader.connection().clone());
        Session { reader, writer }
    }
}
