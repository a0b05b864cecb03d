//! What every DaemonSet's diagnosis looks up, found in one pass over the cluster.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use crate::model::{DaemonSet, Symbol};
use crate::rules::controller;
use crate::rules::controller::Predicate;
use crate::store::{Cluster, NodeIndex, PodIndex};

/// Events, orphans and agents of a cluster.
#[derive(Debug, Default)]
pub struct Index {
    /// Places of events about pods, by namespace and name.
    pod_events: HashMap<(Symbol, Box<str>), Vec<u32>>,
    /// Places of events about DaemonSets.
    daemon_set_events: HashMap<(Symbol, Box<str>), Vec<u32>>,
    /// Pods that nobody controls and that have labels.
    pub orphans: Vec<PodIndex>,
    /// When the newest event was seen, seconds since 1970: what the others' age is measured by, since a saved cluster
    /// may not say when it was saved.
    pub newest_event: Option<i64>,
    crowd: OnceCell<AgentDensity>,
}

/// Where the cluster's DaemonSets belong: a node that most of them leave out is none for agents.
#[derive(Debug, Default)]
pub struct AgentDensity {
    /// How many DaemonSets want a pod on each node.
    pub agents: Vec<u32>,
    /// How many DaemonSets there are.
    pub daemon_sets: usize,
}

impl Index {
    /// Looks through the cluster once.
    pub fn of(cluster: &Cluster) -> Self {
        let mut index = Index::default();
        for (place, event) in cluster.events.iter().enumerate() {
            index.newest_event = index.newest_event.max(event.last_seen);
            let events = match event.kind.as_str() {
                "Pod" => &mut index.pod_events,
                "DaemonSet" => &mut index.daemon_set_events,
                _ => continue,
            };
            events.entry((event.namespace, event.name.clone())).or_default().push(place as u32);
        }
        let unowned = |place: &usize| {
            let pod = &cluster.pods[*place];
            pod.owner.is_none() && !pod.shape.labels.is_empty()
        };
        index.orphans = (0..cluster.pods.len()).filter(unowned).map(|place| place as PodIndex).collect();
        index
    }

    /// The age of events is measured by this time, seconds since 1970, where nothing newer is known.
    #[must_use]
    pub fn as_of(mut self, now: i64) -> Self {
        self.newest_event = self.newest_event.max(Some(now));
        self
    }

    /// Where the cluster's DaemonSets belong: by the controller's rule, and where a DaemonSet itself is not known, by
    /// where its pods are.
    pub fn crowd(&self, cluster: &Cluster) -> &AgentDensity {
        self.crowd.get_or_init(|| AgentDensity::of(cluster))
    }

    /// Places of the events about a pod.
    pub fn events_of_pod(&self, namespace: Symbol, name: &str) -> &[u32] {
        self.pod_events.get(&(namespace, name.into())).map_or(&[], Vec::as_slice)
    }

    /// Places of the events about a DaemonSet.
    pub fn events_of_daemon_set(&self, namespace: Symbol, name: &str) -> &[u32] {
        self.daemon_set_events.get(&(namespace, name.into())).map_or(&[], Vec::as_slice)
    }
}

impl AgentDensity {
    fn of(cluster: &Cluster) -> Self {
        let mut crowd = AgentDensity { agents: vec![0; cluster.nodes.len()], daemon_sets: cluster.daemon_sets.len() };
        for daemon_set in &cluster.daemon_sets {
            crowd.add(cluster, daemon_set);
        }
        let known: HashSet<Symbol> = cluster.daemon_sets.iter().filter_map(|d| d.uid).collect();
        let mut strangers: HashSet<Symbol> = HashSet::new();
        let mut places: HashSet<(Symbol, NodeIndex)> = HashSet::new();
        for pod in cluster.pods.iter().filter(|pod| pod.detail.is_some()) {
            let Some(owner) = pod.owner.filter(|owner| !known.contains(owner)) else { continue };
            strangers.insert(owner);
            places.extend(pod.counts_on().and_then(|name| cluster.node(name)).map(|node| (owner, node)));
        }
        crowd.daemon_sets += strangers.len();
        for (_, node) in places {
            crowd.agents[node as usize] += 1;
        }
        crowd
    }

    fn add(&mut self, cluster: &Cluster, daemon_set: &DaemonSet) {
        let template = &daemon_set.template.spec;
        let predicate = Predicate::prepare(cluster, template, &controller::tolerations(template));
        let mut exclusions = Vec::new();
        for (node, agents) in self.agents.iter_mut().enumerate() {
            exclusions.clear();
            predicate.exclusions(node as NodeIndex, &mut exclusions);
            *agents += u32::from(exclusions.is_empty());
        }
    }
}
