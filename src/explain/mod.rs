//! Words every cause: one sentence with its figures, its notes and its evidence.

mod access;
mod admission_gates;
mod chain;
pub mod container_logs;
pub mod context;
mod controller;
mod crash;
mod creation;
mod daemonset;
mod devices;
pub mod fix;
pub mod found;
pub mod manager;
pub mod next_step;
mod node;
pub mod node_changes;
pub mod node_facts;
pub mod not_checked;
pub mod notices;
mod pod;
mod pods;
pub mod policy;
pub mod rollout;
pub mod running_pod;
mod scheduler;
pub mod shared;
mod start;
pub mod steps;
mod taint;
pub mod units;
mod words;

pub use crate::explain::context::ExplainContext;
pub use crate::explain::controller::near_miss_on;
pub use crate::explain::scheduler::default_scheduler_rejects;
pub use crate::explain::taint::taint_note;
use crate::explain::units::{count, some};
use crate::explain::words::Words;
pub use crate::findings::amount::port_name;
use crate::findings::evidence::{Contention, Evidence as Typed, Preemption};
use crate::findings::evidence_of::EvidenceContext;
use crate::findings::near_miss::NearMiss;
use crate::model::Node;
pub use crate::report::{Evidence, Explanation};
use crate::rules::{Cause, KubeletRefusal, Placement, Race, Unknown, Verdict};
use crate::store::{NodeIndex, PodIndex};

/// Most pods that evidence names as victims of a preemption.
pub(crate) const MAX_VICTIMS: usize = 100;

impl<'a> ExplainContext<'a> {
    /// Words one cause on one node, which has the placement.
    pub fn tell(&self, cause: &Cause, node: NodeIndex, placement: &Placement) -> Explanation {
        let near = self.near.of(cause, self.node(node));
        let evidence = self.evidence().of(cause, node).contended(Contention::of(placement));
        let words = self.words(cause, node, &evidence).notes(near.as_ref().map(controller::near_miss_note));
        words.with(evidence.json())
    }

    /// Words the same cause on several nodes of one placement, with the near misses that were counted.
    pub fn tell_all(
        &self,
        causes: &[(NodeIndex, &Cause)],
        near_misses: &[(NearMiss, Vec<NodeIndex>)],
        placement: &Placement,
    ) -> Explanation {
        let Some((node, first)) = causes.first() else { return Explanation::default() };
        let contention = Contention::of(placement);
        let evidence = self.evidence().of_all(causes).contended(contention);
        let mut words = match first {
            _ if causes.len() == 1 => self.words(first, *node, &evidence),
            Cause::Rejection(_) => self.rejections(causes, &evidence),
            _ => self.words(first, *node, &evidence),
        };
        if let (Cause::Race(_), Some(contention)) = (first, contention) {
            let Contention { min_pods, max_pods, candidates } = contention;
            let how_many = if max_pods > min_pods { format!("{min_pods} to {max_pods}") } else { min_pods.to_string() };
            words.message.push_str(&format!(": only {how_many} of {candidates} nodes get a pod"));
        }
        let words = words.notes(controller::near_miss_notes(near_misses));
        self.note_on_pods(words, first).with(evidence.json())
    }

    /// Words which pods the scheduler would evict on nodes with these verdicts.
    pub fn preempting<'v>(&self, verdicts: impl Iterator<Item = &'v Verdict>) -> Explanation {
        let mut victims: Vec<String> = Vec::new();
        for verdict in verdicts {
            if let Placement::Preempting { victims: pods } = &verdict.placement {
                victims.extend(pods.iter().map(|pod| self.pod_name(*pod)));
            }
        }
        let pods = count(victims.len(), "lower-priority pod");
        let words = Words::new(format!("the scheduler would evict {pods}: {}", some(&victims, 3)));
        let count = victims.len();
        victims.truncate(MAX_VICTIMS);
        words.with(Typed::from(Preemption { victims, count }).json())
    }

    /// Words one cause on one node without its near miss.
    fn words(&self, cause: &Cause, node: NodeIndex, evidence: &Typed) -> Words {
        match cause {
            Cause::Exclusion(exclusion) => self.exclusion(exclusion, node, evidence),
            Cause::Creation(refusal) => creation::refusal(refusal, evidence, self.daemon_set),
            Cause::Gate(gate) => Words::new(format!("the pod waits for scheduling gate {gate}")),
            Cause::Rejection(rejection) => self.rejection(rejection, node, evidence),
            Cause::Unknown(unknown) => words_of_unknown(unknown),
            Cause::Race(race) => words_of_race(race),
            Cause::Start(failure) => start::words(failure, self.daemon_set.namespace),
            Cause::Kubelet(KubeletRefusal::Unfit(rejection)) => {
                let mut words = self.rejection(rejection, node, evidence);
                words.message = format!(
                    "spec.nodeName bypasses the scheduler, and the kubelet rejects the pod: {}",
                    words.message
                );
                words
            }
            Cause::Kubelet(KubeletRefusal::OperatingSystem { wanted, actual }) => Words::new(format!(
                "the pod requires OS {wanted} (os.name), but the node runs {actual}; the kubelet rejects the pod"
            )),
            Cause::Kubelet(KubeletRefusal::OperatingSystemLabel { wanted, actual }) => Words::new(format!(
                "label kubernetes.io/os={wanted} of the pod differs from the node's ({actual}); the kubelet rejects the pod \
                 (PodOSSelectorNodeLabelDoesNotMatch)"
            )),
            Cause::Kubelet(KubeletRefusal::PodLevelResources) => Words::new(
                "kubelets on Windows do not support resources of the pod as a whole; the kubelet rejects the pod",
            )
            .note("requests and limits of the containers have the same effect"),
            Cause::Kubelet(KubeletRefusal::StrictGroups) => Words::new(
                "the container runtime of the node does not support supplementalGroupsPolicy: Strict; the kubelet rejects \
                 the pod",
            )
            .note("containerd supports it since v2.0, CRI-O since v1.31"),
            Cause::Kubelet(KubeletRefusal::Pressure { condition }) => {
                Words::new(format!("the kubelet rejects new pods while the node has {condition}"))
                    .note("the kubelet still admits pods with a system-*-critical PriorityClass")
            }
        }
    }

    fn evidence(&self) -> EvidenceContext<'_> {
        EvidenceContext { cluster: self.cluster, daemon_set: self.daemon_set, near: &self.near }
    }

    fn node(&self, node: NodeIndex) -> &'a Node {
        &self.cluster.nodes[node as usize]
    }

    /// A pod as `namespace/name`.
    pub fn pod_name(&self, pod: PodIndex) -> String {
        self.cluster.pod(pod).full_name()
    }
}

fn words_of_unknown(unknown: &Unknown) -> Words {
    Words::new(match unknown {
        Unknown::OtherScheduler(name) => {
            format!("the pod uses scheduler {name}, whose decisions cannot be simulated")
        }
        Unknown::NotCollected { what, coverage } => format!("cannot check {what}: {coverage}"),
        Unknown::ResourceClaims => "the pod uses resourceClaims, whose allocation cannot be simulated".to_owned(),
        Unknown::DeviceClass { resource, class } => {
            format!("DeviceClass {class} provides {resource}, and its allocation cannot be simulated")
        }
        Unknown::Unreadable(why) => format!("the object cannot be read: {why}"),
        Unknown::QuotaScope(scope) => format!("a ResourceQuota has the unknown scope {scope}"),
    })
}

fn words_of_race(race: &Race) -> Words {
    Words::new(match race {
        Race::Claim(claim) => format!("all pods use claim {claim}, which admits one pod at a time (ReadWriteOncePod)"),
        Race::Spread(key) => format!("topologySpreadConstraints spread the pods over {key}, counted over all nodes"),
        Race::Affinity(key) => format!("a required affinity term by {key} selects the pods of this DaemonSet"),
    })
}
