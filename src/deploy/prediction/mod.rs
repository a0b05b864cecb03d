//! What will happen: which nodes get a pod, which do not and why, who is evicted, how the rollout goes.

mod groups;
mod now;
mod rollout;

use crate::deploy::prediction::groups::groups;
use crate::deploy::prediction::rollout::{nodes_without_pod, predict_rollout};
use crate::deploy::unseen_data::Unseen;
use crate::model::wire::Kind;
use crate::model::{DaemonSet, Labels, Pod, Version};
use crate::rules::admission::{Admission, pod_security};
use crate::rules::rollout::{Rollout, TemplateMark, contended};
use crate::rules::{CreationRefusal, Evaluation, OwnPods, Placement, Verdict};
use crate::store::{Cluster, NodeIndex};
use serde::Serialize;

pub use crate::deploy::prediction::groups::Group;
pub use crate::deploy::prediction::now::Now;
pub use crate::deploy::prediction::rollout::RolloutPrediction;
pub use crate::rules::rollout::Deadlock;

/// What becomes of every node.
#[derive(Debug, Clone, Default)]
pub struct Prediction {
    /// The decision for each node, by name.
    pub nodes: Vec<(String, Placement)>,
    /// Number of eligible nodes.
    pub desired: usize,
    /// Nodes that get no pod (or not surely), by decision and cause; the most first.
    pub groups: Vec<Group>,
    /// Pods that the scheduler will evict, `namespace/name` by node.
    pub victims: Vec<(String, Vec<String>)>,
    /// A quota that admits fewer pods than are wanted: how many, of how many.
    pub quota: Option<(u64, u64)>,
    /// Where pods of the DaemonSet compete with each other: how many of those nodes get one.
    pub contended: Option<Contended>,
    /// Number of pods without a controller that a new DaemonSet will adopt.
    pub adopted: usize,
    /// How many pods stay that count as new for the generation that they are marked with, whatever they run.
    pub counted_as_updated: usize,
    /// How the rollout goes.
    pub rollout: RolloutPrediction,
    /// What this rests on and could not be seen.
    pub unseen: Vec<Unseen>,
    /// The Pod Security level that the namespace would need, where pods are refused for its present one.
    pub pod_security: Option<&'static str>,
}

/// DaemonSets that are deployed together and do not fit together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Clash {
    /// What keeps the pods apart, in one sentence.
    pub message: String,
    /// The nodes, by name.
    pub nodes: Vec<String>,
}

/// How many nodes get a pod where pods of the DaemonSet compete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contended {
    /// At least.
    pub min_pods: u32,
    /// At most: where the first to land decides where the others may, order decides how many.
    pub most: u32,
    /// Of how many.
    pub of: u32,
}

/// Predicts the rollout of `wanted`. The cluster must already contain the other objects of the deployment.
pub fn predict(cluster: &Cluster, wanted: &DaemonSet, now: Now<'_>) -> Prediction {
    let own = now.own_pods(cluster, wanted);
    let admission = Evaluation::admit(cluster, wanted, own);
    let evaluation = Evaluation::new(cluster, wanted, &admission, own);
    let mut verdicts = evaluation.all();
    let marks = now.marks(cluster, wanted);
    let model = Rollout::of(wanted, now.own(cluster), marks, Evaluation::desired(&verdicts) as i64, now.time);
    let staying = staying(cluster, now, marks, &verdicts);
    let of_generation = |pod: &&Pod| now.renews() && (now.like.is_none() || pod.revision() != now.like);
    let counted_as_updated = staying.iter().map(|(_, pod)| *pod).filter(of_generation).count();
    // What a new pod would meet where a new one is does not matter.
    for (node, _) in staying.iter().filter(|(_, pod)| pod.node.is_some()) {
        verdicts[*node as usize] = Verdict::default();
    }
    let mut prediction = Prediction {
        desired: Evaluation::desired(&verdicts),
        groups: groups(cluster, &evaluation, &verdicts),
        adopted: if now.adopts.is_some() { now.own(cluster).count() } else { 0 },
        counted_as_updated,
        rollout: predict_rollout(cluster, wanted, now, &model, &verdicts),
        ..Prediction::default()
    };
    for (node, verdict) in cluster.nodes.iter().zip(&verdicts) {
        prediction.nodes.push((node.name.to_string(), verdict.placement.clone()));
        if let Placement::Preempting { victims } = &verdict.placement {
            let names = victims.iter().map(|v| cluster.pod(*v).full_name()).collect();
            prediction.victims.push((node.name.to_string(), names));
        }
    }
    prediction.quota = admission.quota.as_ref().and_then(|quota| {
        // Pods that are there need no room of a quota, and with surge each old one makes room for the next.
        let (stay, without_pod) = (staying.len() as u64, nodes_without_pod(cluster, &model, &verdicts) as u64);
        let surges = matches!(own, OwnPods::Kept(_)) && quota.admits > without_pod;
        let (admits, of) = (quota.admits.max(stay), prediction.desired as u64);
        (admits < of && stay < of && !surges).then_some((admits, of))
    });
    prediction.contended = contended(&verdicts).map(|(min_pods, most, of)| Contended { min_pods, most, of });
    let denied = prediction.count(|placement| *placement == Placement::Denied) > 0;
    prediction.pod_security = admission.refusals.iter().filter(|_| denied).find_map(|refusal| match &**refusal {
        CreationRefusal::PodSecurity { .. } => Some(needed_level(wanted, &admission, cluster.rules())),
        _ => None,
    });
    let nodes = cluster.coverage(Kind::Node);
    if !nodes.is_whole() {
        prediction.miss(Unseen::Kind { kind: Kind::Node, namespace: None, coverage: nodes.clone() });
    }
    prediction.unseen.extend(evaluation.assumptions().iter().map(Unseen::from));
    prediction
}

/// The mildest level that admits the pods.
fn needed_level(wanted: &DaemonSet, admission: &Admission, version: Version) -> &'static str {
    let enforce = |level: &str| [("pod-security.kubernetes.io/enforce", level)].into_iter().collect::<Labels>();
    let template = &wanted.template;
    match pod_security::admit(&enforce("baseline"), None, &template.security, &admission.spec, version) {
        None => "baseline",
        Some(_) => "privileged",
    }
}

impl Prediction {
    /// Whether the nodes could not be seen, or not all of them.
    pub fn nodes_unseen(&self) -> bool {
        self.unseen.iter().any(|unseen| unseen.kind() == Some(Kind::Node))
    }

    /// Adds what could not be seen, once for each kind.
    pub fn miss(&mut self, unseen: Unseen) {
        let kind = unseen.kind();
        if kind.is_none() || !self.unseen.iter().any(|known| known.kind() == kind) {
            self.unseen.push(unseen);
        }
    }

    /// How many nodes have such a decision.
    pub fn count(&self, is: impl Fn(&Placement) -> bool) -> usize {
        self.nodes.iter().filter(|(_, placement)| is(placement)).count()
    }

    /// Returns on how many nodes the scheduler will evict pods.
    pub fn preempting(&self) -> usize {
        self.count(|placement| matches!(placement, Placement::Preempting { .. }))
    }

    /// How many nodes have no decision.
    pub fn unknown(&self) -> usize {
        self.count(|placement| *placement == Placement::Unknown)
    }

    /// How many nodes get a pod whatever happens. A quota does not say which nodes go without.
    pub fn placed(&self) -> usize {
        let admitted = self.quota.map_or(usize::MAX, |(admits, _)| usize::try_from(admits).unwrap_or(usize::MAX));
        self.count(|placement| *placement == Placement::Placed).min(admitted)
    }

    /// Of this many pods that the controller wants to create: how many the API server admits, and how many of these are
    /// not scheduled.
    pub fn created(&self, pods: usize) -> (usize, usize) {
        let created = pods - self.count(|placement| *placement == Placement::Denied).min(pods);
        let waiting = self.count(|placement| matches!(placement, Placement::Unschedulable | Placement::Gated));
        (created, waiting.min(created))
    }

    /// Returns how many eligible nodes get no running pod: rejected by the scheduler, by admission, by the kubelet or by a
    /// quota, lacking what it needs to start, or because another pod of the DaemonSet takes the place.
    pub fn without(&self) -> usize {
        let refused = self.count(|placement| {
            matches!(
                placement,
                Placement::Unschedulable
                    | Placement::Denied
                    | Placement::Gated
                    | Placement::Rejected
                    | Placement::Blocked
            )
        });
        let outrun = self.contended.map_or(0, |c| c.of.saturating_sub(c.min_pods) as usize);
        let over_quota = self.quota.map_or(0, |(admits, of)| usize::try_from(of - admits).unwrap_or(usize::MAX));
        (refused + outrun).max(over_quota)
    }

    /// Returns why the rollout can never end, if that is proved.
    pub fn deadlock(&self) -> Option<&Deadlock> {
        match &self.rollout {
            RolloutPrediction::Rolling { deadlock, .. } => deadlock.as_ref(),
            RolloutPrediction::Nothing | RolloutPrediction::Create { .. } | RolloutPrediction::OnDelete { .. } => None,
        }
    }

    /// Whether no node is eligible although the cluster has nodes, which looks like a mistake.
    pub fn wants_nothing(&self) -> bool {
        self.desired == 0 && !self.nodes.is_empty()
    }
}

/// Its pods that count as new, by the wanted node that each is on or meant for: they stay. One that has ended is made
/// anew whatever it was made from.
fn staying<'c>(
    cluster: &'c Cluster,
    now: Now<'_>,
    marks: TemplateMark,
    verdicts: &[Verdict],
) -> Vec<(NodeIndex, &'c Pod)> {
    let new = now.own(cluster).filter(|pod| !pod.terminating && !pod.phase.has_ended() && marks.is_new(pod));
    let placed = new.filter_map(|pod| Some((cluster.node(pod.node_or_target()?)?, pod)));
    placed.filter(|(node, _)| verdicts[*node as usize].placement != Placement::Excluded).collect()
}

#[cfg(test)]
mod tests;
