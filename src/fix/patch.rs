//! A change as YAML that can be pasted: a merge patch in the language of the input.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::findings::Subject;
use crate::findings::amount::amount;
use crate::fix::edit::trial::CLASS_QUOTA;
use crate::fix::edit::{ENFORCE, Edit, FitAmount, Terms};
use crate::fix::spec::Spec;
use crate::fix::terms::{node_terms, toleration};
use crate::manifest::strategic::merge_key;
use crate::model::pod::Port;
use crate::model::{DaemonSet, Symbol};
use crate::yaml::{Style, emit};

/// The widest line of a small map written on one.
const ONE_LINE: usize = 72;

/// What is changed, in which language, and the patch.
pub struct Patch {
    /// `daemonset`, or the kind of another object.
    pub target: &'static str,
    /// The language's name.
    pub language: &'static str,
    /// The YAML.
    pub text: String,
}

/// The changes as one patch. Lists are written whole, since a patch replaces them; `fixed` is the DaemonSet with the
/// changes made.
pub fn patch(edits: &[Edit], asked: &Subject, fixed: &DaemonSet) -> Option<Patch> {
    let apps = asked.spec.is_none();
    let mut root = Value::Null;
    let mut others: Vec<Value> = Vec::new();
    let mut target = "daemonset";
    let spec = asked.spec.as_deref().map(|written| Spec { written, was: &asked.daemon_set, fixed });
    for edit in edits {
        if let Some(changes) = spec.as_ref().and_then(|spec| spec.changes(edit)) {
            changes?.into_iter().for_each(|(path, value)| put(&mut root, path, value));
            continue;
        }
        let (path, value): (&[&str], Value) = match edit {
            Edit::Tolerate(_) | Edit::Correct { .. } => {
                let all = fixed.template.spec.tolerations.iter().map(toleration).collect();
                (place(apps, "tolerations"), Value::Array(all))
            }
            Edit::Select { was, key, .. } => {
                let mut map: Map<String, Value> = Map::new();
                if let Some(was) = was.filter(|was| was != key) {
                    map.insert(was.to_string(), Value::Null);
                }
                for (key, value) in &fixed.template.spec.node_affinity.selector {
                    map.insert(key.to_string(), json!(value));
                }
                (place(apps, "nodeSelector"), Value::Object(map))
            }
            Edit::Require { .. } | Edit::Exclude { .. } => (place(apps, "affinity"), affinity(fixed)?),
            Edit::SpreadAnyway(_) => (place(apps, "topologySpreadConstraints"), spread(fixed)?),
            Edit::Drop { list, .. } => {
                let written = &fixed.template.written;
                let required = match list {
                    Terms::Affinity => &written.pod_affinity,
                    Terms::AntiAffinity => &written.pod_anti_affinity,
                };
                let terms = json!({"requiredDuringSchedulingIgnoredDuringExecution": required});
                (place(apps, "affinity"), json!({ list.field(): terms }))
            }
            Edit::Priority(class) => (place(apps, "priorityClassName"), json!(class)),
            Edit::NoPriorityClass(_) => (place(apps, "priorityClassName"), Value::Null),
            Edit::CreatePriorityClass { name, value } => {
                target = "priorityclass";
                let metadata = json!({ "name": name });
                others
                    .push(json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": metadata,
                    "value": value, "globalDefault": false}));
                continue;
            }
            Edit::RuntimeClass { now, .. } => (place(apps, "runtimeClassName"), json!(now)),
            Edit::CreateRuntimeClass(name) => {
                target = "runtimeclass";
                let metadata = json!({ "name": name });
                others.push(json!({"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": metadata,
                    "handler": name}));
                continue;
            }
            // In a spec a mount may hold the volume; a patch would replace the list of all of them.
            Edit::StorageClass { .. } if !apps => return None,
            Edit::StorageClass { volume, now, .. } => {
                let claim = json!({"volumeClaimTemplate": {"spec": {"storageClassName": now}}});
                (place(apps, "volumes"), json!([{"name": volume, "ephemeral": claim}]))
            }
            Edit::Request { container, init, resource, now, .. } => {
                let amount = now.display(resource.as_str() != "cpu");
                let resources = json!({ "requests": { resource.as_str(): amount } });
                match (init, apps) {
                    (true, true) => {
                        let changed = json!([{"name": container, "resources": resources}]);
                        (place(apps, "initContainers"), changed)
                    }
                    // A patch of one would replace the list of all of them.
                    (true, false) => return None,
                    (false, _) => {
                        (place(apps, "containers"), in_container(fixed, *container, apps, "resources", resources)?)
                    }
                }
            }
            Edit::HostPort { container, was, now } => (
                place(apps, "containers"),
                in_container(fixed, *container, apps, "ports", ports(fixed, *container, was, *now)?)?,
            ),
            Edit::Fit { amounts, .. } if apps => {
                let is_init =
                    |a: &&FitAmount| fixed.template.spec.init_containers.iter().any(|c| c.name == a.container);
                let (init, main): (Vec<FitAmount>, Vec<FitAmount>) = amounts.iter().partition(is_init);
                for (list, amounts) in [("initContainers", init), ("containers", main)] {
                    let items = by_container(&amounts).into_iter().map(resources_of);
                    let items: Vec<Value> = items.collect();
                    if !items.is_empty() {
                        put(&mut root, place(apps, list), Value::Array(items));
                    }
                }
                continue;
            }
            Edit::Fit { amounts, .. } => (place(apps, "containers"), fitted(fixed, amounts)?),
            Edit::RaiseQuota { quota: (namespace, name), hard, .. } => {
                target = "resourcequota";
                let hard: Map<String, Value> =
                    hard.iter().map(|(name, _, now)| (name.to_string(), json!(amount(*name, *now)))).collect();
                let metadata = json!({"name": name, "namespace": namespace});
                let spec = json!({ "hard": hard });
                others.push(json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": spec}));
                continue;
            }
            Edit::QuotaForClass { namespace, class, pods } => {
                target = "resourcequota";
                let scope = json!({"scopeName": "PriorityClass", "operator": "In", "values": [class]});
                let metadata = json!({"name": CLASS_QUOTA, "namespace": namespace});
                let spec = json!({"hard": {"pods": pods.to_string()}, "scopeSelector": {"matchExpressions": [scope]}});
                others.push(json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": spec}));
                continue;
            }
            Edit::NoSurge => {
                (&["spec", "updateStrategy"], json!({"rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}))
            }
            Edit::CreateNamespace(name) => {
                target = "namespace";
                others.push(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}));
                continue;
            }
            Edit::CreateServiceAccount(namespace, name) => {
                target = "serviceaccount";
                let metadata = json!({"name": name, "namespace": namespace});
                others.push(json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}));
                continue;
            }
            Edit::Enforce { namespace, level } => {
                target = "namespace";
                let metadata = json!({"name": namespace, "labels": {ENFORCE: level}});
                others.push(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}));
                continue;
            }
        };
        put(&mut root, path, value);
    }
    let mut texts: Vec<String> = others.iter().map(|object| emit(object, Style::Compact(ONE_LINE))).collect();
    if !root.is_null() {
        let root = if apps { root } else { snake(root, true) };
        target = if texts.is_empty() { "daemonset" } else { target };
        texts.push(emit(&root, Style::Compact(ONE_LINE)));
    }
    let other = others.first().and_then(|object| object["apiVersion"].as_str());
    let language = match (other, apps) {
        (Some("scheduling.k8s.io/v1"), _) => "scheduling.k8s.io/v1",
        (Some("node.k8s.io/v1"), _) => "node.k8s.io/v1",
        (Some(_), _) => "v1",
        (_, true) => "apps/v1",
        (_, false) => "spec",
    };
    Some(Patch { target, language, text: texts.join("---\n") })
}

/// Where a field of the pod stands: in the template, or in a spec where it has one place. The others are [`Spec`]'s.
fn place(apps: bool, field: &str) -> &'static [&'static str] {
    match (apps, field) {
        (true, "tolerations") => &["spec", "template", "spec", "tolerations"],
        (true, "nodeSelector") => &["spec", "template", "spec", "nodeSelector"],
        (true, "affinity") => &["spec", "template", "spec", "affinity"],
        (true, "topologySpreadConstraints") => &["spec", "template", "spec", "topologySpreadConstraints"],
        (true, "priorityClassName") => &["spec", "template", "spec", "priorityClassName"],
        (true, "runtimeClassName") => &["spec", "template", "spec", "runtimeClassName"],
        (true, "volumes") => &["spec", "template", "spec", "volumes"],
        (true, "initContainers") => &["spec", "template", "spec", "initContainers"],
        (true, _) => &["spec", "template", "spec", "containers"],
        (false, "affinity") => &["spec", "pod", "affinity"],
        (false, "priorityClassName") => &["spec", "pod", "priorityClassName"],
        (false, "runtimeClassName") => &["spec", "pod", "runtimeClassName"],
        (false, _) => &["spec", "container"],
    }
}

/// The port that is changed. `None` where another of the container has its number: `kubectl patch` takes the number for
/// what tells items of the list apart, and would change the wrong one.
fn ports(fixed: &DaemonSet, container: Symbol, was: &Port, now: u16) -> Option<Value> {
    let container = fixed.template.spec.containers.iter().find(|c| c.name == container)?;
    let alike = container.ports.iter().filter(|port| port.container_port == was.container_port);
    (alike.count() == 1)
        .then(|| json!([{"containerPort": was.container_port, "protocol": was.protocol, "hostPort": now}]))
}

/// A field of one container: by name in a template, as `app` or among the sidecars in a spec.
fn in_container(fixed: &DaemonSet, name: Symbol, apps: bool, field: &str, value: Value) -> Option<Value> {
    if apps {
        return Some(json!([{"name": name, field: value}]));
    }
    let first = fixed.template.spec.containers.first()?.name;
    // A sidecar's patch would replace the list of all of them.
    (first == name).then(|| json!({"app": {field: value}}))
}

/// What containers should request and be limited to, by container.
fn by_container(amounts: &[FitAmount]) -> Vec<(Symbol, Map<String, Value>)> {
    let mut by_container: Vec<(Symbol, Map<String, Value>)> = Vec::new();
    for FitAmount { container, resource, request, limit } in amounts {
        let place = by_container.iter().position(|(name, _)| name == container).unwrap_or(by_container.len());
        if place == by_container.len() {
            by_container.push((*container, Map::new()));
        }
        for (side, now) in [("requests", request), ("limits", limit)] {
            if let Some(now) = now {
                let side = by_container[place].1.entry(side).or_insert_with(|| json!({}));
                side[resource.as_str()] = json!(amount(*resource, *now));
            }
        }
    }
    by_container
}

fn resources_of((name, map): (Symbol, Map<String, Value>)) -> Value {
    json!({"name": name, "resources": map})
}

/// The same in a spec. A sidecar's patch would replace the list of all of them.
fn fitted(fixed: &DaemonSet, amounts: &[FitAmount]) -> Option<Value> {
    let first = fixed.template.spec.containers.first()?.name;
    match by_container(amounts).as_slice() {
        [(name, map)] if *name == first => Some(json!({"app": {"resources": map}})),
        _ => None,
    }
}

fn put(root: &mut Value, path: &[&str], value: Value) {
    let Some((last, above)) = path.split_last() else { return };
    let mut at = root;
    for key in above {
        at = &mut at[*key];
    }
    join(&mut at[*last], last, value);
}

/// Joins what two changes write in one field: maps key by key, and lists that a patch merges item by item.
fn join(there: &mut Value, field: &str, value: Value) {
    match (there, value) {
        (Value::Object(there), Value::Object(more)) => {
            more.into_iter().for_each(|(key, value)| join(there.entry(&key).or_insert(Value::Null), &key, value));
        }
        (Value::Array(there), Value::Array(more))
            if merge_key(field).is_some_and(|key| is_keyed(there, &more, key)) =>
        {
            let key = merge_key(field).unwrap_or_default();
            for item in more {
                match there.iter_mut().find(|known| known[key] == item[key]) {
                    Some(known) => join(known, "", item),
                    None => there.push(item),
                }
            }
        }
        (there, value) => *there = value,
    }
}

/// Whether all items have the key of their list.
fn is_keyed(some: &[Value], more: &[Value], key: &str) -> bool {
    some.iter().chain(more).all(|item| item.get(key).is_some())
}

/// All spread constraints. `None` where two are for one key: `kubectl patch` takes the key for what tells items of the
/// list apart, and would change the wrong one.
fn spread(fixed: &DaemonSet) -> Option<Value> {
    let all = fixed.template.written.spread.clone();
    let keys: BTreeSet<&str> = all.iter().filter_map(|constraint| constraint["topologyKey"].as_str()).collect();
    if keys.len() < all.len() {
        return None;
    }
    Some(Value::Array(all))
}

fn affinity(fixed: &DaemonSet) -> Option<Value> {
    let terms = node_terms(fixed)?;
    Some(json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}))
}

/// Field names as specs write them. Keys of the user's own, such as labels, stay as they are.
fn snake(value: Value, fields: bool) -> Value {
    match value {
        Value::Object(map) => {
            let renamed = map.into_iter().map(|(key, value)| {
                let own = matches!(key.as_str(), "nodeSelector" | "requests" | "limits" | "matchLabels");
                let key = if fields { crate::manifest::fields::snake(&key).into_owned() } else { key };
                (key, snake(value, fields && !own))
            });
            Value::Object(renamed.collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(|item| snake(item, fields)).collect()),
        other => other,
    }
}
