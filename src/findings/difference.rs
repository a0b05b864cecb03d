//! A field that bears on placement in which a pod differs from its template.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::PodSpec;

/// One field that bears on placement and differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// The field, as in a pod's spec.
    pub field: &'static str,
    /// What the template was expected to become; empty for nothing.
    pub expected: String,
    /// What the pod has; empty for nothing.
    pub actual: String,
}

/// Whether the spec is a real pod's: the controller gives every pod tolerations, and who wrote a pod down by hand left
/// them out with the rest.
pub(crate) fn is_whole(spec: &PodSpec) -> bool {
    !spec.tolerations.is_empty()
}
