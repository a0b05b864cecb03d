//! A spec as the objects that it means.
//!
//! Everything that is rendered keeps the place of what it was rendered from, so that the checks of the finished
//! DaemonSet can point into the spec.

mod build;
mod container;
mod document;
mod env;
mod immutable;
mod objects;
mod patch;
mod pod;
mod rendered;
mod renderer;
mod strategy;
mod volumes;

pub use crate::manifest::render::build::is_zero;
pub use crate::manifest::render::document::render;
pub use crate::manifest::render::immutable::{
    BASE_NAME, contents_hash, hashed_name, make_immutable, rename, unsettled_name, without_hash,
};
pub use crate::manifest::render::patch::apply as apply_patch;
pub use crate::manifest::render::rendered::{
    CHECKSUM, IDENTITY, MANAGED_BY, Registry, Rendered, SEALED, SecretValue, annotate,
};
use crate::manifest::render::renderer::Renderer;
