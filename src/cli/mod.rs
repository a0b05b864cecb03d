//! The command line: what was typed, which command runs, how it ends.
//!
//! One file a command: its arguments, its help, one function that wires the rooms together.

mod asking;
mod complete;
mod completion;
pub mod connection;
mod delete;
mod deploy;
mod diff;
mod doctor;
mod explain;
pub mod files;
mod import;
mod lint;
mod name;
mod program;
mod render;
mod schema;
mod snapshot;
mod status;
mod version;
mod waiting;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::error::{Error, Result};
use crate::output::escape::escape;
pub use program::Program;

/// Say for every node why a DaemonSet's pod is, or is not, there; deploy DaemonSets knowing it
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, disable_help_subcommand = true)]
struct Cli {
    #[command(flatten)]
    connection: connection::ConnectionArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Doctor(doctor::DoctorArgs),
    Deploy(deploy::Deploy),
    Diff(diff::Diff),
    Status(status::Status),
    Delete(delete::Delete),
    Render(render::Render),
    Import(import::Import),
    Lint(lint::Lint),
    Snapshot(snapshot::SnapshotArgs),
    Schema(schema::Schema),
    Explain(explain::ExplainArgs),
    Completion(completion::Completion),
    Version(version::Version),
}

/// What a command works with: the program's name and the two streams.
///
/// stdout is data, stderr is everything else. Width, colour and terminal are decided once, here.
pub struct Context<'a> {
    /// How the user called us (`kubectl daemonset`).
    pub program: Program,
    /// Where data goes.
    pub stdout: &'a mut dyn Write,
    /// Where everything else goes.
    pub stderr: &'a mut dyn Write,
}

/// Runs the program: parses `args` (with the program's own name first), runs the command, tells its errors.
pub fn main(args: Vec<OsString>) -> ExitCode {
    let program = Program::from_args(args.first());
    let mut stdout = std::io::BufWriter::new(std::io::stdout().lock());
    let mut stderr = anstream::AutoStream::auto(std::io::stderr().lock());
    let command = Cli::command().name("kubectl-daemonset").bin_name(program.to_string());
    if program.is_completer() {
        let words = args.get(1..).unwrap_or_default();
        // There is nobody to tell: what a shell asks for stands between the words of a person.
        drop(complete::answer_kubectl(command, words, &mut stdout));
        return ExitCode::SUCCESS;
    }
    match complete::answer_script(|| command.clone(), &args) {
        Ok(false) => {}
        Ok(true) => return ExitCode::SUCCESS,
        Err(error) => {
            drop(error.print());
            return ExitCode::FAILURE;
        }
    }
    // `diff` says 1 of differences, and 2 where it could not run.
    let usage = if args.iter().any(|arg| arg == "diff") { 2 } else { 1 };
    let cli = match command.try_get_matches_from(args).and_then(|m| Cli::from_arg_matches(&m)) {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { usage } else { 0 };
            drop(error.print());
            return ExitCode::from(code);
        }
    };
    let mut context = Context { program, stdout: &mut stdout, stderr: &mut stderr };
    let outcome = run(&cli, &mut context).and_then(|code| {
        context.stdout.flush().map_err(Error::from)?;
        Ok(code)
    });
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            drop(tell(&error, &mut stderr));
            ExitCode::from(error.exit)
        }
    }
}

/// Runs one command and gives its exit code, by the table of the contract.
fn run(cli: &Cli, context: &mut Context<'_>) -> Result<u8> {
    match &cli.command {
        Command::Doctor(args) => doctor::run(args, &cli.connection, context),
        Command::Deploy(args) => deploy::run(args, &cli.connection, context),
        Command::Diff(args) => diff::run(args, &cli.connection, context),
        Command::Status(args) => status::run(args, &cli.connection, context),
        Command::Delete(args) => delete::run(args, &cli.connection, context),
        Command::Render(args) => render::run(args, context),
        Command::Import(args) => import::run(args, &cli.connection, context),
        Command::Lint(args) => lint::run(args, &cli.connection, context),
        Command::Snapshot(args) => snapshot::run(args, &cli.connection, context),
        Command::Schema(args) => schema::run(args, context),
        Command::Explain(args) => explain::run(args, context),
        Command::Completion(args) => completion::run(args, context),
        Command::Version(args) => version::run(args, context),
    }
}

/// Writes an error: the sentence, its causes, its hints.
fn tell(error: &Error, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "error: {}", escape(&error.message))?;
    for cause in &error.causes {
        writeln!(out, "  caused by: {}", escape(cause))?;
    }
    for hint in &error.hints {
        writeln!(out, "hint: {}", escape(hint))?;
    }
    out.flush()
}
