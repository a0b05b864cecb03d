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

use document::Renderer;
pub use document::{CHECKSUM, IDENTITY, Registry, Rendered, SEALED, SecretValue, annotate, render};
pub use strategy::is_zero;
