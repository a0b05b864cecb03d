//! By cause, for people: of several DaemonSets a table first, then each one's findings, the worst first.

use std::cmp::Reverse;
use std::io::{self, Write};

use owo_colors::{OwoColorize, Style};

use crate::render::closing::write_closing;
use crate::render::finding::{affected, is_folded, not_eligible, paragraph, write_finding, write_finding_on};
use crate::render::grid;
use crate::render::grid::Row;
use crate::render::node_view;
use crate::render::renderer::{Renderer, Tail};
use crate::render::shared_cause::{SharedCause, SharedCauses};
use crate::render::status_line::{lacking, ratio, status_line, updated_ratio};
use crate::render::text::{names, wrap};
use crate::render::theme::Theme;
use crate::report::{DaemonSetReport, Finding, NodeFacts, Severity, Source, Summary};
use crate::text::escape::escape;
use crate::text::{count, plural};

/// So many causes of one DaemonSet fill a screen; the others are counted.
const MAX_FINDINGS: usize = 12;
/// Most lines of a cause in the table.
const MAX_CAUSE_LINES: usize = 2;

/// Writes paragraphs, one a cause. The text of several DaemonSets is held until the table above it is known.
pub struct Table {
    theme: Theme,
    source: Option<Source>,
    entries: Vec<Entry>,
    node_facts: SharedCauses,
    /// The only node that was asked about, and the DaemonSets on it.
    node: Option<(NodeFacts, Vec<DaemonSetReport>)>,
}

/// One DaemonSet: its line of the table and its paragraphs.
struct Entry {
    namespace: String,
    name: String,
    ratio: String,
    updated: Option<String>,
    lacking: usize,
    worst: Option<Severity>,
    cause: String,
    note: Option<String>,
    /// Warnings that another finding says already, which are not shown by themselves.
    folded: usize,
    parts: Vec<Part>,
}

/// A part of the paragraphs of a DaemonSet.
enum Part {
    /// Text that is complete.
    Text(Vec<u8>),
    /// A fact of nodes, by its number: it is written once for all DaemonSets that have it.
    NodeFact(usize),
}

impl Entry {
    fn of(report: &DaemonSetReport, parts: Vec<Part>) -> Self {
        let worst = report.findings.iter().map(|f| f.severity).max();
        let first = report.findings.first();
        let is_hidden =
            |f: &&Finding| f.severity == Severity::Warning && !report.of_one_node && is_folded(f, &report.findings);
        Entry {
            namespace: escape(&report.namespace).into_owned(),
            name: escape(&report.name).into_owned(),
            ratio: ratio(report),
            updated: updated_ratio(report),
            lacking: lacking(report),
            worst,
            cause: first.map(|f| format!("{} {}", f.code, escape(&f.message))).unwrap_or_default(),
            note: (report.desired_number_scheduled == 0).then(|| "no eligible node".to_owned()),
            folded: report.findings.iter().filter(is_hidden).count(),
            parts,
        }
    }

    /// Whether a person would want to change something, or wait.
    fn needs_attention(&self) -> bool {
        self.worst > Some(Severity::Info) || self.lacking > 0
    }

    fn full_name(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }
}

impl Table {
    /// Returns a renderer with that theme.
    pub fn new(theme: Theme) -> Self {
        Table { theme, source: None, entries: Vec::new(), node_facts: SharedCauses::default(), node: None }
    }

    /// Returns the paragraphs of a DaemonSet. Facts of nodes are kept for the end.
    fn parts(&mut self, report: &DaemonSetReport) -> io::Result<Vec<Part>> {
        let mut parts = Vec::new();
        let mut text = Vec::new();
        write_status(&mut text, &self.theme, report)?;
        let shown: Vec<&Finding> =
            report.findings.iter().filter(|f| report.of_one_node || !is_folded(f, &report.findings)).collect();
        for finding in shown.iter().take(MAX_FINDINGS) {
            if finding.code.is_node_fact() && finding.fix.is_none() && finding.log.is_none() {
                let name = format!("{}/{}", escape(&report.namespace), escape(&report.name));
                parts.extend([
                    Part::Text(std::mem::take(&mut text)),
                    Part::NodeFact(self.node_facts.add(finding, name)),
                ]);
                continue;
            }
            writeln!(text)?;
            write_finding(&mut text, &self.theme, finding)?;
        }
        let out = &mut text;
        let mut rest = Vec::new();
        if let Some(more) = shown.len().checked_sub(MAX_FINDINGS).filter(|more| *more > 0) {
            rest.push(format!("{more} more {}: see -o wide or -o json", plural(more, "cause")));
        }
        rest.extend(not_eligible(&report.findings).filter(|_| !report.of_one_node));
        if !report.ignored.is_empty() {
            let ignored = report.ignored.iter().map(|i| format!("{} on {}", i.code, count(i.node_count, "node")));
            rest.push(format!("ignored: {}", ignored.collect::<Vec<_>>().join(", ")));
        }
        if !shown.is_empty() && !rest.is_empty() {
            writeln!(out)?;
        }
        for line in rest {
            paragraph(out, &self.theme, &line, ("", "  "), false)?;
        }
        writeln!(out)?;
        parts.push(Part::Text(text));
        Ok(parts)
    }

    /// Writes the facts of nodes that several DaemonSets have in common.
    fn shared_facts(&self, out: &mut dyn Write) -> io::Result<()> {
        for cause in self.node_facts.worst_first().into_iter().filter(|cause| is_shared(cause)) {
            let width = self.theme.width.saturating_sub(2);
            let concerned = format!("{}; {}", affected(&cause.finding, width), cause.daemon_sets(width));
            write_finding_on(out, &self.theme, &cause.finding, Some(&concerned))?;
            writeln!(out)?;
        }
        Ok(())
    }

    /// Writes the paragraphs of a DaemonSet. A fact that was written before is named by its code.
    fn paragraphs(&self, out: &mut dyn Write, entry: &Entry) -> io::Result<()> {
        for part in &entry.parts {
            match part {
                Part::Text(text) => out.write_all(text)?,
                Part::NodeFact(number) => match self.node_facts.get(*number) {
                    cause if is_shared(cause) => {
                        let SharedCause { finding, .. } = cause;
                        let nodes = names(&finding.nodes, self.theme.width / 2);
                        let line = format!("{nodes}: see {} above", finding.code);
                        paragraph(out, &self.theme, &line, ("  ", "  "), false)?;
                    }
                    cause => {
                        writeln!(out)?;
                        write_finding(out, &self.theme, &cause.finding)?;
                    }
                },
            }
        }
        Ok(())
    }

    /// Writes the table of the DaemonSets that need attention, the worst first.
    fn overview(&self, out: &mut dyn Write, entries: &[&Entry]) -> io::Result<()> {
        // Documents have no pods yet that could be updated.
        let has_updated = entries.iter().any(|entry| entry.updated.is_some());
        let header: &[&str] = match has_updated {
            true => &["NAMESPACE", "NAME", "READY", "UPDATED", "WORST", "CAUSE"],
            false => &["NAMESPACE", "NAME", "READY", "WORST", "CAUSE"],
        };
        let row = |entry: &&Entry| {
            let plain = |text: &str| (text.to_owned(), Style::new());
            let mut cells = vec![plain(&entry.namespace), plain(&entry.name), plain(&entry.ratio)];
            cells.extend(has_updated.then(|| plain(entry.updated.as_deref().unwrap_or("-"))));
            cells.push(match entry.worst {
                Some(worst) => (worst.to_string(), self.theme.styles.severity(worst)),
                None => plain("-"),
            });
            Row { cells, last: entry.cause.clone() }
        };
        let rows: Vec<Row> = entries.iter().map(row).collect();
        grid::write(out, header, &rows, Some(self.theme.width), Some(MAX_CAUSE_LINES))?;
        writeln!(out)
    }

    /// Writes the DaemonSets that need nothing, together.
    fn healthy(&self, out: &mut dyn Write, entries: &[&Entry]) -> io::Result<()> {
        for (what, idle) in [("healthy", false), ("no eligible node", true)] {
            let of: Vec<String> = entries.iter().filter(|e| e.note.is_some() == idle).map(|e| e.full_name()).collect();
            if !of.is_empty() {
                let line = format!("{what}: {}", names(&of, self.theme.width * 3));
                paragraph(out, &self.theme, &line, ("", "  "), false)?;
            }
        }
        Ok(())
    }
}

fn is_shared(cause: &SharedCause) -> bool {
    cause.daemon_sets.len() > 1
}

/// Writes the line that a DaemonSet begins with.
pub fn write_status(out: &mut dyn Write, theme: &Theme, report: &DaemonSetReport) -> io::Result<()> {
    let subject = format!("{}/{}", escape(&report.namespace), escape(&report.name));
    let text = format!("{subject}: {}", status_line(report));
    for (i, line) in wrap(&text, theme.width.saturating_sub(2)).iter().enumerate() {
        match line.strip_prefix(&subject).filter(|_| i == 0) {
            Some(rest) => writeln!(out, "{}{rest}", subject.style(theme.styles.subject))?,
            None if i == 0 => writeln!(out, "{line}")?,
            None => writeln!(out, "  {line}")?,
        }
    }
    Ok(())
}

impl Renderer for Table {
    fn begin(&mut self, _: &mut dyn Write, source: &Source) -> io::Result<()> {
        self.source = Some(source.clone());
        Ok(())
    }

    fn node(&mut self, _: &mut dyn Write, node: &NodeFacts) -> io::Result<()> {
        self.node = Some((node.clone(), Vec::new()));
        Ok(())
    }

    fn daemon_set(&mut self, _: &mut dyn Write, report: &DaemonSetReport) -> io::Result<()> {
        if let Some((_, reports)) = &mut self.node {
            reports.push(report.clone());
            return Ok(());
        }
        let parts = self.parts(report)?;
        self.entries.push(Entry::of(report, parts));
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, tail: &Tail<'_>) -> io::Result<()> {
        if let Some((node, reports)) = &self.node {
            node_view::write(out, &self.theme, node, reports)?;
            return write_closing(out, &self.theme, self.source.as_ref(), tail);
        }
        let mut entries: Vec<&Entry> = self.entries.iter().collect();
        if let [only] = entries.as_slice() {
            self.paragraphs(out, only)?;
        } else {
            let (mut sick, healthy): (Vec<&Entry>, Vec<&Entry>) = entries.drain(..).partition(|e| e.needs_attention());
            sick.sort_by_key(|e| (Reverse(e.worst), Reverse(e.lacking)));
            if !sick.is_empty() {
                self.overview(out, &sick)?;
            }
            self.shared_facts(out)?;
            for entry in &sick {
                self.paragraphs(out, entry)?;
            }
            self.healthy(out, &healthy)?;
        }
        // The last line counts what is shown.
        let folded: usize = self.entries.iter().map(|entry| entry.folded).sum();
        let summary = Summary { warnings: tail.summary.warnings.saturating_sub(folded), ..tail.summary.clone() };
        write_closing(out, &self.theme, self.source.as_ref(), &Tail { summary: &summary, ..*tail })
    }
}
