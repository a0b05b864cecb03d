//! A cluster as one DaemonSet's new pod meets it.

use crate::model::{Node, Pod, Resources, Symbol, Version};
use crate::store::{Cluster, Free, NodeIndex, NodeSummary, PodIndex};

/// The cluster without what the DaemonSet itself has there.
pub struct View<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The version whose rules hold.
    pub version: Version,
    /// The DaemonSet's own pods with the node each is on, by node.
    own: Vec<(NodeIndex, PodIndex)>,
    /// UID of the DaemonSet whose pods are not counted anywhere.
    gone: Option<Symbol>,
}

impl<'a> View<'a> {
    /// The cluster as it is.
    pub fn whole(cluster: &'a Cluster) -> Self {
        View { cluster, version: cluster.rules(), own: Vec::new(), gone: None }
    }

    /// The cluster where pods of `owner` do not count on the node that is judged; with `everywhere` on no node.
    pub fn without(cluster: &'a Cluster, owner: Symbol, everywhere: bool) -> Self {
        let on = |pod: &PodIndex| Some((cluster.node(cluster.pod(*pod).counts_on()?)?, *pod));
        let mut own: Vec<(NodeIndex, PodIndex)> = cluster.owned_by(owner).iter().filter_map(on).collect();
        own.sort_unstable();
        View { cluster, version: cluster.rules(), own, gone: everywhere.then_some(owner) }
    }

    /// The cluster in a rollout with surge: a pod of `owner` that is not ready goes before its node's new one is placed,
    /// unless nobody is there to end it; the others stay (`rollingUpdate`, pkg/controller/daemon/update.go, v1.36).
    pub fn surging(cluster: &'a Cluster, owner: Symbol) -> Self {
        let mut view = View::without(cluster, owner, false);
        view.own.retain(|(node, pod)| !cluster.pod(*pod).ready && !cluster.nodes[*node as usize].is_unreachable());
        view
    }

    /// Whether a pod counts on nodes other than its own.
    pub fn counts(&self, pod: &Pod) -> bool {
        self.gone.is_none_or(|owner| !self.cluster.is_owned_by(pod, owner))
    }

    /// The DaemonSet's own pods with the node each takes room of, by node.
    pub fn own(&self) -> &[(NodeIndex, PodIndex)] {
        &self.own
    }

    /// A node with its pods, but for the DaemonSet's own.
    #[inline]
    pub fn node(&self, index: NodeIndex) -> NodeState<'_> {
        let mut state = NodeState {
            view: self,
            index,
            node: &self.cluster.nodes[index as usize],
            glance: self.cluster.glance(index),
            changes: None,
        };
        if !self.own.is_empty() {
            let first = self.own.partition_point(|(node, _)| *node < index);
            let own = self.own[first..].iter().take_while(|(node, _)| *node == index);
            own.for_each(|(_, pod)| state.hide(*pod));
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
    /// What every pod asks of it.
    pub glance: &'v NodeSummary,
    changes: Option<Box<Changes>>,
}

/// What is other than in the cluster, on the few nodes where anything is.
#[derive(Clone)]
struct Changes {
    requested: Resources,
    hidden: Vec<PodIndex>,
    extra: Vec<PodIndex>,
}

impl<'v> NodeState<'v> {
    /// What the pods that count take.
    #[inline]
    pub fn requested(&self) -> &Resources {
        match &self.changes {
            Some(changes) => &changes.requested,
            None => &self.view.cluster.requested[self.index as usize],
        }
    }

    /// What the node has left.
    #[inline]
    pub fn free(&self) -> Free {
        match &self.changes {
            Some(changes) => Free::of(&self.node.allocatable, &changes.requested),
            None => self.glance.free,
        }
    }

    /// Pods of the node that do not count: the DaemonSet's own, and victims of preemption.
    pub fn hidden(&self) -> &[PodIndex] {
        self.changes.as_ref().map_or(&[], |changes| &changes.hidden)
    }

    /// Pods that count although they are not there yet: those nominated to the node.
    pub fn extra(&self) -> &[PodIndex] {
        self.changes.as_ref().map_or(&[], |changes| &changes.extra)
    }

    /// The pods that count.
    pub fn pods(&self) -> impl Iterator<Item = (PodIndex, &'v Pod)> + '_ {
        let cluster = self.view.cluster;
        let there = cluster.pods_on(self.index).iter().filter(|p| !self.hidden().contains(p));
        there.chain(self.extra()).map(|index| (*index, cluster.pod(*index)))
    }

    fn changes(&mut self) -> &mut Changes {
        let requested = &self.view.cluster.requested[self.index as usize];
        self.changes.get_or_insert_with(|| {
            Box::new(Changes { requested: requested.clone(), hidden: Vec::new(), extra: Vec::new() })
        })
    }

    /// Takes a pod off the node.
    pub fn hide(&mut self, pod: PodIndex) {
        let taken = &self.view.cluster.pod(pod).requests;
        let changes = self.changes();
        changes.hidden.push(pod);
        changes.requested.subtract(taken);
        changes.requested.pods -= 1;
    }

    /// Puts a hidden pod back.
    pub fn show(&mut self, pod: PodIndex) {
        let taken = &self.view.cluster.pod(pod).requests;
        let changes = self.changes();
        changes.hidden.retain(|p| *p != pod);
        changes.requested.add(taken);
        changes.requested.pods += 1;
    }

    /// Takes the pods of lower priority off the node that are not known one by one.
    pub fn hide_folded(&mut self, below: i32) {
        for (_, sum) in self.view.cluster.folded_on(self.index).iter().filter(|(priority, _)| *priority < below) {
            self.changes().requested.subtract(sum);
        }
    }

    /// Puts a pod there that is nominated to it.
    pub fn nominate(&mut self, pod: PodIndex) {
        let taken = &self.view.cluster.pod(pod).requests;
        let changes = self.changes();
        changes.extra.push(pod);
        changes.requested.add(taken);
        changes.requested.pods += 1;
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
