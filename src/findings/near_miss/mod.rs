//! Near misses: labels and tolerations that differ only by case, spelling, a retired name or one field, and the one
//! requirement or taint that keeps the pods from nodes that they ask for.

mod label;
mod toleration;

use std::cell::OnceCell;
use std::collections::HashMap;

use crate::findings::taint_origin::{self, Origin};
use crate::model::affinity::{FieldRequirement, NodeTerm};
use crate::model::labels::{Operator, Requirement};
use crate::model::taint::untolerated;
use crate::model::{DaemonSet, Node, Symbol, Taint, Toleration};
use crate::rules::{Cause, Exclusion, KubeletRefusal, Rejection, controller};
use crate::store::{Cluster, NodeIndex};

pub use crate::findings::near_miss::label::{Differs, NearLabel, is_near};
pub use crate::findings::near_miss::toleration::{Mismatch, toleration};

/// What nearly made an excluded node eligible.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum NearMiss {
    /// A label of the node differs from the `key=value` of the nodeSelector.
    Selector {
        /// The required key.
        key: Symbol,
        /// The required value.
        value: Symbol,
        /// The label that is there.
        near: NearLabel,
    },
    /// A label of the node differs from the requirement of a node affinity term.
    Requirement {
        /// The requirement.
        requirement: Requirement,
        /// The label that is there.
        near: NearLabel,
    },
    /// Of a term that selects some nodes, only a requirement that excludes fails, and so no node is eligible.
    OnlyRequirement {
        /// The requirement.
        requirement: Requirement,
    },
    /// The pods ask for the node by its labels, and only the taint excludes it.
    Aimed {
        /// The label that the pods ask for.
        key: Symbol,
        /// The taint.
        taint: Taint,
    },
    /// A toleration of the pods differs from the taint.
    Toleration {
        /// The toleration.
        toleration: Toleration,
        /// The taint.
        taint: Taint,
        /// What the toleration lacks.
        mismatch: Mismatch,
    },
}

impl NearMiss {
    /// Whether it looks like a mistake that the author would want to know. Another value may be a pool that is empty now.
    pub fn is_mistake(&self) -> bool {
        match self {
            NearMiss::Selector { near, .. } | NearMiss::Requirement { near, .. } => near.differs.is_mistake(),
            NearMiss::OnlyRequirement { .. } | NearMiss::Aimed { .. } | NearMiss::Toleration { .. } => true,
        }
    }

    /// The name and the value of what is there, for an order by name.
    fn there(&self) -> (&str, &str) {
        match self {
            NearMiss::Selector { near, .. } | NearMiss::Requirement { near, .. } => {
                (near.key.as_str(), near.value.as_str())
            }
            NearMiss::OnlyRequirement { .. } | NearMiss::Aimed { .. } | NearMiss::Toleration { .. } => ("", ""),
        }
    }
}

/// Finds the near misses of one DaemonSet in one cluster.
pub struct NearMisses<'a> {
    cluster: &'a Cluster,
    daemon_set: &'a DaemonSet,
    /// What the whole cluster says of the DaemonSet's selectors, found when it is first asked for.
    overview: OnceCell<Overview>,
}

/// What the whole cluster says of the selectors of a DaemonSet.
struct Overview {
    /// Labels that are asked for and that no node has, with the only value that their key has.
    absent: Vec<(Symbol, Box<[Symbol]>, Option<Symbol>)>,
    /// Whether no node matches nodeSelector and node affinity.
    matches_none: bool,
    /// Whether nodeSelector and node affinity match some nodes, but not all of them, and taints exclude each of these.
    is_aimed_at_tainted: bool,
    /// By term: whether a requirement that asks for labels fails on some node.
    selects: Vec<bool>,
}

impl<'a> NearMisses<'a> {
    /// Prepares.
    pub fn new(cluster: &'a Cluster, daemon_set: &'a DaemonSet) -> Self {
        NearMisses { cluster, daemon_set, overview: OnceCell::new() }
    }

    /// The near miss of a cause on a node, if there is one.
    pub fn of(&self, cause: &Cause, node: &Node) -> Option<NearMiss> {
        match cause {
            Cause::Exclusion(Exclusion::NodeSelector { key, wanted, .. }) => self.of_selector(node, *key, *wanted),
            Cause::Exclusion(Exclusion::NodeAffinity) => self.of_affinity(node),
            Cause::Exclusion(Exclusion::Taint { taint }) => self.of_taint(taint).or_else(|| self.aimed(taint, node)),
            Cause::Rejection(rejection) | Cause::Kubelet(KubeletRefusal::Unfit(rejection)) => match rejection {
                Rejection::NodeSelector { key, wanted, .. } => self.of_selector(node, *key, *wanted),
                Rejection::UntoleratedTaint { taint } => self.of_taint(taint),
                _ => None,
            },
            _ => None,
        }
    }

    /// The near misses of one cause on its nodes with these nodes, the most frequent first.
    pub fn of_causes(&self, causes: &[(NodeIndex, &Cause)]) -> Vec<(NearMiss, Vec<NodeIndex>)> {
        let mut found: HashMap<NearMiss, Vec<NodeIndex>> = HashMap::new();
        for (node, cause) in causes {
            if let Some(near) = self.of(cause, &self.cluster.nodes[*node as usize]) {
                found.entry(near).or_default().push(*node);
            }
        }
        let mut found: Vec<_> = found.into_iter().collect();
        found.sort_by(|(a, of_a), (b, of_b)| {
            of_b.len().cmp(&of_a.len()).then_with(|| a.there().cmp(&b.there())).then_with(|| of_a.cmp(of_b))
        });
        found
    }

    /// The label of the node that comes nearest to `key` with one of `wanted` (no value for any value).
    pub fn label(&self, node: &Node, key: Symbol, wanted: &[Symbol]) -> Option<NearLabel> {
        let absent = self.overview().absent.iter().find(|(k, values, _)| *k == key && **values == *wanted);
        let near = label::label(&node.labels, key, wanted, absent.is_some());
        near.or_else(|| {
            // What platforms and vendors name is a choice: another accelerator, another pool.
            let (_, _, only) = absent.filter(|_| !key.as_str().contains('/'))?;
            let value = node.labels.get(key).filter(|value| Some(*value) == *only)?;
            Some(NearLabel { key, value, differs: Differs::OnlyValue })
        })
    }

    /// The first of a term's requirements that fail on a node with a label that nearly is as asked.
    pub fn requirement<'t>(&self, term: &'t NodeTerm, node: &Node) -> Option<(&'t Requirement, NearLabel)> {
        failing(term, node).0.into_iter().find_map(|requirement| {
            let values: &[Symbol] = match &requirement.operator {
                Operator::In(values) => values,
                Operator::Exists => &[],
                _ => return None,
            };
            Some((requirement, self.label(node, requirement.key, values)?))
        })
    }

    /// The near miss of a label that nodeSelector requires.
    fn of_selector(&self, node: &Node, key: Symbol, wanted: Symbol) -> Option<NearMiss> {
        let near = self.label(node, key, &[wanted])?;
        Some(NearMiss::Selector { key, value: wanted, near })
    }

    /// The near miss of the nearest term of the node affinity.
    fn of_affinity(&self, node: &Node) -> Option<NearMiss> {
        let term = nearest_term(self.terms(), node)?;
        if let Some((requirement, near)) = self.requirement(term, node) {
            return Some(NearMiss::Requirement { requirement: requirement.clone(), near });
        }
        let (labels, fields) = failing(term, node);
        let ([requirement], []) = (labels.as_slice(), fields.as_slice()) else { return None };
        let excludes = matches!(requirement.operator, Operator::NotIn(_) | Operator::DoesNotExist);
        let overview = self.overview();
        let number = self.terms().iter().position(|other| other == term)?;
        let is_alone = excludes && overview.matches_none && overview.selects[number];
        (is_alone && taint_origin::virtual_label(node).is_none())
            .then(|| NearMiss::OnlyRequirement { requirement: (*requirement).clone() })
    }

    /// The toleration that nearly tolerates a taint.
    fn of_taint(&self, taint: &Taint) -> Option<NearMiss> {
        let (toleration, mismatch) = toleration(&self.daemon_set.template.spec.tolerations, taint)?;
        Some(NearMiss::Toleration { toleration, taint: *taint, mismatch })
    }

    /// The taint of a node that the pods ask for: by a label of the taint's own key, or by labels of tainted nodes alone.
    fn aimed(&self, taint: &Taint, node: &Node) -> Option<NearMiss> {
        let lasts = matches!(taint_origin::origin(taint), Origin::Dedicated | Origin::ControlPlane);
        let affinity = &self.daemon_set.template.spec.node_affinity;
        let matching = || self.terms().iter().filter(|term| term.matches(node.name, &node.labels));
        let is_asked =
            affinity.selector_matches(&node.labels) && (affinity.required.is_none() || matching().next().is_some());
        if !lasts || !is_asked {
            return None;
        }
        let by_selector = || affinity.selector.iter().map(|(key, _)| *key);
        let by_terms = || matching().flat_map(|term| &term.expressions).filter(|r| asks(r)).map(|r| r.key);
        let mut asked = by_selector().chain(by_terms());
        let of_taint = asked.find(|key| *key == taint.key);
        let key = of_taint.or_else(|| {
            let mut all = by_selector().chain(by_terms());
            all.next().filter(|_| self.overview().is_aimed_at_tainted)
        })?;
        Some(NearMiss::Aimed { key, taint: *taint })
    }

    fn terms(&self) -> &'a [NodeTerm] {
        self.daemon_set.template.spec.node_affinity.required.as_deref().unwrap_or_default()
    }

    fn overview(&self) -> &Overview {
        self.overview.get_or_init(|| {
            let (cluster, template) = (self.cluster, &self.daemon_set.template.spec);
            let affinity = &template.node_affinity;
            let by_selector = affinity.selector.iter().map(|(key, value)| (*key, Box::from([*value])));
            let by_terms = self.terms().iter().flat_map(|term| &term.expressions).filter_map(|requirement| {
                match &requirement.operator {
                    Operator::In(values) => Some((requirement.key, values.clone())),
                    Operator::Exists => Some((requirement.key, Box::default())),
                    _ => None,
                }
            });
            let is_met = |key: Symbol, wanted: &[Symbol]| {
                let there = cluster.label_values(key);
                let mut values = (0..cluster.nodes.len()).filter_map(|node| there.on(node as NodeIndex));
                values.any(|value| wanted.is_empty() || wanted.contains(&value))
            };
            let only_value = |key: Symbol| {
                let there = cluster.label_values(key);
                let mut values = (0..cluster.nodes.len()).filter_map(|node| there.on(node as NodeIndex));
                let first = values.next()?;
                values.all(|value| value == first).then_some(first)
            };
            let absent = by_selector.chain(by_terms).filter(|(key, wanted)| !is_met(*key, wanted));
            let absent = absent.map(|(key, wanted)| (key, wanted, only_value(key))).collect();
            let tolerations = controller::tolerations(template);
            let matches = |node: &&Node| {
                let terms = affinity.required.as_deref();
                affinity.selector_matches(&node.labels)
                    && terms.is_none_or(|terms| terms.iter().any(|term| term.matches(node.name, &node.labels)))
            };
            let matching: Vec<&Node> = cluster.nodes.iter().filter(matches).collect();
            let some = !matching.is_empty() && matching.len() < cluster.nodes.len();
            let is_tainted = |node: &&Node| untolerated(&node.taints, &tolerations).next().is_some();
            Overview {
                absent,
                matches_none: matching.is_empty(),
                is_aimed_at_tainted: some && matching.iter().all(is_tainted),
                selects: self.terms().iter().map(|term| is_selective(term, &cluster.nodes)).collect(),
            }
        })
    }
}

/// Whether a requirement asks for a label rather than for its absence.
fn asks(requirement: &Requirement) -> bool {
    !matches!(requirement.operator, Operator::NotIn(_) | Operator::DoesNotExist | Operator::Invalid)
}

/// Whether a requirement of the term that asks for a label fails on one of the nodes.
fn is_selective(term: &NodeTerm, nodes: &[Node]) -> bool {
    let asking: Vec<&Requirement> = term.expressions.iter().filter(|r| asks(r)).collect();
    nodes.iter().any(|node| asking.iter().any(|requirement| !requirement.matches(&node.labels)))
}

/// The usable term of which the fewest requirements fail on the node.
pub fn nearest_term<'t>(terms: &'t [NodeTerm], node: &Node) -> Option<&'t NodeTerm> {
    let fails = |term: &&NodeTerm| {
        let (labels, fields) = failing(term, node);
        labels.len() + fields.len()
    };
    terms.iter().filter(|term| term.usable).min_by_key(fails)
}

/// The requirements of a term that fail on a node: those about labels, those about fields.
pub fn failing<'t>(term: &'t NodeTerm, node: &Node) -> (Vec<&'t Requirement>, Vec<&'t FieldRequirement>) {
    let labels = term.expressions.iter().filter(|r| !r.matches(&node.labels)).collect();
    let fields = term.fields.iter().filter(|f| !f.matches(node.name)).collect();
    (labels, fields)
}
