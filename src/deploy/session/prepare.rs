//! The plan: every object as it is, and as the server would store it. Nothing is written.

use futures::future::join_all;
use serde_json::Value as Json;

use crate::client::apply::{Conflict, Failure, Mode, Right};
use crate::deploy::apply_sets::namespaces_of;
use crate::deploy::client_side_apply::{Migration, replacing};
use crate::deploy::config_checksum::{seal, settle_secret, unsettled_secrets};
use crate::deploy::desired_object::DesiredObject;
use crate::deploy::field_ownership;
use crate::deploy::intent::Intent;
use crate::deploy::plan::{Plan, Step, references};
use crate::deploy::resources::{ObjectId, annotation};
use crate::deploy::rollback_state::RollbackState;
use crate::deploy::session::permissions::{lacks_one, later_rights, wanted_rights};
use crate::deploy::session::{Options, Prepared, Session};
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::manifest::{BASE_NAME, without_hash};

impl Session {
    /// Makes the plan: reads every object and asks the server what it would store. Nothing is written.
    ///
    /// # Errors
    /// Rights are missing, another manager owns a field, or the server would refuse an object: with exit code 3, as
    /// nothing was written.
    pub async fn prepare(&self, intent: &mut Intent, options: Options) -> Result<Prepared> {
        self.settle_names(intent).await?;
        let mut missing = self.missing(&wanted_rights(intent, options)).await?;
        // What may not be read cannot be planned.
        if missing.iter().any(|right| right.verb == "get") {
            return Err(self.lacks(&missing));
        }
        let live = join_all(intent.objects.iter().map(|w| self.read(&w.id))).await;
        let live: Vec<Option<Json>> = live.into_iter().collect::<Result<_>>()?;
        let daemon_set = live.last().cloned().flatten();
        if let Some(live) = daemon_set.as_ref().filter(|d| d["metadata"]["deletionTimestamp"].is_string()) {
            let name = live["metadata"]["name"].as_str().unwrap_or_default();
            return Err(Error::new(format!("DaemonSet {}/{name} is being deleted", intent.namespace))
                .hint("run the command again when the DaemonSet is gone")
                .exit(ExitCode::RefusedBeforeWrite));
        }
        self.refuse_taken(intent, &live).await?;
        Session::keep_sharing(intent, &live);
        seal(intent, &live)?;
        let kept_selector = daemon_set.as_ref().and_then(|live| intent.keep_selector(live));
        let mut plan = Plan { local_sources: intent.local_sources.clone(), ..Plan::default() };
        let mut pruned = Vec::new();
        if options.prune {
            pruned = self.to_prune(intent, daemon_set.as_ref(), &mut plan.not_checked).await?;
        }
        // The state before a deployment that did not succeed goes with its purpose, not because no document names it.
        let state = RollbackState::id(intent);
        let left_state = pruned.iter().any(|step| step.id == state);
        pruned.retain(|step| step.id != state);
        // Whose members stay for now is found again through the DaemonSet.
        let elsewhere = match options.prune {
            true => pruned.iter().map(|step| step.id.namespace.clone()).collect(),
            false => namespaces_of(&intent.namespace, daemon_set.as_ref()),
        };
        intent.reach(&elsewhere);
        missing.retain(|right| right.verb != "create" || lacks_one(intent, &live, right, options));
        let more: Vec<Right> = match options.only_plan || options.client_side {
            true => Vec::new(),
            false => later_rights(intent, &pruned, options),
        };
        missing.extend(self.missing(&more).await?);
        if !missing.is_empty() {
            return Err(self.lacks(&missing));
        }
        let namespace_is_there = match intent.objects.iter().position(|w| intent.own_namespace() == Some(w)) {
            Some(at) => live[at].is_some(),
            None => true,
        };
        let earlier = self.earlier(intent, &live).await?;
        let stored = intent.objects.iter().zip(&live).map(|(wanted, live)| async move {
            let askable = !wanted.id.resource.namespaced || namespace_is_there;
            match options.client_side || !askable {
                true => Ok(live.as_ref().map_or_else(
                    || (wanted.object.clone(), false),
                    |l| (field_ownership::applied(&Migration::moved(l), &wanted.object), undone(l, wanted)),
                )),
                false => self.would_store(wanted, live.as_ref(), options).await,
            }
        });
        let mut daemon_set_after = Json::Null;
        let all = intent.objects.iter().zip(&live).zip(&earlier).zip(join_all(stored).await);
        for (((wanted, live), earlier), after) in all {
            let (after, undone) = after?;
            let mut step = Step::of(wanted, live.as_ref(), &after);
            step.undone = undone;
            step.repeated = intent.repeated.contains(&step.id);
            if let Some(earlier) = earlier {
                step.show_beside(wanted, earlier, &after);
            }
            plan.steps.push(step);
            daemon_set_after = after;
        }
        let rollback = match options.rollback {
            true => self.state_before(intent, &live, &plan.steps).await?,
            false => None,
        };
        plan.steps.extend(pruned);
        plan.warnings = self.writer.connection().take_warnings().into_iter().collect();
        let asked = !options.client_side && namespace_is_there;
        let after = asked.then_some(daemon_set_after);
        Ok(Prepared { plan, live: daemon_set, after, before: live, kept_selector, rollback, left_state })
    }

    /// Gives Secrets of `immutable_config` their names: the hash needs the key of the Secret that the pods use until now.
    async fn settle_names(&self, intent: &mut Intent) -> Result<()> {
        let unsettled = unsettled_secrets(intent);
        if unsettled.is_empty() {
            return Ok(());
        }
        let daemon_set = self.read(&intent.daemon_set().id).await?.unwrap_or_default();
        let used = references(&daemon_set["spec"]["template"]["spec"]);
        for base in unsettled {
            let is_it = |kind: &str, name: &str| kind == "Secret" && without_hash(name) == Some(base.as_str());
            let before = match used.iter().find(|(kind, name)| is_it(kind, name)) {
                Some((kind, name)) => self.read(&ObjectId::new(kind, &intent.namespace, name)).await?,
                None => None,
            };
            settle_secret(intent, &base, before.as_ref())?;
        }
        Ok(())
    }

    async fn read(&self, id: &ObjectId) -> Result<Option<Json>> {
        self.writer.get(&id.path()).await.map_err(|failure| failure.told(format!("cannot read {id}")))
    }

    /// For each new object with a hash in its name, the object of that name that the pods use until now.
    async fn earlier(&self, intent: &Intent, live: &[Option<Json>]) -> Result<Vec<Option<Json>>> {
        let daemon_set = live.last().cloned().flatten().unwrap_or_default();
        let used = references(&daemon_set["spec"]["template"]["spec"]);
        let mut earlier = Vec::new();
        for (wanted, live) in intent.objects.iter().zip(live) {
            let base = annotation(&wanted.object, BASE_NAME).filter(|_| live.is_none());
            let is_it = |kind: &str, name: &str| kind == wanted.id.resource.kind && without_hash(name) == base;
            let used = used.iter().find(|(kind, name)| base.is_some() && is_it(kind, name));
            earlier.push(match used {
                Some((kind, name)) => self.read(&ObjectId::new(kind, &intent.namespace, name)).await?,
                None => None,
            });
        }
        Ok(earlier)
    }

    /// Returns what the server would store, and whether that takes back what `kubectl rollout undo` set.
    async fn would_store(&self, wanted: &DesiredObject, live: Option<&Json>, options: Options) -> Result<(Json, bool)> {
        match self.dry_run(wanted, live, options).await {
            Ok(stored) => Ok(stored),
            // A binding's role may be one that is about to be made.
            Err(failure) if failure.is_not_found() && wanted.id.resource.kind.ends_with("Binding") => {
                Ok((wanted.object.clone(), false))
            }
            Err(failure) => {
                let failure = failure.without(&wanted.secrets());
                let (exit, what) = match failure.is_decision() {
                    true => (ExitCode::RefusedBeforeWrite, format!("the API server would reject {}", wanted.id)),
                    false => (ExitCode::Failure, format!("cannot dry-run {}", wanted.id)),
                };
                let no_namespace = failure.is_not_found();
                let told = failure.told(what).exit(exit);
                Err(match no_namespace {
                    true => told.hint("set `create_namespace: true` in a spec to create the namespace"),
                    false => told,
                })
            }
        }
    }
    /// Asks the server what it would store. A dry run stores no migration from client-side apply: the apply is forced
    /// where only that stands in its way, and the fields that left the document are taken out of the answer, which the
    /// server then completes with its defaults.
    async fn dry_run(
        &self,
        wanted: &DesiredObject,
        live: Option<&Json>,
        options: Options,
    ) -> std::result::Result<(Json, bool), Failure> {
        let path = wanted.id.path();
        let apply = async |force: bool| {
            let mode = Mode { dry_run: true, force };
            Ok(self.writer.apply(&path, &wanted.object, mode).await?.object)
        };
        let answer = match apply(options.force_conflicts).await {
            Err(Failure::Refused(refusal))
                if is_undo(wanted, &refusal.conflicts) && live.is_some_and(|live| Migration::of(live).is_none()) =>
            {
                return Ok((apply(true).await?, true));
            }
            answer => answer,
        };
        let Some((live, migration)) = live.and_then(|live| Some((live, Migration::of(live)?))) else {
            return Ok((answer?, false));
        };
        let after = match answer {
            Err(Failure::Refused(mut refusal)) if !refusal.conflicts.is_empty() => {
                refusal.conflicts.retain(|conflict| !migration.settles(conflict.manager()));
                if !refusal.conflicts.is_empty() {
                    return Err(Failure::Refused(refusal));
                }
                apply(true).await?
            }
            answer => answer?,
        };
        let left = migration.without_what_left(&after, &wanted.object);
        Ok((self.writer.json_patch(&path, &replacing(live, &left), true).await?, false))
    }
}

/// The field manager of `kubectl rollout undo`: the patch names none, so that the server takes the name of the program
/// (`DaemonSetRollbacker`, k8s.io/kubectl/pkg/polymorphichelpers/rollback.go, v0.36.3; `managerOrUserAgent`,
/// k8s.io/apiserver/pkg/endpoints/handlers/create.go, v0.36.3). Other commands of kubectl name their own.
const UNDO_MANAGER: &str = "kubectl";

/// Whether all that stands in the way is what `kubectl rollout undo` set: fields of the template of a DaemonSet.
fn is_undo(wanted: &DesiredObject, conflicts: &[Conflict]) -> bool {
    let of_undo = |conflict: &Conflict| {
        conflict.manager() == Some(UNDO_MANAGER) && conflict.field.trim_start_matches('.').starts_with("spec.template")
    };
    wanted.id.resource.kind == "DaemonSet" && !conflicts.is_empty() && conflicts.iter().all(of_undo)
}

/// Whether `kubectl rollout undo` set fields of the template that the document sets, by what the object says.
fn undone(live: &Json, wanted: &DesiredObject) -> bool {
    let entries = live.pointer("/metadata/managedFields").and_then(Json::as_array);
    wanted.id.resource.kind == "DaemonSet"
        && Migration::of(live).is_none()
        && entries.into_iter().flatten().any(|entry| {
            entry["manager"] == UNDO_MANAGER
                && entry["operation"] == "Update"
                && !entry["fieldsV1"]["f:spec"]["f:template"].is_null()
        })
}
