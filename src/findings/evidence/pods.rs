//! Evidence of refusals because of other pods: spread constraints, affinity and anti-affinity terms.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::Symbol;

/// A label by which pods are spread, and which the node lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SpreadLabel {
    /// The label's key.
    pub topology_key: Symbol,
}

/// A domain that pods of the DaemonSet itself have taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SpreadDomain {
    /// The label by which domains are made.
    pub topology_key: Symbol,
    /// The node's domain.
    pub domain: Symbol,
}

/// A domain with too many pods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SpreadSkew {
    /// The label by which domains are made.
    pub topology_key: Symbol,
    /// The node's domain.
    pub domain: Symbol,
    /// How many matching pods it has.
    pub count: i64,
    /// How many the domain with the fewest has.
    pub least: i64,
    /// By how many a domain may have more.
    pub max_skew: i64,
    /// How many domains there must be.
    pub min_domains: i32,
}

/// A required affinity to pods of which none is in the domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PodAffinity {
    /// The label by which domains are made.
    pub topology_key: Symbol,
    /// The node's domain; null if the node lacks the label.
    pub domain: Option<Symbol>,
    /// The pods that the term selects; null if the term is not known.
    pub pods: Option<OtherPods>,
}

/// A required anti-affinity, of the template or of another pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PodAntiAffinity {
    /// The label by which domains are made.
    pub topology_key: Symbol,
    /// The first of the conflicting pods, as `namespace/name`; null for a pod of this DaemonSet that does not exist yet.
    pub holder: Option<String>,
    /// The pods that the term selects; null if the term is not known.
    pub pods: Option<OtherPods>,
}

/// The pods that a term of pod affinity or anti-affinity selects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OtherPods {
    /// The labels, as `app=db, tier In [a, b]`; empty for any labels, null if the term has no labelSelector and selects none.
    pub labels: Option<String>,
    /// The namespaces by name; none for the namespace of the pod that has the term.
    pub namespaces: Vec<Symbol>,
    /// The namespaces by label; empty for every namespace, null if the term has no namespaceSelector.
    pub namespace_labels: Option<String>,
}
