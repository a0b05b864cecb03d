//! Whether every pod of the newest revision fails while pods of an earlier one are ready, and what the newest one changed.

use crate::findings::cause::{Cause, DaemonSetName, NewRevision};
use crate::findings::node_status::NodeStatus;
use crate::findings::pod_health::PodIssue;
use crate::findings::policy::Settings;
use crate::findings::template_changes::{MAX_CHANGES, of_templates};
use crate::model::daemonset::Revision;
use crate::model::{DaemonSet, Pod};
use crate::rules::rollout::{PodAge, TemplateMark};
use crate::store::{Cluster, NodeIndex};

/// What the newest revision changed, and the nodes whose pods of it fail. `None` unless every pod of the newest revision
/// fails, beyond its grace, and at least one pod of an earlier revision is ready and none fails.
pub fn find(
    cluster: &Cluster,
    daemon_set: &DaemonSet,
    statuses: &[NodeStatus],
    settings: &Settings,
) -> Option<(NewRevision, Vec<NodeIndex>)> {
    let newest = cluster.revisions.get(&daemon_set.uid?)?;
    let mark = TemplateMark::deployed(cluster, daemon_set);
    let is_new = |pod: &Pod| mark.revision_age(pod) == PodAge::New;
    let mut failing: Vec<(NodeIndex, &Pod)> = Vec::new();
    let mut ready: Vec<&Pod> = Vec::new();
    for (at, (node, status)) in cluster.nodes.iter().zip(statuses).enumerate() {
        // What runs on a node that is not ready says nothing about the template.
        if !node.is_ready() && node.conditions.ready.is_some() {
            continue;
        }
        for pod in [status.pod, status.beside].into_iter().flatten().map(|pod| cluster.pod(pod)) {
            let health = health(pod, status, settings);
            match (is_new(pod), health) {
                (true, Health::Fails) => failing.push((at as NodeIndex, pod)),
                (false, Health::Ready) => ready.push(pod),
                (_, Health::Leaves) => {}
                // A new pod that is well, or one that may become so, or an old one that fails: the change is not all.
                (true, _) | (false, Health::Fails) => return None,
                (false, Health::Open) => {}
            }
        }
    }
    if failing.is_empty() || ready.is_empty() {
        return None;
    }
    let older = revision_of_most(cluster, daemon_set, &ready);
    let compared = older.and_then(|older| of_templates(older.template.get()?, newest.template.get()?));
    let is_partial = compared.is_some() && cluster.is_reduced;
    let changes = compared.unwrap_or_default();
    // A revision that was rolled back to has a new number and its old time of creation.
    let is_newest = older.is_none_or(|older| newest.created > older.created);
    let since = if is_newest { newest.created } else { failing.iter().filter_map(|(_, pod)| pod.created).min() };
    let found = NewRevision {
        revision: newest.number,
        older_revision: older.map(|older| older.number),
        failing: failing.len(),
        ready: ready.len(),
        age_seconds: since.map(|at| settings.now.saturating_sub(at).max(0)),
        changed_by: daemon_set.template_manager.as_deref().map(str::to_owned),
        change_count: changes.len(),
        is_partial,
        manager: daemon_set.manager,
        changes: changes.into_iter().take(MAX_CHANGES).collect(),
        of: DaemonSetName { namespace: daemon_set.namespace.to_string(), name: daemon_set.name.to_string() },
    };
    let mut nodes: Vec<NodeIndex> = failing.into_iter().map(|(node, _)| node).collect();
    nodes.dedup();
    Some((found, nodes))
}

/// How a pod on a ready node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Health {
    /// Ready, and nothing is wrong with it.
    Ready,
    /// Something is wrong with it that its template may cause.
    Fails,
    /// It is being deleted.
    Leaves,
    /// Neither is known: it starts, or another thing than its template keeps it.
    Open,
}

fn health(pod: &Pod, status: &NodeStatus, settings: &Settings) -> Health {
    let is_beside = status.issues.iter().any(|issue| issue.pod.as_deref() == Some(&*pod.name));
    let own = |issue: &&PodIssue| issue.pod.as_deref() == is_beside.then_some(&*pod.name);
    let mut causes = status.issues.iter().filter(own).filter(|issue| may_be_of_template(&issue.cause));
    let is_young = pod.created.is_some_and(|at| settings.now.saturating_sub(at) < settings.grace);
    match causes.next() {
        _ if pod.terminating => Health::Leaves,
        Some(issue) if issue.lasting || !is_young => Health::Fails,
        Some(_) => Health::Open,
        None if pod.ready => Health::Ready,
        // The scheduler says why it waits.
        None if pod.node.is_none() && !is_young => Health::Fails,
        None => Health::Open,
    }
}

fn may_be_of_template(cause: &Cause) -> bool {
    !matches!(
        cause,
        Cause::NodeNotReady(_)
            | Cause::VirtualNode(_)
            | Cause::EvictedAgain(_)
            | Cause::PodsLost(_)
            | Cause::PodsRecreated(_)
            | Cause::ExpectedPod(_)
            | Cause::SchedulerDisagrees(_)
    )
}

/// The stored revision that most of the pods are of.
fn revision_of_most<'c>(cluster: &'c Cluster, daemon_set: &DaemonSet, pods: &[&Pod]) -> Option<&'c Revision> {
    let older = cluster.older_revisions.get(&daemon_set.uid?)?;
    let pods_of = |revision: &&Revision| pods.iter().filter(|pod| pod.revision() == revision.hash).count();
    older
        .iter()
        .filter(|revision| revision.hash.is_some())
        .filter(|r| pods_of(r) > 0)
        .max_by_key(|r| (pods_of(r), r.number))
}
