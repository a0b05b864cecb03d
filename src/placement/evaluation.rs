//! All rules together, for one DaemonSet on every node.

use std::sync::Arc;

use super::admission::{Admission, Assumption};
use super::contention::{self, Outcome};
use super::controller;
use super::preemption;
use super::scheduler::{Filters, IncomingPod};
use super::verdict::{Cause, Exclusion, Placement, Plugin, Race, Reason, Rejection, Stage, Unknown, Verdict};
use super::view::{NodeState, View};
use crate::facts::wire::Kind;
use crate::facts::{Cluster, Coverage, DaemonSet, Labels, NodeIndex, PodIndex, Symbol, Toleration};

/// What becomes of the pods that the DaemonSet has, while it is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnPods {
    /// It has none.
    None,
    /// The new ones replace them: they count nowhere. The UID is that of the DaemonSet that is replaced.
    Replaced(Symbol),
    /// They stay beside the new ones, as in a rollout with surge; but for those that are not ready, which the controller
    /// deletes once the new one is made. The UID is that of the DaemonSet.
    Kept(Symbol),
    /// It is deployed: a pod counts everywhere but on its own node.
    Live(Symbol),
}

impl OwnPods {
    /// Those that a new pod takes the place of.
    pub fn gone(self, cluster: &Cluster) -> &[PodIndex] {
        match self {
            OwnPods::Replaced(uid) | OwnPods::Live(uid) => cluster.owned_by(uid),
            OwnPods::None | OwnPods::Kept(_) => &[],
        }
    }
}

/// A DaemonSet held against a cluster: what is the same for all nodes is done once.
pub struct Evaluation<'a> {
    cluster: &'a Cluster,
    daemon_set: &'a DaemonSet,
    view: View<'a>,
    admission: &'a Admission,
    tolerations: Vec<Toleration>,
    filters: Filters<'a>,
    before_nodes: Vec<Rejection>,
    unknowns: Vec<Arc<Unknown>>,
    race: Option<Race>,
    own: OwnPods,
    /// Why the pods of the cluster are not known, where the server would not give them.
    unseen_pods: Option<Arc<Unknown>>,
}

impl<'a> Evaluation<'a> {
    /// The pod that the API server would make of the DaemonSet's template.
    pub fn admit(cluster: &Cluster, daemon_set: &DaemonSet, own: OwnPods) -> Admission {
        Admission::of(cluster, daemon_set, own.gone(cluster))
    }

    /// Prepares the rules. `admission` is what [`Evaluation::admit`] gave.
    pub fn new(cluster: &'a Cluster, daemon_set: &'a DaemonSet, admission: &'a Admission, own: OwnPods) -> Self {
        let view = match own {
            OwnPods::None => View::whole(cluster),
            OwnPods::Kept(uid) => View::surging(cluster, uid),
            OwnPods::Replaced(uid) => View::without(cluster, uid, true),
            OwnPods::Live(uid) => View::without(cluster, uid, false),
        };
        let pod = IncomingPod {
            namespace: daemon_set.namespace,
            labels: &admission.labels,
            spec: &admission.spec,
            priority: admission.priority,
        };
        let filters = Filters::prepare(&view, &pod);
        let mut before_nodes = Vec::new();
        filters.before_nodes(&mut before_nodes);
        let mut unknowns = admission.unknowns.clone();
        let scheduler = admission.spec.scheduler.filter(|name| *name != *"default-scheduler");
        unknowns.extend(scheduler.map(|name| Arc::new(Unknown::OtherScheduler(name))));
        if admission.spec.resource_claims {
            unknowns.push(Arc::new(Unknown::ResourceClaims));
        }
        unknowns.extend(filters.unknowns());
        Evaluation {
            cluster,
            daemon_set,
            tolerations: controller::tolerations(&daemon_set.template.spec),
            race: contention::race(&filters),
            view,
            admission,
            filters,
            before_nodes,
            unknowns,
            own,
            unseen_pods: unseen_pods(cluster),
        }
    }

    /// The pod as the API server makes it.
    pub fn admission(&self) -> &Admission {
        self.admission
    }

    /// What was not looked at, and what was assumed of it.
    pub fn assumptions(&self) -> &[Assumption] {
        &self.admission.assumptions
    }

    /// The template's tolerations with the controller's own.
    pub fn tolerations(&self) -> &[Toleration] {
        &self.tolerations
    }

    /// The DaemonSet that is judged.
    pub fn daemon_set(&self) -> &DaemonSet {
        self.daemon_set
    }

    /// How many nodes the controller wants a pod on.
    pub fn desired(verdicts: &[Verdict]) -> usize {
        verdicts.iter().filter(|v| v.placement != Placement::Excluded).count()
    }

    /// The verdict for every node, in the order of the cluster's nodes.
    pub fn all(&self) -> Vec<Verdict> {
        let mut verdicts: Vec<Verdict> = (0..self.cluster.nodes.len()).map(|i| self.judge(i as NodeIndex)).collect();
        if let Some(race) = self.race {
            self.settle_race(race, &mut verdicts);
        }
        verdicts
    }

    /// The verdict for one node, as if no other pod of the DaemonSet were about to land.
    pub fn judge(&self, index: NodeIndex) -> Verdict {
        let node = &self.cluster.nodes[index as usize];
        if let Some(why) = &node.unreadable {
            let unknown = Arc::new(Unknown::Unreadable(why.clone()));
            return Verdict { placement: Placement::Unknown, reasons: vec![Reason::new(Cause::Unknown(unknown))] };
        }
        let template = &self.daemon_set.template.spec;
        let mut exclusions = Vec::new();
        controller::exclusions(template, &self.tolerations, node, &mut exclusions);
        let mut reasons: Vec<Reason> = exclusions.iter().map(|e| Reason::new(*e)).collect();
        reasons.extend(self.admission.refusals.iter().map(|r| Reason::new(Cause::Creation(Arc::clone(r)))));
        // A template that names its node meets no scheduler.
        if template.node_name.is_some() {
            let placement = match (exclusions.is_empty(), self.admission.refusals.is_empty()) {
                (false, _) => Placement::Excluded,
                (_, false) => Placement::Uncreated,
                _ => Placement::Placed,
            };
            return Verdict { placement, reasons };
        }
        let gates = self.admission.spec.gates.iter();
        reasons.extend(gates.map(|gate| Reason::new(Cause::Gate(*gate))));
        let state = self.state(index);
        let mut unknown = !self.unknowns.is_empty();
        reasons.extend(self.unknowns.iter().map(|u| Reason::new(Cause::Unknown(Arc::clone(u)))));
        let left = self.filters.device_class(&state);
        unknown |= left.is_some();
        let rejections = self.rejections(&state, left.as_ref());
        reasons.extend(left.map(|u| Reason::new(Cause::Unknown(Arc::new(u)))));
        // Pods that were not seen can only add refusals, but for those that the pod wants to be near.
        let near = |r: &Rejection| matches!(r, Rejection::PodAffinity { .. });
        if let Some(unseen) = self.unseen_pods.as_ref().filter(|_| rejections.iter().all(near)) {
            unknown = true;
            reasons.push(Reason::new(Cause::Unknown(Arc::clone(unseen))));
        }
        let placement = if !exclusions.is_empty() {
            Placement::Excluded
        } else if !self.admission.refusals.is_empty() {
            Placement::Uncreated
        } else if !self.admission.spec.gates.is_empty() {
            Placement::Gated
        } else if unknown {
            Placement::Unknown
        } else if !rejections.is_empty() {
            self.refused(&state, &rejections)
        } else {
            Placement::Placed
        };
        let telling = matches!(placement, Placement::Unschedulable | Placement::Preempting { .. });
        self.add_rejections(rejections, &exclusions, telling, &mut reasons);
        Verdict { placement, reasons }
    }

    /// The node with its pods and those that are nominated to it.
    fn state(&self, index: NodeIndex) -> NodeState<'_> {
        let mut state = self.view.node(index);
        let node = state.node.name;
        for pod in self.cluster.nominated_to(node) {
            let nominated = self.cluster.pod(*pod);
            let own = match self.own {
                OwnPods::Replaced(uid) | OwnPods::Live(uid) => nominated.owner == Some(uid),
                OwnPods::None | OwnPods::Kept(_) => false,
            };
            if nominated.priority >= self.admission.priority && !own {
                state.nominate(*pod);
            }
        }
        state
    }

    /// Everything of the scheduler's that refuses the node.
    fn rejections(&self, state: &NodeState<'_>, left: Option<&Unknown>) -> Vec<Rejection> {
        let mut found = self.before_nodes.clone();
        self.filters.on_node(state, &mut found);
        if let Some(Unknown::DeviceClass { resource, .. }) = left {
            found.retain(|r| !matches!(r, Rejection::Insufficient { resource: r, .. } if r == resource));
        }
        found
    }

    /// Whether evicting others helps where the node is refused.
    fn refused(&self, state: &NodeState<'_>, rejections: &[Rejection]) -> Placement {
        let all_curable = rejections.iter().all(Rejection::is_curable_by_eviction);
        let nobody_below = self.admission.priority <= self.cluster.lowest_priority;
        if !all_curable || nobody_below || self.admission.preempts_never {
            return Placement::Unschedulable;
        }
        match preemption::victims(state, self.admission.priority, |state| self.rejections(state, None)) {
            Some(victims) if !victims.is_empty() => Placement::Preempting { victims: victims.into() },
            _ => Placement::Unschedulable,
        }
    }

    /// Adds the scheduler's refusals in its own order and marks what it tells: what the first plugin that refuses
    /// says, at the point where it refuses. What the controller said already is not said again.
    fn add_rejections(
        &self,
        mut rejections: Vec<Rejection>,
        exclusions: &[Exclusion],
        telling: bool,
        reasons: &mut Vec<Reason>,
    ) {
        rejections.sort_by_key(|r| (!r.is_before_nodes(), r.plugin()));
        let first = rejections.first().map(|r| (r.is_before_nodes(), r.plugin()));
        let mut told_one = false;
        for rejection in rejections {
            let said = match &rejection {
                Rejection::UntoleratedTaint { taint } => exclusions.contains(&Exclusion::Taint { taint: *taint }),
                Rejection::NodeSelector { key, wanted, actual } => {
                    exclusions.contains(&Exclusion::NodeSelector { key: *key, wanted: *wanted, actual: *actual })
                }
                _ => false,
            };
            if said {
                continue;
            }
            let of_first = Some((rejection.is_before_nodes(), rejection.plugin())) == first;
            let tells_all = matches!(rejection.plugin(), Plugin::NodeResourcesFit | Plugin::VolumeBinding)
                && !rejection.is_before_nodes();
            let told = telling && of_first && (tells_all || !told_one);
            told_one |= told;
            reasons.push(Reason { told, cause: rejection.into() });
        }
    }

    /// Settles which nodes get a pod where the DaemonSet's own pods compete.
    fn settle_race(&self, race: Race, verdicts: &mut [Verdict]) {
        let bound: Vec<Symbol> = match self.own {
            OwnPods::Live(uid) => {
                let own = self.cluster.owned_by(uid).iter().map(|pod| self.cluster.pod(*pod));
                own.filter_map(|pod| pod.counts_on()).collect()
            }
            _ => Vec::new(),
        };
        let competes = |(index, verdict): &(usize, &Verdict)| {
            let running = matches!(verdict.placement, Placement::Placed | Placement::Unschedulable);
            let only_siblings = verdict.reasons.iter().all(|reason| match &reason.cause {
                Cause::Rejection(Rejection::SpreadSkew { .. }) => matches!(race, Race::Spread(_)),
                _ => false,
            });
            running && only_siblings && !bound.contains(&self.cluster.nodes[*index].name)
        };
        let candidates: Vec<NodeIndex> =
            verdicts.iter().enumerate().filter(competes).map(|(index, _)| index as NodeIndex).collect();
        if candidates.is_empty() {
            return;
        }
        let (outcomes, slots) =
            contention::outcomes(self.cluster, &self.filters, &candidates, &|node| self.labels_on(node));
        let contended = outcomes.iter().filter(|o| **o == Outcome::Sometimes).count() as u32;
        let sure = outcomes.iter().filter(|o| **o == Outcome::Always).count() as u32;
        for (node, outcome) in candidates.iter().zip(outcomes) {
            let verdict = &mut verdicts[*node as usize];
            match outcome {
                Outcome::Always => *verdict = Verdict::default(),
                Outcome::Never => self.refuse_for_siblings(race, *node, verdict),
                Outcome::Sometimes => {
                    let slots = slots.saturating_sub(sure);
                    verdict.placement = Placement::Contended { slots, candidates: contended };
                    verdict.reasons = vec![Reason::new(Cause::Race(race))];
                }
            }
        }
    }

    /// A node that gets no pod in any order, because others of the DaemonSet are always there first.
    fn refuse_for_siblings(&self, race: Race, node: NodeIndex, verdict: &mut Verdict) {
        if verdict.placement == Placement::Unschedulable {
            return;
        }
        let domain = |key: Symbol| self.cluster.nodes[node as usize].labels.get(key);
        let rejection = match race {
            Race::Claim(claim) => Rejection::NoVolume { claim },
            Race::Spread(key) => {
                let domain = domain(key).unwrap_or_default();
                Rejection::SpreadSkew { key, domain, count: 0, least: 0, max_skew: 0 }
            }
            Race::Affinity(key) if self.admission.spec.pod_affinity.is_empty() => {
                Rejection::PodAntiAffinity { key, holder: None }
            }
            Race::Affinity(key) => Rejection::PodAffinity { key, domain: domain(key) },
        };
        verdict.placement = Placement::Unschedulable;
        verdict.reasons = vec![Reason { told: true, cause: rejection.into() }];
    }

    /// The labels of a pod on the node: since v1.35 the API server copies the node's zone and region to it.
    fn labels_on(&self, node: NodeIndex) -> Labels {
        let labels = &self.admission.labels;
        if !self.view.version.at_least(35) {
            return labels.clone();
        }
        let node = &self.cluster.nodes[node as usize];
        let topology = ["topology.kubernetes.io/zone", "topology.kubernetes.io/region"].map(Symbol::new);
        labels.with(topology.into_iter().filter_map(|key| Some((key, node.labels.get(key)?))))
    }
}

/// A source that holds no pod is taken at its word that none stands in the way; one that refused to say is not.
fn unseen_pods(cluster: &Cluster) -> Option<Arc<Unknown>> {
    let coverage = cluster.coverage(Kind::Pod);
    let silent = matches!(coverage, Coverage::Whole | Coverage::NotCollected);
    (!silent).then(|| {
        Arc::new(Unknown::NotCollected { what: "pods, which take the nodes' room".into(), why: coverage.to_string() })
    })
}

/// Where a reason stands in a report.
impl Reason {
    /// Who gives it.
    pub fn stage(&self) -> Stage {
        self.cause.stage()
    }
}
