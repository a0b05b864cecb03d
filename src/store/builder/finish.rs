//! From what was collected to a cluster: sorted, each object once, indexed, summed.

use std::collections::BTreeSet;

use crate::model::resources::Resources;
use crate::model::wire::Kind;
use crate::model::{Node, Platform, Pod, Symbol, Version};
use crate::store::builder::Builder;
use crate::store::builder::default_security::default_security;
use crate::store::builder::intern::intern;
use crate::store::builder::newest::newest;
use crate::store::cluster::{Cluster, Notice, VersionFrom};
use crate::store::coverage::Coverage;
use crate::store::index::{Index, NodeIndex};
use crate::store::node_columns::Columns;

impl Builder {
    /// Sorts, indexes and sums. `version` is what the user says the server has.
    pub fn finish(mut self, version: Option<Version>) -> Cluster {
        self.settle_version(version);
        let rules = self.cluster.rules();
        for (index, wire) in std::mem::take(&mut self.resizing) {
            let pod = &mut self.cluster.pods[index as usize];
            pod.requests = intern(&mut self.sums, wire.status.requests(&pod.shape.spec, rules));
        }
        if self.ignored > 0 {
            self.cluster.notices.push(Notice::Ignored { count: self.ignored });
        }
        if let Some(fold) = self.fold.take() {
            let (named, sums, ports) = fold.finish();
            self.pod_versions.resize(self.cluster.pods.len() + named.len(), 0);
            self.cluster.pods.extend(named);
            (self.folded, self.cluster.ports_of_folded) = (sums, ports);
        }
        let partly = self.partly;
        let cluster = &mut self.cluster;
        let was_short = cluster.nodes.iter().any(|node| node.unlisted);
        let is_covered = (partly && !was_short) || self.is_node_list_covered;
        let nodes = std::mem::take(&mut cluster.nodes);
        let (nodes, twice) = newest(nodes, &self.node_versions, |node| (node.name.as_str(), ""), |node| node.created);
        cluster.nodes = nodes;
        let twice = twice.into_iter().filter(|_| !partly);
        cluster.notices.extend(twice.map(|name| Notice::Duplicate { kind: Kind::Node, name }));
        let pods = std::mem::take(&mut cluster.pods);
        let versions = &self.pod_versions;
        let (pods, twice) =
            newest(pods, versions, |pod| (pod.namespace.as_str(), pod.name.as_ref()), |pod| pod.created);
        cluster.pods = pods;
        let twice = twice.into_iter().filter(|_| !partly);
        cluster.notices.extend(twice.map(|name| Notice::Duplicate { kind: Kind::Pod, name }));
        name_nodes_of_pods(cluster, is_covered);
        cluster.daemon_sets.sort_by_key(|d| (d.namespace.as_str(), d.name.as_str()));
        cluster.folded = cluster.nodes.iter().map(|node| self.folded.remove(&node.name).unwrap_or_default()).collect();
        let placed = cluster.pods.iter().filter(|pod| pod.counts_on().is_some()).map(|pod| pod.priority);
        let folded = cluster.folded.iter().flatten().map(|(priority, _)| *priority);
        cluster.lowest_priority = placed.chain(folded).min().unwrap_or(0);
        cluster.index = Index::of(&cluster.nodes, &cluster.pods, rules);
        for (node, why) in self.unreadable_pods {
            if let Some(index) = cluster.node(node) {
                cluster.nodes[index as usize].unreadable.get_or_insert(why);
            }
        }
        cluster.platform = Platform::of(&cluster.nodes);
        cluster.default_security = default_security(cluster);
        let mut requested = vec![Resources::default(); cluster.nodes.len()];
        for (index, sum) in requested.iter_mut().enumerate() {
            for pod in cluster.pods_on(index as NodeIndex) {
                sum.add(&cluster.pod(*pod).requests);
                sum.pods += 1;
            }
            for (_, folded) in cluster.folded_on(index as NodeIndex) {
                sum.add(folded);
            }
        }
        cluster.columns = Columns::of(&cluster.nodes, &requested);
        cluster.requested = requested;
        self.cluster
    }

    fn settle_version(&mut self, flag: Option<Version>) {
        let cluster = &mut self.cluster;
        cluster.server = self.server;
        let kubelets = cluster.nodes.iter().filter_map(|n| Version::parse(n.kubelet_version?.as_str()));
        let (lowest, highest) = kubelets.fold((None, None), |(low, high): (Option<Version>, Option<Version>), v| {
            (Some(low.map_or(v, |l| l.min(v))), high.max(Some(v)))
        });
        cluster.version = match (flag, self.server, highest) {
            (Some(version), ..) => Some((version, VersionFrom::Flag)),
            (_, Some(version), _) => Some((version, VersionFrom::Server)),
            (.., Some(version)) => Some((version, VersionFrom::Kubelets)),
            _ => Some((Version::NEWEST, VersionFrom::Assumed)),
        };
        let all = lowest.into_iter().chain(highest).chain(self.servers.iter().copied());
        let (low, high) = (all.clone().min(), all.max());
        if let (Some(lowest), Some(highest)) = (low, high)
            && lowest.minor != highest.minor
        {
            cluster.notices.push(Notice::VersionsDiffer { lowest, highest });
        }
    }
}

/// Where the source holds no Node at all, or fewer than a DaemonSet counts, nodes that pods name are added. Nothing is known
/// of such a node but what its pods say.
fn name_nodes_of_pods(cluster: &mut Cluster, is_covered: bool) {
    cluster.nodes.retain(|node| !node.unlisted);
    let listed = cluster.nodes.len();
    let desired = cluster.daemon_sets.iter().filter_map(|d| Some(d.status.as_ref()?.desired)).max().unwrap_or(0);
    // `kubectl get node NAME` beside the pods of all nodes. A server's whole list is never short.
    let is_short = listed > 0 && !is_covered && desired > listed as i64;
    if is_short {
        cluster.coverage.insert(Kind::Node, Coverage::Fewer { listed });
    } else if listed > 0 || cluster.coverage(Kind::Node).is_whole() {
        return;
    }
    let known: BTreeSet<&str> = cluster.nodes.iter().map(|node| node.name.as_str()).collect();
    let named = cluster.pods.iter().filter(|pod| !is_short || !pod.terminating).filter_map(Pod::node_or_target);
    let names: BTreeSet<&str> = named.map(|name| name.as_str()).filter(|name| !known.contains(name)).collect();
    let unlisted = |name: &&str| Node { name: Symbol::new(name), unlisted: true, ..Node::default() };
    cluster.nodes.extend(names.iter().map(unlisted));
    cluster.nodes.sort_by_key(|node| node.name.as_str());
}
