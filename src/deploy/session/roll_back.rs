//! The way back: the objects as they were before the deployment, unless another client changed them since.

use serde_json::Value as Json;
use tokio::time::{Duration, sleep};

use crate::client::apply::{Failure, Mode, Right};
use crate::deploy::desired_object::DesiredObject;
use crate::deploy::intent::Intent;
use crate::deploy::plan::{Action, Step};
use crate::deploy::poll::says_done;
use crate::deploy::resources::{ObjectId, PART_OF, Written, label, uid};
use crate::deploy::rollback_state::RollbackState;
use crate::deploy::session::{RolledBack, Session, Stored};
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;

/// Maximum number of attempts to roll back while another client changes the DaemonSet.
const MAX_ROLL_BACKS: u32 = 10;

/// Returns the permissions to keep the state before a deployment in the Secret of this id.
pub(super) fn rights(id: &ObjectId) -> [Right; 4] {
    ["get", "create", "patch", "delete"].map(|verb| id.right(verb))
}

impl Session {
    /// Returns the state to which a failed rollout goes back, with what earlier deployments left that did not succeed.
    ///
    /// # Errors
    /// The Secret of that state cannot be read, or belongs to something else: exit code 3.
    pub(super) async fn state_before(
        &self,
        intent: &Intent,
        before: &[Option<Json>],
        steps: &[Step],
    ) -> Result<Option<RollbackState>> {
        let id = RollbackState::id(intent);
        let live = self.writer.get(&id.path()).await.map_err(|failure| failure.told(format!("cannot read {id}")))?;
        let is_others = live.as_ref().is_some_and(|live| label(live, PART_OF) != Some(&intent.set_id()));
        if is_others || intent.objects.iter().any(|wanted| wanted.id == id) {
            return Err(Error::new(format!("{id} is needed to keep the state before the deployment"))
                .hint("nothing was written; rename the Secret, or remove `--rollback-on-failure`")
                .exit(ExitCode::RefusedBeforeWrite));
        }
        let older = live.as_ref().and_then(RollbackState::of_secret);
        let is_done = before.last().and_then(Option::as_ref).is_some_and(says_done);
        let state = RollbackState::of(intent, before, steps.iter().map(|step| &step.action));
        let is_needed = older.is_some() || steps.iter().any(|step| step.action != Action::Nothing);
        Ok(state.filter(|_| is_needed).map(|state| state.after(older, is_done)))
    }

    /// Keeps the state before the deployment in the cluster. Nothing else is written before.
    ///
    /// # Errors
    /// The state is larger than a Secret can be, or the server refuses.
    pub async fn keep(&self, intent: &Intent, state: &RollbackState) -> Result<()> {
        let Some(secret) = state.to_secret(intent) else {
            return Err(Error::new("the state before the deployment is larger than a Secret can be")
                .hint("nothing was written; remove `--rollback-on-failure`")
                .exit(ExitCode::RefusedBeforeWrite));
        };
        let kept = self.writer.apply(&secret.id.path(), &secret.object, Mode { dry_run: false, force: true }).await;
        kept.map(|_| ()).map_err(|failure| {
            let exit = if failure.is_decision() { ExitCode::RefusedBeforeWrite } else { ExitCode::Failure };
            let told = failure.without(&secret.secrets()).told(format!("cannot apply {}", secret.id)).exit(exit);
            told.hint("no object of the documents was written")
        })
    }

    /// Deletes the state before a deployment, where one is kept.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn forget(&self, intent: &Intent) -> Result<()> {
        let id = RollbackState::id(intent);
        let failed = |failure: Failure| failure.told(format!("cannot delete {id}")).exit(ExitCode::PartlyDone);
        let live = self.writer.get(&id.path()).await.map_err(failed)?;
        let ours = live.filter(|live| label(live, PART_OF) == Some(&intent.set_id()));
        if let Some(live) = ours {
            self.writer.delete(&id.path(), uid(&live), false).await.map_err(failed)?;
        }
        Ok(())
    }

    /// Restores a state: ConfigMaps, Secrets and the like first, the DaemonSet last. Returns `None` and writes nothing if
    /// another client changed the DaemonSet after it was `stored`. Another object that somebody else changed or deleted
    /// since stays as it is.
    ///
    /// # Errors
    /// The server refuses: exit code 2.
    pub async fn roll_back(
        &self,
        intent: &Intent,
        state: &RollbackState,
        stored: &Stored,
    ) -> Result<Option<RolledBack>> {
        let written = Written::of(&stored.daemon_set);
        let mut back = RolledBack::default();
        let own = intent.daemon_set().id.path();
        let now = self.writer.get(&own).await.map_err(|failure| failed(failure, intent.daemon_set()))?;
        if !now.is_some_and(|now| written.is_newest(&now)) {
            return Ok(None);
        }
        for wanted in state.objects() {
            if wanted.id.resource.kind == "DaemonSet" {
                let is_newest = |now: &Json| written.is_newest(now);
                let Some(daemon_set) = self.restore(&wanted, &is_newest).await? else { return Ok(None) };
                back.daemon_set = daemon_set;
                continue;
            }
            let version = stored.versions.iter().find(|(id, _)| *id == wanted.id).map(|(_, version)| version);
            let is_ours = |now: &Json| version.is_none_or(|version| now["metadata"]["resourceVersion"] == *version);
            match self.restore(&wanted, &is_ours).await? {
                Some(_) => back.restored.push(wanted.id),
                None => back.left.push(wanted.id),
            }
        }
        Ok(Some(back))
    }

    /// Applies an object as it was, if the object is there and nobody else changed it. Returns it as the server stores it.
    async fn restore(&self, wanted: &DesiredObject, is_ours: &dyn Fn(&Json) -> bool) -> Result<Option<Json>> {
        let (path, mut object) = (wanted.id.path(), wanted.object.clone());
        for attempt in 1.. {
            let now = self.writer.get(&path).await.map_err(|failure| failed(failure, wanted))?;
            let Some(now) = now.filter(is_ours) else { return Ok(None) };
            for key in ["uid", "resourceVersion"] {
                object["metadata"][key] = now["metadata"][key].clone();
            }
            match self.writer.apply(&path, &object, Mode { dry_run: false, force: true }).await {
                // The status of a DaemonSet changes also while nobody changes the DaemonSet.
                Err(Failure::Refused(refusal)) if refusal.is_race() && attempt < MAX_ROLL_BACKS => {
                    sleep(Duration::from_millis(50 << attempt.min(5))).await;
                }
                applied => return Ok(Some(applied.map_err(|failure| failed(failure, wanted))?.object)),
            }
        }
        Ok(None)
    }
}

fn failed(failure: Failure, wanted: &DesiredObject) -> Error {
    let failure = failure.without(&wanted.secrets());
    failure.told(format!("cannot roll back {}", wanted.id)).exit(ExitCode::PartlyDone)
}
