//! What the report says of one node.

use crate::explain::{Explanation, found};
use crate::findings::codes::Code;
use crate::findings::group::{Grouping, Key, Place};
use crate::findings::node_status::NodeStatus;
use crate::findings::rule_code;
use crate::investigate::report_inputs::ReportInputs;
use crate::model::Pod;
use crate::report::{NodeReport, PlacementEvidence, PodReport, ReasonReport, Severity};
use crate::rules::{Cause, Placement, Stage, Verdict};
use crate::store::NodeIndex;
use std::collections::HashMap;

impl ReportInputs<'_> {
    pub(super) fn node(
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
            let told = self.scene.tell(&reason.cause, index, &verdict.placement);
            let (plugin, text) = match &reason.cause {
                Cause::Rejection(rejection) => {
                    (Some(rejection.plugin().as_str()), Some(rejection.status_text(self.scene.version).into_owned()))
                }
                Cause::Gate(_) => (Some("SchedulingGates"), None),
                _ => (None, None),
            };
            let finding = belongs(Place::Reason(number));
            let message = told.line();
            let stage = reason.cause.stage();
            reasons.push((
                stage,
                ReasonReport {
                    code: rule_code::code(&reason.cause),
                    severity: finding.map_or(Severity::Info, |(_, severity)| severity),
                    stage: stage.as_str(),
                    plugin,
                    reason: text,
                    reported_by_scheduler: reason.reported_by_scheduler,
                    message,
                    evidence: told.evidence,
                    log: None,
                    finding: finding.map(|(finding, _)| finding),
                },
            ));
        }
        if let Placement::Preempting { .. } = verdict.placement {
            let told = self.scene.preempting(std::iter::once(verdict));
            let finding = reasons.iter().find_map(|(_, reason)| reason.finding);
            reasons.push((
                Stage::Scheduler,
                own_reason(Code::PREEMPTING, Stage::Scheduler, told, finding, Severity::Warning),
            ));
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
            evidence: self.placement_evidence(&verdict.placement),
            is_plain: false,
        }
    }

    /// Returns what a placement rests on besides its reasons.
    fn placement_evidence(&self, placement: &Placement) -> PlacementEvidence {
        match placement {
            Placement::Preempting { victims } => PlacementEvidence {
                victims: victims.iter().map(|pod| self.scene.pod_name(*pod)).collect(),
                ..Default::default()
            },
            Placement::Contended { min_pods, most, candidates } => PlacementEvidence {
                min_pods: Some(*min_pods),
                max_pods: Some(*most),
                candidates: Some(*candidates),
                ..Default::default()
            },
            _ => PlacementEvidence::default(),
        }
    }
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
