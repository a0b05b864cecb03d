//! Findings about a DaemonSet as a whole: no eligible node, a quota, pods that it would adopt.

use crate::findings::amount::amount;
use crate::findings::cause::{Adoption, Cause, NoNodeEligible, Overlap, QuotaAdmits, StatusDiffers};
use crate::findings::finding_draft::FindingDraft;
use crate::findings::index::Index;
use crate::findings::node_status::NodeStatus;
use crate::findings::{Settings, Subject, unlisted_pods};
use crate::model::labels::Operator;
use crate::model::wire::Kind;
use crate::model::{DaemonSet, Labels, Pod, Selector};
use crate::report::Severity;
use crate::rules;
use crate::rules::admission::{Admission, QuotaAdmits as QuotaAdmitted, ShortOf};
use crate::rules::rollout::may_stay;
use crate::rules::{Evaluation, Exclusion, Placement, Verdict};
use crate::store::Cluster;

/// Everything that is to be said of the DaemonSet rather than of its nodes; `near_miss` if a label or a toleration
/// misses a node by little.
pub fn findings(
    (cluster, index): (&Cluster, &Index),
    asked: &Subject,
    admission: &Admission,
    verdicts: &[Verdict],
    statuses: &[NodeStatus],
    settings: &Settings,
    near_miss: bool,
) -> Vec<FindingDraft> {
    let mut found = Vec::new();
    let desired = Evaluation::desired(verdicts);
    let severity_of_none = match asked.written {
        Some(_) if !settings.allow_zero => Severity::Error,
        _ if near_miss => Severity::Warning,
        _ => Severity::Info,
    };
    let are_nodes_listed = cluster.coverage(Kind::Node).is_whole() || asked.written.is_some();
    if desired == 0 && are_nodes_listed {
        found.push(nothing_wanted(verdicts, severity_of_none));
    }
    if let Some(quota) = admission.quota {
        let wanted = verdicts.iter().filter(|v| v.placement != Placement::Excluded).count() as u64;
        if quota.admits < wanted {
            let ShortOf { resource, asked, used, hard, of_claims } = quota.short;
            let [asked, used, hard] = [asked, used, hard].map(|quantity| amount(resource, quantity));
            let QuotaAdmitted { quota, admits, .. } = quota;
            let cause = QuotaAdmits { quota, admits, of: wanted, resource, asked, used, hard, of_claims };
            found.push(FindingDraft::of(Cause::QuotaAdmits(cause), Severity::Error));
        }
    }
    found.extend(unlisted_pods::not_ready(cluster, index, asked, statuses, settings));
    if settings.node.is_none() {
        if are_nodes_listed {
            found.extend(status_differs(cluster, asked, verdicts, statuses));
        }
        found.extend(adopts(cluster, index, asked, verdicts));
        found.extend(overlaps(cluster, asked));
    }
    found
}

/// Finds why no node is eligible.
fn nothing_wanted(verdicts: &[Verdict], severity: Severity) -> FindingDraft {
    let by_taint = |v: &Verdict| {
        let mut exclusions = v.reasons.iter().filter_map(|r| match &r.cause {
            rules::Cause::Exclusion(exclusion) => Some(exclusion),
            _ => None,
        });
        exclusions.all(|exclusion| matches!(exclusion, Exclusion::Taint { .. }))
    };
    let tainted = verdicts.iter().filter(|v| by_taint(v)).count();
    FindingDraft::of(Cause::NoNodeEligible(NoNodeEligible { nodes: verdicts.len(), tainted }), severity)
}

/// The controller counts other nodes than the rules do.
///
/// It counts when it has something to do. A taint that came while the pod runs gives it nothing to do
/// (`syncNodeUpdate`), so that the node stays in the status until something else happens.
fn status_differs(
    cluster: &Cluster,
    asked: &Subject,
    verdicts: &[Verdict],
    statuses: &[NodeStatus],
) -> Option<FindingDraft> {
    let desired = Evaluation::desired(verdicts);
    let daemon_set = &asked.daemon_set;
    let status = daemon_set.status.as_ref().filter(|_| asked.written.is_none())?;
    let settled = status.observed_generation == daemon_set.generation && cluster.coverage(Kind::Node).is_whole();
    if !settled || status.desired == desired as i64 {
        return None;
    }
    let kept = verdicts.iter().zip(statuses).filter(|(verdict, status)| {
        verdict.placement == Placement::Excluded && status.pod.is_some() && may_stay(verdict)
    });
    let over = status.desired - desired as i64;
    let behind = over > 0 && over <= kept.count() as i64;
    let severity = if behind { Severity::Info } else { Severity::Warning };
    let cause = StatusDiffers { status: status.desired, rules: desired, is_behind: behind };
    Some(FindingDraft::of(Cause::StatusDiffers(cause), severity))
}

/// Finds pods without a controller that the selector matches.
fn adopts(cluster: &Cluster, index: &Index, asked: &Subject, verdicts: &[Verdict]) -> Option<FindingDraft> {
    let daemon_set = &asked.daemon_set;
    if daemon_set.selector.is_empty() {
        return None;
    }
    let orphans = asked.adopts.map_or(&index.orphans[..], |owner| cluster.owned_by(owner));
    let matching = orphans.iter().map(|pod| cluster.pod(*pod)).filter(|pod| {
        pod.namespace == daemon_set.namespace && !pod.terminating && daemon_set.selector.matches(&pod.shape.labels)
    });
    let matching: Vec<&Pod> = matching.collect();
    if matching.is_empty() {
        return None;
    }
    let is_wanted = |pod: &Pod| {
        let node = pod.node_or_target().and_then(|name| cluster.node(name));
        node.is_some_and(|node| verdicts[node as usize].placement != Placement::Excluded) && !pod.phase.has_ended()
    };
    let is_of_first = |pod: &&&Pod| pod.is_of_generation(daemon_set.first_generation());
    let staying = match asked.deployed {
        None => matching.iter().filter(is_of_first).filter(|pod| is_wanted(pod)).count(),
        Some(_) => 0,
    };
    let pods = matching.iter().take(MAX_PODS).map(|pod| format!("{}/{}", pod.namespace, pod.name)).collect();
    let cause = Adoption { pods, count: matching.len(), staying };
    Some(FindingDraft::of(Cause::Adoption(cause), Severity::Warning))
}

/// How many adopted pods the evidence names.
const MAX_PODS: usize = 50;

/// Another workload of the namespace that selects the same pods.
fn overlaps(cluster: &Cluster, asked: &Subject) -> Option<FindingDraft> {
    /// More are not told of, and not looked for.
    const MOST: usize = 21;
    let own = &asked.daemon_set;
    let mut others: Vec<String> = Vec::new();
    for other in &cluster.workloads {
        if others.len() >= MOST {
            break;
        }
        // A Deployment's ReplicaSets say the same again.
        let counts = other.namespace == own.namespace && other.kind.as_str() != "ReplicaSet";
        if counts && overlap(own, &other.selector, &wanted(&other.selector)) {
            others.push(format!("{} {}", other.kind, other.name));
        }
    }
    for other in &cluster.daemon_sets {
        if others.len() >= MOST {
            break;
        }
        if other.namespace == own.namespace
            && other.name != own.name
            && overlap(own, &other.selector, &other.template.labels)
        {
            others.push(format!("DaemonSet {}", other.name));
        }
    }
    others.sort_unstable();
    if others.is_empty() {
        return None;
    }
    let has_more = others.len() >= MOST;
    others.truncate(MOST - 1);
    Some(FindingDraft::of(Cause::Overlap(Overlap { workloads: others, has_more }), Severity::Warning))
}

fn overlap(own: &DaemonSet, selector: &Selector, labels: &Labels) -> bool {
    let theirs = !selector.is_empty() && selector.matches(&own.template.labels);
    theirs || (!own.selector.is_empty() && !labels.is_empty() && own.selector.matches(labels))
}

/// The labels that a selector asks for by just one value.
fn wanted(selector: &Selector) -> Labels {
    let one = selector.requirements.iter().filter_map(|r| match &r.operator {
        Operator::In(values) if values.len() == 1 => Some((r.key, values[0])),
        _ => None,
    });
    one.collect()
}
