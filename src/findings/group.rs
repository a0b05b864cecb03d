//! Nodes grouped by cause: which reason decides on a node, how bad it is there, and with which others it belongs.

use std::collections::HashMap;

use crate::findings::cause::Cause as Found;
use crate::findings::cause_subject::about;
use crate::findings::codes::Code;
use crate::findings::grace::Waiting;
use crate::findings::node_status::NodeStatus;
use crate::findings::pod_health::PodIssue;
use crate::findings::policy::{Expect, IgnoreRule, Settings};
use crate::findings::rule_code;
use crate::report::{Severity, State};
use crate::rules::{Cause, Placement, Stage, Verdict};
use crate::store::{Cluster, NodeIndex};

/// What puts nodes into one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// The finding's code.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// The cause.
    pub(super) cause: CauseKey,
}

/// A cause without the figures of single nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CauseKey {
    /// The cause's own code.
    pub(super) code: Code,
    /// What the cause is about: a label, a taint, a resource, a container.
    pub(super) about: [u32; 3],
}

impl CauseKey {
    /// Returns the key of a cause.
    pub fn of(cause: &Cause) -> Self {
        CauseKey { code: rule_code::code(cause), about: about(cause) }
    }
}

impl Key {
    /// Whether the cause is the one that the group is about.
    pub fn is_of(&self, cause: &Cause) -> bool {
        self.cause == CauseKey::of(cause)
    }
}

/// One reason of a node: of the verdict, or of what runs there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The verdict's reason of that number.
    Reason(usize),
    /// The standing's trouble of that number.
    PodIssue(usize),
}

/// Nodes with one cause.
#[derive(Debug, Clone)]
pub struct Group {
    /// What they share.
    pub key: Key,
    /// The nodes, each with where its reason stands.
    pub members: Vec<(NodeIndex, Place)>,
}

/// A finding that was accepted on some nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// What.
    pub code: Code,
    /// Who accepts it.
    pub by: String,
    /// On how many nodes.
    pub nodes: usize,
}

/// What one DaemonSet's nodes are grouped by.
pub struct Grouping<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// How to judge.
    pub settings: &'a Settings,
    /// Nodes that must have a healthy pod.
    pub expect: Option<&'a Expect>,
    /// What is accepted.
    pub ignore: &'a [IgnoreRule],
    /// Whether a document is judged rather than what is deployed.
    pub written: bool,
    /// Whether the DaemonSet looks like a network plugin, without which nodes do not become ready.
    pub network_plugin: bool,
    /// When the DaemonSet was created.
    pub created: Option<i64>,
}

impl Grouping<'_> {
    /// Groups all nodes, in the order in which their causes are met.
    pub fn groups(&self, verdicts: &[Verdict], statuses: &[NodeStatus]) -> (Vec<Group>, Vec<Accepted>) {
        let mut groups: Vec<Group> = Vec::new();
        let mut places: HashMap<Key, usize> = HashMap::new();
        let mut accepted: Vec<Accepted> = Vec::new();
        for (index, (verdict, status)) in verdicts.iter().zip(statuses).enumerate() {
            let node = index as NodeIndex;
            if self.settings.node.is_some_and(|asked| asked != self.cluster.nodes[index].name) {
                continue;
            }
            for place in places_of(verdict, status) {
                let Some(key) = self.key(node, verdict, status, place) else { continue };
                if let Some(rule) = self.rule(key.code, node) {
                    match accepted.iter_mut().find(|a| a.code == key.code && a.by == rule.by) {
                        Some(known) => known.nodes += 1,
                        None => accepted.push(Accepted { code: key.code, by: rule.by.clone(), nodes: 1 }),
                    }
                    continue;
                }
                let group = *places.entry(key).or_insert_with(|| {
                    groups.push(Group { key, members: Vec::new() });
                    groups.len() - 1
                });
                // Two ports of one pod, say, are one cause on one node.
                if groups[group].members.last().is_none_or(|(last, _)| *last != node) {
                    groups[group].members.push((node, place));
                }
            }
        }
        (groups, accepted)
    }

    /// The group that a reason of a node belongs to, if it decides there and is not accepted.
    pub fn group_of(&self, node: NodeIndex, verdict: &Verdict, status: &NodeStatus, place: Place) -> Option<Key> {
        self.key(node, verdict, status, place).filter(|key| self.rule(key.code, node).is_none())
    }

    fn rule(&self, code: Code, node: NodeIndex) -> Option<&IgnoreRule> {
        self.ignore.iter().find(|rule| rule.accepts(code, Some(&self.cluster.nodes[node as usize])))
    }

    fn key(&self, node: NodeIndex, verdict: &Verdict, status: &NodeStatus, place: Place) -> Option<Key> {
        let mut key = match place {
            Place::Reason(number) => self.reason_key(node, verdict, status, &verdict.reasons[number].cause)?,
            Place::PodIssue(number) => self.trouble_key(node, verdict, status, &status.issues[number])?,
        };
        // What is not known stays so; it fails the expectation all the same.
        if self.lacks_expected(node, verdict, status) && !is_unknown(verdict, status) {
            key.severity = Severity::Error;
        }
        Some(key)
    }

    /// Whether the node must have a healthy pod and has none. A young pod has until the grace is over.
    pub fn lacks_expected(&self, node: NodeIndex, verdict: &Verdict, status: &NodeStatus) -> bool {
        let healthy = if self.written { starts_there(verdict, status) } else { status.state == State::Healthy };
        let expected = self.expect.is_some_and(|expect| expect.includes(&self.cluster.nodes[node as usize]));
        expected && !healthy && !self.is_starting(node, verdict, status)
    }

    /// Whether the node's pod is not ready yet, within its grace, and only for causes that waiting can fix.
    pub fn is_starting(&self, node: NodeIndex, verdict: &Verdict, status: &NodeStatus) -> bool {
        use State as S;
        let lacks = matches!(status.state, S::Missing | S::Pending | S::Starting | S::Unhealthy | S::Failed);
        let waiting = self.waiting(node);
        lacks
            && !matches!(verdict.placement, Placement::Excluded | Placement::Gated | Placement::Unknown)
            && self.is_new(node, status)
            && status.issues.iter().all(|issue| !issue.lasting)
            && verdict.reasons.iter().filter(|r| decides(verdict, &r.cause)).all(|r| {
                matches!(verdict.placement, Placement::Preempting { .. } | Placement::Contended { .. })
                    || waiting.can_fix(&r.cause)
            })
    }

    /// What may change on the node by itself.
    pub(super) fn waiting(&self, node: NodeIndex) -> Waiting<'_> {
        Waiting {
            cluster: self.cluster,
            node,
            is_new_node: self.is_within_grace(self.cluster.nodes[node as usize].created),
        }
    }

    /// Whether the pod is within its grace: since its creation, or where there is none, since the DaemonSet or the node
    /// was created. Earlier pods that failed there end the grace.
    pub(super) fn is_new(&self, node: NodeIndex, status: &NodeStatus) -> bool {
        !self.written && !status.failed_before && self.is_within_grace(self.since(node, status))
    }

    /// Since when the node lacks a ready pod, as far as times of creation say; seconds since 1970.
    pub fn since(&self, node: NodeIndex, status: &NodeStatus) -> Option<i64> {
        match status.pod {
            Some(pod) => self.cluster.pod(pod).created,
            None => self.created.max(self.cluster.nodes[node as usize].created),
        }
    }

    pub(super) fn is_within_grace(&self, created: Option<i64>) -> bool {
        created.is_some_and(|at| self.settings.now.saturating_sub(at) < self.settings.grace)
    }
}

/// Whether the pod of a document starts on the node: it is placed, and the node runs pods.
fn starts_there(verdict: &Verdict, status: &NodeStatus) -> bool {
    let runs_none = |issue: &PodIssue| matches!(issue.cause, Found::NodeRunsNoPods(_));
    verdict.placement == Placement::Placed && !status.issues.iter().any(runs_none)
}

/// Whether the cause is one of those that make the verdict.
pub(super) fn decides(verdict: &Verdict, cause: &Cause) -> bool {
    let stage = cause.stage();
    match &verdict.placement {
        Placement::Excluded => stage == Stage::Controller,
        Placement::Denied => stage == Stage::Creation,
        Placement::Gated => matches!(cause, Cause::Gate(_)),
        Placement::Unknown => matches!(cause, Cause::Unknown(_)),
        Placement::Unschedulable | Placement::Preempting { .. } => matches!(cause, Cause::Rejection(_)),
        Placement::Contended { .. } => matches!(cause, Cause::Race(_)),
        Placement::Rejected => matches!(cause, Cause::Kubelet(_)),
        Placement::Blocked => matches!(cause, Cause::Start(_)),
        Placement::Placed => false,
    }
}

/// Whether it is unknown if the node has, or gets, a healthy pod. A ready pod proves what let it run.
pub fn is_unknown(verdict: &Verdict, status: &NodeStatus) -> bool {
    match status.state {
        State::Unknown => true,
        State::None | State::Missing | State::Pending => {
            verdict.placement == Placement::Unknown && !is_answered(status)
        }
        _ => false,
    }
}

/// Whether another scheduler said why it does not schedule the pod.
pub(super) fn is_answered(status: &NodeStatus) -> bool {
    status.issues.iter().any(|issue| matches!(issue.cause, Found::OtherSchedulerReports(_)))
}

/// Where all reasons of a node stand.
pub fn places_of(verdict: &Verdict, status: &NodeStatus) -> impl Iterator<Item = Place> + use<> {
    let (reasons, issues) = (verdict.reasons.len(), status.issues.len());
    (0..reasons).map(Place::Reason).chain((0..issues).map(Place::PodIssue))
}
