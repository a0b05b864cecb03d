//! NodeVolumeLimits: a node attaches so many volumes of a CSI driver.
//!
//! `pkg/scheduler/framework/plugins/nodevolumelimits/csi.go` v1.36. Volumes behind claims count, each once however
//! many pods use it, with those that are attached already, of which the scheduler does not see that the pod brings one; a
//! claim without a volume counts for its class's provisioner. Disks of in-tree sources count for the driver that serves them
//! now, but not where they are only attached. A node that says nothing of the driver has no limit, unless the driver asks to
//! be there (v1.37). Not counted: disks of Azure, OpenStack and Portworx that a pod names itself.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::model::pod::{Disk, Volume};
use crate::model::storage::{Claim, PersistentVolume, StorageClass};
use crate::model::wire::Kind;
use crate::model::{Symbol, migration};
use crate::rules::scheduler::volume_binding::{ClaimKind, PodClaim};
use crate::rules::verdict::{Rejection, Unknown};
use crate::rules::view::{NodeState, View};
use crate::store::{Cluster, claim_of};

/// One volume: the driver and the handle there.
type Handle = (Symbol, Symbol);

/// The plugin, prepared for one pod.
pub struct NodeVolumeLimits {
    wanted: HashSet<Handle>,
    required: Vec<Symbol>,
    unseen: Vec<Arc<Unknown>>,
}

impl NodeVolumeLimits {
    /// Finds the volumes that the pod brings.
    pub fn prepare(view: &View<'_>, volumes: &[Volume], claims: &[PodClaim<'_>]) -> Self {
        let handle = |claim: &PodClaim<'_>| match &claim.kind {
            ClaimKind::There { claim, volume, class } => handle(claim, *volume, *class),
            ClaimKind::Ephemeral { class: Some(class), .. } => {
                Some((driver_of(class), Symbol::new(&format!("ephemeral {}", claim.name))))
            }
            _ => None,
        };
        let wanted: HashSet<Handle> =
            claims.iter().filter_map(handle).chain(volumes.iter().filter_map(of_disk)).collect();
        let asks = |driver: &Symbol| {
            view.version.at_least(37) && view.cluster.csi_drivers.get(driver).is_some_and(|d| d.required_on_node)
        };
        let mut required: Vec<Symbol> = wanted.iter().map(|(driver, _)| *driver).filter(asks).collect();
        required.sort_unstable_by_key(|d| d.as_str());
        required.dedup();
        let kinds = [Kind::CSINode, Kind::VolumeAttachment].into_iter().filter(|_| !wanted.is_empty());
        let unseen = kinds.filter_map(|kind| Unknown::denied(view.cluster, kind)).collect();
        NodeVolumeLimits { wanted, required, unseen }
    }

    /// How many volumes nodes attach, where that could not be seen.
    pub fn unknowns(&self) -> impl Iterator<Item = Arc<Unknown>> + use<> {
        self.unseen.clone().into_iter()
    }

    /// Refuses nodes that cannot attach so many.
    pub fn filter(&self, state: &NodeState<'_>, found: &mut Vec<Rejection>) {
        if self.wanted.is_empty() {
            return;
        }
        let cluster = state.view().cluster;
        let csi_node = cluster.csi_nodes.get(&state.node.name);
        for driver in &self.required {
            if !csi_node.is_some_and(|n| n.drivers.iter().any(|(name, _)| name == driver)) {
                found.push(Rejection::DriverMissing { driver: *driver });
            }
        }
        let Some(csi_node) = csi_node else { return };
        let limits: HashMap<Symbol, i32> =
            csi_node.drivers.iter().filter_map(|(name, count)| Some((*name, (*count)?))).collect();
        if !self.wanted.iter().any(|(driver, _)| limits.contains_key(driver)) {
            return;
        }
        // One that pods of the node use already is not new; one that is only attached is counted twice.
        let used = self.used_by_pods(state, cluster);
        let mut attached = used.clone();
        for attachment in cluster.attachments.get(&state.node.name).into_iter().flatten() {
            let volume = attachment.volume.and_then(|name| cluster.volumes.get(&name));
            attached.extend(volume.and_then(|v| v.csi));
        }
        let mut drivers: Vec<(Symbol, i32)> = limits.into_iter().collect();
        drivers.sort_unstable_by_key(|(name, _)| name.as_str());
        for (driver, limit) in drivers {
            let of_driver = |handles: &HashSet<Handle>| handles.iter().filter(|(d, _)| *d == driver).count() as i64;
            let new = self.wanted.difference(&used).filter(|(d, _)| *d == driver).count() as i64;
            let there = of_driver(&attached);
            if new > 0 && there + new > i64::from(limit) {
                found.push(Rejection::TooManyVolumes { driver, limit: i64::from(limit), attached: there });
                return;
            }
        }
    }

    fn used_by_pods(&self, state: &NodeState<'_>, cluster: &Cluster) -> HashSet<Handle> {
        let mut used = HashSet::new();
        for (_, pod) in state.pods() {
            for volume in &pod.shape.spec.volumes {
                used.extend(of_disk(volume));
                let Some(claim) = claim_of(pod, volume).and_then(|name| cluster.claims.get(&(pod.namespace, name)))
                else {
                    continue;
                };
                let volume = claim.volume.and_then(|name| cluster.volumes.get(&name));
                let class = claim.class.and_then(|name| cluster.storage_classes.get(&name));
                used.extend(handle(claim, volume, class));
            }
        }
        used
    }
}

/// Who makes the class's volumes; for an in-tree plugin the driver that serves its disks now.
fn driver_of(class: &StorageClass) -> Symbol {
    migration::driver(class.provisioner).unwrap_or(class.provisioner)
}

/// A disk that a pod names itself.
fn of_disk(volume: &Volume) -> Option<Handle> {
    let (plugin, id) = match volume {
        Volume::Disk(Disk::AwsElasticBlockStore { id }) => (migration::AWS_EBS, *id),
        Volume::Disk(Disk::GcePersistentDisk { name, .. }) => (migration::GCE_PD, *name),
        _ => return None,
    };
    Some((migration::driver(Symbol::new(plugin))?, migration::handle(id)))
}

/// The driver and handle of a claim's volume, or of the one to be made for it.
fn handle(claim: &Claim, volume: Option<&PersistentVolume>, class: Option<&StorageClass>) -> Option<Handle> {
    match (claim.volume, volume) {
        (Some(_), Some(volume)) => volume.csi.or(volume.migrated),
        _ => {
            let class = class?;
            Some((driver_of(class), Symbol::new(&format!("{}/{}", claim.namespace, claim.name))))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::rules::{Evaluation, OwnPods, Placement, Rejection};
    use crate::store::Builder;

    fn object(api: &str, kind: &str, name: &str, spec: Value) -> Value {
        json!({"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": "a"}, "spec": spec})
    }

    /// Whether a node that attaches one volume of the driver refuses a pod with these volumes, beside one with those.
    fn is_refused(volumes: &Value, others: &Value, disk: &Value) -> bool {
        let claim = |name: &str, volume: Option<&str>| {
            let mut claim = object(
                "v1",
                "PersistentVolumeClaim",
                name,
                json!({"volumeName": volume, "storageClassName": "gp2", "accessModes": ["ReadWriteOnce"],
                    "resources": {"requests": {"storage": "1Gi"}}}),
            );
            claim["metadata"]["annotations"] = json!({"pv.kubernetes.io/bind-completed": "yes"});
            claim
        };
        let mut driver = object(
            "storage.k8s.io/v1",
            "CSINode",
            "n1",
            json!({"drivers": [
            {"name": "ebs.csi.aws.com", "nodeID": "x", "allocatable": {"count": 1}}]}),
        );
        driver["metadata"].as_object_mut().unwrap().remove("namespace");
        let mut class = object("storage.k8s.io/v1", "StorageClass", "gp2", json!({}));
        class["provisioner"] = json!("kubernetes.io/aws-ebs");
        class["volumeBindingMode"] = json!("WaitForFirstConsumer");
        let mut volume = disk.clone();
        volume["claimRef"] = json!({"namespace": "a", "name": "bound"});
        let pod = json!({"nodeName": "n1", "containers": [{"name": "c"}], "volumes": others});
        let template = json!({"metadata": {"labels": {"a": "b"}},
            "spec": {"containers": [{"name": "c"}], "volumes": volumes}});
        let mut node = object("v1", "Node", "n1", json!({}));
        node["status"] = json!({"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "9"}});
        let mut builder = Builder::new();
        for object in [
            node,
            driver,
            class,
            object("v1", "PersistentVolume", "pv", volume),
            claim("bound", Some("pv")),
            claim("waiting", None),
            object("v1", "Pod", "other", pod),
            object("apps/v1", "DaemonSet", "d", json!({"selector": {"matchLabels": {"a": "b"}}, "template": template})),
        ] {
            builder.read(object.to_string().as_bytes(), None).unwrap();
        }
        let cluster = builder.finish(None);
        let admission = Evaluation::admit(&cluster, &cluster.daemon_sets[0], OwnPods::None);
        let verdict = Evaluation::new(&cluster, &cluster.daemon_sets[0], &admission, OwnPods::None).judge(0);
        let by_limit = |r: &crate::rules::Reason| {
            matches!(&r.cause, crate::rules::Cause::Rejection(Rejection::TooManyVolumes { .. }))
        };
        let refused = verdict.reasons.iter().any(by_limit);
        assert_eq!(refused, verdict.placement == Placement::Unschedulable, "{verdict:?}");
        refused
    }

    #[test]
    fn disks_of_old_sources_count_for_their_driver() {
        let claim = |name: &str| json!([{"name": "v", "persistentVolumeClaim": {"claimName": name}}]);
        let inline = |id: &str| json!([{"name": "v", "awsElasticBlockStore": {"volumeID": id}}]);
        let old = json!({"awsElasticBlockStore": {"volumeID": "aws://us-east-1a/vol-1"}});
        let new = json!({"csi": {"driver": "ebs.csi.aws.com", "volumeHandle": "vol-1"}});
        let other = json!({"nfs": {"server": "s", "path": "/"}});
        for (volumes, others, disk, expected) in [
            (claim("waiting"), claim("bound"), &new, true),
            (claim("waiting"), claim("bound"), &old, true),
            (claim("waiting"), claim("bound"), &other, false),
            (claim("waiting"), json!([]), &old, false),
            // The same disk, whatever it is called.
            (claim("bound"), inline("vol-1"), &old, false),
            (claim("bound"), inline("vol-1"), &new, false),
            (claim("bound"), inline("vol-2"), &old, true),
            (inline("vol-3"), claim("bound"), &old, true),
        ] {
            assert_eq!(is_refused(&volumes, &others, disk), expected, "{volumes} beside {others}, {disk}");
        }
    }
}
