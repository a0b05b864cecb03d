//! Findings about a DaemonSet as a whole: nothing wanted anywhere, a quota, pods that it would take over.

use serde_json::{Value, json};

use crate::explain::units::{count, some};
use crate::explain::{Evidence, Explanation, full_name};
use crate::findings::codes::Code;
use crate::findings::container_logs::WantedLog;
use crate::findings::group::Key;
use crate::findings::index::Index;
use crate::findings::near_miss::NearMiss;
use crate::findings::node_status::{NodeStatus, may_stay};
use crate::findings::{Settings, Subject, unlisted_pods};
use crate::model::labels::Operator;
use crate::model::wire::Kind;
use crate::model::{DaemonSet, Labels, Pod, Selector};
use crate::report::{Note, Severity};
use crate::rules::admission::Admission;
use crate::rules::{Cause, Evaluation, Exclusion, Placement, Verdict};
use crate::store::{Cluster, NodeIndex};

/// A finding before fixes are looked for and nodes are named.
#[derive(Debug, Clone)]
pub struct FindingDraft {
    /// What it is.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// The sentence, its notes and its evidence.
    pub told: Explanation,
    /// The nodes; none where it is about the DaemonSet as a whole.
    pub nodes: Vec<NodeIndex>,
    /// The group that it was made from.
    pub key: Option<Key>,
    /// Labels and tolerations that nearly match its nodes, counted.
    pub near_misses: Vec<(NearMiss, usize)>,
    /// A log that says more; its place among the findings is not known yet.
    pub log: Option<WantedLog>,
}

impl FindingDraft {
    /// A finding that no group of nodes stands behind.
    pub fn new(code: Code, severity: Severity, message: impl Into<String>, evidence: Value) -> Self {
        let evidence = match evidence {
            Value::Object(evidence) => evidence,
            _ => Evidence::new(),
        };
        let told = Explanation { message: message.into(), notes: Vec::new(), evidence };
        FindingDraft { code, severity, told, nodes: Vec::new(), key: None, near_misses: Vec::new(), log: None }
    }

    /// Adds what is behind it.
    pub fn note(mut self, note: impl Into<Note>) -> Self {
        self.told.notes.push(note.into());
        self
    }

    /// Says which nodes it concerns.
    pub fn on(mut self, nodes: Vec<NodeIndex>) -> Self {
        self.nodes = nodes;
        self
    }
}

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
    if desired == 0 {
        found.push(nothing_wanted(verdicts, severity_of_none));
    }
    if let Some(quota) = admission.quota {
        let wanted = verdicts.iter().filter(|v| v.placement != Placement::Excluded).count() as u64;
        if quota.admits < wanted {
            let message = format!("quota {} admits {} of {wanted} pods", quota.quota, quota.admits);
            let evidence = json!({ "quota": quota.quota, "admits": quota.admits, "of": wanted });
            found.push(FindingDraft::new(Code::QUOTA_ADMITS_SOME, Severity::Error, message, evidence));
        }
    }
    found.extend(unlisted_pods::not_ready(cluster, index, asked, statuses, settings));
    if settings.node.is_none() {
        found.extend(status_differs(cluster, asked, verdicts, statuses));
        found.extend(adopts(cluster, index, asked, verdicts));
        found.extend(overlaps(cluster, asked));
    }
    found
}

/// Why no pod is wanted anywhere.
fn nothing_wanted(verdicts: &[Verdict], severity: Severity) -> FindingDraft {
    let by_taint = |v: &Verdict| {
        let mut exclusions = v.reasons.iter().filter_map(|r| match &r.cause {
            Cause::Exclusion(exclusion) => Some(exclusion),
            _ => None,
        });
        exclusions.all(|exclusion| matches!(exclusion, Exclusion::Taint { .. }))
    };
    let tainted = verdicts.iter().filter(|v| by_taint(v)).count();
    let nodes = count(verdicts.len(), "node");
    let evidence = json!({ "nodes": verdicts.len(), "tainted": tainted });
    if tainted == 0 {
        let message = format!("no pod is wanted anywhere: none of {nodes} matches the selector");
        FindingDraft::new(Code::NOTHING_MATCHES, severity, message, evidence)
    } else {
        let message = match (tainted == verdicts.len(), tainted) {
            (true, 1) => "no pod is wanted anywhere: taints keep it from the only node".to_owned(),
            (true, _) => format!("no pod is wanted anywhere: taints keep it from all {nodes}"),
            (false, _) => format!(
                "no pod is wanted anywhere: of {nodes}, {tainted} {} tainted and the others do not match",
                if tainted == 1 { "is" } else { "are" }
            ),
        };
        FindingDraft::new(Code::ALL_EXCLUDED, severity, message, evidence)
    }
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
    let counted = count(status.desired.max(0) as usize, "node");
    let message = format!("the status counts {counted} that should have a pod, the rules count {desired}");
    let evidence = json!({ "status": status.desired, "rules": desired });
    let severity = if behind { Severity::Info } else { Severity::Warning };
    let draft = FindingDraft::new(Code::STATUS_DIFFERS, severity, message, evidence);
    Some(match behind {
        true => draft.note("a new taint is not counted while the pod on the node runs"),
        false => draft,
    })
}

/// Pods that nobody controls and that the selector matches.
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
    let names: Vec<String> = matching.iter().copied().map(full_name).collect();
    if names.is_empty() {
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
    let verb = if names.len() == 1 { "belongs to nobody and matches" } else { "belong to nobody and match" };
    let message = format!("{} {verb} the selector: {}", count(names.len(), "pod"), some(&names, 3));
    let mut evidence = json!({ "pods": names.iter().take(50).collect::<Vec<_>>(), "count": names.len() });
    if staying > 0 {
        evidence["staying"] = staying.into();
    }
    let draft = FindingDraft::new(Code::ADOPTS, Severity::Warning, message, evidence);
    let draft = draft.note("the DaemonSet adopts them, and replaces or deletes those that are old or not wanted");
    // What a DaemonSet left behind may be marked like the pods of the next one.
    let are = if staying == 1 { "is" } else { "are" };
    let kept =
        format!("{staying} {are} of the generation with which it begins: it takes them for new, whatever they run");
    Some(if staying > 0 { draft.note(kept) } else { draft })
}

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
    let first = others.first()?;
    let message = format!("the selector overlaps with that of {first}");
    let evidence = json!({ "workloads": others.iter().take(20).collect::<Vec<_>>() });
    let draft = FindingDraft::new(Code::OVERLAPS, Severity::Warning, message, evidence);
    Some(match others.len() {
        1 => draft,
        MOST.. => draft.note(format!("and of {}, among others", others[1..4].join(", "))),
        _ => draft.note(format!("and of {}", some(&others[1..], 3))),
    })
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
