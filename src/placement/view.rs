//! A cluster as one DaemonSet's new pod meets it.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::facts::{Cluster, Node, NodeIndex, Pod, PodIndex, Resources, Symbol, Version};

/// The cluster without what the DaemonSet itself has there.
pub struct View<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The version whose rules hold.
    pub version: Version,
    /// The DaemonSet's own pods by the node they are on.
    own: HashMap<NodeIndex, Vec<PodIndex>>,
    /// UID of the DaemonSet whose pods are not counted anywhere.
    gone: Option<Symbol>,
}

impl<'a> View<'a> {
    /// The cluster as it is.
    pub fn whole(cluster: &'a Cluster) -> Self {
        View { cluster, version: cluster.rules(), own: HashMap::new(), gone: None }
    }

    /// The cluster where pods of `owner` do not count on the node that is judged; with `everywhere` on no node.
    pub fn without(cluster: &'a Cluster, owner: Symbol, everywhere: bool) -> Self {
        let mut own: HashMap<NodeIndex, Vec<PodIndex>> = HashMap::new();
        for pod in cluster.owned_by(owner) {
            if let Some(node) = cluster.pod(*pod).counts_on().and_then(|name| cluster.node(name)) {
                own.entry(node).or_default().push(*pod);
            }
        }
        View { cluster, version: cluster.rules(), own, gone: everywhere.then_some(owner) }
    }

    /// The cluster in a rollout with surge: a pod of `owner` that is not ready goes before its node's new one is placed,
    /// unless nobody is there to end it; the others stay (`rollingUpdate`, pkg/controller/daemon/update.go, v1.36).
    pub fn surging(cluster: &'a Cluster, owner: Symbol) -> Self {
        let mut view = View::without(cluster, owner, false);
        view.own.retain(|node, pods| {
            pods.retain(|pod| !cluster.pod(*pod).ready);
            !pods.is_empty() && !cluster.nodes[*node as usize].is_silent()
        });
        view
    }

    /// Whether a pod counts on nodes other than its own.
    pub fn counts(&self, pod: &Pod) -> bool {
        self.gone.is_none() || pod.owner != self.gone
    }

    /// A node with its pods, but for the DaemonSet's own.
    pub fn node(&self, index: NodeIndex) -> NodeState<'_> {
        let node = &self.cluster.nodes[index as usize];
        let all = Cow::Borrowed(&self.cluster.requested[index as usize]);
        let mut state = NodeState { view: self, index, node, requested: all, hidden: Vec::new(), extra: Vec::new() };
        if let Some(own) = self.own.get(&index) {
            for pod in own {
                state.hide(*pod);
            }
        }
        state
    }

    /// Pods that count, with the node each is on.
    pub fn placed_pods(&self) -> impl Iterator<Item = (PodIndex, &'a Pod, &'a Node)> + '_ {
        let cluster = self.cluster;
        cluster.pods.iter().enumerate().filter_map(move |(index, pod)| {
            let node = cluster.node(pod.counts_on()?)?;
            self.counts(pod).then_some((index as PodIndex, pod, &cluster.nodes[node as usize]))
        })
    }
}

/// One node with what runs there, as the new pod meets it.
#[derive(Clone)]
pub struct NodeState<'v> {
    view: &'v View<'v>,
    /// The node's place.
    pub index: NodeIndex,
    /// The node.
    pub node: &'v Node,
    /// What its pods take.
    pub requested: Cow<'v, Resources>,
    /// Pods of the node that do not count: the DaemonSet's own, and victims of preemption.
    pub hidden: Vec<PodIndex>,
    /// Pods that count although they are not there yet: those nominated to the node.
    pub extra: Vec<PodIndex>,
}

impl<'v> NodeState<'v> {
    /// The pods that count.
    pub fn pods(&self) -> impl Iterator<Item = (PodIndex, &'v Pod)> + '_ {
        let cluster = self.view.cluster;
        let there = cluster.pods_on(self.index).iter().filter(|p| !self.hidden.contains(p));
        there.chain(&self.extra).map(|index| (*index, cluster.pod(*index)))
    }

    /// Takes a pod off the node.
    pub fn hide(&mut self, pod: PodIndex) {
        self.hidden.push(pod);
        let requested = self.requested.to_mut();
        requested.subtract(&self.view.cluster.pod(pod).requests);
        requested.pods -= 1;
    }

    /// Puts a hidden pod back.
    pub fn show(&mut self, pod: PodIndex) {
        self.hidden.retain(|p| *p != pod);
        let requested = self.requested.to_mut();
        requested.add(&self.view.cluster.pod(pod).requests);
        requested.pods += 1;
    }

    /// Puts a pod there that is nominated to it.
    pub fn nominate(&mut self, pod: PodIndex) {
        self.extra.push(pod);
        let requested = self.requested.to_mut();
        requested.add(&self.view.cluster.pod(pod).requests);
        requested.pods += 1;
    }

    /// The view that the node is part of.
    pub fn view(&self) -> &'v View<'v> {
        self.view
    }

    /// The node's value of a label.
    pub fn label(&self, key: Symbol) -> Option<Symbol> {
        self.node.labels.get(key)
    }
}
