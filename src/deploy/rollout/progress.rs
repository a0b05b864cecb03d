//! Following a rollout: each look, and how it ended.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Serialize;

use crate::deploy::rollout::status::{BlockReason, RolloutStatus};
use crate::findings::Code;

/// One cause, with those of the asked nodes that it concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// Its stable code.
    pub code: Code,
    /// The fact, in one sentence.
    pub message: String,
    /// What is behind it.
    pub notes: Vec<String>,
    /// The last lines of a log, of one of the containers that crashed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<String>,
    /// The fix, in one sentence.
    pub fix: Option<String>,
    /// Whether waiting does not fix it on any of the nodes.
    #[serde(skip)]
    pub is_certain: bool,
    /// The nodes, by name.
    pub nodes: Vec<String>,
}

impl Cause {
    /// Returns the first cause that concerns the node.
    pub fn of_node<'a>(causes: &'a [Cause], node: &str) -> Option<&'a Cause> {
        causes.iter().find(|cause| cause.nodes.iter().any(|n| n == node))
    }
}

/// How following ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Every wanted node has a new pod that is available, but for those that are excused.
    Done,
    /// It cannot succeed: nodes and causes.
    Hopeless(Vec<(String, BlockReason)>),
    /// Containers restarted after every pod was available: nodes, each with what happened.
    Crashed(Vec<(String, String)>),
    /// Nothing changed for so long.
    NoProgress(Duration),
    /// The time is over.
    TimedOut(Duration),
    /// The DaemonSet was deleted.
    Deleted,
    /// Another client created a newer generation; the field manager, if known.
    Replaced(Option<String>),
}

/// One look, with what is new in it.
#[derive(Debug)]
pub struct ProgressUpdate<'a> {
    /// How it is now, or was when it could be seen last.
    pub look: &'a RolloutStatus,
    /// Why it cannot be seen now.
    pub out_of_reach: Option<&'a str>,
    /// How long it was followed so far.
    pub lasts: Duration,
    /// Nodes that the rollout does not wait for: NotReady before, or joined during the rollout.
    pub excused: &'a BTreeSet<String>,
    /// Wanted nodes that were Ready when following began, and are not now.
    pub went_down: &'a BTreeSet<String>,
    /// Wanted nodes that are new since following began.
    pub joined: &'a BTreeSet<String>,
    /// Wanted nodes that are gone since following began.
    pub left: &'a BTreeSet<String>,
    /// For how long every pod must stay available, while that is watched.
    pub holds: Option<Duration>,
    /// For how long the first hopeless cause lasts.
    pub hopeless_for: Option<Duration>,
    /// The doctor's findings for blocked nodes.
    pub reasons: &'a [Cause],
}

/// Where following ended.
#[derive(Debug)]
pub struct Outcome {
    /// How.
    pub end: End,
    /// The last look.
    pub look: RolloutStatus,
    /// Nodes that did not hold it.
    pub excused: BTreeSet<String>,
    /// What the doctor says of those that do.
    pub reasons: Vec<Cause>,
}

impl Outcome {
    /// Nodes that hold the rollout for a known cause.
    pub fn held_for_known_cause(&self) -> Vec<(&String, &BlockReason)> {
        let by_doctor = |node: &str| Cause::of_node(&self.reasons, node).is_some();
        let is_known = |node: &str, hold: &BlockReason| hold.is_terminal() || hold.needs_diagnosis() && by_doctor(node);
        self.look.waiting.iter().filter(|(node, hold)| is_known(node, hold)).collect()
    }
}
