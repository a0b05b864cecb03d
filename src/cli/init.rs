//! `init`: a spec to start from.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::connection::ConnectionArgs;
use crate::cli::context::Context;
use crate::cli::lint::live;
use crate::cli::runtime::block_on;
use crate::client::api_path::is_dns_label;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::findings::taint_origin::virtual_label;
use crate::manifest::starter::{Distribution, Seen, Starter, UseCase};
use crate::model::Node;
use crate::model::platform::Platform;
use crate::snapshot;
use crate::store::{Builder, Cluster};

/// Write a commented spec to start from
///
/// Writes to standard output. Lines with CHANGE need your values. With --snapshot, --live or a connection flag the spec
/// suits that cluster: its distribution (EKS, GKE, AKS, OpenShift, k3s, Talos), virtual nodes, taints, PriorityClasses.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Init {
    /// Write the spec for this use case
    #[arg(value_enum)]
    use_case: Kind,
    /// Run this image, with a tag or digest
    #[arg(long)]
    image: String,
    /// Name the DaemonSet
    #[arg(long)]
    name: String,
    /// Suit the spec to a saved cluster: a file, directory or archive of Kubernetes objects; repeatable
    #[arg(long, value_name = "PATH")]
    snapshot: Vec<PathBuf>,
    /// Suit the spec to the cluster of the kubeconfig
    #[arg(long, conflicts_with = "snapshot")]
    live: bool,
}

const EXAMPLES: &str = "\
Examples:
  kubectl daemonset init logs --image registry.example/collector:3.1.0 --name collector >collector.yaml

  # For the nodes of a saved cluster
  kubectl daemonset init security --image registry.example/agent:1.4 --name agent --snapshot prod.json.gz";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Collect logs
    Logs,
    /// Export metrics of the node
    Metrics,
    /// Run a network plugin
    Network,
    /// Run the node plugin of a storage driver
    Storage,
    /// Follow system calls
    Security,
}

/// Runs `init`.
///
/// # Errors
/// A name that the API server refuses; the snapshot, or the cluster where one is named.
pub fn run(args: &Init, connection: &ConnectionArgs, context: &mut Context<'_>) -> Result<ExitCode> {
    let (use_case, namespace) = match args.use_case {
        Kind::Logs => (UseCase::Logs, "logging"),
        Kind::Metrics => (UseCase::Metrics, "monitoring"),
        Kind::Network => (UseCase::Network, "kube-system"),
        Kind::Storage => (UseCase::Storage, "storage"),
        Kind::Security => (UseCase::Security, "security"),
    };
    let namespace = connection.namespace.as_deref().unwrap_or(namespace);
    for (what, name) in [("name", args.name.as_str()), ("namespace", namespace)] {
        if !is_dns_label(name) {
            return Err(Error::new(format!("invalid {what} `{name}`"))
                .hint("use at most 63 lowercase letters, digits and `-`, with a letter or digit at both ends"));
        }
    }
    let has_tag = args.image.rsplit('/').next().is_some_and(|last| last.contains([':', '@']));
    if args.image.chars().any(|c| c.is_whitespace() || c.is_control()) || !has_tag {
        return Err(Error::new("the image has no tag").hint("name a tag or digest: `--image REPOSITORY:TAG`"));
    }
    let seen = match args.snapshot.as_slice() {
        [] if args.live || connection.names_cluster() => Some(seen(&block_on(live(connection, context.stderr))?)),
        [] => None,
        paths => {
            let mut builder = Builder::new();
            snapshot::read_within(snapshot::Limits::default(), paths, &mut std::io::stdin().lock(), &mut builder)?;
            Some(seen(&builder.finish(None)))
        }
    };
    let (name, image) = (args.name.clone(), args.image.clone());
    let starter = Starter { use_case, name, namespace: namespace.to_owned(), image, seen };
    write!(context.stdout, "{}", starter.text())?;
    Ok(ExitCode::Success)
}

/// What the cluster shows.
fn seen(cluster: &Cluster) -> Seen {
    let nodes = &cluster.nodes;
    let mut virtual_nodes: Vec<(String, String)> =
        nodes.iter().filter_map(virtual_label).map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    virtual_nodes.sort();
    virtual_nodes.dedup();
    let mut taints: BTreeMap<String, usize> = BTreeMap::new();
    for node in nodes.iter().filter(|node| virtual_label(node).is_none()) {
        // Taints of Kubernetes' own come and go, but for those of roles.
        let own = |key: &str| key.contains("kubernetes.io/") && !key.starts_with("node-role.");
        for taint in node.taints.iter().filter(|taint| !own(taint.key.as_str())) {
            *taints.entry(taint.to_string()).or_default() += 1;
        }
    }
    let own_classes = cluster.priority_classes.values().filter(|class| !class.name.as_str().starts_with("system-"));
    let highest = own_classes.filter(|class| class.value > 0 && !class.preempts_never).max_by_key(|class| class.value);
    Seen {
        distribution: distribution(nodes),
        nodes: nodes.len(),
        virtual_nodes,
        taints: taints.into_iter().collect(),
        priority_class: highest.map(|class| class.name.to_string()),
    }
}

/// Whose nodes these are.
fn distribution(nodes: &[Node]) -> Option<Distribution> {
    let platform = Platform::of(nodes);
    let has_label = |key: &str| nodes.iter().any(|node| node.labels.get(key.into()).is_some());
    let kubelet = |part: &str| nodes.iter().any(|node| node.kubelet_version.is_some_and(|v| v.as_str().contains(part)));
    Some(match platform {
        Platform { gke_autopilot: true, .. } => Distribution::GkeAutopilot,
        Platform { gke: true, .. } => Distribution::Gke,
        Platform { openshift: true, .. } => Distribution::OpenShift,
        Platform { talos: true, .. } => Distribution::Talos,
        _ if kubelet("-eks-") || has_label("eks.amazonaws.com/nodegroup") => Distribution::Eks,
        _ if has_label("kubernetes.azure.com/cluster") => Distribution::Aks,
        _ if kubelet("+k3s") => Distribution::K3s,
        _ => return None,
    })
}
