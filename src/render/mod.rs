//! Renderers, one file a format. They print what is complete already and compute nothing.

mod closing;
pub mod deploy;
mod finding;
pub mod grid;
mod json;
pub mod lint;
mod name;
mod node_view;
pub mod problem;
mod renderer;
mod shared_cause;
mod status_line;
mod table;
pub mod text;
pub mod theme;
pub mod unified;
mod wide;
mod yaml;

pub use crate::render::renderer::{Renderer, Tail};
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
