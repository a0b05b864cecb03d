//! A pod's own spec, held against what the template was expected to become: webhooks and admission policies change
//! pods in ways that no simulation knows. Where a pod waits for its node, its own spec decides.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::findings::Subject;
use crate::findings::amount::is_bytes;
use crate::findings::cause::{Cause as Found, ChangedPod};
use crate::findings::difference::{Difference, is_whole};
use crate::findings::pod_health::PodIssue;
use crate::model::labels::Selector;
use crate::model::pod::{PodShape, PodTerm, Port, SpreadConstraint, Volume, pod_requests};
use crate::model::{Phase, PodSpec, Version};
use crate::rules::admission::Admission;
use crate::rules::rollout::{PodAge, TemplateMark};
use crate::rules::{Cause, Evaluation, Placement, Unknown, Verdict};
use crate::store::{Cluster, DataRequests, NodeIndex, PodIndex, host_ports};

/// A node where the pod's own spec leads to another verdict than the template.
#[derive(Debug, Clone)]
pub struct PodDrift {
    /// The node.
    pub node: NodeIndex,
    /// The pod and how it differs.
    found: ChangedPod,
}

impl PodDrift {
    /// As an issue of the node.
    pub fn issue(&self) -> PodIssue {
        PodIssue::new(Found::ChangedPod(self.found.clone()))
    }
}

/// Judges nodes again whose pod waits to be bound, by that pod's own spec. Gives those where it decides; what that rests
/// on and was not looked at is added to the questions.
pub fn judge(
    cluster: &Cluster,
    asked: &Subject,
    admission: &Admission,
    verdicts: &mut [Verdict],
    questions: &mut DataRequests,
) -> Vec<PodDrift> {
    let Some(uid) = asked.deployed.filter(|_| asked.written.is_none()) else { return Vec::new() };
    // Without its claims a pod's volumes say nothing; what else is unknown of admission the pod itself tells.
    let of_nodes = |unknown: &&Arc<Unknown>| !matches!(***unknown, Unknown::NotCollected { .. });
    let mark = TemplateMark::deployed(cluster, &asked.daemon_set);
    let of_this_template = cluster.revisions.contains_key(&uid) || asked.daemon_set.template_generation.is_some();
    let mut drifts = Vec::new();
    let mut by_shape: HashMap<*const PodShape, Vec<(NodeIndex, PodIndex)>> = HashMap::new();
    for index in cluster.owned_by(uid) {
        let pod = cluster.pod(*index);
        let waits = pod.node.is_none() && pod.phase == Phase::Pending && !pod.terminating;
        let node = pod.target.and_then(|name| cluster.node(name));
        if let Some(node) = node.filter(|_| waits && mark.age(pod) != PodAge::Old) {
            by_shape.entry(Arc::as_ptr(&pod.shape)).or_default().push((node, *index));
        }
    }
    let mut groups: Vec<Vec<(NodeIndex, PodIndex)>> = by_shape.into_values().collect();
    groups.sort_unstable();
    for pods in groups {
        let first = cluster.pod(pods[0].1);
        let spec = &first.shape.spec;
        if !is_whole(spec) {
            continue;
        }
        let differences = differences(&admission.spec, spec, cluster.rules());
        if differences.is_empty() {
            continue;
        }
        let own = Admission {
            labels: first.shape.labels.clone(),
            spec: spec.clone(),
            priority: first.priority,
            preempts_never: spec.preempts_never.unwrap_or(false),
            refusals: admission.refusals.clone(),
            unknowns: admission.unknowns.iter().filter(of_nodes).cloned().collect(),
            quota: None,
            assumptions: Vec::new(),
        };
        let evaluation = Evaluation::new(cluster, &asked.daemon_set, &own, asked.own_pods());
        let mut judged = vec![Verdict { placement: Placement::Excluded, reasons: Vec::new() }; verdicts.len()];
        for (node, pod) in pods {
            let verdict = evaluation.judge(node);
            judged[node as usize] = verdict.clone();
            let before = std::mem::replace(&mut verdicts[node as usize], verdict);
            if is_other(&before, &verdicts[node as usize]) {
                let pod = cluster.pod(pod).name.to_string();
                let expected = before.placement.as_str();
                let found = ChangedPod {
                    pod,
                    differences: differences.clone(),
                    placement_of_template: expected,
                    is_of_this_template: of_this_template,
                };
                drifts.push(PodDrift { node, found });
            }
        }
        questions.add(evaluation.questions(&judged));
    }
    drifts.sort_by_key(|d| d.node);
    drifts
}

/// Whether the decision or what the scheduler tells is another.
pub(crate) fn is_other(before: &Verdict, after: &Verdict) -> bool {
    let told = |verdict: &Verdict| -> Vec<Cause> {
        verdict
            .reasons
            .iter()
            .filter(|reason| reason.reported_by_scheduler)
            .map(|reason| reason.cause.clone())
            .collect()
    };
    before.placement.as_str() != after.placement.as_str() || told(before) != told(after)
}

/// The fields that bear on placement in which a pod differs from the one that was expected. The pin to the node and
/// what the controller alone adds are left out.
pub fn differences(expected: &PodSpec, actual: &PodSpec, version: Version) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut sets = |field: &'static str, of: &dyn Fn(&PodSpec) -> BTreeSet<String>| {
        let (before, after) = (of(expected), of(actual));
        let only = |one: &BTreeSet<String>, other: &BTreeSet<String>| -> String {
            one.difference(other).cloned().collect::<Vec<_>>().join(", ")
        };
        if before != after {
            found.push(Difference { field, expected: only(&before, &after), actual: only(&after, &before) });
        }
    };
    sets("nodeSelector", &|spec| spec.node_affinity.selector.iter().map(|(k, v)| format!("{k}={v}")).collect());
    sets("tolerations", &|spec| {
        let seconds = |seconds: Option<i64>| seconds.map_or_else(String::new, |s| format!(" for {s}s"));
        spec.tolerations.iter().map(|t| format!("{t}{}", seconds(t.seconds))).collect()
    });
    sets("affinity.podAffinity", &|spec| spec.pod_affinity.iter().map(term).collect());
    sets("affinity.podAntiAffinity", &|spec| spec.pod_anti_affinity.iter().map(term).collect());
    sets("topologySpreadConstraints", &|spec| spec.spread.iter().map(constraint).collect());
    sets("schedulingGates", &|spec| spec.gates.iter().map(|gate| gate.to_string()).collect());
    sets("schedulerName", &|spec| [spec.scheduler.map_or("default-scheduler", |name| name.as_str()).to_owned()].into());
    sets("hostPorts", &|spec| host_ports(spec, version).map(|p| port(&p)).collect());
    sets("volumes", &|spec| spec.volumes.iter().map(volume).collect());
    sets("containers", &|spec| {
        spec.containers.iter().chain(&spec.init_containers).map(|c| c.name.to_string()).collect()
    });
    sets("resources.requests", &|spec| {
        let requests = pod_requests(spec).rounded();
        let asked = requests.iter().filter(|(_, amount)| !amount.is_zero());
        asked.map(|(name, amount)| format!("{name}={}", amount.display(is_bytes(name)))).collect()
    });
    sets("priority", &|spec| [spec.priority.unwrap_or(0).to_string()].into());
    found
}

fn port(port: &Port) -> String {
    format!("{}:{}/{}", port.host_ip, port.host_port, port.protocol)
}

fn volume(volume: &Volume) -> String {
    match volume {
        Volume::Claim(claim) => format!("claim {claim}"),
        Volume::Ephemeral(claim) => format!("ephemeral {}", claim.name),
        Volume::Disk(disk) => format!("{disk:?}"),
    }
}

/// A selector without what names the revision, which a pod's own label stands in for.
fn selector(selector: Option<&Selector>) -> String {
    let of_revision = |key: &str| matches!(key, "controller-revision-hash" | "pod-template-generation");
    let mut parts: Vec<String> = selector
        .into_iter()
        .flat_map(|s| s.requirements.iter())
        .filter(|r| !of_revision(r.key.as_str()))
        .map(ToString::to_string)
        .collect();
    parts.sort();
    parts.dedup();
    parts.join(" and ")
}

fn term(term: &PodTerm) -> String {
    format!("{} by {}", selector(term.selector.as_ref()), term.topology_key)
}

fn constraint(constraint: &SpreadConstraint) -> String {
    let chosen = selector(constraint.selector.as_ref());
    format!("{chosen} over {}, maxSkew {}", constraint.topology_key, constraint.max_skew)
}
