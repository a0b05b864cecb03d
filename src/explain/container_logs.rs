//! Adds log lines of failed containers to a report, and what known phrases in these logs mean.

use std::collections::BTreeSet;

use crate::findings::codes::Code;
use crate::findings::container_logs::WantedLog;
use crate::model::message::runtime::{LogPhrase, StartFailure};
use crate::model::{ContainerLog, LogAnswer};
use crate::report::{DaemonSetReport, LogReport, NotChecked, Note, NoteKind};
use crate::store::Cluster;

/// Most characters kept of a log line.
const LONGEST: usize = 400;

/// What a phrase in the log of a container means.
fn words(phrase: LogPhrase) -> &'static str {
    match phrase {
        LogPhrase::Architecture => "the log shows that the program is built for another architecture than the node",
        LogPhrase::AccessDenied => {
            "the log shows a denied access: check securityContext (runAsUser, capabilities, readOnlyRootFilesystem) and \
             the owner of the files"
        }
        LogPhrase::DiskFull => "the log shows that the disk is full",
        LogPhrase::PortInUse => "the log shows that another process on the node or in the pod uses the port",
    }
}

/// Adds the meaning of known phrases in a log to the report, and the last `shown` lines, each bounded.
pub fn put(report: &mut DaemonSetReport, wanted: &WantedLog, found: &ContainerLog, shown: usize) {
    let text = found.lines.join("\n").to_lowercase();
    let meaning = LogPhrase::of(&text);
    let last = &found.lines[found.lines.len().saturating_sub(shown)..];
    let log = (shown > 0).then(|| LogReport {
        namespace: wanted.namespace.clone(),
        pod: wanted.pod.clone(),
        container: wanted.container.clone(),
        previous: found.previous,
        lines: last.iter().map(|line| bounded(line)).collect(),
    });
    let reasons = report.nodes.iter_mut().filter(|node| node.name == wanted.node).flat_map(|node| &mut node.reasons);
    for reason in reasons.filter(|reason| reason.finding == Some(wanted.finding)) {
        reason.log.clone_from(&log);
    }
    // Only the log shows that the kernel rejects a program of another architecture.
    if StartFailure::of(&text) == StartFailure::Architecture {
        let reasons = report.nodes.iter_mut().flat_map(|node| &mut node.reasons);
        let codes = reasons.filter(|r| r.finding == Some(wanted.finding)).map(|reason| &mut reason.code);
        let of_finding = report.findings.get_mut(wanted.finding).map(|finding| &mut finding.code);
        codes.chain(of_finding).filter(|code| **code == Code::CRASH_LOOP).for_each(|code| *code = Code::ARCHITECTURE);
    }
    if let Some(finding) = report.findings.get_mut(wanted.finding) {
        // A field that the log leads to says more than a known phrase.
        let meaning = meaning.filter(|_| !finding.evidence.contains_key("likelyCause"));
        finding.notes.extend(meaning.map(|phrase| Note::new(NoteKind::Cause, words(phrase))));
        // A finding ends with what to do.
        finding.notes.sort_by_key(Note::place);
        finding.log = log;
    }
}

/// Adds every log that is known to the report. Returns what could not be read.
pub fn put_all(
    report: &mut DaemonSetReport,
    wanted: &[WantedLog],
    cluster: &Cluster,
    shown: usize,
) -> BTreeSet<NotChecked> {
    let mut not_checked = BTreeSet::new();
    for wanted in wanted {
        if let Some(log) = cluster.log(&wanted.key()) {
            put(report, wanted, log, shown);
            continue;
        }
        let (what, why) = match cluster.logs.get(&wanted.key()) {
            Some(LogAnswer::Forbidden) => {
                let what = format!("pods/log in namespace {}", wanted.namespace);
                (what, "forbidden: needs `get` on `pods/log`".to_owned())
            }
            Some(LogAnswer::Failed(why)) if shown > 0 => {
                let WantedLog { namespace, pod, container, .. } = wanted;
                (format!("the log of {namespace}/{pod}, container {container}"), why.clone())
            }
            Some(_) => continue,
            // A saved cluster has few logs. They matter to whoever asked to see them, and where they could hold the cause.
            None if shown > 0 || !wanted.explained => {
                ("log lines of failed containers".to_owned(), "none in the source".to_owned())
            }
            None => continue,
        };
        not_checked.insert(NotChecked { what, why, may_refuse: false });
    }
    not_checked
}

fn bounded(line: &str) -> String {
    match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::report::{Finding, NodeReport, ReasonReport, Severity, State};

    fn report() -> DaemonSetReport {
        let reason = ReasonReport {
            code: Code::CRASH_LOOP,
            severity: Severity::Error,
            stage: "container",
            plugin: None,
            reason: None,
            reported_by_scheduler: false,
            message: String::new(),
            evidence: Default::default(),
            log: None,
            finding: Some(0),
        };
        let node = |name: &str| NodeReport {
            name: name.to_owned(),
            placement: "placed",
            state: State::Unhealthy,
            pod: None,
            reasons: vec![reason.clone()],
            evidence: Default::default(),
            is_plain: false,
        };
        let finding = Finding {
            code: Code::CRASH_LOOP,
            severity: Severity::Error,
            message: String::new(),
            notes: Vec::new(),
            node_count: 2,
            nodes: vec!["n1".into(), "n2".into()],
            common: Default::default(),
            shared_facts: Vec::new(),
            evidence: Default::default(),
            location: None,
            log: None,
            fix: None,
        };
        DaemonSetReport {
            namespace: "a".into(),
            name: "agent".into(),
            deployed: true,
            of_one_node: false,
            desired_number_scheduled: 2,
            number_ready: Some(0),
            updated_number_scheduled: None,
            outdated_pods: 0,
            placements: Default::default(),
            states: Default::default(),
            nodes: vec![node("n1"), node("n2")],
            nodes_judged: 2,
            nodes_unknown: 0,
            expectations_failed: 0,
            starting: None,
            nodes_lacking: 2,
            nodes_complete: true,
            findings: vec![finding],
            ignored: Vec::new(),
        }
    }

    fn with_lines(lines: &[&str]) -> DaemonSetReport {
        let wanted = WantedLog {
            finding: 0,
            node: "n1".into(),
            namespace: "a".into(),
            pod: "agent-1".into(),
            container: "c".into(),
            previous: true,
            explained: false,
        };
        let mut report = report();
        put(&mut report, &wanted, &ContainerLog::of_last(lines.iter().copied(), true), 3);
        report
    }

    #[test]
    fn lines_stand_with_their_finding_and_their_node() {
        let long = "x".repeat(1000);
        let report = with_lines(&["open /data: Permission denied", &long]);
        let log = report.findings[0].log.as_ref().expect("it was put there");
        assert_eq!((log.lines.len(), log.lines[1].chars().count()), (2, LONGEST + 1));
        assert_eq!(report.nodes[0].reasons[0].log.as_ref(), Some(log));
        assert_eq!(report.nodes[1].reasons[0].log, None, "no log of this node was read");
        assert!(report.findings[0].notes[0].text.contains("securityContext"), "{:?}", report.findings[0].notes);
        assert_eq!(json!(log)["lines"][0], "open /data: Permission denied");
    }

    #[test]
    fn a_foreign_program_is_known_by_its_log() {
        let report = with_lines(&["exec /agent: exec format error"]);
        let codes = report.nodes.iter().map(|node| node.reasons[0].code).chain([report.findings[0].code]);
        assert!(codes.into_iter().all(|code| code == Code::ARCHITECTURE));
    }
}
