//! Conditions on labels, of selectors and of node affinity.

use crate::yaml::Node;

/// Whether a condition holds for labels; `None` where it is not one that can be read.
pub fn holds<'a>(requirement: &Node, label: impl Fn(&str) -> Option<&'a str>) -> Option<bool> {
    let value = label(requirement.get("key")?.text()?);
    let values = requirement.get("values").map(Node::items).unwrap_or_default();
    let among = value.is_some_and(|v| values.iter().any(|n| n.text() == Some(v)));
    let numbers = || value?.parse::<i64>().ok().zip(values.first()?.text()?.parse::<i64>().ok());
    match requirement.get("operator")?.text()? {
        "In" => Some(among),
        "NotIn" => Some(!among),
        "Exists" => Some(value.is_some()),
        "DoesNotExist" => Some(value.is_none()),
        "Gt" => Some(numbers().is_some_and(|(have, bound)| have > bound)),
        "Lt" => Some(numbers().is_some_and(|(have, bound)| have < bound)),
        _ => None,
    }
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
