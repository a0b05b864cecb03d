//! Evidence of why the API server denies the pod.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::Symbol;
use crate::rules::Contradiction;

/// The API server's answer to a dry run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ServerAnswer {
    /// Its message.
    pub message: String,
}

/// The namespace of the DaemonSet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NamespaceName {
    /// Its name.
    pub namespace: Symbol,
}

/// A ServiceAccount that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MissingServiceAccount {
    /// Its name.
    pub service_account: Symbol,
    /// The namespace of the DaemonSet.
    pub namespace: Symbol,
}

/// A PriorityClass that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MissingPriorityClass {
    /// Its name.
    pub priority_class: Symbol,
}

/// A priority that differs from the PriorityClass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PriorityMismatch {
    /// What the template sets.
    pub written: i32,
    /// What the PriorityClass sets.
    pub computed: i32,
}

/// A RuntimeClass that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MissingRuntimeClass {
    /// Its name.
    pub runtime_class: Symbol,
}

/// A label of which RuntimeClass and template require different values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RuntimeClassConflict {
    /// The label's key.
    pub key: Symbol,
    /// The value that the RuntimeClass requires.
    pub runtime_class: Symbol,
    /// The value that the template requires.
    pub template: Symbol,
}

/// What a LimitRange forbids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LimitRangeViolations {
    /// The LimitRange.
    pub limit_range: Symbol,
    /// Everything that it forbids.
    pub violations: Vec<LimitRangeViolation>,
}

/// One amount that a LimitRange forbids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LimitRangeViolation {
    /// The container; null for the pod as a whole.
    pub container: Option<Symbol>,
    /// The resource.
    pub resource: Symbol,
    /// The API server's sentence.
    pub text: String,
}

/// What Pod Security forbids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PodSecurityViolations {
    /// The level that is enforced.
    pub level: &'static str,
    /// The version of the checks: `latest` or `v1.N`.
    pub version: String,
    /// Each check that fails.
    pub violations: Vec<PodSecurityViolation>,
}

/// A check of Pod Security that fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PodSecurityViolation {
    /// The check, in the API server's words.
    pub check: String,
    /// What fails the check, in the API server's words.
    pub detail: String,
}

/// A quota that has too little left for the pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct QuotaExceeded {
    /// The quota.
    pub quota: Symbol,
    /// Each resource that is short.
    pub exceeded: Vec<QuotaShort>,
}

/// A resource of a quota that is short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct QuotaShort {
    /// The resource.
    pub resource: Symbol,
    /// What the pod needs.
    pub asked: String,
    /// What is used.
    pub used: String,
    /// What the quota admits.
    pub hard: String,
}

/// A quota that requires amounts that containers do not set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct QuotaUnspecified {
    /// The quota.
    pub quota: Symbol,
    /// Each resource that is not set.
    pub missing: Vec<QuotaUnset>,
}

/// A resource of a quota that containers do not set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct QuotaUnset {
    /// The resource.
    pub resource: Symbol,
    /// The containers.
    pub containers: Vec<Symbol>,
}

/// A quota.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct QuotaName {
    /// Its name.
    pub quota: Symbol,
}

/// Requests and limits that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Contradictions {
    /// Each contradiction.
    pub contradictions: Vec<Contradicting>,
}

/// A request or limit that another amount forbids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Contradicting {
    /// The container; null for the pod as a whole.
    pub container: Option<Symbol>,
    /// The resource.
    pub resource: Symbol,
    /// What contradicts what: `requestAboveLimit`, `requestBelowLimit`, `belowContainers`, `limitAbovePod` or
    /// `limitBelowContainers`.
    pub kind: &'static str,
    /// The amount that is set.
    pub amount: String,
    /// The amount that forbids it.
    pub bound: String,
    /// The kind as the rules have it.
    #[serde(skip)]
    pub contradiction: Contradiction,
}

/// Terms that have a label key twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RepeatedLabelKeys {
    /// Each term.
    pub terms: Vec<RepeatedLabelKey>,
}

/// A term that has a label key twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RepeatedLabelKey {
    /// Where the term is in the pod's spec.
    pub field: String,
    /// The key.
    pub key: Symbol,
}

/// Host ports that the pod uses twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RepeatedHostPorts {
    /// Each port.
    pub ports: Vec<RepeatedHostPort>,
}

/// A host port that the pod uses twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RepeatedHostPort {
    /// The container that repeats it.
    pub container: Symbol,
    /// The port, as `9100/TCP`.
    pub port: String,
}

/// A PriorityClass that the server admits only in namespaces with a quota for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuotaForClass {
    /// The class.
    pub priority_class: Symbol,
    /// The namespace of the DaemonSet.
    pub namespace: Symbol,
}

/// SecurityContextConstraints that do not admit the pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SccRefusal {
    /// The ServiceAccount of the pods.
    pub service_account: Symbol,
    /// What those object to that the account may use, in the API's words.
    pub objections: Vec<&'static str>,
    /// Others that would admit the pod, and that the account may not use.
    pub others: Vec<Symbol>,
}

/// A webhook that cannot be called, since its Service has no endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookWithoutEndpoint {
    /// The webhook.
    pub webhook: Symbol,
    /// The namespace of its Service.
    pub service_namespace: Symbol,
    /// The Service.
    pub service: Symbol,
}
