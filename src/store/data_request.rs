//! What a diagnosis asks of a cluster that is not read whole.

use std::collections::HashSet;

use crate::model::Symbol;
use crate::model::container_log::LogKey;
use crate::model::daemonset::DaemonSet;
use crate::model::labels::Selector;
use crate::model::wire::Kind;
use crate::store::pod_aggregation::RetainFilter;

/// With more nodes than this the pods of all are read in pages: a server may look through them all for each node.
pub const MOST_NODES: usize = 64;

/// One thing that a verdict rests on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum DataRequest {
    /// All objects of a kind; those of one namespace, where one is named.
    List(Kind, Option<Symbol>),
    /// One object, by namespace and name.
    Get(Kind, Option<Symbol>, Symbol),
    /// The objects of a kind in a namespace that a DaemonSet's selector matches: its pods, its revisions.
    Selected(Kind, Symbol, Selector),
    /// The pods of one node.
    PodsOn(Symbol),
    /// Pods that wait for a node which preemption is freeing for them.
    Nominated,
    /// The pods of every node.
    Pods,
    /// Events of a namespace about one object, by kind and name.
    Events(Symbol, Symbol, Box<str>),
    /// Events about nodes that left.
    NodesLeft,
    /// Events of a namespace about pods whose names a DaemonSet of this name gives.
    PodEvents(Symbol, Symbol),
}

impl DataRequest {
    /// Events about a DaemonSet.
    pub fn of_daemon_set(daemon_set: &DaemonSet) -> Self {
        DataRequest::Events(daemon_set.namespace, "DaemonSet".into(), daemon_set.name.as_str().into())
    }
}

/// Questions, and what they are asked for.
#[derive(Debug, Clone, Default)]
pub struct DataRequests {
    /// What is not known yet.
    pub open: HashSet<DataRequest>,
    /// Which pods must be known one by one where every node's are read.
    pub keep: RetainFilter,
    /// Logs of failing containers. A source reads them by rank, the lowest first, up to a bound of its own.
    pub logs: Vec<LogRequest>,
}

/// A log that may say why a container fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRequest {
    /// 0 for the first log of each DaemonSet, 1 for the second, and so on: each DaemonSet gets its share.
    pub rank: usize,
    /// Which log.
    pub key: LogKey,
}

impl DataRequests {
    /// Adds one question.
    pub fn ask(&mut self, question: DataRequest) {
        self.open.insert(question);
    }

    /// Adds those of another.
    pub fn add(&mut self, other: DataRequests) {
        self.open.extend(other.open);
        self.keep.add(other.keep);
        self.logs.extend(other.logs);
    }
}
