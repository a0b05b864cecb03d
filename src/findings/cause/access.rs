//! A rule that an account lacks, and which object should grant it.

use schemars::JsonSchema;
use serde::Serialize;

/// A rule that an account lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MissingRule {
    /// The namespace of the account.
    pub account_namespace: String,
    /// The account.
    pub account: String,
    /// The verb.
    pub verb: String,
    /// The resource with its subresource, or a path, which begins with `/`.
    pub resource: String,
    /// The API group; empty for the core group.
    pub group: String,
    /// The namespace of the request; `None` for the scope of the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The name of the object, if the request is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where the grant ends; `None` if the source has no bindings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap: Option<Gap>,
}

/// Why no binding grants the rule to the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Gap {
    /// A role that is bound to the account in the scope of the request lacks the rule.
    RoleLacksRule {
        /// The role.
        role: RbacName,
        /// Whether a controller fills in its rules from other ClusterRoles.
        is_aggregated: bool,
        /// A rule of the role that nearly grants the request.
        #[serde(skip_serializing_if = "Option::is_none")]
        near: Option<NearRule>,
    },
    /// A binding of the account names a role that does not exist.
    RoleDoesNotExist {
        /// The binding; `None` if the source lacks it, and the API server named the role.
        #[serde(skip_serializing_if = "Option::is_none")]
        binding: Option<RbacName>,
        /// The role.
        role: RbacName,
        /// Whether the role is known not to exist, rather than missing in the source.
        is_proven: bool,
    },
    /// A RoleBinding grants the rule in its own namespace, and the request has another scope.
    OtherScope {
        /// The binding.
        binding: RbacName,
        /// Its role.
        role: RbacName,
    },
    /// A binding grants the rule in the scope of the request to another subject.
    OtherSubject {
        /// The binding.
        binding: RbacName,
        /// The subject.
        subject: RbacName,
        /// Whether the source has ServiceAccounts and the subject is not among them.
        is_absent: bool,
    },
    /// No binding applies to the account in the scope of the request.
    NotBound {
        /// A role that has the rule and to which no binding refers.
        #[serde(skip_serializing_if = "Option::is_none")]
        role: Option<RbacName>,
    },
    /// A binding grants the rule now.
    GrantedNow {
        /// The binding.
        binding: RbacName,
    },
}

/// A role, a binding or a subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RbacName {
    /// `Role`, `ClusterRole`, `RoleBinding`, `ClusterRoleBinding`, `ServiceAccount`, `User` or `Group`.
    pub object_kind: &'static str,
    /// The namespace, if the kind has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

/// A rule that nearly grants a request: what it has instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "differs", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum NearRule {
    /// Other objects by name.
    Names {
        /// The names.
        names: Vec<String>,
    },
    /// Other verbs.
    Verbs {
        /// The verbs.
        verbs: Vec<String>,
    },
    /// Another API group.
    Group {
        /// The group; empty for the core group.
        group: String,
    },
    /// The resource without or with another subresource.
    Subresource {
        /// The resource.
        resource: String,
    },
}
