//! Makes the evidence of why the DaemonSet controller creates no pod on a node.

use std::collections::HashMap;
use std::hash::Hash;

use crate::findings::evidence::{
    Counts, Evidence, FailedRequirement, FailedTerm, NodeAffinities, NodeAffinity, NodeName, NodeSelector,
    NodeSelectors, ProjectSelector, UntoleratedTaint,
};
use crate::findings::evidence_of::context::EvidenceContext;
use crate::findings::near_miss;
use crate::model::affinity::NodeTerm;
use crate::model::labels::{Operator, quoted};
use crate::model::{Node, Symbol};
use crate::rules::Exclusion;
use crate::store::NodeIndex;

/// Most values or failed terms that evidence lists.
const MAX_LISTED: usize = 10;

impl EvidenceContext<'_> {
    pub(super) fn exclusion(&self, exclusion: &Exclusion, node: &Node) -> Evidence {
        match exclusion {
            Exclusion::NodeName { wanted } => NodeName { wanted: *wanted }.into(),
            Exclusion::NodeSelector { key, wanted, actual } => {
                NodeSelector { key: *key, wanted: *wanted, actual: *actual }.into()
            }
            Exclusion::NodeAffinity => {
                let terms = self.node_terms();
                let usable = terms.iter().filter(|term| term.usable);
                let each = usable.map(|term| self.failing(term, node)).collect();
                NodeAffinity { terms: terms.len(), fails: self.nearest(node), each }.into()
            }
            Exclusion::Taint { taint } => UntoleratedTaint::from(taint).into(),
            Exclusion::ProjectSelector { annotation, selector } => {
                ProjectSelector { annotation: *annotation, selector: *selector }.into()
            }
        }
    }

    pub(super) fn exclusion_of_all<'n>(
        &self,
        exclusion: &Exclusion,
        first: NodeIndex,
        nodes: impl Iterator<Item = &'n Node>,
    ) -> Evidence {
        match exclusion {
            Exclusion::NodeSelector { key, wanted, .. } => selectors(nodes, *key, *wanted).into(),
            Exclusion::NodeAffinity => {
                let terms = self.node_terms();
                let usable = terms.iter().filter(|term| term.usable).count();
                let mut fails = by_count(nodes.map(|node| self.nearest(node).unwrap_or_default()));
                // A node on which less fails says more; the sort is stable, so the most frequent stays first.
                fails.sort_by_key(|(requirements, _)| requirements.len());
                let reasons = fails.len();
                let fails = fails.into_iter().take(MAX_LISTED);
                let fails = fails.map(|(requirements, nodes)| FailedTerm { requirements, nodes }).collect();
                NodeAffinities { terms: terms.len(), fails, reasons, usable }.into()
            }
            _ => self.exclusion(exclusion, self.node(first)),
        }
    }

    fn node_terms(&self) -> &[NodeTerm] {
        self.daemon_set.template.spec.node_affinity.required.as_deref().unwrap_or_default()
    }

    /// Returns the failing requirements of the term of which the fewest fail; `None` if no term can match any node.
    fn nearest(&self, node: &Node) -> Option<Vec<FailedRequirement>> {
        Some(self.failing(near_miss::nearest_term(self.node_terms(), node)?, node))
    }

    /// Returns the requirements of a term that fail on the node, each with what the node has.
    fn failing(&self, term: &NodeTerm, node: &Node) -> Vec<FailedRequirement> {
        let (labels, fields) = near_miss::failing(term, node);
        let labels = labels.into_iter().map(|requirement| {
            let values = match &requirement.operator {
                Operator::In(values) => values.to_vec(),
                _ => Vec::new(),
            };
            let near = || self.near.label(node, requirement.key, &values);
            let actual = match node.labels.get(requirement.key) {
                Some(value) => Some((requirement.key, value)),
                None if requirement.operator == Operator::DoesNotExist => None,
                None => near().map(|near| (near.key, near.value)),
            };
            FailedRequirement {
                requirement: requirement.to_string(),
                brief: requirement.brief(),
                actual: actual.map(|(key, value)| format!("{key}={}", quoted(value.as_str()))),
                is_field: false,
            }
        });
        let fields = fields.into_iter().map(|field| {
            let operator = if field.negated { "NotIn" } else { "In" };
            let requirement = format!("{} {operator} [{}]", field.key, field.value);
            FailedRequirement {
                brief: requirement.clone(),
                requirement,
                actual: Some(node.name.to_string()),
                is_field: true,
            }
        });
        labels.chain(fields).collect()
    }
}

/// Counts the values of a label on nodes.
pub(super) fn selectors<'n>(nodes: impl Iterator<Item = &'n Node>, key: Symbol, wanted: Symbol) -> NodeSelectors {
    let mut missing = 0;
    let present = nodes.filter_map(|node| {
        let value = node.labels.get(key);
        missing += usize::from(value.is_none());
        value.map(|value| value.to_string())
    });
    let mut actual = by_count(present);
    let values = actual.len();
    actual.truncate(MAX_LISTED);
    NodeSelectors { key, wanted, actual: Counts(actual), missing, values }
}

/// Counts equal items, the most frequent first, then in their own order.
fn by_count<T: Hash + Ord>(items: impl Iterator<Item = T>) -> Vec<(T, usize)> {
    let mut counts: HashMap<T, usize> = HashMap::new();
    for item in items {
        *counts.entry(item).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts
}
