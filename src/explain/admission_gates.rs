//! Words what can deny or change the pods and was not asked.

use crate::explain::units::some;
use crate::findings::admission_gates::AdmissionGate;
use crate::model::wire::meta::TOLERATIONS_WHITELIST;
use crate::rules::admission::hooks::CaughtBy;
use crate::store::Coverage;

/// How the API server itself is asked.
const ASK: &str = "`--probe-admission` asks the API server";

/// Checks of a Pod Security level that are named.
const MAX_CHECKS: usize = 3;

/// Returns what was not asked, and what it could do.
pub fn tell(gate: &AdmissionGate) -> (String, String) {
    match gate {
        AdmissionGate::Autopilot => (
            "GKE Autopilot (webhook Warden)".to_owned(),
            format!(
                "Warden denies pods with hostNetwork, privileged containers, host ports or hostPath volumes; {ASK}"
            ),
        ),
        AdmissionGate::Webhook(caught) => webhook(caught),
        AdmissionGate::Policy(caught) => policy(caught),
        AdmissionGate::HooksNotRead(coverage) => {
            let why = match coverage {
                Coverage::NotCollected | Coverage::Whole => "not read".to_owned(),
                denied => denied.to_string(),
            };
            ("admission webhooks and policies".to_owned(), format!("{why}; {ASK}"))
        }
        AdmissionGate::SecurityContextConstraints { account, checks } => (
            "SecurityContextConstraints (SCC) of OpenShift".to_owned(),
            format!(
                "the pod needs an SCC that allows {} and that ServiceAccount {account} may use; {ASK}",
                some(checks, MAX_CHECKS)
            ),
        ),
        AdmissionGate::PodNodeSelector { namespace, annotation, selector } => (
            "admission plugin PodNodeSelector".to_owned(),
            format!(
                "namespace {namespace} has annotation {annotation}: {selector}; where the plugin is on, the pods get this \
                 nodeSelector and stay Pending on other nodes; {ASK}"
            ),
        ),
        AdmissionGate::PodTolerationRestriction { namespace } => (
            "admission plugin PodTolerationRestriction".to_owned(),
            format!(
                "namespace {namespace} has annotation {TOLERATIONS_WHITELIST}; where the plugin is on, it denies the pods unless \
                 the list has every toleration that the DaemonSet controller adds; {ASK}"
            ),
        ),
        AdmissionGate::DefaultPodSecurity { namespace, checks } => (
            format!("the default Pod Security level (namespace {namespace} has no label)"),
            format!("assumed privileged; baseline would forbid {}; {ASK}", some(checks, MAX_CHECKS)),
        ),
    }
}

fn webhook(caught: &CaughtBy) -> (String, String) {
    let kind = if caught.mutates { "mutating webhook" } else { "validating webhook" };
    let fails = match caught.fails {
        true => "failurePolicy: Fail",
        false => "failurePolicy: Ignore",
    };
    let endpoint = match caught.has_endpoint {
        Some(true) => "; its Service has a ready endpoint",
        Some(false) => "; its Service has no ready endpoint",
        None => "",
    };
    let does = if caught.mutates { "can change or deny the pods" } else { "can deny the pods" };
    (format!("{kind} {}", caught.name), format!("{does}{}; {fails}{endpoint}; {ASK}", conditions(caught)))
}

fn policy(caught: &CaughtBy) -> (String, String) {
    let kind = if caught.mutates { "MutatingAdmissionPolicy" } else { "ValidatingAdmissionPolicy" };
    let does = if caught.mutates { "can change the pods" } else { "can deny the pods" };
    let param = caught.param.map_or_else(String::new, |param| format!(" with parameters {param}"));
    let does = format!("{does}{}{param}", conditions(caught));
    (format!("{kind} {}", caught.name), format!("{does}; its expressions are not evaluated; {ASK}"))
}

fn conditions(caught: &CaughtBy) -> &'static str {
    if caught.is_conditional { " if its matchConditions hold" } else { "" }
}
