//! Which nodes the scheduler refuses: the filters of its default profile, one file a plugin, named after it.
//!
//! `pkg/scheduler/apis/config/v1/default_plugins.go` v1.36. The real scheduler stops at the first plugin that
//! refuses a node; here all are asked, and what the real one would tell is marked.

mod device_pools;
pub mod dynamic_resources;
pub mod incoming_pod;
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

use crate::model::pod::{Port, pod_requests};
use crate::model::{Resources, Symbol};
use crate::rules::scheduler::dynamic_resources::Devices;
pub use crate::rules::scheduler::incoming_pod::IncomingPod;
use crate::rules::verdict::{Rejection, Unknown};
use crate::rules::view::{NodeState, View};
use crate::store::host_ports;

/// What is known of the devices for a pod on a node.
#[derive(Debug, Default)]
pub struct DeviceOutcome {
    /// Extended resources that the node lacks and that are left to devices.
    pub left: Vec<Symbol>,
    /// There are too few.
    pub rejection: Option<Rejection>,
    /// Why it cannot be known.
    pub unknown: Option<Unknown>,
}

/// The default filters, prepared for one pod.
pub struct Filters<'a> {
    tolerations: &'a [crate::model::Toleration],
    taints: taint_toleration::TaintToleration,
    selector: node_affinity::NodeAffinity<'a>,
    ports: Vec<Port>,
    requests: Resources,
    dra_resources: Vec<node_resources_fit::ClassResource>,
    dra_unseen: Option<Arc<Unknown>>,
    dynamic: dynamic_resources::DynamicResources<'a>,
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
        let dra_resources = node_resources_fit::device_class_resources(view, pod.spec);
        let for_resources = !dra_resources.is_empty();
        let mut filters = Filters {
            tolerations: &pod.spec.tolerations,
            taints: taint_toleration::TaintToleration::prepare(view.cluster, &pod.spec.tolerations),
            selector: node_affinity::NodeAffinity::prepare(view.cluster, &pod.spec.node_affinity.selector),
            ports: host_ports(pod.spec, view.version).collect(),
            requests: Resources::of(&pod_requests(pod.spec)),
            dra_resources,
            dynamic: dynamic_resources::DynamicResources::prepare(view, pod, for_resources),
            dra_unseen: node_resources_fit::device_classes_unseen(view),
            restrictions: volume_restrictions::VolumeRestrictions::prepare(pod, &claims),
            limits: node_volume_limits::NodeVolumeLimits::prepare(view, &pod.spec.volumes, &claims),
            zone: volume_zone::VolumeZone::prepare(&claims),
            binding: volume_binding::VolumeBinding::prepare(view, pod, claims),
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
        self.dynamic.before_nodes(found);
    }

    /// What keeps the verdict from being known, on whichever node.
    pub fn unknowns(&self) -> Vec<Arc<Unknown>> {
        let mut unknowns = self.binding.unknowns();
        unknowns.extend(self.affinity.unknowns());
        unknowns.extend(self.limits.unknowns());
        unknowns.extend(self.dynamic.unknowns().iter().cloned());
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

    /// What is known of the devices for the pod on the node: for its claims, and for extended resources that the node lacks
    /// and a DeviceClass provides.
    #[inline]
    pub fn devices(&self, state: &NodeState<'_>) -> DeviceOutcome {
        if self.dynamic.is_empty() && self.dra_resources.is_empty() && self.dra_unseen.is_none() {
            return DeviceOutcome::default();
        }
        self.look_at_devices(state)
    }

    fn look_at_devices(&self, state: &NodeState<'_>) -> DeviceOutcome {
        let mut outcome = DeviceOutcome::default();
        match self.dynamic.on_node(state.node) {
            Devices::Enough => {}
            Devices::Rejected(rejection) => outcome.rejection = Some(rejection),
            Devices::Unknown => outcome.unknown = Some(Unknown::ResourceClaims),
        }
        let left = node_resources_fit::left_to_device_classes(&self.dra_resources, state);
        if let Some(first) = left.first() {
            let found = match left.iter().all(|resource| resource.class_is_sure) {
                true => self.dynamic.for_resources(state.node, &left),
                false => Devices::Unknown,
            };
            match found {
                Devices::Enough => {}
                Devices::Rejected(rejection) => {
                    outcome.rejection.get_or_insert(rejection);
                }
                Devices::Unknown => {
                    let unknown = Unknown::DeviceClass { resource: first.resource, class: first.class };
                    outcome.unknown.get_or_insert(unknown);
                }
            }
            outcome.left = left.iter().map(|resource| resource.resource).collect();
        } else if outcome.unknown.is_none() {
            let unseen = self.dra_unseen.as_deref().filter(|_| node_resources_fit::lacks_any(&self.requests, state));
            outcome.unknown = unseen.cloned();
        }
        // What rejects the node does so whatever else is not known.
        if outcome.rejection.is_some() {
            outcome.unknown = None;
        }
        outcome
    }

    /// Whether devices may provide an extended resource that the pod requests.
    pub fn asks_devices_for_resources(&self) -> bool {
        !self.dra_resources.is_empty()
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::model::wire::Kind;
    use crate::rules::{Evaluation, OwnPods, Placement};
    use crate::store::{Builder, Coverage};

    /// What is said of a pod of this spec on one node, where a kind may not be listed.
    fn placement(spec: &Value, beside: &[Value], denied: Option<Kind>) -> Placement {
        let labels = json!({"kubernetes.io/hostname": "n1"});
        let mut spec = spec.clone();
        spec["containers"].as_array_mut().get_or_insert(&mut vec![json!({"name": "c"})]);
        let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1", "labels": labels},
            "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "9"}}});
        let daemon_set = json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "d", "namespace": "a"},
            "spec": {"selector": {"matchLabels": {"app": "d"}},
                "template": {"metadata": {"labels": {"app": "d"}}, "spec": spec}}});
        let mut builder = Builder::new();
        for object in [node, daemon_set].iter().chain(beside) {
            builder.read(object.to_string().as_bytes(), None).unwrap();
        }
        if let Some(kind) = denied {
            builder.cover(kind, Coverage::Failed { why: "it broke off".to_owned() });
        }
        let cluster = builder.finish(None);
        let admission = Evaluation::admit(&cluster, &cluster.daemon_sets[0], OwnPods::None);
        Evaluation::new(&cluster, &cluster.daemon_sets[0], &admission, OwnPods::None).judge(0).placement
    }

    #[test]
    fn what_was_refused_decides_nothing() {
        use Placement::{Placed, Unknown, Unschedulable};
        let asks = json!({"containers": [{"name": "c", "resources": {"limits": {"example.com/gpu": "1"}}}]});
        let claim = json!({"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]});
        let plain = json!({});
        let waiting = |class: &str| {
            json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "a"},
                "spec": {"storageClassName": class, "accessModes": ["ReadWriteOnce"],
                    "resources": {"requests": {"storage": "1Gi"}}}})
        };
        let class = |name: &str, provisioner: &str| {
            json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name},
                "provisioner": provisioner, "volumeBindingMode": "WaitForFirstConsumer"})
        };
        let driver = json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": "csi.example.com"},
            "spec": {"storageCapacity": true}});
        let local = [waiting("local"), class("local", "kubernetes.io/no-provisioner")];
        let made = [waiting("made"), class("made", "other.example.com")];
        let published = [waiting("published"), class("published", "csi.example.com"), driver];
        let repellent = [json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "b"},
            "spec": {"nodeName": "n1", "containers": [{"name": "c"}], "affinity": {"podAntiAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "kubernetes.io/hostname",
                    "labelSelector": {"matchLabels": {"app": "d"}}, "namespaceSelector": {"matchLabels": {"team": "a"}}}]}}}})];
        for (spec, beside, kind, seen) in [
            (&asks, &[][..], Kind::DeviceClass, Unschedulable),
            (&claim, &local[..], Kind::PersistentVolume, Unschedulable),
            (&claim, &published[..], Kind::CSIStorageCapacity, Unschedulable),
            (&claim, &made[..], Kind::CSINode, Placed),
            (&claim, &made[..], Kind::VolumeAttachment, Placed),
            (&plain, &repellent[..], Kind::Namespace, Placed),
        ] {
            assert_eq!(placement(spec, beside, None), seen, "{kind:?}");
            assert_eq!(placement(spec, beside, Some(kind)), Unknown, "{kind:?} {spec}");
        }
        // What does not bear on it does not matter.
        assert_eq!(placement(&plain, &[], Some(Kind::Namespace)), Placed);
        assert_eq!(placement(&plain, &[], Some(Kind::DeviceClass)), Placed);
        assert_eq!(placement(&claim, &made, Some(Kind::PersistentVolume)), Placed);
    }
}
