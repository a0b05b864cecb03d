//! Roles and bindings.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::model::Symbol;
use crate::model::nullable::Nullable;
use crate::model::rbac::{Binding, PolicyRule, Role, RoleKind, RoleSubject, SubjectKind};
use crate::model::wire::meta::Meta;

/// What the API server puts on the roles that it makes
/// (plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go v1.36).
const BOOTSTRAPPING: &str = "kubernetes.io/bootstrapping";

/// A Role or ClusterRole.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WireRole {
    pub metadata: Meta,
    rules: Nullable<Vec<WireRule>>,
    aggregation_rule: Option<IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireRule {
    verbs: Nullable<Vec<String>>,
    api_groups: Nullable<Vec<String>>,
    resources: Nullable<Vec<String>>,
    resource_names: Nullable<Vec<String>>,
    #[serde(rename = "nonResourceURLs")]
    non_resource_urls: Nullable<Vec<String>>,
}

impl From<WireRole> for Role {
    fn from(wire: WireRole) -> Self {
        let rule = |rule: WireRule| PolicyRule {
            verbs: rule.verbs.0,
            groups: rule.api_groups.0,
            resources: rule.resources.0,
            names: rule.resource_names.0,
            urls: rule.non_resource_urls.0,
        };
        Role {
            namespace: Some(wire.metadata.namespace.0).filter(|namespace| !namespace.as_str().is_empty()),
            name: wire.metadata.symbol(),
            rules: wire.rules.0.into_iter().map(rule).collect(),
            is_aggregated: wire.aggregation_rule.is_some(),
            is_built_in: wire.metadata.labels.0.iter().any(|(key, _)| key.as_str() == BOOTSTRAPPING),
        }
    }
}

/// A RoleBinding or ClusterRoleBinding.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WireBinding {
    pub metadata: Meta,
    role_ref: Nullable<WireReference>,
    subjects: Nullable<Vec<WireReference>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireReference {
    kind: Nullable<String>,
    namespace: Nullable<Symbol>,
    name: Nullable<Symbol>,
}

impl WireBinding {
    /// The binding, if its role is of a kind that is known.
    pub fn narrow(self) -> Option<Binding> {
        let given = |namespace: Symbol| Some(namespace).filter(|namespace| !namespace.as_str().is_empty());
        let role = self.role_ref.0;
        let role_kind = match role.kind.as_str() {
            "Role" => RoleKind::Role,
            "ClusterRole" => RoleKind::ClusterRole,
            _ => return None,
        };
        let subject = |subject: WireReference| RoleSubject {
            kind: match subject.kind.as_str() {
                "User" => SubjectKind::User,
                "Group" => SubjectKind::Group,
                "ServiceAccount" => SubjectKind::ServiceAccount,
                _ => SubjectKind::Other,
            },
            namespace: given(subject.namespace.0),
            name: subject.name.0,
        };
        Some(Binding {
            namespace: given(self.metadata.namespace.0),
            name: self.metadata.symbol(),
            role_kind,
            role: role.name.0,
            subjects: self.subjects.0.into_iter().map(subject).collect(),
        })
    }
}
