//! Markdown for an issue, a pull request or a chat: what is wrong first, the rest folded away.

use std::cmp::Reverse;
use std::fmt::Write as _;
use std::io::{self, Write};

use crate::render::closing::{totals, unchecked};
use crate::render::finding::{affected, is_folded, not_eligible};
use crate::render::renderer::{Renderer, Tail};
use crate::render::status_line::{ratio, status_line, updated_ratio};
use crate::report::{DaemonSetReport, Finding, NodeFacts, NoteKind, Severity, Source};
use crate::text::count;
use crate::text::escape::escape;

/// Most characters of the whole text: GitHub refuses comments of more than 65,536.
const MAX_CHARS: usize = 60_000;
/// Characters that a list of nodes may take.
const MAX_NODES: usize = 400;

/// Collects paragraphs; those of the worst DaemonSets are written first, and as many as a comment may hold.
#[derive(Default)]
pub struct Markdown {
    source: Option<Source>,
    node: Option<NodeFacts>,
    entries: Vec<Entry>,
}

/// One DaemonSet.
struct Entry {
    name: String,
    status: String,
    ready: String,
    updated: String,
    worst: Option<Severity>,
    lacking: usize,
    cause: String,
    /// What a person would want to change: a paragraph a finding.
    open: Vec<String>,
    /// Notes that are folded away.
    folded: Vec<String>,
}

impl Entry {
    fn of(report: &DaemonSetReport) -> Self {
        let shown = |finding: &&Finding| {
            finding.severity > Severity::Info && (report.of_one_node || !is_folded(finding, &report.findings))
        };
        let first = report.findings.first();
        let infos = report.findings.iter().filter(|f| f.severity == Severity::Info && !is_folded(f, &report.findings));
        let mut folded: Vec<String> = infos.map(paragraph).collect();
        folded.extend(not_eligible(&report.findings).map(|line| format!("- {}\n", text(&line))));
        folded.extend(
            report
                .ignored
                .iter()
                .map(|i| format!("- ignored: {} on {} ({})\n", i.code, count(i.node_count, "node"), text(&i.by))),
        );
        Entry {
            name: format!("{}/{}", escape(&report.namespace), escape(&report.name)),
            status: status_line(report),
            ready: ratio(report),
            updated: updated_ratio(report).unwrap_or_else(|| "-".to_owned()),
            worst: report.findings.iter().map(|f| f.severity).max(),
            lacking: report.nodes_lacking,
            cause: first.map(|f| format!("{} {}", f.code, text(&f.message))).unwrap_or_default(),
            open: report.findings.iter().filter(shown).map(paragraph).collect(),
            folded,
        }
    }

    fn needs_attention(&self) -> bool {
        self.worst > Some(Severity::Info) || self.lacking > 0
    }
}

/// A finding as an item of a list.
fn paragraph(finding: &Finding) -> String {
    let mut out = format!("- **{}[{}]**: {}\n", finding.severity, finding.code, text(&finding.message));
    if finding.node_count > 0 {
        let _ = writeln!(out, "  {}", text(&affected(finding, MAX_NODES)));
    }
    for note in &finding.notes {
        let words = match note.kind {
            // A command is copied as it stands.
            NoteKind::Next => code(&note.text),
            _ => text(&note.text),
        };
        let effect = note.effect.as_ref().map(|effect| format!(" ({})", text(effect))).unwrap_or_default();
        let _ = writeln!(out, "  - {}{words}{effect}", note.kind);
    }
    if let Some(log) = &finding.log {
        let run = if log.previous { " (previous run)" } else { "" };
        let _ =
            writeln!(out, "  - log of {}{run}:\n", code(&format!("{}/{} {}", log.namespace, log.pod, log.container)));
        out.push_str(&block("", &log.lines.join("\n"), "    "));
    }
    if let Some(fix) = &finding.fix {
        let effect =
            if fix.nodes_fixed > 0 { format!(" (fixes {})", count(fix.nodes_fixed, "node")) } else { String::new() };
        let _ = writeln!(out, "  - fix: {}{effect}", text(&fix.summary));
        if let Some(managed) = &fix.managed_by {
            let _ = writeln!(out, "  - note: {}", text(&managed.note));
        }
        out.push('\n');
        out.push_str(&block("yaml", &fix.patch, "    "));
    }
    out
}

/// Words as they are, whatever Markdown would make of them. A name behind an `@` would notify a person, and a number
/// behind a `#` would link an issue.
fn text(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    for c in escape(words).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("&#64;"),
            '#' => out.push_str("&#35;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

/// A line of code, in more backticks than it holds in a row.
fn code(words: &str) -> String {
    let words = escape(words);
    let ticks = "`".repeat(longest_run(&words) + 1);
    let space = if words.starts_with('`') || words.ends_with('`') { " " } else { "" };
    format!("{ticks}{space}{words}{space}{ticks}")
}

/// Lines of code.
fn block(language: &str, lines: &str, indent: &str) -> String {
    let fence = "`".repeat(longest_run(lines).max(2) + 1);
    let mut out = format!("{indent}{fence}{language}\n");
    for line in lines.lines() {
        let _ = writeln!(out, "{indent}{}", escape(line));
    }
    let _ = writeln!(out, "{indent}{fence}");
    out
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Text that stops before it is longer than a comment may be.
struct Bounded {
    out: String,
    chars: usize,
    left_out: usize,
}

impl Bounded {
    /// Adds a part, or counts it where it does not fit.
    fn add(&mut self, part: &str, counts: usize) {
        let chars = part.chars().count();
        if self.left_out > 0 || self.chars + chars > MAX_CHARS {
            self.left_out += counts;
            return;
        }
        self.chars += chars;
        self.out.push_str(part);
    }
}

impl Markdown {
    fn overview(entries: &[&Entry]) -> String {
        let mut out = "| DaemonSet | ready | updated | worst | cause |\n|---|---|---|---|---|\n".to_owned();
        for entry in entries {
            let worst = entry.worst.map_or("-".to_owned(), |worst| worst.to_string());
            let row = format!(
                "| {} | {} | {} | {worst} | {} |\n",
                text(&entry.name),
                entry.ready,
                entry.updated,
                entry.cause
            );
            out.push_str(&row);
        }
        out.push('\n');
        out
    }

    fn details(summary: &str, lines: &str) -> String {
        format!("<details><summary>{summary}</summary>\n\n{lines}\n</details>\n\n")
    }
}

impl Renderer for Markdown {
    fn begin(&mut self, _: &mut dyn Write, source: &Source) -> io::Result<()> {
        self.source = Some(source.clone());
        Ok(())
    }

    fn node(&mut self, _: &mut dyn Write, node: &NodeFacts) -> io::Result<()> {
        self.node = Some(node.clone());
        Ok(())
    }

    fn daemon_set(&mut self, _: &mut dyn Write, report: &DaemonSetReport) -> io::Result<()> {
        self.entries.push(Entry::of(report));
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, tail: &Tail<'_>) -> io::Result<()> {
        let mut page = Bounded { out: String::new(), chars: 0, left_out: 0 };
        page.add(&format!("**{}**\n\n", text(&totals(self.source.as_ref(), tail))), 0);
        if let Some(node) = &self.node {
            let notes: String = node.notes.iter().map(|note| format!("- {}\n", text(note))).collect();
            page.add(&format!("node {}: {}\n\n{notes}\n", code(&node.name), text(&node.summary)), 0);
        }
        let (mut sick, healthy): (Vec<&Entry>, Vec<&Entry>) = self.entries.iter().partition(|e| e.needs_attention());
        sick.sort_by_key(|entry| (Reverse(entry.worst), Reverse(entry.lacking)));
        if sick.len() > 1 {
            page.add(&Self::overview(&sick), 0);
        }
        for entry in &sick {
            page.add(&format!("#### {}: {}\n\n", text(&entry.name), text(&entry.status)), 1);
            for part in &entry.open {
                page.add(part, 1);
            }
            page.add("\n", 0);
            if !entry.folded.is_empty() {
                page.add(
                    &Self::details(&count(entry.folded.len(), "note"), &entry.folded.concat()),
                    entry.folded.len(),
                );
            }
        }
        if !healthy.is_empty() {
            let lines: String =
                healthy.iter().map(|entry| format!("- {}: {}\n", text(&entry.name), text(&entry.status))).collect();
            page.add(&Self::details(&format!("{} with nothing to fix", count(healthy.len(), "DaemonSet")), &lines), 1);
        }
        let mut rest: Vec<String> =
            tail.changes.iter().map(|changes| format!("- nodes: {}\n", text(&changes.message))).collect();
        rest.extend(tail.notices.iter().map(|notice| format!("- {}\n", text(notice))));
        rest.extend(unchecked(tail.not_checked).iter().map(|line| format!("- not checked: {}\n", text(line))));
        if !rest.is_empty() {
            page.add(&Self::details("notes on this report", &rest.concat()), 1);
        }
        out.write_all(page.out.trim_end().as_bytes())?;
        writeln!(out)?;
        if page.left_out > 0 {
            writeln!(
                out,
                "\n{} left out: a comment holds no more. See `-o json` for all.",
                count(page.left_out, "part")
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_cluster_stay_words() {
        assert_eq!(text("a <b> *c* [d](e) @f #1 | g_h"), r"a &lt;b&gt; \*c\* \[d\](e) &#64;f &#35;1 \| g\_h");
        assert_eq!(code("a `b` c"), "``a `b` c``");
        assert_eq!(code("`a"), "`` `a ``");
        assert_eq!(block("", "x\n```\ny", ""), "````\nx\n```\ny\n````\n");
    }

    #[test]
    fn a_long_report_fits_into_a_comment() {
        let mut page = Bounded { out: String::new(), chars: 0, left_out: 0 };
        for _ in 0..10 {
            page.add(&"x".repeat(10_000), 1);
        }
        assert_eq!((page.chars, page.left_out), (60_000, 4));
    }
}
