//! Where containers mount volumes (`ValidateVolumeMounts`, `ValidateVolumeDevices`,
//! pkg/apis/core/validation/validation.go, v1.36).

use std::collections::{HashMap, HashSet};

use crate::manifest::check::volumes::{set, text};
use crate::manifest::check::{Checker, containers};
use crate::manifest::read::Dialect;
use crate::yaml::{Node, Value};

impl Checker<'_> {
    /// Each mount names a volume of the pod and a path of its own.
    pub(super) fn mounts(&mut self, pod: &Node) {
        let volumes: HashMap<&str, &Node> =
            pod.get("volumes").map(Node::items).unwrap_or_default().iter().map(|v| (text(v, "name"), v)).collect();
        for container in containers(pod) {
            let mut paths = HashSet::new();
            for (list, path) in [("volumeMounts", "mountPath"), ("volumeDevices", "devicePath")] {
                for mount in container.get(list).map(Node::items).unwrap_or_default() {
                    let name = text(mount, "name");
                    if !name.is_empty() && !volumes.contains_key(name) {
                        let hint = match self.dialect {
                            Dialect::Spec => {
                                "give the mount a source, such as `host_path`, or add the volume to `pod.volumes`"
                            }
                            Dialect::Apps => "add the volume to `volumes`",
                        };
                        let at = mount.get("name").map_or(mount.at, |n| n.at);
                        self.error(at, format!("there is no volume `{name}`"), Some(hint));
                    }
                    let at = mount.get(path).map_or(mount.at, |n| n.at);
                    let path = text(mount, path);
                    if !path.is_empty() && !paths.insert(path) {
                        self.error(at, format!("two volumes are mounted at `{path}`"), None);
                    }
                }
            }
            for mount in container.get("volumeMounts").map(Node::items).unwrap_or_default() {
                self.mount(mount, container);
            }
            self.devices(container, &volumes);
        }
    }

    fn mount(&mut self, mount: &Node, container: &Node) {
        if !text(mount, "subPath").is_empty() && !text(mount, "subPathExpr").is_empty() {
            let names = (self.name("subPath"), self.name("subPathExpr"));
            let at = mount.get("subPathExpr").map_or(mount.at, |n| n.at);
            self.error(at, format!("`{}` and `{}` cannot be combined", names.0, names.1), Some("keep one"));
        }
        let privileged = container.at_path(&["securityContext", "privileged"]).and_then(Node::bool) == Some(true);
        let propagation = text(mount, "mountPropagation");
        if propagation == "Bidirectional" && !privileged {
            let message = format!("`{}: Bidirectional` needs a privileged container", self.name("mountPropagation"));
            let at = mount.get("mountPropagation").map_or(mount.at, |n| n.at);
            self.error(at, message, Some("use HostToContainer, or set `privileged: true`"));
        }
        if let Some(recursive) = set(mount, "recursiveReadOnly").filter(|n| n.text() != Some("Disabled")) {
            let name = self.name("recursiveReadOnly");
            if mount.get("readOnly").and_then(Node::bool) != Some(true) {
                self.error(recursive.at, format!("`{name}` needs `{}: true`", self.name("readOnly")), None);
            } else if !matches!(propagation, "" | "None") {
                let message = format!("`{name}` cannot be combined with `{}`", self.name("mountPropagation"));
                self.error(recursive.at, message, None);
            }
        }
    }

    /// A raw block device is that of a claim, once in the container, and not a mount too.
    fn devices(&mut self, container: &Node, volumes: &HashMap<&str, &Node>) {
        let mounted = |name: &str| {
            let mounts = container.get("volumeMounts").map(Node::items).unwrap_or_default();
            mounts.iter().any(|m| text(m, "name") == name)
        };
        let mut names = HashSet::new();
        for device in container.get("volumeDevices").map(Node::items).unwrap_or_default() {
            let name = text(device, "name");
            let block = |v: &&Node| {
                v.entries().iter().any(|e| {
                    matches!(e.key.as_str(), "persistentVolumeClaim" | "ephemeral") && e.node.value != Value::Null
                })
            };
            let shown = self.name("volumeDevices");
            let at = device.get("name").map_or(device.at, |n| n.at);
            if volumes.get(name).is_some_and(|v| !block(v)) {
                let message = format!("`{shown}` takes block volumes, which only a claim can give: `{name}` is none");
                self.error(at, message, Some("use a persistentVolumeClaim or an ephemeral volume"));
            } else if !name.is_empty() && !names.insert(name) {
                self.error(at, format!("`{name}` is in `{shown}` twice"), Some("keep one"));
            } else if !name.is_empty() && mounted(name) {
                let message = format!("`{name}` is in `{shown}` and in `{}`", self.name("volumeMounts"));
                self.error(at, message, Some("keep one"));
            }
            if text(device, "devicePath").split('/').any(|part| part == "..") {
                self.refuse(device, "devicePath", format!("`{}` must not contain `..`", self.name("devicePath")));
            }
        }
    }
}
