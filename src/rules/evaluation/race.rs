//! Which nodes get a pod where the DaemonSet's own pods compete: always, never, or by the order in which they land.

use crate::model::pod::PodTerm;
use crate::model::{Labels, Symbol};
use crate::rules::contention;
use crate::rules::contention::Outcome;
use crate::rules::evaluation::{Evaluation, OwnPods};
use crate::rules::verdict::{Cause, Placement, Race, Reason, Rejection, Verdict};
use crate::store::NodeIndex;

impl Evaluation<'_> {
    /// Settles which nodes get a pod where the DaemonSet's own pods compete.
    pub(super) fn settle_race(&self, race: Race, verdicts: &mut [Verdict]) {
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
