//! ConfigMaps, ServiceAccount and rights that the spec takes in instead of referring to them.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::manifest::import::convert::{fields, put, take};
use crate::manifest::import::defaults::{APPLY_SET, LAST_APPLIED};
use crate::manifest::render::{BASE_NAME, MANAGED_BY, rename};

/// Objects among which those that belong to a DaemonSet are found.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// ConfigMaps, ServiceAccounts, Roles, their bindings; others are not looked at.
    pub objects: Vec<Value>,
}

/// What a DaemonSet refers to that a spec can hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct References {
    /// Names of ConfigMaps of its namespace, but for the one that every namespace gets from the cluster.
    pub config_maps: BTreeSet<String>,
    /// The ServiceAccount that its pods run as.
    pub service_account: String,
}

impl References {
    /// Those of this DaemonSet.
    pub fn of(daemon_set: &Value) -> Self {
        let pod = &daemon_set["spec"]["template"]["spec"];
        let mut config_maps = BTreeSet::new();
        referred(pod, &["configMap", "configMapRef", "configMapKeyRef"], &mut config_maps);
        config_maps.remove(ROOT_CA);
        let named = |key: &str| pod[key].as_str().filter(|name| !name.is_empty());
        let account = named("serviceAccountName").or_else(|| named("serviceAccount")).unwrap_or("default");
        References { config_maps, service_account: account.to_owned() }
    }
}

/// The ConfigMap that the controller manager puts into every namespace.
const ROOT_CA: &str = "kube-root-ca.crt";

impl Config {
    /// Kind and name of the roles that are bound to the ServiceAccount of `daemon_set`.
    pub fn roles(&self, daemon_set: &Value) -> BTreeSet<(String, String)> {
        let namespace = daemon_set["metadata"]["namespace"].as_str();
        let account = References::of(daemon_set).service_account;
        let bindings = ["ClusterRoleBinding", "RoleBinding"].into_iter().flat_map(|kind| self.of(kind, namespace));
        let roles = bindings.filter(|b| binds(b, &account, namespace)).filter_map(|b| {
            let role = &b["roleRef"];
            Some((role["kind"].as_str()?.to_owned(), role["name"].as_str()?.to_owned()))
        });
        roles.collect()
    }

    /// Returns the objects under their names without a hash of their contents (`immutable_config`), and lets `daemon_set`
    /// refer to them so, if all ConfigMaps that it refers to have such a hash.
    pub fn without_hashes(&self, daemon_set: &mut Value) -> Config {
        let names = References::of(daemon_set).config_maps;
        let is_meant = |object: &&Value| object["kind"] == "ConfigMap" && names.contains(name(object));
        let base = |object: &Value| Some(object["metadata"]["annotations"].get(BASE_NAME)?.as_str()?.to_owned());
        let mut config = self.clone();
        if !self.objects.iter().filter(is_meant).all(|object| base(object).is_some()) {
            return config;
        }
        let mut renamed = Vec::new();
        for object in &mut config.objects {
            if let Some(base) = base(object).filter(|_| is_meant(&&*object)) {
                renamed.push((name(object).to_owned(), base.clone()));
                object["metadata"]["name"] = base.into();
            }
        }
        for (old, base) in &renamed {
            let referring = config.objects.iter_mut().chain([&mut *daemon_set]);
            referring.for_each(|object| rename(object, "ConfigMap", old, base));
        }
        config
    }

    /// Takes in what `daemon_set` refers to; `rolls` says that a change of it replaces the pods.
    pub fn take_in(&self, spec: &mut Map<String, Value>, daemon_set: &Value, rolls: bool, notes: &mut Vec<String>) {
        let namespace = daemon_set["metadata"]["namespace"].as_str();
        let pod = &daemon_set["spec"]["template"]["spec"];
        let References { config_maps, service_account: account } = References::of(daemon_set);
        let (mut maps, mut is_immutable) = (Map::new(), false);
        for object in self.of("ConfigMap", namespace).filter(|o| config_maps.contains(name(o))) {
            is_immutable |= has_base_name(object);
            maps.insert(name(object).to_owned(), config_map(object, &daemon_set["metadata"]["labels"]));
        }
        if !maps.is_empty() {
            spec.insert("config_maps".to_owned(), Value::Object(maps));
            if is_immutable {
                spec.insert("immutable_config".to_owned(), true.into());
            } else if !rolls {
                // The pods are the same as before only without the checksum.
                spec.insert("roll_on_config_change".to_owned(), false.into());
            }
        }
        if let Some(object) = self.of("ServiceAccount", namespace).find(|o| name(o) == account)
            && account != "default"
        {
            spec.insert("create_service_account".to_owned(), true.into());
            let mut annotations = fields(object["metadata"].get("annotations").cloned());
            annotations.retain(|key, _| key != LAST_APPLIED);
            let annotations = (!annotations.is_empty()).then_some(Value::Object(annotations));
            put(spec, "service_account_annotations", annotations);
            for key in ["imagePullSecrets", "automountServiceAccountToken"] {
                if object.get(key).is_some_and(|v| !v.is_null()) {
                    notes.push(format!("ServiceAccount {account}: its {key} is not kept"));
                }
            }
        }
        self.rights(spec, &account, namespace, notes);
        let mut secrets = BTreeSet::new();
        referred(pod, &["secret", "secretRef", "secretKeyRef"], &mut secrets);
        for secret in secrets {
            notes.push(format!("Secret {secret} stays a reference; values of Secrets are not imported"));
        }
    }

    fn rights(&self, spec: &mut Map<String, Value>, account: &str, namespace: Option<&str>, notes: &mut Vec<String>) {
        let mut rights = Map::new();
        for (binding_kind, key) in [("ClusterRoleBinding", "cluster_rules"), ("RoleBinding", "namespace_rules")] {
            let mut rules = Vec::new();
            for binding in self.of(binding_kind, namespace).filter(|b| binds(b, account, namespace)) {
                let role = &binding["roleRef"];
                let kind = role["kind"].as_str().unwrap_or_default();
                let found = self.of(kind, namespace).find(|o| role["name"] == name(o));
                match found.and_then(|r| r["rules"].as_array()) {
                    Some(list) => {
                        rules.extend(list.iter().map(rule));
                        notes.push(format!("{kind} {}: the rules are kept under another name", name(binding)));
                    }
                    None => notes.push(format!(
                        "{kind} {} is bound but not included: bind the role yourself",
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

/// Whether a binding gives rights to the ServiceAccount.
fn binds(binding: &Value, account: &str, namespace: Option<&str>) -> bool {
    binding["subjects"].as_array().into_iter().flatten().any(|s| {
        let same_namespace = s.get("namespace").is_none_or(|n| namespace.is_none_or(|ns| n == ns));
        s["kind"] == "ServiceAccount" && s["name"] == account && same_namespace
    })
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

/// Whether the object has a hash of its contents in its name, and says its name without it. The name is the one without.
fn has_base_name(object: &Value) -> bool {
    object["metadata"]["annotations"].get(BASE_NAME).is_some_and(|base| *base == object["metadata"]["name"])
}

/// One text under the ConfigMap's own name is that text; everything else is kept in parts. `labels` are those of the
/// DaemonSet: where `deploy` made the ConfigMap, both have them from the document.
fn config_map(object: &Value, labels: &Value) -> Value {
    let is_ours = object["metadata"]["labels"].get(MANAGED_BY.0).is_some_and(|by| by == MANAGED_BY.1);
    let is_immutable = has_base_name(object);
    let mut parts = fields(Some(object.clone()));
    let data = fields(take(&mut parts, "data"));
    let mut out = Map::new();
    put(&mut out, "binary_data", take(&mut parts, "binaryData"));
    put(&mut out, "immutable", take(&mut parts, "immutable").filter(|_| !is_immutable));
    let mut metadata = fields(take(&mut parts, "metadata"));
    for key in ["labels", "annotations"] {
        let mut kept = fields(take(&mut metadata, key));
        kept.retain(|k, value| {
            let is_mark = k == LAST_APPLIED || k == BASE_NAME || k.starts_with(APPLY_SET);
            !(is_mark || key == "labels" && is_ours && labels.get(k) == Some(value))
        });
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
