//! The members of the set that are no longer in the documents: found before the deployment, deleted after its rollout.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::client::apply::Mode;
use crate::deploy::apply_sets::namespaces_of;
use crate::deploy::desired_object::DesiredObject;
use crate::deploy::intent::Intent;
use crate::deploy::plan::{Action, Plan, Step, prune};
use crate::deploy::resources::ObjectId;
use crate::deploy::session::Session;
use crate::error::Result;
use crate::exit_code::ExitCode;

impl Session {
    /// Returns the members of the set that are no longer in the documents.
    pub(super) async fn to_prune(
        &self,
        intent: &Intent,
        live: Option<&Json>,
        not_checked: &mut Vec<String>,
    ) -> Result<Vec<Step>> {
        // Also without a DaemonSet: a deploy that was cut short may have left members.
        let mut namespaces = namespaces_of(&intent.namespace, live);
        namespaces.extend(intent.other_namespaces());
        let members = self.members(&namespaces, &intent.set_id(), not_checked).await?;
        let revisions = match live {
            Some(live) => self.revisions(&intent.namespace, live, not_checked).await?,
            None => Some(Vec::new()),
        };
        let wanted: Vec<DesiredObject> = intent.objects.iter().chain(&intent.beside).cloned().collect();
        let mut steps = prune(&members, &wanted, revisions.as_deref());
        for step in steps.iter_mut().filter(|step| matches!(step.action, Action::Prune { .. })) {
            let is_it = |object: &Json| {
                let text = |key: &str| object["metadata"][key].as_str().unwrap_or_default();
                (text("namespace"), text("name")) == (step.id.namespace.as_str(), step.id.name.as_str())
            };
            let found = members.iter().find(|(resource, object)| *resource == step.id.resource && is_it(object));
            let Some((_, object)) = found else { continue };
            if let Some(with) = self.next_holder(object, &intent.daemon_set().id).await? {
                step.action = Action::Share { with };
            }
        }
        Ok(steps)
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
}
