//! What is wrong with a command line, in kubectl's words where it has some: they are known, and looked for in logs.

use std::io::Write;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::output::escape::escape;

/// Writes what is wrong, or the help that was asked for.
///
/// # Errors
/// The output cannot be written.
pub fn tell(error: &clap::Error, stderr: &mut dyn Write) -> std::io::Result<()> {
    let Some(line) = line(error) else { return error.print() };
    writeln!(stderr, "error: {}", escape(&line))?;
    for similar in [ContextKind::SuggestedArg, ContextKind::SuggestedValue] {
        if let Some(similar) = strings(error, similar).first() {
            writeln!(stderr, "hint: did you mean `{}`?", escape(similar))?;
        }
    }
    // `Usage: kubectl daemonset doctor [OPTIONS]`: the command is all before the first argument.
    let usage = error.get(ContextKind::Usage).map(ToString::to_string).unwrap_or_default();
    let usage = anstream::adapter::strip_str(&usage).to_string();
    if let Some(usage) = usage.trim().strip_prefix("Usage:") {
        let words = usage.split_whitespace().take_while(|word| !word.starts_with(['[', '<', '-']));
        writeln!(stderr, "See '{} --help' for usage.", words.collect::<Vec<_>>().join(" "))?;
    }
    stderr.flush()
}

/// The line; nothing where clap's own words serve.
fn line(error: &clap::Error) -> Option<String> {
    let argument = strings(error, ContextKind::InvalidArg).into_iter().next()?;
    // `--output <OUTPUT>`
    let flag = argument.split([' ', '=']).next().unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownArgument if flag.starts_with("--") => Some(format!("unknown flag: {flag}")),
        ErrorKind::UnknownArgument => {
            let letter = flag.strip_prefix('-')?.chars().next()?;
            Some(format!("unknown shorthand flag: '{letter}' in {flag}"))
        }
        ErrorKind::InvalidValue => {
            let value = strings(error, ContextKind::InvalidValue).into_iter().next()?;
            let mut allowed = strings(error, ContextKind::ValidValue);
            if value.is_empty() {
                return Some(format!("flag needs an argument: {flag}"));
            }
            if flag != "--output" || allowed.is_empty() {
                return None;
            }
            allowed.sort();
            Some(format!(
                "unable to match a printer suitable for the output format \"{value}\", allowed formats are: {}",
                allowed.join(",")
            ))
        }
        _ => None,
    }
}

fn strings(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}
