//! What every format implements, and what stands at the end of a report.

use std::io::{self, Write};

use crate::report::{DaemonSetReport, NodeChanges, NodeFacts, NodeIdentity, NotChecked, Severity, Source, Summary};

/// What stands at the end of a report.
#[derive(Debug)]
pub struct Tail<'a> {
    /// What was not looked at.
    pub not_checked: &'a [NotChecked],
    /// What the reader of the input should know of it.
    pub notices: &'a [String],
    /// Nodes that came and went lately.
    pub changes: Option<&'a NodeChanges>,
    /// The only node that was asked about.
    pub node: Option<&'a str>,
    /// The counts.
    pub summary: &'a Summary,
}

/// What makes the command fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gate {
    /// Findings of at least this severity.
    pub least: Severity,
    /// Nodes that are unknown.
    pub unknown: bool,
}

impl Default for Gate {
    fn default() -> Self {
        Gate { least: Severity::Error, unknown: false }
    }
}

/// Writes a report: its source, then one DaemonSet after the other, then the rest.
pub trait Renderer {
    /// What was looked at.
    fn begin(&mut self, out: &mut dyn Write, source: &Source) -> io::Result<()>;
    /// The nodes that were asked about, by name, for formats that have [`Format::has_all_nodes`].
    ///
    /// [`Format::has_all_nodes`]: crate::render::Format::has_all_nodes
    fn nodes(&mut self, _: &mut dyn Write, _: &[NodeIdentity]) -> io::Result<()> {
        Ok(())
    }
    /// The only node that was asked about, if one was: formats for people begin with it.
    fn node(&mut self, _: &mut dyn Write, _: &NodeFacts) -> io::Result<()> {
        Ok(())
    }
    /// One DaemonSet, complete.
    fn daemon_set(&mut self, out: &mut dyn Write, report: &DaemonSetReport) -> io::Result<()>;
    /// The rest.
    fn end(&mut self, out: &mut dyn Write, tail: &Tail<'_>) -> io::Result<()>;
}
