//! One DaemonSet, diagnosed: verdicts and what runs now become the report.

use crate::explain::ExplainContext;
use crate::explain::fix as words_of_fix;
use crate::explain::manager::managed_by;
use crate::explain::{not_checked, notices, policy};
use crate::findings::Subject;
use crate::findings::admission_drift;
use crate::findings::admission_probe;
use crate::findings::admission_probe::Probed;
use crate::findings::codes::Code;
use crate::findings::container_logs::WantedLog;
use crate::findings::coverage_gaps;
use crate::findings::coverage_gaps::Gap;
use crate::findings::finding_draft::FindingDraft;
use crate::findings::gap_relevance::GapRelevance;
use crate::findings::index::Index;
use crate::findings::policy::{Settings, Shown, doctor_annotations};
use crate::fix;
use crate::investigate::report_inputs::ReportInputs;
use crate::model::wire::Kind;
use crate::model::{Labels, PodSpec};
use crate::report::{DaemonSetReport, Finding, Fix, NotChecked, Note, NoteKind, Severity};
use crate::rules::{Evaluation, Verdict};
use crate::store::{Cluster, Coverage, DataRequests, NodeIndex};
use std::cell::RefCell;

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
    /// The labels of that pod.
    pub labels: Labels,
    /// What all this rests on and was not looked at yet.
    pub questions: DataRequests,
    /// Logs that say more about findings, in the order of those.
    pub logs: Vec<WantedLog>,
}

/// For so many findings of a DaemonSet a change is looked for, the worst first: each costs a few judgements of all nodes.
const MOST_FIXED: usize = 24;

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
    let (own_expect, mut ignore, wrong) = doctor_annotations(&asked.daemon_set);
    let mut told: Vec<String> = wrong.iter().map(policy::annotation).collect();
    if settings.no_exemptions && !ignore.is_empty() {
        ignore.clear();
        told.push(policy::no_exemptions());
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
    let needed = evaluation.needed_objects(&verdicts).to_vec();
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
        let work = ReportInputs {
            cluster,
            index,
            asked,
            settings,
            admission: &admission,
            expect: expect.as_ref(),
            ignore: &ignore,
            drifts: &drifts,
            scene: ExplainContext::new(cluster, &asked.daemon_set),
            questions: RefCell::default(),
        };
        let told = work.report(&verdicts, by_answer);
        questions.add(work.questions.into_inner());
        told
    };
    // A change is tried on the model, which does not hold the changes of admission.
    let is_none_eligible = report.findings.iter().any(is_none);
    let is_tried = |finding: &Finding, draft: &FindingDraft| {
        let is_asked = finding.severity > Severity::Info || settings.all_fixes;
        !answer.changed && (is_asked || is_none_eligible && !draft.near_misses.is_empty())
    };
    let mut untried = 0;
    for (number, (finding, draft)) in
        report.findings.iter_mut().zip(&drafts).filter(|(f, d)| is_tried(f, d)).enumerate()
    {
        match number < MOST_FIXED {
            true => {
                finding.fix = fix::find(cluster, asked, draft, &verdicts, &mut questions)
                    .map(|fix| managed(words_of_fix::tell(fix), asked));
                let is_computed = finding.fix.is_some();
                finding.notes.retain(|note| !(is_computed && note.kind == NoteKind::Advice));
            }
            false => untried += 1,
        }
    }
    adopt_fix(&mut report.findings);
    for (finding, draft) in report.findings.iter_mut().zip(&drafts) {
        end_with_step(finding, draft.next.as_ref(), settings.node.is_some());
    }
    let logs = drafts.iter().enumerate().filter_map(|(finding, draft)| {
        let log = draft.log.clone()?;
        Some(WantedLog { finding, ..log })
    });
    let logs = logs.collect();
    let mut gaps = coverage_gaps::gaps(cluster, asked, &admission, &needed);
    // The API server has asked them all.
    gaps.retain(|gap| probed.is_none() || !matches!(gap, Gap::AdmissionGate(_)));
    let relevance = GapRelevance::new(cluster, asked, &verdicts);
    gaps.retain(|gap| relevance.matters(gap));
    let mut not_checked: Vec<NotChecked> = gaps.iter().map(not_checked::tell).collect();
    // A running pod proves what let it run.
    let all_healthy = asked.written.is_none() && report.nodes_lacking == 0;
    not_checked.iter_mut().for_each(|n| n.may_refuse &= !all_healthy);
    let nodes = cluster.coverage(Kind::Node);
    not_checked.extend((*nodes == Coverage::NotCollected).then(|| not_checked::kind(Kind::Node, nodes)));
    not_checked.extend((held > 0).then(|| not_checked::pods_beside_own(held)));
    not_checked.extend((idle > 0).then(|| not_checked::pods_that_decide_nothing(idle)));
    not_checked.extend((untried > 0).then(|| not_checked::untried_fixes(untried, asked.daemon_set.name, MOST_FIXED)));
    let name = format!("{}/{}", asked.daemon_set.namespace, asked.daemon_set.name);
    let notices = told
        .into_iter()
        .chain(answer.notice.as_ref().map(notices::of_probe))
        .map(|notice| format!("{name}: {notice}"))
        .collect();
    Diagnosis { report, not_checked, notices, verdicts, pod: admission.spec, labels: admission.labels, questions, logs }
}

/// Whether the finding says that no node is eligible.
fn is_none(finding: &Finding) -> bool {
    [Code::NOTHING_MATCHES, Code::ALL_EXCLUDED].contains(&finding.code)
}

/// Gives the finding that no node is eligible the fix of a reason for it that helps the most nodes.
fn adopt_fix(findings: &mut [Finding]) {
    let fixes =
        findings.iter().filter(|finding| finding.code.is_exclusion()).filter_map(|finding| finding.fix.as_ref());
    let best = fixes.max_by_key(|fix| fix.nodes_fixed).cloned();
    let Some(none) = findings.iter_mut().find(|finding| is_none(finding)) else { return };
    if none.severity > Severity::Info && none.fix.is_none() {
        none.fix = best;
    }
}

/// Adds who would undo the patch. A document is changed where it is written.
fn managed(fix: Fix, asked: &Subject) -> Fix {
    let manager = asked.daemon_set.manager.filter(|_| asked.written.is_none() && fix.target == "daemonset");
    Fix { managed_by: manager.as_ref().map(managed_by), ..fix }
}

/// Adds what to run next to a finding without a fix. Nodes that the author left out need nothing, unless one was asked
/// about.
fn end_with_step(finding: &mut Finding, step: Option<&Note>, is_of_one_node: bool) {
    let is_choice = finding.severity == Severity::Info && finding.code.is_exclusion() && !is_of_one_node;
    let has_step = finding.notes.iter().any(|note| note.kind == NoteKind::Next);
    if finding.fix.is_none() && !has_step && !is_choice {
        finding.notes.extend(step.cloned());
    }
}
