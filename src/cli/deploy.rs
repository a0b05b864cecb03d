//! `deploy`: predict, apply, follow.

use clap::{ArgAction, Args, ValueEnum};

use crate::cli::connection::ConnectionArgs;
use crate::cli::context::Context;
use crate::cli::deploy_documents::{How, intent_base};
use crate::cli::files::Files;
use crate::cli::runtime::{
    BestEffortWriter, Format, Interrupted, Waiting, block_on, connect, failure, tell_target, watch,
};
use crate::deploy::guard::Guards;
use crate::deploy::intent::Intent;
use crate::deploy::plan::Action;
use crate::deploy::pod_probe::Probe;
use crate::deploy::prediction::Prediction;
use crate::deploy::report::DeployReport;
use crate::deploy::resources::{ObjectId, Written};
use crate::deploy::rollout::End;
use crate::deploy::session::{Options, Prepared, Session};
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::render::deploy as show;
use crate::text::escape;
use crate::text::escape::escape;

/// Deploy a DaemonSet from a spec or a plain manifest: predict, apply, follow the rollout
///
/// Before any write, the plan shows what changes and which nodes will get a pod. Exit codes: 0 done, 1 the command could
/// not run, 2 applied but failed or timed out, 3 refused before any write.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Deploy {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    how: How,
    /// Show the plan and write nothing: `server` sends a dry run to the API server, `client` only reads
    #[arg(long, value_enum, value_name = "HOW", default_value_t = DryRun::None, num_args = 0..=1, require_equals = true,
          default_missing_value = "client")]
    dry_run: DryRun,
    /// Follow the rollout until the rollout is done
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value_t = true, action = ArgAction::Set)]
    wait: bool,
    #[command(flatten)]
    waiting: Waiting,
    /// Refuse to deploy if N or more eligible nodes would get no pod. Default for N: 1
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, default_missing_value = "1")]
    fail_if_unschedulable: Option<usize>,
    /// Refuse to deploy if pods on N or more nodes would be evicted. Default for N: 1
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, default_missing_value = "1")]
    fail_if_preempting: Option<usize>,
    /// Deploy even if no node is eligible
    #[arg(long)]
    allow_zero: bool,
    /// Deploy even if the prediction proves that the rollout cannot finish
    #[arg(long)]
    allow_stuck: bool,
    /// Roll the DaemonSet back if the rollout fails
    #[arg(long)]
    rollback_on_failure: bool,
    /// Write the output in this format
    #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    output: Format,
}

const EXAMPLES: &str = "\
Examples:
  # Show the plan and the prediction, and write nothing
  kubectl daemonset deploy -f agent.yaml --dry-run=server

  # Apply the spec, follow the rollout, and roll back if the rollout fails
  kubectl daemonset deploy -f agent.yaml --rollback-on-failure

  # Refuse to deploy if an eligible node would get no pod
  kubectl daemonset deploy -f agent.yaml --fail-if-unschedulable";

const NOT_OURS: &str = "not rolled back: the DaemonSet was changed by someone else";

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
pub fn run(args: &Deploy, connection: &ConnectionArgs, context: &mut Context<'_>) -> Result<ExitCode> {
    let interrupted = Interrupted::saying("interrupted: nothing was written");
    block_on(deploy(args, &interrupted, connection, context))
}

async fn deploy(
    args: &Deploy,
    interrupted: &Interrupted,
    connection: &ConnectionArgs,
    context: &mut Context<'_>,
) -> Result<ExitCode> {
    let mut documents = intent_base(&args.files, &args.how, context)?;
    let session = connect(connection, context.stderr).await?;
    let mut intent = documents.settle(&session, connection, context)?;
    let client_side = args.dry_run == DryRun::Client;
    let options = Options { follow: args.wait, ..args.how.options(client_side) };
    tell_target(&session, &intent.namespace, context.stderr)?;
    let prepared = session.prepare(&mut intent, options).await?;
    tell_notes(&prepared, context)?;
    let (prediction, probe) = session.predict(&intent, &prepared, options).await?;
    let text = args.output == Format::Text;
    if text {
        show::plan(context.stdout, &context.theme, &prepared.plan, false)?;
        show::prediction(context.stdout, &context.theme, &prediction)?;
        context.stdout.flush()?;
    }
    let mut report = DeployReport::of(prepared.live.as_ref().unwrap_or(&intent.daemon_set().object));
    report.plan(&prepared.plan);
    report.prediction(&prediction);
    // Whatever else refuses the deployment: admission would be the next to refuse it.
    if let (Probe::Refused(why), false) = (&probe, args.guards().is_admissions(&prediction, &probe)) {
        writeln!(context.stderr, "warning: admission would reject a pod of the template: {}", escape(why))?;
    }
    if let Some(error) = args.refusal(&prediction, &probe) {
        if !text {
            report.outcome = "refused";
            report.reasons = vec![error.to_string()];
            print_json(&report, context)?;
        }
        return Err(error);
    }
    if args.dry_run != DryRun::None {
        if !text {
            print_json(&report, context)?;
        }
        return Ok(ExitCode::Success);
    }
    interrupted.say("interrupted: applied objects stay; run the command again to continue", Vec::new());
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
    let applied = Applied { args, interrupted, session: &session, prepared: &prepared, written: Written::of(&stored) };
    let (mut stdout, mut stderr) =
        (BestEffortWriter::by(&mut *context.stdout), BestEffortWriter::by(&mut *context.stderr));
    let mut context = Context {
        program: context.program.clone(),
        stdout: &mut stdout,
        stderr: &mut stderr,
        theme: context.theme.clone(),
        stderr_theme: context.stderr_theme.clone(),
    };
    applied.finish(&mut intent, &mut report, &mut context).await.map_err(|error| error.exit(ExitCode::PartlyDone))?;
    stdout.told().map_err(|error| Error::from(error).exit(ExitCode::PartlyDone))?;
    Ok(ExitCode::Success)
}

/// The state after all objects are applied. The remaining steps run to their end even if the output's reader is gone.
struct Applied<'a> {
    args: &'a Deploy,
    interrupted: &'a Interrupted,
    session: &'a Session,
    prepared: &'a Prepared,
    written: Written,
}

impl Applied<'_> {
    /// Follows the rollout, prunes or rolls back, and always prints the report.
    async fn finish(&self, intent: &mut Intent, report: &mut DeployReport, context: &mut Context<'_>) -> Result<()> {
        let (plan, text) = (&self.prepared.plan, self.args.output == Format::Text);
        let (name, namespace) = (&intent.name, &intent.namespace);
        self.interrupted.say(
            "interrupted: everything is applied; the rollout continues in the cluster",
            vec![
                format!("follow the rollout with `kubectl daemonset status {name} -n {namespace} --wait`"),
                format!("roll back with `kubectl rollout undo daemonset/{name} -n {namespace}`"),
            ],
        );
        let mut outcome = match self.args.wait {
            true => self.follow(intent, report, context).await,
            false => Ok(()),
        };
        if outcome.is_ok() && self.args.wait && self.args.how.prunes() {
            let mut done = |id: &ObjectId| {
                if text {
                    drop(writeln!(context.stdout, "{} pruned", escape(&id.to_string())));
                }
            };
            outcome = self.session.prune(intent, plan, &mut done).await;
            report.reasons.extend(outcome.as_ref().err().map(Error::to_string));
        } else if plan.prunes().next().is_some() {
            writeln!(context.stderr, "note: nothing was pruned, because the rollout was not seen to succeed")?;
        }
        if !text {
            print_json(report, context)?;
        }
        outcome
    }

    /// Follows the rollout to its end. Rolls back after a failure if the user requested it.
    async fn follow(&self, intent: &Intent, report: &mut DeployReport, context: &mut Context<'_>) -> Result<()> {
        let id = &intent.daemon_set().id;
        let (patience, format) = (self.args.waiting.patience(), self.args.output);
        let outcome = match watch(self.session, id, Some(&self.written), patience, format, context).await {
            Ok(outcome) => outcome,
            Err(error) => {
                report.reasons.push(error.to_string());
                return Err(match self.args.rollback_on_failure {
                    true => error.hint("not rolled back: the rollout was not seen to fail"),
                    false => error,
                });
            }
        };
        report.outcome(&outcome);
        if format == Format::Text {
            show::end(context.stdout, &context.theme, &id.name, &outcome)?;
            context.stdout.flush()?;
        }
        let Some(error) = failure(id, &outcome) else { return Ok(()) };
        Err(match (self.args.rollback_on_failure, &outcome.end) {
            (true, End::Deleted | End::Replaced(_)) => error.hint(NOT_OURS),
            (true, _) => self.put_back(intent, error, report, context).await,
            (false, _) => {
                error.hint(format!("roll back with `kubectl rollout undo daemonset/{} -n {}`", id.name, id.namespace))
            }
        })
    }

    /// Rolls the DaemonSet back and follows the rollback. Returns the rollout's error with the result of the rollback.
    async fn put_back(
        &self,
        intent: &Intent,
        error: Error,
        report: &mut DeployReport,
        context: &mut Context<'_>,
    ) -> Error {
        let id = &intent.daemon_set().id;
        let Some(before) = &self.prepared.live else {
            return error.hint("not rolled back: the DaemonSet is new and has no previous revision");
        };
        if matches!(self.prepared.plan.of(id), None | Some(Action::Nothing)) {
            return error.hint("not rolled back: this command did not change the DaemonSet");
        }
        let status =
            format!("follow the rollout with `kubectl daemonset status {} -n {} --wait`", id.name, id.namespace);
        self.interrupted
            .say("interrupted: the rollout failed; the state of the rollback is unknown", vec![status.clone()]);
        let stored = match self.session.roll_back(intent, before, &self.written).await {
            Ok(Some(stored)) => stored,
            Ok(None) => return error.hint(NOT_OURS),
            Err(refused) => return error.hint(format!("not rolled back: {refused}")),
        };
        drop(writeln!(context.stderr, "rolled back {}", escape(&id.to_string())));
        self.interrupted.say(
            "interrupted: the rollout failed; the DaemonSet is rolled back, and that rollout continues in the cluster",
            vec![status],
        );
        let (written, patience) = (Written::of(&stored), self.args.waiting.patience());
        let error = match watch(self.session, id, Some(&written), patience, self.args.output, context).await {
            Ok(outcome) => {
                report.rolled_back(&outcome);
                error.hint(match failure(id, &outcome) {
                    None => "rolled back: the pods of the previous template are available".to_owned(),
                    Some(again) => {
                        format!("rolled back, but the previous revision fails too: {again}")
                    }
                })
            }
            Err(lost) => error.hint(format!("rolled back, but the result is unknown: {lost}")),
        };
        let told = |(id, new): (&ObjectId, bool)| if new { format!("{id} (new)") } else { id.to_string() };
        let stay: Vec<String> = self.prepared.plan.contents_written().map(told).collect();
        match stay.is_empty() {
            true => error,
            false => {
                error.hint(format!("not rolled back, because the pods may read these objects: {}", stay.join(", ")))
            }
        }
    }
}

impl Deploy {
    fn guards(&self) -> Guards {
        Guards { unschedulable: self.fail_if_unschedulable, preempting: self.fail_if_preempting }
    }

    /// Returns why the prediction refuses the deployment, if it does.
    fn refusal(&self, prediction: &Prediction, probe: &Probe) -> Option<Error> {
        if let Some(error) = self.guards().refusal(prediction, probe) {
            return Some(error);
        }
        if prediction.wants_nothing() && !self.allow_zero {
            let why = prediction.groups.first().map(|g| g.why.clone()).unwrap_or_default();
            return Some(
                Error::new("no node is eligible for a pod")
                    .cause(why)
                    .hint("use `--allow-zero` to deploy without an eligible node")
                    .exit(ExitCode::RefusedBeforeWrite),
            );
        }
        let deadlock = prediction.deadlock().filter(|_| !self.allow_stuck)?;
        Some(
            Error::new("the rollout cannot finish")
                .cause(show::why_stuck(deadlock))
                .hint("use `--allow-stuck` to deploy all the same: some pods will stay old")
                .exit(ExitCode::RefusedBeforeWrite),
        )
    }
}

/// Writes the warnings and notes of a plan to stderr.
pub fn tell_notes(prepared: &Prepared, context: &mut Context<'_>) -> Result<()> {
    for warning in &prepared.plan.warnings {
        writeln!(context.stderr, "Warning: {}", escape(warning))?;
    }
    if let Some(labels) = &prepared.kept_selector {
        let labels = escape(&labels.join(", ")).into_owned();
        writeln!(context.stderr, "note: the selector of the existing DaemonSet is immutable and is kept: {labels}")?;
    }
    if !prepared.plan.not_checked.is_empty() {
        let missing = prepared.plan.not_checked.join(", ");
        writeln!(context.stderr, "not checked for pruning: {}", escape(&missing))?;
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
