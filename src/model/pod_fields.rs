//! The fields of a pod's spec that decide what a running container may do and finds, in the API's own shape.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::model::nullable::Nullable;
use crate::model::security::SecurityContext;

/// A pod's spec.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodFields {
    /// Whether the pod uses the node's network.
    pub host_network: Nullable<bool>,
    /// `ClusterFirst` where none is given.
    pub dns_policy: Option<String>,
    /// Whether the token of the ServiceAccount is mounted; the ServiceAccount says where this is absent.
    pub automount_service_account_token: Option<bool>,
    /// What holds for all containers.
    pub security_context: Nullable<SecurityContext>,
    /// Containers.
    pub containers: Nullable<Vec<ContainerFields>>,
    /// Init containers.
    pub init_containers: Nullable<Vec<ContainerFields>>,
    /// Volumes.
    pub volumes: Nullable<Vec<VolumeFields>>,
    /// Secrets with which images are pulled.
    pub image_pull_secrets: Nullable<Vec<SecretName>>,
    /// `false` for a user namespace of the pod's own.
    pub host_users: Option<bool>,
}

impl PodFields {
    /// Reads a spec as it is written. `None` if its fields have wrong types.
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// A container or init container by name.
    pub fn container(&self, name: &str) -> Option<&ContainerFields> {
        self.containers.iter().chain(self.init_containers.iter()).find(|container| container.name == name)
    }

    /// A volume by name.
    pub fn volume(&self, name: &str) -> Option<&VolumeFields> {
        self.volumes.iter().find(|volume| volume.name == name)
    }
}

/// One container.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerFields {
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: Nullable<String>,
    /// The program. Words may be secret: only the names of flags are looked at.
    pub command: Nullable<Vec<String>>,
    /// The program's arguments, of which the same is true.
    pub args: Nullable<Vec<String>>,
    /// What holds for it alone.
    pub security_context: Nullable<SecurityContext>,
    /// Environment variables. Their values may be secret and are not read.
    pub env: Nullable<Vec<EnvFields>>,
    /// Objects of which every key becomes a variable.
    pub env_from: Nullable<Vec<EnvFromFields>>,
    /// Its ports.
    pub ports: Nullable<Vec<PortFields>>,
    /// What it may take.
    pub resources: Nullable<ResourceFields>,
    /// Where volumes are mounted.
    pub volume_mounts: Nullable<Vec<MountFields>>,
}

/// What a container may take.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ResourceFields {
    /// Limits by resource, as they are written.
    pub limits: Nullable<BTreeMap<String, serde_json::Value>>,
}

/// An environment variable.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvFields {
    /// Its name.
    pub name: String,
    /// Where its value comes from, if it is not written here.
    pub value_from: Nullable<EnvSource>,
}

/// Where the value of a variable comes from.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvSource {
    /// A key of a ConfigMap.
    pub config_map_key_ref: Option<KeyRef>,
    /// A key of a Secret.
    pub secret_key_ref: Option<KeyRef>,
}

/// A key of an object.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KeyRef {
    /// The object.
    pub name: String,
    /// The key.
    pub key: String,
    /// Whether the container starts without it.
    pub optional: Nullable<bool>,
}

/// An object of which every key becomes a variable.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvFromFields {
    /// What the names of variables begin with.
    pub prefix: Nullable<String>,
    /// A ConfigMap.
    pub config_map_ref: Option<ObjectRef>,
    /// A Secret.
    pub secret_ref: Option<ObjectRef>,
}

/// An object by name.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectRef {
    /// Its name.
    pub name: String,
    /// Whether the container starts without it.
    pub optional: Nullable<bool>,
}

/// A port of a container.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PortFields {
    /// The port in the container.
    pub container_port: Nullable<u16>,
}

/// Where a volume is mounted.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MountFields {
    /// The volume.
    pub name: String,
    /// The path in the container.
    pub mount_path: String,
    /// Whether the container cannot write there.
    pub read_only: Nullable<bool>,
    /// The path in the volume.
    pub sub_path: Nullable<String>,
    /// `Enabled` where the mounts below must be read-only as well.
    pub recursive_read_only: Option<String>,
}

/// A volume: its source is the one field that is given; where none is, the volume is an `emptyDir`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeFields {
    /// Its name.
    pub name: String,
    /// A path of the node.
    pub host_path: Option<HostPathFields>,
    /// A directory that lives as long as the pod.
    pub empty_dir: Option<EmptyDirFields>,
    /// A ConfigMap.
    pub config_map: Option<KeysFields>,
    /// A Secret.
    pub secret: Option<KeysFields>,
    /// Several ConfigMaps, Secrets and tokens in one directory.
    pub projected: Option<ProjectedFields>,
    /// Fields of the pod.
    #[serde(rename = "downwardAPI")]
    pub downward_api: Option<serde::de::IgnoredAny>,
    /// A claim.
    pub persistent_volume_claim: Option<ClaimFields>,
    /// A volume that a CSI driver makes for the pod.
    pub csi: Option<CsiFields>,
}

/// A volume that a CSI driver makes for the pod.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CsiFields {
    /// The driver.
    pub driver: String,
    /// The Secret that the kubelet gives the driver.
    pub node_publish_secret_ref: Option<SecretName>,
}

/// A Secret of the pod's namespace.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct SecretName {
    /// Its name.
    pub name: Nullable<String>,
}

/// A path of the node.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct HostPathFields {
    /// The path.
    pub path: String,
    /// What must be there; empty where nothing is checked.
    #[serde(rename = "type")]
    pub kind: Nullable<String>,
}

/// A directory that lives as long as the pod.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EmptyDirFields {
    /// `Memory` for a tmpfs.
    pub medium: Nullable<String>,
    /// The most it may hold, as it is written.
    pub size_limit: Option<serde_json::Value>,
}

/// The keys of a ConfigMap or Secret as files.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KeysFields {
    /// The ConfigMap; in `projected` the Secret as well.
    pub name: Nullable<String>,
    /// The Secret.
    pub secret_name: Nullable<String>,
    /// The keys that become files; all of them where none is given.
    pub items: Nullable<Vec<ItemFields>>,
    /// Whether the pod starts without it.
    pub optional: Nullable<bool>,
    /// The mode of its files; 0644 where none is given.
    pub default_mode: Option<u32>,
}

impl KeysFields {
    /// Whether its files can be executed, as far as `defaultMode` says.
    pub fn is_executable(&self) -> bool {
        self.default_mode.is_some_and(|mode| mode & 0o111 != 0)
    }

    /// The object's name.
    pub fn object(&self) -> &str {
        if self.secret_name.is_empty() { &self.name } else { &self.secret_name }
    }

    /// The key that becomes the file at a path of the volume. `None` if `items` are given and none has that path.
    pub fn key_at<'a>(&'a self, path: &'a str) -> Option<&'a str> {
        match self.items.is_empty() {
            true => Some(path),
            false => self.items.iter().find(|item| item.path == path).map(|item| item.key.as_str()),
        }
    }
}

/// A key and the file that it becomes.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ItemFields {
    /// The key.
    pub key: String,
    /// The path of the file in the volume.
    pub path: String,
}

/// Several objects in one directory.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ProjectedFields {
    /// The objects.
    pub sources: Nullable<Vec<SourceFields>>,
}

/// One of them.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SourceFields {
    /// A ConfigMap.
    pub config_map: Option<KeysFields>,
    /// A Secret.
    pub secret: Option<KeysFields>,
}

/// A claim.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimFields {
    /// Its name.
    pub claim_name: Nullable<String>,
    /// Whether all mounts of it are read-only.
    pub read_only: Nullable<bool>,
}
