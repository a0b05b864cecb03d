//! Prefetch: requests that a diagnosis is certain to need, issued while nodes are still loading.

use crate::model::DaemonSet;
use crate::rules::Prefetch;
use crate::store::{Cluster, DataRequest, DataRequests};

/// Returns the requests for deployed DaemonSets that do not depend on the nodes. `cluster` is what was read so far; with
/// `all` the pods of every node are needed anyway.
pub fn ahead<'a>(cluster: &Cluster, daemon_sets: impl IntoIterator<Item = &'a DaemonSet>, all: bool) -> DataRequests {
    let mut questions = DataRequests::default();
    for daemon_set in daemon_sets {
        let Prefetch { keep, is_sure, lacks } = Prefetch::of(cluster, daemon_set);
        questions.keep.add(keep);
        if is_sure {
            questions.ask(DataRequest::Pods);
        }
        // The state of the DaemonSet needs its own pods.
        if is_sure && lacks && !all {
            questions.ask(DataRequest::NodesLeft);
            questions.ask(DataRequest::of_daemon_set(daemon_set));
        }
    }
    if all {
        questions.ask(DataRequest::Pods);
    }
    questions
}
