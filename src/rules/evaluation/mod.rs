//! All rules together, for one DaemonSet on every node.

mod unlisted_pods;
mod unseen;

use std::collections::HashSet;
use std::sync::Arc;

use crate::model::pod::PodTerm;
use crate::model::{DaemonSet, Labels, Symbol, Toleration};
use crate::rules::admission::{Admission, Assumption, ReplacedPods};
use crate::rules::contention;
use crate::rules::contention::Outcome;
use crate::rules::controller;
use crate::rules::controller::Predicate;
use crate::rules::kubelet;
use crate::rules::preemption;
use crate::rules::scheduler::{Filters, IncomingPod};
use crate::rules::verdict::{
    Cause, Exclusion, KubeletRefusal, Placement, Plugin, Race, Reason, Rejection, Stage, Unknown, Verdict,
};
use crate::rules::view::{NodeState, View};
use crate::store::{Cluster, NodeIndex, PodIndex};

/// What becomes of the pods that the DaemonSet has, while it is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnPods {
    /// It has none.
    None,
    /// The new ones replace them: they count nowhere. The UID is that of the DaemonSet that is replaced, or what
    /// stands for it where it is to adopt them.
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
    predicate: Predicate<'a>,
    filters: Filters<'a>,
    before_nodes: Vec<Rejection>,
    unknowns: Vec<Arc<Unknown>>,
    /// What the kubelet looks at in the pod.
    asks: kubelet::Asks,
    race: Option<Race>,
    /// Whether something holds up the pod wherever it is to go.
    held_up: bool,
    own: OwnPods,
    /// Why the pods of the cluster are not known, where the server would not give them.
    unseen_pods: Option<Arc<Unknown>>,
}

impl<'a> Evaluation<'a> {
    /// The pod that the API server would make of the DaemonSet's template.
    pub fn admit(cluster: &Cluster, daemon_set: &DaemonSet, own: OwnPods) -> Admission {
        let gone = match (own, own.gone(cluster)) {
            (OwnPods::Replaced(_) | OwnPods::Live(_), []) if cluster.hides_pods_of(daemon_set.namespace) => {
                ReplacedPods::Unseen
            }
            (_, seen) => ReplacedPods::Seen(seen),
        };
        Admission::of(cluster, daemon_set, gone)
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
        let template = &daemon_set.template.spec;
        let tolerations = controller::tolerations(template);
        let unseen_pods = unlisted_pods::unseen_pods(cluster);
        let held_up = !admission.refusals.is_empty()
            || !admission.spec.gates.is_empty()
            || !unknowns.is_empty()
            || unseen_pods.is_some();
        Evaluation {
            cluster,
            daemon_set,
            predicate: Predicate::prepare(cluster, daemon_set.namespace, template, &tolerations),
            tolerations,
            asks: kubelet::Asks::of(&daemon_set.template.security),
            race: contention::race(&filters),
            view,
            admission,
            filters,
            before_nodes,
            unknowns,
            held_up,
            own,
            unseen_pods,
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
        let mut found = Found::default();
        let nodes = 0..self.cluster.nodes.len() as NodeIndex;
        let mut verdicts: Vec<Verdict> = nodes.map(|node| self.judge_into(node, &mut found)).collect();
        if let Some(race) = self.race {
            self.settle_race(race, &mut verdicts);
        }
        for (node, verdict) in verdicts.iter_mut().enumerate() {
            self.ask_kubelet(node as NodeIndex, verdict);
        }
        verdicts
    }

    /// The verdict for one node, as if no other pod of the DaemonSet were about to land.
    pub fn judge(&self, index: NodeIndex) -> Verdict {
        let mut verdict = self.judge_into(index, &mut Found::default());
        self.ask_kubelet(index, &mut verdict);
        verdict
    }

    /// Adds what the kubelet will say of a pod that is bound to the node.
    fn ask_kubelet(&self, index: NodeIndex, verdict: &mut Verdict) {
        let glance = self.cluster.glance(index);
        if glance.unreadable || !(glance.troubled || self.asks.anything()) {
            return;
        }
        let node = &self.cluster.nodes[index as usize];
        let refusals = kubelet::refusals(node, self.asks, self.admission.priority);
        let before = verdict.reasons.len();
        verdict.reasons.extend(refusals.map(|refusal| Reason::new(Cause::Kubelet(refusal))));
        if verdict.placement == Placement::Placed && verdict.reasons.len() > before {
            verdict.placement = Placement::Rejected;
        }
    }

    fn judge_into(&self, index: NodeIndex, found: &mut Found) -> Verdict {
        if self.cluster.glance(index).unreadable {
            let why = self.cluster.nodes[index as usize].unreadable.clone().unwrap_or_default();
            let unknown = Arc::new(Unknown::Unreadable(why));
            return Verdict { placement: Placement::Unknown, reasons: vec![Reason::new(Cause::Unknown(unknown))] };
        }
        let template = &self.daemon_set.template.spec;
        let Found { exclusions, rejections } = found;
        exclusions.clear();
        self.predicate.exclusions(index, exclusions);
        // A template that names its node meets no scheduler: the kubelet is the first to look for room.
        if template.node_name.is_some() {
            let state = self.view.node(index);
            rejections.clear();
            if exclusions.is_empty() {
                self.filters.on_node(&state, rejections);
            }
            let critical = self.admission.priority >= kubelet::CRITICAL;
            let unfit = rejections.drain(..).filter(|rejection| kubelet::looks_at(state.node, rejection, critical));
            let unfit: Vec<Reason> = unfit.map(|r| Reason::new(Cause::Kubelet(KubeletRefusal::Unfit(r)))).collect();
            let placement = match (exclusions.is_empty(), self.admission.refusals.is_empty()) {
                (false, _) => Placement::Excluded,
                (_, false) => Placement::Denied,
                _ if !unfit.is_empty() => Placement::Rejected,
                _ => Placement::Placed,
            };
            let reasons = exclusions.iter().map(|e| Reason::new(*e)).chain(self.refusals()).chain(unfit);
            return Verdict { placement, reasons: reasons.collect() };
        }
        let state = self.state(index);
        let left = self.filters.device_class(&state);
        self.rejections(&state, left.as_ref(), rejections);
        if exclusions.is_empty() && rejections.is_empty() && left.is_none() && !self.held_up {
            return Verdict::default();
        }
        let mut reasons = Vec::with_capacity(exclusions.len() + rejections.len());
        reasons.extend(exclusions.iter().map(|e| Reason::new(*e)));
        reasons.extend(self.refusals());
        reasons.extend(self.admission.spec.gates.iter().map(|gate| Reason::new(Cause::Gate(*gate))));
        reasons.extend(self.unknowns.iter().map(|u| Reason::new(Cause::Unknown(Arc::clone(u)))));
        let mut unknown = !self.unknowns.is_empty() || left.is_some();
        reasons.extend(left.map(|u| Reason::new(Cause::Unknown(Arc::new(u)))));
        // Pods that were not seen can only add refusals, but for those that the pod wants to be near.
        let near = |r: &Rejection| matches!(r, Rejection::PodAffinity { .. });
        let unseen = self.unseen_pods.as_ref().filter(|_| self.is_unseen(&state));
        if let Some(unseen) = unseen.filter(|_| rejections.iter().all(near)) {
            unknown = true;
            reasons.push(Reason::new(Cause::Unknown(Arc::clone(unseen))));
        }
        let placement = if !exclusions.is_empty() {
            Placement::Excluded
        } else if !self.admission.refusals.is_empty() {
            Placement::Denied
        } else if !self.admission.spec.gates.is_empty() {
            Placement::Gated
        } else if unknown {
            Placement::Unknown
        } else if !rejections.is_empty() {
            self.refused(&state, rejections)
        } else {
            Placement::Placed
        };
        let telling = matches!(placement, Placement::Unschedulable | Placement::Preempting { .. });
        self.add_rejections(rejections, exclusions, telling, &mut reasons);
        Verdict { placement, reasons }
    }

    fn refusals(&self) -> impl Iterator<Item = Reason> + '_ {
        self.admission.refusals.iter().map(|refusal| Reason::new(Cause::Creation(Arc::clone(refusal))))
    }

    /// The node with its pods and those that are nominated to it.
    #[inline]
    fn state(&self, index: NodeIndex) -> NodeState<'_> {
        let mut state = self.view.node(index);
        if !self.cluster.has_nominated() {
            return state;
        }
        for pod in self.cluster.nominated_to(state.node.name) {
            let nominated = self.cluster.pod(*pod);
            let own = match self.own {
                OwnPods::Replaced(uid) | OwnPods::Live(uid) => self.cluster.is_owned_by(nominated, uid),
                OwnPods::None | OwnPods::Kept(_) => false,
            };
            if nominated.priority >= self.admission.priority && !own {
                state.nominate(*pod);
            }
        }
        state
    }

    /// Everything of the scheduler's that refuses the node, in place of what was found before.
    fn rejections(&self, state: &NodeState<'_>, left: Option<&Unknown>, found: &mut Vec<Rejection>) {
        found.clear();
        found.extend_from_slice(&self.before_nodes);
        self.filters.on_node(state, found);
        if let Some(Unknown::DeviceClass { resource, .. }) = left {
            found.retain(|r| !matches!(r, Rejection::Insufficient { resource: r, .. } if r == resource));
        }
    }

    /// Whether evicting others helps where the node is refused.
    fn refused(&self, state: &NodeState<'_>, rejections: &[Rejection]) -> Placement {
        let all_curable = rejections.iter().all(Rejection::is_curable_by_eviction);
        let nobody_below = self.admission.priority <= self.cluster.lowest_priority;
        if !all_curable || nobody_below || self.admission.preempts_never {
            return Placement::Unschedulable;
        }
        let mut found = Vec::new();
        let is_refused = |state: &NodeState<'_>| {
            self.rejections(state, None, &mut found);
            !found.is_empty()
        };
        match preemption::victims(state, self.admission.priority, is_refused) {
            Some(victims)
                if !victims.is_empty()
                    || preemption::has_folded(self.cluster, state.index, self.admission.priority) =>
            {
                Placement::Preempting { victims: victims.into() }
            }
            _ => Placement::Unschedulable,
        }
    }

    /// Adds the scheduler's refusals in its own order and marks what it tells: what the first plugin that refuses
    /// says, at the point where it refuses. What the controller said already is not said again.
    fn add_rejections(
        &self,
        rejections: &mut Vec<Rejection>,
        exclusions: &[Exclusion],
        telling: bool,
        reasons: &mut Vec<Reason>,
    ) {
        /// Of fewer an index is not worth its making.
        const MANY: usize = 16;
        if rejections.len() > 1 {
            rejections.sort_by_key(|r| (!r.is_before_nodes(), r.plugin()));
        }
        let first = rejections.first().map(|r| (r.is_before_nodes(), r.plugin()));
        let index: Option<HashSet<&Exclusion>> = (exclusions.len() > MANY).then(|| exclusions.iter().collect());
        let excludes = |exclusion: Exclusion| match &index {
            Some(index) => index.contains(&exclusion),
            None => exclusions.contains(&exclusion),
        };
        let said = |rejection: &Rejection| match rejection {
            Rejection::UntoleratedTaint { taint } => excludes(Exclusion::Taint { taint: *taint }),
            Rejection::NodeSelector { key, wanted, actual } => {
                excludes(Exclusion::NodeSelector { key: *key, wanted: *wanted, actual: *actual })
            }
            _ => false,
        };
        if !exclusions.is_empty() {
            rejections.retain(|rejection| !said(rejection));
        }
        let mut told_one = false;
        // Of claims that wait, and of those that are bound: what the first that is refused is refused for.
        let mut of_claims = [None, None];
        for rejection in rejections.drain(..) {
            let of_first = Some((rejection.is_before_nodes(), rejection.plugin())) == first;
            let tells = match rejection.plugin() {
                _ if rejection.is_before_nodes() => !told_one,
                Plugin::NodeResourcesFit => true,
                Plugin::VolumeBinding => {
                    let bound = matches!(rejection, Rejection::VolumeAffinity { .. } | Rejection::VolumeGone { .. });
                    let kind = std::mem::discriminant(&rejection);
                    *of_claims[usize::from(bound)].get_or_insert(kind) == kind
                }
                _ => !told_one,
            };
            let told = telling && of_first && tells;
            told_one |= told;
            reasons.push(Reason { reported_by_scheduler: told, cause: rejection.into() });
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
        let (outcomes, min_pods) =
            contention::outcomes(self.cluster, &self.filters, &candidates, &|node| self.labels_on(node));
        let contended = outcomes.iter().filter(|o| **o == Outcome::Sometimes).count() as u32;
        let sure = outcomes.iter().filter(|o| **o == Outcome::Always).count() as u32;
        for (node, outcome) in candidates.iter().zip(outcomes) {
            let verdict = &mut verdicts[*node as usize];
            match outcome {
                Outcome::Always => *verdict = Verdict::default(),
                Outcome::Never => self.refuse_for_siblings(race, *node, verdict),
                Outcome::Sometimes => {
                    let (min_pods, most) = (min_pods.start().saturating_sub(sure), min_pods.end().saturating_sub(sure));
                    verdict.placement = Placement::Contended { min_pods, most, candidates: contended };
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
                Rejection::SpreadSkew { key, domain, count: 0, least: 0, max_skew: 0, min_domains: 0 }
            }
            Race::Affinity(key) => {
                let spec = &self.admission.spec;
                let by = |terms: &[PodTerm]| terms.iter().position(|term| term.topology_key == key).unwrap_or(0) as u32;
                match spec.pod_affinity.is_empty() {
                    true => Rejection::PodAntiAffinity { term: by(&spec.pod_anti_affinity), key, holder: None },
                    false => Rejection::PodAffinity { term: by(&spec.pod_affinity), key, domain: domain(key) },
                }
            }
        };
        verdict.placement = Placement::Unschedulable;
        verdict.reasons = vec![Reason { reported_by_scheduler: true, cause: rejection.into() }];
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

/// What one node gives, in buffers that serve all nodes.
#[derive(Default)]
struct Found {
    exclusions: Vec<Exclusion>,
    rejections: Vec<Rejection>,
}

/// Where a reason stands in a report.
impl Reason {
    /// Who gives it.
    pub fn stage(&self) -> Stage {
        self.cause.stage()
    }
}
