//! Evidence of why the DaemonSet controller creates no pod on a node.

use schemars::JsonSchema;
use serde::Serialize;

use crate::findings::cause::TaintEvidence;
use crate::findings::evidence::counts::Counts;
use crate::findings::taint_origin;
use crate::model::{Symbol, Taint};

/// The node that `spec.nodeName` of the template names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NodeName {
    /// Its name.
    pub wanted: Symbol,
}

/// A label of a nodeSelector on one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NodeSelector {
    /// The label's key.
    pub key: Symbol,
    /// The required value.
    pub wanted: Symbol,
    /// The node's value; null if the node lacks the label.
    pub actual: Option<Symbol>,
}

/// A label of a nodeSelector on several nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NodeSelectors {
    /// The label's key.
    pub key: Symbol,
    /// The required value.
    pub wanted: Symbol,
    /// The most frequent values with the number of nodes of each.
    pub actual: Counts,
    /// How many nodes lack the label.
    pub missing: usize,
    /// How many different values there are.
    #[serde(skip)]
    pub values: usize,
}

/// The required node affinity on one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NodeAffinity {
    /// How many terms it has; one must match.
    pub terms: usize,
    /// The failing requirements of the term of which the fewest fail; absent if no term can match any node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fails: Option<Vec<FailedRequirement>>,
    /// The failing requirements of each term that can match a node.
    #[serde(skip)]
    pub each: Vec<Vec<FailedRequirement>>,
}

/// The required node affinity on several nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NodeAffinities {
    /// How many terms it has; one must match.
    pub terms: usize,
    /// What fails: first where the fewest requirements fail, then the most frequent.
    pub fails: Vec<FailedTerm>,
    /// How many different sets of requirements fail.
    #[serde(skip)]
    pub reasons: usize,
    /// How many terms can match a node.
    #[serde(skip)]
    pub usable: usize,
}

/// Requirements that fail on the same nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FailedTerm {
    /// The requirements of the nearest term; none if no term can match any node.
    pub requirements: Vec<FailedRequirement>,
    /// On how many nodes they fail.
    pub nodes: usize,
}

/// A requirement of a node affinity term that a node does not meet.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct FailedRequirement {
    /// The requirement: `disk In [ssd]`.
    pub requirement: String,
    /// The requirement with a long list counted.
    #[serde(skip)]
    pub brief: String,
    /// The label that the node has, `key=value`, or its name if the requirement is about a field; null if the node lacks
    /// the label.
    pub actual: Option<String>,
    /// Whether the requirement is about a field of the node.
    #[serde(skip)]
    pub is_field: bool,
}

/// A node selector of the namespace, which OpenShift's controller reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProjectSelector {
    /// The annotation of the namespace.
    pub annotation: Symbol,
    /// The selector that the annotation holds.
    pub selector: Symbol,
}

/// A taint that the pods do not tolerate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UntoleratedTaint {
    /// The taint.
    pub taint: TaintEvidence,
    /// Whether the taint is about a state of the node that passes.
    pub passes: bool,
}

impl From<&Taint> for UntoleratedTaint {
    fn from(taint: &Taint) -> Self {
        UntoleratedTaint { taint: (*taint).into(), passes: taint_origin::origin(taint).passes() }
    }
}
