//! `lint`: a document held against rules.

use clap::{Args, ValueEnum};

use super::Context;
use super::files::Files;
use crate::error::{Error, Result};
use crate::output::lint::{write_json, write_text};
use crate::spec::lint::{Report, Surroundings, lint};
use crate::spec::{Problem, Severity, Source, load};

/// Hold a spec or a plain DaemonSet against rules for pods on every node
///
/// Rules are graded by what the DaemonSet is for: a network plugin may be privileged, a log collector has no reason
/// to. The annotation `kubectl-daemonset/lint-ignore: CODE reason; CODE reason` exempts.
///
/// Exit codes: 0 nothing at or above --fail-on, 1 the input cannot be read, 2 findings.
#[derive(Debug, Args)]
pub struct Lint {
    #[command(flatten)]
    files: Files,
    /// Format of the output
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    output: Format,
    /// Least severity of a finding that makes the command fail
    #[arg(long, value_enum, default_value_t = FailOn::Error)]
    fail_on: FailOn,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Note,
}

/// Runs `lint`.
pub fn run(args: &Lint, context: &mut Context<'_>) -> Result<u8> {
    let around = Surroundings::default();
    let mut problems: Vec<Problem> = Vec::new();
    let mut reports: Vec<Report> = Vec::new();
    for (name, text) in args.files.read()? {
        let loaded = load(&name, &text);
        if loaded.documents.is_empty() {
            return Err(unreadable(&name, &loaded.problems, context)?);
        }
        let source = Source::new(&name, &text);
        let daemon_sets = loaded.documents.iter().filter(|d| d.kind() == "DaemonSet");
        let found: Vec<Report> = daemon_sets.map(|d| lint(d, &source, &around)).collect();
        let by_rule = |p: &Problem| {
            found.iter().flat_map(|r| &r.findings).any(|f| f.problem.code.is_some() && f.problem.code == p.code)
        };
        problems.extend(loaded.problems.into_iter().filter(|p| !by_rule(p)));
        reports.extend(found);
    }
    match args.output {
        Format::Text => write_text(&problems, &reports, context.stdout)?,
        Format::Json => write_json(&problems, &reports, context.stdout)?,
    }
    let least = match args.fail_on {
        FailOn::Error => Severity::Error,
        FailOn::Warning => Severity::Warning,
        FailOn::Note => Severity::Note,
    };
    let findings = reports.iter().flat_map(|r| &r.findings).map(|f| &f.problem);
    Ok(if problems.iter().chain(findings).any(|p| p.severity >= least) { 2 } else { 0 })
}

fn unreadable(name: &str, problems: &[Problem], context: &mut Context<'_>) -> Result<Error> {
    for problem in problems {
        writeln!(context.stderr, "{problem}\n")?;
    }
    Ok(Error::new(format!("`{name}` holds no document that could be read")))
}
