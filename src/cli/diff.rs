//! `diff`: what deploy would change.

use clap::Args;

use crate::cli::connection::ConnectionArgs;
use crate::cli::context::Context;
use crate::cli::deploy::{print_json, tell_notes};
use crate::cli::deploy_documents::{How, intent_base};
use crate::cli::external_diff;
use crate::cli::files::Files;
use crate::cli::runtime::{Format, block_on, connect};
use crate::deploy::plan::Plan;
use crate::deploy::report::DeployReport;
use crate::deploy::session::Options;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::render::deploy as show;

/// Show what deploy would change
///
/// Sends a dry run of each object to the API server and writes nothing. Shows a unified diff of the objects as YAML, or runs
/// the program and the flags of KUBECTL_EXTERNAL_DIFF on two directories. Values of Secrets are not shown. Exit codes: 0 no
/// differences, 1 differences, 2 the command could not run.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Diff {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    how: How,
    /// Write the output in this format
    #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    output: Format,
}

const EXAMPLES: &str = "\
Examples:
  kubectl daemonset diff -f agent.yaml

  # Show the differences with another program
  KUBECTL_EXTERNAL_DIFF='diff -u -N' kubectl daemonset diff -f agent.yaml";

/// Runs `diff`.
///
/// # Errors
/// It could not run: exit code 2.
pub fn run(args: &Diff, connection: &ConnectionArgs, context: &mut Context<'_>) -> Result<ExitCode> {
    block_on(diff(args, connection, context)).map_err(|error| error.exit(ExitCode::DiffFailure))
}

async fn diff(args: &Diff, connection: &ConnectionArgs, context: &mut Context<'_>) -> Result<ExitCode> {
    let mut documents = intent_base(&args.files, &args.how, context)?;
    let session = connect(connection, context.stderr).await?;
    let mut intents = documents.settle(&session, &args.files, connection, context)?;
    let options = Options { only_plan: true, ..args.how.options(false) };
    let mut all = Vec::new();
    for intent in &mut intents {
        let prepared = session.prepare(intent, options).await?;
        tell_notes(&prepared, context)?;
        all.push(prepared);
    }
    match args.output {
        Format::Text => match external_diff::chosen() {
            Some(command) => {
                let steps = all.into_iter().flat_map(|prepared| prepared.plan.steps).collect();
                return external_diff::run(&command, &Plan { steps, ..Plan::default() }, context);
            }
            None => {
                for prepared in &all {
                    show::plan(context.stdout, &context.theme, &prepared.plan, true)?;
                }
            }
        },
        Format::Json => {
            let reports: Vec<DeployReport> = intents
                .iter()
                .zip(&all)
                .map(|(intent, prepared)| {
                    let object = prepared.live.as_ref().unwrap_or(&intent.daemon_set().object);
                    let mut report = DeployReport::of(object);
                    report.plan(&prepared.plan);
                    report
                })
                .collect();
            print_json(reports.iter(), context)?;
        }
    }
    let changes = all.iter().any(|prepared| prepared.plan.changes_anything());
    Ok(if changes { ExitCode::Differences } else { ExitCode::Success })
}
