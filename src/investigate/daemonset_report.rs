//! The report of one DaemonSet: verdicts and the state of its pods become findings and nodes.

use crate::explain::near_miss_on;
use crate::findings::cause::{Cause as Found, ExpectedPod};
use crate::findings::codes::Code;
use crate::findings::crash;
use crate::findings::daemonset_findings;
use crate::findings::finding_draft::FindingDraft;
use crate::findings::group::{Accepted, Grouping, Key, is_unknown, places_of};
use crate::findings::network_plugin::is_network_plugin;
use crate::findings::node_findings;
use crate::findings::node_status::{NodeStatus, statuses};
use crate::findings::pod_health::PodIssue;
use crate::findings::pod_losses;
use crate::findings::policy::{IgnoreRule, Shown};
use crate::findings::rollout_findings;
use crate::findings::rollout_progress::Progress;
use crate::investigate::report_inputs::ReportInputs;
use crate::investigate::{finding_report, linked_causes};
use crate::model::wire::Kind;
use crate::model::{Phase, Pod};
use crate::report::{DaemonSetReport, Ignored, NodeReport, Note, Severity, Starting, State};
use crate::rules::admission::QuotaAdmits;
use crate::rules::{Evaluation, Placement, Verdict};
use crate::store::{DataRequest, NodeIndex};
use crate::text::list::some;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Most findings, the worst first, whose nodes are compared with all other nodes.
const MOST_COMPARED: usize = 64;

impl ReportInputs<'_> {
    /// Whether a quota or LimitRange denies claims that are created for the pods, which another finding says.
    fn lacks_claims(&self, verdicts: &[Verdict]) -> bool {
        let desired = Evaluation::desired(verdicts) as u64;
        let is_short = |quota: QuotaAdmits| quota.short.of_claims && quota.admits < desired;
        self.admission.denied_claim.is_some() || self.admission.quota.is_some_and(is_short)
    }

    pub(super) fn report(
        &self,
        verdicts: &[Verdict],
        by_answer: Option<FindingDraft>,
    ) -> (DaemonSetReport, Vec<FindingDraft>) {
        let (cluster, daemon_set) = (self.cluster, &self.asked.daemon_set);
        let written = self.asked.written.is_some();
        let mut statuses = statuses(cluster, self.index, verdicts, self.asked, self.settings);
        if !written {
            self.ask_for_events(&statuses);
        }
        if let Some(node) =
            self.settings.node.filter(|node| cluster.node(*node).is_some_and(|node| !cluster.sees(node)))
        {
            self.questions.borrow_mut().ask(DataRequest::PodsOn(node));
        }
        node_findings::add(cluster, self.index, self.asked, self.settings, verdicts, self.drifts, &mut statuses);
        if self.lacks_claims(verdicts) {
            node_findings::leave_out_awaited_claims(&mut statuses);
        }
        pod_losses::add(cluster, self.index, self.asked, self.settings, &mut statuses);
        crash::add(cluster, self.asked, &mut statuses);
        self.questions.borrow_mut().open.extend(crash::requests(cluster, &statuses));
        self.chains().add(&mut statuses, &mut self.questions.borrow_mut());
        let grouping = Grouping {
            cluster,
            settings: self.settings,
            expect: self.expect,
            ignore: self.ignore,
            written,
            network_plugin: is_network_plugin(daemon_set),
            created: daemon_set.created,
        };
        self.remark_expected(&grouping, verdicts, &mut statuses);
        let (groups, accepted) = grouping.groups(verdicts, &statuses);
        let good: Vec<NodeIndex> = (0..verdicts.len())
            .filter(|i| match written {
                true => verdicts[*i].placement == Placement::Placed,
                false => statuses[*i].state == State::Healthy,
            })
            .map(|i| i as NodeIndex)
            .collect();
        let mut drafts: Vec<FindingDraft> = groups.iter().map(|group| self.draft(group, verdicts, &statuses)).collect();
        let near_miss = drafts.iter().flat_map(|draft| &draft.near_misses).any(|(near, _)| near.is_mistake());
        drafts.extend(daemonset_findings::findings(
            (cluster, self.index),
            self.asked,
            self.admission,
            verdicts,
            &statuses,
            self.settings,
            near_miss,
        ));
        let known_otherwise: BTreeSet<NodeIndex> = drafts
            .iter()
            .filter(|d| d.key.is_none() && d.severity > Severity::Info)
            .flat_map(|d| d.nodes.iter().copied())
            .collect();
        if self.settings.node.is_none() {
            drafts.extend(rollout_findings::findings(cluster, self.asked, verdicts, &statuses, self.settings));
        }
        drafts.extend(by_answer);
        drafts.iter_mut().for_each(finding_report::word);
        self.tell_why_none(&mut drafts);
        drafts.iter_mut().for_each(|draft| self.add_step(draft, &statuses));
        let mut ignored = ignored(accepted);
        drafts.retain(|draft| match self.accepts(draft) {
            Some(rule) => {
                ignored.push(Ignored { code: draft.code, node_count: draft.nodes.len(), by: rule.by.clone() });
                false
            }
            None => true,
        });
        linked_causes::explain_missing(&mut drafts);
        drafts.sort_by(|a, b| {
            // A rollout that cannot go on comes first, that no node is eligible before each reason for it, any other
            // consequence after its causes.
            let rank = |draft: &FindingDraft| {
                let code = draft.code;
                let is_cause = !code.is_consequence() && !draft.is_consequence();
                (draft.severity, code.is_of_stuck_rollout(), says_all(code), is_cause, draft.nodes.len())
            };
            rank(b).cmp(&rank(a)).then_with(|| (a.code, &a.nodes).cmp(&(b.code, &b.nodes)))
        });
        let name = |node: NodeIndex| cluster.nodes[node as usize].name;
        linked_causes::name_causes(&mut drafts, name);
        let by_key: HashMap<Key, (usize, Severity)> =
            drafts.iter().enumerate().filter_map(|(i, d)| Some((d.key?, (i, d.severity)))).collect();
        let compared = |number: usize| number < MOST_COMPARED;
        let findings =
            drafts.iter().enumerate().map(|(number, draft)| self.finding(draft, &good, compared(number))).collect();
        let mut tally = Tally::default();
        let (mut placements, mut states) = (BTreeMap::new(), BTreeMap::new());
        let mut nodes = Vec::new();
        for (i, (verdict, status)) in verdicts.iter().zip(&statuses).enumerate() {
            *placements.entry(verdict.placement.as_str()).or_insert(0) += 1;
            *states.entry(status.state.as_str()).or_insert(0) += 1;
            if self.settings.node.is_none_or(|asked| asked == cluster.nodes[i].name) {
                let node = i as NodeIndex;
                let is_reported = |place| grouping.group_of(node, verdict, status, place).is_some();
                tally.nodes += 1;
                if is_unknown(verdict, status) && !known_otherwise.contains(&node) {
                    tally.unknown += 1;
                }
                if grouping.lacks_expected(node, verdict, status) && places_of(verdict, status).any(is_reported) {
                    tally.expectations_failed += 1;
                }
                if grouping.is_starting(node, verdict, status) {
                    let since = grouping.since(node, status).unwrap_or(self.settings.now);
                    let age = self.settings.now.saturating_sub(since).max(0);
                    tally.starting = Some(tally.starting.take().unwrap_or_default().with(age, self.settings.grace));
                }
                tally.lacking += usize::from(!matches!(status.state, State::None | State::Healthy));
            }
            let is_plain = self.is_plain(verdict, status);
            if self.is_shown(i, is_plain) {
                let node = self.node(&grouping, i as NodeIndex, verdict, status, &by_key);
                nodes.push(NodeReport { is_plain, ..node });
            }
        }
        let progress = Progress::of(cluster, self.asked, verdicts, self.settings);
        let report = DaemonSetReport {
            namespace: daemon_set.namespace.to_string(),
            name: daemon_set.name.to_string(),
            deployed: !written,
            of_one_node: self.settings.node.is_some(),
            desired_number_scheduled: Evaluation::desired(verdicts),
            number_ready: progress.ready,
            updated_number_scheduled: progress.updated,
            outdated_pods: progress.outdated,
            placements,
            states,
            nodes,
            nodes_judged: tally.nodes.saturating_sub(tally.unknown),
            nodes_unknown: tally.unknown,
            expectations_failed: tally.expectations_failed,
            starting: tally.starting,
            nodes_lacking: tally.lacking,
            nodes_complete: cluster.coverage(Kind::Node).is_whole(),
            findings,
            ignored,
        };
        (report, drafts)
    }

    /// Requests events only if something is wrong, and only events about it.
    fn ask_for_events(&self, statuses: &[NodeStatus]) {
        /// With more unhealthy pods one list of all events costs less than one request per pod.
        const FEW: usize = 8;
        let daemon_set = &self.asked.daemon_set;
        let wrong = |status: &&NodeStatus| {
            let pod = status.pod.map(|pod| self.cluster.pod(pod));
            let runs = pod.is_some_and(|pod| pod.ready && pod.phase == Phase::Running && !pod.terminating);
            status.state != State::None && !(runs && status.issues.is_empty())
        };
        let wrong: Vec<&NodeStatus> = statuses.iter().filter(wrong).collect();
        let is_suspect =
            || statuses.iter().any(|s| pod_losses::is_suspect(self.cluster, daemon_set, s, self.settings.now));
        if wrong.is_empty() && is_suspect() {
            let mut questions = self.questions.borrow_mut();
            questions.ask(DataRequest::of_daemon_set(daemon_set));
            questions.ask(DataRequest::PodEvents(daemon_set.namespace, daemon_set.name));
        }
        if wrong.is_empty() {
            return;
        }
        // The status of a pod that is not bound, has ended or is terminating is sufficient.
        let lives = |pod: &&Pod| pod.node.is_some() && !pod.phase.has_ended() && !pod.terminating;
        let pods = wrong.iter().filter_map(|status| status.pod);
        let sick: Vec<&Pod> = pods.map(|pod| self.cluster.pod(pod)).filter(lives).collect();
        let (namespace, name) = (daemon_set.namespace, daemon_set.name.as_str());
        let mut of_daemon_set = self.index.events_of_daemon_set(namespace, name).iter();
        let replaced = of_daemon_set.any(|e| self.cluster.events[*e as usize].reason.as_str() == "FailedDaemonPod");
        let mut questions = self.questions.borrow_mut();
        questions.ask(DataRequest::NodesLeft);
        questions.ask(DataRequest::of_daemon_set(daemon_set));
        // Events of deleted pods say why they failed, and only events of the controller name these pods.
        if replaced || sick.len() > FEW {
            questions.ask(DataRequest::PodEvents(namespace, daemon_set.name));
        } else {
            for pod in sick {
                questions.ask(DataRequest::Events(namespace, "Pod".into(), pod.name.clone()));
            }
        }
    }

    /// Adds to the finding that no node is eligible what excludes them: what nearly matches with the nodes, else the reasons
    /// themselves.
    fn tell_why_none(&self, drafts: &mut [FindingDraft]) {
        /// So many reasons or near misses are told.
        const MAX_REASONS: usize = 3;
        let name = |node: &NodeIndex| self.cluster.nodes[*node as usize].name.as_str();
        let excluding: Vec<&FindingDraft> =
            drafts.iter().filter(|draft| draft.code.is_exclusion() && draft.key.is_some()).collect();
        let near = excluding.iter().flat_map(|draft| &draft.near_misses).map(|(near, nodes)| {
            let nodes: Vec<&str> = nodes.iter().map(name).collect();
            near_miss_on(near, &some(&nodes, MAX_REASONS))
        });
        let mut notes: Vec<Note> = near.take(MAX_REASONS).collect();
        if notes.is_empty() {
            let messages = excluding.iter().filter_map(|draft| draft.told.as_ref()).map(|told| told.message.clone());
            notes.extend(messages.take(MAX_REASONS).map(Note::from));
        }
        let Some(none) = drafts.iter_mut().find(|draft| says_all(draft.code)) else { return };
        none.told.get_or_insert_default().notes.append(&mut notes);
    }

    fn accepts(&self, draft: &FindingDraft) -> Option<&IgnoreRule> {
        // Findings of groups were compared with the ignore rules node by node.
        if draft.key.is_some() {
            return None;
        }
        self.ignore.iter().find(|rule| rule.accepts(draft.code, None))
    }

    /// Adds an issue to nodes that must have a healthy pod and lack one without another cause.
    fn remark_expected(&self, grouping: &Grouping<'_>, verdicts: &[Verdict], statuses: &mut [NodeStatus]) {
        if self.expect.is_none() {
            return;
        }
        for (i, (verdict, status)) in verdicts.iter().zip(statuses).enumerate() {
            let node = i as NodeIndex;
            let explained = |place| grouping.group_of(node, verdict, status, place).is_some();
            if grouping.lacks_expected(node, verdict, status) && !places_of(verdict, status).any(explained) {
                status.issues.push(PodIssue::new(Found::ExpectedPod(ExpectedPod { state: status.state })));
            }
        }
    }

    fn is_shown(&self, index: usize, is_plain: bool) -> bool {
        match (self.settings.shown, self.settings.node) {
            (Shown::None, _) => false,
            (_, Some(asked)) => self.cluster.nodes[index].name == asked,
            (shown, None) => shown == Shown::All || !is_plain,
        }
    }

    /// Whether a node is simply healthy or excluded.
    fn is_plain(&self, verdict: &Verdict, status: &NodeStatus) -> bool {
        match (&verdict.placement, status.state) {
            (Placement::Excluded, State::None) => true,
            (Placement::Placed, State::Healthy) => status.issues.is_empty(),
            (Placement::Placed, State::None) => self.asked.written.is_some(),
            _ => false,
        }
    }
}

/// Whether a finding says that no node is eligible.
fn says_all(code: Code) -> bool {
    [Code::NOTHING_MATCHES, Code::ALL_EXCLUDED].contains(&code)
}

/// Counts over the selected nodes.
#[derive(Debug, Default)]
struct Tally {
    nodes: usize,
    unknown: usize,
    expectations_failed: usize,
    starting: Option<Starting>,
    /// Nodes whose present state is not healthy.
    lacking: usize,
}

fn ignored(accepted: Vec<Accepted>) -> Vec<Ignored> {
    let mut ignored: Vec<Ignored> =
        accepted.into_iter().map(|a| Ignored { code: a.code, node_count: a.nodes, by: a.by }).collect();
    ignored.sort_by(|a, b| (a.code, &a.by).cmp(&(b.code, &b.by)));
    ignored
}
