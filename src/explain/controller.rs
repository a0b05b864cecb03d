//! Explains why the DaemonSet controller creates no pod on a node.

use std::collections::HashMap;

use serde_json::json;

use crate::explain::context::ExplainContext;
use crate::explain::units::count;
use crate::explain::units::label;
use crate::findings::near_miss;
use crate::findings::near_miss::{Mismatch, NearLabel, NearMiss};
use crate::findings::taint_origin;
use crate::findings::taint_origin::Origin;
use crate::model::affinity::NodeTerm;
use crate::model::labels::Operator;
use crate::model::{Node, Symbol, Taint};
use crate::report::{Evidence, Explanation};
use crate::report::{Note, NoteKind};
use crate::rules::{Cause, Exclusion};
use crate::store::NodeIndex;

/// How many near misses of one finding are listed.
const MAX_NEAR_MISSES: usize = 2;

impl ExplainContext<'_> {
    pub(crate) fn exclusion(&self, exclusion: &Exclusion, node: &Node) -> Explanation {
        match exclusion {
            Exclusion::NodeName { wanted } => Explanation::new(
                format!("spec.nodeName of the template is {wanted}: no other node is eligible"),
                json!({ "wanted": wanted }),
            ),
            Exclusion::NodeSelector { key, wanted, actual } => selector(*key, *wanted, *actual),
            Exclusion::NodeAffinity => self.affinity(node),
            Exclusion::Taint { taint } => self.taint(taint),
            Exclusion::ProjectSelector { annotation, selector } => Explanation::new(
                format!(
                    "namespace {} is for other nodes (annotation {annotation}: {selector})",
                    self.daemon_set.namespace
                ),
                json!({ "annotation": annotation, "selector": selector }),
            )
            .note("OpenShift's DaemonSet controller creates pods only on nodes that the namespace selects"),
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
        let told = untolerated(taint, origin);
        match state_note(taint, origin) {
            Some(note) => told.note(note),
            None => told,
        }
    }

    /// Explains a taint that a network plugin must tolerate: Kubernetes removes the taint only after the plugin runs.
    pub fn network_deadlock(&self, taint: &Taint, near_misses: &[(NearMiss, usize)]) -> Explanation {
        let mut told = untolerated(taint, taint_origin::origin(taint));
        told.message = format!("deadlock: nodes need this network plugin to become Ready, but {}", told.message);
        told.notes(near_miss_notes(near_misses))
    }

    /// Returns the failing requirements of the term of which the fewest fail.
    fn nearest(&self, node: &Node) -> Option<Vec<String>> {
        let (labels, fields) = near_miss::failing(near_miss::nearest_term(self.pod_terms(), node)?, node);
        let labels = labels.into_iter().map(|r| {
            let values = match &r.operator {
                Operator::In(values) => values.to_vec(),
                _ => Vec::new(),
            };
            match (node.labels.get(r.key), near_miss::label(&node.labels, r.key, &values)) {
                (Some(actual), _) => format!("{}: the node has {}", r, label(r.key, actual)),
                (None, Some(near)) if r.operator != Operator::DoesNotExist => {
                    format!("{}: the node has {}", r, label(near.key, near.value))
                }
                _ => format!("{}: the node lacks the label", r),
            }
        });
        let fields = fields.into_iter().map(|f| {
            let operator = if f.negated { "NotIn" } else { "In" };
            format!("{} {operator} [{}]: the node is {}", f.key, f.value, node.name)
        });
        Some(labels.chain(fields).collect())
    }

    fn affinity(&self, node: &Node) -> Explanation {
        let terms = self.pod_terms();
        let Some(fails) = self.nearest(node) else {
            return Explanation::new(
                "the required node affinity has no term that can match any node",
                json!({ "terms": terms.len() }),
            );
        };
        let evidence = json!({ "terms": terms.len(), "fails": fails });
        let message = format!("required node affinity does not match: {}", fails.join(", "));
        Explanation::new(message, evidence)
    }

    fn affinities<'n>(&self, nodes: impl Iterator<Item = &'n Node>) -> Explanation {
        let terms = self.pod_terms();
        let mut reasons: HashMap<String, usize> = HashMap::new();
        for node in nodes {
            let why =
                self.nearest(node).map_or_else(|| "no term can match any node".to_owned(), |fails| fails.join(", "));
            *reasons.entry(why).or_default() += 1;
        }
        let reasons = by_count(reasons);
        let told = reasons.iter().take(2).map(|(why, n)| format!("{why} ({})", count(*n, "node"))).collect::<Vec<_>>();
        let more = if reasons.len() > 2 {
            format!("; and {}", count(reasons.len() - 2, "other reason"))
        } else {
            String::new()
        };
        let evidence: Evidence = reasons.iter().take(10).map(|(why, n)| (why.clone(), json!(n))).collect();
        Explanation::new(
            format!("required node affinity does not match: {}{more}", told.join("; ")),
            json!({ "terms": terms.len(), "fails": evidence }),
        )
    }

    fn pod_terms(&self) -> &[NodeTerm] {
        self.daemon_set.template.spec.node_affinity.required.as_deref().unwrap_or_default()
    }
}

/// Says who removes the taint, or what the taint announces.
fn state_note(taint: &Taint, origin: Origin) -> Option<&'static str> {
    match origin {
        Origin::Condition => Some("Kubernetes removes the taint when the node recovers"),
        Origin::Startup => Some("the taint is removed when the node is initialized"),
        Origin::Autoscaler => Some("the autoscaler plans to remove the node"),
        Origin::Shutdown if taint.key.as_str().ends_with("out-of-service") => {
            Some("an administrator declared the node out of service")
        }
        Origin::Shutdown => Some("the node is shut down"),
        Origin::Maintenance => Some("the taint is removed when the repair or maintenance of the node ends"),
        Origin::Virtual => Some("virtual nodes do not run DaemonSets"),
        Origin::Dedicated | Origin::ControlPlane => None,
    }
}

/// The state of the node that a taint of Kubernetes itself reports.
fn node_state(taint: &Taint) -> Option<&'static str> {
    Some(match taint.key.as_str() {
        "node.kubernetes.io/not-ready" => "NotReady",
        "node.kubernetes.io/unreachable" => "unreachable",
        "node.kubernetes.io/unschedulable" => "cordoned",
        "node.kubernetes.io/memory-pressure" => "under MemoryPressure",
        "node.kubernetes.io/disk-pressure" => "under DiskPressure",
        "node.kubernetes.io/pid-pressure" => "under PIDPressure",
        "node.kubernetes.io/network-unavailable" => "NetworkUnavailable",
        _ => return None,
    })
}

fn untolerated(taint: &Taint, origin: Origin) -> Explanation {
    let evidence = json!({
        "taint": {"key": taint.key, "value": taint.value, "effect": taint.effect.as_str()},
        "passes": origin.passes(),
    });
    let message = match node_state(taint) {
        Some(state) => format!("the node is {state} (taint {taint} is not tolerated)"),
        None if origin == Origin::Condition => format!("node condition taint {taint} is not tolerated"),
        None => format!("taint {taint} is not tolerated"),
    };
    Explanation::new(message, evidence)
}

/// Words a near miss.
pub(crate) fn near_miss_note(near: &NearMiss) -> Note {
    let differs = |near: &NearLabel, asked: String| {
        format!("{} differs from {asked} {}", label(near.key, near.value), near.differs.how())
    };
    let text = match near {
        NearMiss::Selector { key, value, near } => differs(near, label(*key, *value)),
        NearMiss::Requirement { requirement: asked, near } => differs(near, asked.to_string()),
        NearMiss::Toleration { toleration, taint, mismatch } => {
            let what = match mismatch {
                Mismatch::Effect => "but the effect differs".to_owned(),
                Mismatch::Value => format!("but the value differs from {:?}", taint.value.as_str()),
                Mismatch::Key => "but the spelling of the key differs".to_owned(),
                Mismatch::Operator => "but the operator of this toleration tolerates nothing".to_owned(),
            };
            format!("the pods tolerate {toleration}, {what}")
        }
    };
    Note::new(NoteKind::NearMiss, text)
}

/// Words the most frequent near misses of several nodes.
pub(crate) fn near_miss_notes(near_misses: &[(NearMiss, usize)]) -> impl Iterator<Item = Note> {
    near_misses.iter().take(MAX_NEAR_MISSES).map(|(near, nodes)| {
        let mut note = near_miss_note(near);
        if *nodes > 1 && matches!(near, NearMiss::Selector { .. }) {
            note.text.push_str(&format!(" ({})", count(*nodes, "node")));
        }
        note
    })
}

pub(crate) fn selector(key: Symbol, wanted: Symbol, actual: Option<Symbol>) -> Explanation {
    let has = match actual {
        Some(actual) => format!("the node has {}", label(key, actual)),
        None => "the node lacks the label".to_owned(),
    };
    let evidence = json!({ "key": key, "wanted": wanted, "actual": actual });
    Explanation::new(format!("nodeSelector {} does not match: {has}", label(key, wanted)), evidence)
}

pub(crate) fn selectors<'n>(nodes: impl Iterator<Item = &'n Node>, key: Symbol, wanted: Symbol) -> Explanation {
    let mut actual: HashMap<String, usize> = HashMap::new();
    let mut without = 0;
    for node in nodes {
        match node.labels.get(key) {
            Some(value) => *actual.entry(value.to_string()).or_default() += 1,
            None => without += 1,
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
        parts.push(format!("{} {} the label", count(without, "node"), if without == 1 { "lacks" } else { "lack" }));
    }
    let values: Evidence = actual.iter().take(10).map(|(value, n)| (value.clone(), json!(n))).collect();
    Explanation::new(
        format!("nodeSelector {} does not match: {}", label(key, wanted), parts.join(", ")),
        json!({ "key": key, "wanted": wanted, "actual": values, "missing": without }),
    )
}

/// Sorts counts, the most frequent first, then by name.
fn by_count(counts: HashMap<String, usize>) -> Vec<(String, usize)> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts
}
