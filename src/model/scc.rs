//! SecurityContextConstraints of OpenShift (`security.openshift.io/v1`).

use crate::model::Symbol;

/// A SecurityContextConstraints object.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SecurityContextConstraints {
    /// Its name.
    pub name: Symbol,
    /// Users that may use it without RBAC.
    pub users: Vec<String>,
    /// Groups that may use it without RBAC.
    pub groups: Vec<String>,
    /// `allowHostNetwork`.
    pub host_network: bool,
    /// `allowHostPID`.
    pub host_pid: bool,
    /// `allowHostIPC`.
    pub host_ipc: bool,
    /// `allowHostPorts`.
    pub host_ports: bool,
    /// `allowPrivilegedContainer`.
    pub privileged: bool,
    /// `allowPrivilegeEscalation`; true where nothing is said.
    pub privilege_escalation: bool,
    /// `readOnlyRootFilesystem`: containers must have one.
    pub read_only_root: bool,
    /// Kinds of volumes; `*` stands for all.
    pub volumes: Vec<String>,
    /// `allowedCapabilities` and `defaultAddCapabilities`; `*` stands for all.
    pub capabilities: Vec<String>,
    /// Seccomp profiles; `*` stands for all.
    pub seccomp: Vec<String>,
    /// `allowedUnsafeSysctls`; a trailing `*` stands for any rest.
    pub unsafe_sysctls: Vec<String>,
    /// `forbiddenSysctls`; a trailing `*` stands for any rest.
    pub forbidden_sysctls: Vec<String>,
    /// `runAsUser`.
    pub user: UserRule,
    /// Whether any SELinux label is allowed (`RunAsAny`).
    pub any_se_linux: bool,
    /// `fsGroup`.
    pub fs_group: GroupRule,
    /// `supplementalGroups`.
    pub groups_rule: GroupRule,
    /// Whether pods must have a user namespace of their own (`userNamespaceLevel: RequirePodLevel`).
    pub user_namespace: bool,
}

/// Which users containers may run as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum UserRule {
    /// Any.
    Any,
    /// One.
    One(i64),
    /// Any but root.
    NonRoot,
    /// Those of a range; of the namespace's where none is given.
    Range(Option<(i64, i64)>),
    /// A strategy that is not known.
    #[default]
    Unknown,
}

/// Which groups pods may have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum GroupRule {
    /// Any.
    Any,
    /// Those of the ranges; of the namespace's where none is given.
    Ranges(Vec<(i64, i64)>),
    /// A strategy that is not known.
    #[default]
    Unknown,
}
