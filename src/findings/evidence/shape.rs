//! The schema of one type of evidence.

use schemars::{Schema, SchemaGenerator};

/// Makes the schema of one type of evidence.
pub(crate) type Shape = fn(&mut SchemaGenerator) -> Schema;
