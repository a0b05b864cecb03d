//! By cause, for people: of several DaemonSets a table first, then each one's findings, the worst first.

use std::cmp::Reverse;
use std::io::{self, Write};

use owo_colors::{OwoColorize, Style};

use crate::render::closing::write_closing;
use crate::render::finding::{is_folded, not_eligible, paragraph, write_finding};
use crate::render::grid;
use crate::render::grid::Row;
use crate::render::node_view;
use crate::render::renderer::{Renderer, Tail};
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
    text: Vec<u8>,
}

impl Entry {
    fn of(report: &DaemonSetReport, text: Vec<u8>) -> Self {
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
            text,
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
        Table { theme, source: None, entries: Vec::new(), node: None }
    }

    fn write(&self, out: &mut dyn Write, report: &DaemonSetReport) -> io::Result<()> {
        write_status(out, &self.theme, report)?;
        let shown: Vec<&Finding> =
            report.findings.iter().filter(|f| report.of_one_node || !is_folded(f, &report.findings)).collect();
        for finding in shown.iter().take(MAX_FINDINGS) {
            writeln!(out)?;
            write_finding(out, &self.theme, finding)?;
        }
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
        writeln!(out)
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
        let mut text = Vec::new();
        self.write(&mut text, report)?;
        self.entries.push(Entry::of(report, text));
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, tail: &Tail<'_>) -> io::Result<()> {
        if let Some((node, reports)) = &self.node {
            node_view::write(out, &self.theme, node, reports)?;
            return write_closing(out, &self.theme, self.source.as_ref(), tail);
        }
        let mut entries: Vec<&Entry> = self.entries.iter().collect();
        if let [only] = entries.as_slice() {
            out.write_all(&only.text)?;
        } else {
            let (mut sick, healthy): (Vec<&Entry>, Vec<&Entry>) = entries.drain(..).partition(|e| e.needs_attention());
            sick.sort_by_key(|e| (Reverse(e.worst), Reverse(e.lacking)));
            if !sick.is_empty() {
                self.overview(out, &sick)?;
            }
            for entry in &sick {
                out.write_all(&entry.text)?;
            }
            self.healthy(out, &healthy)?;
        }
        // The last line counts what is shown.
        let folded: usize = self.entries.iter().map(|entry| entry.folded).sum();
        let summary = Summary { warnings: tail.summary.warnings.saturating_sub(folded), ..tail.summary.clone() };
        write_closing(out, &self.theme, self.source.as_ref(), &Tail { summary: &summary, ..*tail })
    }
}
