//! Objects into a cluster: one after another, in any order, from whatever source.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::model::daemonset::DaemonSet;
use crate::model::hash::FastHash;
use crate::model::node::Node;
use crate::model::pod::{Pod, PodShape};
use crate::model::resources::Resources;
use crate::model::wire::pod::WirePod;
use crate::model::wire::{Kind, Object, ObjectError, Read, read_object};
use crate::model::{Symbol, Version};
use crate::store::cluster::{Cluster, Controller, Coverage, Notice, Seen, VersionFrom};
use crate::store::index::{Index, Key, NodeIndex, PodIndex};
use crate::store::node_columns::Columns;
use crate::store::pod_aggregation::{PodAggregator, RetainFilter, UsageByPriority};

/// Collects objects into a [`Cluster`], in any order, in one pass.
#[derive(Default)]
pub struct Builder {
    cluster: Cluster,
    node_versions: Vec<u64>,
    pod_versions: Vec<u64>,
    daemon_set_versions: HashMap<Key, u64>,
    resizing: Vec<(PodIndex, Box<WirePod>)>,
    shapes: HashSet<Arc<PodShape>, FastHash>,
    blank: Arc<PodShape>,
    sums: HashSet<Arc<Resources>, FastHash>,
    unreadable_pods: Vec<(Symbol, Box<str>)>,
    server: Option<Version>,
    servers: Vec<Version>,
    ignored: u64,
    overlaying: bool,
    /// Whether what is read is asked for bit by bit, so that an object may well come twice.
    partly: bool,
    fold: Option<PodAggregator>,
    folded: HashMap<Symbol, UsageByPriority>,
}

impl Builder {
    /// An empty cluster.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads one object that the text begins with and adds it, unless neither it nor the list says its kind.
    ///
    /// # Errors
    /// As [`read_object`]; nothing was added then.
    pub fn read(&mut self, json: &[u8], list: Option<(&str, &str)>) -> Result<Taken, serde_json::Error> {
        self.read_if(json, list, |_| true)
    }

    /// As [`Builder::read`], but adds only what passes.
    ///
    /// # Errors
    /// As there.
    pub fn read_if(
        &mut self,
        json: &[u8],
        list: Option<(&str, &str)>,
        passes: impl FnOnce(&Object) -> bool,
    ) -> Result<Taken, serde_json::Error> {
        let Read { object, bytes } = read_object(json, list)?;
        let kind = match &object {
            Object::Kindless => return Ok(Taken { bytes, kind: TakenKind::Kindless }),
            Object::Ignored => TakenKind::Ignored,
            _ => TakenKind::Known,
        };
        if passes(&object) {
            self.add(object);
        }
        Ok(Taken { bytes, kind })
    }

    /// What is read is asked for bit by bit: pods are seen only of those nodes that [`Builder::saw_pods_on`] names.
    pub fn look_partly(&mut self) {
        self.partly = true;
        self.cluster.seen = Seen::Nodes(HashSet::new());
    }

    /// Says that all pods of a node are here.
    pub fn saw_pods_on(&mut self, node: Symbol) {
        if let Seen::Nodes(nodes) = &mut self.cluster.seen {
            nodes.insert(node);
        }
    }

    /// A builder that holds of the pods it reads only what `keep` asks for; the others become sums of their nodes.
    pub fn folding(keep: RetainFilter) -> Self {
        Builder { fold: Some(PodAggregator::new(keep)), partly: true, ..Default::default() }
    }

    /// Takes the pods of every node from a builder that read them, in place of those that are here.
    pub fn take_all_pods(&mut self, other: Builder) {
        self.cluster.pods = other.cluster.pods;
        self.cluster.controllers.extend(other.cluster.controllers);
        self.cluster.notices.extend(other.cluster.notices);
        self.cluster.seen = Seen::All;
        self.pod_versions = other.pod_versions;
        self.resizing = other.resizing;
        self.unreadable_pods.extend(other.unreadable_pods);
        (self.fold, self.folded) = (other.fold, other.folded);
    }

    /// Says that the pods of a namespace are not here, not even those that a DaemonSet there owns.
    pub fn hides_pods_of(&mut self, namespace: Symbol) {
        self.cluster.hidden.insert(namespace);
    }

    /// What was read so far: single objects can be looked up, but nothing is in order, and no node knows its pods.
    pub fn so_far(&self) -> &Cluster {
        &self.cluster
    }

    /// Goes on with a cluster that was finished.
    pub fn reopen(mut cluster: Cluster) -> Self {
        let names = cluster.nodes.iter().map(|node| node.name);
        let folded = names.zip(std::mem::take(&mut cluster.folded)).filter(|(_, sums)| !sums.is_empty()).collect();
        let server = cluster.server;
        cluster.notices.retain(|notice| !matches!(notice, Notice::VersionsDiffer { .. } | Notice::Ignored { .. }));
        let key = |d: &DaemonSet| (d.namespace, d.name);
        Builder {
            node_versions: vec![0; cluster.nodes.len()],
            pod_versions: vec![0; cluster.pods.len()],
            daemon_set_versions: cluster.daemon_sets.iter().map(|d| (key(d), 0)).collect(),
            servers: server.into_iter().collect(),
            server,
            partly: true,
            folded,
            cluster,
            ..Default::default()
        }
    }

    /// From now on objects lie over the cluster: they replace those of the same name, and say nothing of what
    /// else there is of their kind.
    pub fn overlay(&mut self) {
        self.overlaying = true;
    }

    /// Says what is known of a kind, where the source knows better than by what it holds.
    pub fn cover(&mut self, kind: Kind, coverage: Coverage) {
        self.cluster.coverage.insert(kind, coverage);
    }

    /// Says what came of asking for a part of a kind. The kind is known as far as it was asked for, unless a part of
    /// it was refused.
    pub fn cover_part(&mut self, kind: Kind, coverage: Coverage) {
        let known = self.cluster.coverage.entry(kind).or_default();
        if matches!(known, Coverage::NotCollected | Coverage::Whole) {
            *known = coverage;
        }
    }

    /// Says which version the server has.
    pub fn server_version(&mut self, version: Version) {
        self.servers.push(version);
        self.server = self.server.max(Some(version));
    }

    /// Adds one object.
    pub fn add(&mut self, object: Object) {
        let cluster = &mut self.cluster;
        let kind = match object {
            Object::Node(node, version) => {
                cluster.nodes.push(node);
                self.node_versions.push(version);
                Kind::Node
            }
            Object::Pod(wire) => {
                self.add_pod(wire);
                Kind::Pod
            }
            Object::DaemonSet(daemon_set, version) => {
                self.add_daemon_set(*daemon_set, version);
                Kind::DaemonSet
            }
            Object::Revision(revision) => {
                if let Some(revision) = revision {
                    let newest = cluster.revisions.entry(revision.owner).or_insert_with(|| revision.clone());
                    if revision.number > newest.number {
                        *newest = revision;
                    }
                }
                Kind::ControllerRevision
            }
            Object::Namespace(namespace) => {
                cluster.namespaces.insert(namespace.name, namespace);
                Kind::Namespace
            }
            Object::ServiceAccount(namespace, name) => {
                cluster.service_accounts.insert((namespace, name));
                Kind::ServiceAccount
            }
            Object::PriorityClass(class) => {
                cluster.priority_classes.insert(class.name, class);
                Kind::PriorityClass
            }
            Object::RuntimeClass(class) => {
                cluster.runtime_classes.insert(class.name, class);
                Kind::RuntimeClass
            }
            Object::LimitRange(range) => {
                let ranges = cluster.limit_ranges.entry(range.namespace).or_default();
                ranges.retain(|r| r.name != range.name);
                ranges.push(range);
                Kind::LimitRange
            }
            Object::ResourceQuota(quota) => {
                let quotas = cluster.quotas.entry(quota.namespace).or_default();
                quotas.retain(|q| q.name != quota.name);
                quotas.push(quota);
                Kind::ResourceQuota
            }
            Object::Claim(claim) => {
                cluster.claims.insert((claim.namespace, claim.name), claim);
                Kind::PersistentVolumeClaim
            }
            Object::Volume(volume) => {
                cluster.volumes.insert(volume.name, volume);
                Kind::PersistentVolume
            }
            Object::StorageClass(class) => {
                cluster.storage_classes.insert(class.name, class);
                Kind::StorageClass
            }
            Object::CsiNode(node) => {
                cluster.csi_nodes.insert(node.name, node);
                Kind::CSINode
            }
            Object::Attachment(attachment) => {
                cluster.attachments.entry(attachment.node).or_default().push(attachment);
                Kind::VolumeAttachment
            }
            Object::Capacity(capacity) => {
                cluster.capacities.push(capacity);
                Kind::CSIStorageCapacity
            }
            Object::CsiDriver(driver) => {
                cluster.csi_drivers.insert(driver.name, driver);
                Kind::CSIDriver
            }
            Object::DeviceClass(class) => {
                cluster.device_classes.push(class);
                Kind::DeviceClass
            }
            Object::Budget(budget) => {
                cluster.budgets.push(budget);
                Kind::PodDisruptionBudget
            }
            Object::Event(event) => {
                const MOST_EVENTS: usize = 200_000;
                cluster.events.extend(event.filter(|_| cluster.events.len() < MOST_EVENTS));
                Kind::Event
            }
            Object::Workload(kind, workload) => {
                cluster.workloads.extend(workload);
                kind
            }
            Object::Snapshot(header) => {
                if let Some(version) = header.server_version.as_deref().and_then(Version::parse) {
                    self.server_version(version);
                }
                // Of several the newest: that is when the reader knew what is here.
                let taken = header.taken_at.as_deref().and_then(crate::model::time::parse);
                self.cluster.taken_at = self.cluster.taken_at.max(taken);
                for resource in &header.looked_at {
                    if let Some(kind) = Kind::all().find(|k| k.resource() == resource) {
                        self.cover(kind, Coverage::Whole);
                    }
                }
                for missing in header.not_checked {
                    if let Some(kind) = Kind::all().find(|k| k.resource() == missing.resource) {
                        self.cover(kind, Coverage::Failed { why: missing.why });
                    }
                }
                return;
            }
            Object::Ignored | Object::Kindless => {
                self.ignored += u64::from(!self.overlaying);
                return;
            }
            Object::Bad(error) => {
                self.add_unreadable(&error);
                let kind = error.kind;
                self.cluster.notices.push(Notice::Unreadable(error));
                kind
            }
        };
        if !self.overlaying {
            self.cluster.coverage.entry(kind).or_insert(Coverage::Whole);
        }
    }

    fn add_unreadable(&mut self, error: &ObjectError) {
        match error.kind {
            Kind::Node => {
                let why = Some(error.error.as_str().into());
                self.cluster.nodes.push(Node { name: Symbol::new(&error.name), unreadable: why, ..Default::default() });
                self.node_versions.push(0);
            }
            Kind::Pod => {
                let why = format!("pod {}/{} on it cannot be read: {}", error.namespace, error.name, error.error);
                self.unreadable_pods.extend(error.node.map(|node| (node, why.into())));
            }
            _ => {}
        }
    }

    fn add_daemon_set(&mut self, daemon_set: DaemonSet, version: u64) {
        let key = (daemon_set.namespace, daemon_set.name);
        let seen = self.daemon_set_versions.insert(key, version);
        let all = &mut self.cluster.daemon_sets;
        match (seen, all.iter_mut().find(|d| (d.namespace, d.name) == key)) {
            (Some(seen), Some(existing)) => {
                if !self.partly {
                    let name = format!("{}/{}", key.0, key.1);
                    self.cluster.notices.push(Notice::Duplicate { kind: Kind::DaemonSet, name });
                }
                if version >= seen {
                    *existing = daemon_set;
                } else {
                    self.daemon_set_versions.insert(key, seen);
                }
            }
            _ => all.push(daemon_set),
        }
    }

    fn add_pod(&mut self, mut wire: Box<WirePod>) {
        let labels = wire.metadata.labels();
        let controller = wire.metadata.owner_references.take_controller();
        let asked_for = |uid: Option<Symbol>| match &self.fold {
            Some(fold) => uid.is_some_and(|uid| fold.keep.owners.contains(&uid)),
            None => true,
        };
        let of_daemon_set = controller.as_ref().is_some_and(|o| *o.kind == *"DaemonSet" && asked_for(o.uid));
        // One that a DaemonSet left behind is still meant for its node.
        let is_whole = of_daemon_set || controller.is_none();
        let target = if is_whole { wire.spec.take_pin() } else { None };
        let status = std::mem::take(&mut wire.status);
        let spec_wire = std::mem::take(&mut wire.spec);
        let node = spec_wire.node_name.filter(|n| !n.as_str().is_empty());
        let mut spec = if is_whole { spec_wire.narrow(&labels) } else { spec_wire.narrow_felt(&labels) };
        spec.node_name = None;
        // Which version's rule holds for a pod that is being resized is known only at the end.
        let requests = status.requests(&spec, Version::OLDEST);
        let differs = |minor| status.requests(&spec, Version { minor, ..Version::OLDEST }) != requests;
        let resized = status.is_resizing(&spec) && [36, 37].into_iter().any(differs);
        if !is_whole && !resized {
            for container in spec.containers.iter_mut().chain(&mut spec.init_containers) {
                container.resources = Default::default();
                container.name = Symbol::default();
            }
        }
        let detail = of_daemon_set.then(|| {
            let mut detail = status.clone().detail();
            detail.deleted = wire.metadata.deletion_timestamp.0;
            detail.finalizers = std::mem::take(&mut wire.metadata.finalizers.0);
            detail.finalizers.truncate(MOST_FINALIZERS);
            Box::new(detail)
        });
        let mut pod = Pod {
            namespace: *wire.metadata.namespace,
            name: std::mem::take(&mut wire.metadata.name.0).into(),
            node,
            target,
            nominated: status.nominated(),
            owner: controller.as_ref().and_then(|o| o.uid),
            phase: status.phase(),
            terminating: wire.metadata.deletion_timestamp.0.is_some(),
            ready: status.is_ready(),
            priority: spec.priority.unwrap_or(0),
            created: wire.metadata.creation_timestamp.0,
            started: status.started(),
            requests: intern(&mut self.sums, requests),
            shape: Arc::clone(&self.blank),
            detail,
        };
        let shape = PodShape { labels, spec };
        if let Some(fold) = self.fold.as_mut().filter(|fold| !resized && !fold.keep.keeps(&pod, &shape)) {
            fold.add(pod, &shape);
            return;
        }
        if let (Some(owner), Some(uid), false) = (&controller, pod.owner, shape.spec.pod_anti_affinity.is_empty()) {
            let controller = Controller { kind: owner.kind.0, name: Symbol::new(&owner.name) };
            self.cluster.controllers.insert(uid, controller);
        }
        pod.shape = intern(&mut self.shapes, shape);
        self.pod_versions.push(wire.metadata.resource_version.0);
        if resized {
            wire.status = status;
            self.resizing.push((self.cluster.pods.len() as PodIndex, wire));
        }
        self.cluster.pods.push(pod);
    }

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
        let nodes = std::mem::take(&mut cluster.nodes);
        let (nodes, twice) = newest(nodes, &self.node_versions, |node| (node.name.as_str(), ""));
        cluster.nodes = nodes;
        let twice = twice.into_iter().filter(|_| !partly);
        cluster.notices.extend(twice.map(|name| Notice::Duplicate { kind: Kind::Node, name }));
        let pods = std::mem::take(&mut cluster.pods);
        let (pods, twice) = newest(pods, &self.pod_versions, |pod| (pod.namespace.as_str(), pod.name.as_ref()));
        cluster.pods = pods;
        let twice = twice.into_iter().filter(|_| !partly);
        cluster.notices.extend(twice.map(|name| Notice::Duplicate { kind: Kind::Pod, name }));
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

/// What became of one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// How many bytes the object had, with the white space before it.
    pub bytes: usize,
    /// Whether it was of use.
    pub kind: TakenKind,
}

/// Whether an object was of use to whoever took it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakenKind {
    /// Of a kind that it reads.
    Known,
    /// Of a kind that it has no use for.
    Ignored,
    /// It says no kind, and the list (so far) tells none; nothing was recorded.
    Kindless,
}

/// So many finalizers of a pod are kept; more is not what holds pods in earnest.
const MOST_FINALIZERS: usize = 8;

fn intern<T: Eq + std::hash::Hash>(set: &mut HashSet<Arc<T>, FastHash>, value: T) -> Arc<T> {
    if let Some(held) = set.get(&value) {
        return Arc::clone(held);
    }
    let held = Arc::new(value);
    set.insert(Arc::clone(&held));
    held
}

/// Sorts objects by name and keeps of each name the one with the newest resource version; the names that were
/// there more than once are given back.
fn newest<T>(
    objects: Vec<T>,
    versions: &[u64],
    name: impl for<'a> Fn(&'a T) -> (&'a str, &'a str),
) -> (Vec<T>, Vec<String>) {
    // What an API server gives stands in this order already.
    if objects.is_sorted_by(|a, b| name(a) < name(b)) {
        return (objects, Vec::new());
    }
    let mut order: Vec<u32> = (0..objects.len() as u32).collect();
    order.sort_by(|a, b| {
        let key = |i: &u32| name(&objects[*i as usize]);
        key(a).cmp(&key(b)).then(versions[*b as usize].cmp(&versions[*a as usize])).then(b.cmp(a))
    });
    let mut twice = Vec::new();
    let mut keep: Vec<u32> = Vec::with_capacity(order.len());
    for index in order {
        match keep.last() {
            Some(last) if name(&objects[*last as usize]) == name(&objects[index as usize]) => {
                let (first, second) = name(&objects[index as usize]);
                twice.push(if second.is_empty() { first.to_owned() } else { format!("{first}/{second}") });
            }
            _ => keep.push(index),
        }
    }
    twice.dedup();
    if twice.is_empty() {
        // There may be many, and room for them twice would be the most that is ever held.
        let mut objects = objects;
        for place in 0..keep.len() {
            // What stood there first may have been moved on already, to where its own place was filled from.
            let mut from = keep[place] as usize;
            while from < place {
                from = keep[from] as usize;
            }
            objects.swap(place, from);
        }
        return (objects, twice);
    }
    let mut min_pods: Vec<Option<T>> = objects.into_iter().map(Some).collect();
    (keep.into_iter().filter_map(|i| min_pods[i as usize].take()).collect(), twice)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::store::builder::newest;

    proptest! {
        /// In whatever order they come, and however often: the newest of each name, by name.
        #[test]
        fn the_newest_of_each_name_stands_in_order(objects in prop::collection::vec((0u8..40, 0u64..5), 0..60)) {
            let named: Vec<(String, u64)> = objects.iter().map(|(name, version)| (format!("{name:02}"), *version)).collect();
            let versions: Vec<u64> = named.iter().map(|(_, version)| *version).collect();
            let mut expected = std::collections::BTreeMap::new();
            for (name, version) in &named {
                let newest = expected.entry(name.clone()).or_insert(*version);
                *newest = (*newest).max(*version);
            }
            let more = named.len() > expected.len();
            let (found, twice) = newest(named, &versions, |object| (object.0.as_str(), ""));
            prop_assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
            prop_assert_eq!(!twice.is_empty(), more);
        }
    }
}
