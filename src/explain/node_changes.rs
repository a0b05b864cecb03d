//! Words which nodes joined or left recently.

use crate::explain::units::count;
use crate::findings::node_changes::ChangedNodes;
use crate::report::NodeChanges;

/// Most names that the sentence lists.
const MAX_NAMES: usize = 4;

/// Words the changes.
pub fn tell(changed: ChangedNodes) -> NodeChanges {
    let ChangedNodes { hours, joined_count, joined, left_count, left, has_events } = changed;
    let part = |nodes: usize, names: &[String], how: &str| {
        let shown = names.iter().take(MAX_NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = match nodes.saturating_sub(MAX_NAMES) {
            0 => String::new(),
            more => format!(" +{more}"),
        };
        (nodes > 0).then(|| format!("{} {how} ({shown}{more})", count(nodes, "node")))
    };
    let parts = [part(joined_count, &joined, "joined"), part(left_count, &left, "left")];
    let parts = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let bound = if has_events { "" } else { "; nodes that left are unknown (no events)" };
    NodeChanges {
        message: format!("in the last {hours}h: {parts}{bound}"),
        hours,
        joined_count,
        joined,
        left_count,
        left,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_names_the_first_nodes_and_counts_the_others() {
        let names = |all: &[&str]| all.iter().map(|name| (*name).to_owned()).collect();
        let changed = |joined: &[&str], left: &[&str], has_events| ChangedNodes {
            hours: 3,
            joined_count: joined.len(),
            joined: names(joined),
            left_count: left.len(),
            left: names(left),
            has_events,
        };
        for (changed, expected) in [
            (changed(&["b"], &["c"], true), "in the last 3h: 1 node joined (b), 1 node left (c)"),
            (changed(&["b"], &[], false), "in the last 3h: 1 node joined (b); nodes that left are unknown (no events)"),
            (changed(&[], &["a", "b", "c", "d", "e"], true), "in the last 3h: 5 nodes left (a, b, c, d +1)"),
        ] {
            assert_eq!(tell(changed).message, expected);
        }
    }
}
