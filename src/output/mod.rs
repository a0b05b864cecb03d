//! Renderers, one file a format. They print what is complete already and compute nothing.

pub mod deploy;
mod json;
pub mod lint;
pub mod look;
mod name;
mod table;
mod text;
mod wide;
mod yaml;

use std::io::{self, Write};

use crate::doctor::report::{DaemonSetReport, NodeChanges, NotLookedAt, Source, Summary};
pub use look::{Look, Styles};

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// By cause, for people.
    #[default]
    Table,
    /// By node, for people.
    Wide,
    /// The whole report as JSON.
    Json,
    /// The whole report as YAML.
    Yaml,
    /// `node/NAME` of each node that lacks a wanted pod.
    Name,
}

/// What stands at the end of a report.
#[derive(Debug)]
pub struct Tail<'a> {
    /// What was not looked at.
    pub not_looked_at: &'a [NotLookedAt],
    /// What the reader of the input should know of it.
    pub notices: &'a [String],
    /// Nodes that came and went lately.
    pub changes: Option<&'a NodeChanges>,
    /// The counts.
    pub summary: &'a Summary,
}

/// Writes a report: its source, then one DaemonSet after the other, then the rest.
pub trait Renderer {
    /// What was looked at.
    fn begin(&mut self, out: &mut dyn Write, source: &Source) -> io::Result<()>;
    /// One DaemonSet, complete.
    fn daemon_set(&mut self, out: &mut dyn Write, report: &DaemonSetReport) -> io::Result<()>;
    /// The rest.
    fn end(&mut self, out: &mut dyn Write, tail: &Tail<'_>) -> io::Result<()>;
}

/// The renderer of a format.
pub fn renderer(format: Format, look: Look) -> Box<dyn Renderer> {
    match format {
        Format::Table => Box::new(table::Table::new(look)),
        Format::Wide => Box::new(wide::Wide::new(look)),
        Format::Json => Box::<json::Json>::default(),
        Format::Yaml => Box::<yaml::Yaml>::default(),
        Format::Name => Box::<name::Name>::default(),
    }
}
