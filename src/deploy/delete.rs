//! Taking back what was deployed: what is ours, in reverse order.

use serde_json::{Value as Json, json};

use crate::client::api_path::ApiPath;
use crate::deploy::apply_sets::{namespaces_of, was_made_for};
use crate::deploy::resources::{ObjectId, SET_ID, keeper, label, set_id, uid};
use crate::deploy::session::Session;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;

/// What is deleted.
#[derive(Debug, Clone, Default)]
pub struct Removal {
    /// The id of the set that goes.
    pub set: String,
    /// The objects with their UIDs, in the order in which they go.
    pub objects: Vec<(ObjectId, String)>,
    /// Objects that another DaemonSet shares and gets, with that DaemonSet.
    pub handed_over: Vec<(ObjectId, ObjectId)>,
    /// The namespace, if it is to go and may.
    pub namespace: Option<(ObjectId, String)>,
    /// Why objects stay, or may have been missed.
    pub notes: Vec<String>,
}

/// Finds what a deployment left. With `force` a DaemonSet that is not ours, or that another tool keeps, is taken too.
///
/// # Errors
/// It is not ours; the namespace holds other things; the server cannot be reached. Nothing was deleted then.
pub async fn find(
    session: &Session,
    namespace: &str,
    name: &str,
    force: bool,
    with_namespace: bool,
) -> Result<Removal> {
    let set = set_id(namespace, name);
    let id = ObjectId::new("DaemonSet", namespace, name);
    let mut removal = Removal { set: set.clone(), ..Removal::default() };
    let read = |id: ObjectId| async move {
        session.writer.get(&id.path()).await.map_err(|failure| failure.told(format!("cannot read {id}")))
    };
    let daemon_set = read(id.clone()).await?;
    if let Some(live) = &daemon_set {
        refuse_others(&id, live, &set, force)?;
        removal.objects.push((id.clone(), uid(live).to_owned()));
    }
    let mut missed = Vec::new();
    let mut members = session.members(&namespaces_of(namespace, daemon_set.as_ref()), &set, &mut missed).await?;
    members.sort_by_key(|(resource, _)| std::cmp::Reverse(resource.order()));
    for (resource, object) in members {
        let text = |key: &str| object["metadata"][key].as_str().unwrap_or_default();
        let (own, id) = (id.clone(), ObjectId::new(resource.kind, text("namespace"), text("name")));
        if let Some(other) = session.next_holder(&object, &own).await? {
            removal.notes.push(format!("{id} stays, because {other} shares it"));
            removal.handed_over.push((id, other));
            continue;
        }
        match keeper(&object).filter(|_| !force) {
            Some(tool) => removal.notes.push(format!("{id} stays, because {tool} manages it (--force deletes it)")),
            None => removal.objects.push((id, uid(&object).to_owned())),
        }
    }
    removal.notes.extend(missed.into_iter().map(|what| format!("not checked: {what}")));
    let namespace_id = ObjectId::new("Namespace", "", namespace);
    let made = read(namespace_id.clone()).await.ok().flatten().filter(|n| was_made_for(n, &set));
    match (made, with_namespace) {
        (Some(made), true) => {
            let others = others_in(session, namespace, &removal, &id).await?;
            if !others.is_empty() {
                let shown: Vec<&str> = others.iter().take(5).map(String::as_str).collect();
                let more = others.len().saturating_sub(5);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                return Err(Error::new(format!("namespace {namespace} is not empty: {}{more}", shown.join(", ")))
                    .hint("nothing was deleted; remove `--delete-namespace` to keep the namespace")
                    .exit(ExitCode::RefusedBeforeWrite));
            }
            removal.namespace = Some((namespace_id, uid(&made).to_owned()));
        }
        (Some(_), false) => {
            removal.notes.push(format!("{namespace_id} stays; deploy created it, and --delete-namespace deletes it"));
        }
        (None, true) => {
            return Err(Error::new(format!("namespace {namespace} was not created for this DaemonSet"))
                .hint("nothing was deleted; remove `--delete-namespace` to keep the namespace")
                .exit(ExitCode::RefusedBeforeWrite));
        }
        (None, false) => {}
    }
    if removal.objects.is_empty() && removal.namespace.is_none() {
        return Err(Error::new(format!(
            "cannot find DaemonSet {namespace}/{name} or objects that were deployed with it"
        )));
    }
    Ok(removal)
}

fn refuse_others(id: &ObjectId, live: &Json, set: &str, force: bool) -> Result<()> {
    if force {
        return Ok(());
    }
    if let Some(tool) = keeper(live) {
        return Err(Error::new(format!("{id} is managed by {tool}"))
            .hint(format!("delete the object with {tool}, or use `--force`"))
            .exit(ExitCode::RefusedBeforeWrite));
    }
    if label(live, SET_ID) != Some(set) {
        return Err(Error::new(format!("{id} was not deployed by kubectl daemonset"))
            .hint(format!(
                "delete the DaemonSet with `kubectl delete daemonset {} -n {}`, or use `--force`",
                id.name, id.namespace
            ))
            .exit(ExitCode::RefusedBeforeWrite));
    }
    Ok(())
}

/// What is in the namespace besides what goes and what every namespace has. Every kind that can be listed is.
async fn others_in(
    session: &Session,
    namespace: &str,
    removal: &Removal,
    daemon_set: &ObjectId,
) -> Result<Vec<String>> {
    let mut others = Vec::new();
    for (version, kind, plural) in namespaced_kinds(session).await? {
        let group = group_of(&version);
        // Events go with what they are about; metrics are no objects but views of them.
        if plural == "events" && matches!(group, "" | "events.k8s.io") || group == "metrics.k8s.io" {
            continue;
        }
        let path = ApiPath::of_api(&version).in_namespace(namespace).segment(&plural);
        let items = match session.writer.list_metadata(&path, "").await {
            Ok(items) => items,
            Err(failure) if failure.is_not_found() || failure.refusal().is_some_and(|r| r.code == 405) => continue,
            Err(failure) => {
                return Err(failure
                    .told(format!("cannot check whether namespace {namespace} is empty"))
                    .exit(ExitCode::RefusedBeforeWrite));
            }
        };
        let others_here = items.iter().filter(|item| !goes(item, group, &kind, removal, daemon_set));
        others.extend(others_here.map(|item| format!("{kind} {}", name_of(item))));
    }
    others.sort();
    others.dedup();
    Ok(others)
}

fn name_of(object: &Json) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

/// The group of an API by its version, empty for the core group.
fn group_of(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// Whether an object of the DaemonSet's namespace is deleted, goes with the DaemonSet, or is in every namespace.
fn goes(object: &Json, group: &str, kind: &str, removal: &Removal, daemon_set: &ObjectId) -> bool {
    let name = name_of(object);
    let owners = object.pointer("/metadata/ownerReferences").and_then(Json::as_array);
    let owned = owners.into_iter().flatten().any(|owner| {
        owner["apiVersion"] == "apps/v1" && owner["kind"] == "DaemonSet" && owner["name"] == daemon_set.name
    });
    let default =
        matches!((group, kind, name), ("", "ServiceAccount", "default") | ("", "ConfigMap", "kube-root-ca.crt"));
    let is_it = |id: &ObjectId| {
        (id.resource.group, id.resource.kind) == (group, kind)
            && (id.namespace.as_str(), id.name.as_str()) == (daemon_set.namespace.as_str(), name)
    };
    owned || default || removal.objects.iter().any(|(id, _)| is_it(id))
}

/// Every kind that has a namespace and can be listed, with the version of its API.
async fn namespaced_kinds(session: &Session) -> Result<Vec<(String, String, String)>> {
    let get = |path: ApiPath| async move {
        let found = session
            .writer
            .get(&path)
            .await
            .map_err(|f| f.told("cannot list the API resources").exit(ExitCode::RefusedBeforeWrite))?;
        found.ok_or_else(|| Error::new(format!("cannot list the kinds of {path}")).exit(ExitCode::RefusedBeforeWrite))
    };
    let mut apis = vec!["v1".to_owned()];
    for group in get(ApiPath::root("apis")).await?["groups"].as_array().into_iter().flatten() {
        // A kind may be served in one of the versions alone; the preferred one comes first.
        let versions = group["versions"].as_array().into_iter().flatten();
        apis.extend(versions.filter_map(|v| Some(v["groupVersion"].as_str()?.to_owned())));
    }
    let mut kinds: Vec<(String, String, String)> = Vec::new();
    for api in apis {
        for resource in get(ApiPath::of_api(&api)).await?["resources"].as_array().into_iter().flatten() {
            let lists = resource["verbs"].as_array().is_some_and(|v| v.contains(&json!("list")));
            let (Some(kind), Some(name)) = (resource["kind"].as_str(), resource["name"].as_str()) else { continue };
            let known = kinds.iter().any(|(a, _, n)| n == name && group_of(a) == group_of(&api));
            if resource["namespaced"] == true && lists && !name.contains('/') && !known {
                kinds.push((api.clone(), kind.to_owned(), name.to_owned()));
            }
        }
    }
    Ok(kinds)
}

/// Deletes, in order; `done` hears of each.
///
/// # Errors
/// The server refuses: exit code 2 where something was deleted before.
pub async fn delete(
    session: &Session,
    removal: &Removal,
    dry_run: bool,
    done: &mut dyn FnMut(&ObjectId),
) -> Result<()> {
    let mut exit = ExitCode::Failure;
    for (id, to) in removal.handed_over.iter().filter(|_| !dry_run) {
        session.hand_over(id, to).await?;
        exit = ExitCode::PartlyDone;
    }
    let members = removal.objects.iter().filter(|(id, _)| id.resource.kind != "DaemonSet");
    let still = session.still_members(members.map(|(id, uid)| (id, uid.as_str())), &removal.set).await?;
    let is_ours = |id: &ObjectId| matches!(id.resource.kind, "DaemonSet" | "Namespace") || still.contains(&id);
    for (id, uid) in removal.objects.iter().chain(&removal.namespace).filter(|(id, _)| is_ours(id)) {
        let deleted = session.writer.delete(&id.path(), uid, dry_run).await;
        if deleted.map_err(|failure| failure.told(format!("cannot delete {id}")).exit(exit))? {
            exit = ExitCode::PartlyDone;
            done(id);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_object_itself_goes() {
        let daemon_set = ObjectId::new("DaemonSet", "ns1", "agent");
        let ours = [
            daemon_set.clone(),
            ObjectId::new("ConfigMap", "ns2", "conf"),
            ObjectId::new("Secret", "ns1", "token"),
            ObjectId::new("Role", "ns1", "reader"),
            ObjectId::new("ClusterRole", "", "all"),
        ];
        let objects = ours.into_iter().map(|id| (id, "u".to_owned())).collect();
        let removal = Removal { objects, ..Removal::default() };
        const RBAC: &str = "rbac.authorization.k8s.io";
        for (group, kind, name, expected) in [
            ("", "Secret", "token", true),
            (RBAC, "Role", "reader", true),
            ("apps", "DaemonSet", "agent", true),
            ("", "ServiceAccount", "default", true),
            ("", "ConfigMap", "kube-root-ca.crt", true),
            // Ours is in another namespace.
            ("", "ConfigMap", "conf", false),
            // Kinds of other groups.
            ("example.com", "Secret", "token", false),
            ("database.example.com", "Role", "reader", false),
            ("apps.kruise.io", "DaemonSet", "agent", false),
            ("example.com", "ServiceAccount", "default", false),
            // Ours has no namespace.
            (RBAC, "ClusterRole", "all", false),
            ("", "Secret", "other", false),
        ] {
            let object = json!({"metadata": {"name": name, "namespace": "ns1"}});
            assert_eq!(goes(&object, group, kind, &removal, &daemon_set), expected, "{group} {kind} {name}");
        }
        for (api, expected) in [("apps/v1", true), ("apps.kruise.io/v1alpha1", false)] {
            let owners = json!([{"apiVersion": api, "kind": "DaemonSet", "name": "agent", "uid": "u"}]);
            let pod = json!({"metadata": {"name": "agent-x", "ownerReferences": owners}});
            assert_eq!(goes(&pod, "", "Pod", &removal, &daemon_set), expected, "{api}");
        }
    }

    #[test]
    fn groups_are_told_by_their_versions() {
        for (path, group) in [("v1", ""), ("apps/v1", "apps"), ("metrics.k8s.io/v1beta1", "metrics.k8s.io")] {
            assert_eq!(group_of(path), group);
        }
    }
}
