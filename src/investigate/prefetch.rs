//! What a diagnosis is sure to ask, before the nodes that it is about are there: so that it is read beside them, and not
//! after them.

use crate::model::DaemonSet;
use crate::rules::Prefetch;
use crate::store::{Cluster, DataRequest, DataRequests};

/// What is asked of deployed DaemonSets whatever the nodes are. `cluster` is what was read so far; with `all` the pods of
/// every node are wanted anyway.
pub fn ahead<'a>(cluster: &Cluster, daemon_sets: impl IntoIterator<Item = &'a DaemonSet>, all: bool) -> DataRequests {
    let mut questions = DataRequests::default();
    for daemon_set in daemon_sets {
        let Prefetch { keep, is_sure, lacks } = Prefetch::of(cluster, daemon_set);
        questions.keep.add(keep);
        if is_sure {
            questions.ask(DataRequest::Pods);
        }
        // Without its own pods nobody knows how it fares.
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
