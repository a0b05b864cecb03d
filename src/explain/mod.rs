//! Words every cause: one sentence with its figures, its notes and its evidence.

mod chain;
pub mod context;
mod controller;
mod crash;
mod creation;
mod daemonset;
pub mod found;
pub mod manager;
pub mod next_step;
mod node;
pub mod node_facts;
pub mod notices;
mod pod;
mod pods;
mod scheduler;
pub mod steps;
pub mod units;
mod words;

use serde_json::Value;

pub use crate::explain::context::ExplainContext;
use crate::explain::words::Words;
pub use crate::findings::amount::port_name;
use crate::findings::near_miss::NearMiss;
use crate::model::Node;
pub use crate::report::{Evidence, Explanation};
use crate::store::{NodeIndex, PodIndex};

use crate::rules::{Cause, KubeletRefusal, Race, Unknown};

impl<'a> ExplainContext<'a> {
    /// Words one cause on one node.
    pub fn tell(&self, cause: &Cause, node: NodeIndex) -> Explanation {
        let near = NearMiss::of(cause, self.node(node), self.daemon_set);
        self.words(cause, node).notes(near.as_ref().map(controller::near_miss_note))
    }

    /// Words one cause on one node without its near miss.
    fn words(&self, cause: &Cause, node: NodeIndex) -> Explanation {
        match cause {
            Cause::Exclusion(exclusion) => self.exclusion(exclusion, self.node(node)),
            Cause::Creation(refusal) => creation::refusal(refusal, self.daemon_set),
            Cause::Gate(gate) => Explanation::new(
                format!("the pod waits for scheduling gate {gate}"),
                serde_json::json!({ "gate": gate }),
            ),
            Cause::Rejection(rejection) => self.rejection(rejection, node),
            Cause::Unknown(unknown) => self.unknown(unknown),
            Cause::Race(race) => self.race(race),
            Cause::Kubelet(KubeletRefusal::Unfit(rejection)) => {
                let mut told = self.rejection(rejection, node);
                told.message = format!(
                    "spec.nodeName bypasses the scheduler, and the kubelet rejects the pod: {}",
                    told.message
                );
                told
            }
            Cause::Kubelet(KubeletRefusal::OperatingSystem { wanted, actual }) => Explanation::new(
                format!("the pod requires OS {wanted} (os.name), but the node runs {actual}; the kubelet rejects the pod"),
                serde_json::json!({ "os": wanted, "nodeOS": actual }),
            ),
            Cause::Kubelet(KubeletRefusal::StrictGroups) => Explanation::new(
                "the container runtime of the node does not support supplementalGroupsPolicy: Strict; the kubelet rejects \
                 the pod",
                serde_json::json!({ "supplementalGroupsPolicy": "Strict" }),
            )
            .note("containerd supports it since v2.0, CRI-O since v1.31"),
            Cause::Kubelet(KubeletRefusal::Pressure { condition }) => Explanation::new(
                format!("the kubelet rejects new pods while the node has {condition}"),
                serde_json::json!({ "condition": condition }),
            )
            .note("the kubelet still admits pods with a system-*-critical PriorityClass"),
        }
    }

    /// Words the same cause on several nodes, with the near misses that were counted.
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
        self.cluster.pod(pod).full_name()
    }

    fn unknown(&self, unknown: &Unknown) -> Explanation {
        use serde_json::json;
        match unknown {
            Unknown::OtherScheduler(name) => Explanation::new(
                format!("the pod uses scheduler {name}, whose decisions cannot be simulated"),
                json!({ "scheduler": name }),
            ),
            Unknown::NotCollected { what, why } => {
                Explanation::new(format!("cannot check {what}: {why}"), json!({ "what": what, "why": why }))
            }
            Unknown::ResourceClaims => {
                Explanation::new("the pod uses resourceClaims, whose allocation cannot be simulated", Value::Null)
            }
            Unknown::DeviceClass { resource, class } => Explanation::new(
                format!("DeviceClass {class} provides {resource}, and its allocation cannot be simulated"),
                json!({ "resource": resource, "class": class }),
            ),
            Unknown::Unreadable(why) => {
                Explanation::new(format!("the object cannot be read: {why}"), json!({ "why": why }))
            }
            Unknown::QuotaScope(scope) => {
                Explanation::new(format!("a ResourceQuota has the unknown scope {scope}"), json!({ "scope": scope }))
            }
        }
    }

    fn race(&self, race: &Race) -> Explanation {
        use serde_json::json;
        match race {
            Race::Claim(claim) => Explanation::new(
                format!("all pods use claim {claim}, which admits one pod at a time (ReadWriteOncePod)"),
                json!({ "claim": claim }),
            ),
            Race::Spread(key) => Explanation::new(
                format!("topologySpreadConstraints spread the pods over {key}, counted over all nodes"),
                json!({ "topologyKey": key }),
            ),
            Race::Affinity(key) => Explanation::new(
                format!("a required affinity term by {key} selects the pods of this DaemonSet"),
                json!({ "topologyKey": key }),
            ),
        }
    }
}
