//! Selectors, node affinity, taints and tolerations.

use serde::Deserialize;

use crate::model::Symbol;
use crate::model::affinity::{FieldRequirement, NodeAffinity, NodeTerm};
use crate::model::labels::{Operator, Requirement, Selector, is_label_key, is_label_value};
use crate::model::nullable::Nullable;
use crate::model::taint::{Effect, Taint, Toleration, TolerationOperator};
use crate::model::wire::meta::{Pairs, Time, non_empty};

/// A label selector.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelSelector {
    match_labels: Pairs,
    match_expressions: Nullable<Vec<Expression>>,
}

/// One expression of a selector or of node affinity.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Expression {
    key: Nullable<Symbol>,
    operator: Nullable<String>,
    values: Nullable<Vec<Symbol>>,
}

impl From<LabelSelector> for Selector {
    fn from(wire: LabelSelector) -> Self {
        let labels = wire.match_labels.0.into_iter();
        let labels = labels.map(|(key, value)| Requirement { key, operator: Operator::In([value].into()) });
        Selector { requirements: labels.chain(wire.match_expressions.0.into_iter().map(Requirement::from)).collect() }
    }
}

impl From<Expression> for Requirement {
    /// Narrows by the rules of the API's parser: what it refuses becomes [`Operator::Invalid`].
    fn from(wire: Expression) -> Self {
        let values = wire.values.0;
        let valid = is_label_key(wire.key.as_str()) && values.iter().all(|v| is_label_value(v.as_str()));
        let integer = || match values.as_slice() {
            [value] => value.as_str().parse::<i64>().ok(),
            _ => None,
        };
        let operator = match wire.operator.as_str() {
            _ if !valid => None,
            "In" if !values.is_empty() => Some(Operator::In(values.into())),
            "NotIn" if !values.is_empty() => Some(Operator::NotIn(values.into())),
            "Exists" if values.is_empty() => Some(Operator::Exists),
            "DoesNotExist" if values.is_empty() => Some(Operator::DoesNotExist),
            "Gt" => integer().map(Operator::Gt),
            "Lt" => integer().map(Operator::Lt),
            _ => None,
        };
        Requirement { key: wire.key.0, operator: operator.unwrap_or(Operator::Invalid) }
    }
}

/// A node selector: terms of which one must match.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSelector {
    pub node_selector_terms: Nullable<Vec<NodeSelectorTerm>>,
}

/// One term of it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSelectorTerm {
    match_expressions: Nullable<Vec<Expression>>,
    match_fields: Nullable<Vec<Expression>>,
}

impl NodeSelectorTerm {
    /// The one node that `metadata.name In` names, if this term does so.
    pub fn named_node(&self) -> Option<Symbol> {
        let field = self.match_fields.iter().find(|f| *f.key == *"metadata.name" && f.operator.as_str() == "In")?;
        match field.values.as_slice() {
            [name] => Some(*name),
            _ => None,
        }
    }
}

impl From<NodeSelectorTerm> for NodeTerm {
    fn from(wire: NodeSelectorTerm) -> Self {
        let empty = wire.match_expressions.is_empty() && wire.match_fields.is_empty();
        let expressions: Box<[Requirement]> = wire.match_expressions.0.into_iter().map(Requirement::from).collect();
        let fields: Option<Box<[FieldRequirement]>> = wire.match_fields.0.into_iter().map(field_requirement).collect();
        let usable = !empty && fields.is_some() && expressions.iter().all(|r| r.operator != Operator::Invalid);
        NodeTerm { expressions, fields: fields.unwrap_or_default(), usable }
    }
}

fn field_requirement(wire: Expression) -> Option<FieldRequirement> {
    let negated = match wire.operator.as_str() {
        "In" => false,
        "NotIn" => true,
        _ => return None,
    };
    match wire.values.as_slice() {
        [value] => Some(FieldRequirement { key: wire.key.0, negated, value: *value }),
        _ => None,
    }
}

impl From<NodeSelector> for Box<[NodeTerm]> {
    fn from(wire: NodeSelector) -> Self {
        wire.node_selector_terms.0.into_iter().map(NodeTerm::from).collect()
    }
}

/// `nodeSelector` and required terms as facts.
pub fn node_affinity(selector: Pairs, required: Option<NodeSelector>) -> NodeAffinity {
    NodeAffinity { selector: selector.0.into(), required: required.map(Into::into) }
}

/// A taint.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WireTaint {
    key: Nullable<Symbol>,
    value: Nullable<Symbol>,
    effect: Nullable<String>,
    time_added: Time,
}

impl WireTaint {
    /// Its key and effect with the time since when it stands there, if it says so.
    pub fn added(&self) -> Option<(Symbol, Effect, i64)> {
        Some((self.key.0, Effect::parse(&self.effect)?, self.time_added.0?))
    }

    /// The taint, unless its effect is one that Kubernetes does not know, which keeps nothing away.
    pub fn narrow(self) -> Option<Taint> {
        Some(Taint { key: self.key.0, value: self.value.0, effect: Effect::parse(&self.effect)? })
    }
}

/// A toleration.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WireToleration {
    key: Option<Symbol>,
    operator: Option<Symbol>,
    value: Nullable<Symbol>,
    effect: Option<Symbol>,
    toleration_seconds: Option<i64>,
}

impl From<WireToleration> for Toleration {
    fn from(wire: WireToleration) -> Self {
        let operator = non_empty(wire.operator);
        Toleration {
            key: non_empty(wire.key),
            operator: match operator.map(Symbol::as_str) {
                None | Some("Equal") => TolerationOperator::Equal,
                Some("Exists") => TolerationOperator::Exists,
                Some(other) => TolerationOperator::Other(Symbol::new(other)),
            },
            operator_omitted: operator.is_none(),
            value: wire.value.0,
            effect: non_empty(wire.effect).map(|e| Effect::parse(e.as_str()).ok_or(e)),
            seconds: wire.toleration_seconds,
        }
    }
}
