//! `deploy`: predict, apply, follow.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};
use futures::future::join;
use serde_json::Value as Json;

use super::Context;
use super::connection::ConnectionArgs;
use super::files::{Files, tell};
use super::render::{pull_config, secret};
use super::waiting::{Format, Interrupted, Waiting, block_on_saying, connect, failure, tell_target, watch};
use crate::deploy::intent::{Intent, Unfit};
use crate::deploy::object::ObjectId;
use crate::deploy::plan::Action;
use crate::deploy::prediction::Prediction;
use crate::deploy::report::DeployReport;
use crate::deploy::session::{Options, Prepared, Probe, Session};
use crate::error::{Error, Result};
use crate::output::deploy as show;
use crate::output::escape::{self, escape};

/// Deploy a DaemonSet from a spec or a plain manifest: predict, apply, follow the rollout
///
/// Before anything is written the plan says what changes and which nodes will get a pod. Exit codes: 0 done, 1 could
/// not run, 2 applied but failed or timed out, 3 refused before any write.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Deploy {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    how: How,
    /// `client` plans without asking the server what it would store, `server` asks; neither writes
    #[arg(long, value_enum, value_name = "HOW", default_value_t = DryRun::None, num_args = 0..=1, require_equals = true,
          default_missing_value = "client")]
    dry_run: DryRun,
    /// Follow the rollout until it is done
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value_t = true, action = ArgAction::Set)]
    wait: bool,
    #[command(flatten)]
    waiting: Waiting,
    /// Refuse to deploy where N nodes or more (1 without N) would want a pod and get none
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, default_missing_value = "1")]
    fail_if_unschedulable: Option<usize>,
    /// Refuse to deploy where pods of N nodes or more (1 without N) would be evicted
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, default_missing_value = "1")]
    fail_if_preempting: Option<usize>,
    /// Deploy also where no node wants a pod
    #[arg(long)]
    allow_zero: bool,
    /// Put the DaemonSet back as it was where the rollout fails
    #[arg(long)]
    rollback_on_failure: bool,
    /// Format of the output
    #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    output: Format,
}

const EXAMPLES: &str = "\
Examples:
  # Plan and prediction; nothing is written
  kubectl daemonset deploy -f agent.yaml --dry-run=server

  # Apply it and follow it to its end; take it back if it fails
  kubectl daemonset deploy -f agent.yaml --rollback-on-failure

  # Refuse beforehand if a node would stay without a pod
  kubectl daemonset deploy -f agent.yaml --fail-if-unschedulable";

/// How objects are applied, for `deploy` and `diff`.
#[derive(Debug, Args)]
pub struct How {
    /// Take over fields that other managers own
    #[arg(long)]
    force_conflicts: bool,
    /// Delete what was deployed with the DaemonSet and is no longer wanted, after the rollout
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value_t = true, action = ArgAction::Set)]
    prune: bool,
    /// Docker config file whose credentials become the image pull Secret
    #[arg(long, value_name = "FILE")]
    image_pull_config: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DryRun {
    None,
    Client,
    Server,
}

/// Runs `deploy`.
///
/// # Errors
/// See the exit codes in its help.
pub fn run(args: &Deploy, connection: &ConnectionArgs, context: &mut Context<'_>) -> Result<u8> {
    let interrupted = Interrupted::saying("interrupted: nothing was written");
    block_on_saying(&interrupted, deploy(args, &interrupted, connection, context))
}

async fn deploy(
    args: &Deploy,
    interrupted: &Interrupted,
    connection: &ConnectionArgs,
    context: &mut Context<'_>,
) -> Result<u8> {
    let mut documents = intent_base(&args.files, &args.how, context)?;
    let session = connect(connection, context.stderr).await?;
    let mut intent = documents.settle(&session, connection, context)?;
    let client_side = args.dry_run == DryRun::Client;
    let options = Options { follow: args.wait, ..args.how.options(client_side) };
    tell_target(&session, &intent.namespace, context.stderr)?;
    let prepared = session.prepare(&mut intent, options).await?;
    tell_notes(&prepared, context)?;
    let probe = async {
        match client_side {
            true => Ok(Probe::Admitted),
            false => session.probe(&intent).await,
        }
    };
    let (predicted, probe) = join(session.predict(&intent, &prepared), probe).await;
    let (mut prediction, _) = predicted?;
    let probe = match probe? {
        Probe::Admitted => None,
        Probe::Refused(why) => Some(why),
        Probe::NotAsked(why) => {
            prediction.assumptions.push(format!("admission webhooks and policies let the pods pass: {why}"));
            None
        }
    };
    let text = args.output == Format::Text;
    if text {
        show::plan(context.stdout, &prepared.plan, false)?;
        show::prediction(context.stdout, &prediction)?;
        context.stdout.flush()?;
    }
    let mut report = DeployReport::of(prepared.live.as_ref().unwrap_or(&intent.daemon_set().object));
    report.plan(&prepared.plan);
    report.prediction(&prediction);
    let refused = args.refusal(&prediction, probe.as_deref());
    if let Some(error) = refused {
        if !text {
            report.outcome = "refused";
            report.reasons = vec![error.to_string()];
            print_json(&report, context)?;
        }
        return Err(error);
    }
    if let Some(why) = &probe {
        writeln!(context.stderr, "warning: a pod of the template would not be admitted: {}", escape(why))?;
    }
    if args.dry_run != DryRun::None {
        if !text {
            print_json(&report, context)?;
        }
        return Ok(0);
    }
    interrupted.say("interrupted: what was applied stays; run it again to go on", Vec::new());
    let stored = session
        .apply(&intent, &prepared, options, &mut |step| {
            let done = if step.action == Action::Create { "created" } else { "configured" };
            if text {
                drop(writeln!(context.stdout, "{} {done}", escape(&step.id.to_string())));
                drop(context.stdout.flush());
            }
        })
        .await?;
    report.outcome = "applied";
    let (name, namespace) = (&intent.name, &intent.namespace);
    interrupted.say(
        "interrupted: everything is applied, and the rollout goes on by itself",
        vec![
            format!("`kubectl daemonset status {name} -n {namespace} --wait` follows it"),
            format!("`kubectl rollout undo daemonset/{name} -n {namespace}` goes back"),
        ],
    );
    let outcome = match args.wait {
        // Whatever goes wrong from here on, it is applied.
        true => rolled_out(args, &session, &intent, &prepared, &stored, &mut report, context)
            .await
            .map_err(|error| if error.is_broken_pipe() { error } else { error.exit(2) })?,
        false => None,
    };
    if outcome.is_none() && args.wait && args.how.prune {
        session
            .prune(&mut intent, &prepared.plan, &mut |id| {
                if text {
                    drop(writeln!(context.stdout, "{} pruned", escape(&id.to_string())));
                }
            })
            .await?;
    } else if prepared.plan.prunes().next().is_some() {
        writeln!(context.stderr, "note: nothing was pruned, since the rollout was not seen to succeed")?;
    }
    if !text {
        print_json(&report, context)?;
    }
    match outcome {
        Some(error) => Err(error),
        None => Ok(0),
    }
}

/// Follows the rollout to its end; gives the error where it failed.
async fn rolled_out(
    args: &Deploy,
    session: &Session,
    intent: &Intent,
    prepared: &Prepared,
    stored: &Json,
    report: &mut DeployReport,
    context: &mut Context<'_>,
) -> Result<Option<Error>> {
    let id = &intent.daemon_set().id;
    let generation = stored["metadata"]["generation"].as_i64();
    let patience = args.waiting.patience();
    let outcome = watch(session, id, generation, patience, args.output, context).await?;
    report.outcome(&outcome);
    if args.output == Format::Text {
        show::end(context.stdout, &id.name, &outcome)?;
        context.stdout.flush()?;
    }
    let Some(error) = failure(id, &outcome) else { return Ok(None) };
    Ok(Some(match args.rollback_on_failure {
        true => rolled_back(args, session, intent, prepared, error, report, context).await?,
        false => error.hint(format!("`kubectl rollout undo daemonset/{} -n {}` goes back", id.name, id.namespace)),
    }))
}

async fn rolled_back(
    args: &Deploy,
    session: &Session,
    intent: &Intent,
    prepared: &Prepared,
    error: Error,
    report: &mut DeployReport,
    context: &mut Context<'_>,
) -> Result<Error> {
    let id = &intent.daemon_set().id;
    let Some(before) = &prepared.live else {
        return Ok(error.hint("it is new: there is nothing to roll back to"));
    };
    if matches!(prepared.plan.of(id), None | Some(Action::Nothing)) {
        return Ok(error.hint("the DaemonSet was not changed: there is nothing to roll back"));
    }
    let stored = session.roll_back(intent, before).await?;
    writeln!(context.stderr, "rolled back {}", escape(&id.to_string()))?;
    let generation = stored["metadata"]["generation"].as_i64();
    let outcome = watch(session, id, generation, args.waiting.patience(), args.output, context).await?;
    report.rolled_back(&outcome);
    let error = error.hint(match failure(id, &outcome) {
        None => "the DaemonSet is as it was before".to_owned(),
        Some(again) => format!("the DaemonSet was put back as it was before, and that is not well either: {again}"),
    });
    let told = |(id, new): (&ObjectId, bool)| if new { format!("{id} (new)") } else { id.to_string() };
    let stay: Vec<String> = prepared.plan.contents_written().map(told).collect();
    Ok(match stay.is_empty() {
        true => error,
        false => error.hint(format!("not put back, its pods may read them: {}", stay.join(", "))),
    })
}

impl Deploy {
    /// Why the deployment is refused, by what is predicted.
    fn refusal(&self, prediction: &Prediction, probe: Option<&str>) -> Option<Error> {
        let refused = |message: String| Error::new(message).exit(3);
        let guards = self.fail_if_unschedulable.is_some() || self.fail_if_preempting.is_some();
        let pods_unseen = prediction.assumptions.iter().any(|a| a.starts_with("nothing in the way of pods:"));
        if guards && (prediction.nodes_unseen || pods_unseen) {
            let hint = "get the right to list nodes and pods, or leave `--fail-if-...` out";
            return Some(refused("what would happen on the nodes is not known".to_owned()).hint(hint));
        }
        if let Some(most) = self.fail_if_unschedulable {
            let without = prediction.without();
            if without >= most.max(1) {
                return Some(
                    refused(match without {
                        1 => "1 node that wants a pod would get none".to_owned(),
                        _ => format!("{without} nodes that want a pod would get none"),
                    })
                    .hint("they are listed above; nothing was written"),
                );
            }
            if let Some(why) = probe {
                return Some(refused("a pod of the template would not be admitted".to_owned()).cause(why));
            }
        }
        if let Some(most) = self.fail_if_preempting {
            let evicting = prediction.count("preempting");
            if evicting >= most.max(1) {
                return Some(
                    refused(match evicting {
                        1 => "pods on 1 node would be evicted".to_owned(),
                        _ => format!("pods on {evicting} nodes would be evicted"),
                    })
                    .hint("they are listed above; nothing was written"),
                );
            }
        }
        if prediction.wants_nothing() && !self.allow_zero {
            let why = prediction.groups.first().map(|g| g.why.clone()).unwrap_or_default();
            return Some(
                refused("no node wants a pod".to_owned()).cause(why).hint("`--allow-zero` deploys it all the same"),
            );
        }
        None
    }
}

impl How {
    /// As the room that writes takes it.
    pub fn options(&self, client_side: bool) -> Options {
        Options { client_side, force_conflicts: self.force_conflicts, prune: self.prune, ..Options::default() }
    }
}

/// Documents that were read and are sound, before it is known where they go.
pub struct Documents(Vec<crate::spec::Input>);

/// Reads the documents.
///
/// # Errors
/// They cannot be read, or have mistakes.
pub fn intent_base(files: &Files, how: &How, context: &mut Context<'_>) -> Result<Documents> {
    let mut loaded = files.load()?;
    if let Some(path) = &how.image_pull_config {
        let config = pull_config(path)?;
        loaded.documents.iter_mut().for_each(|d| d.use_pull_config(&config));
    }
    tell(&loaded, context)?;
    Ok(Documents(loaded.documents))
}

impl Documents {
    /// What they ask for in the cluster that was chosen, if they may be deployed there.
    ///
    /// # Errors
    /// They are for another context, or make no deployment.
    pub fn settle(
        &mut self,
        session: &Session,
        connection: &ConnectionArgs,
        context: &mut Context<'_>,
    ) -> Result<Intent> {
        let target = session.writer.connection().target();
        let given = connection.namespace.as_deref();
        let intent = match Intent::of(&self.0, given, &target.namespace, &secret) {
            Ok(intent) => intent,
            Err(Unfit::Error(error)) => return Err(error),
            Err(Unfit::Problems(problems)) => {
                for problem in &problems {
                    writeln!(context.stderr, "{problem}\n")?;
                }
                return Err(Error::new("a secret cannot be read: nothing was done"));
            }
        };
        intent.guard(target.context.as_deref(), connection.flags().context.is_some())?;
        Ok(intent)
    }
}

/// Tells what else there is to say of a plan.
pub fn tell_notes(prepared: &Prepared, context: &mut Context<'_>) -> Result<()> {
    for warning in &prepared.plan.warnings {
        writeln!(context.stderr, "Warning: {}", escape(warning))?;
    }
    if let Some(labels) = &prepared.kept_selector {
        let labels = escape(&labels.join(", ")).into_owned();
        writeln!(
            context.stderr,
            "note: the selector of the DaemonSet that is there cannot change and is kept: {labels}"
        )?;
    }
    if !prepared.plan.not_looked_at.is_empty() {
        let missing = prepared.plan.not_looked_at.join(", ");
        writeln!(context.stderr, "not looked at for pruning: {}", escape(&missing))?;
    }
    Ok(())
}

/// Prints a report as JSON.
pub fn print_json(report: &DeployReport, context: &mut Context<'_>) -> Result<()> {
    writeln!(context.stdout, "{}", escape::json(report)?)?;
    context.stdout.flush()?;
    Ok(())
}

/// The DaemonSet of a namespace.
pub fn daemon_set_id(namespace: &str, name: &str) -> ObjectId {
    ObjectId::new("DaemonSet", namespace, name)
}
