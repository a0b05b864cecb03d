//! InterPodAffinity: pods that want to be near others, or away from them.
//!
//! `pkg/scheduler/framework/plugins/interpodaffinity/filtering.go` v1.36, required terms only. In order: the pod's
//! own affinity, its own anti-affinity, the anti-affinity of pods that are there. Terminating pods count.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::pod::PodTerm;
use crate::model::wire::Kind;
use crate::model::{Labels, Node, Pod, Symbol};
use crate::rules::scheduler::incoming_pod::IncomingPod;
use crate::rules::verdict::{MissingData, Rejection, Unknown};
use crate::rules::view::{NodeState, View};
use crate::store::{Cluster, PodIndex};

/// Matching pods by the value of a label: how many, and one of them.
type Domains = HashMap<Symbol, (i64, Option<PodIndex>)>;

/// The plugin, prepared for one pod.
pub struct InterPodAffinity<'a> {
    cluster: &'a Cluster,
    namespace: Symbol,
    labels: &'a Labels,
    affinity: &'a [PodTerm],
    anti_affinity: &'a [PodTerm],
    /// By affinity term: pods that match all of them.
    near: Vec<Domains>,
    /// The same, wherever they are.
    companions: Vec<i64>,
    /// By anti-affinity term: pods that match it.
    away: Vec<Domains>,
    /// By label: pods that want to be away from this one.
    repelled: Vec<(Symbol, Domains)>,
    bootstraps: bool,
}

impl<'a> InterPodAffinity<'a> {
    /// Finds the pods that the terms mean, and those whose terms mean this pod.
    pub fn prepare(view: &View<'a>, pod: &IncomingPod<'a>) -> Self {
        let spec = pod.spec;
        let mut plugin = InterPodAffinity {
            cluster: view.cluster,
            namespace: pod.namespace,
            labels: pod.labels,
            affinity: &spec.pod_affinity,
            anti_affinity: &spec.pod_anti_affinity,
            near: vec![Domains::new(); spec.pod_affinity.len()],
            companions: Vec::new(),
            away: vec![Domains::new(); spec.pod_anti_affinity.len()],
            repelled: Vec::new(),
            bootstraps: false,
        };
        plugin.bootstraps = plugin.affinity.iter().all(|t| plugin.means(t, pod.namespace, pod.namespace, pod.labels));
        if !plugin.affinity.is_empty() || !plugin.anti_affinity.is_empty() {
            plugin.find_meant(view);
        }
        plugin.companions = plugin.near.iter().map(|d| d.values().map(|(count, _)| count).sum()).collect();
        plugin.find_repelling(view);
        plugin
    }

    /// Whether neither the pod nor any other wants anything of where it is put.
    pub fn is_empty(&self) -> bool {
        self.affinity.is_empty() && self.anti_affinity.is_empty() && self.repelled.is_empty()
    }

    /// Namespace labels that a term asks for and that were not collected.
    pub fn unknowns(&self) -> Vec<Arc<Unknown>> {
        let by_label = |t: &PodTerm| t.namespace_selector.as_ref().is_some_and(|s| !s.is_empty());
        let ours = self.affinity.iter().chain(self.anti_affinity).any(by_label);
        // Whom others want to be away from may be said by the labels of this namespace.
        let theirs = || {
            let unseen = !self.cluster.namespaces.contains_key(&self.namespace);
            let pods = self.cluster.repellent_pods().iter().map(|pod| self.cluster.pod(*pod));
            let means = |t: &PodTerm| by_label(t) && t.selector.as_ref().is_some_and(|s| s.matches(self.labels));
            unseen && pods.into_iter().any(|pod| pod.shape.spec.pod_anti_affinity.iter().any(means))
        };
        let denied = self.cluster.coverage(Kind::Namespace).is_denied();
        let asked = ours || denied && theirs();
        if asked && !self.cluster.coverage(Kind::Namespace).is_whole() {
            return vec![Unknown::not_collected(self.cluster, MissingData::LabelsOfNamespaces, Kind::Namespace)];
        }
        Vec::new()
    }

    fn find_meant(&mut self, view: &View<'a>) {
        // Pods of one template share a shape, and with it the answer.
        let mut known: HashMap<(Symbol, *const crate::model::pod::PodShape), (bool, Vec<bool>)> = HashMap::new();
        for (index, pod, node) in view.placed_pods() {
            let (all, each) = known.entry((pod.namespace, Arc::as_ptr(&pod.shape))).or_insert_with(|| {
                let matches = |t: &PodTerm| self.means(t, self.namespace, pod.namespace, &pod.shape.labels);
                let all = !self.affinity.is_empty() && self.affinity.iter().all(matches);
                (all, self.anti_affinity.iter().map(matches).collect())
            });
            let leaves =
                || self.cluster.siblings.iter().any(|s| s.replaces.is_some_and(|d| self.cluster.is_owned_by(pod, d)));
            if *all && !leaves() {
                for (term, domains) in self.affinity.iter().zip(&mut self.near) {
                    count(domains, node, term.topology_key, Some(index));
                }
            }
            for ((term, domains), matches) in self.anti_affinity.iter().zip(&mut self.away).zip(each.iter()) {
                if *matches {
                    count(domains, node, term.topology_key, Some(index));
                }
            }
        }
        self.find_siblings();
    }

    /// Counts the pods of the documents given together with this one. Anti-affinity between documents is no verdict: which
    /// of the two gets its pod is decided by order.
    fn find_siblings(&mut self) {
        for sibling in &self.cluster.siblings {
            let meant = |t: &PodTerm| self.means(t, self.namespace, sibling.namespace, &sibling.labels);
            if self.affinity.is_empty() || !self.affinity.iter().all(meant) {
                continue;
            }
            for node in sibling.nodes.iter().map(|node| &self.cluster.nodes[*node as usize]) {
                for (term, domains) in self.affinity.iter().zip(&mut self.near) {
                    count(domains, node, term.topology_key, None);
                }
            }
        }
    }

    fn find_repelling(&mut self, view: &View<'a>) {
        let mut known: HashMap<(Symbol, *const crate::model::pod::PodShape), Vec<Symbol>> = HashMap::new();
        for index in view.cluster.repellent_pods() {
            let pod = view.cluster.pod(*index);
            if !view.counts(pod) {
                continue;
            }
            let keys =
                known.entry((pod.namespace, Arc::as_ptr(&pod.shape))).or_insert_with(|| self.keys_against_us(pod));
            if keys.is_empty() {
                continue;
            }
            let Some(node) = pod.node.and_then(|name| view.cluster.node(name)) else { continue };
            let node = &view.cluster.nodes[node as usize];
            for key in keys.iter() {
                let slot = match self.repelled.iter().position(|(k, _)| k == key) {
                    Some(slot) => slot,
                    None => {
                        self.repelled.push((*key, Domains::new()));
                        self.repelled.len() - 1
                    }
                };
                count(&mut self.repelled[slot].1, node, *key, Some(*index));
            }
        }
        self.repelled.sort_by_key(|(key, _)| key.as_str());
    }

    /// The labels by which a pod wants to be away from this one.
    fn keys_against_us(&self, pod: &Pod) -> Vec<Symbol> {
        let terms = pod.shape.spec.pod_anti_affinity.iter();
        terms.filter(|t| self.means(t, pod.namespace, self.namespace, self.labels)).map(|t| t.topology_key).collect()
    }

    fn means(&self, term: &PodTerm, home: Symbol, namespace: Symbol, labels: &Labels) -> bool {
        means(self.cluster, term, home, namespace, labels)
    }

    /// Finds everything that refuses the node; the first is the one told.
    pub fn filter(&self, state: &NodeState<'_>, found: &mut Vec<Rejection>) {
        self.filter_affinity(state, found);
        for (number, (term, domains)) in self.anti_affinity.iter().zip(&self.away).enumerate() {
            let hidden = |pod: &Pod| self.means(term, self.namespace, pod.namespace, &pod.shape.labels);
            if let Some(holder) = present(domains, state, term.topology_key, hidden) {
                found.push(Rejection::PodAntiAffinity { term: number as u32, key: term.topology_key, holder });
            }
        }
        for (key, domains) in &self.repelled {
            let hidden = |pod: &Pod| self.keys_against_us(pod).contains(key);
            if let Some(holder) = present(domains, state, *key, hidden) {
                found.push(Rejection::ExistingAntiAffinity { key: *key, holder });
            }
        }
    }

    fn filter_affinity(&self, state: &NodeState<'_>, found: &mut Vec<Rejection>) {
        if self.affinity.is_empty() {
            return;
        }
        let is_meant =
            |pod: &&Pod| self.affinity.iter().all(|t| self.means(t, self.namespace, pod.namespace, &pod.shape.labels));
        let meant: Vec<&Pod> = state.hidden().iter().map(|pod| self.cluster.pod(*pod)).filter(is_meant).collect();
        let hidden = |pod: &Pod| meant.iter().any(|known| std::ptr::eq(*known, pod));
        let lonely = self.is_lonely(state, hidden);
        for (number, (term, domains)) in self.affinity.iter().zip(&self.near).enumerate() {
            let key = term.topology_key;
            let domain = state.label(key);
            let met = present(domains, state, key, hidden).is_some();
            // The first pod of a group that wants to be together may go anywhere.
            if domain.is_none() || !(met || (lonely && self.bootstraps)) {
                found.push(Rejection::PodAffinity { term: number as u32, key, domain });
            }
        }
    }

    /// Whether no pod at all matches the affinity terms, but for those that are hidden on the node.
    fn is_lonely(&self, state: &NodeState<'_>, is_meant: impl Fn(&Pod) -> bool) -> bool {
        let most = state.hidden().len() as i64;
        if self.companions.iter().any(|count| *count > most) {
            return false;
        }
        let view = state.view();
        let hidden = state.hidden().iter().map(|index| view.cluster.pod(*index));
        let hidden = hidden.filter(|pod| view.counts(pod) && is_meant(pod)).count() as i64;
        self.affinity.iter().zip(&self.companions).all(|(term, count)| match state.label(term.topology_key) {
            Some(_) => *count == hidden,
            None => *count == 0,
        })
    }

    /// Labels by which pods of the DaemonSet itself attract or repel each other: they compete then.
    pub fn races(&self) -> impl Iterator<Item = Symbol> + '_ {
        let terms = self.affinity.iter().chain(self.anti_affinity);
        terms.filter(|t| self.means(t, self.namespace, self.namespace, self.labels)).map(|t| t.topology_key)
    }

    /// Nothing has landed yet, for pods of the DaemonSet to land on.
    pub fn landing(&self) -> AffinityLanding<'_> {
        AffinityLanding {
            plugin: self,
            near: vec![Default::default(); self.affinity.len()],
            away: vec![Default::default(); self.anti_affinity.len()],
        }
    }
}

/// Terms while pods of the DaemonSet land one after another.
pub struct AffinityLanding<'p> {
    plugin: &'p InterPodAffinity<'p>,
    near: Vec<std::collections::HashSet<Symbol>>,
    away: Vec<std::collections::HashSet<Symbol>>,
}

impl AffinityLanding<'_> {
    /// Whether one more pod may land on the node, as far as the pods of the DaemonSet itself are concerned.
    pub fn allows(&self, node: &Node) -> bool {
        let plugin = self.plugin;
        let lonely = plugin.companions.iter().all(|count| *count == 0)
            && self.near.iter().all(std::collections::HashSet::is_empty);
        let near = plugin.affinity.iter().zip(&plugin.near).zip(&self.near).all(|((term, there), landed)| {
            node.labels.get(term.topology_key).is_some_and(|domain| {
                landed.contains(&domain)
                    || there.get(&domain).is_some_and(|(count, _)| *count > 0)
                    || (lonely && plugin.bootstraps)
            })
        });
        near && plugin
            .anti_affinity
            .iter()
            .zip(&self.away)
            .all(|(term, landed)| node.labels.get(term.topology_key).is_none_or(|domain| !landed.contains(&domain)))
    }

    /// Counts a pod that landed on the node.
    pub fn land(&mut self, node: &Node, labels: &Labels) {
        let plugin = self.plugin;
        let means = |term: &PodTerm| plugin.means(term, plugin.namespace, plugin.namespace, labels);
        if !plugin.affinity.is_empty() && plugin.affinity.iter().all(means) {
            for (term, landed) in plugin.affinity.iter().zip(&mut self.near) {
                landed.extend(node.labels.get(term.topology_key));
            }
        }
        for (term, landed) in plugin.anti_affinity.iter().zip(&mut self.away) {
            if means(term) {
                landed.extend(node.labels.get(term.topology_key));
            }
        }
    }
}

/// Whether a term of a pod in `home` means a pod with these labels in `namespace`.
pub fn means(cluster: &Cluster, term: &PodTerm, home: Symbol, namespace: Symbol, labels: &Labels) -> bool {
    let in_namespace = match (&term.namespaces[..], &term.namespace_selector) {
        ([], None) => namespace == home,
        (names, selector) => {
            names.contains(&namespace)
                || selector.as_ref().is_some_and(|s| match cluster.namespaces.get(&namespace) {
                    Some(known) => s.matches(&known.labels),
                    None => {
                        let name = (Symbol::new("kubernetes.io/metadata.name"), namespace);
                        s.matches(&[name].into_iter().collect())
                    }
                })
        }
    };
    in_namespace && term.selector.as_ref().is_some_and(|s| s.matches(labels))
}

fn count(domains: &mut Domains, node: &Node, key: Symbol, pod: Option<PodIndex>) {
    if let Some(domain) = node.labels.get(key) {
        let entry = domains.entry(domain).or_insert((0, pod));
        entry.0 += 1;
    }
}

/// One pod in the node's domain, of those that are not hidden. `is_meant` says which of the hidden were counted.
fn present(
    domains: &Domains,
    state: &NodeState<'_>,
    key: Symbol,
    is_meant: impl Fn(&Pod) -> bool,
) -> Option<Option<PodIndex>> {
    let (count, example) = domains.get(&state.label(key)?)?;
    let view = state.view();
    let hidden = state.hidden().iter().map(|index| view.cluster.pod(*index));
    let hidden = hidden.filter(|pod| view.counts(pod) && is_meant(pod)).count() as i64;
    (count - hidden > 0).then_some(example.filter(|pod| !state.hidden().contains(pod)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::rules::{Evaluation, OwnPods, Placement};
    use crate::store::Builder;

    #[test]
    fn a_pod_that_is_alone_may_come_again() {
        // Whose other pods the DaemonSet's affinity means: those of the DaemonSet itself.
        let terms = json!([{"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "d"}}}]);
        let spec = json!({"containers": [{"name": "c"}],
            "affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}});
        let node = |name: &str, zone: &str| {
            json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": {"zone": zone}},
                "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "9"}}})
        };
        let pod = |node: &str| {
            let mut spec = spec.clone();
            spec["nodeName"] = json!(node);
            json!({"apiVersion": "v1", "kind": "Pod", "spec": spec, "metadata": {"name": format!("d-{node}"),
                "namespace": "a", "labels": {"app": "d"}, "ownerReferences":
                    [{"kind": "DaemonSet", "name": "d", "uid": "u", "controller": true}]}})
        };
        let daemon_set = json!({"apiVersion": "apps/v1", "kind": "DaemonSet",
            "metadata": {"name": "d", "namespace": "a", "uid": "u"}, "spec": {"selector": {"matchLabels": {"app": "d"}},
                "template": {"metadata": {"labels": {"app": "d"}}, "spec": spec}}});
        use Placement::{Placed, Unschedulable};
        for (pods, first, second) in [
            (vec!["n1"], Placed, Unschedulable),
            // The one on the other node draws it there.
            (vec!["n1", "n2"], Unschedulable, Unschedulable),
        ] {
            let mut builder = Builder::new();
            let nodes = [node("n1", "a"), node("n2", "b"), daemon_set.clone()];
            for object in nodes.into_iter().chain(pods.iter().map(|node| pod(node))) {
                builder.read(object.to_string().as_bytes(), None).unwrap();
            }
            let cluster = builder.finish(None);
            let own = OwnPods::Live("u".into());
            let admission = Evaluation::admit(&cluster, &cluster.daemon_sets[0], own);
            let evaluation = Evaluation::new(&cluster, &cluster.daemon_sets[0], &admission, own);
            assert_eq!((evaluation.judge(0).placement, evaluation.judge(1).placement), (first, second), "{pods:?}");
        }
    }
}
