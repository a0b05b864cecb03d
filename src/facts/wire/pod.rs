//! Pods and pod templates.

use serde::Deserialize;

use super::meta::{Meta, Pairs, Time, cut, non_empty};
use super::selector::{LabelSelector, NodeSelector, WireToleration, node_affinity};
use crate::facts::labels::{Labels, Operator, Requirement, Selector};
use crate::facts::nullable::Nullable;
use crate::facts::pod::{
    Container, ContainerState, Disk, Phase, PodDetail, PodSpec, PodTerm, Port, Requirements, SpreadConstraint,
    Terminated, Volume, containers_aggregate, is_pod_level_resource,
};
use crate::facts::resources::{ResourceList, Resources};
use crate::facts::{Symbol, Version};

/// A pod.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WirePod {
    pub metadata: Meta,
    pub spec: WirePodSpec,
    pub status: WirePodStatus,
}

/// A pod's spec.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WirePodSpec {
    pub node_name: Option<Symbol>,
    node_selector: Pairs,
    pub affinity: Option<WireAffinity>,
    tolerations: Nullable<Vec<WireToleration>>,
    containers: Nullable<Vec<WireContainer>>,
    init_containers: Nullable<Vec<WireContainer>>,
    resources: Option<WireRequirements>,
    overhead: ResourceList,
    volumes: Nullable<Vec<WireVolume>>,
    topology_spread_constraints: Nullable<Vec<WireSpread>>,
    priority_class_name: Option<Symbol>,
    pub priority: Option<i32>,
    preemption_policy: Option<Symbol>,
    runtime_class_name: Option<Symbol>,
    service_account_name: Option<Symbol>,
    service_account: Option<Symbol>,
    scheduler_name: Option<Symbol>,
    scheduling_gates: Nullable<Vec<Named>>,
    host_network: Option<bool>,
    host_users: Option<bool>,
    resource_claims: Nullable<Vec<serde::de::IgnoredAny>>,
    active_deadline_seconds: Option<i64>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Named {
    name: Nullable<Symbol>,
}

/// Affinity.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WireAffinity {
    node_affinity: Option<Required<NodeSelector>>,
    pod_affinity: Option<Required<Nullable<Vec<WirePodTerm>>>>,
    pod_anti_affinity: Option<Required<Nullable<Vec<WirePodTerm>>>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Required<T: Default> {
    #[serde(rename = "requiredDuringSchedulingIgnoredDuringExecution")]
    required: Option<T>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WirePodTerm {
    label_selector: Option<LabelSelector>,
    topology_key: Nullable<Symbol>,
    namespaces: Nullable<Vec<Symbol>>,
    namespace_selector: Option<LabelSelector>,
    match_label_keys: Nullable<Vec<Symbol>>,
    mismatch_label_keys: Nullable<Vec<Symbol>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireSpread {
    max_skew: Nullable<i32>,
    topology_key: Nullable<Symbol>,
    when_unsatisfiable: Nullable<String>,
    label_selector: Option<LabelSelector>,
    min_domains: Option<i32>,
    node_affinity_policy: Option<Symbol>,
    node_taints_policy: Option<Symbol>,
    match_label_keys: Nullable<Vec<Symbol>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireContainer {
    name: Nullable<Symbol>,
    resources: WireRequirements,
    ports: Nullable<Vec<WirePort>>,
    restart_policy: Option<Symbol>,
    restart_policy_rules: Nullable<Vec<RestartRule>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct RestartRule {
    action: Nullable<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct WireRequirements {
    requests: ResourceList,
    limits: ResourceList,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WirePort {
    container_port: Nullable<u16>,
    host_port: Nullable<u16>,
    protocol: Option<Symbol>,
    #[serde(rename = "hostIP")]
    host_ip: Option<Symbol>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireVolume {
    name: Nullable<Symbol>,
    persistent_volume_claim: Option<ClaimSource>,
    ephemeral: Option<EphemeralSource>,
    gce_persistent_disk: Option<GceSource>,
    aws_elastic_block_store: Option<EbsSource>,
    iscsi: Option<IscsiSource>,
    rbd: Option<RbdSource>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ClaimSource {
    claim_name: Nullable<Symbol>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct EphemeralSource {
    volume_claim_template: Option<ClaimTemplate>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct ClaimTemplate {
    spec: ClaimTemplateSpec,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ClaimTemplateSpec {
    storage_class_name: Option<Symbol>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct GceSource {
    pd_name: Nullable<Symbol>,
    read_only: Nullable<bool>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct EbsSource {
    #[serde(rename = "volumeID")]
    volume_id: Nullable<Symbol>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct IscsiSource {
    iqn: Nullable<Symbol>,
    read_only: Nullable<bool>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RbdSource {
    monitors: Nullable<Vec<Symbol>>,
    pool: Option<Symbol>,
    image: Nullable<Symbol>,
    read_only: Nullable<bool>,
}

/// A pod's status.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WirePodStatus {
    phase: Nullable<String>,
    reason: Option<String>,
    message: Option<String>,
    start_time: Time,
    nominated_node_name: Option<Symbol>,
    conditions: Nullable<Vec<WireCondition>>,
    container_statuses: Nullable<Vec<WireContainerStatus>>,
    init_container_statuses: Nullable<Vec<WireContainerStatus>>,
    resources: Option<WireRequirements>,
    allocated_resources: Option<ResourceList>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireCondition {
    #[serde(rename = "type")]
    kind: Nullable<Symbol>,
    status: Nullable<Symbol>,
    reason: Option<Symbol>,
    message: Option<String>,
    last_transition_time: Time,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireContainerStatus {
    name: Nullable<Symbol>,
    ready: Nullable<bool>,
    restart_count: Nullable<u32>,
    state: Nullable<WireState>,
    last_state: Nullable<WireState>,
    resources: Option<WireRequirements>,
    allocated_resources: Option<ResourceList>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct WireState {
    waiting: Option<WireWaiting>,
    terminated: Option<WireTerminated>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct WireWaiting {
    reason: Nullable<String>,
    message: Nullable<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireTerminated {
    exit_code: Nullable<i32>,
    reason: Nullable<String>,
    message: Nullable<String>,
    finished_at: Time,
}

// === narrowing ===

impl WirePodSpec {
    /// The whole spec as facts. `labels` are the pod's own, which `matchLabelKeys` refers to.
    pub fn narrow(mut self, labels: &Labels) -> PodSpec {
        let affinity = self.affinity.take().unwrap_or_default();
        let required = affinity.node_affinity.and_then(|a| a.required);
        let scheduling = PodSpec {
            node_affinity: node_affinity(std::mem::take(&mut self.node_selector), required),
            pod_affinity: pod_terms(affinity.pod_affinity, labels),
            spread: spread(std::mem::take(&mut self.topology_spread_constraints.0), labels),
            tolerations: std::mem::take(&mut self.tolerations.0).into_iter().map(Into::into).collect(),
            runtime_class: non_empty(self.runtime_class_name),
            service_account: non_empty(self.service_account_name).or(non_empty(self.service_account)),
            scheduler: non_empty(self.scheduler_name),
            gates: std::mem::take(&mut self.scheduling_gates.0).into_iter().map(|g| g.name.0).collect(),
            user_namespace: self.host_users == Some(false),
            resource_claims: !self.resource_claims.is_empty(),
            has_deadline: self.active_deadline_seconds.is_some(),
            restarts_all_containers: self.restarts_all_containers(),
            priority_class: non_empty(self.priority_class_name),
            preempts_never: self.preemption_policy.map(|p| p == *"Never"),
            ..Default::default()
        };
        self.affinity = Some(WireAffinity { pod_anti_affinity: affinity.pod_anti_affinity, ..Default::default() });
        let felt = self.narrow_felt(labels);
        PodSpec {
            node_name: felt.node_name,
            pod_anti_affinity: felt.pod_anti_affinity,
            containers: felt.containers,
            init_containers: felt.init_containers,
            resources: felt.resources,
            overhead: felt.overhead,
            volumes: felt.volumes,
            priority: felt.priority,
            host_network: felt.host_network,
            ..scheduling
        }
    }

    /// Only what other pods of the node feel: resources, ports, volumes and anti-affinity.
    pub fn narrow_felt(self, labels: &Labels) -> PodSpec {
        PodSpec {
            node_name: non_empty(self.node_name),
            pod_anti_affinity: pod_terms(self.affinity.and_then(|a| a.pod_anti_affinity), labels),
            containers: self.containers.0.into_iter().map(Into::into).collect(),
            init_containers: self.init_containers.0.into_iter().map(Into::into).collect(),
            resources: self.resources.map(Into::into),
            overhead: self.overhead,
            volumes: self.volumes.0.into_iter().filter_map(WireVolume::narrow).collect(),
            priority: self.priority,
            host_network: self.host_network.unwrap_or(false),
            ..Default::default()
        }
    }

    /// The node that the DaemonSet controller pinned the pod to: the first `metadata.name In` of its required
    /// terms, which must name just one (`GetTargetNodeName`). The pin is taken out, so that pods of one template
    /// stay equal.
    pub fn take_pin(&mut self) -> Option<Symbol> {
        let affinity = self.affinity.as_mut()?.node_affinity.as_mut()?;
        let pin = affinity.required.as_ref()?.node_selector_terms.iter().find_map(|t| t.named_node())?;
        affinity.required = None;
        Some(pin)
    }

    fn restarts_all_containers(&self) -> bool {
        let all = self.containers.iter().chain(self.init_containers.iter());
        all.flat_map(|c| c.restart_policy_rules.iter()).any(|r| r.action.as_str() == "RestartAllContainers")
    }
}

fn pod_terms(wire: Option<Required<Nullable<Vec<WirePodTerm>>>>, labels: &Labels) -> Vec<PodTerm> {
    let terms = wire.and_then(|w| w.required).unwrap_or_default().0;
    terms.into_iter().map(|term| term.narrow(labels)).collect()
}

impl WirePodTerm {
    /// Narrows, with label keys to match merged into the selector as the API server does when the pod is created.
    fn narrow(self, labels: &Labels) -> PodTerm {
        let mut selector = self.label_selector.map(Selector::from);
        if let Some(selector) = &mut selector {
            merge_keys(selector, &self.match_label_keys, labels, |v| Operator::In([v].into()));
            merge_keys(selector, &self.mismatch_label_keys, labels, |v| Operator::NotIn([v].into()));
        }
        PodTerm {
            selector,
            topology_key: self.topology_key.0,
            namespaces: self.namespaces.0,
            namespace_selector: self.namespace_selector.map(Into::into),
        }
    }
}

fn merge_keys(selector: &mut Selector, keys: &[Symbol], labels: &Labels, operator: impl Fn(Symbol) -> Operator) {
    for key in keys {
        if let Some(value) = labels.get(*key) {
            let requirement = Requirement { key: *key, operator: operator(value) };
            if !selector.requirements.contains(&requirement) {
                selector.requirements.push(requirement);
            }
        }
    }
}

fn spread(wire: Vec<WireSpread>, labels: &Labels) -> Vec<SpreadConstraint> {
    let refusing = wire.into_iter().filter(|c| c.when_unsatisfiable.as_str() == "DoNotSchedule");
    refusing
        .map(|constraint| {
            let mut selector = constraint.label_selector.map(Selector::from);
            if let Some(selector) = &mut selector {
                merge_keys(selector, &constraint.match_label_keys, labels, |v| Operator::In([v].into()));
            }
            SpreadConstraint {
                max_skew: constraint.max_skew.0,
                topology_key: constraint.topology_key.0,
                selector,
                min_domains: constraint.min_domains.unwrap_or(1),
                honors_affinity: constraint.node_affinity_policy.is_none_or(|p| p != *"Ignore"),
                honors_taints: constraint.node_taints_policy.is_some_and(|p| p == *"Honor"),
            }
        })
        .collect()
}

impl From<WireContainer> for Container {
    fn from(wire: WireContainer) -> Self {
        Container {
            name: wire.name.0,
            resources: wire.resources.into(),
            ports: wire.ports.0.into_iter().map(Into::into).collect(),
            restartable: wire.restart_policy.is_some_and(|p| p == *"Always"),
        }
    }
}

impl From<WireRequirements> for Requirements {
    fn from(wire: WireRequirements) -> Self {
        Requirements { requests: wire.requests, limits: wire.limits }
    }
}

impl From<WirePort> for Port {
    fn from(wire: WirePort) -> Self {
        Port {
            container_port: wire.container_port.0,
            host_port: wire.host_port.0,
            protocol: non_empty(wire.protocol).unwrap_or_else(|| Symbol::new("TCP")),
            host_ip: non_empty(wire.host_ip).unwrap_or_else(|| Symbol::new("0.0.0.0")),
        }
    }
}

impl WireVolume {
    fn narrow(self) -> Option<Volume> {
        if let Some(claim) = self.persistent_volume_claim {
            return Some(Volume::Claim(claim.claim_name.0));
        }
        if let Some(ephemeral) = self.ephemeral {
            let class = ephemeral.volume_claim_template.and_then(|t| t.spec.storage_class_name);
            return Some(Volume::Ephemeral { name: self.name.0, class });
        }
        Some(Volume::Disk(if let Some(disk) = self.gce_persistent_disk {
            Disk::GcePersistentDisk { name: disk.pd_name.0, read_only: disk.read_only.0 }
        } else if let Some(disk) = self.aws_elastic_block_store {
            Disk::AwsElasticBlockStore { id: disk.volume_id.0 }
        } else if let Some(disk) = self.iscsi {
            Disk::Iscsi { iqn: disk.iqn.0, read_only: disk.read_only.0 }
        } else {
            let disk = self.rbd?;
            Disk::Rbd {
                monitors: disk.monitors.0,
                pool: non_empty(disk.pool).unwrap_or_else(|| Symbol::new("rbd")),
                image: disk.image.0,
                read_only: disk.read_only.0,
            }
        }))
    }
}

impl WirePodStatus {
    /// Where the pod is in its life.
    pub fn phase(&self) -> Phase {
        Phase::parse(&self.phase)
    }

    /// The node that preemption freed for it.
    pub fn nominated(&self) -> Option<Symbol> {
        non_empty(self.nominated_node_name)
    }

    /// When it started.
    pub fn started(&self) -> Option<i64> {
        self.start_time.0
    }

    fn condition(&self, kind: &str) -> Option<&WireCondition> {
        self.conditions.iter().find(|c| *c.kind == *kind)
    }

    /// Whether the condition Ready is True.
    pub fn is_ready(&self) -> bool {
        self.condition("Ready").is_some_and(|c| *c.status == *"True")
    }

    /// The status in detail, with messages bounded.
    pub fn detail(self, labels: &Labels) -> PodDetail {
        let label = |key: &str| Symbol::known(key).and_then(|key| labels.get(key));
        let unscheduled = self.condition("PodScheduled").filter(|c| *c.status == *"False").map(|c| {
            (
                c.reason.map(|r| r.as_str().to_owned()).unwrap_or_default(),
                bounded(c.message.clone().unwrap_or_default()),
            )
        });
        let ready_since = self.condition("Ready").and_then(|c| c.last_transition_time.0);
        let by_containers = |reason: &str| matches!(reason, "" | "ContainersNotReady" | "PodCompleted" | "PodFailed");
        let unready = self.condition("Ready").filter(|c| *c.status == *"False").and_then(|c| {
            let reason = c.reason.map(|r| r.as_str().to_owned()).filter(|reason| !by_containers(reason))?;
            Some((reason, bounded(c.message.clone().unwrap_or_default())))
        });
        let main = self.container_statuses.0.into_iter().filter_map(|c| c.narrow(false));
        let init = self.init_container_statuses.0.into_iter().filter_map(|c| c.narrow(true));
        PodDetail {
            revision: label("controller-revision-hash"),
            template_generation: label("pod-template-generation"),
            reason: self.reason,
            message: self.message.map(bounded),
            unscheduled,
            unready,
            containers: init.chain(main).collect(),
            ready_since,
            deleted: None,
            finalizers: Vec::new(),
        }
    }

    /// What the pod takes of its node, with what its status says while it is being resized in place
    /// (`component-helpers/resource/helpers.go`: v1.36 takes the larger per container, v1.37 the larger of three
    /// sums over the pod).
    pub fn requests(&self, spec: &PodSpec, version: Version) -> Resources {
        if !version.at_least(33) || !self.is_resizing(spec) {
            return Resources::of(&crate::facts::pod::pod_requests(spec));
        }
        let infeasible =
            self.condition("PodResizePending").is_some_and(|c| c.reason.is_some_and(|r| r == *"Infeasible"));
        let list = if version.at_least(37) {
            self.requests_by_sum(spec, infeasible)
        } else {
            self.requests_by_container(spec, infeasible, version)
        };
        Resources::of(&list)
    }

    /// Whether the status says anything of resources that the spec does not.
    pub fn is_resizing(&self, spec: &PodSpec) -> bool {
        let differs = |held: &WireContainerStatus, container: &Container| {
            let requests = &container.resources.requests;
            held.resources.as_ref().is_some_and(|r| r.requests != *requests)
                || held.allocated_resources.as_ref().is_some_and(|a| a != requests)
        };
        let of = |statuses: &[WireContainerStatus], containers: &[Container]| {
            statuses.iter().any(|held| containers.iter().any(|c| c.name == *held.name && differs(held, c)))
        };
        self.resources.is_some()
            || self.allocated_resources.is_some()
            || of(&self.container_statuses, &spec.containers)
            || of(&self.init_container_statuses, &spec.init_containers)
    }

    fn status_of(&self, container: &Container, init: bool) -> Option<&WireContainerStatus> {
        let statuses = if init { &self.init_container_statuses } else { &self.container_statuses };
        statuses.iter().find(|s| *s.name == container.name)
    }

    /// v1.33 to v1.36.
    fn requests_by_container(&self, spec: &PodSpec, infeasible: bool, version: Version) -> ResourceList {
        let mut raised = spec.clone();
        let raise = |container: &mut Container, init: bool| {
            let Some(status) = self.status_of(container, init).filter(|s| s.resources.is_some()) else { return };
            let mut requests = if infeasible { ResourceList::default() } else { container.resources.requests.clone() };
            requests.raise(&status.resources.as_ref().map(|r| r.requests.clone()).unwrap_or_default());
            requests.raise(&status.allocated_resources.clone().unwrap_or_default());
            container.resources.requests = requests;
        };
        raised.containers.iter_mut().for_each(|c| raise(c, false));
        raised.init_containers.iter_mut().filter(|c| c.restartable).for_each(|c| raise(c, true));
        if let (Some(own), Some(held), true) = (&mut raised.resources, &self.resources, version.at_least(36)) {
            if infeasible {
                own.requests = ResourceList::default();
            }
            own.requests.raise(&held.requests);
            own.requests.raise(&self.allocated_resources.clone().unwrap_or_default());
        }
        crate::facts::pod::pod_requests(&raised)
    }

    /// v1.37 on.
    fn requests_by_sum(&self, spec: &PodSpec, infeasible: bool) -> ResourceList {
        let status =
            |container: &Container| self.status_of(container, false).or_else(|| self.status_of(container, true));
        let allocated = |c: &Container| {
            status(c).and_then(|s| s.allocated_resources.clone()).unwrap_or_else(|| c.resources.requests.clone())
        };
        let actuated = |c: &Container| {
            status(c).and_then(|s| s.resources.as_ref()).map_or_else(|| allocated(c), |r| r.requests.clone())
        };
        let own = |list: &mut ResourceList, pod_level: Option<&ResourceList>| {
            for (name, amount) in pod_level.into_iter().flat_map(ResourceList::iter) {
                if is_pod_level_resource(name) {
                    list.set(name, amount);
                }
            }
        };
        let wanted = spec.resources.as_ref().map(|r| &r.requests);
        let held = self.allocated_resources.as_ref().or(wanted);
        let in_use = self.resources.as_ref().map(|r| &r.requests).or(held);
        let mut total = containers_aggregate(spec, allocated);
        own(&mut total, held.filter(|_| spec.resources.is_some()));
        let mut sum = containers_aggregate(spec, actuated);
        own(&mut sum, in_use.filter(|_| spec.resources.is_some()));
        total.raise(&sum);
        if !infeasible {
            let mut sum = containers_aggregate(spec, |c| c.resources.requests.clone());
            own(&mut sum, wanted);
            total.raise(&sum);
        }
        total.add(&spec.overhead);
        total
    }
}

impl WireContainerStatus {
    /// A container that waits, has ended or is not ready; `None` for one that simply runs.
    fn narrow(self, init: bool) -> Option<ContainerState> {
        let ended = self.state.terminated.is_some();
        if init && self.state.0.terminated.as_ref().is_some_and(|t| t.exit_code.0 == 0) {
            return None;
        }
        if self.ready.0 && self.restart_count.0 == 0 {
            return None;
        }
        Some(ContainerState {
            name: self.name.as_str().to_owned(),
            init,
            ready: self.ready.0,
            restarts: self.restart_count.0,
            waiting: self.state.0.waiting.map(|w| (w.reason.0, bounded(w.message.0))),
            terminated: self.state.0.terminated.or(self.last_state.0.terminated).map(|t| Terminated {
                exit_code: t.exit_code.0,
                reason: t.reason.0,
                message: bounded(t.message.0),
                finished: t.finished_at.0,
            }),
            ended,
        })
    }
}

/// A message of a cluster, cut to what a report needs.
fn bounded(mut message: String) -> String {
    if cut(&mut message, 4096) {
        message.push('…');
    }
    message
}
