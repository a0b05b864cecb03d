//! `snapshot`: save what a diagnosis needs, without secrets.

use std::collections::BTreeSet;
use std::io::{BufWriter, Cursor, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::cli::connection::ConnectionArgs;
use crate::cli::context::Context;
use crate::cli::runtime::{UNCHECKED, block_on};
use crate::cli::whole_file::whole_file;
use crate::client::snapshot_lists::{Saved, save};
use crate::client::snapshot_logs::{LogsRead, read_logs};
use crate::client::{Connection, Environment, Patience, Reader, Target};
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::findings::Settings;
use crate::findings::policy::Shown;
use crate::investigate::wanted_logs;
use crate::model::LogKey;
use crate::model::container_log::MAX_LOG_LINES;
use crate::snapshot;
use crate::snapshot::write::Detail;
use crate::snapshot::write::archive::archive;
use crate::store::Builder;
use crate::text::count;
use crate::text::escape::escape;

/// Save the objects of a cluster that a diagnosis needs, without secrets
///
/// Writes a compressed List that `doctor --snapshot` reads. The List has no values of environment variables, commands,
/// arguments, Secrets or ConfigMaps, and only the annotations that a diagnosis reads. With `--logs` the file is an archive
/// of the List and the logs.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct SnapshotArgs {
    /// Write to this file, which only you can read. A device or FIFO is accepted; a symbolic link is refused. Default:
    /// `-`, standard output
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Save also the last N log lines, at most 200, of each failing container of a DaemonSet, of its current and its
    /// previous run. Known patterns of secrets in the lines are masked, without a guarantee. Default: 0
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, conflicts_with = "redact_names",
        value_parser = clap::value_parser!(u8).range(0..=MAX_LOG_LINES as i64))]
    logs: u8,
    /// Replace the names of nodes, namespaces and objects, also inside messages
    #[arg(long)]
    redact_names: bool,
}

const EXAMPLES: &str = "\
Examples:
  kubectl daemonset snapshot --file prod.json.gz
  kubectl daemonset doctor --snapshot prod.json.gz

  # With the logs of failing containers
  kubectl daemonset snapshot --logs 100 --file prod.tar.gz";

/// Saves the cluster.
///
/// # Errors
/// There is no way to the cluster, or the file cannot be written; an unfinished file is taken away again.
pub fn run(args: &SnapshotArgs, connection: &ConnectionArgs, context: &mut Context<'_>) -> Result<ExitCode> {
    let file = args.file.as_ref().filter(|path| path.as_os_str() != "-");
    if file.is_none() && std::io::stdout().is_terminal() {
        return Err(Error::new("cannot write a binary snapshot to a terminal")
            .hint("name a file with `--file FILE`, or use a pipe"));
    }
    let target = Target::choose(&connection.flags(), &Environment::of_process())?;
    if connection.insecure() {
        writeln!(context.stderr, "{UNCHECKED}")?;
    }
    let Taken { saved, logs, warnings } = match file {
        Some(path) => {
            let taken = whole_file(path, |out| take(target, BufWriter::new(out), args))?;
            let what = match &taken.logs {
                None => format!("{} objects", taken.saved.objects),
                Some(logs) => format!("{} objects and {}", taken.saved.objects, count(logs.logs.len(), "log")),
            };
            writeln!(context.stderr, "saved {what} in {}", escape(&path.display().to_string()))?;
            taken
        }
        None => take(target, &mut *context.stdout, args)?,
    };
    for warning in warnings {
        writeln!(context.stderr, "Warning: {}", escape(&warning))?;
    }
    for missing in &saved.not_checked {
        writeln!(context.stderr, "not checked: {}: {}", missing.resource, escape(&missing.why))?;
    }
    if logs.as_ref().is_some_and(|logs| logs.is_forbidden) {
        writeln!(context.stderr, "not checked: logs: forbidden: needs `get` on `pods/log`")?;
    }
    if let Some(left_out) = logs.map(|logs| logs.left_out).filter(|left_out| *left_out > 0) {
        writeln!(context.stderr, "not checked: logs of {}", count(left_out, "more container"))?;
    }
    Ok(ExitCode::Success)
}

/// What was saved.
struct Taken {
    saved: Saved,
    /// The logs, where they were asked for.
    logs: Option<LogsRead>,
    /// What the server warned of.
    warnings: BTreeSet<String>,
}

/// Saves the cluster.
fn take<W: Write>(target: Target, out: W, args: &SnapshotArgs) -> Result<Taken> {
    let now = jiff::Timestamp::now();
    let taken_at = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    block_on(async {
        let reader =
            Connection::open(target, Patience::default()).await.map(Arc::new).map(Reader::new)?.with_all_fields();
        let lines = usize::from(args.logs);
        let (mut out, saved, logs) = match lines {
            0 => {
                let detail = if args.redact_names { Detail::HashedNames } else { Detail::Names };
                let (out, saved) = save(&reader, out, detail, taken_at).await?;
                (out, saved, None)
            }
            lines => {
                let (list, saved) = save(&reader, Vec::new(), Detail::NamesAndOutput, taken_at).await?;
                let read = read_logs(&reader, &failing(&list)?, lines).await;
                let time = u64::try_from(now.as_second()).unwrap_or_default();
                (archive(out, &list, &read.logs, time)?, saved, Some(read))
            }
        };
        out.flush()?;
        Ok(Taken { saved, logs, warnings: reader.connection().take_warnings() })
    })
}

/// The containers whose logs the doctor would read, by the List that was saved.
fn failing(list: &[u8]) -> Result<Vec<LogKey>> {
    let mut builder = Builder::new();
    snapshot::read(&[PathBuf::from("-")], &mut Cursor::new(list), &mut builder)?;
    let mut cluster = builder.finish(None);
    let settings = Settings {
        now: cluster.saved_at().unwrap_or_default(),
        // A container that has failed once may be gone when somebody reads the snapshot.
        grace: 0,
        expect: None,
        ignore: Vec::new(),
        no_exemptions: true,
        shown: Shown::None,
        node: None,
        allow_zero: true,
        all_fixes: false,
    };
    wanted_logs(&mut cluster, settings)
}
