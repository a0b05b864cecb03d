//! What every DaemonSet's diagnosis looks up, found in one pass over the cluster.

use std::collections::HashMap;

use crate::model::Symbol;
use crate::store::{Cluster, PodIndex};

/// Events and orphans of a cluster.
#[derive(Debug, Default)]
pub struct Index {
    /// Places of events about pods, by namespace and name.
    pod_events: HashMap<(Symbol, Box<str>), Vec<u32>>,
    /// Places of events about pods, by namespace and what stands before the five letters of a generated name.
    named_after: HashMap<(Symbol, Box<str>), Vec<u32>>,
    /// Places of events about DaemonSets.
    daemon_set_events: HashMap<(Symbol, Box<str>), Vec<u32>>,
    /// Pods that have labels and no controller.
    pub orphans: Vec<PodIndex>,
    /// When the newest event was seen, seconds since 1970: what the others' age is measured by, since a saved cluster
    /// may not say when it was saved.
    pub newest_event: Option<i64>,
}

impl Index {
    /// Looks through the cluster once.
    pub fn of(cluster: &Cluster) -> Self {
        let mut index = Index::default();
        for (place, event) in cluster.events.iter().enumerate() {
            index.newest_event = index.newest_event.max(event.last_seen);
            // `SimpleNameGenerator` in apiserver/pkg/storage/names/generate.go v1.36.
            let generated = event.name.rsplit_once('-').filter(|(_, letters)| letters.len() == 5);
            if let Some((owner, _)) = generated.filter(|_| event.kind == *"Pod") {
                index.named_after.entry((event.namespace, owner.into())).or_default().push(place as u32);
            }
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

    /// Places of the events about a pod.
    pub fn events_of_pod(&self, namespace: Symbol, name: &str) -> &[u32] {
        self.pod_events.get(&(namespace, name.into())).map_or(&[], Vec::as_slice)
    }

    /// Places of the events about pods to which an owner of this name gives names, also of those that are gone.
    pub fn events_of_pods_named_after(&self, namespace: Symbol, owner: &str) -> &[u32] {
        self.named_after.get(&(namespace, owner.into())).map_or(&[], Vec::as_slice)
    }

    /// Places of the events about a DaemonSet.
    pub fn events_of_daemon_set(&self, namespace: Symbol, name: &str) -> &[u32] {
        self.daemon_set_events.get(&(namespace, name.into())).map_or(&[], Vec::as_slice)
    }
}
