//! `options`: the connection flags, which every command takes and no command's help repeats.

use clap::Args;

use crate::cli::color::ColorArgs;
use crate::cli::connection::ConnectionArgs;
use crate::cli::context::Context;
use crate::error::Result;
use crate::exit_code::ExitCode;

/// List the connection flags and the colour flags, which every command accepts
///
/// The connection flags are kubectl's own. Write the flags before or after the command.
#[derive(Debug, Args)]
pub struct Options {}

/// Prints them.
///
/// # Errors
/// Only those of writing.
pub fn run(_args: &Options, context: &mut Context<'_>) -> Result<ExitCode> {
    let mut command = ColorArgs::augment_args(ConnectionArgs::augment_args(clap::Command::new("options")))
        .disable_help_flag(true)
        .help_template("The following options can be passed to any command:\n\n{options}");
    writeln!(context.stdout, "{}", command.render_help())?;
    Ok(ExitCode::Success)
}
