//! DS935: terms of the required node affinity that add no node, because terms are alternatives.
//!
//! A term without conditions matches no node, and of several terms one must match (`NewNodeSelector` and `isEmptyNodeSelectorTerm`,
//! `k8s.io/component-helpers/scheduling/corev1/nodeaffinity` v1.36). Who writes conditions that all must hold as terms of
//! their own gets the nodes of the widest.

use crate::manifest::lint::linter::Linter;
use crate::manifest::requirement::read;
use crate::model::Symbol;
use crate::model::labels::{Operator, Requirement};
use crate::severity::Severity;
use crate::yaml::{Mark, Node};

const NODE_TERMS: [&str; 4] =
    ["affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"];

/// What says in which terms a key is a field of the node and not a label.
const FIELD: &str = "matchFields/";

/// Most terms that are compared, each with each.
const MAX_TERMS: usize = 64;

/// A term with all its conditions.
struct Term {
    at: Mark,
    /// Its place, from 1.
    number: usize,
    conditions: Vec<Requirement>,
}

impl Linter<'_> {
    /// DS935.
    pub(crate) fn idle_terms(&mut self) {
        let written = self.pod.at_path(&NODE_TERMS).map(Node::items).unwrap_or_default();
        // A term that cannot be read is another rule's.
        let Some(terms) = written.iter().enumerate().map(term).collect::<Option<Vec<Term>>>() else { return };
        if terms.len() > MAX_TERMS {
            return;
        }
        let (empty, others): (Vec<Term>, Vec<Term>) = terms.into_iter().partition(|term| term.conditions.is_empty());
        let severity = if others.is_empty() { Severity::Error } else { Severity::Warning };
        for Term { at, number, .. } in empty {
            let message = format!("node selector term {number} has no condition, and so matches no node");
            self.tell("DS935", severity, at, message, None);
        }
        for (place, narrow) in others.iter().enumerate() {
            let wider = others.iter().enumerate().find(|(other, wide)| {
                // Of two terms that match the same nodes the first one stays.
                *other != place && narrow.is_within(wide) && (!wide.is_within(narrow) || *other < place)
            });
            if let Some((_, wide)) = wider {
                let message = format!(
                    "node selector term {} has no effect: term {} matches every node that it matches, and one matching term \
                     is enough",
                    narrow.number, wide.number
                );
                self.tell("DS935", Severity::Warning, narrow.at, message, None);
            } else if let Some(wide) = self.covering(narrow, &others) {
                let message = format!(
                    "node selector term {} has no effect in this cluster: term {wide} matches every node that it matches, and \
                     one matching term is enough",
                    narrow.number
                );
                self.tell("DS935", Severity::Warning, narrow.at, message, None);
            }
        }
    }

    /// The number of a term that only leaves nodes out, and so is likely meant as a condition of every term: each node of the
    /// cluster that the narrow term matches matches the other one, too.
    fn covering(&self, narrow: &Term, all: &[Term]) -> Option<usize> {
        let nodes = self.around.nodes.as_deref()?;
        let leaves_out = |term: &&Term| {
            term.number != narrow.number
                && term.conditions.iter().all(|c| matches!(c.operator, Operator::NotIn(_) | Operator::DoesNotExist))
        };
        if leaves_out(&&Term { number: 0, at: narrow.at, conditions: narrow.conditions.clone() }) {
            return None;
        }
        let wide = all.iter().find(leaves_out)?;
        let matches = |term: &Term, labels: &std::collections::BTreeMap<String, String>| {
            let value = |key: Symbol| labels.get(key.as_str()).map(|value| Symbol::new(value));
            term.conditions.iter().all(|condition| condition.holds(value(condition.key)))
        };
        let is_of_fields = |term: &Term| term.conditions.iter().any(|c| c.key.as_str().starts_with(FIELD));
        if is_of_fields(narrow) || is_of_fields(wide) {
            return None;
        }
        let mut selected = nodes.iter().filter(|node| matches(narrow, &node.labels)).peekable();
        selected.peek()?;
        selected.all(|node| matches(wide, &node.labels)).then_some(wide.number)
    }
}

impl Term {
    /// Whether the other term matches every node that this one matches, whatever the labels of the nodes are.
    fn is_within(&self, other: &Term) -> bool {
        other.conditions.iter().all(|of_other| self.conditions.iter().any(|own| own.implies(of_other)))
    }
}

fn term((place, written): (usize, &Node)) -> Option<Term> {
    let list = |name: &str| written.get(name).map(Node::items).unwrap_or_default();
    let labels = list("matchExpressions").iter().map(read);
    let fields = list("matchFields").iter().map(|field| {
        let field = read(field)?;
        Some(Requirement { key: Symbol::new(&format!("{FIELD}{}", field.key)), operator: field.operator })
    });
    let conditions = labels.chain(fields).collect::<Option<Vec<Requirement>>>()?;
    Some(Term { at: written.at, number: place + 1, conditions })
}
