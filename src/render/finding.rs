//! One finding for people: the headline with the cause, the nodes, what is behind it, the fix.

use std::collections::BTreeSet;
use std::io::{self, Write};

use owo_colors::OwoColorize;
use serde_json::Value;

use crate::findings::codes::Code;
use crate::findings::shared_labels::rank;
use crate::render::text::{cut_middle, names, wrap};
use crate::render::theme::Theme;
use crate::report::{Finding, LogReport, NoteKind, Severity};
use crate::text::count;
use crate::text::escape::escape;

/// Most characters of a sentence: a message of a runtime may be a page. `-o wide` and `-o json` have all of it.
const MAX_MESSAGE_CHARS: usize = 320;

/// Writes a finding as a paragraph, with its nodes. Only the headline stands at the margin.
pub fn write_finding(out: &mut dyn Write, theme: &Theme, finding: &Finding) -> io::Result<()> {
    let affected = (finding.node_count > 0).then(|| affected(finding, theme.width.saturating_sub(2)));
    write_finding_on(out, theme, finding, affected.as_deref())
}

/// Writes a finding as a paragraph, with a line that says what it concerns.
pub fn write_finding_on(
    out: &mut dyn Write,
    theme: &Theme,
    finding: &Finding,
    affected: Option<&str>,
) -> io::Result<()> {
    let head = format!("{}[{}]", finding.severity, finding.code);
    // The lines below the first are indented: all wrap where those do.
    let message = cut_middle(&finding.message, MAX_MESSAGE_CHARS);
    let mut lines = wrap(&format!("{head}: {message}"), theme.width.saturating_sub(2)).into_iter();
    let first = lines.next().unwrap_or_default();
    let rest = first.strip_prefix(&head).unwrap_or_default();
    writeln!(out, "{}{rest}", head.style(theme.styles.severity(finding.severity)))?;
    for line in lines {
        writeln!(out, "  {line}")?;
    }
    if let Some(affected) = affected {
        paragraph(out, theme, affected, ("  ", "  "), false)?;
    }
    for note in &finding.notes {
        let is_step = note.kind == NoteKind::Next;
        paragraph(out, theme, &cut_middle(&note.to_string(), MAX_MESSAGE_CHARS), ("  ", "  "), is_step)?;
    }
    if let Some(log) = &finding.log {
        write_log(out, theme, log)?;
    }
    let Some(fix) = &finding.fix else { return Ok(()) };
    let effect = match (fix.nodes_fixed, fix.nodes_broken) {
        (0, 0) => String::new(),
        (fixed, 0) => format!(" (fixes {})", count(fixed, "node")),
        (fixed, broken) => format!(" (fixes {}, breaks {broken})", count(fixed, "node")),
    };
    paragraph(out, theme, &format!("fix: {}{effect}", fix.summary), ("  ", "       "), true)?;
    if let Some(managed) = &fix.managed_by {
        paragraph(out, theme, &format!("note: {}", managed.note), ("       ", "       "), false)?;
    }
    for line in fix.patch.lines() {
        writeln!(out, "       {}", escape(line))?;
    }
    Ok(())
}

/// Writes a paragraph that wraps at the width, with an indent of its first line and one of the others.
pub fn paragraph(
    out: &mut dyn Write,
    theme: &Theme,
    text: &str,
    (first, rest): (&str, &str),
    good: bool,
) -> io::Result<()> {
    for (i, line) in wrap(text, theme.width.saturating_sub(rest.len())).iter().enumerate() {
        let indent = if i == 0 { first } else { rest };
        let style = if good { theme.styles.good } else { theme.styles.aside };
        writeln!(out, "{indent}{}", line.style(style))?;
    }
    Ok(())
}

/// Writes the last lines of a log, each on a line of its own.
pub fn write_log(out: &mut dyn Write, theme: &Theme, log: &LogReport) -> io::Result<()> {
    let run = if log.previous { " (previous run)" } else { "" };
    let head = format!("log of {}/{}, container {}{run}:", log.namespace, log.pod, log.container);
    paragraph(out, theme, &head, ("  ", "    "), false)?;
    if log.lines.is_empty() {
        writeln!(out, "  | {}", "(empty)".style(theme.styles.aside))?;
    }
    for line in &log.lines {
        for part in wrap(line, theme.width.saturating_sub(4)) {
            writeln!(out, "  | {}", part.style(theme.styles.aside))?;
        }
    }
    Ok(())
}

/// Returns the nodes of a finding with two labels that they share: `9 nodes, all pool=gpu-a: a, b, c +6`.
pub fn affected(finding: &Finding, width: usize) -> String {
    let mut text = count(finding.node_count, "node");
    let mut common: Vec<_> = finding.common.iter().filter(|(_, value)| !value.is_empty()).collect();
    common.sort_by_key(|(key, _)| (rank(key), *key));
    let mut common: Vec<String> =
        common.into_iter().take(2).map(|(k, v)| format!("{}={}", escape(k), escape(v))).collect();
    while common.len() > 1 && common.iter().map(String::len).sum::<usize>() > width / 2 {
        common.pop();
    }
    common.retain(|label| label.len() < width * 2 / 3);
    if !common.is_empty() {
        let all = if finding.node_count > 1 { "all " } else { "" };
        text.push_str(&format!(", {all}{}", common.join(" ")));
    }
    text.push_str(": ");
    let left = width.saturating_sub(text.len());
    text.push_str(&names(&finding.nodes, left));
    text
}

/// Whether a finding only says which nodes the author left out: such findings are one line together.
pub fn is_intended_exclusion(finding: &Finding) -> bool {
    finding.severity == Severity::Info && finding.node_count > 0 && finding.code.is_exclusion()
}

/// Whether a finding is a part of the line about nodes that are not eligible: what the author chose, and what the finding
/// that no node is eligible says already.
pub fn is_folded(finding: &Finding, all: &[Finding]) -> bool {
    let says_all = |f: &Finding| [Code::NOTHING_MATCHES, Code::ALL_EXCLUDED].contains(&f.code);
    is_intended_exclusion(finding) || finding.code.is_choice() && finding.node_count > 0 && all.iter().any(says_all)
}

/// Returns one line about the nodes that the author left out: `not eligible: 7 nodes (3 control-plane, 2 dedicated=ml)`.
pub fn not_eligible(findings: &[Finding]) -> Option<String> {
    let excluded: Vec<&Finding> = findings.iter().filter(|f| is_folded(f, findings)).collect();
    let nodes: BTreeSet<&str> = excluded.iter().flat_map(|f| &f.nodes).map(String::as_str).collect();
    if nodes.is_empty() {
        return None;
    }
    let causes: Vec<String> = match excluded.as_slice() {
        [only] => vec![short_cause(only)],
        all => all.iter().map(|f| format!("{} {}", f.node_count, short_cause(f))).collect(),
    };
    // A node that several causes exclude is counted with each.
    let is_repeated = excluded.iter().map(|f| f.nodes.len()).sum::<usize>() > nodes.len();
    let several = if is_repeated { ", some for several reasons" } else { "" };
    Some(format!("not eligible: {}{several} ({})", count(nodes.len(), "node"), names(&causes, 120)))
}

/// Most bytes of a requirement of node affinity that the line about nodes that are not eligible holds.
const MAX_REQUIREMENT: usize = 48;

/// Returns what leaves the nodes out, in a word or two: the taint, or the label that the selector asks for.
pub fn short_cause(finding: &Finding) -> String {
    let text = |pointer: &str| {
        let evidence = Value::Object(finding.evidence.clone());
        evidence.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let label = |key: String, value: String| if value.is_empty() { key } else { format!("{key}={value}") };
    match finding.code {
        Code::CONTROL_PLANE_TAINT => "control-plane".to_owned(),
        Code::NODE_SELECTOR => format!("without {}", label(text("/key"), text("/wanted"))),
        Code::NODE_AFFINITY => {
            let requirement = match text("/fails/0/requirement") {
                one if one.is_empty() => text("/fails/0/requirements/0/requirement"),
                one => one,
            };
            match requirement.len() {
                1..=MAX_REQUIREMENT => format!("node affinity {requirement}"),
                _ => "node affinity".to_owned(),
            }
        }
        Code::NODE_NAME => format!("nodeName is {}", text("/wanted")),
        Code::PROJECT_SELECTOR => format!("outside of {}: {}", text("/annotation"), text("/selector")),
        _ => label(text("/taint/key"), text("/taint/value")),
    }
}
