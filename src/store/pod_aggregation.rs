//! Pods that nobody asks after one by one: what they take of each node, summed while they are read.
//!
//! A cluster has more pods than are worth holding. Where only room decides, the sums of each node do, with the few
//! pods of it that take most, which a report names.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

use crate::model::hash::FastHash;
use crate::model::labels::{Labels, Selector};
use crate::model::pod::{Pod, PodShape};
use crate::model::pod_use::host_ports;
use crate::model::resources::Resources;
use crate::model::{Symbol, Version};

/// Of so many pods that take most of a resource a node keeps the names.
pub const LARGEST: usize = 3;

/// Which pods must be known one by one.
#[derive(Debug, Clone)]
pub struct RetainFilter {
    /// Those of these controllers, by UID.
    pub owners: HashSet<Symbol>,
    /// Those of a namespace that nobody controls and that a selector matches: a DaemonSet would adopt them.
    pub adopted: Vec<(Symbol, Selector)>,
    /// Those of lower priority, which preemption may evict.
    pub below: i32,
    /// Those that hold one of these host ports.
    pub ports: HashSet<u16>,
    /// Those whose own anti-affinity means pods with such labels.
    pub repelled: Vec<Labels>,
    /// Those that one of these selectors matches.
    pub labels: Vec<Selector>,
    /// Those with volumes that bear on placement.
    pub volumes: bool,
    /// Resources of which the pods that take most are named.
    pub resources: Vec<Symbol>,
}

/// Adds what is not there yet.
fn add_new<T: Clone + Eq + Hash>(known: &mut Vec<T>, more: Vec<T>) {
    const FEW: usize = 16;
    if more.len() <= FEW {
        for one in more {
            if !known.contains(&one) {
                known.push(one);
            }
        }
        return;
    }
    let mut seen: HashSet<T> = known.iter().cloned().collect();
    known.extend(more.into_iter().filter(|one| seen.insert(one.clone())));
}

impl Default for RetainFilter {
    fn default() -> Self {
        RetainFilter {
            owners: HashSet::new(),
            adopted: Vec::new(),
            below: i32::MIN,
            ports: HashSet::new(),
            repelled: Vec::new(),
            labels: Vec::new(),
            volumes: false,
            resources: Vec::new(),
        }
    }
}

impl RetainFilter {
    /// Keeps also what another keeps.
    pub fn add(&mut self, other: RetainFilter) {
        self.owners.extend(other.owners);
        add_new(&mut self.adopted, other.adopted);
        self.below = self.below.max(other.below);
        self.ports.extend(other.ports);
        add_new(&mut self.repelled, other.repelled);
        add_new(&mut self.labels, other.labels);
        self.volumes |= other.volumes;
        add_new(&mut self.resources, other.resources);
    }

    /// Whether whatever `other` keeps is kept here, too.
    pub fn covers(&self, other: &RetainFilter) -> bool {
        let within = |resource: &Symbol| self.resources.contains(resource);
        other.owners.is_subset(&self.owners)
            && other.adopted.iter().all(|adopted| self.adopted.contains(adopted))
            && other.below <= self.below
            && other.ports.is_subset(&self.ports)
            && other.repelled.iter().all(|labels| self.repelled.contains(labels))
            && other.labels.iter().all(|selector| self.labels.contains(selector))
            && (self.volumes || !other.volumes)
            && other.resources.iter().all(within)
    }

    /// Whether the pod must be known by itself. Its priority and nomination are those of `pod`, what it feels like to
    /// others those of `shape`.
    pub(crate) fn keeps(&self, pod: &Pod, shape: &PodShape) -> bool {
        let spec = &shape.spec;
        let waits = pod.node.is_none() && pod.nominated.is_some();
        let adopted = || {
            pod.owner.is_none()
                && self.adopted.iter().any(|(namespace, s)| *namespace == pod.namespace && s.matches(&shape.labels))
        };
        // Native sidecars' ports count in some versions: rather one pod too many than a port too few.
        let ports =
            || !self.ports.is_empty() && host_ports(spec, Version::NEWEST).any(|p| self.ports.contains(&p.host_port));
        let repels = || {
            let mut terms = spec.pod_anti_affinity.iter().filter_map(|term| term.selector.as_ref());
            terms.any(|selector| self.repelled.iter().any(|labels| selector.matches(labels)))
        };
        let volumes = || self.volumes && !spec.volumes.is_empty();
        waits
            || pod.owner.is_some_and(|owner| self.owners.contains(&owner))
            || pod.counts_on().is_some()
                && (pod.priority < self.below
                    || ports()
                    || repels()
                    || volumes()
                    || self.labels.iter().any(|selector| selector.matches(&shape.labels)))
            || adopted()
    }
}

/// Sums of one node by the priority of the pods behind them; `pods` of each says how many they are.
pub type UsageByPriority = Vec<(i32, Resources)>;

/// Pods on their way into sums.
#[derive(Debug, Default)]
pub(crate) struct PodAggregator {
    pub keep: RetainFilter,
    nodes: HashMap<Symbol, Folded, FastHash>,
    ports: HashSet<u16>,
    blank: Arc<PodShape>,
}

#[derive(Debug, Default)]
struct Folded {
    sums: UsageByPriority,
    largest: Vec<Pod>,
}

impl PodAggregator {
    pub fn new(keep: RetainFilter) -> Self {
        PodAggregator { keep, ..Default::default() }
    }

    /// Counts a pod that is not kept.
    pub fn add(&mut self, mut pod: Pod, shape: &PodShape) {
        let Some(node) = pod.counts_on() else { return };
        self.ports.extend(host_ports(&shape.spec, Version::NEWEST).map(|port| port.host_port));
        let folded = self.nodes.entry(node).or_default();
        if !self.keep.resources.iter().any(|resource| is_among_largest(&pod, &folded.largest, *resource)) {
            count(&mut folded.sums, &pod);
            return;
        }
        // Where terms look at labels, one that matches by what a pod lacks must not take it for one without any.
        pod.shape = match self.keep.labels.is_empty() {
            true => Arc::clone(&self.blank),
            false => Arc::new(PodShape { labels: shape.labels.clone(), ..Default::default() }),
        };
        folded.largest.push(pod);
        if folded.largest.len() > LARGEST * self.keep.resources.len() {
            prune(folded, &self.keep.resources);
        }
    }

    /// The pods that are named, the sums of each node, and the host ports of the pods behind them.
    pub fn finish(self) -> (Vec<Pod>, HashMap<Symbol, UsageByPriority>, HashSet<u16>) {
        let mut named = Vec::with_capacity(self.nodes.values().map(|folded| folded.largest.len()).sum());
        let mut sums = HashMap::with_capacity(self.nodes.len());
        for (node, mut folded) in self.nodes {
            prune(&mut folded, &self.keep.resources);
            named.append(&mut folded.largest);
            sums.insert(node, folded.sums);
        }
        (named, sums, self.ports)
    }
}

/// The pods that take most of a resource come first; of several alike the first by name.
fn rank(pod: &Pod, resource: Symbol) -> (Reverse<i64>, &'static str, &str) {
    (Reverse(pod.requests.amount(resource)), pod.namespace.as_str(), &pod.name)
}

/// Whether fewer than [`LARGEST`] of the others take more of a resource.
fn is_among_largest(pod: &Pod, others: &[Pod], resource: Symbol) -> bool {
    let own = rank(pod, resource);
    own.0 < Reverse(0) && others.iter().filter(|other| rank(other, resource) < own).count() < LARGEST
}

/// Keeps of each resource the pods that take most, and sums the others.
fn prune(folded: &mut Folded, resources: &[Symbol]) {
    let pods = &folded.largest;
    let among = |pod: &Pod| resources.iter().any(|resource| is_among_largest(pod, pods, *resource));
    let kept: Vec<bool> = pods.iter().map(among).collect();
    let mut kept = kept.into_iter();
    let sums = &mut folded.sums;
    folded.largest.retain(|pod| {
        let keep = kept.next().unwrap_or(false);
        if !keep {
            count(sums, pod);
        }
        keep
    });
}

fn count(sums: &mut UsageByPriority, pod: &Pod) {
    let sum = match sums.iter().position(|(priority, _)| *priority == pod.priority) {
        Some(place) => &mut sums[place].1,
        None => {
            // Most nodes have pods of one priority, and there are many nodes.
            sums.reserve_exact(1);
            sums.push((pod.priority, Resources::default()));
            &mut sums.last_mut().expect("it was pushed").1
        }
    };
    sum.add(&pod.requests);
    sum.pods += 1;
}
