//! Which nodes the scheduler refuses: the filters of its default profile, one file a plugin, named after it.
//!
//! `pkg/scheduler/apis/config/v1/default_plugins.go` v1.36. The real scheduler stops at the first plugin that
//! refuses a node; here all are asked, and what the real one would tell is marked.

pub mod inter_pod_affinity;
pub mod node_affinity;
pub mod node_declared_features;
pub mod node_ports;
pub mod node_resources_fit;
pub mod node_unschedulable;
pub mod node_volume_limits;
pub mod pod_topology_spread;
pub mod taint_toleration;
pub mod volume_binding;
pub mod volume_restrictions;
pub mod volume_zone;

use std::sync::Arc;

use super::verdict::{Rejection, Unknown};
use super::view::{NodeState, View};
use crate::facts::pod::{Port, pod_requests};
use crate::facts::{Labels, PodSpec, Resources, Symbol, host_ports};

/// A pod as the scheduler meets it: made by the controller, changed by admission.
pub struct IncomingPod<'a> {
    /// The namespace.
    pub namespace: Symbol,
    /// Labels, those that the controller adds among them.
    pub labels: &'a Labels,
    /// The spec, with defaults and tolerations.
    pub spec: &'a PodSpec,
    /// Priority.
    pub priority: i32,
}

/// The default filters, prepared for one pod.
pub struct Filters<'a> {
    tolerations: &'a [crate::facts::Toleration],
    taints: taint_toleration::TaintToleration,
    selector: node_affinity::NodeAffinity<'a>,
    ports: Vec<Port>,
    requests: Resources,
    dra_resources: Vec<(Symbol, Symbol)>,
    restrictions: volume_restrictions::VolumeRestrictions<'a>,
    limits: node_volume_limits::NodeVolumeLimits,
    binding: volume_binding::VolumeBinding<'a>,
    zone: volume_zone::VolumeZone,
    spread: pod_topology_spread::PodTopologySpread<'a>,
    affinity: inter_pod_affinity::InterPodAffinity<'a>,
    features: Vec<&'static str>,
    /// Whether any of the plugins from VolumeRestrictions on has anything to look at; of most pods none has.
    asks_more: bool,
}

impl<'a> Filters<'a> {
    /// Does once what is the same for every node.
    pub fn prepare(view: &View<'a>, pod: &IncomingPod<'a>) -> Self {
        let claims = volume_binding::claims(view.cluster, pod);
        let mut filters = Filters {
            tolerations: &pod.spec.tolerations,
            taints: taint_toleration::TaintToleration::prepare(view.cluster, &pod.spec.tolerations),
            selector: node_affinity::NodeAffinity::prepare(view.cluster, &pod.spec.node_affinity.selector),
            ports: host_ports(pod.spec, view.version).collect(),
            requests: Resources::of(&pod_requests(pod.spec)).in_order_of_names(),
            dra_resources: node_resources_fit::device_class_resources(view),
            restrictions: volume_restrictions::VolumeRestrictions::prepare(pod, &claims),
            limits: node_volume_limits::NodeVolumeLimits::prepare(view, &pod.spec.volumes, &claims),
            zone: volume_zone::VolumeZone::prepare(&claims),
            binding: volume_binding::VolumeBinding::prepare(view, claims),
            spread: pod_topology_spread::PodTopologySpread::prepare(view, pod),
            affinity: inter_pod_affinity::InterPodAffinity::prepare(view, pod),
            features: node_declared_features::required(pod.spec, view.version),
            asks_more: false,
        };
        filters.asks_more = !pod.spec.volumes.is_empty()
            || !pod.spec.spread.is_empty()
            || !filters.affinity.is_empty()
            || !filters.features.is_empty();
        filters
    }

    /// What refuses the pod as a whole, before any node is looked at, in the order of the plugins.
    pub fn before_nodes(&self, found: &mut Vec<Rejection>) {
        self.restrictions.before_nodes(found);
        self.binding.before_nodes(found);
    }

    /// What keeps the verdict from being known, on whichever node.
    pub fn unknowns(&self) -> Vec<Arc<Unknown>> {
        let mut unknowns = self.binding.unknowns();
        unknowns.extend(self.affinity.unknowns());
        unknowns
    }

    /// Everything that refuses the node, in the order of the plugins.
    #[inline]
    pub fn on_node(&self, state: &NodeState<'_>, found: &mut Vec<Rejection>) {
        node_unschedulable::filter(self.tolerations, state, found);
        self.taints.filter(state, found);
        self.selector.filter(state.index, found);
        if !self.ports.is_empty() {
            node_ports::filter(&self.ports, state, found);
        }
        node_resources_fit::filter(&self.requests, state, found);
        if self.asks_more {
            self.on_node_with_more(state, found);
        }
    }

    fn on_node_with_more(&self, state: &NodeState<'_>, found: &mut Vec<Rejection>) {
        self.restrictions.filter(state, found);
        self.limits.filter(state, found);
        self.binding.filter(state, found);
        self.zone.filter(state.node, found);
        self.spread.filter(state, found);
        self.affinity.filter(state, found);
        node_declared_features::filter(&self.features, state.node, found);
    }

    /// An extended resource asked for that the node lacks and a device class stands for: what DRA then does is
    /// not known here.
    pub fn device_class(&self, state: &NodeState<'_>) -> Option<Unknown> {
        node_resources_fit::left_to_device_class(&self.requests, &self.dra_resources, state)
    }

    /// The host ports that the pod asks for.
    pub fn ports(&self) -> &[Port] {
        &self.ports
    }

    /// What the pod asks for.
    pub fn requests(&self) -> &Resources {
        &self.requests
    }

    /// Topology spread, which the pods of one DaemonSet may compete by.
    pub fn spread(&self) -> &pod_topology_spread::PodTopologySpread<'a> {
        &self.spread
    }

    /// Inter-pod affinity, which the pods of one DaemonSet may compete by.
    pub fn affinity(&self) -> &inter_pod_affinity::InterPodAffinity<'a> {
        &self.affinity
    }

    /// Claims that one pod may use at a time.
    pub fn exclusive_claims(&self) -> &[Symbol] {
        self.restrictions.exclusive_claims()
    }
}
