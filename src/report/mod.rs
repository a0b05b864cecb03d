//! The report: complete data, before any rendering. Its JSON form is a contract, versioned by `apiVersion`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

pub mod codes;
mod fix;
mod location;
mod node;
mod note;
mod reading;

pub use crate::report::codes::Code;
pub use crate::report::fix::{Fix, Ignored, ManagedBy};
pub use crate::report::location::Location;
pub use crate::report::node::{LogReport, NodeIdentity, PodReport, ReasonReport};
pub use crate::report::note::{Note, NoteKind};
pub use crate::report::reading::{NodeChanges, NotChecked, Source};
pub use crate::severity::Severity;

/// The report's version.
pub const API_VERSION: &str = "kubectl-daemonset/v1";
/// The report's kind.
pub const KIND: &str = "DoctorReport";

/// What is wrong with the DaemonSets of a cluster, and why.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DoctorReport {
    /// `kubectl-daemonset/v1`.
    pub api_version: &'static str,
    /// `DoctorReport`.
    pub kind: &'static str,
    /// What was looked at.
    pub source: Source,
    /// Each DaemonSet, by namespace and name.
    pub daemon_sets: Vec<DaemonSetReport>,
    /// What was not looked at, or was assumed.
    pub not_checked: Vec<NotChecked>,
    /// What the reader of the input should know of it.
    pub notices: Vec<String>,
    /// Nodes that came and went lately.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_changes: Option<NodeChanges>,
    /// The counts.
    pub summary: Summary,
}

/// One DaemonSet.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DaemonSetReport {
    /// The namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Whether it is deployed, or only written.
    pub deployed: bool,
    /// Whether one node was asked about: then nothing is folded.
    #[serde(skip)]
    pub of_one_node: bool,
    /// On how many nodes the controller wants a pod.
    pub desired_number_scheduled: usize,
    /// On how many of these nodes a pod is ready; `null` for a document, and if nothing is known of the pods.
    pub number_ready: Option<usize>,
    /// On how many of these nodes the pod is of the newest revision; `null` as above, and if nothing tells revisions apart.
    pub updated_number_scheduled: Option<usize>,
    /// How many pods are known to be of an earlier revision.
    #[serde(skip)]
    pub outdated_pods: usize,
    /// How many nodes have each placement.
    pub placements: BTreeMap<&'static str, usize>,
    /// How many nodes have each state.
    pub states: BTreeMap<&'static str, usize>,
    /// The nodes, by name.
    pub nodes: Vec<NodeReport>,
    /// How many of the nodes asked about were judged.
    pub nodes_judged: usize,
    /// How many of the nodes asked about are unknown: neither their pods nor anything else says how they are.
    pub nodes_unknown: usize,
    /// How many of the nodes asked about must have a healthy pod (`--expect`) and have none.
    pub expectations_failed: usize,
    /// Nodes whose pods start within the grace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starting: Option<Starting>,
    /// How many of the nodes asked about are in another state than none and healthy.
    #[serde(skip)]
    pub nodes_lacking: usize,
    /// `false` where nodes could not be listed.
    pub nodes_complete: bool,
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
    /// Findings that `--ignore` or an annotation accepts.
    pub ignored: Vec<Ignored>,
}

/// The node that was asked about, in words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeFacts {
    /// The name.
    pub name: String,
    /// Its state, taints and version in one sentence.
    pub summary: String,
    /// More that matters: each a sentence.
    pub notes: Vec<String>,
}

/// Nodes that lack a ready pod within the grace, for causes that waiting can fix.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Starting {
    /// How many.
    pub node_count: usize,
    /// The age of the oldest of their pods, seconds.
    pub oldest_seconds: i64,
    /// The grace, seconds.
    pub grace_seconds: i64,
}

impl Starting {
    /// Counts one more node in, whose pod has that age.
    #[must_use]
    pub fn with(mut self, age: i64, grace: i64) -> Self {
        self.node_count += 1;
        self.oldest_seconds = self.oldest_seconds.max(age);
        self.grace_seconds = grace;
        self
    }
}

/// One node.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeReport {
    /// Its name.
    pub name: String,
    /// What becomes of a new pod there: `excluded`, `denied`, `gated`, `unknown`, `unschedulable`, `preempting`,
    /// `contended`, `rejected` (it is bound there, and the kubelet rejects it) or `placed`.
    pub placement: &'static str,
    /// What runs there now.
    pub state: State,
    /// The DaemonSet's pod there.
    pub pod: Option<PodReport>,
    /// Every reason, in the order of the stages.
    pub reasons: Vec<ReasonReport>,
    /// What the placement rests on besides its reasons.
    #[serde(skip_serializing_if = "PlacementEvidence::is_empty")]
    pub evidence: PlacementEvidence,
    /// Whether it is simply healthy or excluded.
    #[serde(skip)]
    pub is_plain: bool,
}

/// What a placement rests on besides its reasons: the victims of preemption, the numbers of contention.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlacementEvidence {
    /// The pods that the scheduler would evict, as `namespace/name`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub victims: Vec<String>,
    /// How many of the competing nodes get a pod, at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_pods: Option<u32>,
    /// How many of the competing nodes get a pod, at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_pods: Option<u32>,
    /// How many nodes compete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidates: Option<u32>,
}

impl PlacementEvidence {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == PlacementEvidence::default()
    }
}

/// What runs on a node now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Nothing, and nothing is deployed or wanted.
    None,
    /// A pod that is ready.
    Healthy,
    /// A pod that is not ready yet, and new.
    Starting,
    /// A pod that is not ready, or that ends again and again.
    Unhealthy,
    /// A pod that is not bound to the node.
    Pending,
    /// A pod that has ended.
    Failed,
    /// A pod that is being deleted.
    Terminating,
    /// A pod that the controller does not want and deletes.
    Misscheduled,
    /// A pod that would not be made again.
    Stranded,
    /// No pod, although one is wanted.
    Missing,
    /// The DaemonSet's pods were not looked at.
    Unknown,
}

impl State {
    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            State::None => "none",
            State::Healthy => "healthy",
            State::Starting => "starting",
            State::Unhealthy => "unhealthy",
            State::Pending => "pending",
            State::Failed => "failed",
            State::Terminating => "terminating",
            State::Misscheduled => "misscheduled",
            State::Stranded => "stranded",
            State::Missing => "missing",
            State::Unknown => "unknown",
        }
    }
}

/// Figures and names behind a sentence, by name.
pub type Evidence = Map<String, Value>;

/// A cause in words.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Explanation {
    /// The sentence, without a final period.
    pub message: String,
    /// What is behind it, if there is more to say.
    pub notes: Vec<Note>,
    /// The figures.
    pub evidence: Evidence,
}

impl Explanation {
    /// The sentence with its notes, for where there is one line only.
    pub fn line(&self) -> String {
        let mut line = self.message.clone();
        for note in &self.notes {
            line.push_str(&format!("; {note}"));
        }
        line
    }
}

/// One cause, with the nodes that it concerns.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// What it is.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// The fact, in one sentence.
    pub message: String,
    /// What is behind it: near misses, who holds what, what happens next.
    pub notes: Vec<Note>,
    /// How many nodes it concerns; 0 where it concerns the DaemonSet as a whole.
    pub node_count: usize,
    /// Those nodes, by name.
    pub nodes: Vec<String>,
    /// Labels that these nodes share and nodes with a pod lack.
    pub common: BTreeMap<String, String>,
    /// Facts other than labels that separate these nodes from all healthy ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shared_facts: Vec<SharedFact>,
    /// What it rests on.
    pub evidence: Map<String, Value>,
    /// The field of the document that causes it; absent for what is deployed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// The last lines of a log, of one of the pods, where they were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<LogReport>,
    /// A change that was tried on the facts.
    pub fix: Option<Fix>,
}

/// A fact that all failing nodes share and no healthy node has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SharedFact {
    /// Which fact.
    pub fact: FactKind,
    /// Its value on the failing nodes: a version, or the part of a version that they share; for ages the oldest in seconds.
    pub value: String,
    /// Its values on healthy nodes; the first three. For ages the youngest in seconds.
    pub healthy: Vec<String>,
}

/// A fact about a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FactKind {
    /// `status.nodeInfo.kernelVersion`.
    KernelVersion,
    /// `status.nodeInfo.osImage`.
    OsImage,
    /// `status.nodeInfo.containerRuntimeVersion`.
    ContainerRuntimeVersion,
    /// `status.nodeInfo.kubeletVersion`.
    KubeletVersion,
    /// `status.nodeInfo.architecture`.
    Architecture,
    /// The node joined after every healthy node.
    Younger,
    /// The node joined before every healthy node.
    Older,
}

/// The counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// DaemonSets.
    pub daemon_sets: usize,
    /// Nodes of the cluster.
    pub nodes: usize,
    /// Findings of severity error.
    pub errors: usize,
    /// Findings of severity warning.
    pub warnings: usize,
    /// Findings of severity info.
    pub infos: usize,
    /// Findings that were accepted.
    pub ignored: usize,
    /// Pairs of a DaemonSet and a node asked about that is unknown.
    pub unknown: usize,
    /// Pairs of a DaemonSet and a node asked about that must have a healthy pod (`--expect`) and has none.
    pub expectations_failed: usize,
    /// Pairs of a DaemonSet and a node asked about whose pod starts within the grace.
    pub starting: usize,
    /// Pairs of a DaemonSet and a node asked about that was judged.
    #[serde(skip)]
    pub judged: usize,
}

impl Summary {
    /// Counts one DaemonSet in.
    pub fn count(&mut self, report: &DaemonSetReport) {
        self.daemon_sets += 1;
        self.ignored += report.ignored.len();
        self.unknown += report.nodes_unknown;
        self.judged += report.nodes_judged;
        self.expectations_failed += report.expectations_failed;
        self.starting += report.starting.as_ref().map_or(0, |starting| starting.node_count);
        for finding in &report.findings {
            match finding.severity {
                Severity::Error => self.errors += 1,
                Severity::Warning => self.warnings += 1,
                Severity::Info => self.infos += 1,
            }
        }
    }
}
