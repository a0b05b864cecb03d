//! What lint found, for people.

use std::io::{Result, Write};

use crate::manifest::lint::{Finding, Report};
use crate::manifest::{Problem, severity_word};
use crate::render::lint::Fixes;
use crate::render::problem::write_problem;
use crate::render::text::write_wrapped;
use crate::render::theme::Theme;
use crate::text;
use crate::text::escape::escape;

/// Writes findings with their places and patches, mistakes first, and a line that counts.
pub fn write_text(
    problems: &[Problem],
    reports: &[Report],
    fixes: &Fixes,
    theme: &Theme,
    out: &mut dyn Write,
) -> Result<()> {
    for problem in problems {
        write_problem(out, theme, problem)?;
        writeln!(out)?;
    }
    for finding in reports.iter().flat_map(|r| &r.findings) {
        write_problem(out, theme, &finding.problem)?;
        if let Some(patch) = &finding.patch {
            // Under the hint, whose margin is as wide as the line's number.
            let margin = finding.problem.at.map_or(0, |at| at.line.to_string().len());
            writeln!(out, " {:margin$} = patch:", "")?;
            for line in patch.lines() {
                writeln!(out, "       {}", escape(line))?;
            }
        }
        writeln!(out)?;
    }
    for (finding, reason) in reports.iter().flat_map(|r| &r.exempt) {
        let code = finding.problem.code.unwrap_or_default();
        let line = format!("exempt[{code}]: {}: {reason}", finding.problem.message);
        write_wrapped(out, &line, theme.line_width(), ("", "  "))?;
    }
    let fixed = if fixes.written { "fixed" } else { "would be fixed" };
    for finding in &fixes.mended {
        write_wrapped(out, &format!("{fixed}: {}", place_and_message(finding)), theme.line_width(), ("", "  "))?;
    }
    for finding in &fixes.refused {
        let line = format!("not fixed: {}: the patch cannot be written into the text", place_and_message(finding));
        write_wrapped(out, &line, theme.line_width(), ("", "  "))?;
    }
    writeln!(out, "{}", count(problems, reports, fixes))
}

/// `CODE in FILE line N: message`.
fn place_and_message(finding: &Finding) -> String {
    let Problem { code, file, at, message, .. } = &finding.problem;
    let line = at.map(|at| format!(" line {}", at.line)).unwrap_or_default();
    format!("{} in {file}{line}: {message}", code.unwrap_or_default())
}

/// How many of what, in a line.
fn count(problems: &[Problem], reports: &[Report], fixes: &Fixes) -> String {
    use crate::manifest::Severity::{Error, Info, Warning};
    let all = || problems.iter().chain(reports.iter().flat_map(|r| &r.findings).map(|f| &f.problem));
    let mut parts = Vec::new();
    for severity in [Error, Warning, Info] {
        match all().filter(|p| p.severity == severity).count() {
            0 => {}
            n => parts.push(text::count(n, severity_word(severity))),
        }
    }
    let exempt: usize = reports.iter().map(|r| r.exempt.len()).sum();
    if exempt > 0 {
        parts.push(format!("{exempt} exempt"));
    }
    if !fixes.mended.is_empty() && fixes.written {
        parts.push(format!("{} fixed", fixes.mended.len()));
    }
    let documents = text::count(reports.len(), "DaemonSet");
    match reports.iter().map(|r| r.unasked).sum() {
        0 => {}
        n => parts.push(format!("{} not shown (--notes)", text::count(n, severity_word(Info)))),
    }
    if parts.is_empty() { format!("{documents}: nothing found") } else { format!("{documents}: {}", parts.join(", ")) }
}
