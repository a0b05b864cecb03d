//! Whose an object is: the members of a DaemonSet's set, and what belongs to another set.

use std::collections::BTreeSet;

use futures::future::join_all;
use serde_json::{Value as Json, json};

use crate::client::api_path::{ApiPath, is_dns_label};
use crate::client::apply::{Failure, Mode};
use crate::deploy::intent::Intent;
use crate::deploy::resources::{
    MADE_FOR, NAMESPACES, ObjectId, PART_OF, Resource, SET_ID, SHARED_WITH, annotation, label, set_id, set_in_metadata,
    sharers, uid,
};
use crate::deploy::rollback_state::applied_again;
use crate::deploy::session::Session;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;

impl Session {
    /// Lets objects that are shared stay shared: what belongs to a DaemonSet that is not deployed now, and that shares the
    /// object with this one, still belongs to it; and what belongs to this one still names those that are not deployed now.
    pub(crate) fn keep_sharing(intent: &mut Intent, live: &[Option<Json>]) {
        let (own, own_set) = (intent.daemon_set().id.clone(), intent.set_id());
        for (wanted, live) in intent.objects.iter_mut().zip(live) {
            let Some((live, set)) = live.as_ref().and_then(|live| Some((live, label(live, PART_OF)?))) else {
                continue;
            };
            if matches!(wanted.id.resource.kind, "Namespace" | "DaemonSet") {
                continue;
            }
            let mut named = sharers(live);
            if set != own_set {
                if !named.contains(&own) {
                    continue;
                }
                set_in_metadata(&mut wanted.object, "labels", PART_OF, set);
            }
            named.extend(sharers(&wanted.object));
            named.retain(|id| set != own_set || *id != own);
            let mut names: Vec<String> = named.iter().map(|id| format!("{}/{}", id.namespace, id.name)).collect();
            names.sort();
            names.dedup();
            if !names.is_empty() {
                set_in_metadata(&mut wanted.object, "annotations", SHARED_WITH, &names.join(","));
            }
        }
    }

    /// Returns the first of the DaemonSets that share an object with `holder` and that still exist.
    ///
    /// # Errors
    /// The server is lost, or does not let a DaemonSet be read.
    pub async fn next_holder(&self, object: &Json, holder: &ObjectId) -> Result<Option<ObjectId>> {
        for id in sharers(object).into_iter().filter(|id| id != holder) {
            let live =
                self.writer.get(&id.path()).await.map_err(|failure| failure.told(format!("cannot read {id}")))?;
            let set = set_id(&id.namespace, &id.name);
            let is_alive =
                |live: &Json| label(live, SET_ID) == Some(&set) && !live["metadata"]["deletionTimestamp"].is_string();
            if live.as_ref().is_some_and(is_alive) {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// Gives an object to another DaemonSet that shares it: its set is the other's from now on.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn hand_over(&self, id: &ObjectId, to: &ObjectId) -> Result<()> {
        let failed = |failure: Failure| failure.told(format!("cannot leave {id} to {to}")).exit(ExitCode::PartlyDone);
        let Some(live) = self.writer.get(&id.path()).await.map_err(failed)? else { return Ok(()) };
        let mut object = applied_again(&json!({"apiVersion": live["apiVersion"], "kind": live["kind"]}), &live);
        set_in_metadata(&mut object, "labels", PART_OF, &set_id(&to.namespace, &to.name));
        let others: Vec<String> = sharers(&live)
            .iter()
            .filter(|other| *other != to)
            .map(|other| format!("{}/{}", other.namespace, other.name))
            .collect();
        match others.is_empty() {
            true => {
                let annotations = object["metadata"].get_mut("annotations").and_then(Json::as_object_mut);
                annotations.map(|all| all.remove(SHARED_WITH));
            }
            false => set_in_metadata(&mut object, "annotations", SHARED_WITH, &others.join(",")),
        }
        for key in ["uid", "resourceVersion"] {
            object["metadata"][key] = live["metadata"][key].clone();
        }
        let handed = self.writer.apply(&id.path(), &object, Mode { dry_run: false, force: true }).await;
        handed.map(|_| ()).map_err(failed)
    }

    /// Refuses objects that belong to another set: both sets would change them in turn, and deleting one set would take
    /// them from the other.
    pub(crate) async fn refuse_taken(&self, intent: &Intent, live: &[Option<Json>]) -> Result<()> {
        let own = intent.set_id();
        let together = &intent.together;
        let mut error: Option<Error> = None;
        for (wanted, live) in intent.objects.iter().zip(live) {
            // A namespace is shared by all that is in it.
            let other = live.as_ref().and_then(|live| label(live, PART_OF)).filter(|set| *set != own);
            let is_together = |set: &str| together.iter().any(|other| other == set);
            let is_shared = live.as_ref().is_some_and(|live| sharers(live).contains(&intent.daemon_set().id));
            let other = other.filter(|set| !is_shared && !is_together(set));
            let Some(set) = other.filter(|_| wanted.id.resource.kind != "Namespace") else { continue };
            let (id, daemon_set) = (&wanted.id, &intent.daemon_set().id);
            let holder = self.holder(&intent.namespace, set).await;
            error = Some(match error {
                Some(error) => error.cause(format!("{id} also belongs to {holder}")),
                None => Error::new(format!("{id} belongs to {holder}, not to {daemon_set}"))
                    .hint("nothing was written; rename the object in one of the documents")
                    .hint(format!(
                        "if the other set is not needed, release the object with `kubectl label {} {}{} {PART_OF}-`",
                        id.resource.kind.to_lowercase(),
                        id.name,
                        if id.resource.namespaced { format!(" -n {}", id.namespace) } else { String::new() },
                    ))
                    .exit(ExitCode::RefusedBeforeWrite),
            });
        }
        error.map_or(Ok(()), Err)
    }

    /// Returns the DaemonSet that is the parent of a set, or the set's id where no such DaemonSet can be seen.
    async fn holder(&self, namespace: &str, set: &str) -> String {
        let resource = Resource::named("DaemonSet");
        let everywhere = ApiPath::of_group(resource.group).segment(resource.plural);
        for path in [everywhere, resource.path(namespace)] {
            let found = self.writer.list_metadata(&path, &format!("{SET_ID}={set}")).await.unwrap_or_default();
            let text = |object: &Json, key: &str| object["metadata"][key].as_str().unwrap_or_default().to_owned();
            let parent = found.iter().find(|object| set_id(&text(object, "namespace"), &text(object, "name")) == set);
            if let Some(parent) = parent {
                return ObjectId::new("DaemonSet", &text(parent, "namespace"), &text(parent, "name")).to_string();
            }
        }
        format!("the set {set}")
    }

    /// Returns those of the objects that are members of the set still: what another set has taken meanwhile is not ours
    /// to delete. An object that cannot be listed any more counts as none.
    ///
    /// # Errors
    /// The server is lost.
    pub async fn still_members<'o>(
        &self,
        objects: impl Iterator<Item = (&'o ObjectId, &'o str)>,
        set: &str,
    ) -> Result<Vec<&'o ObjectId>> {
        let objects: Vec<(&ObjectId, &str)> = objects.collect();
        let mut namespaces: BTreeSet<String> =
            objects.iter().map(|(id, _)| id.namespace.clone()).filter(|namespace| !namespace.is_empty()).collect();
        if objects.is_empty() {
            return Ok(Vec::new());
        }
        if namespaces.is_empty() {
            // Only what has no namespace is asked about; some namespace is needed to ask at all.
            namespaces.insert("default".to_owned());
        }
        let members = self.members(&namespaces, set, &mut Vec::new()).await?;
        let is_member = |id: &ObjectId, its_uid: &str| {
            members.iter().any(|(resource, object)| resource.kind == id.resource.kind && uid(object) == its_uid)
        };
        Ok(objects.into_iter().filter(|(id, its_uid)| is_member(id, its_uid)).map(|(id, _)| id).collect())
    }

    /// The members of an ApplySet that are there, in these namespaces and cluster-wide: their metadata alone.
    ///
    /// # Errors
    /// The server is lost. What may not be listed is added to `not_checked`.
    pub async fn members(
        &self,
        namespaces: &BTreeSet<String>,
        set: &str,
        not_checked: &mut Vec<String>,
    ) -> Result<Vec<(&'static Resource, Json)>> {
        let selector = format!("{PART_OF}={set}");
        let places = Resource::members().flat_map(|resource| {
            let many = if resource.namespaced { namespaces.len() } else { 1 };
            namespaces.iter().take(many).map(move |namespace| (resource, namespace))
        });
        let lists =
            join_all(
                places.map(|(resource, namespace)| {
                    let selector = &selector;
                    async move {
                        (resource, namespace, self.writer.list_metadata(&resource.path(namespace), selector).await)
                    }
                }),
            )
            .await;
        let mut members = Vec::new();
        for (resource, namespace, list) in lists {
            match list {
                Ok(items) => {
                    // What is deleted is never another's because of what a server, or something between, answers.
                    let is_member = |item: &Json| resource.has(item, namespace) && label(item, PART_OF) == Some(set);
                    let (ours, strange): (Vec<Json>, Vec<Json>) = items.into_iter().partition(is_member);
                    if !strange.is_empty() {
                        not_checked.push(format!(
                            "{}: the server listed {} objects that are not members of this set",
                            resource.plural,
                            strange.len()
                        ));
                    }
                    members.extend(ours.into_iter().map(|item| (resource, item)));
                }
                Err(failure) => match failure.refusal() {
                    Some(refusal) if refusal.code == 403 => {
                        not_checked.push(format!("{}: needs `list`", resource.plural));
                    }
                    Some(refusal) => not_checked.push(format!("{}: {}", resource.plural, refusal.sentence())),
                    None => return Err(failure.told(format!("cannot list {}", resource.plural))),
                },
            }
        }
        Ok(members)
    }
}

/// The namespaces of a set's members, by what its DaemonSet says.
pub fn namespaces_of(namespace: &str, daemon_set: Option<&Json>) -> BTreeSet<String> {
    let named = daemon_set.and_then(|live| annotation(live, NAMESPACES)).unwrap_or_default();
    named.split(',').filter(|name| is_dns_label(name)).chain([namespace]).map(str::to_owned).collect()
}

/// Whether a namespace was made for a DaemonSet's set.
pub fn was_made_for(namespace: &Json, set: &str) -> bool {
    annotation(namespace, MADE_FOR) == Some(set)
}
