//! The volumeMount that a path of a container is on.

use crate::findings::cause::{CrashField, MountPoint, ObjectKey};
use crate::findings::crash::container::CrashedContainer;
use crate::model::message::log::MountProblem;
use crate::model::pod_fields::{KeysFields, MountFields, VolumeFields};

/// The mount that a path is on, with its volume.
pub struct Mounted<'a> {
    /// The mount.
    pub mount: &'a MountFields,
    /// The volume.
    pub volume: &'a VolumeFields,
    /// The path in the volume; empty for the mount itself.
    pub rest: String,
}

impl Mounted<'_> {
    /// The mount as evidence.
    pub fn point(&self) -> MountPoint {
        MountPoint { volume: self.mount.name.clone(), mount_path: self.mount.mount_path.clone() }
    }

    /// The path on the node, of a hostPath volume.
    pub fn host_path(&self) -> Option<String> {
        Some(joined(&self.volume.host_path.as_ref()?.path, &self.rest))
    }

    /// The field of the volume's source, if volumes of that kind are always mounted read-only (`isReadOnly` of
    /// pkg/volume/configmap, secret, projected and downwardapi: `GetAttributes`, v1.36).
    pub fn read_only_type(&self) -> Option<&'static str> {
        let volume = self.volume;
        if volume.config_map.is_some() {
            Some("configMap")
        } else if volume.secret.is_some() {
            Some("secret")
        } else if volume.projected.is_some() {
            Some("projected")
        } else {
            volume.downward_api.map(|_| "downwardAPI")
        }
    }

    /// The key that the file is, and whether its object is optional. The key is absent where `items` has no such file.
    pub fn key(&self) -> Option<(ObjectKey, bool)> {
        let volume = self.volume;
        let of = |keys: &KeysFields, object_kind: &'static str| {
            let key = keys.key_at(&self.rest).map(str::to_owned);
            (ObjectKey { object_kind, name: keys.object().to_owned(), key }, keys.optional.0)
        };
        if let Some(keys) = &volume.config_map {
            return Some(of(keys, "ConfigMap"));
        }
        if let Some(keys) = &volume.secret {
            return Some(of(keys, "Secret"));
        }
        let sources = &volume.projected.as_ref()?.sources;
        let config_maps = sources.iter().filter_map(|source| Some(of(source.config_map.as_ref()?, "ConfigMap")));
        let secrets = sources.iter().filter_map(|source| Some(of(source.secret.as_ref()?, "Secret")));
        let mut keys = config_maps.chain(secrets).filter(|(key, _)| key.key.is_some());
        // Where several objects could have the file, none is named.
        let first = keys.next()?;
        keys.next().is_none().then_some(first)
    }
}

impl CrashedContainer<'_> {
    /// The mount that the runtime could not make.
    pub fn failed_mount(&self, target: &str, problem: MountProblem) -> Option<CrashField> {
        let mounted =
            self.mounted(target).filter(|mounted| normalized(&mounted.mount.mount_path) == normalized(target))?;
        let mount = mounted.point();
        match problem {
            MountProblem::DirectoryAndFile => Some(CrashField::DirectoryAndFile {
                path: target.to_owned(),
                // The kubelet makes a directory of a subPath that the volume does not have
                // (`doSafeMakeDir`, pkg/volume/util/subpath/subpath_linux.go v1.36).
                key: mounted.key().map(|(key, _)| key).filter(|key| key.key.is_some()),
                host_path: mounted.host_path(),
                mount,
            }),
            MountProblem::ReadOnly => {
                let (parent, _) = target.trim_end_matches('/').rsplit_once('/')?;
                let above = self.mounted(parent);
                let above = above.filter(|above| above.mount.read_only.0 || above.read_only_type().is_some());
                Some(CrashField::MountPointReadOnly { path: target.to_owned(), above: above?.point(), mount })
            }
        }
    }

    /// The mount that is nearest above a path.
    pub fn mounted(&self, path: &str) -> Option<Mounted<'_>> {
        let path = normalized(path);
        let above = self.container.volume_mounts.iter().filter_map(|mount| {
            let at = normalized(&mount.mount_path);
            Some((at.len(), mount, below(&at, &path)?.to_owned()))
        });
        let (_, mount, rest) = above.max_by_key(|(length, ..)| *length)?;
        let volume = self.fields.volume(&mount.name)?;
        Some(Mounted { mount, volume, rest: joined(&mount.sub_path, &rest) })
    }
}

/// The path below a directory; empty for the directory itself, `None` for a path elsewhere.
pub fn below<'p>(directory: &str, path: &'p str) -> Option<&'p str> {
    if directory == "/" {
        return path.strip_prefix('/');
    }
    let rest = path.strip_prefix(directory)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

/// A path without repeated and final slashes, `.` and `..`. `/var/run` is `/run` in nearly every image, and so it is
/// compared.
pub fn normalized(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    if parts.first() == Some(&"var") && parts.get(1) == Some(&"run") {
        parts.remove(0);
    }
    format!("/{}", parts.join("/"))
}

/// Two parts of a path in one.
pub fn joined(above: &str, below: &str) -> String {
    match (above.trim_end_matches('/'), below.trim_start_matches('/')) {
        (above, "") => above.to_owned(),
        ("", below) if above.is_empty() => below.to_owned(),
        (above, below) => format!("{above}/{below}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_above_a_path_by_whole_names() {
        assert_eq!(below("/etc/agent", "/etc/agent-state"), None);
        assert_eq!(below("/etc/agent", "/etc/agent/a/b"), Some("a/b"));
        assert_eq!(below("/etc/agent", "/etc/agent"), Some(""));
        assert_eq!(below("/", "/etc"), Some("etc"));
        assert_eq!(normalized("//var/log/../lib//x/"), "/var/lib/x");
        assert_eq!(normalized("/var/run/x.sock"), "/run/x.sock");
        assert_eq!(joined("/a/", "b"), "/a/b");
        assert_eq!(joined("", "b"), "b");
        assert_eq!(joined("/", "b"), "/b");
        assert_eq!(joined("main.yaml", ""), "main.yaml");
    }
}
