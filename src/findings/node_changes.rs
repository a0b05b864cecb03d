//! Nodes that joined or left recently, which the counts of a DaemonSet do not show.

use crate::model::Symbol;
use crate::model::wire::Kind;
use crate::store::Cluster;

/// How many hours back changes are reported. An API server keeps events for one hour by default.
const HOURS: i64 = 3;
/// Most names in the report; the rest is counted.
const MOST: usize = 50;

/// Nodes that joined or left recently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedNodes {
    /// How many hours back was looked.
    pub hours: i64,
    /// How many nodes joined.
    pub joined_count: usize,
    /// The first of them, by name.
    pub joined: Vec<String>,
    /// How many nodes left.
    pub left_count: usize,
    /// The first of them, by name.
    pub left: Vec<String>,
    /// Whether events were read, without which nodes that left are unknown.
    pub has_events: bool,
}

/// Returns the changes that creation times and events of nodes show; `None` if no node joined or left.
pub fn of_nodes(cluster: &Cluster, now: i64) -> Option<ChangedNodes> {
    let recent = |at: i64| now.saturating_sub(at) < HOURS * 3600;
    let joined: Vec<&str> =
        cluster.nodes.iter().filter(|n| n.created.is_some_and(recent)).map(|n| n.name.as_str()).collect();
    // A cluster that is younger itself has not changed.
    let joined = if joined.len() == cluster.nodes.len() { Vec::new() } else { joined };
    let is_removal = |reason: &str| matches!(reason, "RemovingNode" | "DeletingNode");
    let mut left: Vec<&str> = cluster
        .events
        .iter()
        .filter(|e| e.kind.as_str() == "Node" && is_removal(e.reason.as_str()))
        .filter(|e| e.last_seen.is_none_or(recent))
        .map(|e| e.name.as_ref())
        .filter(|name| Symbol::known(name).and_then(|name| cluster.node(name)).is_none())
        .collect();
    left.sort_unstable();
    left.dedup();
    if joined.is_empty() && left.is_empty() {
        return None;
    }
    let names = |all: &[&str]| all.iter().take(MOST).map(|name| (*name).to_owned()).collect();
    Some(ChangedNodes {
        hours: HOURS,
        joined_count: joined.len(),
        joined: names(&joined),
        left_count: left.len(),
        left: names(&left),
        has_events: cluster.coverage(Kind::Event).is_whole(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::store::Builder;

    const NOW: i64 = 1_700_000_000;

    fn node(name: &str, created: &str) -> Value {
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "creationTimestamp": created}})
    }

    fn event(node: &str, reason: &str, seen: &str) -> Value {
        json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e", "namespace": "default"},
            "involvedObject": {"kind": "Node", "name": node}, "reason": reason, "message": "m", "lastTimestamp": seen})
    }

    fn changes(objects: &[Value]) -> Option<(Vec<String>, Vec<String>, bool)> {
        let mut builder = Builder::new();
        for object in objects {
            builder.read(object.to_string().as_bytes(), None).expect("an object");
        }
        of_nodes(&builder.finish(None), NOW).map(|changes| (changes.joined, changes.left, changes.has_events))
    }

    #[test]
    fn nodes_that_joined_or_left_are_reported() {
        // 2023-11-14T22:13:20Z is now.
        let (old, new) = ("2023-01-01T00:00:00Z", "2023-11-14T21:00:00Z");
        let told = changes(&[
            node("a", old),
            node("b", new),
            event("c", "RemovingNode", new),
            event("c", "DeletingNode", new),
            event("a", "RemovingNode", new),
            event("d", "RemovingNode", old),
            event("b", "NodeReady", new),
        ]);
        assert_eq!(told, Some((vec!["b".into()], vec!["c".into()], true)));
        assert_eq!(changes(&[node("a", new), node("b", new)]), None, "a new cluster has not changed");
        let told = changes(&[node("a", old), node("b", new)]);
        assert_eq!(told, Some((vec!["b".into()], Vec::new(), false)));
    }
}
