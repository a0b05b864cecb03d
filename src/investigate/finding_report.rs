//! A group of nodes with one cause becomes a finding.

use crate::explain::units::{count, some};
use crate::explain::{Explanation, found};
use crate::findings::codes::Code;
use crate::findings::container_logs::WantedLog;
use crate::findings::finding_draft::FindingDraft;
use crate::findings::group::{Group, Key, Place};
use crate::findings::near_miss;
use crate::findings::near_miss::NearMiss;
use crate::findings::node_status::NodeStatus;
use crate::findings::shared_labels;
use crate::investigate::node_report::contended;
use crate::investigate::report_inputs::ReportInputs;
use crate::model::wire::Kind;
use crate::report::{Finding, Severity};
use crate::rules::{Cause, Exclusion, Placement, Verdict};
use crate::store::{DataRequest, NodeIndex};
use serde_json::{Map, json};

impl ReportInputs<'_> {
    pub(super) fn draft(&self, group: &Group, verdicts: &[Verdict], statuses: &[NodeStatus]) -> FindingDraft {
        let nodes: Vec<NodeIndex> = group.members.iter().map(|(node, _)| *node).collect();
        let key = group.key;
        let causes: Vec<(NodeIndex, &Cause)> = group
            .members
            .iter()
            .filter_map(|(node, place)| match place {
                Place::Reason(number) => Some((*node, &verdicts[*node as usize].reasons[*number].cause)),
                Place::PodIssue(_) => None,
            })
            .collect();
        let near_misses = near_miss::of_causes(self.cluster, self.scene.daemon_set, &causes);
        let mut told = match (causes.first(), key.code) {
            (None, _) => self.issues(group, statuses),
            (_, Code::PREEMPTING) => self.preempting(nodes.iter().map(|node| &verdicts[*node as usize])),
            (Some((_, Cause::Exclusion(Exclusion::Taint { taint }))), Code::NETWORK_DEADLOCK) => {
                self.scene.network_deadlock(taint, &near_misses)
            }
            _ => self.scene.tell_all(&causes, &near_misses),
        };
        if let Placement::Contended { min_pods, most, candidates } = verdicts[nodes[0] as usize].placement {
            let how_many = if most > min_pods { format!("{min_pods} to {most}") } else { min_pods.to_string() };
            told.message = format!("{}: {how_many} of {candidates} nodes get a pod", told.message);
            contended(&mut told.evidence, min_pods, most, candidates);
        }
        let pods = if nodes.len() == 1 { "a pod runs" } else { "pods run" };
        match key.code {
            Code::STRANDED | Code::AUTOSCALER_STRANDED => {
                told.message = format!("{pods} where no new one would be made: {}", told.message);
                told.notes.push("the next rollout, deletion or eviction removes it for good".into());
            }
            Code::MISSCHEDULED => {
                told.message = format!("{pods} where none is wanted, and will be deleted: {}", told.message);
            }
            _ => {}
        }
        let severity = self.raised(key, &near_misses, &nodes).max(key.severity);
        let log = self.wanted_log(group, statuses);
        let cause = match group.members[0] {
            (node, Place::PodIssue(number)) => Some(statuses[node as usize].issues[number].cause.clone()),
            (_, Place::Reason(_)) => None,
        };
        let mut draft =
            FindingDraft { code: key.code, severity, told: Some(told), cause, nodes, key: Some(key), near_misses, log };
        if severity > key.severity && draft.near_misses.is_empty() {
            draft = draft.note("most of the cluster's other DaemonSets want a pod there");
        }
        draft
    }

    /// The log of the first of the group's pods that have one.
    fn wanted_log(&self, group: &Group, statuses: &[NodeStatus]) -> Option<WantedLog> {
        group.members.iter().find_map(|(node, place)| {
            let Place::PodIssue(number) = place else { return None };
            let status = &statuses[*node as usize];
            let issue = &status.issues[*number];
            let log = issue.log.as_ref()?;
            let pod = match &log.pod {
                Some(name) => name.clone(),
                None => self.cluster.pod(status.pod?).name.to_string(),
            };
            Some(WantedLog {
                finding: 0,
                node: self.cluster.nodes[*node as usize].name.to_string(),
                namespace: self.asked.daemon_set.namespace.to_string(),
                pod,
                container: log.container.clone(),
                previous: log.previous,
            })
        })
    }

    /// How bad an exclusion by intent is that smells: it misses by a letter, or most other agents run there.
    fn raised(&self, key: Key, near_misses: &[(NearMiss, usize)], nodes: &[NodeIndex]) -> Severity {
        let by_intent =
            [Code::NODE_SELECTOR, Code::NODE_AFFINITY, Code::NODE_NAME, Code::TAINT, Code::CONTROL_PLANE_TAINT];
        if key.severity != Severity::Info || !by_intent.contains(&key.code) {
            return key.severity;
        }
        if !near_misses.is_empty() {
            return Severity::Warning;
        }
        self.questions.borrow_mut().ask(DataRequest::List(Kind::DaemonSet, None));
        let crowd = self.index.crowd(self.cluster);
        // Two agents are no crowd.
        let others = crowd.daemon_sets - usize::from(self.asked.deployed.is_some()).min(crowd.daemon_sets);
        let crowded = |node: &&NodeIndex| crowd.agents[**node as usize] as usize * 2 > others;
        let most = nodes.iter().filter(crowded).count() * 2 > nodes.len();
        if others >= 3 && most { Severity::Warning } else { Severity::Info }
    }

    fn issues(&self, group: &Group, statuses: &[NodeStatus]) -> Explanation {
        found::issues(group.members.iter().filter_map(|(node, place)| match place {
            Place::PodIssue(number) => Some(&statuses[*node as usize].issues[*number]),
            Place::Reason(_) => None,
        }))
    }

    pub(super) fn preempting<'v>(&self, verdicts: impl Iterator<Item = &'v Verdict>) -> Explanation {
        let mut victims: Vec<String> = Vec::new();
        for verdict in verdicts {
            if let Placement::Preempting { victims: pods } = &verdict.placement {
                victims.extend(pods.iter().map(|pod| self.scene.pod_name(*pod)));
            }
        }
        let named: Vec<&String> = victims.iter().take(100).collect();
        let evidence =
            Map::from_iter([("victims".to_owned(), json!(named)), ("count".to_owned(), json!(victims.len()))]);
        let are = if victims.len() == 1 { "is" } else { "are" };
        let message = format!(
            "it fits once {} of lower priority {are} evicted: {}",
            count(victims.len(), "pod"),
            some(&victims, 3)
        );
        Explanation { message, notes: Vec::new(), evidence }
    }

    /// With what its nodes have in common, where they are `compared` with the others.
    pub(super) fn finding(&self, draft: &FindingDraft, good: &[NodeIndex], compared: bool) -> Finding {
        let name = |node: &NodeIndex| self.cluster.nodes[*node as usize].name.to_string();
        let others: Vec<NodeIndex>;
        let others: &[NodeIndex] = if !compared {
            &[]
        } else if good.is_empty() && !draft.nodes.is_empty() {
            let members: std::collections::HashSet<_> = draft.nodes.iter().collect();
            others = (0..self.cluster.nodes.len() as NodeIndex).filter(|node| !members.contains(node)).collect();
            others.as_slice()
        } else {
            good
        };
        let common = shared_labels::labels(self.cluster, &draft.nodes, others);
        let Explanation { message, mut notes, evidence } = draft.told.clone().unwrap_or_default();
        let arch = common.get("kubernetes.io/arch").filter(|_| draft.code == Code::CRASH_LOOP && !good.is_empty());
        notes.extend(
            arch.map(|arch| format!("it is so on {arch} alone: the image may be for another architecture").into()),
        );
        Finding {
            code: draft.code,
            severity: draft.severity,
            message,
            notes,
            node_count: draft.nodes.len(),
            nodes: draft.nodes.iter().map(name).collect(),
            common,
            evidence,
            log: None,
            fix: None,
        }
    }
}

/// Words a finding that has no words yet.
pub(super) fn word(draft: &mut FindingDraft) {
    if let (None, Some(cause)) = (&draft.told, &draft.cause) {
        draft.told = Some(found::explain(cause));
    }
}
