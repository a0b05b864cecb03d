//! `snapshot`: save what a diagnosis needs, without secrets.

use std::collections::BTreeSet;
use std::io::{BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::cli::connection::ConnectionArgs;
use crate::cli::context::Context;
use crate::cli::runtime::{UNCHECKED, block_on};
use crate::cli::whole_file::whole_file;
use crate::client::snapshot_lists::{Saved, save};
use crate::client::{Connection, Environment, Patience, Reader, Target};
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::text::escape::escape;

/// Save the objects of a cluster that a diagnosis needs, without secrets
///
/// Writes a compressed List that `doctor --snapshot` reads. The List has no environment variables, commands, arguments,
/// Secrets or ConfigMaps, and only the annotations that a diagnosis reads.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct SnapshotArgs {
    /// Write to this file, which only you can read. A device or FIFO is accepted; a symbolic link is refused. Default:
    /// `-`, standard output
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Replace the names of nodes, namespaces and objects, also inside messages
    #[arg(long)]
    redact_names: bool,
}

const EXAMPLES: &str = "\
Examples:
  kubectl daemonset snapshot --file prod.json.gz
  kubectl daemonset doctor --snapshot prod.json.gz";

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
    let redact_names = args.redact_names;
    let (saved, warnings) = match file {
        Some(path) => {
            let saved = whole_file(path, |out| take(target, BufWriter::new(out), redact_names))?;
            writeln!(context.stderr, "saved {} objects in {}", saved.0.objects, escape(&path.display().to_string()))?;
            saved
        }
        None => take(target, &mut *context.stdout, redact_names)?,
    };
    for warning in warnings {
        writeln!(context.stderr, "Warning: {}", escape(&warning))?;
    }
    for missing in &saved.not_checked {
        writeln!(context.stderr, "not checked: {}: {}", missing.resource, escape(&missing.why))?;
    }
    Ok(ExitCode::Success)
}

/// Saves the cluster; also what the server warned of.
fn take<W: Write>(target: Target, out: W, redact_names: bool) -> Result<(Saved, BTreeSet<String>)> {
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    block_on(async {
        let reader = Connection::open(target, Patience::default()).await.map(Arc::new).map(Reader::new)?;
        let (mut out, saved) = save(&reader, out, redact_names, now).await?;
        out.flush()?;
        Ok((saved, reader.connection().take_warnings()))
    })
}
