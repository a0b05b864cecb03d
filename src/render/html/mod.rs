//! One page that needs nothing else: no network, no other file, no script but its own.
//!
//! What is wrong is plain HTML, which reads, prints and searches without a script. The matrix of all nodes and DaemonSets
//! is drawn by the scripts beside this file from data blocks, which are written as the DaemonSets come.

mod cells;
mod escape;
mod findings;

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::findings::codes::Code;
use crate::findings::shared_labels::rank;
use crate::render::closing::{totals, unchecked};
use crate::render::html::cells::{Cells, MAX_DETAILED, runs};
use crate::render::html::escape::{data, html};
use crate::render::html::findings::Section;
use crate::render::renderer::{Renderer, Tail};
use crate::render::status_line::status_line;
use crate::report::{DaemonSetReport, Finding, NodeFacts, NodeIdentity, Source};
use crate::text::count;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = concat!(
    "(() => {\n\"use strict\";\n",
    include_str!("data.js"),
    include_str!("filters.js"),
    include_str!("matrix.js"),
    include_str!("drawing.js"),
    include_str!("list.js"),
    include_str!("panel.js"),
    include_str!("page.js"),
    "})();\n",
);
/// Most values of a label by which nodes are grouped or filtered.
const MAX_VALUES: usize = 300;

/// Most DaemonSets whose findings are open from the start: the matrix comes after them.
const MAX_OPEN: usize = 4;

/// Writes data as it comes, and what is wrong at the end, the worst first.
pub struct Html {
    source: Option<Source>,
    node: Option<NodeFacts>,
    /// The number of each node.
    numbers: HashMap<String, u32>,
    sections: Vec<Section>,
    codes: BTreeMap<Code, usize>,
    /// How many more cells may have their figures.
    details_left: usize,
}

impl Default for Html {
    fn default() -> Self {
        Html {
            source: None,
            node: None,
            numbers: HashMap::new(),
            sections: Vec::new(),
            codes: BTreeMap::new(),
            details_left: MAX_DETAILED,
        }
    }
}

impl Renderer for Html {
    fn begin(&mut self, out: &mut dyn Write, source: &Source) -> io::Result<()> {
        self.source = Some(source.clone());
        let policy = format!(
            "default-src 'none'; script-src '{}'; style-src '{}'; base-uri 'none'; form-action 'none'",
            hash(SCRIPT),
            hash(STYLE)
        );
        writeln!(
            out,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
             <title>kubectl daemonset doctor</title>\n<style>{STYLE}</style>\n</head>\n<body>"
        )
    }

    fn nodes(&mut self, out: &mut dyn Write, nodes: &[NodeIdentity]) -> io::Result<()> {
        self.numbers = nodes.iter().enumerate().map(|(number, node)| (node.name.clone(), number as u32)).collect();
        data(out, "nodes", &Nodes::of(nodes))
    }

    fn node(&mut self, _: &mut dyn Write, node: &NodeFacts) -> io::Result<()> {
        self.node = Some(node.clone());
        Ok(())
    }

    fn daemon_set(&mut self, out: &mut dyn Write, report: &DaemonSetReport) -> io::Result<()> {
        let is_told: HashSet<usize> =
            report.nodes.iter().flat_map(|node| &node.reasons).filter_map(|reason| reason.finding).collect();
        let of = |(number, finding): (usize, &Finding)| {
            let named = (!is_told.contains(&number) && finding.node_count > 0).then(|| self.marked(&finding.nodes));
            (finding.code, finding.severity, crate::text::escape::escape(&finding.message).into_owned(), named)
        };
        let findings: Vec<_> = report.findings.iter().enumerate().map(of).collect();
        let set = json!({
            "namespace": report.namespace,
            "name": report.name,
            "status": status_line(report),
            "deployed": report.deployed,
            "worst": report.findings.iter().map(|finding| finding.severity).max(),
            "findings": findings,
        });
        data(out, "daemonset", &(set, Cells::of(report, &self.numbers, &mut self.details_left)))?;
        self.sections.push(Section::of(report, self.sections.len(), &mut self.codes));
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, tail: &Tail<'_>) -> io::Result<()> {
        let titles: BTreeMap<_, _> =
            crate::findings::codes::all().map(|page| (page.code.to_string(), page.title)).collect();
        data(out, "report", &json!({"titles": titles, "left_out": self.details_left == 0}))?;
        self.overview(out, tail)?;
        out.write_all(include_bytes!("matrix.html"))?;
        self.rest(out, tail)?;
        writeln!(out, "<script>{SCRIPT}</script>\n</body>\n</html>")
    }
}

impl Html {
    /// Which nodes are among these, as runs of 1 and 0.
    fn marked(&self, names: &[String]) -> String {
        let mut marked = vec![0; self.numbers.len()];
        names.iter().filter_map(|name| self.numbers.get(name)).for_each(|number| marked[*number as usize] = 1);
        runs(&marked)
    }

    /// The totals, then the DaemonSets that need attention, the worst first, then the others.
    fn overview(&self, out: &mut dyn Write, tail: &Tail<'_>) -> io::Result<()> {
        writeln!(out, "<header>\n<h1>{}</h1>", html(&totals(self.source.as_ref(), tail)))?;
        writeln!(out, "<p class=\"needs-script\" hidden><a href=\"#matrix\">All nodes of all DaemonSets</a></p>")?;
        if let Some(node) = &self.node {
            writeln!(out, "<p>node {}: {}</p>", html(&node.name), html(&node.summary))?;
            node.notes.iter().try_for_each(|note| writeln!(out, "<p>{}</p>", html(note)))?;
        }
        writeln!(out, "</header>\n<main>\n<section aria-labelledby=\"wrong\">")?;
        let (mut sick, healthy): (Vec<_>, Vec<_>) = self.sections.iter().partition(|s| s.needs_attention());
        sick.sort_by_key(|section| (Reverse(section.worst), Reverse(section.lacking)));
        let title = if sick.is_empty() { "Findings" } else { "What is wrong" };
        writeln!(out, "<h2 id=\"wrong\">{title}</h2>")?;
        for (number, section) in sick.iter().enumerate() {
            match number < MAX_OPEN {
                true => out.write_all(section.html.as_bytes())?,
                false => {
                    let summary = format!("{}: {}", section.name, section.status);
                    writeln!(out, "<details class=\"{}\"><summary>{}</summary>", section.class(), html(&summary))?;
                    out.write_all(section.html.as_bytes())?;
                    writeln!(out, "</details>")?;
                }
            }
        }
        if !healthy.is_empty() {
            let sets = count(healthy.len(), "DaemonSet");
            writeln!(out, "<details class=\"healthy\"><summary>{sets} with nothing to fix</summary>")?;
            healthy.iter().try_for_each(|section| out.write_all(section.html.as_bytes()))?;
            writeln!(out, "</details>")?;
        }
        writeln!(out, "</section>")
    }

    /// What was not checked, and what the codes mean.
    fn rest(&self, out: &mut dyn Write, tail: &Tail<'_>) -> io::Result<()> {
        let mut lines: Vec<String> = tail.changes.iter().map(|changes| format!("nodes: {}", changes.message)).collect();
        lines.extend(tail.notices.iter().cloned());
        lines.extend(unchecked(tail.not_checked).iter().map(|line| format!("not checked: {line}")));
        if !lines.is_empty() {
            writeln!(out, "<section aria-labelledby=\"notes\">\n<h2 id=\"notes\">Notes</h2>\n<ul>")?;
            lines.iter().try_for_each(|line| writeln!(out, "<li>{}</li>", html(line)))?;
            writeln!(out, "</ul>\n</section>")?;
        }
        if !self.codes.is_empty() {
            writeln!(out, "<section aria-labelledby=\"codes\">\n<h2 id=\"codes\">What the codes mean</h2>")?;
            for code in self.codes.keys() {
                let page = code.page();
                let mut text = format!("<details id=\"about-{code}\"><summary>{code}: {}</summary>", html(page.title));
                let _ = write!(text, "<p>{}</p><p>{}</p></details>", html(page.means), html(page.remedy));
                writeln!(out, "{text}")?;
            }
            writeln!(out, "</section>")?;
        }
        writeln!(out, "</main>")
    }
}

/// The hash of an inline script or style, as a policy names it.
fn hash(text: &str) -> String {
    format!("sha256-{}", BASE64.encode(Sha256::digest(text)))
}

/// The nodes: their names, what each says of itself, and the labels by which they can be grouped.
#[derive(Serialize)]
struct Nodes<'a> {
    names: Vec<&'a str>,
    summaries: Vec<&'a str>,
    /// The summary of each node, as runs.
    summary_of: String,
    labels: Vec<Label<'a>>,
}

/// A label: its values, and the value of each node, from 1, as runs; 0 for nodes without it.
#[derive(Serialize)]
struct Label<'a> {
    key: &'a str,
    values: Vec<&'a str>,
    of: String,
}

impl<'a> Nodes<'a> {
    fn of(nodes: &'a [NodeIdentity]) -> Self {
        let mut values: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
        for (key, value) in nodes.iter().flat_map(|node| &node.labels) {
            values.entry(key).or_default().insert(value, 0);
        }
        // A label that tells each node apart makes no groups.
        let groups = |values: &BTreeMap<&str, usize>| {
            values.len() <= MAX_VALUES && (values.len() < nodes.len().div_ceil(2) || values.len() == 1)
        };
        values.retain(|_, values| groups(values));
        values.values_mut().for_each(|values| values.values_mut().zip(1..).for_each(|(number, place)| *number = place));
        let mut labels: Vec<Label<'_>> = values
            .iter()
            .map(|(key, values)| {
                let of = nodes.iter().map(|node| {
                    let value = node.labels.iter().find(|(own, _)| own == key).map(|(_, value)| value.as_str());
                    value.map_or(0, |value| values[value])
                });
                Label { key, values: values.keys().copied().collect(), of: runs(&of.collect::<Vec<_>>()) }
            })
            .collect();
        // Pools first; a label with one value for all parts nothing.
        labels.sort_by_key(|label| (label.values.len() == 1, rank(label.key), label.key));
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut summaries = Vec::new();
        let summary_of = nodes.iter().map(|node| {
            *places.entry(&node.summary).or_insert_with(|| {
                summaries.push(node.summary.as_str());
                summaries.len() - 1
            })
        });
        let summary_of = runs(&summary_of.collect::<Vec<_>>());
        Nodes { names: nodes.iter().map(|node| node.name.as_str()).collect(), summaries, summary_of, labels }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_and_the_style_are_free_of_what_their_elements_end_with() {
        assert!(!SCRIPT.contains("</script") && !SCRIPT.contains("<!--"));
        assert!(!STYLE.contains("</style"));
    }

    #[test]
    fn labels_that_make_groups_are_kept() {
        let node = |name: &str, pool: &str| NodeIdentity {
            name: name.to_owned(),
            summary: "Ready".to_owned(),
            labels: vec![("host".to_owned(), name.to_owned()), ("pool".to_owned(), pool.to_owned())],
        };
        let nodes = [node("a", "x"), node("b", "x"), node("c", "y"), node("d", "y"), node("e", "y")];
        let packed = Nodes::of(&nodes);
        let labels: Vec<_> = packed.labels.iter().map(|label| (label.key, label.of.as_str())).collect();
        assert_eq!(labels, [("pool", "1*2,2*3")]);
        assert_eq!((packed.summaries.len(), packed.summary_of.as_str()), (1, "0*5"));
    }
}
