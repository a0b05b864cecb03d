//! All rules together, for one DaemonSet on every node.
//!
//! * `own_pods`: what becomes of the pods that the DaemonSet has.
//! * `reported`: which of the scheduler's refusals the real scheduler reports.
//! * `race`: which nodes get a pod where the DaemonSet's own pods compete.
//! * `attach`: which nodes get a pod that starts where one node at a time can attach a volume.
//! * `unlisted_pods`, `unseen`: what a verdict rests on that was not read.

mod attach;
mod own_pods;
mod race;
mod reported;
mod unlisted_pods;
mod unseen;

use std::sync::Arc;

use crate::model::wire::Kind;
use crate::model::{DaemonSet, Symbol, Toleration};
use crate::rules::admission::{Admission, Assumption, ReplacedPods};
use crate::rules::contention;
use crate::rules::controller;
use crate::rules::controller::Predicate;
use crate::rules::kubelet;
use crate::rules::preemption;
use crate::rules::scheduler::{DeviceOutcome, Filters, IncomingPod};
use crate::rules::start::StartNeeds;
use crate::rules::verdict::{
    Cause, Exclusion, KubeletRefusal, MissingData, Placement, Race, Reason, Rejection, Stage, StartObstacle, Unknown,
    Verdict,
};
use crate::rules::view::{NodeState, View};
use crate::store::{Cluster, NodeIndex};

pub use crate::rules::evaluation::own_pods::OwnPods;

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
    /// What the pod needs to start.
    start: StartNeeds,
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
            denied_claim: admission.denied_claim.as_ref(),
        };
        let filters = Filters::prepare(&view, &pod);
        let mut before_nodes = Vec::new();
        filters.before_nodes(&mut before_nodes);
        let mut unknowns = admission.unknowns.clone();
        let scheduler = admission.spec.scheduler.filter(|name| *name != *"default-scheduler");
        unknowns.extend(scheduler.map(|name| Arc::new(Unknown::OtherScheduler(name))));
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
            asks: kubelet::Asks::of(&daemon_set.template),
            start: StartNeeds::of(cluster, daemon_set, admission),
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
        self.settle_attachments(&mut verdicts);
        verdicts
    }

    /// The verdict for one node, as if no other pod of the DaemonSet were about to land.
    pub fn judge(&self, index: NodeIndex) -> Verdict {
        let mut verdict = self.judge_into(index, &mut Found::default());
        self.ask_kubelet(index, &mut verdict);
        verdict
    }

    /// Adds what the kubelet will say of a pod that is bound to the node, and what keeps the pod from starting there.
    fn ask_kubelet(&self, index: NodeIndex, verdict: &mut Verdict) {
        let glance = self.cluster.glance(index);
        if glance.unreadable || !(glance.troubled || self.asks.anything() || self.start.anything()) {
            return;
        }
        let node = &self.cluster.nodes[index as usize];
        let refusals = kubelet::refusals(node, self.asks, self.admission.priority);
        let before = verdict.reasons.len();
        verdict.reasons.extend(refusals.map(|refusal| Reason::new(Cause::Kubelet(refusal))));
        if verdict.placement == Placement::Placed && verdict.reasons.len() > before {
            verdict.placement = Placement::Rejected;
        }
        let mut failures = self.start.failures(self.cluster, node);
        // Objects are read only for nodes that get a pod, and where no pod proves that they exist.
        let gets_none = matches!(
            verdict.placement,
            Placement::Excluded | Placement::Denied | Placement::Gated | Placement::Unknown
        );
        if gets_none || failures.iter().any(StartObstacle::is_of_object) && self.has_started_pod(index) {
            failures.retain(|failure| !failure.is_of_object());
        }
        // The scheduler says the same of a driver that asks to be there.
        failures.retain(|failure| !verdict.reasons.iter().any(|reason| is_same_driver(&reason.cause, failure)));
        if verdict.placement == Placement::Placed && !failures.is_empty() {
            verdict.placement = Placement::Blocked;
        }
        verdict.reasons.extend(failures.into_iter().map(|failure| Reason::new(Cause::Start(failure))));
    }

    fn judge_into(&self, index: NodeIndex, found: &mut Found) -> Verdict {
        if self.cluster.glance(index).unreadable {
            let node = &self.cluster.nodes[index as usize];
            let unknown = match &node.unreadable {
                Some(why) => Arc::new(Unknown::Unreadable(why.clone())),
                None => Unknown::not_collected(self.cluster, MissingData::Nodes, Kind::Node),
            };
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
        let devices = self.filters.devices(&state);
        self.rejections(&state, &devices, rejections);
        if exclusions.is_empty() && rejections.is_empty() && devices.unknown.is_none() && !self.held_up {
            return Verdict::default();
        }
        let mut reasons = Vec::with_capacity(exclusions.len() + rejections.len());
        reasons.extend(exclusions.iter().map(|e| Reason::new(*e)));
        reasons.extend(self.refusals());
        reasons.extend(self.admission.spec.gates.iter().map(|gate| Reason::new(Cause::Gate(*gate))));
        reasons.extend(self.unknowns.iter().map(|u| Reason::new(Cause::Unknown(Arc::clone(u)))));
        let mut unknown = !self.unknowns.is_empty() || devices.unknown.is_some();
        let left = devices.left;
        reasons.extend(devices.unknown.map(|u| Reason::new(Cause::Unknown(Arc::new(u)))));
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
            self.refused(&state, rejections, left)
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
    fn rejections(&self, state: &NodeState<'_>, devices: &DeviceOutcome, found: &mut Vec<Rejection>) {
        found.clear();
        found.extend_from_slice(&self.before_nodes);
        self.filters.on_node(state, found);
        if !devices.left.is_empty() {
            found.retain(|r| !matches!(r, Rejection::Insufficient { resource, .. } if devices.left.contains(resource)));
        }
        found.extend(devices.rejection.clone());
    }

    /// Whether evicting others helps where the node is refused.
    fn refused(&self, state: &NodeState<'_>, rejections: &[Rejection], left: Vec<Symbol>) -> Placement {
        let all_curable = rejections.iter().all(Rejection::is_curable_by_eviction);
        let nobody_below = self.admission.priority <= self.cluster.lowest_priority;
        if !all_curable || nobody_below || self.admission.preempts_never {
            return Placement::Unschedulable;
        }
        let mut found = Vec::new();
        // Eviction frees no devices in the scheduler's simulation.
        let devices = DeviceOutcome { left, ..DeviceOutcome::default() };
        let is_refused = |state: &NodeState<'_>| {
            self.rejections(state, &devices, &mut found);
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
}

/// What one node gives, in buffers that serve all nodes.
#[derive(Default)]
struct Found {
    exclusions: Vec<Exclusion>,
    rejections: Vec<Rejection>,
}

fn is_same_driver(cause: &Cause, failure: &StartObstacle) -> bool {
    matches!((cause, failure), (
        Cause::Rejection(Rejection::DriverMissing { driver }),
        StartObstacle::DriverNotRegistered { driver: missing, .. },
    ) if driver == missing)
}

/// Where a reason stands in a report.
impl Reason {
    /// Who gives it.
    pub fn stage(&self) -> Stage {
        self.cause.stage()
    }
}
