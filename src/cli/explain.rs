//! `explain`: what a code means.

use clap::Args;
use owo_colors::Style;

use crate::cli::context::Context;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::findings::codes;
use crate::findings::codes::Code;
use crate::manifest::lint::{RULES, Rule};
use crate::render::grid;
use crate::render::grid::Row;

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
        let row = |code: String, kind: String, title: &str| Row {
            cells: [code, kind].map(|cell| (cell, Style::new())).into(),
            last: title.to_owned(),
        };
        let pages = codes::all().map(|page| row(page.code.to_string(), page.severity.to_string(), page.title));
        let rules = RULES.iter().map(|rule| row(rule.code.to_string(), "lint".to_owned(), rule.title));
        let rows: Vec<Row> = pages.chain(rules).collect();
        grid::write(context.stdout, &[], &rows, context.theme.columns, None)?;
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
