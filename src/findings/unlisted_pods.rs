//! Findings from the status and events of a DaemonSet whose pods could not be listed.

use crate::findings::cause::{Cause, StatusNotReady};
use crate::findings::finding_draft::FindingDraft;
use crate::findings::index::Index;
use crate::findings::node_findings::failed_create;
use crate::findings::node_status::NodeStatus;
use crate::findings::{Settings, Subject};
use crate::model::wire::Kind;
use crate::report::{Severity, State};
use crate::store::{Cluster, NodeIndex};

/// Why pods that could not be listed are not ready, as the newest FailedCreate event and the status say.
///
/// A status that counts some pods does not say on which nodes they are: the finding then names no node.
pub fn not_ready(
    cluster: &Cluster,
    index: &Index,
    asked: &Subject,
    statuses: &[NodeStatus],
    settings: &Settings,
) -> Option<FindingDraft> {
    let daemon_set = &asked.daemon_set;
    if asked.written.is_some() {
        return None;
    }
    let is_asked = |node: &usize| settings.node.is_none_or(|asked| asked == cluster.nodes[*node].name);
    let unknown = (0..statuses.len()).filter(|node| statuses[*node].state == State::Unknown).filter(is_asked);
    let unknown: Vec<NodeIndex> = unknown.map(|node| node as NodeIndex).collect();
    let are_nodes_listed = cluster.coverage(Kind::Node).is_whole();
    if unknown.is_empty() && are_nodes_listed {
        return None;
    }
    let is_new = daemon_set.created.is_some_and(|at| settings.now.saturating_sub(at) < settings.grace);
    let status = daemon_set.status.as_ref().filter(|status| status.desired > 0);
    // Without a count of pods the event applies to all nodes.
    let none_created = status.is_none_or(|status| status.current == 0);
    let all_created = status.is_some_and(|status| status.current >= status.desired);
    if !none_created && settings.node.is_some() {
        return None;
    }
    // The status may be older than the event: where it counts every pod, the event counts until a pod was created.
    let denied = failed_create(cluster, index, daemon_set, all_created);
    if let Some(denied) = denied.filter(|denied| denied.lasting || !is_new) {
        let nodes = if none_created { unknown } else { Vec::new() };
        return Some(FindingDraft::of(denied.cause, Severity::Error).on(nodes));
    }
    // Pods that are listed say more than the status counts.
    let listed = statuses.iter().filter(|status| status.pod.is_some()).count();
    let is_explained = |desired: i64| !are_nodes_listed && listed as i64 >= desired;
    let status = status.filter(|status| status.ready < status.desired && !is_new && !is_explained(status.desired))?;
    let severity = if status.ready == 0 { Severity::Error } else { Severity::Warning };
    let cause = StatusNotReady { desired: status.desired, created: status.current, ready: status.ready, listed };
    let nodes = if none_created { unknown } else { Vec::new() };
    Some(FindingDraft::of(Cause::StatusNotReady(cause), severity).on(nodes))
}
