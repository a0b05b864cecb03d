//! The pods of a DaemonSet by node, who uses up what the strategy allows, and what is replaced next.

use std::collections::HashMap;

use crate::model::daemonset::UpdateStrategy;
use crate::model::{DaemonSet, Node, Pod, Symbol};
use crate::rules::rollout::pod::{Availability, TemplateMark, counting_order};

/// How many nodes a rolling update may change at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// `maxUnavailable`: so many nodes may lack an available pod.
    Unavailable(i64),
    /// `maxSurge`: so many nodes may run a new pod beside an old one.
    Surge(i64),
}

impl Limit {
    /// Returns the limit for this many eligible nodes, shares rounded up (`updatedDesiredNodeCounts`); `None` for
    /// `OnDelete`. Where both fields come to 0, the controller takes `maxUnavailable: 1`.
    pub fn of(update: UpdateStrategy, desired: i64) -> Option<Self> {
        let UpdateStrategy::RollingUpdate { max_unavailable, max_surge } = update else { return None };
        Some(match update.surges() {
            true => Limit::Surge(max_surge.of(desired)),
            false => Limit::Unavailable(max_unavailable.of(desired).max(1)),
        })
    }

    /// The number of nodes.
    pub fn nodes(self) -> i64 {
        match self {
            Limit::Unavailable(nodes) | Limit::Surge(nodes) => nodes,
        }
    }

    /// Whether the new pod is created before the old one is deleted.
    pub fn is_surge(self) -> bool {
        matches!(self, Limit::Surge(_))
    }

    /// The field's name.
    pub fn field(self) -> &'static str {
        match self {
            Limit::Unavailable(_) => "maxUnavailable",
            Limit::Surge(_) => "maxSurge",
        }
    }
}

/// Why a node uses up one of what the strategy allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlockReason {
    /// The node has no pod.
    NotCreated,
    /// The pod is not bound to its node.
    Unscheduled,
    /// The pod is not ready.
    NotReady,
    /// The pod is ready, but not yet for `minReadySeconds`.
    NotYetAvailable,
    /// The node has more pods than the strategy knows what to do with: the controller deletes all but one first.
    Excess,
    /// The pod is being deleted, on a node that is ready.
    Terminating,
    /// The node is not ready.
    NodeNotReady,
    /// The node's kubelet rejected or evicted the pod, or the pod has ended.
    Rejected,
}

impl BlockReason {
    /// Returns why the pod is not available, whatever its node; `None` if the pod is available.
    pub fn of_pod(pod: &Pod, availability: Availability) -> Option<Self> {
        Some(match pod {
            pod if pod.terminating => BlockReason::Terminating,
            pod if pod.phase.has_ended() => BlockReason::Rejected,
            pod if pod.node.is_none() => BlockReason::Unscheduled,
            pod if availability.holds(pod) => return None,
            pod if pod.ready => BlockReason::NotYetAvailable,
            _ => BlockReason::NotReady,
        })
    }

    /// Whether the node is to blame rather than the new template.
    pub fn is_by_node(self) -> bool {
        matches!(self, BlockReason::NodeNotReady | BlockReason::Rejected)
    }
}

/// A node that uses up one of what the strategy allows.
#[derive(Debug, Clone, Copy)]
pub struct Blocker<'a> {
    /// Why.
    pub reason: BlockReason,
    /// The pod that is not available; `None` if the node has none.
    pub pod: Option<&'a Pod>,
}

/// What the controller does about the old pod of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replacement {
    /// The old pod is replaced at once: it is not available, or a new pod is available beside it.
    AtOnce,
    /// The old pod is available and waits until the strategy allows one more.
    InTurn,
    /// The new pod is created beside the old one, and is not available yet.
    UnderWay,
}

/// The pods of a DaemonSet on one node.
#[derive(Debug, Clone, Copy, Default)]
pub struct NodePods<'a> {
    /// The pod of the newest template.
    pub new: Option<&'a Pod>,
    /// The pod of an earlier template, or of an unknown one.
    pub old: Option<&'a Pod>,
    /// A pod that is being deleted and has not ended.
    pub terminating: Option<&'a Pod>,
    /// Whether there are several old or several new pods: the controller deletes all but one first.
    pub has_excess: bool,
}

impl<'a> NodePods<'a> {
    fn add(&mut self, pod: &'a Pod, mark: TemplateMark) {
        let place = match pod.terminating {
            // The controller has nothing to do with it any more (`getNodesToDaemonPods`).
            true if pod.phase.has_ended() => return,
            true => &mut self.terminating,
            false if mark.is_new(pod) => &mut self.new,
            false => &mut self.old,
        };
        match place {
            Some(known) => {
                self.has_excess |= !pod.terminating;
                if counting_order(pod, known).is_lt() {
                    *known = pod;
                }
            }
            None => *place = Some(pod),
        }
    }

    /// Whether the controller knows no pod there.
    pub fn is_empty(&self) -> bool {
        self.new.is_none() && self.old.is_none() && self.terminating.is_none()
    }

    /// The pods that are not being deleted.
    pub fn staying(&self) -> impl Iterator<Item = &'a Pod> + use<'a> {
        [self.new, self.old].into_iter().flatten()
    }
}

/// A rollout of a DaemonSet at one moment.
#[derive(Debug, Clone)]
pub struct Rollout<'a> {
    /// What tells new pods from old ones.
    pub mark: TemplateMark,
    /// How many nodes may change at a time; `None` for `OnDelete`.
    pub limit: Option<Limit>,
    /// What tells available pods from others.
    pub availability: Availability,
    pods: HashMap<Symbol, NodePods<'a>>,
}

impl<'a> Rollout<'a> {
    /// Sorts the DaemonSet's pods by node and template; `desired` is the number of eligible nodes, `now` in seconds since
    /// 1970.
    pub fn of(
        daemon_set: &DaemonSet,
        pods: impl Iterator<Item = &'a Pod>,
        mark: TemplateMark,
        desired: i64,
        now: i64,
    ) -> Self {
        let mut by_node: HashMap<Symbol, NodePods<'a>> = HashMap::new();
        for pod in pods {
            if let Some(node) = pod.node_or_target() {
                by_node.entry(node).or_default().add(pod, mark);
            }
        }
        Rollout {
            mark,
            limit: Limit::of(daemon_set.update, desired),
            availability: Availability { min_ready_seconds: daemon_set.min_ready_seconds, now },
            pods: by_node,
        }
    }

    /// The pods on a node.
    pub fn pods_on(&self, node: Symbol) -> NodePods<'a> {
        self.pods.get(&node).copied().unwrap_or_default()
    }

    /// The names of nodes with pods.
    pub fn nodes(&self) -> impl Iterator<Item = Symbol> {
        self.pods.keys().copied()
    }

    /// Whether a pod on the node is available.
    pub fn has_available(&self, node: Symbol) -> bool {
        self.pods_on(node).staying().any(|pod| self.availability.holds(pod))
    }

    /// Whether the node's kubelet is silent and no pod there is available: the old pod does not end, and a new one does
    /// not start.
    pub fn is_silent(&self, node: &Node, is_eligible: bool) -> bool {
        let counts = is_eligible || !self.pods_on(node.name).is_empty();
        counts && node.is_unreachable() && !self.has_available(node.name)
    }

    /// Returns why the node uses up one of what the strategy allows; `None` if it does not.
    pub fn blocker(&self, node: &Node, is_eligible: bool) -> Option<Blocker<'a>> {
        let pods = self.pods_on(node.name);
        let is_unavailable = |pod: &Pod| !self.availability.holds(pod);
        let pod = match self.limit? {
            Limit::Surge(_) => Some(pods.new.filter(|new| pods.old.is_some() && is_unavailable(new))?),
            Limit::Unavailable(_) if pods.is_empty() && !is_eligible => return None,
            // A new pod beside an old one is an excess here: the controller deletes one of them.
            Limit::Unavailable(_) => {
                let counts = pods.staying().min_by(|a, b| counting_order(a, b));
                let is_one = !pods.has_excess && (pods.new.is_none() || pods.old.is_none());
                if is_one && counts.is_some_and(|pod| !is_unavailable(pod)) {
                    return None;
                }
                counts.or(pods.terminating)
            }
        };
        let reason = match pod {
            _ if !node.is_ready() => BlockReason::NodeNotReady,
            None => BlockReason::NotCreated,
            Some(pod) => BlockReason::of_pod(pod, self.availability).unwrap_or(BlockReason::Excess),
        };
        Some(Blocker { reason, pod })
    }

    /// Returns what becomes of the old pod of the node; `None` if the node has none, or for `OnDelete`.
    pub fn replacement(&self, node: Symbol) -> Option<Replacement> {
        let pods = self.pods_on(node);
        let old = pods.old?;
        Some(match (self.limit?, pods.new) {
            _ if !self.availability.holds(old) => Replacement::AtOnce,
            (Limit::Surge(_), Some(new)) if self.availability.holds(new) => Replacement::AtOnce,
            (Limit::Surge(_), Some(_)) => Replacement::UnderWay,
            _ => Replacement::InTurn,
        })
    }
}
