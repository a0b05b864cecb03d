//! Makes the evidence of why the API server denies the pod.

use crate::findings::amount::{amount, port_name};
use crate::findings::evidence::{
    Contradicting, Contradictions, Evidence, LimitRangeViolation, LimitRangeViolations, MissingPriorityClass,
    MissingRuntimeClass, MissingServiceAccount, NamespaceName, NoEvidence, PodSecurityViolation, PodSecurityViolations,
    PriorityMismatch, QuotaExceeded, QuotaForClass, QuotaName, QuotaShort, QuotaUnset, QuotaUnspecified,
    RepeatedHostPort, RepeatedHostPorts, RepeatedLabelKey, RepeatedLabelKeys, RuntimeClassConflict, SccRefusal,
    ServerAnswer, WebhookWithoutEndpoint,
};
use crate::model::{Quantity, Symbol};
use crate::rules::{Contradiction, CreationRefusal};

/// Returns the evidence of a refusal.
pub(super) fn of(refusal: &CreationRefusal, namespace: Symbol) -> Evidence {
    use CreationRefusal as R;
    match refusal {
        R::Answered { message } => ServerAnswer { message: message.clone() }.into(),
        R::NamespaceMissing | R::NamespaceTerminating => NamespaceName { namespace }.into(),
        R::ServiceAccountMissing { name } => MissingServiceAccount { service_account: *name, namespace }.into(),
        R::PriorityClassMissing { name } => MissingPriorityClass { priority_class: *name }.into(),
        R::PriorityMismatch { written, computed } => PriorityMismatch { written: *written, computed: *computed }.into(),
        R::PreemptionPolicyMismatch | R::OverheadMismatch => NoEvidence {}.into(),
        R::RuntimeClassMissing { name } => MissingRuntimeClass { runtime_class: *name }.into(),
        R::RuntimeClassConflict { key, class, pod } => {
            RuntimeClassConflict { key: *key, runtime_class: *class, template: *pod }.into()
        }
        R::LimitRange { range, violations } => {
            let violations = violations.iter().map(|violation| LimitRangeViolation {
                container: violation.container,
                resource: violation.resource,
                text: violation.text(),
            });
            LimitRangeViolations { limit_range: *range, violations: violations.collect() }.into()
        }
        R::PodSecurity { level, version, violations, .. } => {
            let violations = violations
                .iter()
                .map(|(check, detail)| PodSecurityViolation { check: check.clone(), detail: detail.clone() });
            PodSecurityViolations { level, version: version.clone(), violations: violations.collect() }.into()
        }
        R::QuotaExceeded { quota, exceeded } => {
            let short = |(resource, asked, used, hard): &(Symbol, Quantity, Quantity, Quantity)| {
                let [asked, used, hard] = [asked, used, hard].map(|quantity| amount(*resource, *quantity));
                QuotaShort { resource: *resource, asked, used, hard }
            };
            QuotaExceeded { quota: *quota, exceeded: exceeded.iter().map(short).collect() }.into()
        }
        R::QuotaUnspecified { quota, missing } => {
            let unset = |(resource, containers): &(Symbol, Vec<Symbol>)| QuotaUnset {
                resource: *resource,
                containers: containers.clone(),
            };
            QuotaUnspecified { quota: *quota, missing: missing.iter().map(unset).collect() }.into()
        }
        R::WebhookWithoutEndpoint { webhook, service: (service_namespace, service) } => {
            WebhookWithoutEndpoint { webhook: *webhook, service_namespace: *service_namespace, service: *service }
                .into()
        }
        R::SecurityContextConstraints { account, objections, others } => SccRefusal {
            service_account: *account,
            objections: objections.iter().map(|objection| objection.as_str()).collect(),
            others: others.clone(),
        }
        .into(),
        R::QuotaForClassMissing { class } => QuotaForClass { priority_class: *class, namespace }.into(),
        R::QuotaUnsynced { quota } => QuotaName { quota: *quota }.into(),
        R::Invalid { contradictions } => {
            let all = contradictions.iter().map(|c| Contradicting {
                container: c.container,
                resource: c.resource,
                kind: kind(c.kind),
                amount: amount(c.resource, c.amount),
                bound: amount(c.resource, c.bound),
                contradiction: c.kind,
            });
            Contradictions { contradictions: all.collect() }.into()
        }
        R::RepeatedLabelKeys { terms } => {
            let terms = terms.iter().map(|(field, key)| RepeatedLabelKey { field: field.clone(), key: *key });
            RepeatedLabelKeys { terms: terms.collect() }.into()
        }
        R::RepeatedHostPorts { ports } => {
            let ports =
                ports.iter().map(|(container, port)| RepeatedHostPort { container: *container, port: port_name(port) });
            RepeatedHostPorts { ports: ports.collect() }.into()
        }
    }
}

/// The kind's name in evidence.
fn kind(contradiction: Contradiction) -> &'static str {
    match contradiction {
        Contradiction::RequestAboveLimit => "requestAboveLimit",
        Contradiction::RequestBelowLimit => "requestBelowLimit",
        Contradiction::BelowContainers => "belowContainers",
        Contradiction::LimitAbovePod => "limitAbovePod",
        Contradiction::LimitBelowContainers => "limitBelowContainers",
    }
}
