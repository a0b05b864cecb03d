//! SecurityContextConstraints.

use serde::Deserialize;

use crate::model::Symbol;
use crate::model::nullable::Nullable;
use crate::model::scc::{GroupRule, SecurityContextConstraints, UserRule};
use crate::model::wire::meta::Meta;

/// A SecurityContextConstraints object, whose fields stand beside its metadata.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WireScc {
    pub metadata: Meta,
    users: Nullable<Vec<String>>,
    groups: Nullable<Vec<String>>,
    allow_host_network: Nullable<bool>,
    #[serde(rename = "allowHostPID")]
    allow_host_pid: Nullable<bool>,
    #[serde(rename = "allowHostIPC")]
    allow_host_ipc: Nullable<bool>,
    allow_host_ports: Nullable<bool>,
    allow_privileged_container: Nullable<bool>,
    allow_privilege_escalation: Option<bool>,
    read_only_root_filesystem: Nullable<bool>,
    volumes: Nullable<Vec<String>>,
    allowed_capabilities: Nullable<Vec<String>>,
    default_add_capabilities: Nullable<Vec<String>>,
    seccomp_profiles: Nullable<Vec<String>>,
    allowed_unsafe_sysctls: Nullable<Vec<String>>,
    forbidden_sysctls: Nullable<Vec<String>>,
    run_as_user: Nullable<WireUser>,
    se_linux_context: Nullable<WireStrategy>,
    fs_group: Nullable<WireStrategy>,
    supplemental_groups: Nullable<WireStrategy>,
    user_namespace_level: Nullable<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireUser {
    #[serde(rename = "type")]
    kind: Nullable<String>,
    uid: Option<i64>,
    uid_range_min: Option<i64>,
    uid_range_max: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireStrategy {
    #[serde(rename = "type")]
    kind: Nullable<String>,
    ranges: Nullable<Vec<WireRange>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireRange {
    min: i64,
    max: i64,
}

impl WireUser {
    fn narrow(&self) -> UserRule {
        match (self.kind.as_str(), self.uid) {
            ("RunAsAny", _) => UserRule::Any,
            ("MustRunAs", Some(user)) => UserRule::One(user),
            ("MustRunAsNonRoot", _) => UserRule::NonRoot,
            ("MustRunAsRange", _) => UserRule::Range(self.uid_range_min.zip(self.uid_range_max)),
            _ => UserRule::Unknown,
        }
    }
}

impl WireStrategy {
    fn narrow(&self) -> GroupRule {
        match self.kind.as_str() {
            "RunAsAny" => GroupRule::Any,
            "MustRunAs" => GroupRule::Ranges(self.ranges.iter().map(|range| (range.min, range.max)).collect()),
            _ => GroupRule::Unknown,
        }
    }
}

impl From<WireScc> for SecurityContextConstraints {
    fn from(wire: WireScc) -> Self {
        let mut capabilities = wire.allowed_capabilities.0;
        capabilities.extend(wire.default_add_capabilities.0);
        SecurityContextConstraints {
            name: Symbol::new(wire.metadata.name.as_str()),
            user: wire.run_as_user.narrow(),
            fs_group: wire.fs_group.narrow(),
            groups_rule: wire.supplemental_groups.narrow(),
            any_se_linux: wire.se_linux_context.kind.as_str() == "RunAsAny",
            users: wire.users.0,
            groups: wire.groups.0,
            host_network: wire.allow_host_network.0,
            host_pid: wire.allow_host_pid.0,
            host_ipc: wire.allow_host_ipc.0,
            host_ports: wire.allow_host_ports.0,
            privileged: wire.allow_privileged_container.0,
            privilege_escalation: wire.allow_privilege_escalation.unwrap_or(true),
            read_only_root: wire.read_only_root_filesystem.0,
            volumes: wire.volumes.0,
            capabilities,
            seccomp: wire.seccomp_profiles.0,
            unsafe_sysctls: wire.allowed_unsafe_sysctls.0,
            forbidden_sysctls: wire.forbidden_sysctls.0,
            user_namespace: wire.user_namespace_level.as_str() == "RequirePodLevel",
        }
    }
}
