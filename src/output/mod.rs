//! Renderers, one file a format. They print what is complete already and compute nothing.

pub mod deploy;
pub mod escape;
