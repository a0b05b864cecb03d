//! Sentences and evidence for each cause: what is wrong with one node, in one sentence with its figures.

mod controller;
mod creation;
mod daemonset;
pub mod found;
mod node;
pub mod notices;
mod pod;
mod pods;
mod scheduler;
pub mod units;

use serde_json::{Map, Value};

pub use crate::explain::creation::amount;
use crate::explain::found::Words;
pub use crate::explain::pods::of_term;
pub use crate::explain::scheduler::port_name;
use crate::findings::cause::denial_code;
use crate::findings::codes::Code;
use crate::findings::near_miss::NearMiss;
use crate::findings::taint_origin;
use crate::model::labels::{Operator, Requirement};
use crate::model::message::admission::Denial;
use crate::model::{DaemonSet, Node, Pod, Symbol, Version};
use crate::report::Note;
use crate::store::{Cluster, NodeIndex, PodIndex};

use crate::rules::{Cause, CreationRefusal, Exclusion, KubeletRefusal, Plugin, Race, Rejection, Unknown};

/// Evidence: figures and names behind a sentence, by name.
pub type Evidence = Map<String, Value>;

/// One DaemonSet on its cluster, as far as sentences need them.
pub struct ExplainContext<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The DaemonSet.
    pub daemon_set: &'a DaemonSet,
    /// The version whose rules hold.
    pub version: Version,
}

/// A cause in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The sentence, without a final period.
    pub message: String,
    /// What is behind it, if there is more to say.
    pub notes: Vec<Note>,
    /// The figures.
    pub evidence: Evidence,
}

impl Explanation {
    fn new(message: impl Into<String>, evidence: Value) -> Self {
        let evidence = match evidence {
            Value::Object(evidence) => evidence,
            _ => Evidence::new(),
        };
        Explanation { message: message.into(), notes: Vec::new(), evidence }
    }

    fn note(mut self, note: impl Into<Note>) -> Self {
        self.notes.push(note.into());
        self
    }

    fn notes(mut self, notes: impl IntoIterator<Item = Note>) -> Self {
        self.notes.extend(notes);
        self
    }

    /// The sentence with its notes, for where there is one line only.
    pub fn line(&self) -> String {
        let mut line = self.message.clone();
        for note in &self.notes {
            line.push_str(&format!("; {note}"));
        }
        line
    }
}

/// The stable code of a cause.
pub fn code(cause: &Cause) -> Code {
    match cause {
        Cause::Exclusion(exclusion) => match exclusion {
            Exclusion::NodeSelector { .. } => Code::NODE_SELECTOR,
            Exclusion::NodeAffinity => Code::NODE_AFFINITY,
            Exclusion::NodeName { .. } => Code::NODE_NAME,
            Exclusion::Taint { taint } => taint_origin::origin(taint).code(),
        },
        Cause::Creation(refusal) => refusal_code(refusal),
        Cause::Gate(_) => Code::GATED,
        Cause::Rejection(rejection) => rejection_code(rejection),
        Cause::Unknown(unknown) => match **unknown {
            Unknown::OtherScheduler(_) => Code::OTHER_SCHEDULER,
            Unknown::NotCollected { .. } => Code::NOT_COLLECTED,
            Unknown::ResourceClaims => Code::RESOURCE_CLAIMS,
            Unknown::DeviceClass { .. } => Code::DEVICE_CLASS,
            Unknown::Unreadable(_) => Code::UNREADABLE,
            Unknown::QuotaScope(_) => Code::QUOTA_SCOPE,
        },
        Cause::Kubelet(KubeletRefusal::OperatingSystem { .. } | KubeletRefusal::StrictGroups) => Code::KUBELET_REFUSED,
        Cause::Kubelet(KubeletRefusal::Pressure { .. }) => Code::EVICTED,
        Cause::Kubelet(KubeletRefusal::Unfit(rejection)) => match rejection.plugin() {
            Plugin::NodePorts => Code::KUBELET_PORTS,
            Plugin::NodeAffinity => Code::KUBELET_AFFINITY,
            _ => Code::KUBELET_RESOURCES,
        },
        Cause::Race(race) => match race {
            Race::Claim(_) => Code::RACE_CLAIM,
            Race::Spread(_) => Code::RACE_SPREAD,
            Race::Affinity(_) => Code::RACE_AFFINITY,
        },
    }
}

fn refusal_code(refusal: &CreationRefusal) -> Code {
    use CreationRefusal as R;
    match refusal {
        R::Answered { message } => match Denial::of(message) {
            Denial::Other => Code::REFUSED_WHEN_ASKED,
            denial => denial_code(denial),
        },
        R::NamespaceMissing => Code::NAMESPACE_MISSING,
        R::NamespaceTerminating => Code::NAMESPACE_TERMINATING,
        R::ServiceAccountMissing { .. } => Code::SERVICE_ACCOUNT_MISSING,
        R::PriorityClassMissing { .. } => Code::PRIORITY_CLASS_MISSING,
        R::PriorityMismatch { .. } => Code::PRIORITY_MISMATCH,
        R::PreemptionPolicyMismatch => Code::PREEMPTION_POLICY_MISMATCH,
        R::RuntimeClassMissing { .. } => Code::RUNTIME_CLASS_MISSING,
        R::RuntimeClassConflict { .. } => Code::RUNTIME_CLASS_CONFLICT,
        R::OverheadMismatch => Code::OVERHEAD_MISMATCH,
        R::LimitRange { .. } => Code::LIMIT_RANGE,
        R::PodSecurity { .. } => Code::POD_SECURITY,
        R::QuotaExceeded { .. } => Code::QUOTA_EXCEEDED,
        R::QuotaUnspecified { .. } => Code::QUOTA_UNSPECIFIED,
        R::QuotaUnsynced { .. } => Code::QUOTA_UNSYNCED,
        R::Invalid { .. } => Code::CONTRADICTION,
        R::RepeatedLabelKeys { .. } => Code::REPEATED_LABEL_KEY,
        R::RepeatedHostPorts { .. } => Code::REPEATED_HOST_PORT,
    }
}

fn rejection_code(rejection: &Rejection) -> Code {
    use Rejection as R;
    match rejection {
        // DaemonSet pods tolerate the cordon; where they did not, it would be the node's state.
        R::NodeUnschedulable => Code::STATE_TAINT,
        R::UntoleratedTaint { taint } => taint_origin::origin(taint).code(),
        R::NodeSelector { .. } => Code::SCHEDULER_SELECTOR,
        R::PortTaken { .. } => Code::PORT_TAKEN,
        R::TooManyPods { .. } => Code::TOO_MANY_PODS,
        R::Insufficient { .. } => Code::INSUFFICIENT,
        R::ClaimMissing { .. } => Code::CLAIM_MISSING,
        R::DiskInUse { .. } => Code::DISK_IN_USE,
        R::ClaimInUse { .. } => Code::CLAIM_IN_USE,
        R::TooManyVolumes { .. } => Code::TOO_MANY_VOLUMES,
        R::DriverMissing { .. } => Code::DRIVER_MISSING,
        R::ClaimLost { .. } => Code::CLAIM_LOST,
        R::ClaimTerminating { .. } => Code::CLAIM_TERMINATING,
        R::ClaimUnbound { .. } | R::EphemeralClaimAwaited { .. } => Code::CLAIM_UNBOUND,
        R::VolumeAffinity { .. } => Code::VOLUME_AFFINITY,
        R::NoVolume { .. } => Code::NO_VOLUME,
        R::NoStorage { .. } => Code::NO_STORAGE,
        R::VolumeGone { .. } => Code::VOLUME_GONE,
        R::VolumeZone { .. } => Code::VOLUME_ZONE,
        R::SpreadLabelMissing { .. } => Code::SPREAD_LABEL,
        R::SpreadSkew { .. } => Code::SPREAD_SKEW,
        R::PodAffinity { .. } => Code::POD_AFFINITY,
        R::PodAntiAffinity { .. } => Code::POD_ANTI_AFFINITY,
        R::ExistingAntiAffinity { .. } => Code::EXISTING_ANTI_AFFINITY,
        R::FeatureMissing { .. } => Code::FEATURE_MISSING,
    }
}

impl<'a> ExplainContext<'a> {
    /// One cause on one node, in words.
    pub fn tell(&self, cause: &Cause, node: NodeIndex) -> Explanation {
        let near = NearMiss::of(cause, self.node(node), self.daemon_set);
        self.words(cause, node).notes(near.as_ref().map(controller::near_miss_note))
    }

    /// One cause on one node without its near miss.
    fn words(&self, cause: &Cause, node: NodeIndex) -> Explanation {
        match cause {
            Cause::Exclusion(exclusion) => self.exclusion(exclusion, self.node(node)),
            Cause::Creation(refusal) => creation::refusal(refusal, self.daemon_set),
            Cause::Gate(gate) => Explanation::new(
                format!("the scheduling gate {gate} has not been lifted"),
                serde_json::json!({ "gate": gate }),
            ),
            Cause::Rejection(rejection) => self.rejection(rejection, node),
            Cause::Unknown(unknown) => self.unknown(unknown),
            Cause::Race(race) => self.race(race),
            Cause::Kubelet(KubeletRefusal::Unfit(rejection)) => {
                let mut told = self.rejection(rejection, node);
                told.message = format!(
                    "no scheduler looks where the template names the node, and the kubelet refuses the pod: {}",
                    told.message
                );
                told
            }
            Cause::Kubelet(KubeletRefusal::OperatingSystem { wanted, actual }) => Explanation::new(
                format!("the pod is for {wanted} (os.name), and the node runs {actual}: the kubelet refuses it"),
                serde_json::json!({ "os": wanted, "nodeOS": actual }),
            ),
            Cause::Kubelet(KubeletRefusal::StrictGroups) => Explanation::new(
                "the pod keeps its image's groups out (supplementalGroupsPolicy: Strict), which the node's runtime cannot: \
                 the kubelet refuses it",
                serde_json::json!({ "supplementalGroupsPolicy": "Strict" }),
            )
            .note("containerd can since v2.0, CRI-O since v1.31"),
            Cause::Kubelet(KubeletRefusal::Pressure { condition }) => Explanation::new(
                format!("the kubelet refuses new pods while the node has {condition}"),
                serde_json::json!({ "condition": condition }),
            )
            .note("pods of a system-*-critical priority are let in"),
        }
    }

    /// The same cause on several nodes, in words that hold for all of them, with the near misses that were counted.
    pub fn tell_all(&self, causes: &[(NodeIndex, &Cause)], near_misses: &[(NearMiss, usize)]) -> Explanation {
        let Some((node, first)) = causes.first() else { return Explanation::new("", Value::Null) };
        let told = match first {
            _ if causes.len() == 1 => self.words(first, *node),
            Cause::Exclusion(_) => self.exclusions(causes),
            Cause::Rejection(_) => self.rejections(causes),
            _ => self.words(first, *node),
        };
        let told = told.notes(controller::near_miss_notes(near_misses));
        self.note_on_pods(told, first)
    }

    fn node(&self, node: NodeIndex) -> &'a Node {
        &self.cluster.nodes[node as usize]
    }

    /// A pod as `namespace/name`.
    pub fn pod_name(&self, pod: PodIndex) -> String {
        full_name(self.cluster.pod(pod))
    }

    fn unknown(&self, unknown: &Unknown) -> Explanation {
        use serde_json::json;
        match unknown {
            Unknown::OtherScheduler(name) => Explanation::new(
                format!("the scheduler {name} decides, whose rules are not known"),
                json!({ "scheduler": name }),
            ),
            Unknown::NotCollected { what, why } => {
                Explanation::new(format!("cannot check {what}: {why}"), json!({ "what": what, "why": why }))
            }
            Unknown::ResourceClaims => {
                Explanation::new("the pod uses resource claims, whose allocation is not evaluated", Value::Null)
            }
            Unknown::DeviceClass { resource, class } => Explanation::new(
                format!("the device class {class} gives {resource}, and its allocation is not evaluated"),
                json!({ "resource": resource, "class": class }),
            ),
            Unknown::Unreadable(why) => Explanation::new(format!("it could not be read: {why}"), json!({ "why": why })),
            Unknown::QuotaScope(scope) => Explanation::new(
                format!("a quota has the scope {scope}, which is not known"),
                json!({ "scope": scope }),
            ),
        }
    }

    fn race(&self, race: &Race) -> Explanation {
        use serde_json::json;
        match race {
            Race::Claim(claim) => Explanation::new(
                format!("the claim {claim} serves one pod at a time, and every pod wants it"),
                json!({ "claim": claim }),
            ),
            Race::Spread(key) => Explanation::new(
                format!("pods must be spread evenly over {key}, counted over all nodes"),
                json!({ "topologyKey": key }),
            ),
            Race::Affinity(key) => Explanation::new(
                format!("a required term selects the DaemonSet's own pods by {key}"),
                json!({ "topologyKey": key }),
            ),
        }
    }
}

/// A pod as `namespace/name`.
pub fn full_name(pod: &Pod) -> String {
    format!("{}/{}", pod.namespace, pod.name)
}

/// A label as `key=value`.
pub fn label(key: Symbol, value: Symbol) -> String {
    format!("{key}={value}")
}

/// A requirement as people write it: `disk In [ssd, nvme]`.
pub fn requirement(requirement: &Requirement) -> String {
    let list = |values: &[Symbol]| values.iter().map(|v| v.as_str()).collect::<Vec<_>>().join(", ");
    let key = requirement.key;
    match &requirement.operator {
        Operator::In(values) => format!("{key} In [{}]", list(values)),
        Operator::NotIn(values) => format!("{key} NotIn [{}]", list(values)),
        Operator::Exists => format!("{key} Exists"),
        Operator::DoesNotExist => format!("{key} DoesNotExist"),
        Operator::Gt(bound) => format!("{key} Gt {bound}"),
        Operator::Lt(bound) => format!("{key} Lt {bound}"),
        Operator::Invalid => format!("{key}: not valid"),
    }
}
