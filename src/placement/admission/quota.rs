//! ResourceQuota: what a namespace may use in all.
//!
//! `staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota` and `pkg/quota/v1/evaluator/core/pods.go`
//! v1.36. Quotas admit pods one by one, so that one may let some of a DaemonSet's pods be and not others.

use std::sync::Arc;

use super::{Admission, CreationRefusal};
use crate::facts::Key;
use crate::facts::labels::{Operator, Requirement};
use crate::facts::pod::{Container, pod_limits, pod_requests};
use crate::facts::policy::{QuotaScope, ResourceQuota};
use crate::facts::resources::{ResourceList, is_extended_resource};
use crate::facts::{Cluster, PodIndex, PodSpec, Quantity, Symbol};
use crate::placement::verdict::Unknown;

/// A quota that has room for only so many of the pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaAdmits {
    /// The quota.
    pub quota: Symbol,
    /// How many more pods it admits.
    pub admits: u64,
}

/// Resources that every container must give where a quota counts them.
const MUST_BE_GIVEN: [&str; 6] = ["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"];

/// Holds the pod against the namespace's quotas.
pub fn admit(cluster: &Cluster, namespace: Symbol, admission: &mut Admission, own: &[PodIndex]) {
    let usage = usage(&admission.spec);
    let mut quotas: Vec<&ResourceQuota> = cluster.quotas.get(&namespace).into_iter().flatten().collect();
    quotas.sort_by_key(|q| q.name.as_str());
    for quota in quotas {
        let scopes: Vec<Option<bool>> = quota.scopes.iter().map(|scope| is_in_scope(scope, &admission.spec)).collect();
        if scopes.contains(&Some(false)) {
            continue;
        }
        if let Some(position) = scopes.iter().position(Option::is_none) {
            if let QuotaScope::Unknown(name) = &quota.scopes[position] {
                admission.unknowns.push(Arc::new(Unknown::QuotaScope(*name)));
            }
            continue;
        }
        let unsynced = quota.wanted.iter().any(|(name, _)| usage.get(name).is_some() && quota.used.get(name).is_none());
        if unsynced {
            admission.refuse([CreationRefusal::QuotaUnsynced { quota: quota.name }]);
            continue;
        }
        let missing = unspecified(quota, &admission.spec);
        if !missing.is_empty() {
            admission.refuse([CreationRefusal::QuotaUnspecified { quota: quota.name, missing }]);
            continue;
        }
        let freed = freed(cluster, own);
        let mut exceeded = Vec::new();
        let mut admits: Option<u64> = None;
        for (name, asked) in usage.iter() {
            let Some(hard) = quota.hard.get(name) else { continue };
            let used = quota.used.get(name).unwrap_or_default() - freed.get(name).unwrap_or_default();
            if used + asked > hard {
                exceeded.push((name, asked, used, hard));
            }
            if asked > Quantity::ZERO {
                let times = ((hard - used).nano_value() / asked.nano_value()).max(0);
                let times = u64::try_from(times).unwrap_or(u64::MAX);
                admits = Some(admits.map_or(times, |a| a.min(times)));
            }
        }
        if !exceeded.is_empty() {
            exceeded.sort_by_key(|(name, ..)| name.as_str());
            admission.refuse([CreationRefusal::QuotaExceeded { quota: quota.name, exceeded }]);
        } else if let Some(admits) = admits.filter(|a| admission.quota.is_none_or(|q| *a < q.admits)) {
            admission.quota = Some(QuotaAdmits { quota: quota.name, admits });
        }
    }
}

/// What a quota must be raised to so that it admits so many pods of the spec: each resource that is too small, as it is
/// and as it should be, by name. `own` are the pods that the new ones replace. Nothing where there is no such quota.
pub fn needed(
    cluster: &Cluster,
    (namespace, name): Key,
    spec: &PodSpec,
    own: &[PodIndex],
    pods: u64,
) -> Vec<(Symbol, Quantity, Quantity)> {
    let Some(quota) = cluster.quotas.get(&namespace).and_then(|quotas| quotas.iter().find(|q| q.name == name)) else {
        return Vec::new();
    };
    let freed = freed(cluster, own);
    let mut needed: Vec<(Symbol, Quantity, Quantity)> = usage(spec)
        .iter()
        .filter_map(|(resource, asked)| {
            let hard = quota.hard.get(resource)?;
            let used = quota.used.get(resource).unwrap_or_default() - freed.get(resource).unwrap_or_default();
            let enough = used + asked * pods;
            (enough > hard).then_some((resource, hard, enough))
        })
        .collect();
    needed.sort_by_key(|(resource, ..)| resource.as_str());
    needed
}

/// What pods that are there and will be replaced use now.
fn freed(cluster: &Cluster, own: &[PodIndex]) -> ResourceList {
    let mut freed = ResourceList::default();
    for pod in own.iter().map(|index| cluster.pod(*index)) {
        if !pod.phase.has_ended() {
            freed.add(&usage(&pod.shape.spec));
        }
    }
    freed
}

/// What one pod uses, by the names that quotas give it.
fn usage(spec: &PodSpec) -> ResourceList {
    let mut usage = ResourceList::default();
    let one = Quantity::units(1);
    usage.set("pods".into(), one);
    usage.set("count/pods".into(), one);
    for (name, amount) in pod_requests(spec).iter() {
        let requests = Symbol::new(&format!("requests.{name}"));
        match name.as_str() {
            "cpu" | "memory" | "ephemeral-storage" => {
                usage.set(name, amount);
                usage.set(requests, amount);
            }
            other if other.starts_with("hugepages-") => {
                usage.set(name, amount);
                usage.set(requests, amount);
            }
            other if is_extended_resource(other) => usage.set(requests, amount),
            _ => {}
        }
    }
    for (name, amount) in pod_limits(spec).iter() {
        if matches!(name.as_str(), "cpu" | "memory" | "ephemeral-storage") {
            usage.set(Symbol::new(&format!("limits.{name}")), amount);
        }
    }
    usage
}

/// Resources that the quota counts and that containers do not give. A pod that gives pod-level resources is let be.
fn unspecified(quota: &ResourceQuota, spec: &PodSpec) -> Vec<(Symbol, Vec<Symbol>)> {
    if spec.resources.as_ref().is_some_and(|r| !r.requests.is_empty() || !r.limits.is_empty()) {
        return Vec::new();
    }
    let gives = |container: &Container, name: &str| match name.split_once('.') {
        Some(("limits", name)) => container.resources.limits.get(name.into()).is_some(),
        Some((_, name)) => container.resources.requests.get(name.into()).is_some(),
        None => container.resources.requests.get(name.into()).is_some(),
    };
    let mut missing = Vec::new();
    for name in MUST_BE_GIVEN {
        if quota.hard.get(name.into()).is_none() {
            continue;
        }
        let containers = spec.containers.iter().chain(&spec.init_containers);
        let lacking: Vec<Symbol> = containers.filter(|c| !gives(c, name)).map(|c| c.name).collect();
        if !lacking.is_empty() {
            missing.push((Symbol::new(name), lacking));
        }
    }
    missing
}

/// Whether a quota's scope holds for the pod; `None` where that is not known.
fn is_in_scope(scope: &QuotaScope, spec: &PodSpec) -> Option<bool> {
    Some(match scope {
        QuotaScope::Terminating => spec.has_deadline,
        QuotaScope::NotTerminating => !spec.has_deadline,
        QuotaScope::BestEffort => is_best_effort(spec),
        QuotaScope::NotBestEffort => !is_best_effort(spec),
        QuotaScope::CrossNamespacePodAffinity => {
            let mut terms = spec.pod_affinity.iter().chain(&spec.pod_anti_affinity);
            terms.any(|t| !t.namespaces.is_empty() || t.namespace_selector.is_some())
        }
        QuotaScope::PriorityClass(operator) => match (operator, spec.priority_class) {
            (Operator::Exists, class) => class.is_some(),
            (operator, class) => Requirement { key: Symbol::default(), operator: operator.clone() }.holds(class),
        },
        QuotaScope::Unknown(_) => return None,
    })
}

/// Whether nothing of cpu and memory is asked for or limited anywhere in the pod.
fn is_best_effort(spec: &PodSpec) -> bool {
    let counts = |list: &ResourceList| {
        list.iter().any(|(name, amount)| matches!(name.as_str(), "cpu" | "memory") && !amount.is_zero())
    };
    let containers = spec.containers.iter().chain(&spec.init_containers).map(|c| &c.resources);
    !containers.chain(&spec.resources).any(|r| counts(&r.requests) || counts(&r.limits))
}
