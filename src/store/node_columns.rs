//! Nodes side by side: what every DaemonSet asks of every node, laid out so that it is found without a search.

use std::collections::HashMap;

use crate::model::hash::FastHash;
use crate::model::{Node, Resources, Symbol, Taint};
use crate::store::index::NodeIndex;

/// A label that one node in so many has is laid out in a column; together the columns then hold at most so many times
/// what the nodes' own labels hold.
const COMMON: usize = 8;

/// The columns of a cluster's nodes.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    pub labels: HashMap<Symbol, Box<[Option<Symbol>]>, FastHash>,
    pub taint_lists: Vec<Box<[Taint]>>,
    pub glances: Box<[NodeSummary]>,
}

/// What every pod asks of a node, at a glance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeSummary {
    /// What it has left.
    pub free: Free,
    /// Which of [`taint_lists`](crate::store::Cluster::taint_lists) it has.
    pub taints: u32,
    /// Whether it is cordoned.
    pub cordoned: bool,
    /// Whether it could not be read.
    pub unreadable: bool,
    /// Whether it says of itself that something is wrong.
    pub troubled: bool,
}

/// What a node has left: what it has, less what its pods take. Less than nothing where it is overcommitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Free {
    /// Millicores.
    pub milli_cpu: i64,
    /// Bytes.
    pub memory: i64,
    /// Bytes.
    pub ephemeral_storage: i64,
    /// How many pods more.
    pub pods: i64,
}

impl Free {
    /// What is left of what a node has.
    pub fn of(allocatable: &Resources, requested: &Resources) -> Self {
        Free {
            milli_cpu: allocatable.milli_cpu.saturating_sub(requested.milli_cpu),
            memory: allocatable.memory.saturating_sub(requested.memory),
            ephemeral_storage: allocatable.ephemeral_storage.saturating_sub(requested.ephemeral_storage),
            pods: allocatable.pods.saturating_sub(requested.pods),
        }
    }

    /// Whether a pod that asks for so much fits. One that asks for other resources, or for nothing of what there is
    /// too little of, may fit although this says no.
    #[inline]
    pub fn holds(&self, asked: &Resources) -> bool {
        self.pods >= 1
            && asked.milli_cpu <= self.milli_cpu
            && asked.memory <= self.memory
            && asked.ephemeral_storage <= self.ephemeral_storage
            && asked.scalar.is_empty()
    }
}

impl Columns {
    pub(crate) fn of(nodes: &[Node], requested: &[Resources]) -> Self {
        let mut counts: HashMap<Symbol, usize, FastHash> = HashMap::default();
        for (key, _) in nodes.iter().flat_map(|node| node.labels.iter()) {
            *counts.entry(key).or_default() += 1;
        }
        counts.retain(|_, count| *count * COMMON >= nodes.len());
        let mut labels: HashMap<Symbol, Box<[Option<Symbol>]>, FastHash> =
            counts.into_keys().map(|key| (key, vec![None; nodes.len()].into())).collect();
        let mut lists: HashMap<&[Taint], u32, FastHash> = HashMap::default();
        let mut glances = Vec::with_capacity(nodes.len());
        for (index, (node, requested)) in nodes.iter().zip(requested).enumerate() {
            for (key, value) in node.labels.iter() {
                if let Some(column) = labels.get_mut(&key) {
                    column[index] = Some(value);
                }
            }
            let next = lists.len() as u32;
            glances.push(NodeSummary {
                free: Free::of(&node.allocatable, requested),
                taints: *lists.entry(&node.taints).or_insert(next),
                cordoned: node.unschedulable,
                unreadable: node.unreadable.is_some() || node.unlisted,
                troubled: !node.conditions.troubles.is_empty(),
            });
        }
        let mut taint_lists: Vec<Box<[Taint]>> = vec![Box::default(); lists.len()];
        for (list, place) in lists {
            taint_lists[place as usize] = list.into();
        }
        Columns { labels, taint_lists, glances: glances.into() }
    }
}

/// The values of one label, node by node.
#[derive(Debug, Clone, Copy)]
pub enum LabelValues<'a> {
    /// Of one that many nodes have.
    Common(&'a [Option<Symbol>]),
    /// Of one that few have: looked up on each.
    Rare(Symbol, &'a [Node]),
}

impl LabelValues<'_> {
    /// The value on a node.
    #[inline]
    pub fn on(&self, node: NodeIndex) -> Option<Symbol> {
        match self {
            LabelValues::Common(values) => values[node as usize],
            LabelValues::Rare(key, nodes) => nodes[node as usize].labels.get(*key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Effect;
    use crate::model::wire::Object;
    use crate::store::Builder;

    #[test]
    fn columns_say_what_the_nodes_say() {
        let mut builder = Builder::new();
        for i in 0..40 {
            let name = format!("n{i:02}");
            let mut labels = vec![("os", "linux"), ("name", name.as_str())];
            labels.extend((i % 3 == 0).then_some(("pool", "a")));
            labels.extend((i == 7).then_some(("rare", "x")));
            let taint = Taint { key: "t".into(), value: "".into(), effect: Effect::NoSchedule };
            let taints = if i % 4 == 0 { [taint].into() } else { [].into() };
            let node = Node {
                name: name.as_str().into(),
                labels: labels.into_iter().collect(),
                taints,
                unschedulable: i == 3,
                unreadable: (i == 4).then(|| "why".into()),
                ..Node::default()
            };
            builder.add(Object::Node(node, 1));
        }
        let cluster = builder.finish(None);
        assert!(matches!(cluster.label_values("pool".into()), LabelValues::Common(_)));
        assert!(matches!(cluster.label_values("rare".into()), LabelValues::Rare(..)));
        let lists: Vec<&[Taint]> = cluster.taint_lists().collect();
        assert_eq!(lists.len(), 2);
        for (index, node) in cluster.nodes.iter().enumerate() {
            for key in ["os", "name", "pool", "rare", "none"] {
                let key = Symbol::new(key);
                assert_eq!(cluster.label_values(key).on(index as NodeIndex), node.labels.get(key), "{key} {index}");
            }
            let glance = cluster.glance(index as NodeIndex);
            assert_eq!(lists[glance.taints as usize], &*node.taints);
            assert_eq!((glance.cordoned, glance.unreadable), (node.unschedulable, node.unreadable.is_some()));
        }
    }
}
