//! Words what can deny or change the pods and was not asked.

use crate::explain::units::some;
use crate::findings::admission_gates::AdmissionGate;

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
        AdmissionGate::PodNodeSelector { namespace, annotation, selector } => (
            "admission plugin PodNodeSelector".to_owned(),
            format!(
                "namespace {namespace} has annotation {annotation}: {selector}; where the plugin is on, the pods get this \
                 nodeSelector and stay Pending on other nodes; {ASK}"
            ),
        ),
        AdmissionGate::DefaultPodSecurity { namespace, checks } => (
            format!("the default Pod Security level (namespace {namespace} has no label)"),
            format!("assumed privileged; baseline would forbid {}; {ASK}", some(checks, MAX_CHECKS)),
        ),
    }
}
