//! The writes: every object that changes, in order, and the outcome of a write without a response.

use serde_json::{Value as Json, json};
use tokio::time::{Duration, sleep};

use crate::client::apply::{Failure, Mode};
use crate::deploy::client_side_apply::Migration;
use crate::deploy::desired_object::DesiredObject;
use crate::deploy::difference::changes;
use crate::deploy::field_ownership;
use crate::deploy::intent::Intent;
use crate::deploy::plan::{Action, Step};
use crate::deploy::resources::MADE_FOR;
use crate::deploy::session::{Options, Prepared, Session, Stored};
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;

impl Session {
    /// Applies every object that changes, in order; `done` hears of each. Gives what is stored then. The state to go back
    /// to is kept first.
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
    ) -> Result<Stored> {
        let mut written = false;
        let mut daemon_set = prepared.live.clone();
        let mut versions = Vec::new();
        if let Some(state) = &prepared.rollback {
            self.keep(intent, state).await?;
        }
        for ((wanted, step), before) in intent.objects.iter().zip(&prepared.plan.steps).zip(&prepared.before) {
            if step.action == Action::Nothing {
                versions.extend(before.as_ref().map(|before| (wanted.id.clone(), version(before))));
                continue;
            }
            let stored = match self.store(wanted, step, intent, options, &mut written).await {
                Ok(stored) => stored,
                Err(failure) => match self.fate(wanted, before.as_ref(), &failure).await {
                    WriteOutcome::Stored(object) => object,
                    fate => return Err(told(failure.without(&wanted.secrets()), wanted, written, &fate)),
                },
            };
            written = true;
            done(step);
            versions.push((wanted.id.clone(), version(&stored)));
            if wanted.id.resource.kind == "DaemonSet" {
                daemon_set = Some(stored);
            }
        }
        let daemon_set = daemon_set.ok_or_else(|| Error::new("the DaemonSet was not applied"))?;
        Ok(Stored { daemon_set, versions })
    }

    /// What became of a write that failed: where no answer came, it may have been carried out all the same.
    async fn fate(&self, wanted: &DesiredObject, before: Option<&Json>, failure: &Failure) -> WriteOutcome {
        if failure.is_decision() {
            return WriteOutcome::NotStored;
        }
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
        written: &mut bool,
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
        if !step.taken_over.is_empty() && self.take_over(wanted).await? {
            *written = true;
        }
        let mode = Mode { dry_run: false, force: options.force_conflicts || step.undone };
        Ok(self.writer.apply(&wanted.id.path(), &wanted.object, mode).await?.object)
    }

    /// Moves the fields of client-side apply to us, in the object as it is now. Returns whether anything was written.
    async fn take_over(&self, wanted: &DesiredObject) -> Result<bool, Failure> {
        let path = wanted.id.path();
        for attempt in 1.. {
            let Some(now) = self.writer.get(&path).await? else { return Ok(false) };
            let Some(migration) = Migration::of(&now) else { return Ok(false) };
            match self.writer.json_patch(&path, &migration.patch(&now), false).await {
                Err(Failure::Refused(refusal)) if refusal.is_race() && attempt < MAX_MOVES => {
                    sleep(Duration::from_millis(50 << attempt.min(5))).await;
                }
                patched => return patched.map(|_| true),
            }
        }
        Ok(false)
    }
}

/// `metadata.resourceVersion`.
fn version(object: &Json) -> Json {
    object["metadata"]["resourceVersion"].clone()
}

/// Maximum number of attempts to move the fields of client-side apply while others, such as the controller with its
/// status, change the object.
const MAX_MOVES: u32 = 10;

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
