//! The end of a report for people: nodes that came and went, notes, what was not checked, and one line that counts.

use std::io::{self, Write};

use crate::render::finding::paragraph;
use crate::render::renderer::Tail;
use crate::render::text::wrap;
use crate::render::theme::Theme;
use crate::report::{NotChecked, Source};
use crate::text::count;
use crate::text::escape::escape;

/// So many things that were not checked are named; the others are counted.
const MAX_LISTED_UNCHECKED: usize = 6;

/// Writes the end of a report.
pub fn write_closing(out: &mut dyn Write, theme: &Theme, source: Option<&Source>, tail: &Tail<'_>) -> io::Result<()> {
    if let Some(changes) = tail.changes {
        paragraph(out, theme, &format!("nodes: {}", changes.message), ("", "  "), false)?;
    }
    for notice in tail.notices {
        paragraph(out, theme, &format!("note: {notice}"), ("", "  "), false)?;
    }
    if !tail.not_checked.is_empty() {
        let line = format!("not checked: {}", unchecked(tail.not_checked).join("; "));
        paragraph(out, theme, &line, ("", "  "), false)?;
    }
    for line in wrap(&totals(source, tail), theme.width) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// Returns what was not checked, together where the reason is the same: `a, b (none in the source)`.
pub fn unchecked(all: &[NotChecked]) -> Vec<String> {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for NotChecked { what, why, .. } in all.iter().take(MAX_LISTED_UNCHECKED) {
        match groups.iter_mut().find(|(known, _)| known == why) {
            Some((_, together)) => together.push(what),
            None => groups.push((why, vec![what])),
        }
    }
    let mut parts: Vec<String> =
        groups.iter().map(|(why, together)| format!("{} ({why})", together.join(", "))).collect();
    let more = all.len().saturating_sub(MAX_LISTED_UNCHECKED);
    parts.extend((more > 0).then(|| format!("{more} more: see -o json")));
    parts
}

/// Returns the last line. `nothing to fix` is a verdict on every node asked about: it is not said while nodes are unknown,
/// nor while something that was not checked could deny or block the pods.
pub fn totals(source: Option<&Source>, tail: &Tail<'_>) -> String {
    let summary = tail.summary;
    let mut found = Vec::new();
    for (number, what) in [(summary.errors, "error"), (summary.warnings, "warning")] {
        if number > 0 {
            found.push(count(number, what));
        }
    }
    if summary.unknown > 0 {
        found.push(format!("{} unknown", count(summary.unknown, "node")));
    }
    if summary.expectations_failed > 0 {
        found.push(format!("{} without an expected pod", count(summary.expectations_failed, "node")));
    }
    if found.is_empty() {
        let unchecked = tail.not_checked.iter().filter(|n| n.may_refuse).count();
        found.push(match unchecked {
            0 => "nothing to fix".to_owned(),
            n => format!("no fault found; {} not checked", count(n, "thing")),
        });
    }
    if summary.starting > 0 {
        found.push(format!("{} starting", count(summary.starting, "node")));
    }
    let sets = count(summary.daemon_sets, "DaemonSet");
    let nodes = match tail.node {
        Some(node) => format!("node {}", escape(node)),
        None => count(summary.nodes, "node"),
    };
    format!("{}: {sets} on {nodes}{}", found.join(", "), source.map(simulated).unwrap_or_default())
}

/// Returns which rules the answer rests on, and why where the server does not say.
fn simulated(source: &Source) -> String {
    let version = source.rules_version.as_ref().unwrap_or(&source.server_version);
    let minor: Vec<&str> = version.trim_start_matches('v').split('.').take(2).collect();
    let rules = format!(", simulated with Kubernetes {} rules", minor.join("."));
    match (source.server_version_from, &source.rules_version) {
        ("assumed", _) => format!("{rules} (server version unknown)"),
        (_, Some(_)) => format!("{rules} (the server is {})", source.server_version),
        _ => rules,
    }
}
