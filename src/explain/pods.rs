//! Explains refusals because of other pods: spread constraints, affinity and anti-affinity terms.

use serde_json::json;

use crate::explain::context::ExplainContext;
use crate::explain::units::label;
use crate::explain::units::{count, some};
use crate::findings::near_miss;
use crate::findings::pod_term::of_term;
use crate::model::pod::PodTerm;
use crate::model::{Pod, Symbol};
use crate::report::Explanation;
use crate::report::{Note, NoteKind};
use crate::rules::scheduler::inter_pod_affinity::means;
use crate::rules::{Cause, Rejection};
use crate::store::{NodeIndex, PodIndex};

/// Most pods that a sentence names.
const MOST_PODS: usize = 3;

impl ExplainContext<'_> {
    pub(crate) fn spread(&self, rejection: &Rejection, node: NodeIndex) -> Explanation {
        match rejection {
            Rejection::SpreadLabelMissing { key } => self.near_key(
                Explanation::new(
                    format!("the node lacks the label {key}, which topologySpreadConstraints use as topologyKey"),
                    json!({ "topologyKey": key }),
                ),
                *key,
                node,
            ),
            Rejection::SpreadSkew { key, domain, max_skew: 0, .. } => Explanation::new(
                format!("topologySpreadConstraints: pods of this DaemonSet admit no further pod in {key}={domain}"),
                json!({ "topologyKey": key, "domain": domain }),
            ),
            Rejection::SpreadSkew { key, domain, count: matching, least, max_skew, min_domains } => {
                let pods = count(*matching as usize, "matching pod");
                let least_of = match min_domains {
                    0 => format!("the minimum is {least}"),
                    _ => format!(
                        "the minimum counts as 0 because there are fewer than {min_domains} domains (minDomains)"
                    ),
                };
                Explanation::new(
                    format!("one more pod exceeds maxSkew {max_skew}: {key}={domain} has {pods}, {least_of}"),
                    json!({ "topologyKey": key, "domain": domain, "count": matching, "least": least,
                            "maxSkew": max_skew, "minDomains": min_domains.max(&1) }),
                )
            }
            _ => Explanation::new("", json!(null)),
        }
    }

    /// Words terms about other pods, on one node or for several nodes at once.
    pub(crate) fn about_pods(&self, causes: &[(NodeIndex, &Rejection)]) -> Explanation {
        let Some((node, rejection)) = causes.first() else { return Explanation::new("", json!(null)) };
        let alone = causes.len() == 1;
        let spec = &self.daemon_set.template.spec;
        match rejection {
            Rejection::PodAffinity { term, key, domain } => {
                let meant = self.meant(spec.pod_affinity.get(*term as usize));
                let there = match domain {
                    Some(domain) if alone => format!("no {meant} in {}", label(*key, *domain)),
                    Some(_) => format!("no {meant} in the same {key}"),
                    None => format!("the node lacks the label {key} (term for {meant})"),
                };
                let told = Explanation::new(
                    format!("required podAffinity is not satisfied: {there}"),
                    json!({ "topologyKey": key, "domain": domain, "pods": meant }),
                );
                match domain {
                    Some(_) => told,
                    None => self.near_key(told, *key, *node),
                }
            }
            Rejection::PodAntiAffinity { term, key, .. } => {
                let meant = self.meant(spec.pod_anti_affinity.get(*term as usize));
                let by = self.named(causes);
                Explanation::new(
                    format!("required podAntiAffinity to {meant} is not satisfied: {} in the same {key}", are(&by)),
                    json!({ "topologyKey": key, "holder": by[0], "pods": meant }),
                )
            }
            Rejection::ExistingAntiAffinity { key, holder } => {
                let by = self.named(causes);
                let repel = if by.len() == 1 { "repels" } else { "repel" };
                let mut evidence = json!({ "topologyKey": key, "holder": by[0] });
                let mut message = format!("{} in the same {key} {repel} this pod", some(&by, MOST_PODS));
                if let Some(holder) = holder.map(|pod| self.cluster.pod(pod))
                    && let Some(term) = self.repelling(holder, *key)
                {
                    let meant = of_term(term, holder.namespace);
                    evidence["pods"] = json!(meant);
                    message.push_str(&format!(" by required podAntiAffinity to {meant}"));
                }
                Explanation::new(message, evidence)
            }
            _ => Explanation::new("", json!(null)),
        }
    }

    /// Adds notes to a finding about other pods, once for all its nodes: where the selected pods run, and which object must
    /// be changed if this DaemonSet cannot be.
    pub(crate) fn note_on_pods(&self, told: Explanation, cause: &Cause) -> Explanation {
        match cause {
            Cause::Rejection(Rejection::PodAffinity { .. }) => self.where_meant(told),
            Cause::Rejection(Rejection::ExistingAntiAffinity { holder: Some(holder), .. }) => {
                let holder = self.cluster.pod(*holder);
                let controller = holder.owner.and_then(|owner| self.cluster.controllers.get(&owner));
                told.note(match controller {
                    Some(owner) => format!(
                        "cannot be fixed in this DaemonSet: narrow the term in {} {}/{}, or move the pods of that object to other nodes",
                        owner.kind, holder.namespace, owner.name
                    ),
                    None => format!(
                        "cannot be fixed in this DaemonSet: narrow the term, or move pod {}/{} to another node (the pod has \
                         no controller)",
                        holder.namespace, holder.name
                    ),
                })
            }
            _ => told,
        }
    }

    /// Adds where the pods run that the required affinity selects, or that none runs.
    fn where_meant(&self, told: Explanation) -> Explanation {
        let terms = &self.daemon_set.template.spec.pod_affinity;
        let home = self.daemon_set.namespace;
        let own = self.daemon_set.uid;
        let running = || {
            let others = self.cluster.pods.iter().filter(|pod| own.is_none() || pod.owner != own);
            others.filter(|pod| pod.counts_on().is_some())
        };
        let is_meant =
            |pod: &&Pod| terms.iter().all(|t| means(self.cluster, t, home, pod.namespace, &pod.shape.labels));
        let mut nodes: Vec<&str> = running().filter(is_meant).filter_map(|pod| pod.node).map(Symbol::as_str).collect();
        nodes.sort_unstable();
        nodes.dedup();
        let one = if terms.len() > 1 { " (one pod must match all terms)" } else { "" };
        if !nodes.is_empty() {
            return told.note(format!("matching pods run on {}{one}", some(&nodes, MOST_PODS)));
        }
        // A term without namespaces selects pods of its own namespace only, which is often forgotten.
        let labels = |pod: &&Pod| {
            terms.iter().all(|t| t.selector.as_ref().is_some_and(|s| !s.is_empty() && s.matches(&pod.shape.labels)))
        };
        let mut elsewhere: Vec<&str> = running().filter(labels).map(|pod| pod.namespace.as_str()).collect();
        elsewhere.sort_unstable();
        elsewhere.dedup();
        match elsewhere.as_slice() {
            [] => told.note(format!("no matching pod runs on any node{one}")),
            some_of => {
                let named = some(some_of, MOST_PODS);
                told.note(Note::new(
                    NoteKind::NearMiss,
                    format!("pods with these labels run in namespace {named}, which the term does not select"),
                ))
            }
        }
    }

    /// Adds the label of the node whose key is nearly the topologyKey.
    fn near_key(&self, told: Explanation, key: Symbol, node: NodeIndex) -> Explanation {
        match near_miss::label(&self.node(node).labels, key, &[]) {
            Some(near) => {
                let (has, how) = (label(near.key, near.value), near.differs.how());
                told.note(Note::new(
                    NoteKind::NearMiss,
                    format!("the node has {has}, whose key differs from {key} {how}"),
                ))
            }
            None => told,
        }
    }

    /// The conflicting pods, each once.
    fn named(&self, causes: &[(NodeIndex, &Rejection)]) -> Vec<String> {
        let holder = |holder: Option<PodIndex>| {
            holder.map_or_else(|| "a pod of this DaemonSet".to_owned(), |pod| self.pod_name(pod))
        };
        let holders = causes.iter().filter_map(|(_, rejection)| match rejection {
            Rejection::PodAntiAffinity { holder: by, .. } | Rejection::ExistingAntiAffinity { holder: by, .. } => {
                Some(holder(*by))
            }
            _ => None,
        });
        let mut holders: Vec<String> = holders.collect();
        holders.sort_unstable();
        holders.dedup();
        holders
    }

    /// The anti-affinity term of another pod that repels pods of the template.
    fn repelling<'p>(&self, holder: &'p Pod, key: Symbol) -> Option<&'p PodTerm> {
        let (namespace, labels) = (self.daemon_set.namespace, &self.daemon_set.template.labels);
        holder
            .shape
            .spec
            .pod_anti_affinity
            .iter()
            .find(|term| term.topology_key == key && means(self.cluster, term, holder.namespace, namespace, labels))
    }

    fn meant(&self, term: Option<&PodTerm>) -> String {
        term.map_or_else(|| "other pods".to_owned(), |term| of_term(term, self.daemon_set.namespace))
    }
}

/// `shop/db-0 is`, `shop/db-0, shop/db-1 are`.
fn are(pods: &[String]) -> String {
    let are = if pods.len() == 1 { "is" } else { "are" };
    format!("{} {are}", some(pods, MOST_PODS))
}
