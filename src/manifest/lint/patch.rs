//! Patches in the language of the document.

use serde_json::{Map, Value, json};

use crate::manifest::fields::snake;
use crate::manifest::input::Language;
use crate::yaml::{Node, Style, emit};

/// What to merge into the document to give a container these fields (in Kubernetes' spelling).
pub fn container_patch(language: Language, pod: &Node, container: &Node, in_init: bool, fields: Value) -> String {
    let name = crate::manifest::lint::containers::name_of(container);
    let list = |key| pod.get(key).map(Node::items).unwrap_or_default();
    let mut named = Map::from_iter([("name".to_owned(), name.into())]);
    let value = match language {
        Language::Apps => {
            named.extend(fields.as_object().cloned().unwrap_or_default());
            let list = if in_init { "initContainers" } else { "containers" };
            json!({"spec": {"template": {"spec": {list: [named]}}}})
        }
        Language::Spec => {
            let fields = snaked_keys(&fields, true);
            let first =
                list("containers").first().is_some_and(|c| crate::manifest::lint::containers::name_of(c) == name);
            named.extend(fields.as_object().cloned().unwrap_or_default());
            match (first, in_init) {
                (true, _) => json!({"spec": {"container": {"app": fields}}}),
                (false, true) => json!({"spec": {"pod": {"init_containers": [named]}}}),
                (false, false) => json!({"spec": {"container": {"sidecars": [named]}}}),
            }
        }
    };
    emit(&value, Style::Compact(100))
}

/// What to merge into the document to give the pod these fields (in Kubernetes' spelling).
pub fn pod_patch(language: Language, fields: Value) -> String {
    let value = match language {
        Language::Apps => json!({"spec": {"template": {"spec": fields}}}),
        Language::Spec => {
            let (mut spec, mut pod) = (Map::new(), Map::new());
            for (key, value) in fields.as_object().into_iter().flatten() {
                let direct = matches!(key.as_str(), "nodeSelector" | "tolerations" | "serviceAccountName");
                let to = if direct { &mut spec } else { &mut pod };
                to.insert(snake(key).into_owned(), snaked_keys(value, key != "nodeSelector"));
            }
            if !pod.is_empty() {
                spec.insert("pod".to_owned(), Value::Object(pod));
            }
            json!({ "spec": spec })
        }
    };
    emit(&value, Style::Compact(100))
}

/// What to merge into the DaemonSet itself.
pub fn spec_patch(language: Language, fields: Value) -> String {
    let fields = if language == Language::Spec { snaked_keys(&fields, true) } else { fields };
    emit(&json!({ "spec": fields }), Style::Compact(100))
}

/// What to merge into the document to take an annotation of the pods away.
pub fn annotation_patch(language: Language, key: &str) -> String {
    let annotations = json!({"annotations": {key: null}});
    let value = match language {
        Language::Apps => json!({"spec": {"template": {"metadata": annotations}}}),
        Language::Spec => json!({"spec": {"pod": annotations}}),
    };
    emit(&value, Style::Compact(100))
}

/// Field names in snake_case; names of resources, labels and variables, which are no field's, stay.
fn snaked_keys(value: &Value, rename: bool) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| {
                let users = matches!(
                    key.as_str(),
                    "requests" | "limits" | "nodeSelector" | "labels" | "matchLabels" | "variables"
                );
                (if rename { snake(key).into_owned() } else { key.clone() }, snaked_keys(value, rename && !users))
            })
            .collect(),
        Value::Array(items) => items.iter().map(|i| snaked_keys(i, rename)).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_the_user_stay_as_they_are() {
        let patch = pod_patch(Language::Spec, json!({"nodeSelector": {"exampleKey": "a"}, "hostPID": false}));
        assert_eq!(patch, "spec: {node_selector: {exampleKey: a}, pod: {host_pid: false}}\n");
    }
}
