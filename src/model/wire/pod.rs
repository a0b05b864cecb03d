//! Pods and pod templates.

use serde::Deserialize;

use crate::model::Symbol;
use crate::model::devices::{PodClaim, PodClaimSource};
use crate::model::labels::{Labels, Operator, Requirement, Selector};
use crate::model::nullable::Nullable;
use crate::model::pod::{Container, Disk, PodSpec, PodTerm, Port, SpreadConstraint, Volume};
use crate::model::resources::ResourceList;
use crate::model::storage::Claim;
use crate::model::wire::meta::{LeanMeta, Pairs, non_empty};
use crate::model::wire::requirements::WireRequirements;
use crate::model::wire::selector::{LabelSelector, NodeSelector, WireToleration, node_affinity};
use crate::model::wire::status::WirePodStatus;
use crate::model::wire::storage::WireClaimSpec;

/// A pod.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WirePod {
    pub metadata: LeanMeta,
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
    resource_claims: Nullable<Vec<WirePodClaim>>,
    active_deadline_seconds: Option<i64>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Named {
    name: Nullable<Symbol>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WirePodClaim {
    name: Nullable<Symbol>,
    resource_claim_name: Option<Symbol>,
    resource_claim_template_name: Option<Symbol>,
}

impl From<WirePodClaim> for PodClaim {
    fn from(wire: WirePodClaim) -> Self {
        let source = match (non_empty(wire.resource_claim_name), non_empty(wire.resource_claim_template_name)) {
            (Some(claim), _) => PodClaimSource::Claim(claim),
            (None, Some(template)) => PodClaimSource::Template(template),
            (None, None) => PodClaimSource::Unknown,
        };
        PodClaim { name: wire.name.0, source }
    }
}

/// Affinity.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WireAffinity {
    node_affinity: Option<Required<NodeSelector>>,
    pod_affinity: Option<WirePodTerms>,
    pod_anti_affinity: Option<WirePodTerms>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Required<T: Default> {
    #[serde(rename = "requiredDuringSchedulingIgnoredDuringExecution")]
    required: Option<T>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct WirePodTerms {
    #[serde(rename = "requiredDuringSchedulingIgnoredDuringExecution")]
    required: Nullable<Vec<WirePodTerm>>,
    #[serde(rename = "preferredDuringSchedulingIgnoredDuringExecution")]
    preferred: Nullable<Vec<WirePreferred>>,
}

/// Of what is only preferred it matters which namespaces it looks at.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WirePreferred {
    pod_affinity_term: Nullable<WireNamespaces>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireNamespaces {
    namespaces: Nullable<Vec<Symbol>>,
    namespace_selector: Option<serde::de::IgnoredAny>,
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
    spec: Nullable<WireClaimSpec>,
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

// === narrowing ===

impl WirePodSpec {
    /// The whole spec as facts. `labels` are the pod's own, which `matchLabelKeys` refers to.
    pub fn narrow(mut self, labels: &Labels) -> PodSpec {
        let affinity = self.affinity.take().unwrap_or_default();
        let required = affinity.node_affinity.and_then(|a| a.required);
        let crosses_namespaces =
            affinity.pod_affinity.iter().chain(&affinity.pod_anti_affinity).any(WirePodTerms::cross_namespaces);
        let scheduling = PodSpec {
            node_affinity: node_affinity(std::mem::take(&mut self.node_selector), required),
            pod_affinity: pod_terms(affinity.pod_affinity, labels),
            crosses_namespaces,
            spread: spread(std::mem::take(&mut self.topology_spread_constraints.0), labels),
            tolerations: std::mem::take(&mut self.tolerations.0).into_iter().map(Into::into).collect(),
            runtime_class: non_empty(self.runtime_class_name),
            service_account: non_empty(self.service_account_name).or(non_empty(self.service_account)),
            scheduler: non_empty(self.scheduler_name),
            gates: std::mem::take(&mut self.scheduling_gates.0).into_iter().map(|g| g.name.0).collect(),
            user_namespace: self.host_users == Some(false),
            resource_claims: std::mem::take(&mut self.resource_claims.0).into_iter().map(Into::into).collect(),
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

fn pod_terms(wire: Option<WirePodTerms>, labels: &Labels) -> Vec<PodTerm> {
    wire.unwrap_or_default().required.0.into_iter().map(|term| term.narrow(labels)).collect()
}

impl WirePodTerms {
    fn cross_namespaces(&self) -> bool {
        let required = self.required.iter().map(|t| (&t.namespaces, t.namespace_selector.is_some()));
        let preferred = self.preferred.iter().map(|weighted| &weighted.pod_affinity_term);
        let preferred = preferred.map(|t| (&t.namespaces, t.namespace_selector.is_some()));
        required.chain(preferred).any(|(named, selects)| !named.is_empty() || selects)
    }
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

impl From<WirePort> for Port {
    fn from(wire: WirePort) -> Self {
        Port {
            container_port: wire.container_port.0,
            host_port: wire.host_port.0,
            protocol: non_empty(wire.protocol).unwrap_or_else(|| Symbol::new("TCP")),
            host_ip: non_empty(wire.host_ip).unwrap_or_else(|| Symbol::new("0.0.0.0")),
            host_ip_given: non_empty(wire.host_ip).is_some(),
        }
    }
}

impl WireVolume {
    fn narrow(self) -> Option<Volume> {
        if let Some(claim) = self.persistent_volume_claim {
            return Some(Volume::Claim(claim.claim_name.0));
        }
        if let Some(ephemeral) = self.ephemeral {
            let asked = ephemeral.volume_claim_template.map(|t| Claim::from(t.spec.0)).unwrap_or_default();
            return Some(Volume::Ephemeral(Box::new(Claim { name: self.name.0, ..asked })));
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
