//! NodeAffinity: the pod's `nodeSelector` must match.
//!
//! `pkg/scheduler/framework/plugins/nodeaffinity` v1.36. The controller replaces the template's required terms by
//! the one that pins the pod to its node, so that only `nodeSelector` is left to refuse: where admission added to
//! it, as a runtime class does.

use crate::model::Symbol;
use crate::rules::verdict::Rejection;
use crate::store::{Cluster, LabelValues, NodeIndex};

/// The plugin, prepared for one pod: each label with the value asked for and those that are there.
pub struct NodeAffinity<'a> {
    selector: Vec<(Symbol, Symbol, LabelValues<'a>)>,
}

impl<'a> NodeAffinity<'a> {
    /// Finds the labels that are asked for.
    pub fn prepare(cluster: &'a Cluster, selector: &[(Symbol, Symbol)]) -> Self {
        let asked = selector.iter().map(|(key, wanted)| (*key, *wanted, cluster.label_values(*key)));
        NodeAffinity { selector: asked.collect() }
    }

    /// Finds every label that is not as asked.
    #[inline]
    pub fn filter(&self, node: NodeIndex, found: &mut Vec<Rejection>) {
        for (key, wanted, values) in &self.selector {
            let actual = values.on(node);
            if actual != Some(*wanted) {
                found.push(Rejection::NodeSelector { key: *key, wanted: *wanted, actual });
            }
        }
    }
}
