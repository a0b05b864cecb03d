//! Explains why the API server rejects the pod.

use serde_json::{Value, json};

use crate::explain::units::some;
use crate::explain::{Explanation, port_name};
use crate::findings::amount::amount;
use crate::model::{DaemonSet, Symbol};
use crate::rules::{Contradiction, CreationRefusal, LimitViolation};

pub(crate) fn refusal(refusal: &CreationRefusal, daemon_set: &DaemonSet) -> Explanation {
    use CreationRefusal as R;
    let namespace = daemon_set.namespace;
    match refusal {
        R::Answered { message } => {
            Explanation::new(format!("the API server rejected a dry-run pod: {message}"), json!({ "message": message }))
                .note("the dry run stored nothing and used your permissions, not the permissions of the controller")
        }
        R::NamespaceMissing => {
            Explanation::new(format!("namespace {namespace} does not exist"), json!({ "namespace": namespace }))
        }
        R::NamespaceTerminating => Explanation::new(
            format!("namespace {namespace} is being deleted (Terminating)"),
            json!({ "namespace": namespace }),
        ),
        R::ServiceAccountMissing { name } => Explanation::new(
            format!("ServiceAccount {name} does not exist in namespace {namespace}"),
            json!({ "serviceAccount": name, "namespace": namespace }),
        ),
        R::PriorityClassMissing { name } => {
            Explanation::new(format!("PriorityClass {name} does not exist"), json!({ "priorityClass": name }))
        }
        R::PriorityMismatch { written, computed } => Explanation::new(
            format!("the template sets priority {written}, but its PriorityClass sets {computed}"),
            json!({ "written": written, "computed": computed }),
        ),
        R::PreemptionPolicyMismatch => {
            Explanation::new("preemptionPolicy of the template differs from its PriorityClass", Value::Null)
        }
        R::RuntimeClassMissing { name } => {
            Explanation::new(format!("RuntimeClass {name} does not exist"), json!({ "runtimeClass": name }))
        }
        R::RuntimeClassConflict { key, class, pod } => Explanation::new(
            format!("the RuntimeClass requires {key}={class}, but nodeSelector of the template requires {key}={pod}"),
            json!({ "key": key, "runtimeClass": class, "template": pod }),
        ),
        R::OverheadMismatch => Explanation::new("overhead of the template differs from its RuntimeClass", Value::Null),
        R::LimitRange { range, violations } => {
            let texts: Vec<String> = violations.iter().map(LimitViolation::text).collect();
            let told =
                violations.iter().map(|v| json!({"container": v.container, "resource": v.resource, "text": v.text()}));
            Explanation::new(
                format!("LimitRange {range} forbids the pod: {}", some(&texts, 2)),
                json!({ "limitRange": range, "violations": told.collect::<Vec<_>>() }),
            )
        }
        R::PodSecurity { level, version, violations, unknown_level } => {
            let texts: Vec<String> = violations
                .iter()
                .map(|(check, what)| if what.is_empty() { check.clone() } else { format!("{check} ({what})") })
                .collect();
            let told = violations.iter().map(|(check, what)| json!({"check": check, "detail": what}));
            let told = Explanation::new(
                format!("Pod Security {level}:{version} of namespace {namespace} forbids {}", some(&texts, 4)),
                json!({ "level": level, "version": version, "violations": told.collect::<Vec<_>>() }),
            );
            match unknown_level {
                Some(level) => told.note(format!("the unknown level {level} is enforced as restricted")),
                None => told,
            }
        }
        R::QuotaExceeded { quota, exceeded } => {
            let parts: Vec<String> = exceeded
                .iter()
                .map(|(name, asked, used, hard)| {
                    let [asked, used, hard] = [asked, used, hard].map(|q| amount(*name, *q));
                    format!("the pod needs {asked} {name}, but {used} of {hard} is used")
                })
                .collect();
            let told = exceeded.iter().map(|(name, asked, used, hard)| {
                let [asked, used, hard] = [asked, used, hard].map(|q| amount(*name, *q));
                json!({"resource": name, "asked": asked, "used": used, "hard": hard})
            });
            Explanation::new(
                format!("exceeded quota {quota}: {}", parts.join("; ")),
                json!({ "quota": quota, "exceeded": told.collect::<Vec<_>>() }),
            )
        }
        R::QuotaUnspecified { quota, missing } => {
            let names = |containers: &[Symbol]| some(&containers.iter().map(|c| c.as_str()).collect::<Vec<_>>(), 3);
            let parts: Vec<String> =
                missing.iter().map(|(name, containers)| format!("{name} (not set by {})", names(containers))).collect();
            let told = missing.iter().map(|(name, containers)| json!({"resource": name, "containers": containers}));
            Explanation::new(
                format!("quota {quota} requires every container to set {}", parts.join(" and ")),
                json!({ "quota": quota, "missing": told.collect::<Vec<_>>() }),
            )
        }
        R::Invalid { contradictions } => {
            let part = |c: &crate::rules::ResourceContradiction| {
                let who = c.container.map_or_else(|| "the pod".to_owned(), |name| format!("container {name}"));
                let (given, bound) = (amount(c.resource, c.amount), amount(c.resource, c.bound));
                let resource = c.resource;
                match c.kind {
                    Contradiction::RequestAboveLimit => {
                        format!("{who} requests {given} {resource}, above its limit of {bound}")
                    }
                    Contradiction::RequestBelowLimit => {
                        format!("{who} requests {given} {resource}, but the request must equal its limit of {bound}")
                    }
                    Contradiction::BelowContainers => {
                        format!("{who} requests {given} {resource}, but its containers request {bound}")
                    }
                    Contradiction::LimitAbovePod => {
                        format!("{who} has a limit of {given} {resource}, above the pod limit of {bound}")
                    }
                    Contradiction::LimitBelowContainers => {
                        format!("{who} has a limit of {given} {resource}, but its containers have a limit of {bound}")
                    }
                }
            };
            let texts: Vec<String> = contradictions.iter().map(part).collect();
            Explanation::new(texts.join("; "), json!({ "contradictions": texts }))
        }
        R::RepeatedLabelKeys { terms } => {
            let texts = terms.iter().map(|(field, key)| format!("{key} appears twice in {field}"));
            let told = terms.iter().map(|(field, key)| json!({"field": field, "key": key}));
            Explanation::new(texts.collect::<Vec<_>>().join("; "), json!({ "terms": told.collect::<Vec<_>>() }))
        }
        R::RepeatedHostPorts { ports } => {
            let texts = ports.iter().map(|(name, port)| {
                format!(
                    "container {name} requests host port {}, which another container port of the pod already uses",
                    port_name(port)
                )
            });
            let told = ports.iter().map(|(name, port)| json!({"container": name, "port": port_name(port)}));
            Explanation::new(texts.collect::<Vec<_>>().join("; "), json!({ "ports": told.collect::<Vec<_>>() }))
        }
        R::QuotaUnsynced { quota } => {
            let message = format!("quota {quota} has no recorded usage yet: its controller has not counted the pods");
            Explanation::new(message, json!({ "quota": quota }))
        }
    }
}
