//! `explain`: what a code means.

use clap::Args;

use crate::cli::context::Context;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::findings::codes;
use crate::findings::codes::Code;
use crate::manifest::lint::{RULES, Rule};

/// Explain a code of the doctor or of lint, or list all of them
///
/// Prints the page of the documentation, without network.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ExplainArgs {
    /// Explain this code, such as DS104. Default: list all codes
    code: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  kubectl daemonset explain DS210";

/// Runs `explain`.
///
/// # Errors
/// There is no such code.
pub fn run(args: &ExplainArgs, context: &mut Context<'_>) -> Result<ExitCode> {
    let Some(text) = &args.code else {
        for page in codes::all() {
            writeln!(context.stdout, "{}  {:<7}  {}", page.code, page.severity, page.title)?;
        }
        for rule in RULES {
            writeln!(context.stdout, "{}  {:<7}  {}", rule.code, "lint", rule.title)?;
        }
        return Ok(ExitCode::Success);
    };
    let page = match (Code::parse(text.trim()), Rule::of(text.trim())) {
        (Some(code), _) => code.page().markdown(),
        (None, Some(rule)) => rule.markdown(),
        (None, None) => {
            let error = match retired(text.trim()) {
                Some(was) => Error::new(format!("{} is no longer used: {was}", text.trim().to_uppercase())),
                None => Error::new(format!("unknown code `{text}`")),
            };
            return Err(error.hint(format!("list all codes with `{} explain`", context.program)));
        }
    };
    write!(context.stdout, "{page}")?;
    Ok(ExitCode::Success)
}

/// What a code meant that is no longer used.
fn retired(code: &str) -> Option<&'static str> {
    let mut lines = include_str!("../../docs/codes/retired.txt").lines().filter_map(|line| line.split_once(' '));
    lines.find(|(known, _)| known.eq_ignore_ascii_case(code)).map(|(_, was)| was.trim())
}
