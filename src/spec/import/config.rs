//! ConfigMaps, ServiceAccount and rights that the spec takes in instead of referring to them.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::convert::{fields, put, take};

/// Objects among which those that belong to a DaemonSet are found.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// ConfigMaps, ServiceAccounts, Roles, their bindings; others are not looked at.
    pub objects: Vec<Value>,
}

impl Config {
    /// Takes in what `daemon_set` refers to.
    pub fn take_in(&self, spec: &mut Map<String, Value>, daemon_set: &Value, notes: &mut Vec<String>) {
        let namespace = daemon_set["metadata"]["namespace"].as_str();
        let pod = &daemon_set["spec"]["template"]["spec"];
        let mut maps = Map::new();
        let mut names = BTreeSet::new();
        referred(pod, &["configMap", "configMapRef", "configMapKeyRef"], &mut names);
        for object in self.of("ConfigMap", namespace).filter(|o| names.contains(name(o))) {
            maps.insert(name(object).to_owned(), config_map(object));
        }
        if !maps.is_empty() {
            spec.insert("config_maps".to_owned(), Value::Object(maps));
            // The pods are the same as before only without the checksum.
            spec.insert("roll_on_config_change".to_owned(), false.into());
        }
        let account = pod["serviceAccountName"].as_str().unwrap_or("default");
        if let Some(object) = self.of("ServiceAccount", namespace).find(|o| name(o) == account)
            && account != "default"
        {
            spec.insert("create_service_account".to_owned(), true.into());
            let annotations =
                object["metadata"].get("annotations").filter(|a| a.as_object().is_some_and(|m| !m.is_empty()));
            put(spec, "service_account_annotations", annotations.cloned());
        }
        self.rights(spec, account, namespace, notes);
        let mut secrets = BTreeSet::new();
        referred(pod, &["secret", "secretRef", "secretKeyRef"], &mut secrets);
        for secret in secrets {
            notes.push(format!("Secret {secret} is referred to; values of secrets are not imported"));
        }
    }

    fn rights(&self, spec: &mut Map<String, Value>, account: &str, namespace: Option<&str>, notes: &mut Vec<String>) {
        let bound = |binding: &&Value| {
            binding["subjects"].as_array().into_iter().flatten().any(|s| {
                let same_namespace = s.get("namespace").is_none_or(|n| namespace.is_none_or(|ns| n == ns));
                s["kind"] == "ServiceAccount" && s["name"] == account && same_namespace
            })
        };
        let mut rights = Map::new();
        for (binding_kind, key) in [("ClusterRoleBinding", "cluster_rules"), ("RoleBinding", "namespace_rules")] {
            let mut rules = Vec::new();
            for binding in self.of(binding_kind, namespace).filter(bound) {
                let role = &binding["roleRef"];
                let kind = role["kind"].as_str().unwrap_or_default();
                let found = self.of(kind, namespace).find(|o| role["name"] == name(o));
                match found.and_then(|r| r["rules"].as_array()) {
                    Some(list) => {
                        rules.extend(list.iter().map(rule));
                        notes.push(format!("{kind} {}: its rules are kept under another name", name(binding)));
                    }
                    None => notes.push(format!(
                        "{kind} {} is bound and not here: bind it yourself",
                        role["name"].as_str().unwrap_or("?")
                    )),
                }
            }
            put(&mut rights, key, (!rules.is_empty()).then_some(Value::Array(rules)));
        }
        put(spec, "rbac", (!rights.is_empty()).then_some(Value::Object(rights)));
    }

    /// Objects of a kind that are cluster-wide or in the namespace.
    fn of(&self, kind: &str, namespace: Option<&str>) -> impl Iterator<Item = &Value> {
        self.objects.iter().filter(move |o| {
            let theirs = o["metadata"].get("namespace").and_then(Value::as_str);
            o["kind"] == kind && (theirs.is_none() || namespace.is_none() || theirs == namespace)
        })
    }
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

/// The names under any of these keys, however deep.
fn referred(value: &Value, keys: &[&str], out: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                if keys.contains(&key.as_str()) {
                    let named = value.get("name").or_else(|| value.get("secretName")).and_then(Value::as_str);
                    out.extend(named.map(str::to_owned));
                }
                referred(value, keys, out);
            }
        }
        Value::Array(items) => items.iter().for_each(|i| referred(i, keys, out)),
        _ => {}
    }
}

/// One text under the ConfigMap's own name is that text; everything else is kept in parts.
fn config_map(object: &Value) -> Value {
    let mut parts = fields(Some(object.clone()));
    let data = fields(take(&mut parts, "data"));
    let mut out = Map::new();
    put(&mut out, "binary_data", take(&mut parts, "binaryData"));
    put(&mut out, "immutable", take(&mut parts, "immutable"));
    let mut metadata = fields(take(&mut parts, "metadata"));
    for key in ["labels", "annotations"] {
        let mut kept = fields(take(&mut metadata, key));
        kept.retain(|k, _| k != "kubectl.kubernetes.io/last-applied-configuration");
        put(&mut out, key, (!kept.is_empty()).then_some(Value::Object(kept)));
    }
    match (data.len(), data.get(name(object))) {
        (1, Some(Value::String(text))) if out.is_empty() => json!(text),
        _ => {
            let mut all = Map::from_iter([("data".to_owned(), Value::Object(data))]);
            all.append(&mut out);
            Value::Object(all)
        }
    }
}

fn rule(rule: &Value) -> Value {
    let keys = [
        ("apiGroups", "api_groups"),
        ("resources", "resources"),
        ("verbs", "verbs"),
        ("resourceNames", "resource_names"),
        ("nonResourceURLs", "non_resource_urls"),
    ];
    let kept = keys.iter().filter_map(|(from, to)| Some(((*to).to_owned(), rule.get(*from)?.clone())));
    Value::Object(kept.collect())
}
