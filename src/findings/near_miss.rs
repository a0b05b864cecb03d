//! Near misses: labels and tolerations that differ only by case, spelling, a retired name or one field.

use std::collections::HashMap;

use crate::model::affinity::{FieldRequirement, NodeTerm};
use crate::model::labels::{Operator, RENAMED_NODE_LABELS, Requirement};
use crate::model::taint::TolerationOperator;
use crate::model::{DaemonSet, Labels, Node, Symbol, Taint, Toleration};
use crate::rules::{Cause, Exclusion, KubeletRefusal, Rejection};
use crate::store::{Cluster, NodeIndex};

/// A label of a node that is nearly the required label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NearLabel {
    /// The key that is there.
    pub key: Symbol,
    /// Its value.
    pub value: Symbol,
    /// How it differs.
    pub differs: Differs,
}

/// How a label differs from the required label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Differs {
    /// By upper and lower case.
    Case,
    /// One of the two is a name that Kubernetes has retired.
    OldName,
    /// By a letter or two, or by punctuation.
    Spelling,
}

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
    /// The near miss of a cause on a node, if there is one.
    pub fn of(cause: &Cause, node: &Node, daemon_set: &DaemonSet) -> Option<Self> {
        let spec = &daemon_set.template.spec;
        match cause {
            Cause::Exclusion(Exclusion::NodeSelector { key, wanted, .. }) => NearMiss::of_selector(node, *key, *wanted),
            Cause::Exclusion(Exclusion::NodeAffinity) => {
                let terms = spec.node_affinity.required.as_deref().unwrap_or_default();
                NearMiss::of_term(nearest_term(terms, node)?, node)
            }
            Cause::Exclusion(Exclusion::Taint { taint }) => NearMiss::of_taint(&spec.tolerations, taint),
            Cause::Rejection(rejection) | Cause::Kubelet(KubeletRefusal::Unfit(rejection)) => match rejection {
                Rejection::NodeSelector { key, wanted, .. } => NearMiss::of_selector(node, *key, *wanted),
                Rejection::UntoleratedTaint { taint } => NearMiss::of_taint(&spec.tolerations, taint),
                _ => None,
            },
            _ => None,
        }
    }

    /// The near miss of a label that nodeSelector requires.
    fn of_selector(node: &Node, key: Symbol, wanted: Symbol) -> Option<Self> {
        let near = label(&node.labels, key, &[wanted])?;
        Some(NearMiss::Selector { key, value: wanted, near })
    }

    /// The first near miss among the requirements of a term that fail on the node.
    fn of_term(term: &NodeTerm, node: &Node) -> Option<Self> {
        failing(term, node).0.into_iter().find_map(|requirement| {
            let values: &[Symbol] = match &requirement.operator {
                Operator::In(values) => values,
                Operator::Exists => &[],
                _ => return None,
            };
            let near = label(&node.labels, requirement.key, values)?;
            Some(NearMiss::Requirement { requirement: requirement.clone(), near })
        })
    }

    /// The near miss of a taint.
    fn of_taint(tolerations: &[Toleration], taint: &Taint) -> Option<Self> {
        let (toleration, mismatch) = toleration(tolerations, taint)?;
        Some(NearMiss::Toleration { toleration, taint: *taint, mismatch })
    }

    /// The name and the value of what is there, for an order by name.
    fn there(&self) -> (&str, &str) {
        match self {
            NearMiss::Selector { near, .. } | NearMiss::Requirement { near, .. } => {
                (near.key.as_str(), near.value.as_str())
            }
            NearMiss::Toleration { .. } => ("", ""),
        }
    }
}

/// The near misses of one cause on its nodes, counted, the most frequent first.
pub fn of_causes(cluster: &Cluster, daemon_set: &DaemonSet, causes: &[(NodeIndex, &Cause)]) -> Vec<(NearMiss, usize)> {
    let of = |(node, cause): &(NodeIndex, &Cause)| NearMiss::of(cause, &cluster.nodes[*node as usize], daemon_set);
    // The others of one group have the same near miss on every node.
    let differs_by_node = |cause: &Cause| {
        matches!(
            cause,
            Cause::Exclusion(Exclusion::NodeSelector { .. } | Exclusion::NodeAffinity)
                | Cause::Rejection(Rejection::NodeSelector { .. })
        )
    };
    match causes.first() {
        Some((_, first)) if differs_by_node(first) => counted(causes.iter().filter_map(of)),
        Some(first) => of(first).map(|near| (near, causes.len())).into_iter().collect(),
        None => Vec::new(),
    }
}

/// Counts near misses, the most frequent first, then by name.
fn counted(all: impl Iterator<Item = NearMiss>) -> Vec<(NearMiss, usize)> {
    let mut counts: HashMap<NearMiss, (usize, usize)> = HashMap::new();
    for (place, near) in all.enumerate() {
        counts.entry(near).or_insert((place, 0)).1 += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|(a, (first_a, count_a)), (b, (first_b, count_b))| {
        count_b.cmp(count_a).then_with(|| a.there().cmp(&b.there())).then(first_a.cmp(first_b))
    });
    counts.into_iter().map(|(near, (_, count))| (near, count)).collect()
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

/// Most labels, values and tolerations compared for a near miss: an object with more is generated, not typed.
const MOST: usize = 256;

/// The label that comes nearest to `key` with one of `wanted` (no value for any value), if one is near.
pub fn label(labels: &Labels, key: Symbol, wanted: &[Symbol]) -> Option<NearLabel> {
    let wanted = &wanted[..wanted.len().min(MOST)];
    let fits = |value: Symbol| wanted.is_empty() || wanted.contains(&value);
    if let Some(value) = labels.get(key) {
        let differs = wanted.iter().filter_map(|w| texts(w.as_str(), value.as_str())).next()?;
        return Some(NearLabel { key, value, differs });
    }
    let mut near: Vec<NearLabel> = labels
        .iter()
        .take(MOST)
        .filter_map(|(there, value)| {
            let old = RENAMED_NODE_LABELS.iter().any(|(old, new)| {
                let pair = (key.as_str(), there.as_str());
                pair == (*old, *new) || pair == (*new, *old)
            });
            let key_differs = if old { Some(Differs::OldName) } else { texts(key.as_str(), there.as_str()) }?;
            let value_differs = wanted.iter().any(|w| texts(w.as_str(), value.as_str()).is_some());
            (fits(value) || value_differs).then_some(NearLabel { key: there, value, differs: key_differs })
        })
        .collect();
    near.sort_by_key(|n| (n.key.as_str(), n.value.as_str()));
    near.first().copied()
}

/// Whether two names that are not equal nearly are.
pub fn is_near(asked: &str, there: &str) -> bool {
    texts(asked, there).is_some()
}

/// How two texts that are not equal nearly are.
fn texts(asked: &str, there: &str) -> Option<Differs> {
    if asked == there {
        return None;
    }
    if asked.eq_ignore_ascii_case(there) {
        return Some(Differs::Case);
    }
    // One slip leaves one end as it is.
    let ends = |text: &str| {
        let mut letters = text.chars().filter(|c| !matches!(c, '-' | '_' | '.')).map(|c| c.to_ascii_lowercase());
        let first = letters.next();
        (first, letters.next_back().or(first))
    };
    let (one, other) = (ends(asked), ends(there));
    if one.0 != other.0 && one.1 != other.1 {
        return None;
    }
    let plain = |text: &str| -> Vec<char> {
        text.chars().filter(|c| !matches!(c, '-' | '_' | '.')).map(|c| c.to_ascii_lowercase()).collect()
    };
    let (a, b) = (plain(asked), plain(there));
    if a == b {
        return Some(Differs::Spelling);
    }
    // One and many (gpu, gpus): the last letter of a word, however short.
    let (one, many) = if a.len() < b.len() { (&a, &b) } else { (&b, &a) };
    if one.len() >= 3 && one.iter().all(char::is_ascii_alphabetic) && many.strip_suffix(&['s']) == Some(one.as_slice())
    {
        return Some(Differs::Spelling);
    }
    // Short names differ by a letter for good reasons (a1, a2); digits are never misspelt.
    let letters = |text: &[char]| text.iter().filter(|c| !c.is_ascii_digit()).count();
    let digits = |text: &[char]| text.iter().filter(|c| c.is_ascii_digit()).collect::<String>();
    let long = letters(&a).min(letters(&b)) >= 5 && a.len().max(b.len()) <= 320;
    (long && digits(&a) == digits(&b) && distance(&a, &b) == 1).then_some(Differs::Spelling)
}

/// How many letters must be added, dropped, changed or swapped with a neighbour; above 1 it does not matter.
fn distance(a: &[char], b: &[char]) -> usize {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let same = short.iter().zip(long).take_while(|(x, y)| x == y).count();
    let (short, long) = (&short[same..], &long[same..]);
    match long.len() - short.len() {
        0 if short.len() > 1 && short[1..] == long[1..] => 1,
        0 if short.len() == 1 => 1,
        0 if short.len() > 1 && short[0] == long[1] && short[1] == long[0] && short[2..] == long[2..] => 1,
        1 if short == &long[1..] => 1,
        _ => 2,
    }
}

/// What a toleration that is meant for a taint lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mismatch {
    /// It is for another effect.
    Effect,
    /// It names another value.
    Value,
    /// Its key differs by case or spelling.
    Key,
    /// Its operator tolerates nothing (`Gt` and `Lt` are off by default).
    Operator,
}

/// The toleration that comes nearest to a taint which none tolerates, with what it lacks.
pub fn toleration(tolerations: &[Toleration], taint: &Taint) -> Option<(Toleration, Mismatch)> {
    let lacks = |t: &Toleration| {
        let key = t.key?;
        let effect = t.effect.is_none_or(|e| e == Ok(taint.effect));
        let value = t.operator == TolerationOperator::Exists || t.value == taint.value;
        if key != taint.key {
            let near = texts(key.as_str(), taint.key.as_str()).is_some();
            return (near && effect && value).then_some(Mismatch::Key);
        }
        match (t.operator, value, effect) {
            (TolerationOperator::Other(_), ..) => Some(Mismatch::Operator),
            (_, true, false) => Some(Mismatch::Effect),
            (_, false, true) => Some(Mismatch::Value),
            _ => None,
        }
    };
    tolerations.iter().take(MOST).find_map(|t| Some((*t, lacks(t)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Effect;

    #[test]
    fn labels_that_nearly_match() {
        let labels: Labels = [
            ("disk", "SSD"),
            ("Pool", "edge"),
            ("kubernetes.io/os", "linux"),
            ("disk-kind", "fast"),
            ("environment", "prod"),
            ("rack", "a1"),
            ("team", "gpu"),
        ]
        .into_iter()
        .collect();
        for (key, value, expected) in [
            ("disk", "ssd", Some(("disk", Differs::Case))),
            ("pool", "edge", Some(("Pool", Differs::Case))),
            ("beta.kubernetes.io/os", "linux", Some(("kubernetes.io/os", Differs::OldName))),
            ("diskkind", "fast", Some(("disk-kind", Differs::Spelling))),
            ("enviroment", "prod", Some(("environment", Differs::Spelling))),
            ("rack", "a2", None),
            ("team", "gpus", Some(("team", Differs::Spelling))),
            ("teams", "gpu", Some(("team", Differs::Spelling))),
            ("racks", "a2", None),
            ("disk", "nvme", None),
            ("zone", "a", None),
        ] {
            let near = label(&labels, key.into(), &[value.into()]);
            assert_eq!(near.map(|n| (n.key.as_str(), n.differs)), expected, "{key}={value}");
        }
    }

    #[test]
    fn tolerations_that_nearly_tolerate() {
        let taint = Taint { key: "dedicated".into(), value: "ml".into(), effect: Effect::NoSchedule };
        let toleration_of = |key: &str, value: &str, effect| Toleration {
            key: Some(key.into()),
            operator: TolerationOperator::Equal,
            operator_omitted: false,
            value: value.into(),
            effect,
            seconds: None,
        };
        for (near, lacks) in [
            (toleration_of("dedicated", "ml", Some(Ok(Effect::NoExecute))), Some(Mismatch::Effect)),
            (toleration_of("dedicated", "gpu", None), Some(Mismatch::Value)),
            (toleration_of("Dedicated", "ml", None), Some(Mismatch::Key)),
            (toleration_of("dedicated", "gpu", Some(Ok(Effect::NoExecute))), None),
            (toleration_of("other", "ml", None), None),
        ] {
            assert_eq!(toleration(&[near], &taint).map(|(_, l)| l), lacks, "{near}");
        }
    }
}
