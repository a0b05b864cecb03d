//! PodTopologySpread: a pod may not make the spread of its kind more uneven than its constraints allow.
//!
//! `pkg/scheduler/framework/plugins/podtopologyspread/filtering.go` v1.36, `DoNotSchedule` constraints only. A
//! DaemonSet's pod is pinned to its node, so that under the default `nodeAffinityPolicy: Honor` its node is the only
//! one counted; under `Ignore` all nodes with the labels are.

use std::cell::LazyCell;
use std::collections::HashMap;

use crate::model::pod::SpreadConstraint;
use crate::model::taint::untolerated;
use crate::model::{Labels, Node, Pod, PodSpec, Selector, Symbol, Version};
use crate::rules::scheduler::incoming_pod::IncomingPod;
use crate::rules::verdict::Rejection;
use crate::rules::view::{NodeState, View};

/// The plugin, prepared for one pod.
pub struct PodTopologySpread<'a> {
    namespace: Symbol,
    labels: &'a Labels,
    spec: &'a PodSpec,
    version: Version,
    constraints: Vec<Prepared<'a>>,
}

struct Prepared<'a> {
    constraint: &'a SpreadConstraint,
    self_match: bool,
    /// Matching pods by domain over all nodes that count; `None` where only the pod's own node does.
    counts: Option<Counts>,
}

/// Matching pods by domain, with the emptiest domains at hand.
#[derive(Clone, Default)]
pub struct Counts {
    by_domain: HashMap<Symbol, i64>,
    least: Option<(Symbol, i64)>,
    second: Option<i64>,
}

impl Counts {
    fn settle(&mut self) {
        (self.least, self.second) = (None, None);
        for (domain, count) in &self.by_domain {
            match self.least {
                Some((_, least)) if *count >= least => {
                    self.second = Some(self.second.map_or(*count, |s| s.min(*count)))
                }
                _ => {
                    self.second = self.least.map(|(_, count)| count);
                    self.least = Some((*domain, *count));
                }
            }
        }
    }

    /// The count of a domain and the least of all, with `gone` pods fewer in the domain.
    fn around(&self, domain: Symbol, gone: i64) -> (i64, Option<i64>) {
        let Some(count) = self.by_domain.get(&domain).map(|count| count - gone) else {
            return (0, self.least.map(|(_, count)| count));
        };
        let others = match self.least {
            Some((least, _)) if least == domain => self.second,
            Some((_, count)) => Some(count),
            None => None,
        };
        (count, Some(others.map_or(count, |o| o.min(count))))
    }

    fn domains(&self) -> usize {
        self.by_domain.len()
    }
}

impl<'a> PodTopologySpread<'a> {
    /// Counts, where a constraint looks beyond the pod's own node.
    pub fn prepare(view: &View<'a>, pod: &IncomingPod<'a>) -> Self {
        let mut plugin = PodTopologySpread {
            namespace: pod.namespace,
            labels: pod.labels,
            spec: pod.spec,
            version: view.version,
            constraints: Vec::new(),
        };
        let looks_far = pod.spec.spread.iter().any(|constraint| !constraint.honors_affinity);
        let nodes = view.cluster.nodes.iter().enumerate().filter(|(_, node)| looks_far && plugin.has_all_keys(node));
        let nodes: Vec<(usize, &Node, bool)> = nodes.map(|(i, node)| (i, node, plugin.tolerates(node))).collect();
        let constraints = pod.spec.spread.iter().map(|constraint| Prepared {
            constraint,
            self_match: constraint.selector.as_ref().is_some_and(|s| s.matches(pod.labels)),
            counts: (!constraint.honors_affinity).then(|| plugin.count(view, constraint, &nodes)),
        });
        plugin.constraints = constraints.collect();
        plugin
    }

    /// Counts on the nodes that have the labels of all constraints, each with whether its taints are tolerated.
    fn count(&self, view: &View<'_>, constraint: &SpreadConstraint, nodes: &[(usize, &Node, bool)]) -> Counts {
        let mut counts = Counts::default();
        for (index, node, tolerated) in nodes {
            if constraint.honors_taints && !tolerated {
                continue;
            }
            let Some(domain) = node.labels.get(constraint.topology_key) else { continue };
            let pods = view.cluster.pods_on(*index as u32).iter().map(|pod| view.cluster.pod(*pod));
            let matching = pods.filter(|pod| view.counts(pod) && self.is_counted(constraint, pod)).count();
            *counts.by_domain.entry(domain).or_default() += matching as i64;
        }
        counts.settle();
        counts
    }

    fn has_all_keys(&self, node: &Node) -> bool {
        self.spec.spread.iter().all(|c| node.labels.get(c.topology_key).is_some())
    }

    fn tolerates(&self, node: &Node) -> bool {
        untolerated(&node.taints, &self.spec.tolerations).next().is_none()
    }

    fn is_counted(&self, constraint: &SpreadConstraint, pod: &Pod) -> bool {
        pod.namespace == self.namespace && !pod.terminating && self.counts_labels(constraint, &pod.shape.labels)
    }

    /// Whether pods with such labels are counted. An empty selector counts none before v1.38, although it matches.
    fn counts_labels(&self, constraint: &SpreadConstraint, labels: &Labels) -> bool {
        let counts =
            |selector: &Selector| (!selector.is_empty() || self.version.at_least(38)) && selector.matches(labels);
        constraint.selector.as_ref().is_some_and(counts)
    }

    /// Finds every constraint that the pod would break on the node; the first is the one told.
    pub fn filter(&self, state: &NodeState<'_>, found: &mut Vec<Rejection>) {
        if self.constraints.is_empty() {
            return;
        }
        let has_all_keys = self.has_all_keys(state.node);
        // Asked by some constraints only, and for all of them the same.
        let tolerates = LazyCell::new(|| self.tolerates(state.node));
        let is_selected = LazyCell::new(|| self.spec.node_affinity.selector_matches(&state.node.labels));
        let counts_node = |constraint: &SpreadConstraint| !constraint.honors_taints || *tolerates;
        for prepared in &self.constraints {
            let constraint = prepared.constraint;
            let key = constraint.topology_key;
            let Some(domain) = state.label(key) else {
                found.push(Rejection::SpreadLabelMissing { key });
                continue;
            };
            let (count, least, domains) = match &prepared.counts {
                Some(counts) => {
                    let is_counted = has_all_keys && !state.hidden().is_empty() && counts_node(constraint);
                    let gone = if is_counted { self.hidden_from(constraint, state) } else { 0 };
                    let (count, least) = counts.around(domain, gone);
                    (count, least, counts.domains())
                }
                None if has_all_keys && *is_selected && counts_node(constraint) => {
                    let count = state.pods().filter(|(_, pod)| self.is_counted(constraint, pod)).count() as i64;
                    (count, Some(count), 1)
                }
                None => (0, None, 0),
            };
            let few = (domains as i64) < i64::from(constraint.min_domains);
            let least = if few { 0 } else { least.unwrap_or(i64::MAX) };
            let max_skew = i64::from(constraint.max_skew);
            if (count + i64::from(prepared.self_match)).saturating_sub(least) > max_skew {
                let min_domains = if few { constraint.min_domains } else { 0 };
                found.push(Rejection::SpreadSkew { key, domain, count, least, max_skew, min_domains });
            }
        }
    }

    /// How many pods that were counted are hidden on the node.
    fn hidden_from(&self, constraint: &SpreadConstraint, state: &NodeState<'_>) -> i64 {
        let view = state.view();
        let hidden = state.hidden().iter().map(|pod| view.cluster.pod(*pod));
        hidden.filter(|pod| view.counts(pod) && self.is_counted(constraint, pod)).count() as i64
    }

    /// Constraints by which pods of the DaemonSet count each other across nodes: they compete then.
    pub fn races(&self) -> impl Iterator<Item = Symbol> + '_ {
        let racing =
            self.constraints.iter().filter(|p| p.counts.is_some() && self.counts_labels(p.constraint, self.labels));
        racing.map(|p| p.constraint.topology_key)
    }

    /// The counts as they are, for pods of the DaemonSet to land on.
    pub fn landing(&self) -> SpreadLanding<'_> {
        let counts = self.constraints.iter().map(|p| p.counts.clone()).collect();
        SpreadLanding { plugin: self, counts }
    }
}

/// Constraints while pods of the DaemonSet land one after another.
pub struct SpreadLanding<'p> {
    plugin: &'p PodTopologySpread<'p>,
    counts: Vec<Option<Counts>>,
}

impl SpreadLanding<'_> {
    /// Whether one more pod may land on the node.
    pub fn allows(&self, node: &Node) -> bool {
        self.plugin.constraints.iter().zip(&self.counts).all(|(prepared, counts)| {
            let Some(counts) = counts else { return true };
            let Some(domain) = node.labels.get(prepared.constraint.topology_key) else { return false };
            let (count, least) = counts.around(domain, 0);
            let few = (counts.domains() as i64) < i64::from(prepared.constraint.min_domains);
            let least = if few { 0 } else { least.unwrap_or(i64::MAX) };
            (count + i64::from(prepared.self_match)).saturating_sub(least) <= i64::from(prepared.constraint.max_skew)
        })
    }

    /// Counts a pod that landed on the node.
    pub fn land(&mut self, node: &Node, labels: &Labels) {
        let plugin = self.plugin;
        for (prepared, counts) in plugin.constraints.iter().zip(&mut self.counts) {
            let Some(counts) = counts else { continue };
            let constraint = prepared.constraint;
            let counted = plugin.has_all_keys(node) && (!constraint.honors_taints || plugin.tolerates(node));
            if !counted || !plugin.counts_labels(constraint, labels) {
                continue;
            }
            if let Some(domain) = node.labels.get(constraint.topology_key) {
                *counts.by_domain.entry(domain).or_default() += 1;
                counts.settle();
            }
        }
    }
}
