//! Which objects a list holds.

use crate::client::api_path::{ApiPath, namespace_name};
use crate::error::Result;
use crate::model::wire::Kind;

/// Which objects are wanted.
#[derive(Debug, Clone)]
pub struct Query {
    /// Their kind.
    pub kind: Kind,
    /// The namespace; `None` means all namespaces.
    pub namespace: Option<String>,
    /// Which labels they have, in the API's selector language.
    pub labels: Option<String>,
    /// Which fields they have, in the API's selector language.
    pub fields: Option<String>,
}

impl Query {
    /// All objects of a kind.
    pub fn all(kind: Kind) -> Self {
        Query { kind, namespace: None, labels: None, fields: None }
    }

    /// Whether the list is as long as the cluster is large.
    pub(crate) fn is_long(&self) -> bool {
        let of_all = self.namespace.is_none() && self.labels.is_none() && self.fields.is_none();
        of_all
            && matches!(
                self.kind,
                Kind::Node | Kind::Pod | Kind::ReplicaSet | Kind::EndpointSlice | Kind::ResourceSlice
            )
    }

    /// Those of one namespace.
    #[must_use]
    pub fn in_namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// Those whose labels match.
    #[must_use]
    pub fn with_labels(mut self, selector: impl Into<String>) -> Self {
        self.labels = Some(selector.into());
        self
    }

    /// Those whose fields match.
    #[must_use]
    pub fn with_fields(mut self, selector: impl Into<String>) -> Self {
        self.fields = Some(selector.into());
        self
    }
}

/// The path of a kind's list.
pub(crate) fn path(kind: Kind, namespace: Option<&str>) -> Result<ApiPath> {
    let api = ApiPath::of_group(kind.group());
    Ok(match namespace {
        Some(namespace) => api.in_namespace(namespace_name(namespace)?).segment(kind.resource()),
        None => api.segment(kind.resource()),
    })
}
