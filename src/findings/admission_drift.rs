//! A pod's own spec, held against what the template was expected to become: webhooks and admission policies change
//! pods in ways that no simulation knows. Where a pod waits for its node, its own spec decides.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::findings::Subject;
use crate::findings::amount::is_bytes;
use crate::findings::cause::{Cause as Found, ChangedPod, NamespaceSelector};
use crate::findings::difference::{Difference, is_whole};
use crate::findings::pod_health::PodIssue;
use crate::model::labels::{Requirement, Selector};
use crate::model::pod::{PodShape, PodTerm, Port, SpreadConstraint, Volume, pod_requests};
use crate::model::{Phase, PodSpec, Symbol, Toleration, Version};
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
            denied_claim: None,
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
                    namespace_selector: namespace_selector(cluster, asked, &admission.spec, spec),
                };
                drifts.push(PodDrift { node, found });
            }
        }
        questions.add(evaluation.questions(&judged));
    }
    drifts.sort_by_key(|d| d.node);
    drifts
}

/// The namespace's nodeSelector, if the pod has it and the template does not: the admission plugin PodNodeSelector merges it
/// into every pod (plugin/pkg/admission/podnodeselector/admission.go v1.36).
fn namespace_selector(
    cluster: &Cluster,
    asked: &Subject,
    expected: &PodSpec,
    actual: &PodSpec,
) -> Option<NamespaceSelector> {
    let namespace = asked.daemon_set.namespace;
    let found = cluster.namespaces.get(&namespace)?.node_selector.as_ref()?;
    let labels = found.selector.as_labels().filter(|labels| !labels.is_empty())?;
    let has = |spec: &PodSpec| labels.iter().all(|label| spec.node_affinity.selector.contains(label));
    (has(actual) && !has(expected)).then_some(NamespaceSelector {
        namespace,
        annotation: found.annotation,
        selector: found.text,
        labels,
    })
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
    let (a, b) = (expected, actual);
    let labels =
        |spec: &PodSpec| spec.node_affinity.selector.iter().map(|(k, v)| ((*k, *v), format!("{k}={v}"))).collect();
    let toleration = |t: &Toleration| {
        let seconds = t.seconds.map_or_else(String::new, |s| format!(" for {s}s"));
        format!("{t}{seconds}")
    };
    let tolerations = |spec: &PodSpec| texts(spec.tolerations.iter().map(toleration));
    let constraints = |spec: &PodSpec| spec.spread.iter().map(constraint).collect();
    let gates = |spec: &PodSpec| spec.gates.iter().map(|gate| (*gate, gate.to_string())).collect();
    let scheduler = |spec: &PodSpec| {
        let name = spec.scheduler.map_or("default-scheduler", |name| name.as_str());
        vec![(name, name.to_owned())]
    };
    let ports = |spec: &PodSpec| texts(host_ports(spec, version).map(|p| port(&p)));
    let volumes = |spec: &PodSpec| texts(spec.volumes.iter().map(volume));
    let containers =
        |spec: &PodSpec| texts(spec.containers.iter().chain(&spec.init_containers).map(|c| c.name.to_string()));
    let requests = |spec: &PodSpec| {
        let requests = pod_requests(spec).rounded();
        let asked = requests.iter().filter(|(_, amount)| !amount.is_zero());
        texts(asked.map(|(name, amount)| format!("{name}={}", amount.display(is_bytes(name)))))
    };
    let priority = |spec: &PodSpec| texts([spec.priority.unwrap_or(0).to_string()].into_iter());
    let terms = |terms: &[PodTerm]| terms.iter().map(term).collect();
    let all = [
        sets("nodeSelector", labels(a), labels(b)),
        sets("tolerations", tolerations(a), tolerations(b)),
        sets("affinity.podAffinity", terms(&a.pod_affinity), terms(&b.pod_affinity)),
        sets("affinity.podAntiAffinity", terms(&a.pod_anti_affinity), terms(&b.pod_anti_affinity)),
        sets("topologySpreadConstraints", constraints(a), constraints(b)),
        sets("schedulingGates", gates(a), gates(b)),
        sets("schedulerName", scheduler(a), scheduler(b)),
        sets("hostPorts", ports(a), ports(b)),
        sets("volumes", volumes(a), volumes(b)),
        sets("containers", containers(a), containers(b)),
        sets("resources.requests", requests(a), requests(b)),
        sets("priority", priority(a), priority(b)),
    ];
    all.into_iter().flatten().collect()
}

/// Items that are compared as they are written.
fn texts(items: impl Iterator<Item = String>) -> Vec<(String, String)> {
    items.map(|text| (text.clone(), text)).collect()
}

/// Returns the items that only one of two fields has. Items are compared by value: the text of a long list counts its values.
fn sets<T: PartialEq>(field: &'static str, expected: Vec<(T, String)>, actual: Vec<(T, String)>) -> Option<Difference> {
    let only = |one: &[(T, String)], other: &[(T, String)]| -> Vec<String> {
        let missing = one.iter().filter(|(item, _)| !other.iter().any(|(there, _)| there == item));
        let texts: BTreeSet<&String> = missing.map(|(_, text)| text).collect();
        texts.into_iter().cloned().collect()
    };
    let (before, after) = (only(&expected, &actual), only(&actual, &expected));
    if before.is_empty() && after.is_empty() {
        return None;
    }
    let expected = before.join(", ");
    let actual = match after.join(", ") {
        same if same == expected => format!("{same}, with other values"),
        other => other,
    };
    Some(Difference { field, expected, actual })
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

/// The requirements of a selector without what names the revision, which a pod's own label stands in for.
fn requirements(selector: Option<&Selector>) -> Vec<Requirement> {
    let of_revision = |key: &str| matches!(key, "controller-revision-hash" | "pod-template-generation");
    let all = selector.into_iter().flat_map(|s| &s.requirements);
    let mut all: Vec<Requirement> = all.filter(|r| !of_revision(r.key.as_str())).cloned().collect();
    all.sort_by_cached_key(|requirement| format!("{requirement:?}"));
    all.dedup();
    all
}

fn text(requirements: &[Requirement]) -> String {
    let mut parts: Vec<String> = requirements.iter().map(ToString::to_string).collect();
    parts.sort();
    parts.join(" and ")
}

fn term(term: &PodTerm) -> ((Vec<Requirement>, Symbol), String) {
    let requirements = requirements(term.selector.as_ref());
    let text = format!("{} by {}", text(&requirements), term.topology_key);
    ((requirements, term.topology_key), text)
}

fn constraint(constraint: &SpreadConstraint) -> ((Vec<Requirement>, Symbol, i32), String) {
    let requirements = requirements(constraint.selector.as_ref());
    let (key, skew) = (constraint.topology_key, constraint.max_skew);
    let text = format!("{} over {key}, maxSkew {skew}", text(&requirements));
    ((requirements, key, skew), text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::labels::Operator;

    /// A spec whose pods keep away from pods with one of nine values of the label `app`, the last of which is given.
    fn away_from(last: &str) -> PodSpec {
        let values = ["a", "b", "c", "d", "e", "f", "g", "h", last].into_iter().map(Symbol::new).collect();
        let selector =
            Selector { requirements: vec![Requirement { key: "app".into(), operator: Operator::In(values) }] };
        let key = "kubernetes.io/hostname".into();
        let term =
            PodTerm { selector: Some(selector), topology_key: key, namespaces: Vec::new(), namespace_selector: None };
        PodSpec { pod_anti_affinity: vec![term], ..PodSpec::default() }
    }

    #[test]
    fn long_lists_of_values_are_compared_value_by_value() {
        let version = Version::NEWEST;
        assert_eq!(differences(&away_from("i"), &away_from("i"), version), []);
        let found = differences(&away_from("i"), &away_from("j"), version);
        let [found] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(found.field, "affinity.podAntiAffinity");
        assert_ne!(found.expected, found.actual);
    }
}
