//! Where the container runtime and the kubelet of a node keep their sockets and files.

use crate::findings::cause::Elsewhere;
use crate::findings::crash::mounts::{below, joined, normalized};
use crate::model::Node;

/// What distributions change.
struct Home {
    /// What the kubelet's version contains.
    kubelet_version: &'static str,
    /// A label of their nodes.
    label: &'static str,
    /// The socket of containerd.
    socket: &'static str,
    /// The directory of the kubelet.
    kubelet: &'static str,
}

/// k3s `pkg/agent/config/config.go`, rke2 the same; k0s `pkg/constant`; MicroK8s `microk8s-resources/default-args/kubelet`.
const HOMES: &[Home] = &[
    Home { kubelet_version: "+k3s", label: "", socket: "/run/k3s/containerd/containerd.sock", kubelet: KUBELET },
    Home { kubelet_version: "+rke2", label: "", socket: "/run/k3s/containerd/containerd.sock", kubelet: KUBELET },
    Home { kubelet_version: "+k0s", label: "", socket: "/run/k0s/containerd.sock", kubelet: "/var/lib/k0s/kubelet" },
    Home {
        kubelet_version: "",
        label: "microk8s.io/cluster",
        socket: "/var/snap/microk8s/common/run/containerd.sock",
        kubelet: "/var/snap/microk8s/common/var/lib/kubelet",
    },
];

/// The kubelet's directory unless `--root-dir` says another one.
const KUBELET: &str = "/var/lib/kubelet";

/// The sockets of runtimes by what `containerRuntimeVersion` begins with.
const SOCKETS: &[(&str, &str)] = &[
    ("containerd://", "/run/containerd/containerd.sock"),
    ("cri-o://", "/run/crio/crio.sock"),
    ("docker://", "/run/docker.sock"),
];

/// Where a node has what is missing at a path: the socket of its runtime, or a file of its kubelet. `None` where the path is
/// the one that the node uses, or nothing is known.
pub fn elsewhere(node: &Node, host_path: &str) -> Option<Elsewhere> {
    let path = normalized(host_path);
    let kubelet_version = node.kubelet_version.map_or("", |version| version.as_str());
    let has_label = |label: &str| node.labels.iter().any(|(key, _)| key.as_str() == label);
    let home = HOMES.iter().find(|home| match home.label {
        "" => kubelet_version.contains(home.kubelet_version),
        label => has_label(label),
    });
    if let Some(rest) = below(KUBELET, &path) {
        let kubelet = home.map(|home| home.kubelet).filter(|kubelet| *kubelet != KUBELET)?;
        return Some(Elsewhere { path: joined(kubelet, rest), runs: format!("kubelet {kubelet_version}") });
    }
    let is_socket = |socket: &str| {
        socket == path || socket.rsplit_once('/').is_some_and(|(above, _)| above == path && above != "/run")
    };
    let known = SOCKETS.iter().map(|(_, socket)| *socket).chain(HOMES.iter().map(|home| home.socket));
    if !known.into_iter().any(is_socket) {
        return None;
    }
    let runtime = node.info.container_runtime_version?;
    let (scheme, usual) = SOCKETS.iter().find(|(scheme, _)| runtime.as_str().starts_with(scheme))?;
    let socket = home.filter(|_| *scheme == "containerd://").map_or(*usual, |home| home.socket);
    let runs = match home.filter(|home| home.label.is_empty()) {
        Some(_) => format!("{runtime} ({kubelet_version})"),
        None => runtime.to_string(),
    };
    (!is_socket(socket)).then(|| Elsewhere { path: socket.to_owned(), runs })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::node::NodeInfo;

    fn node(kubelet: &str, runtime: &str, label: &str) -> Node {
        let info = NodeInfo { container_runtime_version: Some(runtime.into()), ..Default::default() };
        let labels = if label.is_empty() { Default::default() } else { [(label, "x")].into_iter().collect() };
        Node { kubelet_version: Some(kubelet.into()), info, labels, ..Default::default() }
    }

    #[test]
    fn a_node_says_where_its_sockets_are() {
        let plain = node("v1.35.1", "containerd://2.1.4", "");
        let k3s = node("v1.35.1+k3s1", "containerd://2.1.4-k3s2", "");
        let k0s = node("v1.35.1+k0s", "containerd://2.1.4", "");
        let microk8s = node("v1.35.1", "containerd://2.1.4", "microk8s.io/cluster");
        let cri_o = node("v1.33.6", "cri-o://1.33.5", "");
        for (node, path, expected) in [
            (&plain, "/var/run/docker.sock", Some("/run/containerd/containerd.sock")),
            (&plain, "/run/containerd/containerd.sock", None),
            (&plain, "/var/lib/kubelet/device-plugins/kubelet.sock", None),
            (&plain, "/run/vendor.sock", None),
            (&plain, "/run", None),
            (&k3s, "/run/containerd/containerd.sock", Some("/run/k3s/containerd/containerd.sock")),
            (&k3s, "/run/containerd", Some("/run/k3s/containerd/containerd.sock")),
            (&k3s, "/var/lib/kubelet/plugins", None),
            (
                &k0s,
                "/var/lib/kubelet/device-plugins/kubelet.sock",
                Some("/var/lib/k0s/kubelet/device-plugins/kubelet.sock"),
            ),
            (&k0s, "/var/lib/kubelet", Some("/var/lib/k0s/kubelet")),
            (&microk8s, "/var/lib/kubelet/pods", Some("/var/snap/microk8s/common/var/lib/kubelet/pods")),
            (&microk8s, "/run/docker.sock", Some("/var/snap/microk8s/common/run/containerd.sock")),
            (&cri_o, "/run/containerd/containerd.sock", Some("/run/crio/crio.sock")),
            (&cri_o, "/run/crio/crio.sock", None),
        ] {
            let found = elsewhere(node, path).map(|elsewhere| elsewhere.path);
            assert_eq!(found.as_deref(), expected, "{path} of {:?}", node.kubelet_version);
        }
    }
}
