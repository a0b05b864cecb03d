//! Sentences and evidence for each cause: what is wrong with one node, in one sentence with its figures.

pub mod context;
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
mod words;

use serde_json::Value;

pub use crate::explain::context::ExplainContext;
use crate::explain::words::Words;
pub use crate::findings::amount::port_name;
use crate::findings::near_miss::NearMiss;
use crate::model::{Node, Pod};
pub use crate::report::{Evidence, Explanation};
use crate::store::{NodeIndex, PodIndex};

use crate::rules::{Cause, KubeletRefusal, Race, Unknown};

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
