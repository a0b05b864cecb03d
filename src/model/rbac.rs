//! Roles and the bindings that grant them (`rbac.authorization.k8s.io/v1`).

use crate::model::Symbol;

/// Whether a role or a binding holds for one namespace or for the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RoleKind {
    /// `Role`, in a namespace.
    Role,
    /// `ClusterRole`.
    ClusterRole,
}

impl RoleKind {
    /// The kind's name.
    pub fn as_str(self) -> &'static str {
        match self {
            RoleKind::Role => "Role",
            RoleKind::ClusterRole => "ClusterRole",
        }
    }
}

/// A Role or a ClusterRole.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Role {
    /// The namespace of a Role; `None` for a ClusterRole.
    pub namespace: Option<Symbol>,
    /// Its name.
    pub name: Symbol,
    /// What it grants. Those of an aggregated ClusterRole are filled in by its controller.
    pub rules: Vec<PolicyRule>,
    /// Whether a controller overwrites the rules with those of other ClusterRoles (`aggregationRule`).
    pub is_aggregated: bool,
    /// Whether the API server made it and reconciles it (label `kubernetes.io/bootstrapping`).
    pub is_built_in: bool,
}

/// A rule of a role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyRule {
    /// Verbs; `*` stands for all.
    pub verbs: Vec<String>,
    /// API groups; `*` stands for all.
    pub groups: Vec<String>,
    /// Resources: `pods`, `pods/log`, `*/scale`; `*` stands for all.
    pub resources: Vec<String>,
    /// Names of the only objects that the rule is about; empty for all.
    pub names: Vec<String>,
    /// Paths that are no resources: `/metrics`, `/healthz/*`.
    pub urls: Vec<String>,
}

/// A RoleBinding or a ClusterRoleBinding.
#[derive(Debug, Clone, PartialEq)]
pub struct Binding {
    /// The namespace of a RoleBinding, in which alone it grants; `None` for a ClusterRoleBinding.
    pub namespace: Option<Symbol>,
    /// Its name.
    pub name: Symbol,
    /// The kind of the role that it grants.
    pub role_kind: RoleKind,
    /// The name of that role. A Role is one of the binding's namespace.
    pub role: Symbol,
    /// To whom.
    pub subjects: Vec<RoleSubject>,
}

/// To whom a binding grants its role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleSubject {
    /// What it is.
    pub kind: SubjectKind,
    /// The namespace of a ServiceAccount; a RoleBinding may leave its own out.
    pub namespace: Option<Symbol>,
    /// The name.
    pub name: Symbol,
}

/// What a subject is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectKind {
    /// A user by name.
    User,
    /// A group by name.
    Group,
    /// A ServiceAccount.
    ServiceAccount,
    /// A kind that matches nobody.
    Other,
}
