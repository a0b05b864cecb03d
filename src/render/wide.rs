//! By node, for people: one line a node and DaemonSet, with every reason.

use std::io::{self, Write};

use owo_colors::Style;

use crate::render::closing::write_closing;
use crate::render::finding::write_log;
use crate::render::grid;
use crate::render::grid::Row;
use crate::render::node_view::write_node;
use crate::render::renderer::{Renderer, Tail};
use crate::render::table::write_status;
use crate::render::theme::Theme;
use crate::report::{DaemonSetReport, NodeFacts, NodeReport, Source};
use crate::text::escape::escape;

/// Writes a line a node, and at the end what the table says there.
pub struct Wide {
    theme: Theme,
    source: Option<Source>,
}

impl Wide {
    /// A renderer with that look.
    pub fn new(theme: Theme) -> Self {
        Wide { theme, source: None }
    }
}

/// A node as a row.
fn row(node: &NodeReport) -> Row {
    let pod = node.pod.as_ref().map_or_else(|| "-".to_owned(), |pod| escape(&pod.name).into_owned());
    let reasons: Vec<String> = node.reasons.iter().map(|r| format!("{} {}", r.code, escape(&r.message))).collect();
    let cells = [escape(&node.name).into_owned(), node.placement.to_owned(), node.state.as_str().to_owned(), pod];
    Row { cells: cells.into_iter().map(|text| (text, Style::new())).collect(), last: reasons.join("; ") }
}

impl Renderer for Wide {
    fn begin(&mut self, _: &mut dyn Write, source: &Source) -> io::Result<()> {
        self.source = Some(source.clone());
        Ok(())
    }

    fn node(&mut self, out: &mut dyn Write, node: &NodeFacts) -> io::Result<()> {
        write_node(out, &self.theme, node)?;
        writeln!(out)
    }

    fn daemon_set(&mut self, out: &mut dyn Write, report: &DaemonSetReport) -> io::Result<()> {
        write_status(out, &self.theme, report)?;
        let rows: Vec<Row> = report.nodes.iter().map(row).collect();
        grid::write(out, &["NODE", "PLACEMENT", "STATE", "POD", "REASONS"], &rows, self.theme.columns, None)?;
        for log in report.findings.iter().filter_map(|finding| finding.log.as_ref()) {
            write_log(out, &self.theme, log)?;
        }
        writeln!(out)
    }

    fn end(&mut self, out: &mut dyn Write, tail: &Tail<'_>) -> io::Result<()> {
        write_closing(out, &self.theme, self.source.as_ref(), tail)
    }
}
