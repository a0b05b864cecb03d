//! `deploy`: predict, apply, follow.

use std::collections::BTreeSet;

use clap::{ArgAction, Args, ValueEnum};
use serde_json::json;

use crate::cli::connection::ConnectionArgs;
use crate::cli::context::Context;
use crate::cli::deploy_documents::{How, intent_base};
use crate::cli::deploy_rollout::{Applied, Choices, Part};
use crate::cli::files::Files;
use crate::cli::runtime::{BestEffortWriter, Format, Interrupted, Waiting, block_on, connect, tell_target};
use crate::deploy::fit_together::clashes;
use crate::deploy::guard::Guards;
use crate::deploy::intent::Intent;
use crate::deploy::plan::{Action, Step};
use crate::deploy::pod_probe::Probe;
use crate::deploy::prediction::{Clash, Prediction};
use crate::deploy::report::DeployReport;
use crate::deploy::resources::ObjectId;
use crate::deploy::session::{Options, Prepared, Stored};
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::render::deploy as show;
use crate::text::escape;
use crate::text::escape::escape;

/// Deploy a DaemonSet from a spec or a plain manifest: predict, apply, follow the rollout
///
/// Before any write, the plan shows what changes and which nodes will get a pod. Several DaemonSets of the documents are
/// deployed together: one plan, then each rollout is followed. Exit codes: 0 done, 1 the command could
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
    /// Restore everything that the deployment changed if the rollout fails, ConfigMaps and Secrets included
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
    let mut intents = documents.settle(&session, &args.files, connection, context)?;
    let client_side = args.dry_run == DryRun::Client;
    let rollback = args.rollback_on_failure && args.wait && args.dry_run == DryRun::None;
    let options = Options { follow: args.wait, rollback, ..args.how.options(client_side) };
    tell_target(&session, &namespaces(&intents), context.stderr)?;
    let mut all_prepared = Vec::new();
    for intent in &mut intents {
        let prepared = session.prepare(intent, options).await?;
        tell_notes(&prepared, context)?;
        all_prepared.push(prepared);
    }
    let mut predictions = Vec::new();
    for (intent, prepared) in intents.iter().zip(&all_prepared) {
        predictions.push(session.predict(intent, prepared, options).await?);
    }
    let clashes = match intents.len() {
        1 => Vec::new(),
        _ => clashes(&session, &intents).await?,
    };
    let (text, many) = (args.output == Format::Text, intents.len() > 1);
    if text {
        for ((intent, prepared), (prediction, _)) in intents.iter().zip(&all_prepared).zip(&predictions) {
            if many {
                writeln!(context.stdout, "{}:", escape(&intent.daemon_set().id.to_string()))?;
            }
            show::plan(context.stdout, &context.theme, &prepared.plan, false)?;
            show::prediction(context.stdout, &context.theme, prediction)?;
        }
        show::clashes(context.stdout, &context.theme, &clashes)?;
        context.stdout.flush()?;
    }
    let mut refused: Option<Error> = None;
    for (intent, (prediction, probe)) in intents.iter().zip(&predictions) {
        if refused.is_none() {
            let why = args.refusal(prediction, probe);
            let named = |error: Error| error.cause(format!("in {}", intent.daemon_set().id));
            refused = if many { why.map(named) } else { why };
        }
        // Whatever else refuses the deployment: admission would be the next to refuse it.
        if let (Probe::Refused(why), false) = (probe, args.guards().is_admissions(prediction, probe)) {
            writeln!(context.stderr, "warning: admission would reject a pod of the template: {}", escape(why))?;
        }
    }
    let refused = refused.or_else(|| args.refuses(&clashes));
    let mut parts = Vec::new();
    for ((intent, prepared), (prediction, _)) in intents.into_iter().zip(all_prepared).zip(predictions) {
        let mut report = DeployReport::of(prepared.live.as_ref().unwrap_or(&intent.daemon_set().object));
        report.plan(&prepared.plan);
        report.prediction(&prediction);
        report.clashes(&clashes);
        if let Some(error) = &refused {
            report.outcome = "refused";
            report.reasons = vec![error.to_string()];
        }
        parts.push(Part { intent, prepared, report, stored: Stored::default() });
    }
    if refused.is_some() || args.dry_run != DryRun::None {
        if !text {
            print_reports(&parts, context)?;
        }
        return refused.map_or(Ok(ExitCode::Success), Err);
    }
    interrupted.say("interrupted: applied objects stay; run the command again to continue", Vec::new());
    let mut wrote = false;
    for Part { intent, prepared, report, stored } in &mut parts {
        let mut hear = |step: &Step| {
            wrote = true;
            let done = if step.action == Action::Create { "created" } else { "configured" };
            if text && !step.repeated {
                drop(writeln!(context.stdout, "{} {done}", escape(&step.id.to_string())));
                drop(context.stdout.flush());
            }
        };
        match session.apply(intent, prepared, options, &mut hear).await {
            Ok(applied) => *stored = applied,
            Err(error) if wrote => return Err(error.exit(ExitCode::PartlyDone)),
            Err(error) => return Err(error),
        }
        report.outcome = "applied";
    }
    let (mut stdout, mut stderr) =
        (BestEffortWriter::by(&mut *context.stdout), BestEffortWriter::by(&mut *context.stderr));
    let mut context = Context {
        program: context.program.clone(),
        stdout: &mut stdout,
        stderr: &mut stderr,
        theme: context.theme.clone(),
        stderr_theme: context.stderr_theme.clone(),
    };
    let choices = Choices {
        wait: args.wait,
        prune: args.how.prunes(),
        rollback: args.rollback_on_failure,
        patience: args.waiting.patience(),
        format: args.output,
    };
    let applied = Applied { choices, interrupted, session: &session };
    let outcome = applied.finish(&mut parts, &mut context).await;
    if !text {
        print_reports(&parts, &mut context)?;
    }
    outcome.map_err(|error| error.exit(ExitCode::PartlyDone))?;
    stdout.told().map_err(|error| Error::from(error).exit(ExitCode::PartlyDone))?;
    Ok(ExitCode::Success)
}

/// The namespaces of the DaemonSets, as text.
pub fn namespaces(intents: &[Intent]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for intent in intents {
        if !names.contains(&intent.namespace.as_str()) {
            names.push(&intent.namespace);
        }
    }
    names.join(", ")
}

/// Prints the report of one DaemonSet, or a list of several.
fn print_reports(parts: &[Part], context: &mut Context<'_>) -> Result<()> {
    print_json(parts.iter().map(|part| &part.report), context)
}

impl Deploy {
    fn guards(&self) -> Guards {
        Guards { unschedulable: self.fail_if_unschedulable, preempting: self.fail_if_preempting }
    }

    /// Returns why DaemonSets that do not fit together are refused, if they are.
    fn refuses(&self, clashes: &[Clash]) -> Option<Error> {
        let nodes: BTreeSet<&String> = clashes.iter().flat_map(|clash| &clash.nodes).collect();
        let bound = self.fail_if_unschedulable?;
        (nodes.len() >= bound.max(1)).then(|| {
            let error = Error::new("the DaemonSets do not fit together on every node");
            let error = clashes.iter().fold(error, |error, clash| error.cause(clash.message.clone()));
            error.hint("nothing was written").exit(ExitCode::RefusedBeforeWrite)
        })
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

/// Prints a report as JSON; several reports as a list.
pub fn print_json<'r>(reports: impl Iterator<Item = &'r DeployReport>, context: &mut Context<'_>) -> Result<()> {
    let reports: Vec<&DeployReport> = reports.collect();
    let text = match reports.as_slice() {
        [one] => escape::json(one)?,
        all => escape::json(&json!({"apiVersion": "kubectl-daemonset/v1", "kind": "DeployReportList", "items": all}))?,
    };
    writeln!(context.stdout, "{text}")?;
    context.stdout.flush()?;
    Ok(())
}

/// The DaemonSet of a namespace.
pub fn daemon_set_id(namespace: &str, name: &str) -> ObjectId {
    ObjectId::new("DaemonSet", namespace, name)
}
