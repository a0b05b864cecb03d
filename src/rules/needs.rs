//! What a template alone says must be known of a cluster, beside its nodes.
//!
//! Admission always looks at the namespace, its limits and quotas, the service account and the priority class; at
//! everything else only where the template refers to it. What then decides on a node is asked for by
//! [`Evaluation::questions`](crate::rules::Evaluation::questions).

use crate::model::devices::PodClaimSource;
use crate::model::pod::{Port, Volume, pod_requests};
use crate::model::pod_fields::PodFields;
use crate::model::wire::Kind;
use crate::model::{DaemonSet, Pod, PodSpec, Resources, Version};
use crate::rules::admission::{Admission, ReplacedPods};
use crate::store::data_request::MOST_NODES;
use crate::store::{Cluster, DataRequest, DataRequests, PodIndex, RetainFilter, host_ports};

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

/// Kinds by which the API server asks others whether it admits a pod.
pub const ADMISSION_HOOKS: [Kind; 6] = [
    Kind::ValidatingWebhookConfiguration,
    Kind::MutatingWebhookConfiguration,
    Kind::ValidatingAdmissionPolicy,
    Kind::ValidatingAdmissionPolicyBinding,
    Kind::MutatingAdmissionPolicy,
    Kind::MutatingAdmissionPolicyBinding,
];

/// Kinds that matter only where the template has claims for devices.
pub const FOR_DEVICES: [Kind; 3] = [Kind::DeviceClass, Kind::ResourceSlice, Kind::ResourceClaim];

/// Priority classes whose values every server knows.
const BUILT_IN: [&str; 2] = ["system-node-critical", "system-cluster-critical"];

/// What the template asks of a cluster before any node is looked at.
pub fn needs(daemon_set: &DaemonSet) -> DataRequests {
    let (spec, namespace) = (&daemon_set.template.spec, daemon_set.namespace);
    let mut questions = DataRequests::default();
    let mut list = |kind: Kind| questions.ask(DataRequest::List(kind, None));
    if looks_at_namespaces(spec) {
        list(Kind::Namespace);
    }
    // Without a class the one that is the default counts.
    if spec.priority_class.is_none() {
        list(Kind::PriorityClass);
    }
    // A node attaches so many disks, also of those that pods name themselves.
    if has_claims(spec) || spec.volumes.iter().any(|volume| matches!(volume, Volume::Disk(_))) {
        FOR_CLAIMS.into_iter().for_each(&mut list);
    }
    // The kubelet mounts an inline volume only where the driver has registered.
    let fields = daemon_set.template.text.get().and_then(PodFields::read).unwrap_or_default();
    if fields.volumes.iter().any(|volume| volume.csi.is_some()) {
        list(Kind::CSINode);
    }
    if !spec.resource_claims.is_empty() {
        FOR_DEVICES.into_iter().for_each(&mut list);
    } else if !Resources::of(&pod_requests(spec)).scalar.is_empty() {
        list(Kind::DeviceClass);
    }
    for claim in &spec.resource_claims {
        if let PodClaimSource::Template(template) = claim.source {
            questions.ask(DataRequest::Get(Kind::ResourceClaimTemplate, Some(namespace), template));
        }
    }
    for kind in [Kind::LimitRange, Kind::ResourceQuota] {
        questions.ask(DataRequest::List(kind, Some(namespace)));
    }
    if !looks_at_namespaces(spec) {
        questions.ask(DataRequest::Get(Kind::Namespace, None, namespace));
    }
    if let Some(name) = spec.service_account.filter(|name| *name != *"default") {
        questions.ask(DataRequest::Get(Kind::ServiceAccount, Some(namespace), name));
    }
    if let Some(name) = spec.priority_class.filter(|name| !BUILT_IN.contains(&name.as_str())) {
        questions.ask(DataRequest::Get(Kind::PriorityClass, None, name));
    }
    if let Some(name) = spec.runtime_class {
        questions.ask(DataRequest::Get(Kind::RuntimeClass, None, name));
    }
    questions
}

/// What can deny or change the pods of a document: no pod that runs proves that it lets them in.
pub fn admission_hooks() -> DataRequests {
    let mut questions = DataRequests::default();
    ADMISSION_HOOKS.into_iter().for_each(|kind| questions.ask(DataRequest::List(kind, None)));
    questions
}

/// A deployed DaemonSet's own pods, those that it would adopt, and its revisions: its selector picks all three.
pub fn own(daemon_set: &DaemonSet) -> DataRequests {
    let mut questions = adopted(daemon_set);
    questions.keep.owners.extend(daemon_set.uid);
    if !daemon_set.selector.is_empty() {
        let revisions =
            DataRequest::Selected(Kind::ControllerRevision, daemon_set.namespace, daemon_set.selector.clone());
        questions.ask(revisions);
    }
    questions
}

/// The pods that a DaemonSet adopts once it is there.
pub fn adopted(daemon_set: &DaemonSet) -> DataRequests {
    let mut questions = DataRequests::default();
    if !daemon_set.selector.is_empty() {
        questions.keep.adopted.push((daemon_set.namespace, daemon_set.selector.clone()));
        questions.ask(DataRequest::Selected(Kind::Pod, daemon_set.namespace, daemon_set.selector.clone()));
    }
    questions
}

/// The pods that the rules look at one by one, for a pod that holds these ports and asks for so much.
pub(crate) fn keep(
    daemon_set: &DaemonSet,
    admission: &Admission,
    ports: &[Port],
    requests: &Resources,
) -> RetainFilter {
    let spec = &admission.spec;
    let terms = spec.pod_affinity.iter().chain(&spec.pod_anti_affinity).filter_map(|term| term.selector.clone());
    let spread = spec.spread.iter().filter_map(|constraint| constraint.selector.clone());
    let adopted = (!daemon_set.selector.is_empty()).then(|| (daemon_set.namespace, daemon_set.selector.clone()));
    RetainFilter {
        owners: daemon_set.uid.into_iter().collect(),
        adopted: adopted.into_iter().collect(),
        below: if admission.preempts_never { i32::MIN } else { admission.priority },
        ports: ports.iter().map(|port| port.host_port).collect(),
        repelled: vec![admission.labels.clone()],
        labels: terms.chain(spread).collect(),
        volumes: !spec.volumes.is_empty(),
        resources: requests.names().collect(),
    }
}

/// What can be said of the pods of all nodes before any node is known. `cluster` is what was read so far
/// ([`Builder::so_far`](crate::store::Builder::so_far)): what the template needs, and the first of the DaemonSet's pods or
/// all of them.
#[derive(Debug)]
pub struct Prefetch {
    /// Which of them must be known one by one.
    pub keep: RetainFilter,
    /// Whether so many nodes lack a pod that holds their room that the pods of all nodes will be asked for.
    pub is_sure: bool,
    /// Whether nodes lack any pod that is bound to them.
    pub lacks: bool,
}

impl Prefetch {
    /// Looks ahead for a deployed DaemonSet.
    pub fn of(cluster: &Cluster, daemon_set: &DaemonSet) -> Self {
        let is_own = |pod: &Pod| pod.owner.is_some() && pod.owner == daemon_set.uid;
        let own: Vec<PodIndex> = (0..cluster.pods.len() as PodIndex).filter(|pod| is_own(cluster.pod(*pod))).collect();
        let admission = Admission::of(cluster, daemon_set, ReplacedPods::Seen(&own));
        let spec = &admission.spec;
        let ports: Vec<Port> = host_ports(spec, Version::NEWEST).collect();
        let requests = Resources::of(&pod_requests(spec));
        let mut keep = keep(daemon_set, &admission, &ports, &requests);
        let holds = |pod: &Pod| pod.node.is_some() && pod.requests.covers(&requests);
        let desired = daemon_set.status.as_ref().map_or(0, |status| status.desired);
        let bound = own.iter().filter(|pod| cluster.pod(**pod).node.is_some()).count() as i64;
        let mut lacking = desired - own.len() as i64;
        for pod in own.iter().map(|pod| cluster.pod(*pod)).filter(|pod| !holds(pod)) {
            lacking += 1;
            // Where webhooks change pods, one that waits is judged by what it became.
            keep.below = keep.below.max(pod.priority);
            keep.ports.extend(host_ports(&pod.shape.spec, Version::NEWEST).map(|port| port.host_port));
            if !keep.repelled.contains(&pod.shape.labels) {
                keep.repelled.push(pod.shape.labels.clone());
            }
            for resource in pod.requests.names().filter(|name| !keep.resources.contains(name)).collect::<Vec<_>>() {
                keep.resources.push(resource);
            }
        }
        let decides = admission.refusals.is_empty()
            && admission.unknowns.is_empty()
            && spec.gates.is_empty()
            && spec.scheduler.is_none_or(|name| name == *"default-scheduler")
            && spec.resource_claims.is_empty()
            && daemon_set.template.spec.node_name.is_none();
        let is_sure = decides && (looks_far(spec) || lacking > MOST_NODES as i64);
        Prefetch { keep, is_sure, lacks: desired > bound }
    }
}

/// Whether pods of other nodes decide where the pod can be: by their labels, or by the claims that they use.
pub(crate) fn looks_far(spec: &PodSpec) -> bool {
    !spec.spread.is_empty() || !spec.pod_affinity.is_empty() || !spec.pod_anti_affinity.is_empty() || has_claims(spec)
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
