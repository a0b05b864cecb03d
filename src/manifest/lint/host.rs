//! Rules about what a pod uses of its node: resources, files.

use std::collections::HashMap;

use serde_json::json;

use crate::manifest::lint::agent_kind::Purpose;
use crate::manifest::lint::containers::{containers, name_of};
use crate::manifest::lint::linter::Linter;
use crate::severity::Severity;
use crate::yaml::{Node, Value};

/// Sockets through which a container runtime is commanded: whoever can write to them is root on the node.
const SOCKETS: [&str; 5] = ["docker.sock", "containerd.sock", "crio.sock", "cri-dockerd.sock", "podman.sock"];

/// Pipes of Windows by which a container runtime is commanded.
const RUNTIME_PIPES: [&str; 4] = ["docker_engine", "containerd-containerd", "dockershim", "cri-dockerd"];

/// Words of names that say nothing about whose a directory is.
const COMMON_WORDS: [&str; 6] = ["node", "agent", "daemon", "kube", "system", "logs"];

/// Directories whose contents decide over the node or its pods.
const SENSITIVE: [&str; 10] = [
    "/",
    "/etc",
    "/root",
    "/boot",
    "/etc/kubernetes",
    "/var/lib/etcd",
    "/var/lib/kubelet",
    "/var/lib/kubelet/pki",
    "/etc/shadow",
    "/home",
];

/// What agents of a purpose write to as their work.
fn own_paths(purpose: Purpose) -> &'static [&'static str] {
    match purpose {
        Purpose::Network => &[
            "/etc/cni",
            "/opt/cni",
            "/var/lib/cni",
            "/run",
            "/var/run",
            "/sys/fs/bpf",
            "/lib/modules",
            "/proc/sys/net",
            "/sys/fs/cgroup",
            "/var/log",
        ],
        Purpose::Storage => {
            &["/var/lib/kubelet", "/dev", "/sys", "/run", "/var/run", "/etc/iscsi", "/var/lib/iscsi", "/lib/modules"]
        }
        Purpose::Device => &["/var/lib/kubelet", "/dev", "/run", "/var/run", "/opt", "/usr/local"],
        Purpose::Security => &["/run", "/var/run", "/sys/kernel/debug", "/sys/fs/bpf"],
        Purpose::Logs | Purpose::Metrics | Purpose::ControlPlane | Purpose::Other => &[],
    }
}

/// A path of the node in the form of Linux: of Windows without its drive, in small letters.
fn of_linux(path: &str) -> String {
    let slashes = path.replace('\\', "/");
    match slashes.as_bytes() {
        [drive, b':', ..] if drive.is_ascii_alphabetic() => slashes[2..].to_ascii_lowercase(),
        _ => slashes,
    }
}

/// The name of a pipe of Windows.
fn pipe(path: &str) -> Option<String> {
    path.replace('\\', "/").strip_prefix("//./pipe/").map(str::to_ascii_lowercase)
}

/// Whether a directory holds data of one program, and not what the node runs on.
fn is_data(path: &str) -> bool {
    let others = ["kubelet", "docker", "containerd", "containers", "etcd", "dbus", "systemd", "cloud", "rancher"];
    let below = |parent: &str| path.strip_prefix(parent).is_some_and(|rest| !rest.is_empty());
    let own_folder = path.strip_prefix("/var/lib/").is_some_and(|rest| {
        let folder = rest.split('/').next().unwrap_or_default();
        !folder.is_empty() && !others.contains(&folder)
    });
    own_folder
        || ["/var/tmp/", "/tmp/", "/mnt/", "/srv/", "/data/", "/var/cache/", "/var/log/"].iter().any(|p| below(p))
}

/// Whether a part of the path is called as the DaemonSet is.
fn is_namesake(path: &str, name: &str) -> bool {
    const LEAST: usize = 4;
    let words = || name.split(['-', '.', '_']).filter(|word| word.len() >= LEAST && !COMMON_WORDS.contains(word));
    let mut parts = path.split('/').filter(|part| part.len() >= LEAST);
    parts.any(|part| name.contains(part) || words().any(|word| part.contains(word)))
}

fn is_within(path: &str, parent: &str) -> bool {
    path == parent || path.strip_prefix(parent).is_some_and(|rest| rest.starts_with('/') || parent == "/")
}

impl Linter<'_> {
    /// DS901, DS902: requests and a memory limit.
    pub(crate) fn resources(&mut self) {
        let whole_pod = |group: &str, key: &str| self.pod.at_path(&["resources", group, key]).is_some();
        for container in self.running() {
            let has = |group: &str, key: &str| {
                container.at_path(&["resources", group, key]).is_some_and(|n| n.value != Value::Null)
                    || whole_pod(group, key)
            };
            let missing: Vec<&str> =
                ["cpu", "memory"].into_iter().filter(|k| !has("requests", k) && !has("limits", k)).collect();
            let at = container.get("resources").map_or(container.at, |r| r.at);
            let name = name_of(container);
            if !missing.is_empty() {
                let on = match self.around.nodes.as_deref().map(<[_]>::len) {
                    Some(n) if n > 1 => format!(", on all {n} nodes"),
                    _ => String::new(),
                };
                let message = format!(
                    "`{name}` requests no {}: no node reserves capacity for the container{on}",
                    missing.join(" and no ")
                );
                let mut requests = serde_json::Map::new();
                for key in &missing {
                    requests.insert((*key).to_owned(), if *key == "cpu" { "50m" } else { "100Mi" }.into());
                }
                let patch = self.container_patch(container, json!({"resources": {"requests": requests}}));
                self.tell("DS901", Severity::Warning, at, message, patch);
            }
            if !has("limits", "memory") {
                let message = format!("`{name}` has no memory limit: a leak uses up the memory of every node");
                let patch = self.container_patch(container, json!({"resources": {"limits": {"memory": "1Gi"}}}));
                // A network that is killed takes its node along: its authors leave the limit out on purpose.
                let severity = match self.purpose {
                    Purpose::Network | Purpose::ControlPlane => Severity::Info,
                    _ => Severity::Warning,
                };
                self.tell("DS902", severity, at, message, patch);
            }
        }
    }

    /// DS903, DS904: what of the node's files can be written, and which should not be there at all.
    pub(crate) fn host_mounts(&mut self) {
        let volumes = self.pod.get("volumes").map(Node::items).unwrap_or_default();
        let pod = self.pod;
        let mut by_name: HashMap<&str, &Node> = HashMap::new();
        for volume in volumes {
            by_name.entry(name_of(volume)).or_insert(volume);
        }
        for container in containers(pod) {
            for mount in container.get("volumeMounts").map(Node::items).unwrap_or_default() {
                let volume = by_name.get(name_of(mount));
                let Some(path) = volume.and_then(|v| v.at_path(&["hostPath", "path"])?.text()) else { continue };
                self.host_mount(container, mount, path);
            }
        }
    }

    fn host_mount(&mut self, container: &Node, mount: &Node, path: &str) {
        let pipe = pipe(path);
        let linux = of_linux(path);
        let clean = if linux.len() > 1 { linux.trim_end_matches('/') } else { &linux };
        let writable = mount.get("readOnly").and_then(Node::bool) != Some(true);
        let name = name_of(container);
        let patch = |look: &Self| {
            let place = mount.get("mountPath").and_then(Node::text).unwrap_or_default();
            let fields = json!({"volumeMounts": [{"name": name_of(mount), "mountPath": place, "readOnly": true}]});
            look.container_patch(container, fields)
        };
        let how = if writable { "writable" } else { "read-only" };
        let socket = match &pipe {
            Some(pipe) => RUNTIME_PIPES.contains(&pipe.as_str()),
            None => SOCKETS.iter().any(|s| clean.ends_with(s)),
        };
        // A pipe cannot be mounted read-only, and one that commands no runtime belongs to another service.
        if pipe.is_some() && !socket {
            return;
        }
        let own = own_paths(self.purpose).iter().any(|p| is_within(clean, p));
        if socket {
            // Reading a socket's directory entry does not limit what is sent through it.
            let severity = match self.purpose {
                Purpose::Security | Purpose::Metrics | Purpose::Logs => Severity::Info,
                _ => Severity::Warning,
            };
            let message =
                format!("`{name}` can control the container runtime through `{path}`, which means root on the node");
            self.tell("DS904", severity, mount.at, message, None);
        } else if SENSITIVE.contains(&clean) && !(own && clean != "/") {
            let severity = if writable { self.purpose.rights().max(Severity::Warning) } else { Severity::Info };
            let message = format!("`{name}` mounts the host path `{path}` {how}");
            let patch = if writable { patch(self) } else { None };
            self.tell("DS904", severity, mount.at, message, patch);
        } else if writable && !own {
            let device = clean.starts_with("/dev/") || clean.starts_with("/sys/fs/bpf");
            let data = is_data(clean) || clean == "/var/log" && self.purpose == Purpose::Logs;
            let harmless = device || data || is_namesake(clean, self.input.name());
            let severity = if harmless { Severity::Info } else { Severity::Warning };
            let message = format!("`{name}` can write to the host path `{path}`");
            let patch = patch(self);
            self.tell("DS903", severity, mount.at, message, patch);
        }
    }
}
