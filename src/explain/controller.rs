//! Why the controller wants no pod.

use std::collections::HashMap;

use serde_json::json;

use crate::explain::units::count;
use crate::explain::{Evidence, ExplainContext, Explanation, failing, label, requirement};
use crate::findings::near_miss;
use crate::findings::near_miss::Mismatch;
use crate::findings::taint_origin;
use crate::findings::taint_origin::Origin;
use crate::model::affinity::NodeTerm;
use crate::model::labels::Operator;
use crate::model::{Node, Symbol, Taint};
use crate::rules::{Cause, Exclusion};
use crate::store::NodeIndex;

impl ExplainContext<'_> {
    pub(crate) fn exclusion(&self, exclusion: &Exclusion, node: &Node) -> Explanation {
        match exclusion {
            Exclusion::NodeName { wanted } => {
                Explanation::new(format!("the template names the node {wanted}"), json!({ "wanted": wanted }))
            }
            Exclusion::NodeSelector { key, wanted, actual } => selector(node, *key, *wanted, *actual),
            Exclusion::NodeAffinity => self.affinity(node),
            Exclusion::Taint { taint } => self.taint(taint),
        }
    }

    pub(crate) fn exclusions(&self, causes: &[(NodeIndex, &Cause)]) -> Explanation {
        let (first, Cause::Exclusion(exclusion)) = causes[0] else { return Explanation::new("", json!(null)) };
        let nodes = causes.iter().map(|(index, _)| self.node(*index));
        match exclusion {
            Exclusion::NodeSelector { key, wanted, .. } => selectors(nodes, *key, *wanted),
            Exclusion::NodeAffinity => self.affinities(nodes),
            _ => self.exclusion(exclusion, self.node(first)),
        }
    }

    pub(crate) fn taint(&self, taint: &Taint) -> Explanation {
        let origin = taint_origin::origin(taint);
        let evidence = json!({
            "taint": {"key": taint.key, "value": taint.value, "effect": taint.effect.as_str()},
            "passes": origin.passes(),
        });
        let told = match origin {
            _ if origin.passes() => {
                Explanation::new(format!("the node's state: taint {taint} is not tolerated"), evidence)
            }
            _ => Explanation::new(format!("taint {taint} is not tolerated"), evidence),
        };
        let told = match state_note(taint, origin) {
            Some(note) => told.note(note),
            None => told,
        };
        match near_miss::toleration(&self.daemon_set.template.spec.tolerations, taint) {
            None => told,
            Some((toleration, lacks)) => {
                let what = match lacks {
                    Mismatch::Effect => "only its effect differs".to_owned(),
                    Mismatch::Value => format!("only its value differs from {:?}", taint.value.as_str()),
                    Mismatch::Key => "only the spelling of its key differs".to_owned(),
                    Mismatch::Operator => "its operator tolerates nothing".to_owned(),
                };
                told.note(format!("near miss: the pods tolerate {toleration}, {what}"))
            }
        }
    }

    /// The term that comes nearest, and what fails in it.
    fn nearest<'t>(&self, terms: &'t [NodeTerm], node: &Node) -> Option<(&'t NodeTerm, Vec<String>)> {
        let told = |term: &'t NodeTerm| {
            let (labels, fields) = failing(term, node);
            let labels = labels.into_iter().map(|r| {
                let values = match &r.operator {
                    Operator::In(values) => values.to_vec(),
                    _ => Vec::new(),
                };
                match (node.labels.get(r.key), near_miss::label(&node.labels, r.key, &values)) {
                    (Some(actual), _) => format!("{}: the node has {}", requirement(r), label(r.key, actual)),
                    (None, Some(near)) if r.operator != Operator::DoesNotExist => {
                        format!("{}: the node has {}", requirement(r), label(near.key, near.value))
                    }
                    _ => format!("{}: the node has no such label", requirement(r)),
                }
            });
            let fields = fields.into_iter().map(|f| format!("{f}: the node is {}", node.name));
            (term, labels.chain(fields).collect::<Vec<_>>())
        };
        terms.iter().filter(|term| term.usable).map(told).min_by_key(|(_, fails)| fails.len())
    }

    fn affinity(&self, node: &Node) -> Explanation {
        let terms = self.pod_terms();
        let Some((term, fails)) = self.nearest(terms, node) else {
            return Explanation::new(
                "the required node affinity has no term that can match a node",
                json!({ "terms": terms.len() }),
            );
        };
        let evidence = json!({ "terms": terms.len(), "fails": fails });
        let message = format!("required node affinity: {}", fails.join(", "));
        let told = Explanation::new(message, evidence);
        match near_in_term(term, node) {
            Some(note) => told.note(note),
            None => told,
        }
    }

    fn affinities<'n>(&self, nodes: impl Iterator<Item = &'n Node>) -> Explanation {
        let terms = self.pod_terms();
        let mut reasons: HashMap<String, usize> = HashMap::new();
        let mut notes: HashMap<String, usize> = HashMap::new();
        for node in nodes {
            let nearest = self.nearest(terms, node);
            let why = nearest.as_ref().map_or_else(|| "no term can match".to_owned(), |(_, fails)| fails.join(", "));
            *reasons.entry(why).or_default() += 1;
            if let Some(note) = nearest.and_then(|(term, _)| near_in_term(term, node)) {
                *notes.entry(note).or_default() += 1;
            }
        }
        let reasons = by_count(reasons);
        let told = reasons.iter().take(2).map(|(why, n)| format!("{why} ({})", count(*n, "node"))).collect::<Vec<_>>();
        let more = if reasons.len() > 2 {
            format!("; and {}", count(reasons.len() - 2, "other reason"))
        } else {
            String::new()
        };
        let evidence: Evidence = reasons.iter().take(10).map(|(why, n)| (why.clone(), json!(n))).collect();
        let mut told = Explanation::new(
            format!("required node affinity: {}{more}", told.join("; ")),
            json!({ "terms": terms.len(), "fails": evidence }),
        );
        told.notes = by_count(notes).into_iter().take(2).map(|(note, _)| note).collect();
        told
    }

    fn pod_terms(&self) -> &[NodeTerm] {
        self.daemon_set.template.spec.node_affinity.required.as_deref().unwrap_or_default()
    }
}

/// What becomes of the taint by itself.
fn state_note(taint: &Taint, origin: Origin) -> Option<&'static str> {
    match origin {
        Origin::Condition => Some("it goes when the node's condition does"),
        Origin::Startup => Some("it goes once the node is set up"),
        Origin::Autoscaler => Some("the autoscaler is about to remove the node"),
        Origin::Shutdown if taint.key.as_str().ends_with("out-of-service") => {
            Some("the node was declared out of service")
        }
        Origin::Shutdown => Some("the node is shut down"),
        Origin::Maintenance => Some("it goes once the node's repair or maintenance is done"),
        Origin::Virtual => Some("virtual nodes do not run DaemonSets"),
        Origin::Dedicated | Origin::ControlPlane => None,
    }
}

fn near_in_term(term: &NodeTerm, node: &Node) -> Option<String> {
    failing(term, node).0.into_iter().find_map(|r| {
        let values = match &r.operator {
            Operator::In(values) => values.to_vec(),
            Operator::Exists => Vec::new(),
            _ => return None,
        };
        let near = near_miss::label(&node.labels, r.key, &values)?;
        let (has, how) = (label(near.key, near.value), near.differs.how());
        Some(format!("near miss: {has} differs from {} {how}", requirement(r)))
    })
}

fn near_miss(node: &Node, key: Symbol, wanted: Symbol) -> Option<String> {
    let near = near_miss::label(&node.labels, key, &[wanted])?;
    let (has, how) = (label(near.key, near.value), near.differs.how());
    Some(format!("near miss: {has} differs from {} {how}", label(key, wanted)))
}

pub(crate) fn selector(node: &Node, key: Symbol, wanted: Symbol, actual: Option<Symbol>) -> Explanation {
    let has = match actual {
        Some(actual) => format!("the node has {}", label(key, actual)),
        None => "the node has no such label".to_owned(),
    };
    let evidence = json!({ "key": key, "wanted": wanted, "actual": actual });
    let told = Explanation::new(format!("nodeSelector {}: {has}", label(key, wanted)), evidence);
    match near_miss(node, key, wanted) {
        Some(note) => told.note(note),
        None => told,
    }
}

pub(crate) fn selectors<'n>(nodes: impl Iterator<Item = &'n Node>, key: Symbol, wanted: Symbol) -> Explanation {
    let mut actual: HashMap<String, usize> = HashMap::new();
    let mut notes: HashMap<String, usize> = HashMap::new();
    let mut without = 0;
    for node in nodes {
        match node.labels.get(key) {
            Some(value) => *actual.entry(value.to_string()).or_default() += 1,
            None => without += 1,
        }
        if let Some(note) = near_miss(node, key, wanted) {
            *notes.entry(note).or_default() += 1;
        }
    }
    let actual = by_count(actual);
    let mut parts: Vec<String> = actual
        .iter()
        .take(3)
        .map(|(value, n)| format!("{} {} {key}={value}", count(*n, "node"), if *n == 1 { "has" } else { "have" }))
        .collect();
    if actual.len() > 3 {
        parts.push(format!("{} other values", actual.len() - 3));
    }
    if without > 0 {
        parts.push(format!(
            "{} no such label",
            if without == 1 { "1 node has".into() } else { format!("{without} nodes have") }
        ));
    }
    let values: Evidence = actual.iter().take(10).map(|(value, n)| (value.clone(), json!(n))).collect();
    let mut told = Explanation::new(
        format!("nodeSelector {}: {}", label(key, wanted), parts.join(", ")),
        json!({ "key": key, "wanted": wanted, "actual": values, "missing": without }),
    );
    told.notes = by_count(notes)
        .into_iter()
        .take(2)
        .map(|(note, n)| if n == 1 { note } else { format!("{note} ({})", count(n, "node")) })
        .collect();
    told
}

/// What was counted, the most frequent first, then by name.
fn by_count(counts: HashMap<String, usize>) -> Vec<(String, usize)> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts
}
