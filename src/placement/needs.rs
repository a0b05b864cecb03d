//! What a template alone says must be known of a cluster, beside its nodes.
//!
//! Admission always looks at the namespace, its limits and quotas, the service account and the priority class; at
//! everything else only where the template refers to it. What then decides on a node is asked for by
//! [`Evaluation::questions`](super::Evaluation::questions).

use crate::facts::pod::Volume;
use crate::facts::wire::Kind;
use crate::facts::{DaemonSet, PodSpec, Question, Questions, Resources};

/// Kinds that matter only where the template has claims.
pub const FOR_CLAIMS: [Kind; 7] = [
    Kind::PersistentVolumeClaim,
    Kind::PersistentVolume,
    Kind::StorageClass,
    Kind::CSINode,
    Kind::VolumeAttachment,
    Kind::CSIStorageCapacity,
    Kind::CSIDriver,
];

/// Priority classes whose values every server knows.
const BUILT_IN: [&str; 2] = ["system-node-critical", "system-cluster-critical"];

/// What the template asks of a cluster before any node is looked at.
pub fn needs(daemon_set: &DaemonSet) -> Questions {
    let (spec, namespace) = (&daemon_set.template.spec, daemon_set.namespace);
    let mut questions = Questions::default();
    let mut list = |kind: Kind| questions.ask(Question::List(kind, None));
    if looks_at_namespaces(spec) {
        list(Kind::Namespace);
    }
    // Without a class the one that is the default counts.
    if spec.priority_class.is_none() {
        list(Kind::PriorityClass);
    }
    if has_claims(spec) {
        FOR_CLAIMS.into_iter().for_each(&mut list);
    }
    if !Resources::of(&crate::facts::pod::pod_requests(spec)).scalar.is_empty() {
        list(Kind::DeviceClass);
    }
    for kind in [Kind::LimitRange, Kind::ResourceQuota] {
        questions.ask(Question::List(kind, Some(namespace)));
    }
    if !looks_at_namespaces(spec) {
        questions.ask(Question::Get(Kind::Namespace, None, namespace));
    }
    if let Some(name) = spec.service_account.filter(|name| *name != *"default") {
        questions.ask(Question::Get(Kind::ServiceAccount, Some(namespace), name));
    }
    if let Some(name) = spec.priority_class.filter(|name| !BUILT_IN.contains(&name.as_str())) {
        questions.ask(Question::Get(Kind::PriorityClass, None, name));
    }
    if let Some(name) = spec.runtime_class {
        questions.ask(Question::Get(Kind::RuntimeClass, None, name));
    }
    questions
}

/// A deployed DaemonSet's own pods, those that it would adopt, and its revisions: its selector picks all three.
pub fn own(daemon_set: &DaemonSet) -> Questions {
    let mut questions = Questions::default();
    questions.keep.owners.extend(daemon_set.uid);
    if !daemon_set.selector.is_empty() {
        questions.keep.adopted.push((daemon_set.namespace, daemon_set.selector.clone()));
        for kind in [Kind::Pod, Kind::ControllerRevision] {
            questions.ask(Question::Selected(kind, daemon_set.namespace, daemon_set.selector.clone()));
        }
    }
    questions
}

/// Whether the pod has claims, whose volumes decide where it can be.
pub fn has_claims(spec: &PodSpec) -> bool {
    spec.volumes.iter().any(|volume| matches!(volume, Volume::Claim(_) | Volume::Ephemeral(_)))
}

/// Whether a term of the pod picks namespaces by their labels.
fn looks_at_namespaces(spec: &PodSpec) -> bool {
    let mut terms = spec.pod_affinity.iter().chain(&spec.pod_anti_affinity);
    terms.any(|term| term.namespace_selector.as_ref().is_some_and(|selector| !selector.is_empty()))
}
