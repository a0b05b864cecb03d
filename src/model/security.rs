//! What Pod Security looks at in a pod, in the API's own shape.

use serde::Deserialize;

use crate::model::nullable::Nullable;

/// A pod's spec as Pod Security reads it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodSecurity {
    /// The node's network.
    pub host_network: Option<bool>,
    /// The node's processes.
    #[serde(rename = "hostPID")]
    pub host_pid: Option<bool>,
    /// The node's shared memory.
    #[serde(rename = "hostIPC")]
    pub host_ipc: Option<bool>,
    /// `false` for a user namespace of the pod's own.
    pub host_users: Option<bool>,
    /// The operating system.
    pub os: Option<Os>,
    /// What holds for all containers.
    pub security_context: Option<SecurityContext>,
    /// Volumes by name and kind.
    pub volumes: Nullable<Vec<VolumeKind>>,
    /// Containers.
    pub containers: Nullable<Vec<ContainerSecurity>>,
    /// Init containers.
    pub init_containers: Nullable<Vec<ContainerSecurity>>,
    /// AppArmor profiles from annotations: container and profile. Filled from the metadata.
    #[serde(skip)]
    pub apparmor_annotations: Vec<(String, String)>,
    /// Seccomp profiles from annotations: container (the pod where there is none) and profile. Filled from the metadata.
    #[serde(skip)]
    pub seccomp_annotations: Vec<(Option<String>, String)>,
}

/// An operating system by name.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Os {
    /// `linux` or `windows`.
    pub name: String,
}

/// One container.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerSecurity {
    /// Its name.
    pub name: String,
    /// What holds for it alone.
    pub security_context: Option<SecurityContext>,
    /// Its ports.
    pub ports: Nullable<Vec<HostPort>>,
    /// Probes and hooks, which may name another host.
    pub liveness_probe: Option<Handler>,
    /// See above.
    pub readiness_probe: Option<Handler>,
    /// See above.
    pub startup_probe: Option<Handler>,
    /// See above.
    pub lifecycle: Option<Lifecycle>,
}

/// The port on the node, if any.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HostPort {
    /// 0 or absent for none.
    pub host_port: Option<i64>,
    /// The port in the container.
    pub container_port: i64,
}

/// What a probe or hook does.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Handler {
    /// An HTTP request.
    pub http_get: Option<Target>,
    /// A TCP connection.
    pub tcp_socket: Option<Target>,
}

/// Where a probe or hook connects to.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Target {
    /// The host; empty for the pod itself.
    pub host: Option<String>,
}

/// Hooks.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Lifecycle {
    /// After start.
    pub post_start: Option<Handler>,
    /// Before stop.
    pub pre_stop: Option<Handler>,
}

/// A security context, of a pod or of a container.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SecurityContext {
    /// Everything the node may do.
    pub privileged: Option<bool>,
    /// Whether a process may gain more rights than its parent.
    pub allow_privilege_escalation: Option<bool>,
    /// Capabilities added and dropped.
    pub capabilities: Option<Capabilities>,
    /// Refuse to run as root.
    pub run_as_non_root: Option<bool>,
    /// The user.
    pub run_as_user: Option<i64>,
    /// Whether the container's own file system is read-only; of a container only.
    pub read_only_root_filesystem: Option<bool>,
    /// The group that owns volumes; of a pod only.
    pub fs_group: Option<i64>,
    /// Further groups; of a pod only.
    pub supplemental_groups: Nullable<Vec<i64>>,
    /// System call filter.
    pub seccomp_profile: Option<Profile>,
    /// AppArmor.
    pub app_armor_profile: Option<Profile>,
    /// SELinux.
    pub se_linux_options: Option<SeLinux>,
    /// How `/proc` is shown.
    pub proc_mount: Option<String>,
    /// Kernel settings; of a pod only.
    pub sysctls: Nullable<Vec<Sysctl>>,
    /// Windows.
    pub windows_options: Option<WindowsOptions>,
    /// Whether the image's groups count too (`Merge`) or not (`Strict`); of a pod only.
    pub supplemental_groups_policy: Option<String>,
}

/// Capabilities.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Capabilities {
    /// Added.
    pub add: Nullable<Vec<String>>,
    /// Dropped.
    pub drop: Nullable<Vec<String>>,
}

/// A profile by type.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// `RuntimeDefault`, `Localhost` or `Unconfined`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The name of a `Localhost` profile.
    #[serde(rename = "localhostProfile")]
    pub localhost_profile: Nullable<String>,
}

/// SELinux labels.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct SeLinux {
    /// Type.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// User.
    pub user: Option<String>,
    /// Role.
    pub role: Option<String>,
}

/// One kernel setting.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Sysctl {
    /// Its name.
    pub name: String,
}

/// Windows options.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WindowsOptions {
    /// A process of the host.
    pub host_process: Option<bool>,
}

/// A volume's name and the kind of its source.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VolumeKind {
    /// Its name.
    pub name: String,
    /// The source's field name (`hostPath`, `configMap` ...); an omitted source is an `emptyDir`.
    pub kind: String,
}

impl<'de> Deserialize<'de> for VolumeKind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> serde::de::Visitor<'de> for Reader {
            type Value = VolumeKind;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a volume")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<VolumeKind, A::Error> {
                let mut volume = VolumeKind { kind: "emptyDir".into(), ..Default::default() };
                while let Some(key) = map.next_key::<String>()? {
                    if key == "name" {
                        volume.name = map.next_value()?;
                    } else if map.next_value::<Option<serde::de::IgnoredAny>>()?.is_some() {
                        volume.kind = key;
                    }
                }
                Ok(volume)
            }
        }
        deserializer.deserialize_map(Reader)
    }
}
