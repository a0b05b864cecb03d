//! ResourceQuota: what a namespace may use in all.
//!
//! `staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota` and `pkg/quota/v1/evaluator/core/pods.go`
//! v1.36. Quotas admit pods one by one, so that one may let some of a DaemonSet's pods be and not others. Only the quota's
//! status counts: as long as its controller has not written one, a quota limits nothing.

use std::sync::Arc;

use crate::model::labels::{Operator, Requirement};
use crate::model::pod::{Container, pod_limits, pod_requests};
use crate::model::policy::{QuotaScope, ResourceQuota};
use crate::model::resources::{ResourceList, is_extended_resource};
use crate::model::wire::Kind;
use crate::model::{PodSpec, Quantity, Symbol};
use crate::rules::admission::admitted::{Admission, Assumption, QuotaAdmits, ReplacedPods, ShortOf};
use crate::rules::admission::made_claims;
use crate::rules::verdict::{CreationRefusal, MissingData, Unknown};
use crate::store::Key;
use crate::store::{Cluster, PodIndex};

/// Resources that every container must give where a quota counts them.
const MUST_BE_GIVEN: [&str; 6] = ["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"];

/// Holds the pod against the namespace's quotas.
pub fn admit(cluster: &Cluster, namespace: Symbol, admission: &mut Admission, own: ReplacedPods<'_>) {
    let (own, unseen) = match own {
        ReplacedPods::Seen(own) => (own, false),
        ReplacedPods::Unseen => (&[][..], true),
    };
    let usage = usage(&admission.spec);
    let mut quotas: Vec<&ResourceQuota> = cluster.quotas.get(&namespace).into_iter().flatten().collect();
    quotas.sort_by_key(|q| q.name.as_str());
    for quota in quotas {
        if covers(quota, &admission.spec) == Some(false) {
            continue;
        }
        let behind = quota.wanted.iter().any(|(name, amount)| is_of_pods(name) && quota.hard.get(name) != Some(amount));
        if behind {
            admission.assumptions.push(Assumption::QuotaBehind { quota: quota.name, namespace });
        }
        if !quota.hard.iter().any(|(name, _)| is_of_pods(name)) {
            continue;
        }
        if let Some(name) = unknown_scope(quota) {
            admission.unknowns.push(Arc::new(Unknown::QuotaScope(name)));
            continue;
        }
        let missing = unspecified(quota, &admission.spec);
        if !missing.is_empty() {
            admission.refuse([CreationRefusal::QuotaUnspecified { quota: quota.name, missing }]);
            continue;
        }
        if quota.hard.iter().any(|(name, _)| is_of_pods(name) && quota.used.get(name).is_none()) {
            admission.refuse([CreationRefusal::QuotaUnsynced { quota: quota.name }]);
            continue;
        }
        let freed = freed(cluster, quota, own);
        let mut exceeded = Vec::new();
        let mut admits: Option<(u64, ShortOf)> = None;
        // What is not asked for is not held against what is used, however much that is.
        for (name, asked) in usage.iter().filter(|(_, asked)| !asked.is_zero()) {
            let Some(hard) = quota.hard.get(name) else { continue };
            let used = quota.used.get(name).unwrap_or_default() - freed.get(name).unwrap_or_default();
            if used + asked > hard {
                exceeded.push((name, asked, used, hard));
            }
            let times = ((hard - used).nano_value() / asked.nano_value()).max(0);
            let times = u64::try_from(times).unwrap_or(u64::MAX);
            if admits.is_none_or(|(least, _)| times < least) {
                admits = Some((times, ShortOf { resource: name, asked, used, hard, of_claims: false }));
            }
        }
        // How much of it is the DaemonSet's own, which the next ones take over, decides then.
        if unseen && !exceeded.is_empty() {
            admission.not_collected(MissingData::UsageOfQuota(quota.name), cluster.coverage(Kind::Pod));
            continue;
        }
        if unseen && admits.is_some() {
            admission.assumptions.push(Assumption::QuotaRoom { quota: quota.name });
            continue;
        }
        if !exceeded.is_empty() {
            exceeded.sort_by_key(|(name, ..)| name.as_str());
            admission.refuse([CreationRefusal::QuotaExceeded { quota: quota.name, exceeded }]);
        } else if let Some((admits, short)) = admits
            && admission.quota.is_none_or(|known| admits < known.admits)
        {
            admission.quota = Some(QuotaAdmits { quota: quota.name, admits, short });
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
    let mut freed = freed(cluster, quota, own);
    freed.add(&made_claims::freed(cluster, quota, own));
    let mut usage = usage(spec);
    usage.add(&made_claims::usage(cluster, quota, spec));
    let mut needed: Vec<(Symbol, Quantity, Quantity)> = usage
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

/// What pods that are there and will be replaced use now of the quota: those that it counts.
fn freed(cluster: &Cluster, quota: &ResourceQuota, own: &[PodIndex]) -> ResourceList {
    let mut freed = ResourceList::default();
    for pod in own.iter().map(|index| cluster.pod(*index)) {
        if !pod.phase.has_ended() && covers(quota, &pod.shape.spec) == Some(true) {
            freed.add(&usage(&pod.shape.spec));
        }
    }
    freed
}

/// Whether a quota may limit a resource of pods (`MatchingResources`); others are of claims, services and the like.
fn is_of_pods(name: Symbol) -> bool {
    let name = name.as_str();
    let plain = name.strip_prefix("requests.").or_else(|| name.strip_prefix("limits.")).unwrap_or(name);
    matches!(name, "pods" | "count/pods")
        || matches!(plain, "cpu" | "memory" | "ephemeral-storage")
        || name.strip_prefix("requests.").unwrap_or(name).starts_with("hugepages-")
        || name.strip_prefix("requests.").is_some_and(is_extended_resource)
}

/// Whether a quota counts such a pod: all of its scopes hold. `None` where one is not known, and the others hold.
fn covers(quota: &ResourceQuota, spec: &PodSpec) -> Option<bool> {
    let scopes = || quota.scopes.iter().map(|scope| is_in_scope(scope, spec));
    if scopes().any(|scope| scope == Some(false)) {
        return Some(false);
    }
    scopes().all(|scope| scope.is_some()).then_some(true)
}

fn unknown_scope(quota: &ResourceQuota) -> Option<Symbol> {
    quota.scopes.iter().find_map(|scope| match scope {
        QuotaScope::Unknown(name) => Some(*name),
        _ => None,
    })
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
pub(super) fn is_in_scope(scope: &QuotaScope, spec: &PodSpec) -> Option<bool> {
    Some(match scope {
        QuotaScope::Terminating => spec.has_deadline,
        QuotaScope::NotTerminating => !spec.has_deadline,
        QuotaScope::BestEffort => is_best_effort(spec),
        QuotaScope::NotBestEffort => !is_best_effort(spec),
        QuotaScope::CrossNamespacePodAffinity => spec.crosses_namespaces,
        // Claims alone have such a class.
        QuotaScope::VolumeAttributesClass(_) => false,
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

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::rules::admission::Admission;
    use crate::rules::{Evaluation, OwnPods};
    use crate::store::Builder;

    /// What a quota makes of a template that replaces five pods made of another.
    fn admission(quota: &Json, status: &Json, template: &Json, before: &Json) -> Admission {
        let mut objects = vec![
            json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q", "namespace": "a"},
                "spec": quota, "status": status}),
            json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "d", "namespace": "a", "uid": "u"},
                "spec": {"selector": {"matchLabels": {"app": "d"}},
                    "template": {"metadata": {"labels": {"app": "d"}}, "spec": template}}}),
        ];
        objects.extend((0..5).map(|number| {
            let mut spec = before.clone();
            spec["nodeName"] = json!(format!("n{number}"));
            json!({"apiVersion": "v1", "kind": "Pod", "spec": spec, "metadata": {"name": format!("d-{number}"),
                "namespace": "a", "ownerReferences": [{"kind": "DaemonSet", "name": "d", "uid": "u", "controller": true}]}})
        }));
        let mut builder = Builder::new();
        for object in objects {
            builder.read(object.to_string().as_bytes(), None).unwrap();
        }
        let cluster = builder.finish(None);
        Evaluation::admit(&cluster, &cluster.daemon_sets[0], OwnPods::Replaced("u".into()))
    }

    fn container(resources: Json) -> Json {
        json!({"containers": [{"name": "c", "resources": resources}]})
    }

    #[test]
    fn pods_that_the_quota_does_not_count_free_nothing() {
        let (greedy, modest) = (container(json!({"requests": {"cpu": "1"}})), container(json!({})));
        let quota = json!({"hard": {"pods": "2"}, "scopes": ["NotBestEffort"]});
        let status = |used: &str| json!({"hard": {"pods": "2"}, "used": {"pods": used}});
        let admits = |admission: Admission| admission.quota.map(|quota| quota.admits);
        assert_eq!(admits(admission(&quota, &status("0"), &greedy, &modest)), Some(2), "they were not counted");
        assert_eq!(admits(admission(&quota, &status("2"), &greedy, &greedy)), Some(5), "they are counted, and go");
        assert_eq!(admits(admission(&quota, &status("2"), &modest, &greedy)), None, "the new ones are not counted");
    }

    #[test]
    fn pods_that_could_not_be_seen_may_be_those_that_the_quota_counts() {
        let quota = json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q", "namespace": "a"},
            "spec": {"hard": {"pods": "10"}}, "status": {"hard": {"pods": "10"}, "used": {"pods": "10"}}});
        let daemon_set = json!({"apiVersion": "apps/v1", "kind": "DaemonSet",
            "metadata": {"name": "d", "namespace": "a", "uid": "u"}, "spec": {"selector": {"matchLabels": {"app": "d"}},
                "template": {"metadata": {"labels": {"app": "d"}}, "spec": container(json!({}))}}});
        for (hidden, deployed, refused, known) in
            [(true, true, false, false), (false, true, true, true), (true, false, true, true)]
        {
            let mut builder = Builder::new();
            for object in [&quota, &daemon_set] {
                builder.read(object.to_string().as_bytes(), None).unwrap();
            }
            builder.cover(Kind::Pod, crate::store::Coverage::Whole);
            if hidden {
                builder.hides_pods_of("a".into());
            }
            let cluster = builder.finish(None);
            let own = if deployed { OwnPods::Live("u".into()) } else { OwnPods::None };
            let made = Evaluation::admit(&cluster, &cluster.daemon_sets[0], own);
            let told = (!made.refusals.is_empty(), made.unknowns.is_empty());
            assert_eq!(told, (refused, known), "hidden {hidden}, deployed {deployed}: {made:?}");
        }
    }

    #[test]
    fn only_the_status_of_a_quota_counts() {
        let (hard, none) = (json!({"hard": {"pods": "0"}}), json!({}));
        let refusals = |quota: &Json, status: &Json| admission(quota, status, &container(json!({})), &none).refusals;
        let new = admission(&hard, &none, &container(json!({})), &none);
        assert!(new.refusals.is_empty(), "nothing is limited yet: {:?}", new.refusals);
        let behind = |a: &Assumption| matches!(a, Assumption::QuotaBehind { quota, .. } if quota.as_str() == "q");
        assert!(new.assumptions.iter().any(behind), "that is said: {:?}", new.assumptions);
        let uncounted = refusals(&hard, &json!({"hard": {"pods": "0"}}));
        assert_eq!(*uncounted[0], CreationRefusal::QuotaUnsynced { quota: "q".into() });
        let other = json!({"hard": {"requests.storage": "0"}, "used": {}});
        assert!(refusals(&json!({"hard": {"requests.storage": "0"}}), &other).is_empty(), "that is of claims");
    }

    #[test]
    fn what_is_not_asked_for_is_not_held_against_what_is_used() {
        let status = json!({"hard": {"requests.cpu": "1"}, "used": {"requests.cpu": "2"}});
        let refused = |cpu: &str| {
            let template = container(json!({"requests": {"cpu": cpu}}));
            !admission(&json!({"hard": {"requests.cpu": "1"}}), &status, &template, &json!({})).refusals.is_empty()
        };
        assert_eq!((refused("0"), refused("1m")), (false, true));
    }

    #[test]
    fn scopes_pick_pods() {
        let term = json!({"topologyKey": "zone", "namespaceSelector": {}, "labelSelector": {}});
        let here = json!({"topologyKey": "zone", "labelSelector": {}});
        let affinity = |kind: &str, terms: Json| {
            let mut spec = container(json!({}));
            spec["affinity"] = json!({"podAntiAffinity": {kind: terms}});
            spec
        };
        let preferred = "preferredDuringSchedulingIgnoredDuringExecution";
        let required = "requiredDuringSchedulingIgnoredDuringExecution";
        let across =
            |scope: &str| json!({"scopeSelector": {"matchExpressions": [{"scopeName": scope, "operator": "Exists"}]}});
        for (scope, template, counted) in [
            ("CrossNamespacePodAffinity", affinity(required, json!([term])), Some(true)),
            (
                "CrossNamespacePodAffinity",
                affinity(preferred, json!([{"weight": 1, "podAffinityTerm": term}])),
                Some(true),
            ),
            (
                "CrossNamespacePodAffinity",
                affinity(preferred, json!([{"weight": 1, "podAffinityTerm": here}])),
                Some(false),
            ),
            ("VolumeAttributesClass", container(json!({})), Some(false)),
            ("SomethingNew", container(json!({})), None),
        ] {
            let mut quota = across(scope);
            quota["hard"] = json!({"pods": "0"});
            let made = admission(&quota, &json!({"hard": {"pods": "0"}, "used": {"pods": "0"}}), &template, &json!({}));
            let known = made.unknowns.is_empty();
            assert_eq!(known.then_some(!made.refusals.is_empty()), counted, "{scope} {template}");
        }
        let mut quota = across("SomethingNew");
        quota["hard"] = json!({"requests.storage": "1Gi"});
        let made = admission(&quota, &json!({"hard": quota["hard"], "used": {}}), &container(json!({})), &json!({}));
        assert!(made.unknowns.is_empty(), "it limits nothing of pods");
    }
}
