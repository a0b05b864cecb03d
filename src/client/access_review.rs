//! Asking the server whether the user may do something (`kubectl auth can-i`).

use serde_json::{Value as Json, json};

use crate::client::api_path::ApiPath;

/// Something that one may or may not do.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Right {
    /// `get`, `patch`, `create` ...
    pub verb: &'static str,
    /// The API group, empty for the core group.
    pub group: &'static str,
    /// The resource, as in RBAC rules.
    pub resource: &'static str,
    /// In which namespace; empty for cluster-scoped ones.
    pub namespace: String,
    /// On which object; empty for all.
    pub name: String,
}

impl std::fmt::Display for Right {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Right { verb, group, resource, namespace, .. } = self;
        let dot = if group.is_empty() { "" } else { "." };
        write!(f, "{verb} {resource}{dot}{group}")?;
        match namespace.as_str() {
            "" => Ok(()),
            namespace => write!(f, " in {namespace}"),
        }
    }
}

impl Right {
    /// The review that asks the server for this permission.
    pub(crate) fn review(&self) -> Json {
        let Right { verb, group, resource, namespace, name } = self;
        json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {
                "verb": verb, "group": group, "resource": resource, "namespace": namespace, "name": name}},
        })
    }
}

/// Where reviews are posted.
pub(crate) fn path() -> ApiPath {
    ApiPath::of_group("authorization.k8s.io").segment("selfsubjectaccessreviews")
}

/// The server's answer; `None` if it gives none.
pub(crate) fn is_allowed(review: &Json) -> Option<bool> {
    review.pointer("/status/allowed").and_then(Json::as_bool)
}
