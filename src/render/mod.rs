//! Renderers, one file a format. They print what is complete already and compute nothing.

mod closing;
pub mod deploy;
mod finding;
pub mod grid;
mod html;
mod json;
mod junit;
pub mod lint;
mod markdown;
mod name;
mod node_view;
pub mod problem;
mod renderer;
mod sarif;
mod shared_cause;
mod status_line;
mod table;
pub mod text;
pub mod theme;
pub mod unified;
mod wide;
mod yaml;

pub use crate::render::renderer::{Gate, Renderer, Tail};
pub use crate::render::theme::{Styles, Theme};

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// Findings by cause, for people.
    #[default]
    Table,
    /// One line per node, for people.
    Wide,
    /// The whole report as JSON.
    Json,
    /// The whole report as YAML.
    Yaml,
    /// `node/NAME` of each node that lacks a healthy pod.
    Name,
    /// The findings in Markdown, for an issue, a pull request or a chat.
    Markdown,
    /// JUnit XML: a test case per DaemonSet and cause, for a CI system.
    Junit,
    /// One page for a browser: the findings, and every node of every DaemonSet.
    Html,
    /// SARIF 2.1.0, for code scanning: with -f each finding is at the field that causes it.
    Sarif,
}

impl Format {
    /// Whether nodes are listed one by one.
    pub fn lists_nodes(self) -> bool {
        // Causes are told, not nodes.
        !matches!(self, Format::Table | Format::Markdown | Format::Junit | Format::Sarif)
    }

    /// Whether every node is a part of it, healthy ones as well, however many there are.
    pub fn has_all_nodes(self) -> bool {
        self == Format::Html
    }

    /// Whether a person reads it in a terminal.
    pub fn is_for_people(self) -> bool {
        matches!(self, Format::Table | Format::Wide)
    }
}

/// The renderer of a format.
pub fn renderer(format: Format, theme: Theme, gate: Gate) -> Box<dyn Renderer> {
    match format {
        Format::Table => Box::new(table::Table::new(theme)),
        Format::Wide => Box::new(wide::Wide::new(theme)),
        Format::Json => Box::<json::Json>::default(),
        Format::Yaml => Box::<yaml::Yaml>::default(),
        Format::Name => Box::<name::Name>::default(),
        Format::Markdown => Box::<markdown::Markdown>::default(),
        Format::Junit => Box::new(junit::Junit::new(gate)),
        Format::Html => Box::<html::Html>::default(),
        Format::Sarif => Box::<sarif::Sarif>::default(),
    }
}
