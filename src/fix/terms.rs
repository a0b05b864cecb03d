//! Tolerations and terms of node affinity as Kubernetes writes them.

use serde_json::{Map, Value, json};

use crate::model::affinity::NodeTerm;
use crate::model::labels::{Operator, Requirement};
use crate::model::taint::TolerationOperator;
use crate::model::{DaemonSet, Toleration};

/// A toleration as it is written.
pub fn toleration(toleration: &Toleration) -> Value {
    let mut map = Map::new();
    let mut set = |key: &str, value: Value| drop(map.insert(key.to_owned(), value));
    if let Some(key) = toleration.key {
        set("key", json!(key));
    }
    match toleration.operator {
        TolerationOperator::Exists => set("operator", json!("Exists")),
        TolerationOperator::Equal if toleration.operator_omitted => {}
        TolerationOperator::Equal => set("operator", json!("Equal")),
        TolerationOperator::Other(operator) => set("operator", json!(operator)),
    }
    if !toleration.value.as_str().is_empty() {
        set("value", json!(toleration.value));
    }
    match toleration.effect {
        Some(Ok(effect)) => set("effect", json!(effect.as_str())),
        Some(Err(effect)) => set("effect", json!(effect)),
        None => {}
    }
    if let Some(seconds) = toleration.seconds {
        set("tolerationSeconds", json!(seconds));
    }
    Value::Object(map)
}

/// The required terms of the node affinity. `None` where one cannot be written as it was.
pub fn node_terms(fixed: &DaemonSet) -> Option<Vec<Value>> {
    fixed.template.spec.node_affinity.required.as_deref()?.iter().map(node_term).collect()
}

/// `None` for a term that cannot be written as it was.
pub fn node_term(term: &NodeTerm) -> Option<Value> {
    let expressions = term.expressions.iter().map(requirement).collect::<Option<Vec<Value>>>()?;
    let fields = term
        .fields
        .iter()
        .map(|f| json!({"key": f.key, "operator": if f.negated { "NotIn" } else { "In" }, "values": [f.value]}));
    let fields: Vec<Value> = fields.collect();
    let mut map = Map::new();
    if !expressions.is_empty() {
        map.insert("matchExpressions".to_owned(), Value::Array(expressions));
    }
    if !fields.is_empty() {
        map.insert("matchFields".to_owned(), Value::Array(fields));
    }
    Some(Value::Object(map))
}

fn requirement(requirement: &Requirement) -> Option<Value> {
    let key = requirement.key;
    Some(match &requirement.operator {
        Operator::In(values) => json!({"key": key, "operator": "In", "values": values}),
        Operator::NotIn(values) => json!({"key": key, "operator": "NotIn", "values": values}),
        Operator::Exists => json!({"key": key, "operator": "Exists"}),
        Operator::DoesNotExist => json!({"key": key, "operator": "DoesNotExist"}),
        Operator::Gt(bound) => json!({"key": key, "operator": "Gt", "values": [bound.to_string()]}),
        Operator::Lt(bound) => json!({"key": key, "operator": "Lt", "values": [bound.to_string()]}),
        Operator::Invalid => return None,
    })
}
