//! Documents whose volumes decide where their pods may run: claims, disks and CSI drivers.

use serde_json::json;

use super::super::Code;
use super::objects::*;

pub fn volumes_on_paper() -> Vec<Paper> {
    use Code as C;
    let n1 = || node("n1");
    vec![
        (C::CLAIM_MISSING, vec![n1(), claim(json!({"metadata": {"name": "another"}}))], claiming()),
        (
            C::DISK_IN_USE,
            vec![
                n1(),
                with(
                    other(),
                    json!({"metadata": {"name": "holder"}, "spec": {"volumes": [
            {"name": "v", "awsElasticBlockStore": {"volumeID": "d"}}]}}),
                ),
            ],
            daemon_set(json!({"volumes": [{"name": "v", "awsElasticBlockStore": {"volumeID": "d"}}]})),
        ),
        (
            C::CLAIM_IN_USE,
            vec![
                n1(),
                claim(json!({"metadata": {"annotations": {"pv.kubernetes.io/bind-completed": "yes"}},
            "spec": {"volumeName": "pv", "accessModes": ["ReadWriteOncePod"]}})),
                volume(json!({})),
                with(
                    other(),
                    json!({"metadata": {"name": "holder"}, "spec": {"volumes": [
                {"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]}}),
                ),
            ],
            claiming(),
        ),
        (
            C::TOO_MANY_VOLUMES,
            vec![n1(), bound(), volume(json!({"spec": {"csi": {"driver": "d", "volumeHandle": "h"}}})), csi_node("d")],
            claiming(),
        ),
        (
            C::DRIVER_MISSING,
            vec![
                with(n1(), json!({"status": {"nodeInfo": {"kubeletVersion": "v1.37.0"}}})),
                bound(),
                volume(json!({"spec": {"csi": {"driver": "d", "volumeHandle": "h"}}})),
                csi_node("other"),
                json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": "d"},
                "spec": {"preventPodSchedulingIfMissing": true}}),
            ],
            claiming(),
        ),
        (
            C::NO_STORAGE,
            vec![
                n1(),
                class("StorageClass", json!({"provisioner": "d", "volumeBindingMode": "WaitForFirstConsumer"})),
                claim(json!({"spec": {"storageClassName": "kata"}})),
                json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": "d"}, "spec": {"storageCapacity": true}}),
                json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSIStorageCapacity", "metadata": {"name": "s", "namespace": "a"},
                "storageClassName": "kata", "nodeTopology": {}, "capacity": "1Mi"}),
                volume(json!({"metadata": {"name": "another"}})),
            ],
            claiming(),
        ),
        (
            C::CLAIM_LOST,
            vec![n1(), claim(json!({"spec": {"volumeName": "pv"}, "status": {"phase": "Lost"}}))],
            claiming(),
        ),
        (C::CLAIM_TERMINATING, vec![n1(), claim(json!({"metadata": {"deletionTimestamp": LONG_AGO}}))], claiming()),
        (
            C::CLAIM_DENIED,
            vec![
                n1(),
                class("StorageClass", json!({"provisioner": "p"})),
                quota(
                    json!({"requests.storage": "1Gi"}),
                    json!({"hard": {"requests.storage": "1Gi"}, "used": {"requests.storage": "0"}}),
                ),
            ],
            daemon_set(json!({"volumes": [{"name": "v", "ephemeral": {"volumeClaimTemplate": {"spec": {
                "storageClassName": "kata", "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": "2Gi"}}}}}}]})),
        ),
        (
            C::CLAIM_UNBOUND,
            vec![
                n1(),
                class("StorageClass", json!({"provisioner": "p"})),
                claim(json!({"spec": {"storageClassName": "kata"}})),
            ],
            claiming(),
        ),
        (
            C::VOLUME_AFFINITY,
            vec![
                n1(),
                bound(),
                volume(json!({"spec": {"nodeAffinity": {"required": {"nodeSelectorTerms": [
            {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["n2"]}]}]}}}})),
            ],
            claiming(),
        ),
        (
            C::NO_VOLUME,
            vec![
                n1(),
                class(
                    "StorageClass",
                    json!({"provisioner": "kubernetes.io/no-provisioner",
            "volumeBindingMode": "WaitForFirstConsumer"}),
                ),
                claim(json!({"spec": {"storageClassName": "kata"}})),
                volume(json!({"metadata": {"name": "another"}})),
            ],
            claiming(),
        ),
        (C::VOLUME_GONE, vec![n1(), bound(), volume(json!({"metadata": {"name": "another"}}))], claiming()),
        (
            C::VOLUME_ZONE,
            vec![
                labelled(json!({"topology.kubernetes.io/zone": "a"})),
                bound(),
                volume(json!({"metadata": {"labels": {"topology.kubernetes.io/zone": "b"}}})),
            ],
            claiming(),
        ),
    ]
}
