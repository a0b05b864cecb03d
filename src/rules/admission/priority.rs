//! Priority: the number behind the class's name.
//!
//! `plugin/pkg/admission/priority/admission.go` v1.36.

use crate::model::Symbol;
use crate::model::policy::PriorityClass;
use crate::model::wire::Kind;
use crate::rules::admission::admitted::Admission;
use crate::rules::verdict::{CreationRefusal, MissingData};
use crate::store::Cluster;

/// Classes that every cluster has.
const BUILT_IN: [(&str, i32); 2] =
    [("system-node-critical", 2_000_001_000), ("system-cluster-critical", 2_000_000_000)];

/// Finds the class and sets the priority.
pub fn admit(cluster: &Cluster, admission: &mut Admission) {
    let class = match admission.spec.priority_class {
        Some(name) => match find(cluster, name) {
            Some(class) => Some(class),
            None if cluster.coverage(Kind::PriorityClass).is_whole() => {
                admission.refuse([CreationRefusal::PriorityClassMissing { name }]);
                return;
            }
            None => {
                admission.not_collected(
                    MissingData::Object { kind: Kind::PriorityClass, name },
                    cluster.coverage(Kind::PriorityClass),
                );
                return;
            }
        },
        None => cluster.priority_classes.values().filter(|c| c.global_default).min_by_key(|c| c.value).cloned(),
    };
    let class = class.unwrap_or_default();
    if !class.name.as_str().is_empty() {
        admission.spec.priority_class = Some(class.name);
    }
    if let Some(written) = admission.spec.priority.filter(|written| *written != class.value) {
        admission.refuse([CreationRefusal::PriorityMismatch { written, computed: class.value }]);
    }
    if admission.spec.preempts_never.is_some_and(|never| never != class.preempts_never) {
        admission.refuse([CreationRefusal::PreemptionPolicyMismatch]);
    }
    admission.priority = class.value;
    admission.spec.priority = Some(class.value);
    admission.preempts_never = class.preempts_never;
}

fn find(cluster: &Cluster, name: Symbol) -> Option<PriorityClass> {
    let built_in = BUILT_IN.iter().find(|(n, _)| name == **n);
    let built_in = built_in.map(|(_, value)| PriorityClass { name, value: *value, ..Default::default() });
    cluster.priority_classes.get(&name).cloned().or(built_in)
}
