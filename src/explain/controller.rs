//! Explains why the DaemonSet controller creates no pod on a node.

use crate::explain::context::ExplainContext;
use crate::explain::units::{count, label};
use crate::explain::words::Words;
use crate::findings::evidence::{
    Evidence, FailedRequirement, NodeAffinities, NodeAffinity, NodeSelector, NodeSelectors, UntoleratedTaint,
};
use crate::findings::near_miss::{Differs, Mismatch, NearLabel, NearMiss};
use crate::findings::taint_age;
use crate::findings::taint_origin;
use crate::findings::taint_origin::Origin;
use crate::model::Taint;
use crate::report::{Explanation, Note, NoteKind};
use crate::rules::Exclusion;
use crate::store::NodeIndex;

/// Of so many terms of a node affinity each is told.
const MAX_TERMS: usize = 3;

/// How many near misses of one finding are listed.
const MAX_NEAR_MISSES: usize = 2;
/// Most values of a label that a sentence lists.
const MAX_VALUES: usize = 3;
/// Most sets of failing requirements that a sentence lists.
const MAX_FAILURES: usize = 2;

impl ExplainContext<'_> {
    pub(crate) fn exclusion(&self, exclusion: &Exclusion, node: NodeIndex, evidence: &Evidence) -> Words {
        match (exclusion, evidence) {
            (_, Evidence::NodeSelector(found)) => selector(found),
            (_, Evidence::NodeSelectors(found)) => selectors(found),
            (_, Evidence::NodeAffinity(found)) => affinity(found),
            (_, Evidence::NodeAffinities(found)) => affinities(found),
            (Exclusion::NodeName { wanted }, _) => {
                Words::new(format!("spec.nodeName of the template is {wanted}: no other node is eligible"))
            }
            (Exclusion::NodeSelector { key, wanted, actual }, _) => {
                selector(&NodeSelector { key: *key, wanted: *wanted, actual: *actual })
            }
            (Exclusion::NodeAffinity, _) => Words::new("required node affinity does not match"),
            (Exclusion::Taint { taint }, _) => self.taint(taint, node),
            (Exclusion::ProjectSelector { annotation, selector }, _) => Words::new(format!(
                "namespace {} is for other nodes (annotation {annotation}: {selector})",
                self.daemon_set.namespace
            ))
            .note("OpenShift's DaemonSet controller creates pods only on nodes that the namespace selects"),
        }
    }

    pub(crate) fn taint(&self, taint: &Taint, node: NodeIndex) -> Words {
        match taint_age::is_over(self.node(node), taint) {
            true => Words::new(format!("taint {taint} is not tolerated")),
            false => untolerated(taint, taint_origin::origin(taint)),
        }
    }

    /// Explains a taint that a network plugin must tolerate: Kubernetes removes the taint only after the plugin runs.
    pub fn network_deadlock(&self, taint: &Taint, near_misses: &[(NearMiss, Vec<NodeIndex>)]) -> Explanation {
        let mut words = untolerated(taint, taint_origin::origin(taint));
        words.message = format!("deadlock: nodes need this network plugin to become Ready, but {}", words.message);
        words.notes(near_miss_notes(near_misses)).with(Evidence::from(UntoleratedTaint::from(taint)).json())
    }
}

fn affinity(found: &NodeAffinity) -> Words {
    Words::new(match (&found.fails, found.each.as_slice()) {
        (None, _) => "the required node affinity has no term that can match any node".to_owned(),
        (Some(fails), [] | [_]) => format!("required node affinity does not match: {}", failures(fails)),
        (Some(fails), several) if several.len() > MAX_TERMS => {
            format!("{}: {}", none_of(several.len()), failures(fails))
        }
        (_, several) => {
            let each = several.iter().map(|fails| match fails.as_slice() {
                [] => String::new(),
                [only] => failure(only),
                [first, others @ ..] => {
                    format!("{} (and {})", failure(first), count(others.len(), "other requirement"))
                }
            });
            format!("{}: {}", none_of(several.len()), each.collect::<Vec<_>>().join("; "))
        }
    })
}

fn affinities(found: &NodeAffinities) -> Words {
    let one = |requirements: &[FailedRequirement]| match requirements {
        [] => "no term can match any node".to_owned(),
        all => failures(all),
    };
    let listed = found.fails.iter().take(MAX_FAILURES);
    let listed: Vec<String> =
        listed.map(|failed| format!("{} ({})", one(&failed.requirements), count(failed.nodes, "node"))).collect();
    let more = match found.reasons.saturating_sub(MAX_FAILURES) {
        0 => String::new(),
        more => format!("; and {}", count(more, "other reason")),
    };
    let what = match found.usable {
        0 | 1 => "required node affinity does not match".to_owned(),
        several => none_of(several),
    };
    Words::new(format!("{what}: {}{more}", listed.join("; ")))
}

fn failures(fails: &[FailedRequirement]) -> String {
    fails.iter().map(failure).collect::<Vec<_>>().join(", ")
}

fn failure(failed: &FailedRequirement) -> String {
    match &failed.actual {
        Some(name) if failed.is_field => format!("{}: the node is {name}", failed.brief),
        Some(label) => format!("{}: the node has {label}", failed.brief),
        None => format!("{}: the node lacks the label", failed.brief),
    }
}

/// Terms are alternatives: one is enough.
fn none_of(terms: usize) -> String {
    format!("the node matches none of the {terms} terms of the required node affinity (one would suffice)")
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

fn untolerated(taint: &Taint, origin: Origin) -> Words {
    let message = match node_state(taint) {
        Some(state) => format!("the node is {state} (taint {taint} is not tolerated)"),
        None if origin == Origin::Condition => format!("node condition taint {taint} is not tolerated"),
        None => format!("taint {taint} is not tolerated"),
    };
    Words::new(message)
}

/// The end of the sentence "the label differs ...".
pub(crate) fn how(differs: Differs) -> &'static str {
    match differs {
        Differs::Case => "only by case",
        Differs::OldName => "only by a retired key",
        Differs::Spelling => "only by spelling",
        Differs::Empty => "only by an empty value",
        Differs::Word => "only by the word for yes or no",
        Differs::Domain => "only by the domain of the key",
        Differs::Part => "only by a part of the key",
        Differs::Role => "only by the form of a role label",
        Differs::OnlyValue => "by value, and is the only value of this key in the cluster",
    }
}

/// Words a near miss.
pub(crate) fn near_miss_note(near: &NearMiss) -> Note {
    let differs = |near: &NearLabel, asked: String| {
        format!("{} differs from {asked} {}", label(near.key, near.value), how(near.differs))
    };
    let text = match near {
        NearMiss::Selector { key, value, near } => differs(near, label(*key, *value)),
        NearMiss::Requirement { requirement: asked, near } => differs(near, asked.brief()),
        NearMiss::OnlyRequirement { requirement } => {
            format!("all other requirements match: only {} fails", requirement.brief())
        }
        NearMiss::Aimed { key, taint } => {
            format!("the pods ask for these nodes (label {key}), and only taint {taint} excludes them")
        }
        NearMiss::Toleration { toleration, taint, mismatch } => {
            let what = match mismatch {
                Mismatch::Effect => "but the effect differs".to_owned(),
                Mismatch::Value => format!("but the value differs from {:?}", taint.value.as_str()),
                Mismatch::Key => "but the spelling of the key differs".to_owned(),
                Mismatch::OldKey => format!("but Kubernetes has renamed this key: the taint has key {}", taint.key),
                Mismatch::Domain => format!("but the key of the taint is {}", taint.key),
                Mismatch::Operator => "but the operator of this toleration tolerates nothing".to_owned(),
            };
            format!("the pods tolerate {toleration}, {what}")
        }
    };
    Note::new(NoteKind::NearMiss, text)
}

/// Words a near miss with the names of its nodes.
pub fn near_miss_on(near: &NearMiss, nodes: &str) -> Note {
    let note = near_miss_note(near);
    Note::new(note.kind, format!("on {nodes}: {}", note.text))
}

/// Words the most frequent near misses of several nodes.
pub(crate) fn near_miss_notes(near_misses: &[(NearMiss, Vec<NodeIndex>)]) -> impl Iterator<Item = Note> {
    near_misses.iter().take(MAX_NEAR_MISSES).map(|(near, nodes)| {
        let mut note = near_miss_note(near);
        if nodes.len() > 1 && matches!(near, NearMiss::Selector { .. }) {
            note.text.push_str(&format!(" ({})", count(nodes.len(), "node")));
        }
        note
    })
}

pub(crate) fn selector(found: &NodeSelector) -> Words {
    let NodeSelector { key, wanted, actual } = *found;
    let has = match actual {
        Some(actual) => format!("the node has {}", label(key, actual)),
        None => "the node lacks the label".to_owned(),
    };
    Words::new(format!("nodeSelector {} does not match: {has}", label(key, wanted)))
}

pub(crate) fn selectors(found: &NodeSelectors) -> Words {
    let NodeSelectors { key, wanted, actual, missing, values } = found;
    let value = |(value, nodes): &(String, usize)| {
        format!("{} {} {key}={value}", count(*nodes, "node"), if *nodes == 1 { "has" } else { "have" })
    };
    let mut parts: Vec<String> = actual.0.iter().take(MAX_VALUES).map(value).collect();
    if *values > MAX_VALUES {
        parts.push(format!("{} other values", values - MAX_VALUES));
    }
    if *missing > 0 {
        parts.push(format!("{} {} the label", count(*missing, "node"), if *missing == 1 { "lacks" } else { "lack" }));
    }
    Words::new(format!("nodeSelector {} does not match: {}", label(*key, *wanted), parts.join(", ")))
}
