//! What lint found, as JUnit XML: a suite per file, a case per finding.

use std::io;
use std::io::Write;

use crate::manifest::lint::Rule;
use crate::manifest::{Problem, Severity};
use crate::render::junit::{Case, HEALTHY, Outcome, Suite, number, write_suites};
use crate::render::lint::Linted;

/// Writes cases: findings of at least this severity fail, others pass, and what is exempt is skipped.
///
/// # Errors
/// The output cannot be written.
pub fn write_junit(linted: &Linted<'_>, least: Severity, out: &mut dyn Write) -> io::Result<()> {
    let suite = |file: &String| {
        let of_file = |problem: &Problem| problem.file == *file;
        let found = linted.all().filter(|(problem, _)| of_file(problem));
        let mut cases: Vec<Case> = found
            .map(|(problem, patch)| {
                let body = body(problem, patch);
                let result = match problem.severity >= least {
                    true => Outcome::failed(problem.code.unwrap_or("document"), &problem.message, body),
                    false => Outcome::Passed(format!("{}: {}\n{body}", problem.head(), problem.message)),
                };
                Case { name: name(problem), result }
            })
            .collect();
        let exempt = linted.exempt().filter(|(problem, _)| of_file(problem));
        cases.extend(
            exempt
                .map(|(problem, why)| Case { name: name(problem), result: Outcome::Skipped(format!("exempt: {why}")) }),
        );
        if cases.is_empty() {
            cases.push(Case { name: HEALTHY.to_owned(), result: Outcome::Passed(String::new()) });
        }
        number(&mut cases);
        Suite { name: file.clone(), status: String::new(), cases }
    };
    let suites: Vec<Suite> = linted.files.iter().map(suite).collect();
    write_suites(out, "kubectl daemonset lint", &suites)
}

/// The rule, which is the same in every run.
fn name(problem: &Problem) -> String {
    match problem.code.and_then(Rule::of) {
        Some(rule) => format!("{}: {}", rule.code, rule.title),
        None => "the document is valid".to_owned(),
    }
}

/// The place, the hint, the patch.
fn body(problem: &Problem, patch: Option<&str>) -> String {
    let mut lines = problem.place();
    lines.extend(problem.hint.iter().map(|hint| format!("hint: {hint}")));
    lines.extend(patch.iter().flat_map(|patch| patch.lines()).map(str::to_owned));
    lines.join("\n")
}
