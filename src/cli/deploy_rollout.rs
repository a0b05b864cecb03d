//! What follows once `deploy` has applied everything: following the rollouts, pruning, going back.

use crate::cli::context::Context;
use crate::cli::runtime::{Format, Interrupted, failure, watch};
use crate::deploy::follow::Patience;
use crate::deploy::intent::Intent;
use crate::deploy::report::DeployReport;
use crate::deploy::resources::{ObjectId, Written};
use crate::deploy::rollout::End;
use crate::deploy::session::{Prepared, Session, Stored};
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::render::deploy as show;
use crate::text::escape::escape;

const KEPT: &str = "run the command again to go back: the state before is kept in the cluster";
const NOT_OURS: &str = "not rolled back: the DaemonSet was changed by someone else";

/// One of the DaemonSets that are deployed together.
pub struct Part {
    /// What the documents ask for.
    pub intent: Intent,
    /// The plan.
    pub prepared: Prepared,
    /// The report.
    pub report: DeployReport,
    /// What was stored.
    pub stored: Stored,
}

/// What is to be done after the objects are applied.
#[derive(Debug, Clone, Copy)]
pub struct Choices {
    /// The rollouts are followed.
    pub wait: bool,
    /// What is no longer in the documents is deleted.
    pub prune: bool,
    /// A failed rollout is rolled back, with the others that were deployed together.
    pub rollback: bool,
    /// For how long a rollout is waited for.
    pub patience: Patience,
    /// Format of the output.
    pub format: Format,
}

/// How following a rollout ended, where it did not succeed.
struct Failed {
    error: Error,
    /// Whether the DaemonSet may be put back: the rollout was seen to fail, and nobody else changed the DaemonSet.
    may_go_back: bool,
}

/// The state after all objects are applied. The remaining steps run to their end even if the output's reader is gone.
pub struct Applied<'a> {
    pub choices: Choices,
    pub interrupted: &'a Interrupted,
    pub session: &'a Session,
}

impl Applied<'_> {
    /// Follows the rollouts, one after the other, then prunes or rolls back all of them.
    ///
    /// # Errors
    /// A rollout did not succeed, or something could not be pruned.
    pub async fn finish(&self, parts: &mut [Part], context: &mut Context<'_>) -> Result<()> {
        let hints = parts.iter().flat_map(|Part { intent: Intent { name, namespace, .. }, .. }| {
            [
                format!("follow the rollout with `kubectl daemonset status {name} -n {namespace} --wait`"),
                format!("roll back with `kubectl rollout undo daemonset/{name} -n {namespace}`"),
            ]
        });
        self.interrupted
            .say("interrupted: everything is applied; the rollout continues in the cluster", hints.collect());
        let mut failed: Vec<Option<Failed>> = Vec::new();
        for part in parts.iter_mut() {
            failed.push(match self.choices.wait {
                true => self.follow(part, context).await?,
                false => None,
            });
        }
        if failed.iter().any(Option::is_some) {
            return Err(self.after_failure(parts, failed, context).await);
        }
        for part in parts.iter_mut() {
            self.after_success(part, context).await?;
        }
        Ok(())
    }

    /// Rolls back what may be, if that was requested. Returns the errors of all rollouts in one.
    async fn after_failure(&self, parts: &mut [Part], failed: Vec<Option<Failed>>, context: &mut Context<'_>) -> Error {
        let (mut errors, mut others) = (Vec::new(), Vec::new());
        for (part, failed) in parts.iter_mut().zip(failed) {
            let id = part.intent.daemon_set().id.clone();
            let has_failed = failed.is_some();
            let told = match failed {
                Some(Failed { error, may_go_back: true }) if self.choices.rollback => {
                    self.put_back(part, error, context).await
                }
                Some(Failed { error, .. }) => error,
                // It succeeded, and goes back with those that did not.
                None if self.choices.rollback && part.prepared.rollback.is_some() => {
                    let done = Error::new(format!("{id} was deployed together with a DaemonSet whose rollout failed"));
                    self.put_back(part, done, context).await
                }
                None => continue,
            };
            if part.prepared.plan.prunes().next().is_some() {
                let note = "note: nothing was pruned, because the rollout was not seen to succeed";
                drop(writeln!(context.stderr, "{note}"));
            }
            if has_failed { errors.push(told) } else { others.push(told) }
        }
        // The rollouts that failed come first.
        let all = errors.into_iter().chain(others).reduce(|mut all, next| {
            all.causes.push(next.message);
            all.causes.extend(next.causes);
            all.hints.extend(next.hints);
            all
        });
        all.unwrap_or_else(|| Error::new("the rollout failed")).exit(ExitCode::PartlyDone)
    }

    /// Prunes, and deletes the state to which nobody goes back any more.
    async fn after_success(&self, part: &mut Part, context: &mut Context<'_>) -> Result<()> {
        let Part { intent, prepared, report, .. } = part;
        let mut outcome = Ok(());
        if self.choices.wait && self.choices.prune {
            let text = self.choices.format == Format::Text;
            let mut done = |id: &ObjectId| {
                if text {
                    drop(writeln!(context.stdout, "{} pruned", escape(&id.to_string())));
                }
            };
            outcome = self.session.prune(intent, &prepared.plan, &mut done).await;
        } else if prepared.plan.prunes().next().is_some() {
            writeln!(context.stderr, "note: nothing was pruned, because the rollout was not seen to succeed")?;
        }
        let keeps_state = prepared.left_state || prepared.rollback.is_some();
        if outcome.is_ok() && self.choices.wait && keeps_state {
            outcome = self.session.forget(intent).await;
        }
        report.reasons.extend(outcome.as_ref().err().map(Error::to_string));
        outcome
    }

    /// Follows a rollout to its end. Returns how it failed, if it did.
    async fn follow(&self, part: &mut Part, context: &mut Context<'_>) -> Result<Option<Failed>> {
        let id = &part.intent.daemon_set().id;
        let written = Written::of(&part.stored.daemon_set);
        let Choices { patience, format, rollback, .. } = self.choices;
        let outcome = match watch(self.session, id, Some(&written), patience, format, context).await {
            Ok(outcome) => outcome,
            Err(error) => {
                part.report.reasons.push(error.to_string());
                let error = match rollback {
                    true => error.hint("not rolled back: the rollout was not seen to fail"),
                    false => error,
                };
                return Ok(Some(Failed { error, may_go_back: false }));
            }
        };
        part.report.outcome(&outcome);
        if format == Format::Text {
            show::end(context.stdout, &context.theme, &id.name, &outcome)?;
            context.stdout.flush()?;
        }
        let Some(error) = failure(id, &outcome) else { return Ok(None) };
        let is_others = matches!(outcome.end, End::Deleted | End::Replaced(_));
        let error = match (rollback, is_others) {
            (true, true) => error.hint(NOT_OURS),
            (true, false) => error,
            (false, _) => {
                error.hint(format!("roll back with `kubectl rollout undo daemonset/{} -n {}`", id.name, id.namespace))
            }
        };
        Ok(Some(Failed { error, may_go_back: !is_others }))
    }

    /// Rolls a DaemonSet back with what belongs to it, and follows the rollback. Returns the rollout's error with the
    /// result of the rollback.
    async fn put_back(&self, part: &mut Part, error: Error, context: &mut Context<'_>) -> Error {
        let Part { intent, prepared, report, stored } = part;
        let id = &intent.daemon_set().id;
        let Some(state) = &prepared.rollback else {
            return error.hint(match prepared.live {
                None => format!("not rolled back: {id} is new and has no previous revision"),
                Some(_) => format!("not rolled back: this command did not change {id}"),
            });
        };
        let status =
            format!("follow the rollout with `kubectl daemonset status {} -n {} --wait`", id.name, id.namespace);
        self.interrupted
            .say("interrupted: the rollout failed; the state of the rollback is unknown", vec![status.clone()]);
        let back = match self.session.roll_back(intent, state, stored).await {
            Ok(Some(back)) => back,
            Ok(None) => return error.hint(NOT_OURS),
            Err(refused) => return error.hint(format!("not rolled back: {refused}")).hint(KEPT),
        };
        for restored in back.restored.iter().chain([id]) {
            drop(writeln!(context.stderr, "rolled back {}", escape(&restored.to_string())));
        }
        self.interrupted.say(
            "interrupted: the rollout failed; the DaemonSet is rolled back, and that rollout continues in the cluster",
            vec![status],
        );
        let (written, Choices { patience, format, .. }) = (Written::of(&back.daemon_set), self.choices);
        let mut error = match watch(self.session, id, Some(&written), patience, format, context).await {
            Ok(outcome) => {
                report.rolled_back(&outcome);
                let (_, available, desired) = outcome.look.counts();
                let pods = format!("{available} of {desired}");
                error.hint(match failure(id, &outcome) {
                    None => format!("rolled back: the pods of the previous template are available ({pods})"),
                    Some(again) => {
                        format!("rolled back, but the previous revision fails too ({pods} pods are available): {again}")
                    }
                })
            }
            Err(lost) => error.hint(format!("rolled back, but the result is unknown: {lost}")),
        };
        let names = |ids: &[&ObjectId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let left: Vec<&ObjectId> = back.left.iter().collect();
        if !left.is_empty() {
            error = error.hint(format!("not rolled back, because someone else changed them: {}", names(&left)));
        }
        let new: Vec<&ObjectId> = prepared.plan.created().filter(|new| *new != id).collect();
        if !new.is_empty() {
            error = error.hint(format!("new objects stay, and the next deployment prunes them: {}", names(&new)));
        }
        match self.session.forget(intent).await {
            Ok(()) => error,
            Err(failure) => error.hint(failure.to_string()),
        }
    }
}
