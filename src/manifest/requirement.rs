//! Conditions on labels, of selectors and of node affinity, as a document writes them.

use crate::model::Symbol;
use crate::model::labels::{Operator, Requirement};
use crate::yaml::Node;

/// Whether a condition holds for labels; `None` if the condition cannot be read.
pub fn holds<'a>(condition: &Node, label: impl Fn(&str) -> Option<&'a str>) -> Option<bool> {
    let requirement = read(condition)?;
    Some(requirement.holds(label(requirement.key.as_str()).map(Symbol::new)))
}

/// Returns the condition; `None` if the condition cannot be read.
pub fn read(condition: &Node) -> Option<Requirement> {
    let key = condition.get("key")?.text()?;
    Some(Requirement { key: Symbol::new(key), operator: operator(condition)? })
}

fn operator(condition: &Node) -> Option<Operator> {
    let values = || condition.get("values").map(Node::items).unwrap_or_default().iter().filter_map(Node::text);
    let bound = || values().next().and_then(|text| text.parse().ok());
    Some(match condition.get("operator")?.text()? {
        "In" => Operator::In(values().map(Symbol::new).collect()),
        "NotIn" => Operator::NotIn(values().map(Symbol::new).collect()),
        "Exists" => Operator::Exists,
        "DoesNotExist" => Operator::DoesNotExist,
        "Gt" => bound().map_or(Operator::Invalid, Operator::Gt),
        "Lt" => bound().map_or(Operator::Invalid, Operator::Lt),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn operators_mean_what_kubernetes_means() {
        for (operator, values, present, absent) in [
            ("In", json!(["5", "b"]), Some(true), Some(false)),
            ("NotIn", json!(["5", "b"]), Some(false), Some(true)),
            ("Exists", json!([]), Some(true), Some(false)),
            ("DoesNotExist", json!([]), Some(false), Some(true)),
            ("Gt", json!(["4"]), Some(true), Some(false)),
            ("Gt", json!(["5"]), Some(false), Some(false)),
            ("Lt", json!(["6"]), Some(true), Some(false)),
            ("Lt", json!(["5"]), Some(false), Some(false)),
            ("Sometimes", json!([]), None, None),
        ] {
            let requirement = Node::from_json(&json!({"key": "a", "operator": operator, "values": values}));
            assert_eq!(holds(&requirement, |key| (key == "a").then_some("5")), present, "{operator}");
            assert_eq!(holds(&requirement, |_| None), absent, "{operator}");
        }
    }
}
