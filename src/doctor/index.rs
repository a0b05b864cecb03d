//! What every DaemonSet's diagnosis looks up, found in one pass over the cluster.

use std::collections::HashMap;

use crate::facts::{Cluster, PodIndex, Symbol};

/// Events, orphans and agents of a cluster.
#[derive(Debug, Default)]
pub struct Index {
    /// Places of events about pods, by namespace and name.
    pod_events: HashMap<(Symbol, Box<str>), Vec<u32>>,
    /// Places of events about DaemonSets.
    daemon_set_events: HashMap<(Symbol, Box<str>), Vec<u32>>,
    /// Pods that nobody controls and that have labels.
    pub orphans: Vec<PodIndex>,
    /// How many DaemonSets have a pod on each node.
    pub agents: Vec<u32>,
    /// How many DaemonSets have a pod anywhere.
    pub daemon_sets: usize,
    /// When the newest event was seen, seconds since 1970: what the others' age is measured by, since a saved cluster
    /// may not say when it was saved.
    pub newest_event: Option<i64>,
}

impl Index {
    /// Looks through the cluster once.
    pub fn of(cluster: &Cluster) -> Self {
        let mut index = Index { agents: vec![0; cluster.nodes.len()], ..Default::default() };
        for (place, event) in cluster.events.iter().enumerate() {
            index.newest_event = index.newest_event.max(event.last_seen);
            let events = match event.kind.as_str() {
                "Pod" => &mut index.pod_events,
                "DaemonSet" => &mut index.daemon_set_events,
                _ => continue,
            };
            events.entry((event.namespace, event.name.clone())).or_default().push(place as u32);
        }
        let mut owners: HashMap<Symbol, ()> = HashMap::new();
        for (place, pod) in cluster.pods.iter().enumerate() {
            match pod.owner {
                None if !pod.shape.labels.is_empty() => index.orphans.push(place as PodIndex),
                Some(owner) if pod.detail.is_some() => {
                    owners.insert(owner, ());
                    if let Some(node) = pod.counts_on().and_then(|name| cluster.node(name)) {
                        index.agents[node as usize] += 1;
                    }
                }
                _ => {}
            }
        }
        index.daemon_sets = owners.len();
        index
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
