//! Node affinity: which nodes a pod says it may run on.

use crate::model::Symbol;
use crate::model::labels::{Labels, Requirement};

/// `nodeSelector` and the required node affinity of a pod.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct NodeAffinity {
    /// Labels that must be there with just this value, by key.
    pub selector: Box<[(Symbol, Symbol)]>,
    /// The required terms, of which one must match; `None` where the pod requires none. An empty list matches no
    /// node.
    pub required: Option<Box<[NodeTerm]>>,
}

/// One term of the required node affinity: everything in it must hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NodeTerm {
    /// Requirements on the node's labels.
    pub expressions: Box<[Requirement]>,
    /// Requirements on the node's fields, of which `metadata.name` is the only one.
    pub fields: Box<[FieldRequirement]>,
    /// Whether the term can match at all: it holds something, and the API's parser takes all of it.
    pub usable: bool,
}

/// One requirement on a node's field: `In` or `NotIn` with just one value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FieldRequirement {
    /// The field; only `metadata.name` has a value.
    pub key: Symbol,
    /// Whether the field must differ (`NotIn`) rather than equal.
    pub negated: bool,
    /// The value.
    pub value: Symbol,
}

impl NodeAffinity {
    /// Whether the labels hold everything that `nodeSelector` asks.
    pub fn selector_matches(&self, labels: &Labels) -> bool {
        self.selector.iter().all(|(key, value)| labels.get(*key) == Some(*value))
    }
}

impl NodeTerm {
    /// Whether everything in the term holds for the node.
    pub fn matches(&self, name: Symbol, labels: &Labels) -> bool {
        self.usable && self.expressions.iter().all(|r| r.matches(labels)) && self.fields.iter().all(|f| f.matches(name))
    }
}

impl FieldRequirement {
    /// Whether the node's field is as asked. A field that nodes do not have is empty.
    pub fn matches(&self, name: Symbol) -> bool {
        let value = if self.key == *"metadata.name" { name.as_str() } else { "" };
        (value == self.value.as_str()) != self.negated
    }
}
