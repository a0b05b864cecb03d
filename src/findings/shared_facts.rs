//! What sets failing nodes apart from healthy ones, beside labels: kernel, operating system, runtime, kubelet, architecture
//! and age. A fact is reported only if it separates all failing nodes from all healthy ones.

use crate::model::{Node, Symbol};
use crate::report::{FactKind, SharedFact};
use crate::store::{Cluster, NodeIndex};

/// Fewest failing and fewest healthy nodes that show more than a coincidence.
const MIN_NODES: usize = 2;
/// Most values of healthy nodes that are reported.
const MAX_OTHERS: usize = 3;
/// The smallest gap between the ages of failing and healthy nodes that is reported, seconds.
const MIN_AGE_GAP: i64 = 3600;

/// Returns the facts that separate the failing nodes from the healthy ones, the most telling first. None with fewer than
/// two of either.
pub fn facts(cluster: &Cluster, failing: &[NodeIndex], healthy: &[NodeIndex], now: i64) -> Vec<SharedFact> {
    if failing.len() < MIN_NODES || healthy.len() < MIN_NODES {
        return Vec::new();
    }
    let [failing, healthy] =
        [failing, healthy].map(|nodes| nodes.iter().map(|node| &cluster.nodes[*node as usize]).collect::<Vec<_>>());
    let texts: [(FactKind, Text); 5] = [
        (FactKind::KernelVersion, |node| node.info.kernel_version),
        (FactKind::OsImage, |node| node.os_image),
        (FactKind::ContainerRuntimeVersion, |node| node.info.container_runtime_version),
        (FactKind::KubeletVersion, |node| node.kubelet_version),
        (FactKind::Architecture, |node| node.info.architecture),
    ];
    let texts =
        texts.into_iter().filter_map(|(kind, of)| separated(kind, &values(&failing, of)?, &values(&healthy, of)?));
    texts.chain(by_age(&failing, &healthy, now)).collect()
}

/// A text that a node has, or not.
type Text = fn(&Node) -> Option<Symbol>;

/// The value of each node. `None` if one of them does not say.
fn values(nodes: &[&Node], of: Text) -> Option<Vec<Symbol>> {
    nodes.iter().map(|node| of(node).filter(|value| !value.as_str().is_empty())).collect()
}

/// The whole value if all failing nodes have the same one, else the longest part of a version that separates.
fn separated(kind: FactKind, failing: &[Symbol], healthy: &[Symbol]) -> Option<SharedFact> {
    let parts: &[usize] = if kind == FactKind::Architecture { &[usize::MAX] } else { &[usize::MAX, 3, 2, 1] };
    parts.iter().find_map(|parts| {
        let cut = |value: &Symbol| version_part(value.as_str(), *parts);
        let value = cut(failing.first()?);
        let is_shared = failing.iter().all(|other| cut(other) == value);
        if !is_shared || healthy.iter().any(|other| cut(other) == value) {
            return None;
        }
        let mut others: Vec<String> = healthy.iter().map(|other| cut(other).to_owned()).collect();
        others.sort();
        others.dedup();
        others.truncate(MAX_OTHERS);
        Some(SharedFact { fact: kind, value: value.to_owned(), healthy: others })
    })
}

/// The text up to so many numbers of its first version: `6.12` of `6.12.13-1.el9`, `containerd://2.0` of
/// `containerd://2.0.4`.
fn version_part(text: &str, numbers: usize) -> &str {
    let start = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
    let mut seen = 0;
    for (at, c) in text[start..].char_indices() {
        if c.is_ascii_digit() {
            continue;
        }
        seen += 1;
        if seen >= numbers || c != '.' {
            return if seen >= numbers { &text[..start + at] } else { text };
        }
    }
    text
}

/// Whether all failing nodes joined after all healthy ones, or before, by a clear gap.
fn by_age(failing: &[&Node], healthy: &[&Node], now: i64) -> Option<SharedFact> {
    let range = |nodes: &[&Node]| {
        let created: Vec<i64> = nodes.iter().map(|node| node.created).collect::<Option<_>>()?;
        Some((*created.iter().min()?, *created.iter().max()?))
    };
    let (failing, healthy) = (range(failing)?, range(healthy)?);
    let age = |at: i64| now.saturating_sub(at).max(0).to_string();
    let (fact, value, other) = match () {
        () if failing.0.saturating_sub(healthy.1) >= MIN_AGE_GAP => (FactKind::Younger, failing.0, healthy.1),
        () if healthy.0.saturating_sub(failing.1) >= MIN_AGE_GAP => (FactKind::Older, failing.1, healthy.0),
        () => return None,
    };
    Some(SharedFact { fact, value: age(value), healthy: vec![age(other)] })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: FactKind, failing: &[&str], healthy: &[&str]) -> Option<(String, Vec<String>)> {
        let symbols = |texts: &[&str]| texts.iter().map(|text| Symbol::new(text)).collect::<Vec<_>>();
        separated(kind, &symbols(failing), &symbols(healthy)).map(|fact| (fact.value, fact.healthy))
    }

    #[test]
    fn a_version_separates_whole_or_by_its_first_numbers() {
        use FactKind::{Architecture, ContainerRuntimeVersion, KernelVersion, OsImage};
        let found = |value: &str, healthy: &[&str]| {
            Some((value.to_owned(), healthy.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()))
        };
        for (kind, failing, healthy, expected) in [
            (KernelVersion, ["6.12.13", "6.12.13"], ["6.1.102", "6.1.119"], found("6.12.13", &["6.1.102", "6.1.119"])),
            (KernelVersion, ["6.12.13-a", "6.12.20-b"], ["6.1.102", "6.1.119"], found("6.12", &["6.1"])),
            (KernelVersion, ["6.12.13", "5.10.1"], ["6.1.102", "6.1.119"], None),
            (KernelVersion, ["6.12.13", "6.12.13"], ["6.12.13", "6.1.119"], None),
            (
                OsImage,
                ["Ubuntu 24.04.1 LTS", "Ubuntu 24.04.2 LTS"],
                ["Ubuntu 22.04", "Debian 12"],
                found("Ubuntu 24.04", &["Debian 12", "Ubuntu 22.04"]),
            ),
            (
                ContainerRuntimeVersion,
                ["containerd://2.0.4", "containerd://2.1.0"],
                ["containerd://1.7.27", "containerd://1.7.20"],
                found("containerd://2", &["containerd://1"]),
            ),
            (Architecture, ["arm64", "arm64"], ["amd64", "amd64"], found("arm64", &["amd64"])),
        ] {
            assert_eq!(of(kind, &failing, &healthy), expected, "{failing:?} {healthy:?}");
        }
    }

    #[test]
    fn a_clear_gap_of_ages_separates() {
        let nodes = |created: [i64; 2]| created.map(|at| Node { created: Some(at), ..Node::default() });
        let find = |failing: [i64; 2], healthy: [i64; 2]| {
            let [failing, healthy] = [nodes(failing), nodes(healthy)];
            let [failing, healthy] = [&failing, &healthy].map(|nodes| nodes.iter().collect::<Vec<_>>());
            by_age(&failing, &healthy, 1_000_000).map(|fact| (fact.fact, fact.value))
        };
        assert_eq!(find([900_000, 910_000], [1000, 2000]), Some((FactKind::Younger, "100000".into())));
        assert_eq!(find([1000, 2000], [900_000, 910_000]), Some((FactKind::Older, "998000".into())));
        assert_eq!(find([1000, 900_000], [2000, 3000]), None);
        assert_eq!(find([2000, 3000], [1000, 1500]), None, "within an hour all are of one time");
    }
}
