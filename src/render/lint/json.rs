//! What lint found, as JSON.

use std::io::{Result, Write};

use serde_json::{Value, json};

use crate::manifest::lint::{Finding, Report};
use crate::manifest::{Problem, severity_word};
use crate::render::lint::Fixes;
use crate::text::escape;

/// Findings as one JSON document.
pub fn write_json(problems: &[Problem], reports: &[Report], fixes: &Fixes, out: &mut dyn Write) -> Result<()> {
    let findings = reports.iter().flat_map(|r| &r.findings);
    let all: Vec<Value> = problems.iter().map(|p| told(p, None)).chain(findings.map(finding_json)).collect();
    let exempt = reports.iter().flat_map(|r| &r.exempt).map(|(f, reason)| {
        let mut value = finding_json(f);
        value["reason"] = reason.clone().into();
        value
    });
    let mut report = json!({
        "apiVersion": "kubectl-daemonset/v1",
        "kind": "LintReport",
        "findings": all,
        "exempt": exempt.collect::<Vec<_>>(),
        "notesNotShown": reports.iter().map(|r| r.unasked).sum::<usize>(),
    });
    if fixes.written {
        report["fixed"] = fixes.mended.iter().map(finding_json).collect();
    }
    writeln!(out, "{}", escape::json(&report)?)
}

fn finding_json(finding: &Finding) -> Value {
    told(&finding.problem, finding.patch.as_deref())
}

fn told(problem: &Problem, patch: Option<&str>) -> Value {
    json!({
        "code": problem.code,
        "severity": severity_word(problem.severity),
        "file": problem.file,
        "line": problem.at.map(|at| at.line),
        "column": problem.at.map(|at| at.column),
        "field": problem.field,
        "message": problem.message,
        "hint": problem.hint,
        "patch": patch,
    })
}
