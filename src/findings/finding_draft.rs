//! A finding before fixes are looked for, nodes are named and words are found.

use crate::findings::cause::{Cause, CrashField};
use crate::findings::causing_field;
use crate::findings::codes::Code;
use crate::findings::container_logs::WantedLog;
use crate::findings::group::Key;
use crate::findings::near_miss::NearMiss;
use crate::manifest::FieldPath;
use crate::report::{Explanation, Note, Severity};
use crate::store::NodeIndex;

/// A finding before fixes are looked for and nodes are named.
#[derive(Debug, Clone)]
pub struct FindingDraft {
    /// What it is.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// The sentence, its notes and its evidence; `None` until the cause is worded.
    pub told: Option<Explanation>,
    /// What was found, unless the rules say it.
    pub cause: Option<Cause>,
    /// The nodes; none where it is about the DaemonSet as a whole.
    pub nodes: Vec<NodeIndex>,
    /// The group that it was made from.
    pub key: Option<Key>,
    /// Labels and tolerations that nearly match, with the nodes.
    pub near_misses: Vec<(NearMiss, Vec<NodeIndex>)>,
    /// A log that says more; its place among the findings is not known yet.
    pub log: Option<WantedLog>,
    /// What to run next, for a finding without a fix.
    pub next: Option<Note>,
    /// The fields of the DaemonSet that cause it, the likeliest first; none where the DaemonSet as a whole is meant.
    pub fields: Vec<FieldPath>,
}

impl FindingDraft {
    /// A finding that no group of nodes stands behind.
    pub fn of(cause: Cause, severity: Severity) -> Self {
        let fields = causing_field::of(cause.code(), None, Some(&cause));
        FindingDraft {
            code: cause.code(),
            severity,
            told: None,
            cause: Some(cause),
            nodes: Vec::new(),
            key: None,
            near_misses: Vec::new(),
            log: None,
            next: None,
            fields,
        }
    }

    /// Whether another container of the pod, which has a finding of its own, is behind it.
    pub fn is_consequence(&self) -> bool {
        let likely = self.cause.as_ref().and_then(Cause::likely_cause);
        likely.is_some_and(|likely| matches!(likely.field, CrashField::SocketOfContainer { .. }))
    }

    /// Says which nodes it concerns.
    pub fn on(mut self, nodes: Vec<NodeIndex>) -> Self {
        self.nodes = nodes;
        self
    }
}
