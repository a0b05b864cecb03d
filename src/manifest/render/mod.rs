//! A spec as the objects that it means.
//!
//! Everything that is rendered keeps the place of what it was rendered from, so that the checks of the finished
//! DaemonSet can point into the spec.

mod build;
mod container;
mod document;
mod env;
mod objects;
mod patch;
mod pod;
mod rendered;
mod renderer;
mod strategy;
mod volumes;

pub use crate::manifest::render::build::is_zero;
pub use crate::manifest::render::document::render;
pub use crate::manifest::render::patch::apply as apply_patch;
pub use crate::manifest::render::rendered::{CHECKSUM, IDENTITY, Registry, Rendered, SEALED, SecretValue, annotate};
use crate::manifest::render::renderer::Renderer;
