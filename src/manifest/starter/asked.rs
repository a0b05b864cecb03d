//! What a spec to start from is asked for.

/// What the pods are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UseCase {
    /// Collecting logs.
    Logs,
    /// Metrics of the node.
    Metrics,
    /// A network plugin.
    Network,
    /// A storage driver.
    Storage,
    /// Following system calls.
    Security,
}

/// Where the pods run, as far as it changes the spec.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distribution {
    /// Amazon's service.
    Eks,
    /// Google's service.
    Gke,
    /// Google's service, whose nodes are Google's.
    GkeAutopilot,
    /// Microsoft's service.
    Aks,
    /// OpenShift and OKD.
    OpenShift,
    /// k3s.
    K3s,
    /// Talos Linux.
    Talos,
}

impl Distribution {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Distribution::Eks => "EKS",
            Distribution::Gke => "GKE",
            Distribution::GkeAutopilot => "GKE Autopilot",
            Distribution::Aks => "AKS",
            Distribution::OpenShift => "OpenShift",
            Distribution::K3s => "k3s",
            Distribution::Talos => "Talos Linux",
        }
    }
}

/// What a cluster shows that matters to the spec.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Whose it is, if the nodes show it.
    pub distribution: Option<Distribution>,
    /// How many nodes it has.
    pub nodes: usize,
    /// The labels of virtual nodes, key and value.
    pub virtual_nodes: Vec<(String, String)>,
    /// Taints that somebody set for a pool, with the number of their nodes.
    pub taints: Vec<(String, usize)>,
    /// The PriorityClass of the cluster's own with the highest value.
    pub priority_class: Option<String>,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Starter {
    /// What the pods are for.
    pub use_case: UseCase,
    /// The name of the DaemonSet, an RFC 1123 label.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The image.
    pub image: String,
    /// What the cluster shows, if one was read.
    pub seen: Option<Seen>,
}

impl Starter {
    /// Whether the pods run on this distribution.
    pub fn is_on(&self, distribution: Distribution) -> bool {
        self.seen.as_ref().is_some_and(|seen| seen.distribution == Some(distribution))
    }
}

/// Returns a text as YAML, quoted: JSON is YAML.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
