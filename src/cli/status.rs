//! `status`: one look at a rollout, or following one that anybody started.

use std::collections::BTreeSet;

use clap::Args;
use jiff::Timestamp;

use crate::cli::connection::ConnectionArgs;
use crate::cli::context::Context;
use crate::cli::daemon_set_name::daemon_set_name;
use crate::cli::deploy::{daemon_set_id, print_json};
use crate::cli::runtime::{Format, Waiting, block_on, connect, failure, watch};
use crate::deploy::follow::of_held;
use crate::deploy::poll::once;
use crate::deploy::report::DeployReport;
use crate::deploy::rollout::{End, Outcome};
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::render::deploy as show;
use crate::render::text::write_wrapped;

/// Show the progress of a rollout and what blocks it
///
/// Exit codes: 0 done (or in progress, without --wait), 1 the command could not run, 2 the rollout is blocked or timed
/// out.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Status {
    /// Show this DaemonSet: NAME or ds/NAME
    name: String,
    /// Follow the rollout until the rollout is done
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    waiting: Waiting,
    /// Write the output in this format
    #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    output: Format,
}

impl Status {
    /// Whether the command follows the rollout to its end.
    pub fn follows(&self) -> bool {
        self.wait
    }
}

const EXAMPLES: &str = "\
Examples:
  # Follow a rollout that somebody else started
  kubectl daemonset status fluent-bit -n logging --wait";

/// Maximum age of a FailedCreate event, in seconds: the controller retries at most that much later.
const BELIEVED: i64 = 16 * 60;

/// Runs `status`.
///
/// # Errors
/// See the exit codes in its help.
pub fn run(args: &Status, connection: &ConnectionArgs, context: &mut Context<'_>) -> Result<ExitCode> {
    block_on(status(args, connection, context))
}

async fn status(args: &Status, connection: &ConnectionArgs, context: &mut Context<'_>) -> Result<ExitCode> {
    let name = daemon_set_name(&args.name)?;
    let session = connect(connection, context.stderr).await?;
    let id = daemon_set_id(&session.writer.connection().target().namespace, name);
    let object = session.writer.get(&id.path()).await.map_err(|f| f.told(format!("cannot read {id}")))?;
    let Some(object) = object else { return Err(Error::new(format!("{id} does not exist"))) };
    let mut report = DeployReport::of(&object);
    let outcome = match args.wait {
        true => watch(&session, &id, None, args.waiting.patience(), args.output, context).await?,
        false => {
            let since = Timestamp::now().as_second() - BELIEVED;
            let Some(look) = once(&session, &id, since).await? else {
                return Err(Error::new(format!("{id} does not exist")));
            };
            let hopeless = look.hopeless(&BTreeSet::new());
            let end = if hopeless.is_empty() { End::Done } else { End::Hopeless(hopeless) };
            let reasons = of_held(&session, &id, &look, &BTreeSet::new()).await;
            Outcome { end, look, excused: BTreeSet::new(), reasons }
        }
    };
    report.outcome(&outcome);
    let done = outcome.look.is_done(&outcome.excused);
    if !args.wait && outcome.end == End::Done && !done {
        report.outcome = "on its way";
    }
    match args.output {
        Format::Json => print_json(std::iter::once(&report), context)?,
        Format::Text => {
            if !args.wait {
                write_wrapped(context.stdout, &show::line(&outcome.look), context.theme.line_width(), ("", "  "))?;
                show::held(context.stdout, &context.theme, &outcome)?;
            }
            if !done {
                show::causes(context.stdout, &context.theme, &outcome)?;
            }
            if done {
                show::end(context.stdout, &context.theme, name, &outcome)?;
            }
        }
    }
    match failure(&id, &outcome) {
        Some(error) => Err(error),
        None => Ok(ExitCode::Success),
    }
}
