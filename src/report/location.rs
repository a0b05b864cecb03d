//! Where in a document the field stands that causes a finding.

use schemars::JsonSchema;
use serde::Serialize;

/// A field of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    /// The file, or `-`.
    pub file: String,
    /// The line, from 1; if the field does not exist, that of the object that would hold the field.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// How many characters of the line it covers.
    pub length: u32,
    /// The field of the `apps/v1` DaemonSet.
    pub field: String,
}
