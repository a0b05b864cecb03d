//! Pods: what a pod asks of a node, and what a pod of the cluster is doing there.

use std::sync::Arc;

use crate::model::Symbol;
use crate::model::affinity::NodeAffinity;
use crate::model::devices::PodClaim;
use crate::model::labels::{Labels, Selector};
use crate::model::resources::{ResourceList, Resources};
use crate::model::storage::Claim;
use crate::model::taint::Toleration;

pub use crate::model::pod_resources::{
    containers_aggregate, is_pod_level_resource, pod_limits, pod_requests, without_overhead,
};

/// What placement looks at in a pod's spec, whether it is a template's or a running pod's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct PodSpec {
    /// The node that the author named, which takes the scheduler out of it.
    pub node_name: Option<Symbol>,
    /// `nodeSelector` and required node affinity.
    pub node_affinity: NodeAffinity,
    /// Required pod affinity.
    pub pod_affinity: Vec<PodTerm>,
    /// Required pod anti-affinity.
    pub pod_anti_affinity: Vec<PodTerm>,
    /// Whether a term of affinity or anti-affinity to pods, preferred ones too, looks at namespaces that it names or
    /// selects, which quota scopes look at.
    pub crosses_namespaces: bool,
    /// Topology spread constraints that refuse (`DoNotSchedule`).
    pub spread: Vec<SpreadConstraint>,
    /// Tolerations.
    pub tolerations: Vec<Toleration>,
    /// Containers.
    pub containers: Vec<Container>,
    /// Init containers, native sidecars among them.
    pub init_containers: Vec<Container>,
    /// Pod-level resources, if given.
    pub resources: Option<Requirements>,
    /// What the runtime class adds.
    pub overhead: ResourceList,
    /// Volumes that bear on placement.
    pub volumes: Vec<Volume>,
    /// Priority class by name.
    pub priority_class: Option<Symbol>,
    /// Priority as a number; templates leave it to admission.
    pub priority: Option<i32>,
    /// Whether `preemptionPolicy` is `Never`.
    pub preempts_never: Option<bool>,
    /// Runtime class by name.
    pub runtime_class: Option<Symbol>,
    /// The service account, `default` where none is named.
    pub service_account: Option<Symbol>,
    /// The scheduler, if one is named.
    pub scheduler: Option<Symbol>,
    /// Scheduling gates.
    pub gates: Vec<Symbol>,
    /// Whether the pod uses the node's network.
    pub host_network: bool,
    /// `hostUsers: false`: the pod has a user namespace of its own.
    pub user_namespace: bool,
    /// Claims for devices (DRA).
    pub resource_claims: Vec<PodClaim>,
    /// Whether a container rule asks that all containers restart.
    pub restarts_all_containers: bool,
    /// Whether the pod gives itself a deadline (`activeDeadlineSeconds`), which quota scopes look at.
    pub has_deadline: bool,
}

/// One container, as far as placement looks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Container {
    /// Its name.
    pub name: Symbol,
    /// Requests and limits.
    pub resources: Requirements,
    /// Ports.
    pub ports: Vec<Port>,
    /// Whether it is a native sidecar (`restartPolicy: Always` on an init container).
    pub restartable: bool,
}

/// Requests and limits, as written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Requirements {
    /// Requests.
    pub requests: ResourceList,
    /// Limits.
    pub limits: ResourceList,
}

/// One port of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Port {
    /// The port in the container.
    pub container_port: u16,
    /// The port on the node, 0 for none.
    pub host_port: u16,
    /// TCP, UDP or SCTP.
    pub protocol: Symbol,
    /// The address on the node; `0.0.0.0` where none is given.
    pub host_ip: Symbol,
    /// Whether the address is given.
    pub host_ip_given: bool,
}

impl Port {
    /// Whether both are the same port of the node.
    pub fn is_same_on_host(&self, other: &Port) -> bool {
        (self.host_port, self.protocol, self.host_ip) == (other.host_port, other.protocol, other.host_ip)
    }
}

/// One required term of pod affinity or anti-affinity.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PodTerm {
    /// The pods meant; `None` matches none.
    pub selector: Option<Selector>,
    /// The node label that makes a domain.
    pub topology_key: Symbol,
    /// Namespaces by name.
    pub namespaces: Vec<Symbol>,
    /// Namespaces by label; `None` where none is given.
    pub namespace_selector: Option<Selector>,
}

/// One topology spread constraint with `whenUnsatisfiable: DoNotSchedule`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SpreadConstraint {
    /// How uneven domains may be.
    pub max_skew: i32,
    /// The node label that makes a domain.
    pub topology_key: Symbol,
    /// The pods counted; `None` counts none.
    pub selector: Option<Selector>,
    /// The least number of domains, 1 where none is given.
    pub min_domains: i32,
    /// Whether only nodes that the pod's node affinity matches are counted (the default).
    pub honors_affinity: bool,
    /// Whether only nodes whose taints the pod tolerates are counted (not the default).
    pub honors_taints: bool,
}

/// A volume that bears on placement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Volume {
    /// A claim by name.
    Claim(Symbol),
    /// A generic ephemeral volume: the claim `<pod>-<volume>`, made after the pod. What it will be, under the
    /// volume's name.
    Ephemeral(Box<Claim>),
    /// A disk named in the pod itself.
    Disk(Disk),
}

/// A disk that the old in-tree volume sources name, which two pods of a node cannot share.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Disk {
    /// A Google persistent disk; shared only where both read only.
    GcePersistentDisk {
        /// Its name.
        name: Symbol,
        /// Whether it is mounted read-only.
        read_only: bool,
    },
    /// An Amazon EBS volume; never shared.
    AwsElasticBlockStore {
        /// Its id.
        id: Symbol,
    },
    /// An iSCSI target; shared only where both read only.
    Iscsi {
        /// Its qualified name.
        iqn: Symbol,
        /// Whether it is mounted read-only.
        read_only: bool,
    },
    /// A Ceph block device; shared only where both read only.
    Rbd {
        /// The cluster's monitors.
        monitors: Vec<Symbol>,
        /// The pool.
        pool: Symbol,
        /// The image.
        image: Symbol,
        /// Whether it is mounted read-only.
        read_only: bool,
    },
}

/// Where a pod is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Phase {
    /// Accepted, not all containers started.
    #[default]
    Pending,
    /// Bound, at least one container started.
    Running,
    /// All containers ended well.
    Succeeded,
    /// Ended badly, or refused by the kubelet.
    Failed,
    /// The node does not answer.
    Unknown,
}

impl Phase {
    /// Reads the phase's name; what is unknown counts as not ended.
    pub fn parse(text: &str) -> Self {
        match text {
            "Running" => Phase::Running,
            "Succeeded" => Phase::Succeeded,
            "Failed" => Phase::Failed,
            "Unknown" => Phase::Unknown,
            _ => Phase::Pending,
        }
    }

    /// The phase's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Phase::Pending => "Pending",
            Phase::Running => "Running",
            Phase::Succeeded => "Succeeded",
            Phase::Failed => "Failed",
            Phase::Unknown => "Unknown",
        }
    }

    /// Whether the pod has ended and uses nothing of its node any more.
    pub fn has_ended(self) -> bool {
        matches!(self, Phase::Succeeded | Phase::Failed)
    }
}

/// What pods made from one template share: stored once, however many there are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct PodShape {
    /// Labels.
    pub labels: Labels,
    /// The spec. Of pods that something else than a DaemonSet owns it holds only what other pods on the node feel: ports,
    /// volumes and anti-affinity.
    pub spec: PodSpec,
}

/// One pod of the cluster.
#[derive(Debug, Clone)]
pub struct Pod {
    /// Namespace.
    pub namespace: Symbol,
    /// Name.
    pub name: Box<str>,
    /// The node it is bound to.
    pub node: Option<Symbol>,
    /// The node that the DaemonSet controller pinned it to.
    pub target: Option<Symbol>,
    /// The node that preemption freed for it.
    pub nominated: Option<Symbol>,
    /// UID of the controller that owns it.
    pub owner: Option<Symbol>,
    /// Where it is in its life.
    pub phase: Phase,
    /// Whether it is being deleted.
    pub terminating: bool,
    /// Whether its Ready condition is True.
    pub ready: bool,
    /// Priority, 0 where none was set.
    pub priority: i32,
    /// When it was created, seconds since 1970.
    pub created: Option<i64>,
    /// When it started, which preemption prefers victims by; seconds since 1970.
    pub started: Option<i64>,
    /// Labels and spec.
    pub shape: Arc<PodShape>,
    /// What it takes of its node, also while it is being resized.
    pub requests: Arc<Resources>,
    /// Status in detail; kept for pods of DaemonSets only.
    pub detail: Option<Box<PodDetail>>,
}

impl Pod {
    /// Returns `namespace/name`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    /// The node that the pod is on or meant for.
    pub fn node_or_target(&self) -> Option<Symbol> {
        self.node.or(self.target)
    }

    /// Whether it takes room on its node: bound, and not ended. Terminating pods do until they are gone.
    pub fn counts_on(&self) -> Option<Symbol> {
        if self.phase.has_ended() { None } else { self.node }
    }

    fn label(&self, key: &str) -> Option<Symbol> {
        Symbol::known(key).and_then(|key| self.shape.labels.get(key))
    }

    /// The revision that it was made from (label `controller-revision-hash`).
    pub fn revision(&self) -> Option<Symbol> {
        self.label("controller-revision-hash")
    }

    /// The template generation that it was made at (label `pod-template-generation`).
    pub fn template_generation(&self) -> Option<Symbol> {
        self.label("pod-template-generation")
    }

    /// Whether it was made at this template generation. The DaemonSet controller takes a pod of the present one for new,
    /// whatever it runs (`IsPodUpdated`, pkg/controller/daemon/util, v1.36).
    pub fn is_of_generation(&self, generation: i64) -> bool {
        self.template_generation().is_some_and(|of| of == *generation.to_string())
    }
}

/// The status of a DaemonSet's pod.
#[derive(Debug, Clone, Default)]
pub struct PodDetail {
    /// Why the pod is in its phase (`Evicted`, `OutOfcpu` ...).
    pub reason: Option<String>,
    /// That in words.
    pub message: Option<String>,
    /// The condition PodScheduled where it is False: reason and message.
    pub unscheduled: Option<(String, String)>,
    /// The condition Ready where it is False for another reason than its containers: reason and message.
    pub unready: Option<(String, String)>,
    /// The condition DisruptionTarget where it is True: reason and message.
    pub disruption: Option<(String, String)>,
    /// When a container of the pod started last, seconds since 1970.
    pub started_last: Option<i64>,
    /// Whether a container runs, so that the sandbox and the volumes are there.
    pub has_running: bool,
    /// Containers that are not simply running and ready.
    pub containers: Vec<ContainerState>,
    /// When the pod became ready or ceased to be, seconds since 1970.
    pub ready_since: Option<i64>,
    /// When deletion was asked for, seconds since 1970.
    pub deleted: Option<i64>,
    /// Finalizers, which a deleted pod waits for.
    pub finalizers: Vec<String>,
}

impl PodDetail {
    /// Whether a container has run, now or before: what the pod needs to start was there.
    pub fn has_started(&self) -> bool {
        let has_run = |container: &ContainerState| container.restarts > 0 || container.terminated.is_some();
        self.has_running || self.started_last.is_some() || self.containers.iter().any(has_run)
    }
}

/// A container that waits, has ended, or is not ready.
#[derive(Debug, Clone, Default)]
pub struct ContainerState {
    /// Its name.
    pub name: String,
    /// Whether it is an init container.
    pub init: bool,
    /// Whether it is ready.
    pub ready: bool,
    /// How often it was restarted.
    pub restarts: u32,
    /// Whether it runs.
    pub is_running: bool,
    /// Whether it passed its startup probe, where its status says so.
    pub started: Option<bool>,
    /// Since when it runs, seconds since 1970.
    pub running_since: Option<i64>,
    /// Why it waits (`CrashLoopBackOff` ...), with the message.
    pub waiting: Option<(String, String)>,
    /// How it ended last: exit code, reason and message.
    pub terminated: Option<Terminated>,
    /// Whether that end is the present state rather than the one before.
    pub ended: bool,
}

/// How a container ended.
#[derive(Debug, Clone, Default)]
pub struct Terminated {
    /// The exit code.
    pub exit_code: i32,
    /// `Error`, `OOMKilled`, `Completed` ...
    pub reason: String,
    /// What the container or the runtime said.
    pub message: String,
    /// When it started, seconds since 1970.
    pub started: Option<i64>,
    /// When it ended, seconds since 1970.
    pub finished: Option<i64>,
}
