//! By cause, for people: the fact, what is behind it, the fix. The worst first, a last line that counts.

use std::io::{self, Write};

use comfy_table::{ContentArrangement, Table as Grid};
use owo_colors::OwoColorize;

use crate::explain::units::duration;
use crate::findings::shared_labels::rank;
use crate::render::text::{names, wrap};
use crate::render::{Renderer, Tail, Theme};
use crate::report::{DaemonSetReport, Finding, LogReport, Severity, Source};
use crate::text::count;
use crate::text::escape::escape;

/// Writes paragraphs, one a cause.
pub struct Table {
    theme: Theme,
    source: Option<Source>,
    /// Lines of the table that closes a report of several DaemonSets.
    rows: Vec<Row>,
}

struct Row {
    namespace: String,
    name: String,
    nodes: usize,
    placed: usize,
    excluded: usize,
    lacking: usize,
    worst: Option<Severity>,
}

/// So many causes of one DaemonSet fill a screen; the others are counted.
const MOST_FINDINGS: usize = 12;

impl Table {
    /// A renderer with that look.
    pub fn new(theme: Theme) -> Self {
        Table { theme, source: None, rows: Vec::new() }
    }

    fn finding(&self, out: &mut dyn Write, finding: &Finding) -> io::Result<()> {
        let styles = &self.theme.styles;
        let severity = finding.severity.to_string();
        let who = self.who(finding, self.theme.width.saturating_sub(severity.len() + 8));
        let code = finding.code.to_string();
        let who = if who.is_empty() { who } else { format!(" {who}") };
        writeln!(out, "{} {}{who}", severity.style(styles.severity(finding.severity)), code.style(styles.subject))?;
        for line in wrap(&finding.message, self.theme.width - 2) {
            writeln!(out, "  {line}")?;
        }
        for note in &finding.notes {
            self.paragraph(out, &note.to_string(), "  ", "  ", false)?;
        }
        if let Some(log) = &finding.log {
            self.log(out, log)?;
        }
        if let Some(fix) = &finding.fix {
            let effect = match (fix.nodes_fixed, fix.nodes_broken) {
                (0, 0) => String::new(),
                (fixed, 0) => format!(" (mends {})", count(fixed, "node")),
                (fixed, broken) => format!(" (mends {}, loses {broken})", count(fixed, "node")),
            };
            self.paragraph(out, &format!("fix: {}{effect}", fix.summary), "  ", "       ", true)?;
            for line in fix.patch.lines() {
                writeln!(out, "       {}", escape(line))?;
            }
        }
        Ok(())
    }

    fn paragraph(&self, out: &mut dyn Write, text: &str, first: &str, rest: &str, good: bool) -> io::Result<()> {
        for (i, line) in wrap(text, self.theme.width - rest.len()).iter().enumerate() {
            let indent = if i == 0 { first } else { rest };
            let style = if good { self.theme.styles.good } else { self.theme.styles.aside };
            writeln!(out, "{indent}{}", line.style(style))?;
        }
        Ok(())
    }

    /// The last lines of a log, each on a line of its own.
    pub(crate) fn log(&self, out: &mut dyn Write, log: &LogReport) -> io::Result<()> {
        let run = if log.previous { ", the run before" } else { "" };
        let head = format!("log of {}/{}, container {}{run}:", log.namespace, log.pod, log.container);
        self.paragraph(out, &head, "  ", "    ", false)?;
        if log.lines.is_empty() {
            writeln!(out, "  | {}", "(it wrote nothing)".style(self.theme.styles.aside))?;
        }
        for line in &log.lines {
            for part in wrap(line, self.theme.width - 4) {
                writeln!(out, "  | {}", part.style(self.theme.styles.aside))?;
            }
        }
        Ok(())
    }

    /// `9 nodes, all pool=gpu-a: a, b, c +6`
    fn who(&self, finding: &Finding, width: usize) -> String {
        if finding.node_count == 0 {
            return String::new();
        }
        let mut who = count(finding.node_count, "node");
        // Two labels tell which nodes these are; the rest is in `-o json`.
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
            who.push_str(&format!(", {all}{}", common.join(" ")));
        }
        who.push_str(": ");
        let left = width.saturating_sub(who.len());
        who.push_str(&names(&finding.nodes, left));
        who
    }

    /// Writes the line that a DaemonSet begins with, and keeps its counts for the end.
    pub fn headline_of(&mut self, out: &mut dyn Write, report: &DaemonSetReport) -> io::Result<()> {
        let subject = format!("{}/{}", escape(&report.namespace), escape(&report.name));
        self.remember(report);
        for (i, line) in wrap(&self.headline(report), self.theme.width - subject.len().min(30) - 2).iter().enumerate() {
            match i {
                0 => writeln!(out, "{}: {line}", subject.style(self.theme.styles.subject))?,
                _ => writeln!(out, "  {line}")?,
            }
        }
        Ok(())
    }

    fn headline(&self, report: &DaemonSetReport) -> String {
        let of = |placement: &str| report.placements.get(placement).copied().unwrap_or(0);
        let nodes: usize = report.placements.values().sum();
        let mut parts = Vec::new();
        if report.deployed {
            let states = report.states.iter().filter(|(state, _)| **state != "none");
            parts.extend(states.map(|(state, number)| format!("{number} {state}")));
        } else {
            let others = ["unschedulable", "denied", "rejected", "preempting", "contended", "gated", "unknown"];
            let get = if nodes == 1 { "gets" } else { "get" };
            parts.push(format!("{} of {} {get} a pod", of("placed"), count(nodes, "node")));
            parts.extend(others.iter().filter(|p| of(p) > 0).map(|p| format!("{} {p}", of(p))));
        }
        if let Some(starting) = &report.starting {
            let (oldest, grace) = (duration(starting.oldest_seconds), duration(starting.grace_seconds));
            parts.push(format!("{} within the grace of {grace} (the oldest for {oldest})", starting.node_count));
        }
        // One that is excluded and has a pod all the same was counted by its state.
        let excluded = match report.deployed {
            true => report.states.get("none").copied().unwrap_or(0),
            false => of("excluded"),
        };
        if excluded > 0 {
            parts.push(format!("{excluded} excluded"));
        }
        if report.deployed && of("excluded") == nodes && nodes > 0 {
            parts.insert(0, "wanted on no node".to_owned());
        }
        parts.join(", ")
    }

    fn remember(&mut self, report: &DaemonSetReport) {
        let of = |placement: &str| report.placements.get(placement).copied().unwrap_or(0);
        let state = |state: &str| report.states.get(state).copied().unwrap_or(0);
        let nodes: usize = report.placements.values().sum();
        let placed = if report.deployed { state("healthy") } else { of("placed") };
        let excluded = of("excluded");
        self.rows.push(Row {
            namespace: report.namespace.clone(),
            name: report.name.clone(),
            nodes,
            placed,
            excluded,
            lacking: nodes.saturating_sub(excluded).saturating_sub(placed),
            worst: report.findings.iter().map(|f| f.severity).max(),
        });
    }

    fn overview(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut grid = Grid::new();
        grid.load_style(comfy_table::TableStyle::new());
        grid.set_content_arrangement(ContentArrangement::Disabled);
        grid.set_header(["NAMESPACE", "NAME", "NODES", "WITH POD", "EXCLUDED", "LACKING", "WORST"]);
        for row in &self.rows {
            let worst = row.worst.map_or_else(|| "-".to_owned(), |w| w.to_string());
            let numbers = [row.nodes, row.placed, row.excluded, row.lacking].map(|n| n.to_string());
            let [nodes, placed, excluded, lacking] = numbers;
            let names = [escape(&row.namespace).into_owned(), escape(&row.name).into_owned()];
            let [namespace, name] = names;
            grid.add_row([namespace, name, nodes, placed, excluded, lacking, worst]);
        }
        for line in grid.lines() {
            writeln!(out, "{}", line.trim())?;
        }
        writeln!(out)
    }
}

impl Renderer for Table {
    fn begin(&mut self, _: &mut dyn Write, source: &Source) -> io::Result<()> {
        self.source = Some(source.clone());
        Ok(())
    }

    fn daemon_set(&mut self, out: &mut dyn Write, report: &DaemonSetReport) -> io::Result<()> {
        self.headline_of(out, report)?;
        for finding in report.findings.iter().take(MOST_FINDINGS) {
            writeln!(out)?;
            self.finding(out, finding)?;
        }
        if report.findings.len() > MOST_FINDINGS {
            let more = report.findings.len() - MOST_FINDINGS;
            let causes = if more == 1 { "cause" } else { "causes" };
            writeln!(out, "\n{more} more {causes}: `-o wide` shows every node, `-o json` everything.")?;
        }
        if !report.ignored.is_empty() {
            let accepted: Vec<String> =
                report.ignored.iter().map(|i| format!("{} on {}", i.code, count(i.node_count, "node"))).collect();
            writeln!(out)?;
            self.paragraph(out, &format!("accepted: {}", accepted.join(", ")), "", "  ", false)?;
        }
        writeln!(out)
    }

    fn end(&mut self, out: &mut dyn Write, tail: &Tail<'_>) -> io::Result<()> {
        if self.rows.len() > 1 {
            self.overview(out)?;
        }
        if let Some(changes) = tail.changes {
            self.paragraph(out, &format!("nodes: {}", changes.message), "", "  ", false)?;
        }
        for notice in tail.notices {
            self.paragraph(out, &format!("note: {notice}"), "", "  ", false)?;
        }
        if !tail.not_checked.is_empty() {
            let all: Vec<String> = tail.not_checked.iter().map(|n| format!("{} ({})", n.what, n.why)).collect();
            self.paragraph(out, &format!("not looked at: {}", all.join("; ")), "", "  ", false)?;
        }
        let rules = self.source.as_ref().map(|source| {
            let version = source.rules_version.as_ref().unwrap_or(&source.server_version);
            match source.server_version_from {
                "assumed" => format!(", by the rules of {version}, as nothing says which version this is"),
                _ => format!(", by the rules of {version}"),
            }
        });
        let last = format!("{}{}.", totals(tail), rules.unwrap_or_default());
        for line in wrap(&last, self.theme.width) {
            writeln!(out, "{line}")?;
        }
        Ok(())
    }
}

/// The last line. `nothing to fix` is a verdict on every node asked about: it is not said while nodes are unknown, nor
/// while something that was not checked could deny or block the pods.
fn totals(tail: &Tail<'_>) -> String {
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
    let found = found.join(", ");
    format!("{} on {}: {found}", count(summary.daemon_sets, "DaemonSet"), count(summary.nodes, "node"))
}
