//! The plan: every object as it is, and as the server would store it. Nothing is written.

use futures::future::join_all;
use serde_json::Value as Json;

use crate::client::apply::{Failure, Mode, Right};
use crate::deploy::apply_sets::namespaces_of;
use crate::deploy::client_side_apply::{Migration, replacing};
use crate::deploy::config_checksum::seal;
use crate::deploy::desired_object::DesiredObject;
use crate::deploy::field_ownership;
use crate::deploy::intent::Intent;
use crate::deploy::plan::{Plan, Step};
use crate::deploy::resources::ObjectId;
use crate::deploy::session::permissions::{lacks_one, later_rights, wanted_rights};
use crate::deploy::session::{Options, Prepared, Session};
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;

impl Session {
    /// Makes the plan: reads every object and asks the server what it would store. Nothing is written.
    ///
    /// # Errors
    /// Rights are missing, another manager owns a field, or the server would refuse an object: with exit code 3, as
    /// nothing was written.
    pub async fn prepare(&self, intent: &mut Intent, options: Options) -> Result<Prepared> {
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
        seal(intent, &live)?;
        let kept_selector = daemon_set.as_ref().and_then(|live| intent.keep_selector(live));
        let mut plan = Plan { local_sources: intent.local_sources.clone(), ..Plan::default() };
        let mut pruned = Vec::new();
        if options.prune {
            pruned = self.to_prune(intent, daemon_set.as_ref(), &mut plan.not_checked).await?;
        }
        // Whose members stay for now is found again through the DaemonSet.
        let elsewhere = match options.prune {
            true => pruned.iter().map(|step| step.id.namespace.clone()).collect(),
            false => namespaces_of(&intent.namespace, daemon_set.as_ref()),
        };
        intent.reach(&elsewhere);
        missing.retain(|right| right.verb != "create" || lacks_one(intent, &live, right));
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
        let stored = intent.objects.iter().zip(&live).map(|(wanted, live)| async move {
            let askable = !wanted.id.resource.namespaced || namespace_is_there;
            match options.client_side || !askable {
                true => Ok(live.as_ref().map_or_else(
                    || wanted.object.clone(),
                    |l| field_ownership::applied(&Migration::moved(l), &wanted.object),
                )),
                false => self.would_store(wanted, live.as_ref(), options).await,
            }
        });
        let mut daemon_set_after = Json::Null;
        for ((wanted, live), after) in intent.objects.iter().zip(&live).zip(join_all(stored).await) {
            let after = after?;
            plan.steps.push(Step::of(wanted, live.as_ref(), &after));
            daemon_set_after = after;
        }
        plan.steps.extend(pruned);
        plan.warnings = self.writer.connection().take_warnings().into_iter().collect();
        let asked = !options.client_side && namespace_is_there;
        let after = asked.then_some(daemon_set_after);
        Ok(Prepared { plan, live: daemon_set, after, before: live, kept_selector })
    }

    async fn read(&self, id: &ObjectId) -> Result<Option<Json>> {
        self.writer.get(&id.path()).await.map_err(|failure| failure.told(format!("cannot read {id}")))
    }

    async fn would_store(&self, wanted: &DesiredObject, live: Option<&Json>, options: Options) -> Result<Json> {
        match self.dry_run(wanted, live, options).await {
            Ok(object) => Ok(object),
            // A binding's role may be one that is about to be made.
            Err(failure) if failure.is_not_found() && wanted.id.resource.kind.ends_with("Binding") => {
                Ok(wanted.object.clone())
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
    ) -> std::result::Result<Json, Failure> {
        let path = wanted.id.path();
        let apply = async |force: bool| {
            let mode = Mode { dry_run: true, force };
            Ok(self.writer.apply(&path, &wanted.object, mode).await?.object)
        };
        let answer = apply(options.force_conflicts).await;
        let Some((live, migration)) = live.and_then(|live| Some((live, Migration::of(live)?))) else { return answer };
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
        self.writer.json_patch(&path, &replacing(live, &left), true).await
    }
}
