//! What a DaemonSet is for, as far as it can be told from itself.

use crate::severity::Severity;
use crate::yaml::Node;

/// What an agent is for; the seed's use cases, and device plugins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// CNI plugins, proxies, load balancers, DNS on the node.
    Network,
    /// CSI drivers and storage daemons.
    Storage,
    /// Security agents.
    Security,
    /// Device plugins and drivers.
    Device,
    /// Collectors of logs.
    Logs,
    /// Collectors of metrics and traces.
    Metrics,
    /// Controllers and webhooks of the control plane.
    ControlPlane,
    /// Anything else.
    Other,
}

/// Names that tell what an agent is for, the more telling ones first.
const WORDS: [(&str, Purpose); 78] = [
    ("controller-manager", Purpose::ControlPlane),
    ("cloud-controller", Purpose::ControlPlane),
    ("node-manager", Purpose::ControlPlane),
    ("kops-controller", Purpose::ControlPlane),
    ("iam-authenticator", Purpose::ControlPlane),
    ("apiserver", Purpose::ControlPlane),
    ("konnectivity", Purpose::ControlPlane),
    ("dra-driver", Purpose::Device),
    ("device-injector", Purpose::Device),
    ("fast-socket", Purpose::Device),
    ("cns", Purpose::Network),
    ("npm", Purpose::Network),
    ("network-policy", Purpose::Network),
    ("neuvector", Purpose::Security),
    ("enforcer", Purpose::Security),
    ("gadget", Purpose::Security),
    ("volume-provisioner", Purpose::Storage),
    ("gpu-feature-discovery", Purpose::Other),
    ("device-plugin", Purpose::Device),
    ("nvidia", Purpose::Device),
    ("gpu", Purpose::Device),
    ("sriov", Purpose::Device),
    ("csi", Purpose::Storage),
    ("ebs", Purpose::Storage),
    ("ceph", Purpose::Storage),
    ("rook", Purpose::Storage),
    ("longhorn", Purpose::Storage),
    ("openebs", Purpose::Storage),
    ("linstor", Purpose::Storage),
    ("portworx", Purpose::Storage),
    ("secrets-store", Purpose::Storage),
    ("cni", Purpose::Network),
    ("calico", Purpose::Network),
    ("cilium", Purpose::Network),
    ("flannel", Purpose::Network),
    ("weave", Purpose::Network),
    ("kindnet", Purpose::Network),
    ("multus", Purpose::Network),
    ("antrea", Purpose::Network),
    ("kube-router", Purpose::Network),
    ("kube-proxy", Purpose::Network),
    ("kube-ovn", Purpose::Network),
    ("ovn", Purpose::Network),
    ("metallb", Purpose::Network),
    ("kube-vip", Purpose::Network),
    ("ztunnel", Purpose::Network),
    ("istio", Purpose::Network),
    ("ingress", Purpose::Network),
    ("traefik", Purpose::Network),
    ("node-local-dns", Purpose::Network),
    ("aws-node", Purpose::Network),
    ("network", Purpose::Network),
    ("falco", Purpose::Security),
    ("sysdig", Purpose::Security),
    ("tetragon", Purpose::Security),
    ("tracee", Purpose::Security),
    ("kubearmor", Purpose::Security),
    ("wazuh", Purpose::Security),
    ("spire", Purpose::Security),
    ("security", Purpose::Security),
    ("fluent", Purpose::Logs),
    ("filebeat", Purpose::Logs),
    ("promtail", Purpose::Logs),
    ("vector", Purpose::Logs),
    ("logstash", Purpose::Logs),
    ("logging", Purpose::Logs),
    ("log-", Purpose::Logs),
    ("exporter", Purpose::Metrics),
    ("metrics", Purpose::Metrics),
    ("metricbeat", Purpose::Metrics),
    ("datadog", Purpose::Metrics),
    ("telegraf", Purpose::Metrics),
    ("otel", Purpose::Metrics),
    ("opentelemetry", Purpose::Metrics),
    ("alloy", Purpose::Metrics),
    ("cadvisor", Purpose::Metrics),
    ("netdata", Purpose::Metrics),
    ("node-problem-detector", Purpose::Metrics),
];

/// Paths of the node that tell it: what others keep there is not theirs to mount.
const PATHS: [(&str, Purpose); 4] = [
    ("/var/lib/kubelet/device-plugins", Purpose::Device),
    ("/etc/cni", Purpose::Network),
    ("/opt/cni", Purpose::Network),
    ("/run/xtables.lock", Purpose::Network),
];

/// By what the purpose of a DaemonSet is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sign {
    /// A word in its name.
    Name(&'static str),
    /// A word in the name of an image.
    Image(&'static str),
    /// A path of the node that it mounts.
    Path(&'static str),
    /// Its container registers a CSI driver with the kubelet.
    Registrar,
}

impl std::fmt::Display for Sign {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Sign::Name(word) => write!(f, "its name has `{word}`"),
            Sign::Image(word) => write!(f, "an image has `{word}` in its name"),
            Sign::Path(path) => write!(f, "it mounts {path}"),
            Sign::Registrar => f.write_str("it registers a CSI driver"),
        }
    }
}

impl Purpose {
    /// What it is for, and by what that is known: by its name, else by paths of the node that only such agents mount,
    /// else by its images.
    pub fn of(name: &str, pod: &Node) -> (Purpose, Option<Sign>) {
        let images: Vec<String> = crate::manifest::lint::containers::containers(pod)
            .filter_map(|c| c.get("image").and_then(Node::text))
            .map(|image| repository(image).to_ascii_lowercase())
            .collect();
        let word = |text: &str| WORDS.iter().find(|(word, _)| has_word(text, word)).copied();
        if let Some((word, purpose)) = word(&name.to_ascii_lowercase()) {
            return (purpose, Some(Sign::Name(word)));
        }
        let paths: Vec<&str> = host_paths(pod).collect();
        if let Some((path, purpose)) = PATHS.iter().find(|(path, _)| paths.iter().any(|p| ends_or_starts(p, path))) {
            return (*purpose, Some(Sign::Path(path)));
        }
        if images.iter().any(|image| image.contains("csi-node-driver-registrar")) {
            return (Purpose::Storage, Some(Sign::Registrar));
        }
        match images.iter().find_map(|image| word(image)) {
            Some((word, purpose)) => (purpose, Some(Sign::Image(word))),
            None => (Purpose::Other, None),
        }
    }

    /// In words.
    pub fn noun(self) -> &'static str {
        match self {
            Purpose::Network => "a network agent",
            Purpose::Storage => "a storage agent",
            Purpose::Security => "a security agent",
            Purpose::Device => "a device plugin",
            Purpose::Logs => "a log collector",
            Purpose::Metrics => "a metrics agent",
            Purpose::ControlPlane => "a part of the control plane",
            Purpose::Other => "an agent",
        }
    }

    /// How bad it is that an agent has rights like root's on the node: part of the work of some.
    pub fn rights(self) -> Severity {
        match self {
            Purpose::Network | Purpose::Storage | Purpose::Security | Purpose::Device | Purpose::ControlPlane => {
                Severity::Info
            }
            Purpose::Logs | Purpose::Metrics | Purpose::Other => Severity::Warning,
        }
    }
}

/// Whether a text has a word that is not the middle of another one.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(i, _)| text[..i].chars().next_back().is_none_or(|c| !c.is_ascii_alphanumeric()))
}

/// An image's name without registry, tag and digest.
fn repository(image: &str) -> &str {
    let name = image.split('@').next().unwrap_or(image);
    let name = match name.split_once('/') {
        Some((registry, rest)) if registry.contains(['.', ':']) || registry == "localhost" => rest,
        _ => name,
    };
    let tag = name.rfind(':').filter(|colon| !name[*colon..].contains('/'));
    tag.map_or(name, |colon| &name[..colon])
}

fn ends_or_starts(path: &str, known: &str) -> bool {
    path.starts_with(known) || path.strip_prefix("/var").is_some_and(|path| path.starts_with(known))
}

/// The paths of the node that the pod's volumes are.
pub fn host_paths(pod: &Node) -> impl Iterator<Item = &str> {
    pod.get("volumes")
        .map(Node::items)
        .unwrap_or_default()
        .iter()
        .filter_map(|v| v.at_path(&["hostPath", "path"])?.text())
}
