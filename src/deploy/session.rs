//! Reading what is there, asking the server what it would make of it, and writing, in order.

use std::collections::BTreeSet;

use futures::future::join_all;
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use tokio::time::{Duration, sleep};

use crate::client::Reader;
use crate::client::api_path::{ApiPath, is_dns_label};
use crate::client::apply::{Failure, Mode, Right, Writer};
use crate::deploy::config_checksum::seal;
use crate::deploy::desired_object::DesiredObject;
use crate::deploy::difference::changes;
use crate::deploy::field_ownership;
use crate::deploy::intent::Intent;
use crate::deploy::load;
use crate::deploy::plan::{Action, Plan, Step, prune};
use crate::deploy::pod_probe::Probe;
use crate::deploy::prediction::{Now, Prediction, predict};
use crate::deploy::resources::{MADE_FOR, NAMESPACES, ObjectId, Written, annotation};
use crate::deploy::unseen_data::{NotAsked, Unseen};
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::model::Symbol;
use crate::model::wire::Kind;
use crate::store::Coverage;

/// Maximum number of attempts to roll back while another client changes the DaemonSet.
const MAX_ROLL_BACKS: u32 = 10;

/// How a deployment is prepared and applied.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// The server is not asked what it would store.
    pub client_side: bool,
    /// Fields that other managers own are taken from them.
    pub force_conflicts: bool,
    /// What is ours and no longer wanted is deleted after the rollout.
    pub prune: bool,
    /// Only the plan is needed, not the permissions to delete and to follow.
    pub only_plan: bool,
    /// The rollout is followed.
    pub follow: bool,
}

/// A way to a cluster, to read and to write.
#[derive(Clone)]
pub struct Session {
    /// Reads facts.
    pub reader: Reader,
    /// Writes objects.
    pub writer: Writer,
}

/// A deployment that is ready to be applied.
pub struct Prepared {
    /// What becomes of every object.
    pub plan: Plan,
    /// The DaemonSet as it is there now.
    pub live: Option<Json>,
    /// The DaemonSet as the server would store it, if the server was asked.
    after: Option<Json>,
    /// Every object as it is there now, in the order of the intent.
    before: Vec<Option<Json>>,
    /// The labels of the selector that was kept, where the document has another.
    pub kept_selector: Option<Vec<String>>,
}

impl Session {
    /// A session over a reader's connection.
    pub fn new(reader: Reader) -> Self {
        let writer = Writer::new(reader.connection().clone());
        Session { reader, writer }
    }

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
                true => Ok(live
                    .as_ref()
                    .map_or_else(|| wanted.object.clone(), |l| field_ownership::applied(l, &wanted.object))),
                false => self.would_store(wanted, options).await,
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

    async fn would_store(&self, wanted: &DesiredObject, options: Options) -> Result<Json> {
        let mode = Mode { dry_run: true, force: options.force_conflicts };
        match self.writer.apply(&wanted.id.path(), &wanted.object, mode).await {
            Ok(applied) => Ok(applied.object),
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

    /// Returns the permissions that the server denies the user.
    async fn missing(&self, rights: &[Right]) -> Result<Vec<Right>> {
        let answers = join_all(rights.iter().map(|right| self.writer.may(right))).await;
        let mut missing = Vec::new();
        for (right, answer) in rights.iter().zip(answers) {
            if answer? == Some(false) {
                missing.push(right.clone());
            }
        }
        Ok(missing)
    }

    fn lacks(&self, missing: &[Right]) -> Error {
        let mut told: Vec<String> = Vec::new();
        for right in missing.iter().map(Right::to_string) {
            if !told.contains(&right) {
                told.push(right);
            }
        }
        let who = self.writer.connection().target().user.clone();
        let who = who.map_or("you".to_owned(), |user| format!("user `{user}`"));
        Error::new(format!("{who} cannot {}", told.join(", ")))
            .hint("nothing was written; ask for a role with these permissions")
            .exit(ExitCode::RefusedBeforeWrite)
    }

    /// Returns the members of the set that are no longer in the documents.
    async fn to_prune(&self, intent: &Intent, live: Option<&Json>, not_checked: &mut Vec<String>) -> Result<Vec<Step>> {
        // Also without a DaemonSet: a deploy that was cut short may have left members.
        let mut namespaces = namespaces_of(&intent.namespace, live);
        namespaces.extend(intent.other_namespaces());
        let members = self.members(&namespaces, &intent.set_id(), not_checked).await?;
        let revisions = match live {
            Some(live) => self.revisions(&intent.namespace, live, not_checked).await?,
            None => Some(Vec::new()),
        };
        Ok(prune(&members, &intent.objects, revisions.as_deref()))
    }

    /// The revisions of a DaemonSet, whole; nothing where they may not be listed.
    async fn revisions(
        &self,
        namespace: &str,
        live: &Json,
        not_checked: &mut Vec<String>,
    ) -> Result<Option<Vec<Json>>> {
        let uid = crate::deploy::resources::uid(live);
        let owned = |revision: &Json| {
            let owners = revision.pointer("/metadata/ownerReferences").and_then(Json::as_array);
            owners.into_iter().flatten().any(|o| o["uid"] == uid)
        };
        match self.all_revisions(namespace).await {
            Ok(all) => Ok(Some(all.into_iter().filter(owned).collect())),
            Err(Failure::Refused(refusal)) => {
                let kept = "ConfigMaps, Secrets and ServiceAccounts stay, because a revision may refer to them";
                not_checked.push(format!("controllerrevisions: {} ({kept})", refusal.sentence()));
                Ok(None)
            }
            Err(failure) => Err(failure.told("cannot list controllerrevisions")),
        }
    }

    async fn all_revisions(&self, namespace: &str) -> std::result::Result<Vec<Json>, Failure> {
        let path = ApiPath::of_group("apps").in_namespace(namespace).segment("controllerrevisions");
        let list = self.writer.get(&path).await?;
        match list.and_then(|mut list| list.get_mut("items").map(Json::take)) {
            Some(Json::Array(items)) => Ok(items),
            _ => Ok(Vec::new()),
        }
    }

    /// The hash of the revision that holds a DaemonSet's template already, if there is one: the controller takes pods of
    /// it for new (`constructHistory`, pkg/controller/daemon/update.go, v1.36). Where that cannot be seen, what is missing.
    ///
    /// # Errors
    /// The server is lost.
    async fn revision_like(
        &self,
        namespace: &str,
        daemon_set: Option<&Json>,
    ) -> Result<std::result::Result<Option<Symbol>, Unseen>> {
        let Some(daemon_set) = daemon_set else { return Ok(Err(Unseen::StoredTemplate)) };
        let all = match self.all_revisions(namespace).await {
            Ok(all) => all,
            Err(Failure::Refused(refusal)) => {
                let resource = Kind::ControllerRevision.resource();
                return Ok(Err(Unseen::Revisions(match refusal.code {
                    403 => Coverage::Forbidden { verb: "list", resource },
                    _ => Coverage::Failed { why: refusal.sentence() },
                })));
            }
            Err(failure) => return Err(failure.told("cannot list controllerrevisions")),
        };
        let mut template = daemon_set["spec"]["template"].clone();
        // A revision holds a patch, which says that it replaces everything.
        if let Some(template) = template.as_object_mut() {
            template.insert("$patch".to_owned(), "replace".into());
        }
        let like = all.iter().find(|revision| revision["data"]["spec"]["template"] == template);
        let hash = like.and_then(|revision| revision["metadata"]["labels"]["controller-revision-hash"].as_str());
        Ok(Ok(hash.map(Symbol::new)))
    }

    /// Predicts the result of the plan, and dry-runs the creation of one pod, so that webhooks and policies, which cannot be
    /// simulated, take part.
    ///
    /// # Errors
    /// The server cannot be reached, or the DaemonSet cannot be read; the selector of another workload matches its pods.
    pub async fn predict(&self, intent: &Intent, prepared: &Prepared, options: Options) -> Result<(Prediction, Probe)> {
        let wanted = load::daemon_set(&intent.daemon_set().object)?;
        let live = prepared.live.as_ref().map(load::daemon_set).transpose()?;
        let namespace = &intent.namespace;
        let not_asked = match options.client_side {
            true => Some(NotAsked::ClientSide),
            false if self.may_create_pods(namespace).await? => None,
            false => Some(NotAsked::Forbidden { namespace: namespace.clone() }),
        };
        let sight = load::look(&self.reader, intent, live.is_none(), not_asked.is_none()).await?;
        if live.is_none()
            && let Some(rival) = load::rival(&sight.cluster, &wanted)
        {
            let message = format!("the selector of {rival} matches the pods of DaemonSet {namespace}/{}", intent.name);
            return Err(Error::new(message)
                .hint("give the pods other labels, or delete the other workload first: both would manage the same pods")
                .exit(ExitCode::RefusedBeforeWrite));
        }
        let adopts = if live.is_none() { sight.adopts } else { None };
        let rolls = live.is_some() && prepared.plan.rolls();
        let like = match rolls || adopts.is_some() {
            true => self.revision_like(namespace, prepared.after.as_ref()).await?,
            false => Ok(None),
        };
        let time = Timestamp::now().as_second();
        let now = Now { live: live.as_ref(), adopts, rolls, like: like.clone().unwrap_or_default(), time };
        let mut prediction = predict(&sight.cluster, &wanted, now);
        if let Err(unseen) = like {
            prediction.miss(unseen);
        }
        for unseen in &sight.unseen {
            // Where nobody is evicted, budgets decide nothing.
            if unseen.kind() != Some(Kind::PodDisruptionBudget) || !prediction.victims.is_empty() {
                prediction.miss(unseen.clone());
            }
        }
        let probe = match not_asked {
            Some(why) => Probe::NotAsked(why),
            None => Probe::of(sight.probe, intent),
        };
        if let Probe::NotAsked(why) = &probe {
            prediction.miss(Unseen::Admission(why.clone()));
        }
        Ok((prediction, probe))
    }

    async fn may_create_pods(&self, namespace: &str) -> Result<bool> {
        let namespace = namespace.to_owned();
        let right = Right { verb: "create", group: "", resource: "pods", namespace, name: String::new() };
        Ok(self.writer.may(&right).await? == Some(true))
    }

    /// Applies every object that changes, in order; `done` hears of each. Gives the DaemonSet as it is then.
    ///
    /// # Errors
    /// The server refuses one, or no answer comes: with exit code 2 where something was or may have been written, else
    /// 3 where that is the server's decision, else 1.
    pub async fn apply(
        &self,
        intent: &Intent,
        prepared: &Prepared,
        options: Options,
        done: &mut dyn FnMut(&Step),
    ) -> Result<Json> {
        let mut written = false;
        let mut daemon_set = prepared.live.clone();
        for ((wanted, step), before) in intent.objects.iter().zip(&prepared.plan.steps).zip(&prepared.before) {
            if step.action == Action::Nothing {
                continue;
            }
            let stored = match self.store(wanted, step, intent, options).await {
                Ok(stored) => stored,
                Err(failure) => match self.fate(wanted, before.as_ref(), &failure).await {
                    WriteOutcome::Stored(object) => object,
                    fate => return Err(told(failure.without(&wanted.secrets()), wanted, written, &fate)),
                },
            };
            written = true;
            done(step);
            if wanted.id.resource.kind == "DaemonSet" {
                daemon_set = Some(stored);
            }
        }
        daemon_set.ok_or_else(|| Error::new("the DaemonSet was not applied"))
    }

    /// What became of a write that failed: where no answer came, it may have been carried out all the same.
    async fn fate(&self, wanted: &DesiredObject, before: Option<&Json>, failure: &Failure) -> WriteOutcome {
        if failure.is_decision() {
            return WriteOutcome::NotStored;
        }
        let version = |object: &Json| object["metadata"]["resourceVersion"].clone();
        match (self.writer.get(&wanted.id.path()).await, before) {
            (Err(_), _) => WriteOutcome::Unknown,
            (Ok(None), _) => WriteOutcome::NotStored,
            (Ok(Some(now)), Some(before)) if version(&now) == version(before) => WriteOutcome::NotStored,
            (Ok(Some(now)), _) => {
                let after = field_ownership::applied(&now, &wanted.object);
                match !field_ownership::owned(&now).is_null() && changes(&now, &after, true).is_empty() {
                    true => WriteOutcome::Stored(now),
                    false => WriteOutcome::Unknown,
                }
            }
        }
    }

    async fn store(
        &self,
        wanted: &DesiredObject,
        step: &Step,
        intent: &Intent,
        options: Options,
    ) -> Result<Json, Failure> {
        if wanted.id.resource.kind == "Namespace" && step.action == Action::Create {
            // Only a creation tells that the namespace was not there before: the mark comes with it.
            let mut namespace = wanted.object.clone();
            if !namespace["metadata"]["annotations"].is_object() {
                namespace["metadata"]["annotations"] = json!({});
            }
            namespace["metadata"]["annotations"][MADE_FOR] = intent.set_id().into();
            match self.writer.create(&wanted.id.resource.path(""), &namespace, false).await {
                Err(Failure::Refused(refusal)) if refusal.code == 409 => {}
                Err(failure) => return Err(failure),
                Ok(_) => {}
            }
        }
        let mode = Mode { dry_run: false, force: options.force_conflicts };
        Ok(self.writer.apply(&wanted.id.path(), &wanted.object, mode).await?.object)
    }

    /// Deletes what the plan prunes; `done` hears of each.
    ///
    /// # Errors
    /// The server refuses: exit code 2, as the rest was applied.
    pub async fn prune(&self, intent: &mut Intent, plan: &Plan, done: &mut dyn FnMut(&ObjectId)) -> Result<()> {
        let still = self
            .still_members(plan.prunes(), &intent.set_id())
            .await
            .map_err(|error| error.exit(ExitCode::PartlyDone))?;
        for (id, uid) in plan.prunes().filter(|(id, _)| still.contains(id)) {
            let deleted = self.writer.delete(&id.path(), uid, false).await;
            if deleted.map_err(|failure| failure.told(format!("cannot prune {id}")).exit(ExitCode::PartlyDone))? {
                done(id);
            }
        }
        // The set has no members any more in namespaces where none is wanted.
        if intent.reach(&BTreeSet::new()) {
            let wanted = intent.daemon_set();
            let applied =
                self.writer.apply(&wanted.id.path(), &wanted.object, Mode { dry_run: false, force: true }).await;
            applied
                .map_err(|failure| failure.told(format!("cannot apply {}", wanted.id)).exit(ExitCode::PartlyDone))?;
        }
        Ok(())
    }

    /// Restores the spec of `before`, with its labels and annotations. ConfigMaps and Secrets do not change. Returns `None`
    /// and writes nothing if another client changed the DaemonSet after it was `written`.
    ///
    /// # Errors
    /// The server refuses: exit code 2.
    pub async fn roll_back(&self, intent: &Intent, before: &Json, written: &Written) -> Result<Option<Json>> {
        let wanted = intent.daemon_set();
        let failed =
            |failure: Failure| failure.told(format!("cannot roll back {}", wanted.id)).exit(ExitCode::PartlyDone);
        let mut object = wanted.object.clone();
        object["spec"] = before["spec"].clone();
        for map in ["labels", "annotations"] {
            let ours = object["metadata"][map].as_object().cloned().unwrap_or_default();
            let kept = ours.into_iter().filter_map(|(key, value)| {
                let was = annotation_or_label(before, map, &key);
                // The mark of ownership stays also on what was adopted.
                let own = key.starts_with("applyset.");
                was.map(|w| (key.clone(), w)).or(own.then_some((key, value)))
            });
            object["metadata"][map] = kept.collect();
        }
        let path = wanted.id.path();
        for attempt in 1.. {
            let now = self.writer.get(&path).await.map_err(failed)?;
            let Some(now) = now.filter(|now| written.is_newest(now)) else { return Ok(None) };
            for key in ["uid", "resourceVersion"] {
                object["metadata"][key] = now["metadata"][key].clone();
            }
            match self.writer.apply(&path, &object, Mode { dry_run: false, force: true }).await {
                // Its status changes also while nobody changes it.
                Err(Failure::Refused(refusal)) if refusal.is_race() && attempt < MAX_ROLL_BACKS => {
                    sleep(Duration::from_millis(50 << attempt.min(5))).await;
                }
                applied => return Ok(Some(applied.map_err(failed)?.object)),
            }
        }
        Ok(None)
    }
}

/// Outcome of a write without a response.
enum WriteOutcome {
    /// The write was stored; the current object.
    Stored(Json),
    /// The write was not stored.
    NotStored,
    /// The outcome cannot be read.
    Unknown,
}

fn told(failure: Failure, wanted: &DesiredObject, written: bool, fate: &WriteOutcome) -> Error {
    let exit = match fate {
        WriteOutcome::Unknown => ExitCode::PartlyDone,
        _ if written => ExitCode::PartlyDone,
        _ if failure.is_decision() => ExitCode::RefusedBeforeWrite,
        _ => ExitCode::Failure,
    };
    let mut error = failure.told(format!("cannot apply {}", wanted.id)).exit(exit);
    if matches!(fate, WriteOutcome::Unknown) {
        error = error.cause("the API server did not answer, and the object may be stored");
    }
    match (written, fate) {
        (true, _) => error.hint("earlier objects are applied; run the command again to continue"),
        (false, WriteOutcome::Unknown) => error.hint("safe to retry: run the same command again"),
        (false, _) => error.hint("nothing was written"),
    }
}

/// Returns the permissions to read and write the desired objects.
fn wanted_rights(intent: &Intent, options: Options) -> Vec<Right> {
    let verbs: &[&'static str] = if options.client_side { &["get"] } else { &["get", "patch", "create"] };
    distinct(intent.objects.iter().flat_map(|wanted| verbs.iter().map(|verb| wanted.id.right(verb))))
}

/// Returns the permissions to follow the rollout and to prune.
fn later_rights(intent: &Intent, pruned: &[Step], options: Options) -> Vec<Right> {
    let list = |group, resource| Right {
        verb: "list",
        group,
        resource,
        namespace: intent.namespace.clone(),
        name: String::new(),
    };
    let follow = [list("", "pods"), list("apps", "controllerrevisions")];
    let prunes = pruned.iter().filter(|step| matches!(step.action, Action::Prune { .. }));
    let follow = follow.into_iter().filter(|_| options.follow);
    distinct(follow.chain(prunes.map(|step| step.id.right("delete"))))
}

fn distinct(rights: impl Iterator<Item = Right>) -> Vec<Right> {
    let mut all: Vec<Right> = Vec::new();
    for right in rights {
        if !all.contains(&right) {
            all.push(right);
        }
    }
    all
}

/// Whether an object that a right to create is for is not there yet.
fn lacks_one(intent: &Intent, live: &[Option<Json>], right: &Right) -> bool {
    let mut pairs = intent.objects.iter().zip(live);
    pairs.any(|(wanted, live)| live.is_none() && wanted.id.right("create") == *right)
}

fn annotation_or_label(object: &Json, map: &str, key: &str) -> Option<Json> {
    object.get("metadata")?.get(map)?.get(key).cloned()
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
