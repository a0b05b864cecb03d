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
mod strategy;
mod volumes;

use crate::manifest::render::document::Renderer;
pub use crate::manifest::render::document::{
    CHECKSUM, IDENTITY, Registry, Rendered, SEALED, SecretValue, annotate, render,
};
pub use crate::manifest::render::strategy::is_zero;
