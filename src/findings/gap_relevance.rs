//! Whether something that was not checked could change the answer.
//!
//! Where nothing could come of it, it is not named: a reader who finds the same line under every answer no longer reads it.

use std::cell::OnceCell;
use std::collections::HashSet;

use crate::findings::Subject;
use crate::findings::coverage_gaps::Gap;
use crate::model::Symbol;
use crate::model::wire::Kind;
use crate::rules::admission::Assumption;
use crate::rules::rollout::{PodAge, TemplateMark};
use crate::rules::{Placement, Verdict};
use crate::store::Cluster;

/// What a gap is held against.
pub struct GapRelevance<'a> {
    cluster: &'a Cluster,
    asked: &'a Subject,
    verdicts: &'a [Verdict],
    /// [`Self::is_any_pod_created`], which walks over all own pods, once for all gaps.
    creates_pods: OnceCell<bool>,
}

impl<'a> GapRelevance<'a> {
    /// For a DaemonSet and its verdict on each node.
    pub fn new(cluster: &'a Cluster, asked: &'a Subject, verdicts: &'a [Verdict]) -> Self {
        GapRelevance { cluster, asked, verdicts, creates_pods: OnceCell::new() }
    }

    /// Whether the gap could change the answer.
    pub fn matters(&self, gap: &Gap) -> bool {
        match gap {
            // What the server refused is always named: the reader may want to grant the right.
            Gap::Assumed(Assumption::Kind { kind, .. }) => {
                self.cluster.coverage(*kind).is_denied() || self.kind_matters(*kind)
            }
            Gap::Assumed(Assumption::QuotaBehind { .. } | Assumption::QuotaRoom { .. }) => self.creates_pods(),
            _ => true,
        }
    }

    /// Whether a kind that creation rests on matters.
    fn kind_matters(&self, kind: Kind) -> bool {
        let spec = &self.asked.daemon_set.template.spec;
        match kind {
            // What else runs decides whether there is capacity.
            Kind::Pod => true,
            _ if !self.creates_pods() => false,
            // `default` is made with its namespace.
            Kind::ServiceAccount => spec.service_account.is_some_and(|name| name != *"default"),
            // Without a name the class that is the default counts, and only who would be evicted depends on it.
            Kind::PriorityClass if spec.priority_class.is_none() => {
                spec.priority.is_some() || spec.preempts_never.is_some() || self.verdicts.iter().any(is_about_capacity)
            }
            _ => true,
        }
    }

    fn creates_pods(&self) -> bool {
        *self.creates_pods.get_or_init(|| self.is_any_pod_created())
    }

    /// Whether the answer speaks of a pod that is still to be created. Each pod of the newest template that is there was
    /// admitted, whatever became of it.
    fn is_any_pod_created(&self) -> bool {
        let mut eligible = (0..self.verdicts.len())
            .filter(|node| self.verdicts[*node].placement != Placement::Excluded)
            .map(|node| self.cluster.nodes[node].name)
            .peekable();
        if eligible.peek().is_none() {
            return false;
        }
        let Some(uid) = self.asked.deployed.filter(|_| self.asked.written.is_none()) else { return true };
        let mark = TemplateMark::deployed(self.cluster, &self.asked.daemon_set);
        let own = self.cluster.owned_by(uid).iter().map(|pod| self.cluster.pod(*pod));
        let current = own.filter(|pod| mark.age(pod) != PodAge::Old);
        let places: HashSet<Symbol> = current.filter_map(|pod| pod.node.or(pod.target)).collect();
        eligible.any(|node| !places.contains(&node))
    }
}

/// Whether the pod finds too little on the node, so that priorities decide.
fn is_about_capacity(verdict: &Verdict) -> bool {
    matches!(verdict.placement, Placement::Unschedulable | Placement::Preempting { .. } | Placement::Unknown)
}
