//! Makes the evidence of refusals because of other pods.

use crate::findings::evidence::{
    Evidence, NoEvidence, OtherPods, PodAffinity, PodAntiAffinity, SpreadDomain, SpreadLabel, SpreadSkew,
};
use crate::findings::evidence_of::context::EvidenceContext;
use crate::model::labels::{Operator, Requirement, Selector};
use crate::model::pod::PodTerm;
use crate::model::{Pod, Symbol};
use crate::rules::Rejection;
use crate::rules::scheduler::inter_pod_affinity::means;
use crate::store::{NodeIndex, PodIndex};

impl OtherPods {
    /// The pods that a term of a pod in `home` selects.
    pub fn of(term: &PodTerm, home: Symbol) -> Self {
        let is_named = term.namespaces != [home];
        OtherPods {
            labels: term.selector.as_ref().map(labels),
            namespaces: if is_named { term.namespaces.to_vec() } else { Vec::new() },
            namespace_labels: term.namespace_selector.as_ref().map(labels),
        }
    }
}

/// A selector as people write it.
fn labels(selector: &Selector) -> String {
    let one = |requirement: &Requirement| match &requirement.operator {
        Operator::In(values) if values.len() == 1 => format!("{}={}", requirement.key, values[0]),
        _ => requirement.to_string(),
    };
    selector.requirements.iter().map(one).collect::<Vec<_>>().join(", ")
}

impl EvidenceContext<'_> {
    pub(super) fn about_pods(&self, causes: &[(NodeIndex, &Rejection)]) -> Evidence {
        let Some((_, rejection)) = causes.first() else { return NoEvidence {}.into() };
        let spec = &self.daemon_set.template.spec;
        match **rejection {
            Rejection::SpreadLabelMissing { key } => SpreadLabel { topology_key: key }.into(),
            Rejection::SpreadSkew { key, domain, max_skew: 0, .. } => SpreadDomain { topology_key: key, domain }.into(),
            Rejection::SpreadSkew { key, domain, count, least, max_skew, min_domains } => {
                let min_domains = min_domains.max(1);
                SpreadSkew { topology_key: key, domain, count, least, max_skew, min_domains }.into()
            }
            Rejection::PodAffinity { term, key, domain } => {
                let pods = self.selected(spec.pod_affinity.get(term as usize));
                PodAffinity { topology_key: key, domain, pods }.into()
            }
            Rejection::PodAntiAffinity { term, key, .. } => {
                let pods = self.selected(spec.pod_anti_affinity.get(term as usize));
                PodAntiAffinity { topology_key: key, holder: self.conflicting(causes).swap_remove(0), pods }.into()
            }
            Rejection::ExistingAntiAffinity { key, holder } => {
                let holder = holder.map(|pod| self.cluster.pod(pod));
                let term = holder.and_then(|holder| Some((self.repelling(holder, key)?, holder.namespace)));
                let pods = term.map(|(term, namespace)| OtherPods::of(term, namespace));
                PodAntiAffinity { topology_key: key, holder: self.conflicting(causes).swap_remove(0), pods }.into()
            }
            _ => NoEvidence {}.into(),
        }
    }

    /// Returns the conflicting pods as `namespace/name`, each once; `None` is a pod of this DaemonSet that does not exist
    /// yet, and stands last.
    pub fn conflicting(&self, causes: &[(NodeIndex, &Rejection)]) -> Vec<Option<String>> {
        let name = |holder: Option<PodIndex>| holder.map(|pod| self.pod_name(pod));
        let holders = causes.iter().filter_map(|(_, rejection)| match rejection {
            Rejection::PodAntiAffinity { holder, .. } | Rejection::ExistingAntiAffinity { holder, .. } => {
                Some(name(*holder))
            }
            _ => None,
        });
        let mut holders: Vec<Option<String>> = holders.collect();
        holders.sort_unstable_by(|a, b| (a.is_none(), a).cmp(&(b.is_none(), b)));
        holders.dedup();
        holders
    }

    /// Returns the anti-affinity term of another pod that repels pods of the template.
    fn repelling<'p>(&self, holder: &'p Pod, key: Symbol) -> Option<&'p PodTerm> {
        let (namespace, labels) = (self.daemon_set.namespace, &self.daemon_set.template.labels);
        holder
            .shape
            .spec
            .pod_anti_affinity
            .iter()
            .find(|term| term.topology_key == key && means(self.cluster, term, holder.namespace, namespace, labels))
    }

    fn selected(&self, term: Option<&PodTerm>) -> Option<OtherPods> {
        term.map(|term| OtherPods::of(term, self.daemon_set.namespace))
    }
}
