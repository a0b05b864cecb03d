//! What stands around a DaemonSet in its cluster, as far as rules ask for it.

use std::collections::BTreeMap;

/// What is known of a cluster; `None` is not known.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The nodes.
    pub nodes: Option<Vec<NodeAround>>,
    /// Selectors of workloads, the DaemonSet's own too.
    pub selectors: Vec<SelectorAround>,
    /// Ports of nodes that pods hold.
    pub host_ports: Vec<HostPort>,
}

/// A node.
#[derive(Debug, Clone, Default)]
pub struct NodeAround {
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

/// The selector of another workload.
#[derive(Debug, Clone, Default)]
pub struct SelectorAround {
    /// Kind of the workload.
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Labels that its pods must have. A selector with expressions is given by its labels alone.
    pub match_labels: BTreeMap<String, String>,
    /// Labels that its pods do have; none where they are not known.
    pub template_labels: BTreeMap<String, String>,
}

/// A port of nodes that a pod holds.
#[derive(Debug, Clone, Default)]
pub struct HostPort {
    /// The port.
    pub port: u16,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
    /// Who holds it, such as `DaemonSet monitoring/node-exporter`.
    pub owner: String,
    /// On how many nodes.
    pub nodes: usize,
}
