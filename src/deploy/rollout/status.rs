//! How far a rollout is, and what holds it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::findings::Code;
use crate::model::daemonset::DaemonSetStatus;

/// A rollout at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RolloutStatus {
    /// Whether the controller has seen the newest generation.
    pub observed: bool,
    /// Whether the strategy is OnDelete.
    pub on_delete: bool,
    /// What the controller counts.
    pub status: DaemonSetStatus,
    /// Eligible nodes without an available new pod, with the reason.
    pub waiting: BTreeMap<String, BlockReason>,
    /// Pods of old templates, as `node: pod`.
    pub old: BTreeMap<String, String>,
    /// Wanted nodes that are NotReady: what is missing there is the node's fault.
    pub not_ready: BTreeSet<String>,
    /// Nodes that do not answer, wanted or with a pod, without an available pod: each uses up one of what the strategy
    /// allows.
    pub silent: BTreeSet<String>,
    /// How many nodes the strategy allows to be without an available pod; nothing with surge or OnDelete.
    pub bound: Option<i64>,
    /// All eligible nodes.
    pub wanted: BTreeSet<String>,
    /// Nodes may not be listed: only those that have a pod are known, and the controller's counts decide.
    pub nodes_unseen: bool,
    /// Eligible nodes with a new pod, and with an available pod, by the pods that were seen.
    pub seen: (i64, i64),
    /// `minReadySeconds` of the DaemonSet.
    pub min_ready_seconds: i64,
    /// New pods whose containers were restarted, by name.
    pub restarts: BTreeMap<String, PodRestarts>,
    /// When the last of the new pods became ready, seconds since 1970; the maximum if a pod does not say.
    pub newest_ready: Option<i64>,
}

/// The restarts of a pod's containers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodRestarts {
    /// The node.
    pub node: String,
    /// How often its containers were restarted, in total.
    pub restarts: u32,
    /// The container that ended last.
    pub container: String,
    /// Its exit code, if known.
    pub exit_code: Option<i32>,
}

impl PodRestarts {
    /// Returns what happened last, in one sentence.
    pub fn sentence(&self) -> String {
        match self.exit_code {
            Some(code) => format!("container {} exited with code {code} and was restarted", self.container),
            None => format!("container {} was restarted", self.container),
        }
    }
}

/// Why a node has no available new pod.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum BlockReason {
    /// The old pod still runs and will be replaced.
    Old,
    /// The old pod is not replaced, because these nodes use up maxUnavailable.
    Blocked(Vec<String>, i64),
    /// There is no pod yet.
    NoPod,
    /// The pod could not be created, in the server's words.
    Refused(String),
    /// The pod is unschedulable; the message of the scheduler.
    Unschedulable(String),
    /// The scheduler waits for evicted pods to terminate.
    Preempting,
    /// The pod or a container of it failed.
    Pod(PodTrouble),
    /// The pod is being started.
    Starting,
    /// It runs and is not ready.
    NotReady,
    /// It is ready, not yet for long enough.
    Settling,
    /// The old pod is being deleted, and does not go.
    Terminating,
}

/// What is wrong with a pod, as `doctor` reports it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PodTrouble {
    /// The finding's code.
    pub code: Code,
    /// The kubelet's reason (`ImagePullBackOff`).
    pub word: String,
    /// The finding's sentence.
    pub message: String,
}

impl BlockReason {
    /// Whether the node cannot recover without a change.
    pub fn is_terminal(&self) -> bool {
        matches!(
            self,
            BlockReason::Blocked(..) | BlockReason::Refused(_) | BlockReason::Unschedulable(_) | BlockReason::Pod(_)
        )
    }

    /// Whether all of the reasons, with their figures, are the doctor's to tell; the others say all there is.
    pub fn needs_diagnosis(&self) -> bool {
        matches!(
            self,
            BlockReason::Refused(_)
                | BlockReason::Unschedulable(_)
                | BlockReason::NoPod
                | BlockReason::NotReady
                | BlockReason::Terminating
                | BlockReason::Starting
        )
    }

    /// Whether the doctor knows more than the reason says: all of the figures, or the log of a container that crashed.
    pub fn gains_by_diagnosis(&self) -> bool {
        self.needs_diagnosis() || matches!(self, BlockReason::Pod(_))
    }

    /// Whether a pod is on its way, as far as the pod itself says.
    pub fn is_on_its_way(&self) -> bool {
        matches!(self, BlockReason::NoPod | BlockReason::Starting | BlockReason::NotReady)
    }

    /// Returns the reason in a word or two, to group nodes by.
    pub fn word(&self) -> &str {
        match self {
            BlockReason::Old => "old pod",
            BlockReason::Blocked(..) => "old pod, blocked",
            BlockReason::NoPod => "no pod yet",
            BlockReason::Refused(_) => "creation refused",
            BlockReason::Unschedulable(_) => "unschedulable",
            BlockReason::Preempting => "waiting for evictions",
            BlockReason::Pod(trouble) => &trouble.word,
            BlockReason::Starting => "starting",
            BlockReason::NotReady => "not ready",
            BlockReason::Settling => "ready, not yet available",
            BlockReason::Terminating => "old pod terminating",
        }
    }

    /// Returns the reason with a number of nodes.
    pub fn counted(&self, nodes: usize) -> String {
        match self {
            BlockReason::Old if nodes != 1 => format!("{nodes} old pods"),
            BlockReason::Blocked(..) if nodes != 1 => format!("{nodes} old pods, blocked"),
            BlockReason::Terminating if nodes != 1 => format!("{nodes} old pods terminating"),
            other => format!("{nodes} {}", other.word()),
        }
    }

    /// Returns the reason in a sentence.
    pub fn sentence(&self) -> String {
        let with = |word: &str, message: &str| match message {
            "" => word.to_owned(),
            message => format!("{word}: {message}"),
        };
        match self {
            BlockReason::Blocked(nodes, allowed) => {
                let (names, more) = (nodes.iter().take(4).map(String::as_str).collect::<Vec<_>>(), nodes.len() > 4);
                let (who, etc) = (names.join(", "), if more { ", ..." } else { "" });
                let (what, verb) = if nodes.len() == 1 { ("node", "uses") } else { ("nodes", "use") };
                format!("old pod not replaced: unreachable {what} {who}{etc} {verb} up maxUnavailable ({allowed})")
            }
            BlockReason::Refused(message) => with("cannot create the pod", message),
            BlockReason::Unschedulable(message) => with("unschedulable", message),
            BlockReason::Pod(trouble) => format!("{} ({})", trouble.message, trouble.code),
            other => other.word().to_owned(),
        }
    }
}

impl RolloutStatus {
    /// Nodes that must still get their pod, but for those that are excused.
    pub fn held<'a>(&'a self, excused: &'a BTreeSet<String>) -> impl Iterator<Item = (&'a str, Cow<'a, BlockReason>)> {
        let blocked = self.blocked(excused);
        let held = self.waiting.iter().filter(move |(node, _)| !excused.contains(*node));
        held.map(move |(node, hold)| match (&blocked, hold) {
            (Some(blocked), BlockReason::Old) => (node.as_str(), Cow::Owned(blocked.clone())),
            _ => (node.as_str(), Cow::Borrowed(hold)),
        })
    }

    /// Whether excused nodes use up how many may be without an available pod, so that no other has its turn.
    fn blocked(&self, excused: &BTreeSet<String>) -> Option<BlockReason> {
        let allowed = self.bound?;
        let silent: Vec<String> = self.silent.intersection(excused).cloned().collect();
        (silent.len() as i64 >= allowed).then_some(BlockReason::Blocked(silent, allowed))
    }

    /// Returns how many nodes have a new pod, an available pod, and should have one. All are of the moment of the look:
    /// the controller counts later than pods change. Its counts decide only where nodes are not seen.
    pub fn counts(&self) -> (i64, i64, i64) {
        match self.nodes_unseen || self.wanted.is_empty() {
            true => (self.status.updated, self.status.available, self.status.desired),
            false => (self.seen.0, self.seen.1, self.wanted.len() as i64),
        }
    }

    /// Whether the rollout is done.
    pub fn is_done(&self, excused: &BTreeSet<String>) -> bool {
        if !self.observed {
            return false;
        }
        if self.on_delete {
            // The old pods stay until somebody deletes them; only nodes without any wait.
            return self.held(excused).all(|(_, hold)| *hold == BlockReason::Old);
        }
        let excused_now = self.waiting.keys().filter(|node| excused.contains(*node)).count() as i64;
        let reached = |count: i64| count + excused_now >= self.status.desired;
        self.held(excused).next().is_none() && reached(self.status.updated) && reached(self.status.available)
    }

    /// Returns the nodes that cannot recover without a change, with the reason.
    pub fn hopeless(&self, excused: &BTreeSet<String>) -> Vec<(String, BlockReason)> {
        let hopeless = self.held(excused).filter(|(_, hold)| hold.is_terminal());
        hopeless.map(|(node, hold)| (node.to_owned(), hold.into_owned())).collect()
    }

    /// Returns the nodes grouped by reason, the largest group first, each with its count (`2 old pods`).
    pub fn by_hold(&self) -> Vec<(String, Vec<&str>)> {
        let mut groups: BTreeMap<&str, (&BlockReason, Vec<&str>)> = BTreeMap::new();
        for (node, hold) in &self.waiting {
            groups.entry(hold.word()).or_insert_with(|| (hold, Vec::new())).1.push(node);
        }
        let mut groups: Vec<_> = groups.into_values().collect();
        groups.sort_by_key(|(_, nodes)| std::cmp::Reverse(nodes.len()));
        groups.into_iter().map(|(hold, nodes)| (hold.counted(nodes.len()), nodes)).collect()
    }
}
