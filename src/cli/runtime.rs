//! Flags of commands that follow a rollout, and how such commands run.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

use crate::cli::connection::ConnectionArgs;
use crate::cli::context::Context;
use crate::cli::signals;
use crate::client::{Connection, Environment, Patience as Requests, Reader, Target};
use crate::deploy::follow::{Patience, follow};
use crate::deploy::resources::{ObjectId, Written};
use crate::deploy::rollout::{BlockReason, End, Outcome};
use crate::deploy::session::Session;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::render::deploy as show;
use crate::text::duration;
use crate::text::escape::escape;
use clap::{Args, ValueEnum};
use jiff::Timestamp;

/// For how long a rollout is waited for.
#[derive(Debug, Clone, Args)]
pub struct Waiting {
    /// Stop waiting when the whole rollout takes longer than this; 0 means no limit
    #[arg(help_heading = "Waiting", long, value_name = "DURATION", value_parser = span, default_value = "0")]
    timeout: Span,
    /// Stop waiting when nothing changes for this time; 0 means no limit
    #[arg(help_heading = "Waiting", long, value_name = "DURATION", value_parser = span, default_value = "10m")]
    no_progress_timeout: Span,
    /// Stop waiting when a pod that cannot recover without a change (image, crash, Unschedulable, FailedCreate) stays so
    /// for this time
    #[arg(help_heading = "Waiting", long, value_name = "DURATION", value_parser = span, default_value = "10s")]
    give_up_after: Span,
    /// Report success only after every pod stayed available for this time; a container that restarts meanwhile is a
    /// failure. Default: 10s, or minReadySeconds if that is longer
    #[arg(help_heading = "Waiting", long, value_name = "DURATION", value_parser = span)]
    hold: Option<Span>,
    /// Wait also for nodes that were NotReady before the rollout, and for nodes that join during the rollout
    #[arg(help_heading = "Waiting", long)]
    require_all_nodes: bool,
}

/// A time that may be none.
#[derive(Debug, Clone, Copy)]
struct Span(Option<Duration>);

fn span(text: &str) -> Result<Span, String> {
    duration::parse_limit(text).map(Span)
}

/// Format of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}

impl Waiting {
    /// Returns the limits for following a rollout.
    pub fn patience(&self) -> Patience {
        Patience {
            all_nodes: self.require_all_nodes,
            give_up_after: self.give_up_after.0.unwrap_or_default(),
            timeout: self.timeout.0,
            no_progress: self.no_progress_timeout.0,
            hold: self.hold.map(|hold| hold.0.unwrap_or_default()),
        }
    }
}

/// Warning for every command that runs with `--insecure-skip-tls-verify`.
pub const UNCHECKED: &str = "Warning: the server's certificate is not checked";

/// Connects.
///
/// # Errors
/// No cluster is chosen, or it cannot be used.
pub async fn connect(connection: &ConnectionArgs, stderr: &mut dyn Write) -> Result<Session> {
    let target = Target::choose(&connection.flags(), &Environment::of_process())?;
    if connection.insecure() {
        writeln!(stderr, "{UNCHECKED}")?;
    }
    let connection = Connection::open(target, Requests::default()).await?;
    Ok(Session::new(Reader::new(Arc::new(connection))))
}

/// Writes the context, cluster, user and namespace that the command uses.
pub fn tell_target(session: &Session, namespace: &str, stderr: &mut dyn Write) -> Result<()> {
    let target = session.writer.connection().target();
    let mut parts = Vec::new();
    for (what, name) in [("context", &target.context), ("cluster", &target.cluster), ("user", &target.user)] {
        parts.extend(name.as_ref().map(|name| format!("{what} {}", escape(name))));
    }
    parts.push(format!("namespace {}", escape(namespace)));
    writeln!(stderr, "using {}", parts.join(", "))?;
    stderr.flush()?;
    Ok(())
}

/// Message for ctrl-c. The message changes with the work and is removed when the value is dropped.
pub struct Interrupted(());

impl Interrupted {
    /// Sets the message for ctrl-c.
    pub fn saying(words: &str) -> Self {
        signals::say(words, Vec::new());
        Interrupted(())
    }

    /// Replaces the message for ctrl-c, with hints.
    pub fn say(&self, words: &str, hints: Vec<String>) {
        signals::say(words, hints);
    }
}

impl Drop for Interrupted {
    fn drop(&mut self) {
        signals::say("", Vec::new());
    }
}

/// Runs a command that talks, until it ends; ctrl-c ends the program (`signals`).
///
/// # Errors
/// Those of the command.
pub fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Error::from)?;
    let outcome = runtime.block_on(work);
    // Neither a question that nobody answers any more nor a credential plugin that hangs is waited for.
    runtime.shutdown_background();
    outcome
}

/// Follows a rollout, that of what was `written` or the newest, and shows it; JSON leaves stdout alone.
///
/// # Errors
/// The cluster cannot be reached any more, or nobody reads what is shown.
pub async fn watch(
    session: &Session,
    id: &ObjectId,
    written: Option<&Written>,
    patience: Patience,
    format: Format,
    context: &mut Context<'_>,
) -> Result<Outcome> {
    let to_stdout = format == Format::Text;
    let is_terminal = if to_stdout { std::io::stdout().is_terminal() } else { std::io::stderr().is_terminal() };
    let ci = show::Ci::of(|name| std::env::var(name).ok()).filter(|_| !is_terminal);
    let title = format!("rollout of {id}");
    let now = || Timestamp::now().as_second();
    if let Some(ci) = ci {
        let out: &mut dyn Write = if to_stdout { &mut *context.stdout } else { &mut *context.stderr };
        ci.begin(out, &title, now())?;
    }
    let mut progress = show::Progress::new(patience.give_up_after, patience.all_nodes);
    let outcome = follow(session, id, written, patience, &mut |news| {
        let out: &mut dyn Write = if to_stdout { &mut *context.stdout } else { &mut *context.stderr };
        // A terminal may be made larger or smaller meanwhile.
        let size = match to_stdout {
            true => terminal_size::terminal_size_of(std::io::stdout()),
            false => terminal_size::terminal_size_of(std::io::stderr()),
        };
        let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
        let size = size.filter(|_| !dumb).map(|(width, height)| (usize::from(width.0), usize::from(height.0)));
        progress.show(out, news, size)
    })
    .await;
    if let Some(ci) = ci {
        let out: &mut dyn Write = if to_stdout { &mut *context.stdout } else { &mut *context.stderr };
        ci.end(out, &title, now())?;
        let error = outcome.as_ref().ok().and_then(|outcome| failure(id, outcome));
        for error in error.iter().chain(outcome.as_ref().err()) {
            let causes: Vec<&String> = error.causes.iter().collect();
            if causes.is_empty() {
                ci.error(out, &title, &error.message)?;
            }
            causes.into_iter().try_for_each(|cause| ci.error(out, &error.message, cause))?;
        }
        out.flush()?;
    }
    outcome
}

/// Writer that keeps the first error and never fails, so that the work continues when the reader is gone.
pub struct BestEffortWriter<'a> {
    to: &'a mut dyn Write,
    failed: Option<io::Error>,
}

impl<'a> BestEffortWriter<'a> {
    /// Writes to `to`.
    pub fn by(to: &'a mut dyn Write) -> Self {
        BestEffortWriter { to, failed: None }
    }

    /// Returns the first write error, if there was one.
    ///
    /// # Errors
    /// The first write error; nothing is written after it.
    pub fn told(self) -> io::Result<()> {
        self.failed.map_or(Ok(()), Err)
    }
}

impl Write for BestEffortWriter<'_> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        if self.failed.is_none() {
            self.failed = self.to.write_all(text).err();
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.failed.is_none() {
            self.failed = self.to.flush().err();
        }
        Ok(())
    }
}

/// The error of a rollout that did not succeed, with exit code 2; nothing where it did.
pub fn failure(id: &ObjectId, outcome: &Outcome) -> Option<Error> {
    let error = match &outcome.end {
        End::Done => return None,
        End::Hopeless(_) => Error::new(format!("the rollout of {id} cannot succeed")),
        End::Crashed(_) => Error::new(format!("pods of {id} crashed after they became available")),
        End::NoProgress(most) => Error::new(format!("the rollout of {id} made no progress for {}s", most.as_secs())),
        End::TimedOut(most) => Error::new(format!("the rollout of {id} did not finish within {}s", most.as_secs())),
        End::Deleted => {
            return Some(Error::new(format!("{id} was deleted during the rollout")).exit(ExitCode::Findings));
        }
        End::Replaced(who) => {
            let by = who.as_ref().map_or(String::new(), |who| format!(" (field manager `{who}`)"));
            return Some(
                Error::new(format!("another client changed {id} during the rollout{by}"))
                    .hint(format!(
                        "follow the new rollout with `kubectl daemonset status {} -n {} --wait`",
                        id.name, id.namespace
                    ))
                    .exit(ExitCode::Findings),
            );
        }
    };
    let error = by_cause(outcome).into_iter().fold(error, Error::cause).exit(ExitCode::Findings);
    let fix = outcome.reasons.iter().find_map(|cause| Some((cause.code, cause.fix.as_ref()?)));
    Some(match fix {
        Some((code, fix)) => error.hint(format!("{code}: {fix}")),
        None => error,
    })
}

/// Returns the blocked nodes, grouped by cause.
fn by_cause(outcome: &Outcome) -> Vec<String> {
    const MOST: usize = 8;
    let mut groups: Vec<(Cow<'_, BlockReason>, Vec<&str>)> = Vec::new();
    for (node, hold) in outcome.look.held(&outcome.excused) {
        match groups.iter_mut().find(|(h, _)| *h == hold || (!h.is_terminal() && h.word() == hold.word())) {
            Some((_, nodes)) => nodes.push(node),
            None => groups.push((hold, vec![node])),
        }
    }
    groups.sort_by_key(|(hold, nodes)| (!hold.is_terminal(), std::cmp::Reverse(nodes.len())));
    let mut told: Vec<String> = Vec::new();
    for (hold, nodes) in groups {
        // The doctor groups by cause what the scheduler says of each pod anew.
        let by_doctor = |node: &&str| outcome.reasons.iter().any(|c| c.nodes.iter().any(|n| n == node));
        let (known, rest): (Vec<&str>, Vec<&str>) =
            nodes.into_iter().partition(|node| hold.needs_diagnosis() && by_doctor(node));
        for cause in &outcome.reasons {
            let here: Vec<&str> = known.iter().copied().filter(|node| cause.nodes.iter().any(|n| n == node)).collect();
            if !here.is_empty() {
                told.push(group(&here, &format!("{}: {} ({})", hold.word(), cause.message, cause.code)));
            }
        }
        if !rest.is_empty() {
            told.push(group(&rest, &hold.sentence()));
        }
    }
    if let End::Crashed(nodes) = &outcome.end {
        let mut crashes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (node, why) in nodes {
            crashes.entry(why).or_default().push(node);
        }
        told = crashes.into_iter().map(|(why, nodes)| group(&nodes, why)).chain(told).collect();
    }
    if matches!(outcome.end, End::TimedOut(_)) && outcome.look.is_done(&outcome.excused) {
        told.push("every pod is available, but not yet for long enough (`--hold`)".to_owned());
    }
    told.truncate(MOST);
    told
}

/// `2 nodes (a, b): why`.
fn group(nodes: &[&str], why: &str) -> String {
    let more = nodes.len().saturating_sub(4);
    let more = if more > 0 { format!(" +{more}") } else { String::new() };
    let names = nodes.iter().take(4).copied().collect::<Vec<_>>().join(", ");
    match nodes {
        [node] => format!("{node}: {why}"),
        _ => format!("{} nodes ({names}{more}): {why}", nodes.len()),
    }
}
