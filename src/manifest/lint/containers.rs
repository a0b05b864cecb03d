//! The containers of a pod.

use crate::yaml::Node;

/// All containers, init containers first.
pub fn containers(pod: &Node) -> impl Iterator<Item = &Node> {
    ["initContainers", "containers"].into_iter().filter_map(|key| pod.get(key)).flat_map(|list| list.items())
}

/// A container's name.
pub fn name_of(node: &Node) -> &str {
    node.get("name").and_then(Node::text).unwrap_or_default()
}
