//! What is found about a DaemonSet as a whole, and about several documents.

use schemars::JsonSchema;
use serde::Serialize;

use crate::findings::amount::exact;
use crate::findings::difference::Difference;
use crate::model::Symbol;

crate::report::codes::pages! {
    QUOTA_ADMITS_SOME = 315, Error, "a quota admits only some of the pods",
    "The ResourceQuota admits fewer pods than there are eligible nodes. The order of creation decides which nodes get no pod.",
    "Raise the quota, lower the requests, or give the DaemonSet a namespace of its own.";
    ADOPTS = 509, Warning, "the DaemonSet adopts pods without a controller",
    "Pods without a controller match the selector. The DaemonSet adopts these pods, and replaces or deletes outdated and misplaced pods. Pods with the initial template generation (label `pod-template-generation`) count as up to date and stay, even if their spec differs.",
    "Choose a unique selector, relabel the pods first, or delete the pods so that the controller recreates them.";
    OVERLAPS = 510, Warning, "another workload's selector overlaps",
    "Another workload in the namespace selects the same pods. Each controller keeps the pods that it owns, but Services and tools that select by label match the pods of both, and either controller adopts orphaned pods.",
    "Choose a unique selector.";
}

/// The causes of this file (`cause/mod.rs` says what a line holds).
macro_rules! daemonset_causes {
    ($then:ident, $($rest:tt)*) => {
        $then! { $($rest)*
            /// The API server would change a pod of the template.
            AdmissionChange(daemonset::AdmissionChange): [CHANGED_BY_ADMISSION], Creation, Warning;
            /// A quota admits some of the pods.
            QuotaAdmits(daemonset::QuotaAdmits): [QUOTA_ADMITS_SOME], Creation;
            /// No node is eligible.
            NoNodeEligible(daemonset::NoNodeEligible): [NOTHING_MATCHES, ALL_EXCLUDED], Rollout;
            /// The controller counts other nodes than the rules.
            StatusDiffers(daemonset::StatusDiffers): [STATUS_DIFFERS], Rollout;
            /// The DaemonSet adopts orphan pods.
            Adoption(daemonset::Adoption): [ADOPTS], Rollout;
            /// Another workload selects the same pods.
            Overlap(daemonset::Overlap): [OVERLAPS], Rollout;
            /// The status counts pods that are not ready, and the pods cannot be listed.
            StatusNotReady(daemonset::StatusNotReady): [STATUS_NOT_READY], Rollout;
            /// Two documents use one host port.
            PortClash(daemonset::PortClash): [DO_NOT_FIT_TOGETHER], Rollout;
            /// Required anti-affinity keeps the pods of two documents apart.
            AntiAffinityClash(daemonset::AntiAffinityClash): [DO_NOT_FIT_TOGETHER], Rollout;
            /// The documents together need more than a node has.
            CapacityShort(daemonset::CapacityShort): [DO_NOT_FIT_TOGETHER], Rollout;
        }
    };
}
pub(crate) use daemonset_causes;

/// What the API server would change in a pod of the template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdmissionChange {
    /// The fields that differ.
    pub differences: Vec<Difference>,
    /// Whether a node is judged otherwise by the change.
    pub decides: bool,
}

/// A quota that admits fewer pods than there are eligible nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuotaAdmits {
    /// Its name.
    pub quota: Symbol,
    /// How many pods it admits.
    pub admits: u64,
    /// How many pods there should be.
    pub of: u64,
    /// The resource of which there is least.
    pub resource: Symbol,
    /// What each pod takes of it.
    pub asked: String,
    /// What is used.
    pub used: String,
    /// What may be used.
    pub hard: String,
    /// Whether claims that are created for each pod take the resource: the pods wait for their claims.
    pub of_claims: bool,
}

/// Why no node is eligible.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NoNodeEligible {
    /// The number of nodes.
    pub nodes: usize,
    /// How many of them only taints exclude.
    pub tainted: usize,
}

/// Two counts of eligible nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatusDiffers {
    /// The controller's.
    pub status: i64,
    /// The rules'.
    pub rules: usize,
    /// Whether the controller counts again only once something else happens: a taint came while a pod runs.
    #[serde(skip)]
    pub is_behind: bool,
}

/// Orphan pods that the selector matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Adoption {
    /// The first of them, as `namespace/name`.
    pub pods: Vec<String>,
    /// Their number.
    pub count: usize,
    /// How many of them the new DaemonSet would keep, because they look like pods of its first generation.
    #[serde(skip_serializing_if = "is_zero")]
    pub staying: usize,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Workloads of the namespace that select the same pods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Overlap {
    /// The first of them, as `kind name`.
    pub workloads: Vec<String>,
    /// Whether there are more.
    #[serde(skip)]
    pub has_more: bool,
}

/// Pods by the DaemonSet's status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatusNotReady {
    /// How many there should be.
    pub desired: i64,
    /// How many there are.
    pub created: i64,
    /// How many are ready.
    pub ready: i64,
    /// How many pods of the DaemonSet the source holds.
    pub listed: usize,
}

/// A host port that another document uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PortClash {
    /// The port, as `9100/TCP`.
    pub port: String,
    /// The other document.
    pub other: String,
}

/// Required anti-affinity between the pods of two documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AntiAffinityClash {
    /// The other document.
    pub other: String,
    /// The node label by which the pods keep apart.
    pub topology_key: Symbol,
    /// Whether the term is the other document's.
    pub by_other: bool,
}

/// A node on which each document fits, and not all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CapacityShort {
    /// The other documents that have a pod there.
    pub others: Vec<String>,
    /// What is missing.
    pub missing: Vec<Shortage>,
    /// The node.
    #[serde(skip)]
    pub node: Symbol,
}

/// How much of a resource is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(into = "ShownShortage")]
pub struct Shortage {
    /// The resource; `pods` for the number of pods.
    pub resource: Symbol,
    /// The amount, as the scheduler counts.
    pub amount: i64,
}

/// A shortage as the report has it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Shortage")]
struct ShownShortage {
    /// The resource; `pods` for the number of pods.
    resource: Symbol,
    /// The amount.
    amount: String,
}

impl From<Shortage> for ShownShortage {
    fn from(shortage: Shortage) -> Self {
        let Shortage { resource, amount } = shortage;
        ShownShortage { resource, amount: exact(resource, amount) }
    }
}
