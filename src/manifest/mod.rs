//! The `KubernetesDaemonSet` document: its fields, reading with positions, rendering to objects, checks.
//!
//! [`load`] reads a text of one or more documents. A spec is rendered to the `apps/v1` DaemonSet that it means, whose
//! every value still knows its place in the file, so that one set of checks serves specs and plain manifests.

mod amend;
mod check;
mod field_path;
pub mod fields;
mod image_name;
mod import;
mod input;
pub mod lint;
mod load;
mod origin;
mod patched;
mod problem;
mod pull_config;
mod read;
mod reference;
mod render;
mod requirement;
mod schema;
pub mod starter;
pub mod strategic;
mod template;
mod text;

pub(crate) use crate::manifest::import::LAST_APPLIED;

pub use crate::manifest::amend::amend;
pub use crate::manifest::image_name::broken_image_rule;
pub use crate::manifest::import::{Config, Imported, Options as ImportOptions, References, import};
pub use crate::manifest::input::{Input, Language, Loaded, Object, SecretSource};
pub use crate::manifest::load::{KUSTOMIZATIONS, fragment, load};
pub use crate::manifest::origin::{FieldPath, Origin};
pub use crate::manifest::problem::{Problem, Source, severity_word};
pub use crate::manifest::pull_config::PullConfig;
pub use crate::manifest::reference::reference;
pub use crate::manifest::render::{
    BASE_NAME, CHECKSUM, SEALED, hashed_name, make_immutable, rename, unsettled_name, without_hash,
};
pub use crate::manifest::schema::schema;
pub use crate::manifest::text::fill;
pub use crate::severity::Severity;
