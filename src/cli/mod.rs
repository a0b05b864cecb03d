//! The command line: what was typed, which command runs, how it ends.
//!
//! One file a command: its arguments, its help, one function that wires the rooms together.

mod clap_errors;
mod color;
mod complete;
mod completion;
pub mod connection;
pub mod context;
mod daemon_set_name;
mod delete;
mod deploy;
mod deploy_documents;
mod deploy_rollout;
mod diff;
mod doctor;
mod doctor_args;
mod error_text;
mod exemption_files;
mod explain;
mod external_diff;
pub mod files;
mod fix_out;
mod import;
mod init;
mod kustomize;
mod lint;
mod live_enrichment;
mod live_reading;
mod local_values;
mod options;
mod outputs;
mod pod_argument;
mod program;
mod progress;
mod render;
mod runtime;
mod schema;
mod selection;
mod signals;
mod snapshot;
mod status;
mod version;
mod whole_file;

use std::ffi::OsString;
use std::io::{self, ErrorKind, Write};
use std::process;

use clap::{Arg, ArgAction, CommandFactory, FromArgMatches, Parser, Subcommand};

pub use crate::cli::context::Context;
use crate::cli::error_text::tell;
pub use crate::cli::program::Program;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::render::theme::Surroundings;

/// Show for every node why a DaemonSet's pod runs or does not run there; deploy with a prediction
#[derive(Debug, Parser)]
#[command(version = concat!("v", env!("CARGO_PKG_VERSION")))]
struct Cli {
    #[command(flatten)]
    connection: connection::ConnectionArgs,
    #[command(flatten)]
    color: color::ColorArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Doctor(doctor_args::DoctorArgs),
    Deploy(deploy::Deploy),
    Diff(diff::Diff),
    Status(status::Status),
    Delete(delete::Delete),
    Render(render::Render),
    Import(import::Import),
    Init(init::Init),
    Lint(lint::Lint),
    Snapshot(snapshot::SnapshotArgs),
    Schema(schema::Schema),
    Explain(explain::ExplainArgs),
    Completion(completion::Completion),
    Options(options::Options),
    Version(version::Version),
}

/// Runs the program: parses `args` (with the program's own name first), runs the command, tells its errors.
pub fn main(args: Vec<OsString>) -> process::ExitCode {
    let program = Program::from_args(args.first());
    let mut stdout = std::io::BufWriter::new(std::io::stdout().lock());
    let command = Cli::command().name("kubectl-daemonset").bin_name(program.to_string());
    let command = introduce(command, &program);
    if program.is_completer() {
        let words = args.get(1..).unwrap_or_default();
        // There is nobody to tell: what a shell asks for stands between the words of a person.
        drop(complete::answer_kubectl(command, words, &mut stdout));
        return ExitCode::Success.into();
    }
    signals::listen();
    match complete::answer_script(|| command.clone(), &args) {
        Ok(false) => {}
        Ok(true) => return ExitCode::Success.into(),
        Err(error) => {
            drop(error.print());
            return ExitCode::Failure.into();
        }
    }
    let parsed = command.clone().try_get_matches_from(&args).and_then(|m| Cli::from_arg_matches(&m));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => {
            // Help has colours of its own where there is a terminal.
            let mut answer = anstream::AutoStream::auto(std::io::stdout().lock());
            // What is coloured of an error was decided by the flags.
            let mut stderr = anstream::AutoStream::always(std::io::stderr().lock());
            let code = clap_errors::tell(&error, &command, &args, &mut answer, &mut stderr);
            return code.into();
        }
    };
    let theme = cli.color.theme(&Surroundings::of_process());
    let stderr_theme = cli.color.theme(&Surroundings::of_stderr());
    // What is coloured was decided: the stream passes it on.
    let mut stderr = anstream::AutoStream::always(std::io::stderr().lock());
    let mut context =
        Context { program, stdout: &mut stdout, stderr: &mut stderr, theme, stderr_theme: stderr_theme.clone() };
    let outcome = run(&cli, &mut context).and_then(|code| match context.stdout.flush() {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Error::from(error)),
        _ => Ok(code),
    });
    match outcome {
        Ok(code) => code.into(),
        Err(error) if error.is_broken_pipe() => ExitCode::Success.into(),
        Err(error) => {
            drop(tell(&error, &stderr_theme, &mut stderr));
            error.exit.into()
        }
    }
}

/// Help under the name that the program was called by. The connection flags stand in `options` once, not everywhere.
fn introduce(command: clap::Command, program: &Program) -> clap::Command {
    let options = format!("Use \"{program} options\" for the connection flags, which every command accepts.");
    command
        .mut_args(|arg| if arg.is_global_set() { arg.hide(true) } else { arg })
        .after_help(format!("Use \"{program} COMMAND --help\" for more information about a command.\n{options}"))
        .mut_subcommands(|command| {
            let examples = command.get_after_help().map(|text| text.to_string().replace(NAME, &program.to_string()));
            let after = examples.map_or_else(|| options.clone(), |examples| format!("{examples}\n\n{options}"));
            // One help, `-h` or `--help`, as kubectl's: all that is to be said, one line or two for a flag.
            let about = command.get_long_about().or(command.get_about()).cloned().unwrap_or_default();
            let help = Arg::new("help").short('h').long("help").action(ArgAction::HelpShort).help("Print help");
            command.disable_help_flag(true).arg(help).before_help(about).help_template(HELP).after_help(after)
        })
}

/// Order of the sections in a command's help; `before-help` is the description of the command.
const HELP: &str = "{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}";

/// The name in examples, replaced where the program goes by another.
const NAME: &str = "kubectl daemonset";

/// Runs one command and gives its exit code, by the table of the contract.
fn run(cli: &Cli, context: &mut Context<'_>) -> Result<ExitCode> {
    match &cli.command {
        Command::Doctor(args) => judged(context, |context| doctor::run(args, &cli.connection, context)),
        Command::Deploy(args) => deploy::run(args, &cli.connection, context),
        Command::Diff(args) => judged(context, |context| diff::run(args, &cli.connection, context)),
        // A rollout that nobody watches any more is not followed to its end.
        Command::Status(args) if args.follows() => status::run(args, &cli.connection, context),
        Command::Status(args) => judged(context, |context| status::run(args, &cli.connection, context)),
        Command::Delete(args) => delete::run(args, &cli.connection, context),
        Command::Render(args) => render::run(args, context),
        Command::Init(args) => init::run(args, &cli.connection, context),
        Command::Import(args) => import::run(args, &cli.connection, context),
        Command::Lint(args) => judged(context, |context| lint::run(args, &cli.connection, context)),
        Command::Snapshot(args) => snapshot::run(args, &cli.connection, context),
        Command::Schema(args) => schema::run(args, context),
        Command::Explain(args) => explain::run(args, context),
        Command::Completion(args) => completion::run(args, context),
        Command::Options(args) => options::run(args, context),
        Command::Version(args) => version::run(args, context),
    }
}

/// Runs a command whose exit code is its answer. The answer is the same if the reader of the output goes away: whether
/// a reader is gone before everything is written depends on the size of a pipe.
fn judged(context: &mut Context<'_>, command: impl FnOnce(&mut Context<'_>) -> Result<ExitCode>) -> Result<ExitCode> {
    let mut stdout = WhileRead { to: &mut *context.stdout, read: true };
    command(&mut Context {
        program: context.program.clone(),
        stdout: &mut stdout,
        stderr: &mut *context.stderr,
        theme: context.theme.clone(),
        stderr_theme: context.stderr_theme.clone(),
    })
}

/// Writer that ignores output after its reader is gone.
struct WhileRead<'a> {
    to: &'a mut dyn Write,
    read: bool,
}

impl WhileRead<'_> {
    fn unless_gone(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        if !self.read {
            return Ok(());
        }
        match write(self.to) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.read = false;
                Ok(())
            }
            outcome => outcome,
        }
    }
}

impl Write for WhileRead<'_> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.unless_gone(|to| to.write_all(text)).map(|()| text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.unless_gone(|to| to.flush())
    }
}
