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
    /// Anything else.
    Other,
}

/// Names that tell what an agent is for, the more telling ones first.
const WORDS: [(&str, Purpose); 60] = [
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

/// Paths of the node that tell it.
const PATHS: [(&str, Purpose); 6] = [
    ("/etc/cni", Purpose::Network),
    ("/opt/cni", Purpose::Network),
    ("/var/lib/kubelet/device-plugins", Purpose::Device),
    ("/var/lib/kubelet/plugins", Purpose::Storage),
    ("/var/log", Purpose::Logs),
    ("/proc", Purpose::Metrics),
];

impl Purpose {
    /// What it is for: by the paths of the node that it uses, else by its name, else by its images.
    pub fn of(name: &str, pod: &Node) -> Purpose {
        let paths: Vec<&str> = host_paths(pod).collect();
        let by_path = PATHS[..4].iter().find(|(path, _)| paths.iter().any(|p| p.starts_with(path)));
        let images =
            crate::manifest::lint::containers::containers(pod).filter_map(|c| c.get("image").and_then(Node::text));
        let by_word = || {
            let texts: Vec<String> = std::iter::once(name).chain(images).map(|t| t.to_ascii_lowercase()).collect();
            WORDS.iter().find(|(word, _)| texts.iter().any(|t| has_word(t, word)))
        };
        let later = || PATHS[4..].iter().find(|(path, _)| paths.iter().any(|p| p.starts_with(path)));
        by_path.or_else(by_word).or_else(later).map_or(Purpose::Other, |(_, purpose)| *purpose)
    }

    /// In words.
    pub fn shown(self) -> &'static str {
        match self {
            Purpose::Network => "a network agent",
            Purpose::Storage => "a storage agent",
            Purpose::Security => "a security agent",
            Purpose::Device => "a device plugin",
            Purpose::Logs => "a log collector",
            Purpose::Metrics => "a metrics agent",
            Purpose::Other => "an agent",
        }
    }

    /// How bad it is that an agent has rights like root's on the node: part of the work of some.
    pub fn rights(self) -> Severity {
        match self {
            Purpose::Network | Purpose::Storage | Purpose::Security | Purpose::Device => Severity::Info,
            Purpose::Logs | Purpose::Metrics | Purpose::Other => Severity::Warning,
        }
    }
}

/// Whether a text has a word that is not the middle of another one.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(i, _)| text[..i].chars().next_back().is_none_or(|c| !c.is_ascii_alphanumeric()))
}

/// The paths of the node that the pod's volumes are.
pub fn host_paths(pod: &Node) -> impl Iterator<Item = &str> {
    pod.get("volumes")
        .map(Node::items)
        .unwrap_or_default()
        .iter()
        .filter_map(|v| v.at_path(&["hostPath", "path"])?.text())
}
