//! `explain`: what a code means.

use clap::Args;

use super::Context;
use crate::doctor::codes::{self, Code};
use crate::error::{Error, Result};

/// Explain a code of the doctor, or list all of them
///
/// The text is that of the page in the documentation, and needs no network.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The code, such as DS104; none lists all
    code: Option<String>,
}

/// Runs `explain`.
///
/// # Errors
/// There is no such code.
pub fn run(args: &ExplainArgs, context: &mut Context<'_>) -> Result<u8> {
    let Some(text) = &args.code else {
        for page in codes::all() {
            writeln!(context.stdout, "{}  {:<7}  {}", page.code, page.severity, page.title)?;
        }
        return Ok(0);
    };
    let code = Code::parse(text.trim()).ok_or_else(|| {
        let program = &context.program;
        Error::new(format!("there is no code `{text}`")).hint(format!("`{program} explain` lists all of them"))
    })?;
    write!(context.stdout, "{}", code.page().markdown())?;
    Ok(0)
}
