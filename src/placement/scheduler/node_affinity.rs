//! NodeAffinity: the pod's `nodeSelector` must match.
//!
//! `pkg/scheduler/framework/plugins/nodeaffinity` v1.36. The controller replaces the template's required terms by
//! the one that pins the pod to its node, so that only `nodeSelector` is left to refuse: where admission added to
//! it, as a runtime class does.

use crate::facts::{Node, Symbol};
use crate::placement::verdict::Rejection;

/// Finds every label that is not as asked.
pub fn filter(selector: &[(Symbol, Symbol)], node: &Node, found: &mut Vec<Rejection>) {
    for (key, wanted) in selector {
        let actual = node.labels.get(*key);
        if actual != Some(*wanted) {
            found.push(Rejection::NodeSelector { key: *key, wanted: *wanted, actual });
        }
    }
}
