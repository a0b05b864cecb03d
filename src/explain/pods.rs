//! Explains refusals because of other pods: spread constraints, affinity and anti-affinity terms.

use crate::explain::context::ExplainContext;
use crate::explain::controller::how;
use crate::explain::units::{count, label, some};
use crate::explain::words::Words;
use crate::findings::evidence::{Evidence, OtherPods};
use crate::model::{Pod, Symbol};
use crate::report::{Note, NoteKind};
use crate::rules::scheduler::inter_pod_affinity::means;
use crate::rules::{Cause, Rejection};
use crate::store::NodeIndex;

/// Most pods that a sentence names.
const MOST_PODS: usize = 3;

impl ExplainContext<'_> {
    pub(crate) fn spread(&self, rejection: &Rejection, node: NodeIndex) -> Words {
        match rejection {
            Rejection::SpreadLabelMissing { key } => self.near_key(
                Words::new(format!(
                    "the node lacks the label {key}, which topologySpreadConstraints use as topologyKey"
                )),
                *key,
                node,
            ),
            Rejection::SpreadSkew { key, domain, max_skew: 0, .. } => Words::new(format!(
                "topologySpreadConstraints: pods of this DaemonSet admit no further pod in {key}={domain}"
            )),
            Rejection::SpreadSkew { key, domain, count: matching, least, max_skew, min_domains } => {
                let pods = count(*matching as usize, "matching pod");
                let least_of = match min_domains {
                    0 => format!("the minimum is {least}"),
                    _ => format!(
                        "the minimum counts as 0 because there are fewer than {min_domains} domains (minDomains)"
                    ),
                };
                Words::new(format!("one more pod exceeds maxSkew {max_skew}: {key}={domain} has {pods}, {least_of}"))
            }
            _ => Words::new(""),
        }
    }

    /// Words terms about other pods, on one node or for several nodes at once.
    pub(crate) fn about_pods(&self, causes: &[(NodeIndex, &Rejection)], evidence: &Evidence) -> Words {
        let Some((node, rejection)) = causes.first() else { return Words::new("") };
        let alone = causes.len() == 1;
        let pods = match evidence {
            Evidence::PodAffinity(found) => found.pods.as_ref(),
            Evidence::PodAntiAffinity(found) => found.pods.as_ref(),
            _ => None,
        };
        let meant = pods.map_or_else(|| "other pods".to_owned(), selected_pods);
        match rejection {
            Rejection::PodAffinity { key, domain, .. } => {
                let there = match domain {
                    Some(domain) if alone => format!("no {meant} in {}", label(*key, *domain)),
                    Some(_) => format!("no {meant} in the same {key}"),
                    None => format!("the node lacks the label {key} (term for {meant})"),
                };
                let words = Words::new(format!("required podAffinity is not satisfied: {there}"));
                match domain {
                    Some(_) => words,
                    None => self.near_key(words, *key, *node),
                }
            }
            Rejection::PodAntiAffinity { key, .. } => {
                let by = self.named(causes);
                Words::new(format!(
                    "required podAntiAffinity to {meant} is not satisfied: {} in the same {key}",
                    are(&by)
                ))
            }
            Rejection::ExistingAntiAffinity { key, .. } => {
                let by = self.named(causes);
                let mut message =
                    format!("required podAntiAffinity of {} in the same {key} excludes this pod", some(&by, MOST_PODS));
                if let Some(pods) = pods {
                    message.push_str(&format!(": the term selects {}", selected_pods(pods)));
                }
                Words::new(message)
            }
            _ => Words::new(""),
        }
    }

    /// Adds notes to a finding about other pods, once for all its nodes: where the selected pods run, and which object must
    /// be changed if this DaemonSet cannot be.
    pub(crate) fn note_on_pods(&self, words: Words, cause: &Cause) -> Words {
        match cause {
            Cause::Rejection(Rejection::PodAffinity { .. }) => self.where_meant(words),
            Cause::Rejection(Rejection::ExistingAntiAffinity { holder: Some(holder), .. }) => {
                let holder = self.cluster.pod(*holder);
                let controller = holder.owner.and_then(|owner| self.cluster.controllers.get(&owner));
                words.note(match controller {
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
            _ => words,
        }
    }

    /// Adds where the pods run that the required affinity selects, or that none runs.
    fn where_meant(&self, words: Words) -> Words {
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
            return words.note(format!("matching pods run on {}{one}", some(&nodes, MOST_PODS)));
        }
        // A term without namespaces selects pods of its own namespace only, which is often forgotten.
        let labels = |pod: &&Pod| {
            terms.iter().all(|t| t.selector.as_ref().is_some_and(|s| !s.is_empty() && s.matches(&pod.shape.labels)))
        };
        let mut elsewhere: Vec<&str> = running().filter(labels).map(|pod| pod.namespace.as_str()).collect();
        elsewhere.sort_unstable();
        elsewhere.dedup();
        match elsewhere.as_slice() {
            [] => words.note(format!("no matching pod runs on any node{one}")),
            some_of => {
                let named = some(some_of, MOST_PODS);
                words.note(Note::new(
                    NoteKind::NearMiss,
                    format!("pods with these labels run in namespace {named}, which the term does not select"),
                ))
            }
        }
    }

    /// Adds the label of the node whose key is nearly the topologyKey.
    fn near_key(&self, words: Words, key: Symbol, node: NodeIndex) -> Words {
        match self.near.label(self.node(node), key, &[]) {
            Some(near) => {
                let (has, how) = (label(near.key, near.value), how(near.differs));
                words.note(Note::new(
                    NoteKind::NearMiss,
                    format!("the node has {has}, whose key differs from {key} {how}"),
                ))
            }
            None => words,
        }
    }

    /// The conflicting pods, each once.
    fn named(&self, causes: &[(NodeIndex, &Rejection)]) -> Vec<String> {
        let name = |pod: Option<String>| pod.unwrap_or_else(|| "a pod of this DaemonSet".to_owned());
        self.evidence().conflicting(causes).into_iter().map(name).collect()
    }
}

/// Words the pods that a term selects: `pods with app=db in namespace shop`.
pub(crate) fn selected_pods(pods: &OtherPods) -> String {
    let mut words = match pods.labels.as_deref() {
        None => "no pods (the term has no labelSelector)".to_owned(),
        Some("") => "any pods".to_owned(),
        Some(labels) => format!("pods with {labels}"),
    };
    let by_name = match pods.namespaces.as_slice() {
        [] => None,
        [one] => Some(format!("in namespace {one}")),
        several => {
            let names: Vec<&str> = several.iter().map(|name| name.as_str()).collect();
            Some(format!("in namespaces {}", names.join(", ")))
        }
    };
    let by_label = pods.namespace_labels.as_deref().map(|labels| match labels {
        "" => "in every namespace".to_owned(),
        labels => format!("in namespaces with {labels}"),
    });
    let places: Vec<String> = by_name.into_iter().chain(by_label).collect();
    if !places.is_empty() {
        words.push_str(&format!(" {}", places.join(" and ")));
    }
    words
}

/// `shop/db-0 is`, `shop/db-0, shop/db-1 are`.
fn are(pods: &[String]) -> String {
    let are = if pods.len() == 1 { "is" } else { "are" };
    format!("{} {are}", some(pods, MOST_PODS))
}
