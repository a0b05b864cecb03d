//! Parses a printed patch again: the reader who pastes the patch gets exactly this change.

use serde_json::{Value, json};

use crate::findings::Subject;
use crate::fix::edit::{ENFORCE, Edit};
use crate::fix::spec::pasted;
use crate::manifest::strategic::lay_over;
use crate::model::daemonset::{Bound, UpdateStrategy};
use crate::model::{DaemonSet, Quantity, Symbol};
use crate::yaml;

/// What a patch makes of the DaemonSet and of the cluster.
#[derive(Debug)]
pub struct Printed {
    /// The DaemonSet with the patch laid over it.
    pub daemon_set: DaemonSet,
    /// The objects of the cluster that it changes.
    pub edits: Vec<Edit>,
}

/// Reads a patch as it is printed. `None` where it is no sound YAML, or cannot be laid over what it is for.
pub fn read(text: &str, asked: &Subject) -> Option<Printed> {
    let parsed = yaml::parse(text);
    if !parsed.mistakes.is_empty() {
        return None;
    }
    let mut printed = Printed { daemon_set: asked.daemon_set.clone(), edits: Vec::new() };
    for document in &parsed.documents {
        if document.get("kind").is_some() {
            printed.edits.push(of_cluster(&document.to_json())?);
        } else if let Some(written) = asked.spec.as_deref() {
            let change = crate::manifest::fragment(document.clone());
            printed.daemon_set = pasted(written, &change, asked.daemon_set.namespace)?;
        } else {
            patched(&mut printed.daemon_set, &document.to_json())?;
        }
    }
    Some(printed)
}

/// Lays a patch over the DaemonSet's object, as far as a fix may change it, and reads the object again.
fn patched(daemon_set: &mut DaemonSet, patch: &Value) -> Option<()> {
    let template: Value = serde_json::from_str(daemon_set.template.text.get()?).ok()?;
    let mut spec = json!({"template": {"spec": template}, "updateStrategy": strategy(daemon_set.update)});
    let known = |patch: &Value, fields: &[&str]| {
        patch.as_object().is_some_and(|patch| patch.keys().all(|key| fields.contains(&key.as_str())))
    };
    let change = patch.get("spec").filter(|_| known(patch, &["spec"]))?;
    let whole =
        known(change, &["template", "updateStrategy"]) && change.get("template").is_none_or(|t| known(t, &["spec"]));
    lay_over(&mut spec, change).filter(|()| whole)?;
    if change.get("template").is_some() {
        daemon_set.template = daemon_set.template.with_spec(&spec["template"]["spec"].to_string()).ok()?;
    }
    if change.get("updateStrategy").is_some() {
        daemon_set.update = UpdateStrategy::read(&spec["updateStrategy"])?;
    }
    Some(())
}

fn strategy(update: UpdateStrategy) -> Value {
    match update {
        UpdateStrategy::OnDelete => json!({"type": "OnDelete"}),
        UpdateStrategy::RollingUpdate { max_unavailable, max_surge } => {
            let rolling = json!({"maxUnavailable": bound(max_unavailable), "maxSurge": bound(max_surge)});
            json!({"type": "RollingUpdate", "rollingUpdate": rolling})
        }
    }
}

fn bound(bound: Bound) -> Value {
    match bound {
        Bound::Count(count) => json!(count),
        Bound::Percent(percent) => json!(format!("{percent}%")),
    }
}

/// The change of the cluster that an object is printed for.
fn of_cluster(object: &Value) -> Option<Edit> {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
    let name = Symbol::new(text("/metadata/name")?);
    let namespace = || text("/metadata/namespace").map(Symbol::new);
    Some(match text("/kind")? {
        "Namespace" => match object.pointer("/metadata/labels").and_then(|labels| labels.get(ENFORCE)) {
            None => Edit::CreateNamespace(name),
            Some(level) => {
                let known = ["privileged", "baseline", "restricted"];
                Edit::Enforce { namespace: name, level: known.into_iter().find(|known| level == known)? }
            }
        },
        "ServiceAccount" => Edit::CreateServiceAccount(namespace()?, name),
        "PriorityClass" => {
            let value = object.get("value")?.as_i64()?;
            Edit::CreatePriorityClass { name, value: i32::try_from(value).ok()? }
        }
        "RuntimeClass" if object.get("handler")?.as_str()? == name.as_str() => Edit::CreateRuntimeClass(name),
        "ResourceQuota" if object.pointer("/spec/scopeSelector").is_some() => {
            let class = text("/spec/scopeSelector/matchExpressions/0/values/0")?;
            let pods = text("/spec/hard/pods")?.parse().ok()?;
            Edit::QuotaForClass { namespace: namespace()?, class: Symbol::new(class), pods }
        }
        "ResourceQuota" => {
            let amounts = object.pointer("/spec/hard")?.as_object()?.iter().map(|(resource, amount)| {
                let amount =
                    Quantity::parse(amount.as_str().map_or_else(|| amount.to_string(), str::to_owned).as_str());
                Some((Symbol::new(resource), Quantity::default(), amount.ok()?))
            });
            Edit::RaiseQuota { quota: (namespace()?, name), hard: amounts.collect::<Option<Vec<_>>>()?, pods: 0 }
        }
        _ => return None,
    })
}

/// Whether two changes do the same to the cluster.
pub fn is_same(printed: &Edit, meant: &Edit) -> bool {
    match (printed, meant) {
        (Edit::RaiseQuota { quota, hard, .. }, Edit::RaiseQuota { quota: of, hard: meant, .. }) => {
            let same = |((resource, _, now), (of, _, meant)): (&(Symbol, _, Quantity), &(Symbol, _, Quantity))| {
                resource == of && now.nano_value() == meant.nano_value()
            };
            quota == of && hard.len() == meant.len() && hard.iter().zip(meant).all(same)
        }
        _ => printed == meant,
    }
}
