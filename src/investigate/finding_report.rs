//! A group of nodes with one cause becomes a finding.

use crate::explain::next_step::{self, NextStep};
use crate::explain::steps::About;
use crate::explain::{Explanation, default_scheduler_rejects, found, running_pod, shared, taint_note};
use crate::findings::Subject;
use crate::findings::cause::Cause as Found;
use crate::findings::causing_field;
use crate::findings::chain::Chains;
use crate::findings::codes::Code;
use crate::findings::container_logs::WantedLog;
use crate::findings::finding_draft::FindingDraft;
use crate::findings::group::{Group, Key, Place};
use crate::findings::near_miss::NearMiss;
use crate::findings::node_status::NodeStatus;
use crate::findings::pod_health::not_ready;
use crate::findings::shared_facts;
use crate::findings::shared_labels;
use crate::findings::taint_age;
use crate::findings::taint_origin;
use crate::findings::taint_origin::Origin;
use crate::findings::waits_for::WaitsFor;
use crate::investigate::report_inputs::ReportInputs;
use crate::manifest::FieldPath;
use crate::model::Symbol;
use crate::report::{FactKind, Finding, Location, Note, Severity, SharedFact};
use crate::rules::{Cause, Exclusion, Rejection, Unknown, Verdict};
use crate::store::data_request::MOST_NODES;
use crate::store::{DataRequest, LogRequest, NodeIndex};
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// Most pods with one cause whose logs are read, the newest first.
const MAX_LOGS_OF_CAUSE: usize = 3;
/// Most logs that are read for one DaemonSet.
const MAX_LOGS_OF_DAEMON_SET: usize = 12;
/// More than the causes that one DaemonSet's logs are read for.
const MAX_LOGGED_CAUSES: usize = 16;

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
        let near_misses = self.scene.near.of_causes(&causes);
        let mut told = match (causes.first(), key.code) {
            (None, _) => self.issues(group, statuses),
            (_, Code::PREEMPTING) => self.scene.preempting(nodes.iter().map(|node| &verdicts[*node as usize])),
            (Some((_, Cause::Exclusion(Exclusion::Taint { taint }))), Code::NETWORK_DEADLOCK) => {
                self.scene.network_deadlock(taint, &near_misses)
            }
            _ => self.scene.tell_all(&causes, &near_misses, &verdicts[nodes[0] as usize].placement),
        };
        if let Some((node, cause)) = causes.first() {
            // In a deadlock the taint stays until the plugin tolerates it.
            told.notes.extend(self.taint_note(&causes).filter(|_| key.code != Code::NETWORK_DEADLOCK));
            told.notes.extend(self.not_ready_notes(*node, cause));
            let node = &self.cluster.nodes[*node as usize];
            let waits = self.chains().of_rule(cause, node, &mut self.questions.borrow_mut());
            told.notes.extend(waits.map(|waits| found::waits_for(&waits)));
        }
        told = match key.code {
            Code::STRANDED if self.asked.written.is_some() => running_pod::removed_by_document(told, nodes.len()),
            Code::STRANDED | Code::AUTOSCALER_STRANDED => running_pod::not_recreated(told, nodes.len()),
            Code::MISSCHEDULED => running_pod::deleted(told, nodes.len()),
            _ => told,
        };
        let severity = raised(key, &near_misses);
        let log = self.ask_for_logs(group, statuses);
        let shown = representative(group, statuses);
        let cause = match shown {
            (node, Place::PodIssue(number)) => Some(statuses[node as usize].issues[number].cause.clone()),
            (_, Place::Reason(_)) => None,
        };
        told.notes.extend(self.by_default_rules(group, verdicts, statuses));
        let next = self.group_step(group, key.code, causes.first().map(|(_, cause)| *cause), statuses, log.as_ref());
        let fields = causing_field::of(key.code, causes.first().map(|(_, cause)| *cause), cause.as_ref());
        let of_provider = causes.first().and_then(|(node, cause)| self.awaited_pod(*node, cause));
        let next = of_provider.or_else(|| next.note());
        // A log says more than a fix does.
        if log.is_some() {
            told.notes.extend(next.clone());
        }
        FindingDraft {
            code: key.code,
            severity,
            told: Some(told),
            cause,
            nodes,
            key: Some(key),
            near_misses,
            log,
            next,
            fields,
        }
    }

    /// What the default scheduler would refuse, where another one decides: mostly a variant of kube-scheduler, with the same
    /// arithmetic.
    fn by_default_rules(&self, group: &Group, verdicts: &[Verdict], statuses: &[NodeStatus]) -> Option<Note> {
        let is_of_other = |node: NodeIndex, place: Place| match place {
            Place::Reason(number) => matches!(&verdicts[node as usize].reasons[number].cause,
                Cause::Unknown(unknown) if matches!(**unknown, Unknown::OtherScheduler(_))),
            Place::PodIssue(number) => {
                matches!(statuses[node as usize].issues[number].cause, Found::OtherSchedulerReports(_))
            }
        };
        let of_other = group.members.iter().filter(|(node, place)| is_of_other(*node, *place));
        let unseen: Vec<NodeIndex> = of_other.map(|(node, _)| *node).filter(|n| !self.cluster.sees(*n)).collect();
        if !unseen.is_empty() {
            // What runs there decides the arithmetic; until it is read nothing is said of it.
            let mut questions = self.questions.borrow_mut();
            match unseen.len() > MOST_NODES {
                true => questions.ask(DataRequest::Pods),
                false => unseen
                    .iter()
                    .for_each(|node| questions.ask(DataRequest::PodsOn(self.cluster.nodes[*node as usize].name))),
            }
            return None;
        }
        // What rests on sums and on the node itself is the same however the pods were read.
        let is_of_sums = |cause: &Cause| match cause {
            Cause::Rejection(rejection) => matches!(
                rejection,
                Rejection::Insufficient { .. }
                    | Rejection::TooManyPods { .. }
                    | Rejection::UntoleratedTaint { .. }
                    | Rejection::NodeSelector { .. }
            ),
            _ => false,
        };
        let refused = |(node, place): &(NodeIndex, Place)| {
            let reasons = &verdicts[*node as usize].reasons;
            let rejection = reasons.iter().find(|reason| is_of_sums(&reason.cause))?;
            is_of_other(*node, *place).then_some((*node, &rejection.cause))
        };
        let refused: Vec<(NodeIndex, &Cause)> = group.members.iter().filter_map(refused).collect();
        let (node, cause) = *refused.first()?;
        let name = self.cluster.nodes[node as usize].name;
        let message = self.scene.tell(cause, node, &verdicts[node as usize].placement).message;
        Some(default_scheduler_rejects(name, refused.len() - 1, &message))
    }

    /// The other DaemonSets that pods of this one wait for.
    pub(super) fn chains(&self) -> Chains<'_> {
        Chains { cluster: self.cluster, index: self.index, asked: self.asked, settings: self.settings }
    }

    /// Says of a taint who removes it, by the node on which it has been the longest.
    fn taint_note(&self, causes: &[(NodeIndex, &Cause)]) -> Option<Note> {
        let of = |(node, cause): &(NodeIndex, &Cause)| {
            let (Cause::Exclusion(Exclusion::Taint { taint })
            | Cause::Rejection(Rejection::UntoleratedTaint { taint })) = cause
            else {
                return None;
            };
            Some((taint_age::of(&self.cluster.nodes[*node as usize], taint, self.settings.now), *taint))
        };
        let (age, taint) =
            causes.iter().filter_map(of).max_by_key(|(age, _)| age.map(|age| (age.is_overdue, age.seconds)))?;
        taint_note(&taint, age)
    }

    /// Says what a node that is excluded because it is NotReady reports, and which network plugin the node waits for.
    fn not_ready_notes(&self, node: NodeIndex, cause: &Cause) -> Vec<Note> {
        let node = &self.cluster.nodes[node as usize];
        let Some(not_ready) = not_ready(node, self.settings.now).filter(|_| is_not_ready(cause)) else {
            return Vec::new();
        };
        let reports = found::node_reports(node.name.as_str(), &not_ready);
        let waits = self.chains().network_of(node).map(|waits| found::waits_for(&waits));
        reports.into_iter().chain(waits).collect()
    }

    /// Returns what to run about the pod of the network plugin that a NotReady node waits for.
    fn awaited_pod(&self, node: NodeIndex, cause: &Cause) -> Option<Note> {
        let node = Some(&self.cluster.nodes[node as usize]).filter(|_| is_not_ready(cause))?;
        let WaitsFor { daemon_set, pod, .. } = self.chains().network_of(node)?;
        let (namespace, _) = daemon_set.split_once('/')?;
        next_step::describe("pod", namespace, &pod?)
    }

    /// Returns what to run about a group of nodes with one cause.
    fn group_step(
        &self,
        group: &Group,
        code: Code,
        rule: Option<&Cause>,
        statuses: &[NodeStatus],
        log: Option<&WantedLog>,
    ) -> NextStep {
        if let Some(log) = log {
            return NextStep::Logs(log.clone());
        }
        let (node, place) = group.members[0];
        let status = &statuses[node as usize];
        let issue = match place {
            Place::PodIssue(number) => Some(&status.issues[number]),
            Place::Reason(_) => None,
        };
        let own = || status.pod.map(|pod| &*self.cluster.pod(pod).name);
        let about = About {
            code,
            node: Some(self.cluster.nodes[node as usize].name.as_str()),
            pod: issue.and_then(|issue| issue.pod.as_deref()).or_else(own),
            written: self.asked.written.is_some(),
        };
        match (rule, issue) {
            (Some(rule), _) => self.scene.step_of_rule(rule, about),
            (None, Some(issue)) => self.scene.step_of_found(&issue.cause, about),
            (None, None) => self.scene.step_of_code(about),
        }
    }

    /// Adds what to run about a finding that no group of nodes stands behind.
    pub(super) fn add_step(&self, draft: &mut FindingDraft, statuses: &[NodeStatus]) {
        if draft.next.is_some() {
            return;
        }
        let node = draft.nodes.first().copied();
        let pod = node.and_then(|node| statuses[node as usize].pod).map(|pod| &*self.cluster.pod(pod).name);
        let about = About {
            code: draft.code,
            node: node.map(|node| self.cluster.nodes[node as usize].name.as_str()),
            pod,
            written: self.asked.written.is_some(),
        };
        let step = match &draft.cause {
            Some(cause) => self.scene.step_of_found(cause, about),
            None => self.scene.step_of_code(about),
        };
        // A name that a shell would read otherwise leaves the page of the code.
        draft.next = step.note().or_else(|| NextStep::Page(draft.code).note());
    }

    /// Asks for the logs of the newest of the group's pods, and returns the first of the group's logs that is known, else
    /// that of the newest pod.
    fn ask_for_logs(&self, group: &Group, statuses: &[NodeStatus]) -> Option<WantedLog> {
        let created = |node: &NodeIndex| {
            statuses[*node as usize].pod.and_then(|pod| self.cluster.pod(pod).created).unwrap_or_default()
        };
        let mut newest = self.logs_of(group, statuses);
        newest.sort_by_key(|(node, _)| Reverse(created(node)));
        newest.truncate(MAX_LOGS_OF_CAUSE);
        let mut requests = self.questions.borrow_mut();
        for (at, (_, log)) in newest.iter().enumerate() {
            // The first log of every cause comes before the second one of any.
            let rank = at * MAX_LOGGED_CAUSES + requests.logs.len().min(MAX_LOGGED_CAUSES);
            if requests.logs.len() < MAX_LOGS_OF_DAEMON_SET {
                requests.logs.push(LogRequest { rank, key: log.key() });
            }
        }
        let known = newest.iter().position(|(_, log)| self.cluster.log(&log.key()).is_some());
        newest.into_iter().nth(known.unwrap_or(0)).map(|(_, log)| log)
    }

    /// The logs of the group's pods that say more.
    fn logs_of(&self, group: &Group, statuses: &[NodeStatus]) -> Vec<(NodeIndex, WantedLog)> {
        let of = |(node, place): &(NodeIndex, Place)| {
            let Place::PodIssue(number) = place else { return None };
            let status = &statuses[*node as usize];
            let issue = &status.issues[*number];
            let log = issue.log.as_ref()?;
            let pod = match &log.pod {
                Some(name) => name.clone(),
                None => self.cluster.pod(status.pod?).name.to_string(),
            };
            let log = WantedLog {
                finding: 0,
                node: self.cluster.nodes[*node as usize].name.to_string(),
                namespace: self.asked.daemon_set.namespace.to_string(),
                pod,
                container: log.container.clone(),
                previous: log.previous,
                explained: !issue.cause.may_be_in_log(),
            };
            Some((*node, log))
        };
        group.members.iter().filter_map(of).collect()
    }

    fn issues(&self, group: &Group, statuses: &[NodeStatus]) -> Explanation {
        let shown = representative(group, statuses);
        let others = group.members.iter().copied().filter(|member| *member != shown);
        found::issues([shown].into_iter().chain(others).filter_map(|(node, place)| match place {
            Place::PodIssue(number) => Some(&statuses[node as usize].issues[number]),
            Place::Reason(_) => None,
        }))
    }

    /// Says on which architectures a container runs that fails on all nodes of one architecture, and on no other.
    fn other_architecture(&self, code: Code, arch: &str, good: &[NodeIndex]) -> Option<Note> {
        let label = Symbol::new("kubernetes.io/arch");
        let of_good = good.iter().filter_map(|node| self.cluster.nodes[*node as usize].labels.get(label));
        let well: BTreeSet<&str> = of_good.map(Symbol::as_str).collect();
        let is_likely = match code {
            Code::CRASH_LOOP => true,
            Code::ARCHITECTURE => false,
            _ => return None,
        };
        if well.is_empty() || well.contains(arch) {
            return None;
        }
        Some(shared::other_architecture(arch, &well.into_iter().collect::<Vec<_>>(), is_likely))
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
        // What a pod does may depend on its node. What the rules say of a node has its reason already.
        let is_of_pods = draft.key.is_some() && draft.cause.is_some() && compared && self.asked.written.is_none();
        let shared_facts = match is_of_pods {
            true => shared_facts::facts(self.cluster, &draft.nodes, good, self.settings.now),
            false => Vec::new(),
        };
        let arch = common.get("kubernetes.io/arch").map(String::as_str);
        let of_arch = arch.and_then(|arch| self.other_architecture(draft.code, arch, good));
        let is_said = |fact: &SharedFact| of_arch.is_some() && fact.fact == FactKind::Architecture;
        let others: Vec<SharedFact> = shared_facts.iter().filter(|fact| !is_said(fact)).cloned().collect();
        notes.extend(shared::note(&others, draft.nodes.len(), good.len()));
        notes.extend(of_arch);
        // A finding ends with what to do.
        notes.sort_by_key(Note::place);
        Finding {
            code: draft.code,
            severity: draft.severity,
            message,
            notes,
            node_count: draft.nodes.len(),
            nodes: draft.nodes.iter().map(name).collect(),
            common,
            shared_facts,
            evidence,
            location: location(self.asked, &draft.fields),
            log: None,
            fix: None,
        }
    }
}

/// Returns where in the document the fields stand that cause a finding; `None` for what is deployed.
pub(super) fn location(asked: &Subject, fields: &[FieldPath]) -> Option<Location> {
    let origin = asked.origin.as_ref()?;
    let at = origin.find(fields);
    let field = fields.first().map_or_else(|| FieldPath::new(&["metadata", "name"]).to_string(), ToString::to_string);
    Some(Location { file: origin.file.clone(), line: at.line, column: at.column, length: at.length, field })
}

/// Whether a taint of the node's condition excludes the node.
fn is_not_ready(cause: &Cause) -> bool {
    matches!(cause, Cause::Exclusion(Exclusion::Taint { taint })
        if matches!(taint_origin::origin(taint), Origin::Condition))
}

/// The member of a group by which its finding is worded: the first whose log leads to a cause, else the first.
fn representative(group: &Group, statuses: &[NodeStatus]) -> (NodeIndex, Place) {
    let has_cause = |(node, place): &&(NodeIndex, Place)| match place {
        Place::PodIssue(number) => statuses[*node as usize].issues[*number].cause.likely_cause().is_some(),
        Place::Reason(_) => false,
    };
    *group.members.iter().find(has_cause).unwrap_or(&group.members[0])
}

/// The severity of a group's finding: a near miss makes an intended exclusion a warning.
///
/// What the author chose is no mistake: nothing else raises an exclusion by a selector, an affinity or a dedicated taint.
fn raised(key: Key, near_misses: &[(NearMiss, Vec<NodeIndex>)]) -> Severity {
    if key.code.is_choice() && near_misses.iter().any(|(near, _)| near.is_mistake()) {
        key.severity.max(Severity::Warning)
    } else {
        key.severity
    }
}

/// Words a finding that has no words yet.
pub(super) fn word(draft: &mut FindingDraft) {
    if let (None, Some(cause)) = (&draft.told, &draft.cause) {
        draft.told = Some(found::explain(cause));
    }
}
