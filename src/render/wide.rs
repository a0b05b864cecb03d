//! By node, for people: one line a node and DaemonSet, with every reason.

use std::io::{self, Write};

use comfy_table::{ContentArrangement, Table as Grid};

use crate::render::closing::write_closing;
use crate::render::finding::write_log;
use crate::render::renderer::{Renderer, Tail};
use crate::render::table::write_status;
use crate::render::theme::Theme;
use crate::report::{DaemonSetReport, Source};
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

impl Renderer for Wide {
    fn begin(&mut self, _: &mut dyn Write, source: &Source) -> io::Result<()> {
        self.source = Some(source.clone());
        Ok(())
    }

    fn daemon_set(&mut self, out: &mut dyn Write, report: &DaemonSetReport) -> io::Result<()> {
        write_status(out, &self.theme, report)?;
        let mut grid = Grid::new();
        grid.load_style(comfy_table::TableStyle::new());
        grid.set_content_arrangement(ContentArrangement::Disabled);
        grid.set_header(["NODE", "PLACEMENT", "STATE", "POD", "REASONS"]);
        for node in &report.nodes {
            let pod = node.pod.as_ref().map_or_else(|| "-".to_owned(), |pod| escape(&pod.name).into_owned());
            let reasons: Vec<String> =
                node.reasons.iter().map(|r| format!("{} {}", r.code, escape(&r.message))).collect();
            let name = escape(&node.name).into_owned();
            grid.add_row([name, node.placement.to_owned(), node.state.as_str().to_owned(), pod, reasons.join("; ")]);
        }
        for line in grid.lines() {
            writeln!(out, "{}", line.trim())?;
        }
        for log in report.findings.iter().filter_map(|finding| finding.log.as_ref()) {
            write_log(out, &self.theme, log)?;
        }
        writeln!(out)
    }

    fn end(&mut self, out: &mut dyn Write, tail: &Tail<'_>) -> io::Result<()> {
        write_closing(out, &self.theme, self.source.as_ref(), tail)
    }
}
