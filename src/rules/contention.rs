//! Where pods of one DaemonSet compete with each other, and who can win.
//!
//! Three rules make them: a claim for one pod only, a spread that counts them across nodes, a required affinity or
//! anti-affinity that selects them. Pods land in some order; a node that gets one in every order is placed, in none
//! unschedulable, in some contended. Which order it will be nobody knows.

use std::ops::RangeInclusive;

use crate::model::{Labels, Symbol};
use crate::rules::scheduler::Filters;
use crate::rules::verdict::Race;
use crate::store::{Cluster, NodeIndex};

/// What becomes of a node that only other pods of the DaemonSet could refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It gets a pod in every order.
    Always,
    /// It gets one in some.
    Sometimes,
    /// It gets one in none.
    Never,
}

/// The race that a DaemonSet's pods run, if they run one.
pub fn race(filters: &Filters<'_>) -> Option<Race> {
    let claim = filters.exclusive_claims().first().map(|claim| Race::Claim(*claim));
    let spread = || filters.spread().races().next().map(Race::Spread);
    let affinity = || filters.affinity().races().next().map(Race::Affinity);
    claim.or_else(spread).or_else(affinity)
}

/// How many orders are tried where there are too many kinds of nodes to try each first and last.
const ORDERS: u64 = 24;
/// Up to so many kinds of nodes each is tried first and last.
const MOST_KINDS: usize = 48;

/// Lets the pods of `candidates` land in different orders. `labels` gives the labels of a pod that landed on a
/// node. Gives the outcome of each candidate, and how many get a pod at least and at most: where the first to land decides
/// where the others may, it depends on how much room there is.
pub fn outcomes(
    cluster: &Cluster,
    filters: &Filters<'_>,
    candidates: &[NodeIndex],
    labels: &dyn Fn(NodeIndex) -> Labels,
) -> (Vec<Outcome>, RangeInclusive<u32>) {
    let keys: Vec<Symbol> = filters.spread().races().chain(filters.affinity().races()).collect();
    let kind_of = |node: &NodeIndex| -> Vec<Option<Symbol>> {
        keys.iter().map(|key| cluster.nodes[*node as usize].labels.get(*key)).collect()
    };
    let mut kinds: Vec<Vec<Option<Symbol>>> = Vec::new();
    let kind: Vec<usize> = candidates
        .iter()
        .map(|node| {
            let own = kind_of(node);
            kinds.iter().position(|k| *k == own).unwrap_or_else(|| {
                kinds.push(own);
                kinds.len() - 1
            })
        })
        .collect();
    let all: Vec<usize> = (0..candidates.len()).collect();
    let mut orders = vec![all.clone(), all.iter().rev().copied().collect()];
    if kinds.len() <= MOST_KINDS {
        for favourite in 0..kinds.len() {
            let (first, last): (Vec<usize>, Vec<usize>) = all.iter().partition(|i| kind[**i] == favourite);
            orders.push([first.clone(), last.clone()].concat());
            orders.push([last, first].concat());
        }
    } else {
        orders.extend((0..ORDERS).map(|seed| shuffled(&all, seed)));
    }
    let mut wins = vec![0usize; candidates.len()];
    let (mut fewest, mut most) = (u32::MAX, 0);
    for order in &orders {
        let placed = land(cluster, filters, candidates, order, labels);
        let min_pods = placed.iter().filter(|p| **p).count() as u32;
        (fewest, most) = (fewest.min(min_pods), most.max(min_pods));
        for (win, placed) in wins.iter_mut().zip(placed) {
            *win += usize::from(placed);
        }
    }
    let outcomes = (0..candidates.len()).map(|i| {
        // Nodes of a kind are alike: where one of them got a pod in some order, any of them might have.
        let of_kind: Vec<usize> = (0..candidates.len())
            .filter(|j| kinds.len() <= MOST_KINDS && kind[*j] == kind[i])
            .map(|j| wins[j])
            .collect();
        let most = of_kind.iter().copied().max().unwrap_or(wins[i]);
        let fewest = of_kind.iter().copied().min().unwrap_or(wins[i]);
        match (most, fewest) {
            (0, _) => Outcome::Never,
            (_, fewest) if fewest == orders.len() => Outcome::Always,
            _ => Outcome::Sometimes,
        }
    });
    (outcomes.collect(), fewest..=most)
}

/// Lets pods land in an order; one that is refused is tried again when another has landed.
fn land(
    cluster: &Cluster,
    filters: &Filters<'_>,
    candidates: &[NodeIndex],
    order: &[usize],
    labels: &dyn Fn(NodeIndex) -> Labels,
) -> Vec<bool> {
    let mut spread = filters.spread().landing();
    let mut affinity = filters.affinity().landing();
    let exclusive = !filters.exclusive_claims().is_empty();
    let mut placed = vec![false; candidates.len()];
    let mut waiting: Vec<usize> = order.to_vec();
    loop {
        let before = waiting.len();
        waiting.retain(|i| {
            let index = candidates[*i];
            let node = &cluster.nodes[index as usize];
            let taken = exclusive && placed.iter().any(|p| *p);
            if taken || !spread.allows(node) || !affinity.allows(node) {
                return true;
            }
            let labels = labels(index);
            spread.land(node, &labels);
            affinity.land(node, &labels);
            placed[*i] = true;
            false
        });
        if waiting.len() == before || waiting.is_empty() {
            return placed;
        }
    }
}

/// A fixed shuffle, different for each seed.
fn shuffled(all: &[usize], seed: u64) -> Vec<usize> {
    let mut order = all.to_vec();
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for i in (1..order.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        order.swap(i, (state % (i as u64 + 1)) as usize);
    }
    order
}
