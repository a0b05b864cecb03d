//! DaemonSets that look like network plugins, by their names.

use crate::model::DaemonSet;

/// Parts of the names of DaemonSets that set up the network of nodes.
const NAMES: &[&str] = &[
    "antrea-agent",
    "aws-node",
    "azure-cni",
    "calico-node",
    "canal",
    "cilium",
    "flannel",
    "kindnet",
    "kube-ovn",
    "kube-router",
    "multus",
    "ovnkube",
    "ovs-cni",
    "romana",
    "weave-net",
];

/// Whether the DaemonSet looks like a network plugin: on the host's network, and called as one.
pub fn is_network_plugin(daemon_set: &DaemonSet) -> bool {
    daemon_set.template.spec.host_network && is_called_so(daemon_set)
}

/// Whether the DaemonSet is called as a network plugin.
pub fn is_called_so(daemon_set: &DaemonSet) -> bool {
    NAMES.iter().any(|known| daemon_set.name.as_str().contains(known))
}
