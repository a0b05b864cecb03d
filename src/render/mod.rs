//! Renderers, one file a format. They print what is complete already and compute nothing.

mod closing;
pub mod deploy;
mod finding;
mod json;
pub mod lint;
mod name;
mod status_line;
mod table;
mod text;
pub mod theme;
mod wide;
mod yaml;

use std::io::{self, Write};

pub use crate::render::theme::{Styles, Theme};
use crate::report::{DaemonSetReport, NodeChanges, NotChecked, Source, Summary};

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
    pub not_checked: &'a [NotChecked],
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
pub fn renderer(format: Format, theme: Theme) -> Box<dyn Renderer> {
    match format {
        Format::Table => Box::new(table::Table::new(theme)),
        Format::Wide => Box::new(wide::Wide::new(theme)),
        Format::Json => Box::<json::Json>::default(),
        Format::Yaml => Box::<yaml::Yaml>::default(),
        Format::Name => Box::<name::Name>::default(),
    }
}
