//! A cluster as far as it was looked at.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use crate::model::admission_hook::{AdmissionPolicy, PolicyBinding, ServiceEndpoints, Webhook};
use crate::model::config_object::ConfigObject;
use crate::model::container_log::{ContainerLog, LogAnswer, LogKey};
use crate::model::daemonset::{DaemonSet, Event, Revision};
use crate::model::default_security::DefaultSecurity;
use crate::model::devices::{ResourceClaim, ResourceSlice};
use crate::model::hash::FastHash;
use crate::model::labels::{Labels, Selector};
use crate::model::node::Node;
use crate::model::pod::{Pod, Port};
use crate::model::policy::{
    DisruptionBudget, LimitRange, Namespace, PriorityClass, ResourceQuota, RuntimeClass, Workload,
};
use crate::model::rbac::{Binding, Role};
use crate::model::resources::Resources;
use crate::model::scc::SecurityContextConstraints;
use crate::model::storage::{
    Claim, CsiDriver, CsiNode, DeviceClass, PersistentVolume, StorageCapacity, StorageClass, VolumeAttachment,
};
use crate::model::wire::{Kind, ObjectError};
use crate::model::{Platform, Symbol, Taint, Version};
use crate::store::coverage::Coverage;
use crate::store::index::{Index, Key, NodeIndex, PodIndex};
use crate::store::node_columns::{Columns, LabelValues, NodeSummary};
use crate::store::pod_aggregation::UsageByPriority;

/// Something about the input that its reader should know.
#[derive(Debug, Clone)]
pub enum Notice {
    /// An object that could not be read.
    Unreadable(ObjectError),
    /// An object that was there more than once; the one with the newest resource version counts.
    Duplicate {
        /// Its kind.
        kind: Kind,
        /// Namespace and name, or name alone.
        name: String,
    },
    /// Objects of kinds that the doctor does not look at.
    Ignored {
        /// How many.
        count: u64,
    },
    /// Kubelets of different minor versions, or several snapshots of different servers.
    VersionsDiffer {
        /// The oldest.
        lowest: Version,
        /// The newest.
        highest: Version,
    },
}

/// Where the server's version was learnt from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionFrom {
    /// The user said so.
    Flag,
    /// The server, or a snapshot of it, said so.
    Server,
    /// The highest of the kubelets' versions.
    Kubelets,
    /// Nothing said so: the newest known.
    Assumed,
}

/// A cluster, sorted and indexed for the rules.
#[derive(Debug, Default)]
pub struct Cluster {
    /// Nodes by name, in byte order.
    pub nodes: Vec<Node>,
    /// Pods by namespace and name.
    pub pods: Vec<Pod>,
    /// What the pods of each node take.
    pub requested: Vec<Resources>,
    /// Host ports of pods that are known by their sums alone.
    pub ports_of_folded: HashSet<u16>,
    /// Namespaces.
    pub namespaces: HashMap<Symbol, Namespace>,
    /// Service accounts, each with the pull secrets that its pods get.
    pub service_accounts: HashMap<Key, Box<[Symbol]>>,
    /// ConfigMaps and Secrets.
    pub config_objects: HashMap<(Kind, Key), ConfigObject>,
    /// Priority classes.
    pub priority_classes: HashMap<Symbol, PriorityClass>,
    /// Runtime classes.
    pub runtime_classes: HashMap<Symbol, RuntimeClass>,
    /// Limit ranges by namespace.
    pub limit_ranges: HashMap<Symbol, Vec<LimitRange>>,
    /// Quotas by namespace.
    pub quotas: HashMap<Symbol, Vec<ResourceQuota>>,
    /// Claims.
    pub claims: HashMap<Key, Claim>,
    /// Volumes.
    pub volumes: HashMap<Symbol, PersistentVolume>,
    /// Storage classes.
    pub storage_classes: HashMap<Symbol, StorageClass>,
    /// CSI drivers by node.
    pub csi_nodes: HashMap<Symbol, CsiNode>,
    /// Attached volumes by node.
    pub attachments: HashMap<Symbol, Vec<VolumeAttachment>>,
    /// What drivers have left.
    pub capacities: Vec<StorageCapacity>,
    /// CSI drivers.
    pub csi_drivers: HashMap<Symbol, CsiDriver>,
    /// Device classes.
    pub device_classes: Vec<DeviceClass>,
    /// Claims for devices.
    pub resource_claims: HashMap<Key, ResourceClaim>,
    /// Templates of which pods get claims for devices.
    pub claim_templates: HashMap<Key, ResourceClaim>,
    /// The devices that drivers publish, by slice.
    pub resource_slices: HashMap<Symbol, ResourceSlice>,
    /// Webhooks that the API server asks.
    pub webhooks: Vec<Webhook>,
    /// Admission policies.
    pub admission_policies: Vec<AdmissionPolicy>,
    /// What puts the policies into force.
    pub policy_bindings: Vec<PolicyBinding>,
    /// What stands behind Services, by namespace and name.
    pub endpoints: HashMap<Key, ServiceEndpoints>,
    /// SecurityContextConstraints of OpenShift.
    pub constraints: HashMap<Symbol, SecurityContextConstraints>,
    /// Disruption budgets.
    pub budgets: Vec<DisruptionBudget>,
    /// DaemonSets by namespace and name.
    pub daemon_sets: Vec<DaemonSet>,
    /// The newest revision of each DaemonSet, by UID.
    pub revisions: HashMap<Symbol, Revision>,
    /// Pods that other documents given at the same time would have: inter-pod affinity counts these pods as if the pods
    /// ran.
    pub siblings: Vec<SiblingPods>,
    /// The other stored revisions of each DaemonSet, by UID, in no order.
    pub older_revisions: HashMap<Symbol, Vec<Revision>>,
    /// Who controls the pods that keep others away, by UID.
    pub controllers: HashMap<Symbol, Controller>,
    /// Other workloads.
    pub workloads: Vec<Workload>,
    /// Roles by namespace, and ClusterRoles, which have none.
    pub roles: HashMap<(Option<Symbol>, Symbol), Role>,
    /// RoleBindings by namespace, and ClusterRoleBindings, which have none.
    pub bindings: HashMap<(Option<Symbol>, Symbol), Binding>,
    /// Events about DaemonSets, pods and nodes.
    pub events: Vec<Event>,
    /// Logs that were asked for, or that a saved cluster holds.
    pub logs: HashMap<LogKey, LogAnswer>,
    /// What is known of each kind.
    pub coverage: BTreeMap<Kind, Coverage>,
    /// The version whose rules hold.
    pub version: Option<(Version, VersionFrom)>,
    /// Whose cluster it is.
    pub platform: Platform,
    /// The Pod Security level of namespaces without a label, where something shows it.
    pub default_security: Option<DefaultSecurity>,
    /// What the reader of the input should know.
    pub notices: Vec<Notice>,
    /// When the cluster was saved, seconds since 1970; nothing where it is read now, or the source does not say.
    pub taken_at: Option<i64>,
    /// Whether `snapshot` saved the objects, which leaves out commands, arguments and values of variables.
    pub is_reduced: bool,
    /// The lowest priority of any pod that takes room, 0 where there is none.
    pub lowest_priority: i32,
    pub(crate) server: Option<Version>,
    pub(crate) folded: Vec<UsageByPriority>,
    pub(crate) seen: Seen,
    pub(crate) hidden: HashSet<Symbol>,
    pub(crate) index: Index,
    pub(crate) columns: Columns,
    adoptions: HashMap<Symbol, Adoption, FastHash>,
}

/// The pods that a DaemonSet adopts once it is deployed.
#[derive(Debug)]
struct Adoption {
    namespace: Symbol,
    selector: Selector,
}

impl Adoption {
    fn takes(&self, pod: &Pod) -> bool {
        pod.owner.is_none()
            && !pod.terminating
            && pod.namespace == self.namespace
            && self.selector.matches(&pod.shape.labels)
    }
}

/// Pods that a document would have, one on each of some nodes.
#[derive(Debug, Clone)]
pub struct SiblingPods {
    /// The namespace of the pods.
    pub namespace: Symbol,
    /// The labels of each pod.
    pub labels: Labels,
    /// The nodes.
    pub nodes: Vec<NodeIndex>,
    /// UID of the running DaemonSet that the document replaces: its present pods leave.
    pub replaces: Option<Symbol>,
}

/// What a pod is controlled by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Controller {
    /// `ReplicaSet`, `StatefulSet` ...
    pub kind: Symbol,
    /// Its name, in the pod's namespace.
    pub name: Symbol,
}

/// Of which nodes the pods were looked at.
#[derive(Debug, Clone, Default)]
pub(crate) enum Seen {
    /// Of all, as far as the coverage of pods says.
    #[default]
    All,
    /// Of these.
    Nodes(HashSet<Symbol>),
}

impl Cluster {
    /// Returns the time of a saved cluster, seconds since 1970: when it was saved, else the newest report of a kubelet or
    /// event in it. With neither, a little after the newest transition, end of a container or creation, so that nothing
    /// passes for younger than it may be. `None` if the objects hold no time.
    pub fn saved_at(&self) -> Option<i64> {
        let heartbeats = self.nodes.iter().filter_map(|node| node.conditions.heartbeat);
        let events = self.events.iter().filter_map(|event| event.last_seen);
        self.taken_at.or_else(|| heartbeats.chain(events).max()).or_else(|| {
            /// More than the grace of young objects is by default, seconds.
            const MARGIN: i64 = 300;
            Some(self.newest_change()?.saturating_add(MARGIN))
        })
    }

    /// The newest transition, end of a container or creation.
    fn newest_change(&self) -> Option<i64> {
        let of_node = |node: &Node| [node.conditions.ready_since, node.created];
        let of_pod = |pod: &Pod| {
            let detail = pod.detail.as_deref();
            let ends = detail.into_iter().flat_map(|detail| &detail.containers);
            let finished = ends.filter_map(|container| container.terminated.as_ref()?.finished).max();
            let [ready, started] = [detail.and_then(|d| d.ready_since), detail.and_then(|d| d.started_last)];
            [pod.created, pod.started, ready, started, finished]
        };
        let revisions = self.revisions.values().map(|revision| revision.created);
        let created = self.daemon_sets.iter().map(|daemon_set| daemon_set.created).chain(revisions);
        let times = self.nodes.iter().flat_map(of_node).chain(self.pods.iter().flat_map(of_pod)).chain(created);
        times.flatten().max()
    }

    /// Returns the last lines of a container's log: of the run that is asked for, or where nothing of that run is left,
    /// of the other one. `None` if no line is known.
    pub fn log(&self, of: &LogKey) -> Option<&ContainerLog> {
        let read = |key: &LogKey| match self.logs.get(key) {
            Some(LogAnswer::Read(log)) => Some(log).filter(|log| log.lines.iter().any(|line| !line.trim().is_empty())),
            _ => None,
        };
        read(of).or_else(|| read(&of.of_other_run()))
    }

    /// What is known of a kind.
    pub fn coverage(&self, kind: Kind) -> &Coverage {
        self.coverage.get(&kind).unwrap_or(&Coverage::NotCollected)
    }

    /// The version whose rules hold: the nearest known to the server's.
    pub fn rules(&self) -> Version {
        self.version.map_or(Version::NEWEST, |(version, _)| version.nearest_known())
    }

    /// A node's place, by name.
    pub fn node(&self, name: Symbol) -> Option<NodeIndex> {
        self.index.nodes.get(&name).copied()
    }

    /// Whether the pods of a node were looked at.
    pub fn sees(&self, node: NodeIndex) -> bool {
        match &self.seen {
            Seen::All => true,
            Seen::Nodes(nodes) => nodes.contains(&self.nodes[node as usize].name),
        }
    }

    /// Whether the pods of every node were looked at.
    pub fn sees_all(&self) -> bool {
        matches!(self.seen, Seen::All)
    }

    /// Whether a DaemonSet of this namespace may have pods that are not here: nobody collected any, or the server would
    /// not list them.
    pub fn hides_pods_of(&self, namespace: Symbol) -> bool {
        *self.coverage(Kind::Pod) == Coverage::NotCollected || self.hidden.contains(&namespace)
    }

    /// What pods take of a node that are not known one by one, by their priority.
    pub fn folded_on(&self, node: NodeIndex) -> &[(i32, Resources)] {
        self.folded.get(node as usize).map_or(&[], Vec::as_slice)
    }

    /// The pods that take room on a node.
    pub fn pods_on(&self, node: NodeIndex) -> &[PodIndex] {
        let at = |i: usize| self.index.starts.get(i).map_or(0, |s| *s as usize);
        &self.index.on[at(node as usize)..at(node as usize + 1)]
    }

    /// Host ports in use on a node, with the pods that hold them.
    pub fn ports_on(&self, node: NodeIndex) -> &[(Port, PodIndex)] {
        self.index.ports.get(node as usize).map_or(&[], Vec::as_slice)
    }

    /// Pods that a controller owns, by its UID.
    pub fn owned_by(&self, uid: Symbol) -> &[PodIndex] {
        self.index.owned.get(&uid).map_or(&[], Vec::as_slice)
    }

    /// Lays over the cluster that a DaemonSet which is not deployed yet will adopt pods: those of its namespace that its
    /// selector matches, that nobody controls and nobody deletes (`ClaimPods`,
    /// pkg/controller/controller_ref_manager.go, v1.36). The pods stay as they are, so that another DaemonSet may be
    /// judged as their next owner as well. Returns the UID that stands for the owner; nothing where there is no such pod.
    pub fn adopt(&mut self, daemon_set: &DaemonSet) -> Option<Symbol> {
        if daemon_set.selector.is_empty() {
            return None;
        }
        let adoption = Adoption { namespace: daemon_set.namespace, selector: daemon_set.selector.clone() };
        let adopted = self.pods.iter().enumerate().filter(|(_, pod)| adoption.takes(pod));
        let adopted: Vec<PodIndex> = adopted.map(|(index, _)| index as PodIndex).collect();
        if adopted.is_empty() {
            return None;
        }
        let uid = Symbol::new(&format!("adopted by {}/{}", daemon_set.namespace, daemon_set.name));
        self.index.owned.insert(uid, adopted);
        self.adoptions.insert(uid, adoption);
        Some(uid)
    }

    /// Whether a pod's controller has this UID, or adopts the pod ([`Cluster::adopt`]).
    pub fn is_owned_by(&self, pod: &Pod, uid: Symbol) -> bool {
        match pod.owner {
            Some(owner) => owner == uid,
            None => self.adoptions.get(&uid).is_some_and(|adoption| adoption.takes(pod)),
        }
    }

    /// The class that claims get which name none: of several defaults the youngest, then the first by name
    /// (`GetDefaultClass`, `pkg/volume/util/storageclass.go`, v1.37).
    pub fn default_storage_class(&self) -> Option<&StorageClass> {
        let defaults = self.storage_classes.values().filter(|class| class.is_default);
        defaults.min_by_key(|class| (Reverse(class.created), class.name.as_str()))
    }

    /// Pods that wait for a node which preemption is freeing.
    pub fn nominated_to(&self, node: Symbol) -> &[PodIndex] {
        self.index.nominated.get(&node).map_or(&[], Vec::as_slice)
    }

    /// Whether any pod waits so.
    pub fn has_nominated(&self) -> bool {
        !self.index.nominated.is_empty()
    }

    /// Bound pods that require others to stay away from them.
    pub fn repellent_pods(&self) -> &[PodIndex] {
        &self.index.repellent
    }

    /// Bound pods that use a claim.
    pub fn claim_users(&self, claim: Key) -> &[PodIndex] {
        self.index.claim_users.get(&claim).map_or(&[], Vec::as_slice)
    }

    /// One pod.
    pub fn pod(&self, index: PodIndex) -> &Pod {
        &self.pods[index as usize]
    }

    /// One DaemonSet by namespace and name.
    pub fn daemon_set(&self, namespace: Symbol, name: Symbol) -> Option<&DaemonSet> {
        self.daemon_sets.iter().find(|d| d.namespace == namespace && d.name == name)
    }

    /// The values of a label, node by node.
    pub fn label_values(&self, key: Symbol) -> LabelValues<'_> {
        match self.columns.labels.get(&key) {
            Some(values) => LabelValues::Common(values),
            None => LabelValues::Rare(key, &self.nodes),
        }
    }

    /// Every list of taints that a node has, once: there are few, however many nodes there are.
    pub fn taint_lists(&self) -> impl Iterator<Item = &[Taint]> {
        self.columns.taint_lists.iter().map(|list| &**list)
    }

    /// A node at a glance.
    #[inline]
    pub fn glance(&self, node: NodeIndex) -> &NodeSummary {
        &self.columns.glances[node as usize]
    }
}
