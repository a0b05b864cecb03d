//! What lint found, as SARIF.

use std::io;
use std::io::Write;

use crate::manifest::Problem;
use crate::manifest::lint::Rule;
use crate::render::lint::Linted;
use crate::render::sarif::{Log, Result, rule_of_documents, rule_of_lint};

/// Writes every finding with its place; what is exempt is suppressed.
///
/// # Errors
/// The output cannot be written.
pub fn write_sarif(linted: &Linted<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut log = Log::default();
    linted.all().for_each(|(problem, patch)| log.add(&result(problem, patch, None)));
    linted.exempt().for_each(|(problem, why)| log.add(&result(problem, None, Some(why))));
    log.write(out, &[])
}

fn result<'a>(problem: &'a Problem, patch: Option<&str>, accepted: Option<&'a str>) -> Result<'a> {
    let mut message = problem.message.clone();
    if let Some(hint) = &problem.hint {
        message.push_str(&format!("\nhint: {hint}"));
    }
    if let Some(patch) = patch {
        message.push_str(&format!("\npatch:\n{patch}"));
    }
    Result {
        rule: problem.code.and_then(Rule::of).map_or_else(rule_of_documents, rule_of_lint),
        severity: problem.severity,
        message,
        place: Some((&problem.file, problem.at.map(|at| (at.line, at.column, at.length)))),
        object: None,
        // The words name the container and the field; the line moves with every edit above it.
        identity: problem.message.clone(),
        accepted,
    }
}
