//! A pod of the wire as the cluster holds it: whole, as what others feel of it, or as a part of its node's sums.

use std::sync::Arc;

use crate::model::pod::{Pod, PodShape};
use crate::model::wire::pod::WirePod;
use crate::model::{Symbol, Version};
use crate::store::builder::Builder;
use crate::store::builder::intern::intern;
use crate::store::cluster::Controller;
use crate::store::index::PodIndex;

/// So many finalizers of a pod are kept; more is not what holds pods in earnest.
const MOST_FINALIZERS: usize = 8;

impl Builder {
    pub(super) fn add_pod(&mut self, mut wire: Box<WirePod>) {
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
}
