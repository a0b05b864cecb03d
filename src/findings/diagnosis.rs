//! One DaemonSet, diagnosed: verdicts and what runs now become the report.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::explain;
use crate::explain::units::{count, some};
use crate::explain::{ExplainContext, Explanation, found};
use crate::findings::admission_drift;
use crate::findings::admission_probe;
use crate::findings::admission_probe::Probed;
use crate::findings::cause::{Cause as Found, ExpectedPod};
use crate::findings::codes::Code;
use crate::findings::container_logs::WantedLog;
use crate::findings::coverage_gaps;
use crate::findings::daemonset_findings;
use crate::findings::daemonset_findings::FindingDraft;
use crate::findings::group::{Accepted, Group, Grouping, Key, Place, is_unknown, places_of};
use crate::findings::index::Index;
use crate::findings::near_miss;
use crate::findings::near_miss::NearMiss;
use crate::findings::node_findings;
use crate::findings::node_status::{NodeStatus, statuses};
use crate::findings::pod_health::PodIssue;
use crate::findings::policy::{Expect, IGNORE_ANNOTATION, IgnoreRule, Settings, Shown, doctor_annotations};
use crate::findings::rollout_findings;
use crate::findings::shared_labels;
use crate::fix;
use crate::manifest::Language;
use crate::model::wire::Kind;
use crate::model::{DaemonSet, Phase, Pod, PodSpec, Symbol};
use crate::report::{
    DaemonSetReport, Finding, Ignored, NodeReport, NotChecked, PodReport, ReasonReport, Severity, Starting, State,
};
use crate::rules::admission::Admission;
use crate::rules::{Cause, Evaluation, Exclusion, OwnPods, Placement, Stage, Verdict};
use crate::store::{Cluster, DataRequest, DataRequests, NodeIndex};

/// The DaemonSet that is asked about.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The DaemonSet.
    pub daemon_set: DaemonSet,
    /// UID of the deployed DaemonSet of that name.
    pub deployed: Option<Symbol>,
    /// The owner of the pods that it will adopt, if it is not deployed and there are any ([`Cluster::adopt`]).
    pub adopts: Option<Symbol>,
    /// The language of the document it was written in; `None` for what is deployed.
    pub written: Option<Language>,
    /// A spec as it is written, its keys in Kubernetes' spelling; `None` for what is none.
    pub spec: Option<Arc<Value>>,
}

impl Subject {
    /// Asks about one that is deployed.
    pub fn deployed(daemon_set: DaemonSet) -> Self {
        Subject { deployed: daemon_set.uid, daemon_set, adopts: None, written: None, spec: None }
    }

    /// What becomes of the pods that it has, while it is judged.
    pub fn own_pods(&self) -> OwnPods {
        match (self.written, self.owner()) {
            (None, Some(uid)) => OwnPods::Live(uid),
            (Some(_), Some(uid)) if self.daemon_set.update.surges() => OwnPods::Kept(uid),
            (Some(_), Some(uid)) => OwnPods::Replaced(uid),
            (_, None) => OwnPods::None,
        }
    }

    /// The owner of the pods that it has, or will have once it is deployed.
    pub fn owner(&self) -> Option<Symbol> {
        self.deployed.or(self.adopts)
    }
}

/// What the diagnosis of one DaemonSet gives.
#[derive(Debug)]
pub struct Diagnosis {
    /// Its report.
    pub report: DaemonSetReport,
    /// What was not looked at.
    pub not_checked: Vec<NotChecked>,
    /// What its reader should know of the input.
    pub notices: Vec<String>,
    /// The verdicts, by which several documents are held against each other.
    pub verdicts: Vec<Verdict>,
    /// The pod as the API server makes it.
    pub pod: PodSpec,
    /// What all this rests on and was not looked at yet.
    pub questions: DataRequests,
    /// Logs that say more about findings, in the order of those.
    pub logs: Vec<WantedLog>,
}

/// For so many findings of a DaemonSet a change is looked for, the worst first: each costs a few judgements of all nodes.
const MOST_FIXED: usize = 24;

/// The nodes of so many findings, the worst first, are compared with all others.
const MOST_COMPARED: usize = 64;

/// Diagnoses one DaemonSet. The cluster is changed while fixes are tried, and is as before afterwards.
pub fn diagnose(cluster: &mut Cluster, index: &Index, asked: &Subject, settings: &Settings) -> Diagnosis {
    diagnose_with_probe(cluster, index, asked, None, settings)
}

/// The same, where the API server was asked for one pod of the template: its answer stands in the place of what the
/// rules only expect of admission.
pub fn diagnose_with_probe(
    cluster: &mut Cluster,
    index: &Index,
    asked: &Subject,
    probed: Option<&Probed>,
    settings: &Settings,
) -> Diagnosis {
    let (own_expect, mut ignore, mut notices) = doctor_annotations(&asked.daemon_set);
    if settings.no_exemptions && !ignore.is_empty() {
        ignore.clear();
        notices.push(format!("annotation {IGNORE_ANNOTATION} does not count (--no-exemptions)"));
    }
    ignore.splice(0..0, settings.ignore.iter().cloned());
    let expect = settings.expect.clone().or(own_expect);
    let own_pods = asked.own_pods();
    let mut admission = Evaluation::admit(cluster, &asked.daemon_set, own_pods);
    let expected = match probed {
        Some(Probed::Made(_)) => Evaluation::new(cluster, &asked.daemon_set, &admission, own_pods).all(),
        _ => Vec::new(),
    };
    let answer =
        probed.map(|probed| admission_probe::apply(probed, &mut admission, cluster.rules())).unwrap_or_default();
    let evaluation = Evaluation::new(cluster, &asked.daemon_set, &admission, own_pods);
    let mut verdicts = evaluation.all();
    let mut questions = evaluation.questions(&verdicts);
    questions.keep.owners.extend(asked.deployed);
    if settings.shown == Shown::All && settings.node.is_none() {
        questions.open.extend(evaluation.questions_of_idle(&verdicts).open);
    }
    let (held, idle) = evaluation.spared(&verdicts);
    let other: Vec<NodeIndex> = expected
        .iter()
        .zip(&verdicts)
        .enumerate()
        .filter(|(_, (before, after))| admission_drift::is_other(before, after))
        .map(|(node, _)| node as NodeIndex)
        .collect();
    let by_answer = admission_probe::finding(&answer.differences, !other.is_empty()).map(|draft| draft.on(other));
    let drifts = admission_drift::judge(cluster, asked, &admission, &mut verdicts, &mut questions);
    let (mut report, drafts) = {
        let work = Work {
            cluster,
            index,
            asked,
            settings,
            admission: &admission,
            expect: expect.as_ref(),
            ignore: &ignore,
            drifts: &drifts,
            scene: ExplainContext { cluster, daemon_set: &asked.daemon_set, version: cluster.rules() },
            questions: RefCell::default(),
        };
        let told = work.report(&verdicts, by_answer);
        questions.add(work.questions.into_inner());
        told
    };
    // A change is tried on the facts, which do not hold what the server makes of the pod.
    let is_tried = |finding: &Finding| !answer.changed && (finding.severity > Severity::Info || settings.all_fixes);
    let mut untried = 0;
    for (number, (finding, draft)) in report.findings.iter_mut().zip(&drafts).filter(|(f, _)| is_tried(f)).enumerate() {
        match number < MOST_FIXED {
            true => finding.fix = fix::find(cluster, asked, draft, &verdicts, &mut questions),
            false => untried += 1,
        }
    }
    let logs = drafts.iter().enumerate().filter_map(|(finding, draft)| {
        let log = draft.log.clone()?;
        Some(WantedLog { finding, ..log })
    });
    let logs = logs.collect();
    let mut not_checked = coverage_gaps::not_checked(cluster, asked, &admission);
    // A pod that runs proves what let it run.
    let all_healthy = asked.written.is_none() && report.nodes_lacking == 0;
    not_checked.iter_mut().for_each(|n| n.may_refuse &= !all_healthy);
    not_checked.extend(spared(held, "the DaemonSet's own pod holds the room that a new one needs"));
    not_checked.extend(spared(idle, "they do not change the verdict there; --all-pods lists what else is in the way"));
    not_checked.extend((untried > 0).then(|| NotChecked {
        may_refuse: false,
        what: format!("changes for {} of {}", count(untried, "more finding"), asked.daemon_set.name),
        why: format!("the worst {MOST_FIXED} of a DaemonSet are tried to be mended"),
    }));
    let name = format!("{}/{}", asked.daemon_set.namespace, asked.daemon_set.name);
    let notices = notices.into_iter().chain(answer.notice).map(|notice| format!("{name}: {notice}")).collect();
    Diagnosis { report, not_checked, notices, verdicts, pod: admission.spec, questions, logs }
}

/// Nodes whose pods need not be looked at.
fn spared(nodes: usize, why: &str) -> Option<NotChecked> {
    (nodes > 0).then(|| NotChecked {
        what: format!("other pods on {}", count(nodes, "node")),
        why: why.to_owned(),
        may_refuse: false,
    })
}

struct Work<'a> {
    cluster: &'a Cluster,
    index: &'a Index,
    asked: &'a Subject,
    settings: &'a Settings,
    admission: &'a Admission,
    expect: Option<&'a Expect>,
    ignore: &'a [IgnoreRule],
    drifts: &'a [admission_drift::PodDrift],
    scene: ExplainContext<'a>,
    questions: RefCell<DataRequests>,
}

impl Work<'_> {
    fn report(&self, verdicts: &[Verdict], by_answer: Option<FindingDraft>) -> (DaemonSetReport, Vec<FindingDraft>) {
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
        let near_miss = drafts.iter().any(|draft| !draft.near_misses.is_empty());
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
        let mut ignored = ignored(accepted);
        drafts.retain(|draft| match self.accepts(draft) {
            Some(rule) => {
                ignored.push(Ignored { code: draft.code, node_count: draft.nodes.len(), by: rule.by.clone() });
                false
            }
            None => true,
        });
        drafts.sort_by(|a, b| {
            (b.severity, b.nodes.len())
                .cmp(&(a.severity, a.nodes.len()))
                .then_with(|| (a.code, &a.nodes).cmp(&(b.code, &b.nodes)))
        });
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
            if self.is_shown(i, verdict, status) {
                nodes.push(self.node(&grouping, i as NodeIndex, verdict, status, &by_key));
            }
        }
        let report = DaemonSetReport {
            namespace: daemon_set.namespace.to_string(),
            name: daemon_set.name.to_string(),
            deployed: !written,
            desired_number_scheduled: Evaluation::desired(verdicts),
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

    /// Events are of use only where something is wrong, and only those about it.
    fn ask_for_events(&self, statuses: &[NodeStatus]) {
        /// With more pods in trouble one list of them all costs less than asking after each.
        const FEW: usize = 8;
        let daemon_set = &self.asked.daemon_set;
        let wrong = |status: &&NodeStatus| {
            let pod = status.pod.map(|pod| self.cluster.pod(pod));
            let runs = pod.is_some_and(|pod| pod.ready && pod.phase == Phase::Running && !pod.terminating);
            status.state != State::None && !(runs && status.issues.is_empty())
        };
        let wrong: Vec<&NodeStatus> = statuses.iter().filter(wrong).collect();
        if wrong.is_empty() {
            return;
        }
        // Of one that waits for its node, has ended or is ending, its status tells all.
        let lives = |pod: &&Pod| pod.node.is_some() && !pod.phase.has_ended() && !pod.terminating;
        let pods = wrong.iter().filter_map(|status| status.pod);
        let sick: Vec<&Pod> = pods.map(|pod| self.cluster.pod(pod)).filter(lives).collect();
        let (namespace, name) = (daemon_set.namespace, daemon_set.name.as_str());
        let mut of_daemon_set = self.index.events_of_daemon_set(namespace, name).iter();
        let replaced = of_daemon_set.any(|e| self.cluster.events[*e as usize].reason.as_str() == "FailedDaemonPod");
        let mut questions = self.questions.borrow_mut();
        questions.ask(DataRequest::NodesLeft);
        questions.ask(DataRequest::of_daemon_set(daemon_set));
        // Pods that are gone have told why, and only the controller tells their names.
        if replaced || sick.len() > FEW {
            questions.ask(DataRequest::PodEvents(namespace, daemon_set.name));
        } else {
            for pod in sick {
                questions.ask(DataRequest::Events(namespace, "Pod".into(), pod.name.clone()));
            }
        }
    }

    fn accepts(&self, draft: &FindingDraft) -> Option<&IgnoreRule> {
        // Those of groups were held against the rules node by node.
        if draft.key.is_some() {
            return None;
        }
        self.ignore.iter().find(|rule| rule.accepts(draft.code, None))
    }

    /// Nodes that must have a healthy pod, and of which nothing else says why they have none.
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

    fn is_shown(&self, index: usize, verdict: &Verdict, status: &NodeStatus) -> bool {
        if self.settings.shown == Shown::None {
            return false;
        }
        if let Some(asked) = self.settings.node {
            return self.cluster.nodes[index].name == asked;
        }
        let plain = match (&verdict.placement, status.state) {
            (Placement::Excluded, State::None) => true,
            (Placement::Placed, State::Healthy) => status.issues.is_empty(),
            (Placement::Placed, State::None) => self.asked.written.is_some(),
            _ => false,
        };
        self.settings.shown == Shown::All || !plain
    }

    fn draft(&self, group: &Group, verdicts: &[Verdict], statuses: &[NodeStatus]) -> FindingDraft {
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
        let mut draft = FindingDraft { code: key.code, severity, told, cause, nodes, key: Some(key), near_misses, log };
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

    fn preempting<'v>(&self, verdicts: impl Iterator<Item = &'v Verdict>) -> Explanation {
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
    fn finding(&self, draft: &FindingDraft, good: &[NodeIndex], compared: bool) -> Finding {
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
        let mut notes = draft.told.notes.clone();
        let arch = common.get("kubernetes.io/arch").filter(|_| draft.code == Code::CRASH_LOOP && !good.is_empty());
        notes.extend(
            arch.map(|arch| format!("it is so on {arch} alone: the image may be for another architecture").into()),
        );
        Finding {
            code: draft.code,
            severity: draft.severity,
            message: draft.told.message.clone(),
            notes,
            node_count: draft.nodes.len(),
            nodes: draft.nodes.iter().map(name).collect(),
            common,
            evidence: draft.told.evidence.clone(),
            log: None,
            fix: None,
        }
    }

    fn node(
        &self,
        grouping: &Grouping<'_>,
        index: NodeIndex,
        verdict: &Verdict,
        status: &NodeStatus,
        by_key: &HashMap<Key, (usize, Severity)>,
    ) -> NodeReport {
        let belongs =
            |place| grouping.group_of(index, verdict, status, place).and_then(|key| by_key.get(&key)).copied();
        let mut reasons: Vec<(Stage, ReasonReport)> = Vec::new();
        for (number, reason) in verdict.reasons.iter().enumerate() {
            let told = self.scene.tell(&reason.cause, index);
            let (plugin, text) = match &reason.cause {
                Cause::Rejection(rejection) => {
                    (Some(rejection.plugin().as_str()), Some(rejection.status_text(self.scene.version).into_owned()))
                }
                Cause::Gate(_) => (Some("SchedulingGates"), None),
                _ => (None, None),
            };
            let finding = belongs(Place::Reason(number));
            let message = told.line();
            let mut evidence = told.evidence;
            if let Placement::Contended { min_pods, most, candidates } = verdict.placement {
                contended(&mut evidence, min_pods, most, candidates);
            }
            let stage = reason.cause.stage();
            reasons.push((
                stage,
                ReasonReport {
                    code: explain::code(&reason.cause),
                    severity: finding.map_or(Severity::Info, |(_, severity)| severity),
                    stage: stage.as_str(),
                    plugin,
                    reason: text,
                    reported_by_scheduler: reason.reported_by_scheduler,
                    message,
                    evidence,
                    log: None,
                    finding: finding.map(|(finding, _)| finding),
                },
            ));
        }
        let mut evidence = Map::new();
        match &verdict.placement {
            Placement::Preempting { victims } => {
                let names: Vec<String> = victims.iter().map(|pod| self.scene.pod_name(*pod)).collect();
                evidence.insert("victims".into(), json!(names));
                let told = self.preempting(std::iter::once(verdict));
                let finding = reasons.iter().find_map(|(_, reason)| reason.finding);
                reasons.push((
                    Stage::Scheduler,
                    own_reason(Code::PREEMPTING, Stage::Scheduler, told, finding, Severity::Warning),
                ));
            }
            Placement::Contended { min_pods, most, candidates } => {
                contended(&mut evidence, *min_pods, *most, *candidates)
            }
            _ => {}
        }
        for (number, issue) in status.issues.iter().enumerate() {
            let finding = belongs(Place::PodIssue(number));
            let severity = finding.map_or(Severity::Info, |(_, severity)| severity);
            let (code, stage) = (issue.cause.code(), issue.cause.stage());
            let reason = own_reason(code, stage, found::issue(issue), finding.map(|(f, _)| f), severity);
            reasons.push((stage, reason));
        }
        reasons.sort_by_key(|(stage, _)| *stage);
        NodeReport {
            name: self.cluster.nodes[index as usize].name.to_string(),
            placement: verdict.placement.as_str(),
            state: status.state,
            pod: status.pod.map(|pod| pod_report(self.cluster.pod(pod))),
            reasons: reasons.into_iter().map(|(_, reason)| reason).collect(),
            evidence,
        }
    }
}

/// What is counted over the nodes that are asked about.
#[derive(Debug, Default)]
struct Tally {
    nodes: usize,
    unknown: usize,
    expectations_failed: usize,
    starting: Option<Starting>,
    /// Nodes whose present state is not healthy.
    lacking: usize,
}

/// How many of the nodes that compete get a pod; `slotsAtMost` where more may than surely do.
fn contended(evidence: &mut Map<String, serde_json::Value>, min_pods: u32, most: u32, candidates: u32) {
    evidence.insert("minPods".into(), min_pods.into());
    evidence.insert("maxPods".into(), most.into());
    evidence.insert("candidates".into(), candidates.into());
}

fn own_reason(code: Code, stage: Stage, told: Explanation, finding: Option<usize>, severity: Severity) -> ReasonReport {
    ReasonReport {
        code,
        severity,
        stage: stage.as_str(),
        plugin: None,
        reason: None,
        reported_by_scheduler: false,
        message: told.line(),
        evidence: told.evidence,
        log: None,
        finding,
    }
}

fn pod_report(pod: &Pod) -> PodReport {
    let since = pod.created.and_then(|at| jiff::Timestamp::from_second(at).ok()).map(|at| at.to_string());
    PodReport {
        name: pod.name.to_string(),
        phase: pod.phase.as_str(),
        ready: pod.ready,
        revision: pod.revision().map(|revision| revision.to_string()),
        since,
    }
}

fn ignored(accepted: Vec<Accepted>) -> Vec<Ignored> {
    let mut ignored: Vec<Ignored> =
        accepted.into_iter().map(|a| Ignored { code: a.code, node_count: a.nodes, by: a.by }).collect();
    ignored.sort_by(|a, b| (a.code, &a.by).cmp(&(b.code, &b.by)));
    ignored
}

/// Whether the DaemonSet looks like a network plugin: on the host's network, and called as one.
fn is_network_plugin(daemon_set: &DaemonSet) -> bool {
    const NAMES: &[&str] = &[
        "antrea-agent",
        "aws-node",
        "azure-cni",
        "calico-node",
        "canal",
        "cilium",
        "flannel",
        "kindnet",
        "kube-ovn",
        "kube-router",
        "multus",
        "ovnkube",
        "ovs-cni",
        "romana",
        "weave-net",
    ];
    let name = daemon_set.name.as_str();
    daemon_set.template.spec.host_network && NAMES.iter().any(|known| name.contains(known))
}
