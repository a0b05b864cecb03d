//! Explains why the API server rejects the pod.

use crate::explain::units::some;
use crate::explain::words::Words;
use crate::findings::evidence::{
    Contradicting, Contradictions, Evidence, LimitRangeViolation, LimitRangeViolations, PodSecurityViolations,
    QuotaExceeded, QuotaUnspecified, RepeatedHostPorts, RepeatedLabelKeys,
};
use crate::model::default_security::ShownBy;
use crate::model::{DaemonSet, Symbol};
use crate::rules::{Contradiction, CreationRefusal};

pub(crate) fn refusal(refusal: &CreationRefusal, evidence: &Evidence, daemon_set: &DaemonSet) -> Words {
    match (refusal, evidence) {
        (_, Evidence::LimitRangeViolations(found)) => limit_range(found),
        (CreationRefusal::PodSecurity { unknown_level, default, .. }, Evidence::PodSecurityViolations(found)) => {
            let words = pod_security(found, daemon_set.namespace, default.is_some());
            match (unknown_level, default) {
                (Some(level), _) => words.note(format!("the unknown level {level} is enforced as restricted")),
                (None, Some(ShownBy::Event(shown))) => words.note(format!(
                    "a FailedCreate event in namespace {shown} shows the level of namespaces without the label"
                )),
                (None, Some(ShownBy::Talos)) => words.note(
                    "likely: Talos enforces baseline in namespaces without the label, unless its machine configuration says \
                     otherwise",
                ),
                (None, None) => words,
            }
        }
        (_, Evidence::QuotaExceeded(found)) => quota_exceeded(found),
        (_, Evidence::QuotaUnspecified(found)) => quota_unspecified(found),
        (_, Evidence::Contradictions(found)) => contradictions(found),
        (_, Evidence::RepeatedLabelKeys(found)) => repeated_label_keys(found),
        (_, Evidence::RepeatedHostPorts(found)) => repeated_host_ports(found),
        _ => of_names(refusal, daemon_set.namespace),
    }
}

/// Words a refusal of which names and numbers are all evidence.
fn of_names(refusal: &CreationRefusal, namespace: Symbol) -> Words {
    use CreationRefusal as R;
    Words::new(match refusal {
        R::Answered { message } => {
            return Words::new(format!("the API server rejected a dry-run pod: {message}"))
                .note("the dry run stored nothing and used your permissions, not the permissions of the controller");
        }
        R::WebhookWithoutEndpoint { webhook, service: (at, service) } => {
            return Words::new(format!(
                "webhook {webhook} denies the pod (failurePolicy: Fail): its Service {at}/{service} has no ready endpoint"
            ))
            .note("the API server calls the webhook before it creates a pod in this namespace");
        }
        R::SecurityContextConstraints { account, objections, others } => {
            let objected: Vec<&str> = objections.iter().map(|objection| objection.as_str()).collect();
            let asked = if objected.is_empty() { String::new() } else { format!(": {}", objected.join(", ")) };
            let words = Words::new(format!(
                "no SecurityContextConstraints (SCC) that ServiceAccount {account} may use admit the pod{asked}"
            ));
            return match others.as_slice() {
                [] => words.note("no other SCC of the cluster admits the pod either"),
                others => words.note(format!("SCC {} would admit the pod", some(&names(others), 3))),
            };
        }
        R::QuotaForClassMissing { class } => {
            return Words::new(format!(
                "PriorityClass {class} needs a ResourceQuota in namespace {namespace}: GKE admits the class only where a quota \
                 names it"
            ))
            .note("another priorityClassName needs no quota");
        }
        R::NamespaceMissing => format!("namespace {namespace} does not exist"),
        R::NamespaceTerminating => format!("namespace {namespace} is being deleted (Terminating)"),
        R::ServiceAccountMissing { name } => {
            format!("ServiceAccount {name} does not exist in namespace {namespace}")
        }
        R::PriorityClassMissing { name } => format!("PriorityClass {name} does not exist"),
        R::PriorityMismatch { written, computed } => {
            format!("the template sets priority {written}, but its PriorityClass sets {computed}")
        }
        R::PreemptionPolicyMismatch => "preemptionPolicy of the template differs from its PriorityClass".to_owned(),
        R::RuntimeClassMissing { name } => format!("RuntimeClass {name} does not exist"),
        R::RuntimeClassConflict { key, class, pod } => {
            format!("the RuntimeClass requires {key}={class}, but nodeSelector of the template requires {key}={pod}")
        }
        R::OverheadMismatch => "overhead of the template differs from its RuntimeClass".to_owned(),
        R::QuotaUnsynced { quota } => {
            format!("quota {quota} has no status.used yet: the quota controller has not counted the pods")
        }
        R::LimitRange { range, .. } => format!("LimitRange {range} forbids the pod"),
        R::PodSecurity { level, version, .. } => {
            format!("Pod Security {level}:{version} of namespace {namespace} forbids the pod")
        }
        R::QuotaExceeded { quota, .. } => format!("exceeded quota {quota}"),
        R::QuotaUnspecified { quota, .. } => format!("quota {quota} requires amounts that containers do not set"),
        R::Invalid { .. } => "requests and limits contradict each other".to_owned(),
        R::RepeatedLabelKeys { .. } => "a term has a label key twice".to_owned(),
        R::RepeatedHostPorts { .. } => "the pod uses a host port twice".to_owned(),
    })
}

fn names(of: &[Symbol]) -> Vec<&str> {
    of.iter().map(|name| name.as_str()).collect()
}

fn limit_range(found: &LimitRangeViolations) -> Words {
    let of = |violation: &LimitRangeViolation| match violation.container {
        Some(container) => format!("container {container}: {}", violation.text),
        None => violation.text.clone(),
    };
    let texts: Vec<String> = found.violations.iter().map(of).collect();
    Words::new(format!("LimitRange {} forbids the pod: {}", found.limit_range, some(&texts, 2)))
}

fn pod_security(found: &PodSecurityViolations, namespace: Symbol, is_default: bool) -> Words {
    let PodSecurityViolations { level, version, violations } = found;
    // What each check found is in the JSON: with several of them it would push their names out of the line.
    let with_details = violations.len() <= 2;
    let texts: Vec<String> = violations
        .iter()
        .map(|v| match v.detail.as_str() {
            detail if with_details && !detail.is_empty() => format!("{} ({detail})", v.check),
            _ => v.check.clone(),
        })
        .collect();
    let texts = some(&texts, 8);
    Words::new(match is_default {
        true => {
            format!("Pod Security {level}:{version}, the cluster's default, forbids in namespace {namespace} {texts}")
        }
        false => format!("Pod Security {level}:{version} of namespace {namespace} forbids {texts}"),
    })
}

fn quota_exceeded(found: &QuotaExceeded) -> Words {
    let parts: Vec<String> = found
        .exceeded
        .iter()
        .map(|q| {
            let name = &q.resource;
            format!("requested {name}={}, used {name}={}, limited {name}={}", q.asked, q.used, q.hard)
        })
        .collect();
    Words::new(format!("exceeded quota {}: {}", found.quota, parts.join("; ")))
}

fn quota_unspecified(found: &QuotaUnspecified) -> Words {
    let names = |containers: &[Symbol]| some(&containers.iter().map(|c| c.as_str()).collect::<Vec<_>>(), 3);
    let parts: Vec<String> = found
        .missing
        .iter()
        .map(|unset| format!("{} (not set by {})", unset.resource, names(&unset.containers)))
        .collect();
    Words::new(format!("quota {} requires every container to set {}", found.quota, parts.join(" and ")))
}

fn contradictions(found: &Contradictions) -> Words {
    let part = |c: &Contradicting| {
        let who = c.container.map_or_else(|| "the pod".to_owned(), |name| format!("container {name}"));
        let Contradicting { resource, amount, bound, .. } = c;
        match c.contradiction {
            Contradiction::RequestAboveLimit => {
                format!("{who} requests {amount} {resource}, above its limit of {bound}")
            }
            Contradiction::RequestBelowLimit => {
                format!("{who} requests {amount} {resource}, but the request must equal its limit of {bound}")
            }
            Contradiction::BelowContainers => {
                format!("{who} requests {amount} {resource}, but its containers request {bound}")
            }
            Contradiction::LimitAbovePod => {
                format!("{who} has a limit of {amount} {resource}, above the pod limit of {bound}")
            }
            Contradiction::LimitBelowContainers => {
                format!("{who} has a limit of {amount} {resource}, but its containers have a limit of {bound}")
            }
        }
    };
    Words::new(found.contradictions.iter().map(part).collect::<Vec<_>>().join("; "))
}

fn repeated_label_keys(found: &RepeatedLabelKeys) -> Words {
    let texts = found.terms.iter().map(|term| format!("label key {} appears twice in {}", term.key, term.field));
    Words::new(texts.collect::<Vec<_>>().join("; "))
}

fn repeated_host_ports(found: &RepeatedHostPorts) -> Words {
    let texts = found.ports.iter().map(|repeated| {
        format!(
            "container {} requests host port {}, which another container port of the pod already uses",
            repeated.container, repeated.port
        )
    });
    Words::new(texts.collect::<Vec<_>>().join("; "))
}
