//! RuntimeClass: what a class adds to its pods.
//!
//! `plugin/pkg/admission/runtimeclass/admission.go` v1.36: overhead, a node selector, tolerations. The DaemonSet
//! controller does not know them, so that pods are made for nodes which the scheduler then refuses.

use crate::model::wire::Kind;
use crate::rules::admission::admitted::Admission;
use crate::rules::verdict::{CreationRefusal, MissingData};
use crate::store::Cluster;

/// Finds the class and adds to the pod.
pub fn admit(cluster: &Cluster, admission: &mut Admission) {
    let Some(name) = admission.spec.runtime_class else {
        if !admission.spec.overhead.is_empty() {
            admission.refuse([CreationRefusal::OverheadMismatch]);
        }
        return;
    };
    let Some(class) = cluster.runtime_classes.get(&name) else {
        if cluster.coverage(Kind::RuntimeClass).is_whole() {
            admission.refuse([CreationRefusal::RuntimeClassMissing { name }]);
        } else {
            admission.not_collected(
                MissingData::Object { kind: Kind::RuntimeClass, name },
                cluster.coverage(Kind::RuntimeClass),
            );
        }
        return;
    };
    if !admission.spec.overhead.is_empty() && admission.spec.overhead != class.overhead {
        admission.refuse([CreationRefusal::OverheadMismatch]);
    }
    admission.spec.overhead = class.overhead.clone();
    let mut selector = admission.spec.node_affinity.selector.to_vec();
    for (key, value) in &class.node_selector {
        match selector.iter().find(|(k, _)| k == key) {
            Some((_, own)) if own != value => {
                let conflict = CreationRefusal::RuntimeClassConflict { key: *key, class: *value, pod: *own };
                admission.refuse([conflict]);
            }
            Some(_) => {}
            None => selector.push((*key, *value)),
        }
    }
    admission.spec.node_affinity.selector = selector.into();
    for toleration in &class.tolerations {
        if !admission.spec.tolerations.contains(toleration) {
            admission.spec.tolerations.push(*toleration);
        }
    }
}
