//! Objects into a cluster: one after another, in any order, from whatever source.

mod add_pod;
mod default_security;
mod finish;
mod intern;
mod newest;
mod revisions;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::model::admission_hook::Webhook;
use crate::model::container_log::{LogAnswer, LogKey};
use crate::model::daemonset::DaemonSet;
use crate::model::hash::FastHash;
use crate::model::node::Node;
use crate::model::pod::PodShape;
use crate::model::resources::Resources;
use crate::model::wire::pod::WirePod;
use crate::model::wire::{Kind, Object, ObjectError, Read, read_object};
use crate::model::{Symbol, Version};
use crate::store::builder::revisions::add_revision;
use crate::store::cluster::{Cluster, Notice, Seen};
use crate::store::coverage::Coverage;
use crate::store::index::{Key, PodIndex};
use crate::store::pod_aggregation::{PodAggregator, RetainFilter, UsageByPriority};
use crate::store::taken::{Taken, TakenKind};

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
    /// Whether the source says itself how much of the nodes it holds.
    is_node_list_covered: bool,
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
        self.is_node_list_covered |= kind == Kind::Node;
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

    /// Adds what came of asking for a log.
    pub fn add_log(&mut self, key: LogKey, answer: LogAnswer) {
        self.cluster.logs.insert(key, answer);
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
                    add_revision(cluster, revision);
                }
                Kind::ControllerRevision
            }
            Object::Namespace(namespace) => {
                cluster.namespaces.insert(namespace.name, namespace);
                Kind::Namespace
            }
            Object::ServiceAccount(namespace, name, pull_secrets) => {
                cluster.service_accounts.insert((namespace, name), pull_secrets);
                Kind::ServiceAccount
            }
            Object::Config(kind, object) => {
                cluster.config_objects.insert((kind, (object.namespace, object.name)), object);
                kind
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
            Object::ResourceClaim(claim) => {
                cluster.resource_claims.insert((claim.namespace, claim.name), *claim);
                Kind::ResourceClaim
            }
            Object::ClaimTemplate(template) => {
                cluster.claim_templates.insert((template.namespace, template.name), *template);
                Kind::ResourceClaimTemplate
            }
            Object::ResourceSlice(slice) => {
                cluster.resource_slices.insert(slice.name, slice);
                Kind::ResourceSlice
            }
            Object::Budget(budget) => {
                cluster.budgets.push(budget);
                Kind::PodDisruptionBudget
            }
            Object::Webhooks(kind, webhooks) => {
                for webhook in webhooks {
                    let key = |w: &Webhook| (w.configuration, w.name, w.mutates);
                    if !cluster.webhooks.iter().any(|known| key(known) == key(&webhook)) {
                        cluster.webhooks.push(webhook);
                    }
                }
                kind
            }
            Object::AdmissionPolicy(kind, policy) => {
                cluster.admission_policies.push(policy);
                kind
            }
            Object::PolicyBinding(kind, binding) => {
                cluster.policy_bindings.push(binding);
                kind
            }
            Object::Endpoints(found) => {
                if let Some((service, part)) = found {
                    cluster.endpoints.entry(service).or_default().serving += part.serving;
                }
                Kind::EndpointSlice
            }
            Object::Constraints(constraints) => {
                cluster.constraints.insert(constraints.name, *constraints);
                Kind::SecurityContextConstraints
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
            Object::Role(kind, role) => {
                cluster.roles.insert((role.namespace, role.name), role);
                kind
            }
            Object::Binding(kind, binding) => {
                cluster.bindings.extend(binding.map(|binding| ((binding.namespace, binding.name), binding)));
                kind
            }
            Object::Snapshot(header) => {
                if let Some(version) = header.server_version.as_deref().and_then(Version::parse) {
                    self.server_version(version);
                }
                // Of several the newest: that is when the reader knew what is here.
                let taken = header.taken_at.as_deref().and_then(crate::model::time::parse);
                self.cluster.taken_at = self.cluster.taken_at.max(taken);
                self.cluster.is_reduced |= !header.looked_at.is_empty();
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
                // What cannot be read may be what a rule misses. Of nodes and pods the place is known.
                if error.namespace.is_empty() && kind != Kind::Node {
                    let why = format!("{} {} cannot be read", kind.resource(), error.name);
                    self.cluster.coverage.insert(kind, Coverage::Failed { why });
                }
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
                let is_copy = daemon_set.uid.is_some() && daemon_set.uid == existing.uid;
                if !self.partly && !is_copy {
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
}
