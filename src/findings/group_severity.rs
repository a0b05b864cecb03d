//! How bad a reason is on a node, and which group the node then belongs to.

use crate::findings::cause::Cause as Found;
use crate::findings::codes::Code;
use crate::findings::group::{CauseKey, Grouping, Key, decides, is_answered, is_unknown};
use crate::findings::node_status::NodeStatus;
use crate::findings::pod_health::PodIssue;
use crate::findings::rule_code;
use crate::findings::taint_age;
use crate::findings::taint_origin;
use crate::findings::taint_origin::Origin;
use crate::model::{Node, Symbol};
use crate::report::{Severity, State};
use crate::rules::{Cause, Exclusion, ObjectUser, Placement, Stage, StartObstacle, Verdict};
use crate::store::NodeIndex;

impl Grouping<'_> {
    pub(super) fn trouble_key(
        &self,
        node: NodeIndex,
        verdict: &Verdict,
        status: &NodeStatus,
        issue: &PodIssue,
    ) -> Option<Key> {
        let excluded = verdict.placement == Placement::Excluded;
        let new = self.is_new(node, status);
        let severity = match &issue.cause {
            // The taint that comes with it says so already.
            Found::NodeNotReady(_) | Found::NodeRunsNoPods(_) if excluded => return None,
            // A node that has just joined becomes ready.
            Found::NodeRunsNoPods(_) if self.is_within_grace(self.cluster.nodes[node as usize].created) => return None,
            Found::ExpectedPod(_) if is_unknown(verdict, status) => Severity::Warning,
            Found::ExpectedPod(_) => Severity::Error,
            cause => match cause.severity() {
                Some(severity) => severity,
                None if new && !issue.lasting => return None,
                None if excluded => Severity::Warning,
                None => Severity::Error,
            },
        };
        let about = [Symbol::new(&issue.cause.subject()).id(), 0, 0];
        let code = issue.cause.code();
        Some(Key { code, severity, cause: CauseKey { code, about } })
    }

    pub(super) fn reason_key(
        &self,
        node: NodeIndex,
        verdict: &Verdict,
        status: &NodeStatus,
        cause: &Cause,
    ) -> Option<Key> {
        if !decides(verdict, cause) {
            return None;
        }
        // A pod speaks for itself where the source holds no Node object; the report says once that nodes were not checked.
        let is_bound = || status.pod.is_some_and(|pod| self.cluster.pod(pod).node.is_some());
        if self.cluster.nodes[node as usize].unlisted && is_bound() {
            return None;
        }
        let starts = || self.is_new(node, status) && self.waiting(node).can_fix(cause);
        let code = rule_code::code(cause);
        let key = |code: Code, severity: Severity| Key { code, severity, cause: CauseKey::of(cause) };
        let running = matches!(status.state, State::Healthy | State::Stranded);
        Some(match &verdict.placement {
            Placement::Excluded => self.exclusion_key(node, verdict, status, cause, key),
            Placement::Denied | Placement::Unschedulable if running && !self.written => {
                key(Code::STRANDED, Severity::Warning)
            }
            Placement::Denied | Placement::Unschedulable if starts() => return None,
            Placement::Denied | Placement::Unschedulable => key(code, Severity::Error),
            // What the other scheduler says itself says it better.
            Placement::Unknown if is_answered(status) => return None,
            // The node has a pod; the victims of a new pod are reported on the node.
            Placement::Preempting { .. } if running || !self.written && self.is_bound(status) => return None,
            Placement::Preempting { .. } => {
                let cause = CauseKey { code: Code::PREEMPTING, about: [0; 3] };
                Key { code: Code::PREEMPTING, severity: Severity::Warning, cause }
            }
            // What became of the last pod says it better.
            Placement::Rejected if status.issues.iter().any(|issue| issue.cause.code() == code) => return None,
            Placement::Rejected if running => key(code, Severity::Info),
            Placement::Rejected if starts() => return None,
            Placement::Rejected => key(code, Severity::Error),
            // A pod whose containers have started had all of it; the next one may not.
            Placement::Blocked if !self.written && (running || self.has_started(status)) => key(code, Severity::Info),
            Placement::Blocked if status.issues.iter().any(|issue| issue.cause.code() == code) => return None,
            Placement::Blocked if starts() => return None,
            // An image that anybody may pull needs no Secret.
            Placement::Blocked if is_pull_secret(cause) => key(code, Severity::Warning),
            Placement::Blocked => key(code, Severity::Error),
            _ if running => key(code, Severity::Info),
            _ => key(code, Severity::Warning),
        })
    }

    fn exclusion_key(
        &self,
        node: NodeIndex,
        verdict: &Verdict,
        status: &NodeStatus,
        cause: &Cause,
        key: impl Fn(Code, Severity) -> Key,
    ) -> Key {
        let found = &self.cluster.nodes[node as usize];
        let new = self.is_within_grace(found.created);
        let origin = match cause {
            Cause::Exclusion(Exclusion::Taint { taint }) => Some(taint_origin::origin(taint)),
            _ => None,
        };
        let code = rule_code::code(cause);
        let passes = origin.is_some_and(Origin::passes);
        match status.state {
            // What the rollout of the document takes away for good; a passing taint gives the pod back.
            _ if self.written && !passes && self.has_running_pod(status) => key(Code::STRANDED, Severity::Warning),
            State::Misscheduled => key(Code::MISSCHEDULED, Severity::Warning),
            State::Stranded if origin == Some(Origin::Autoscaler) => key(Code::AUTOSCALER_STRANDED, Severity::Warning),
            // A condition passes, and the pod is still there then.
            State::Stranded if !passes => key(Code::STRANDED, Severity::Warning),
            _ if self.network_plugin && is_not_ready(cause) && is_only_exclusion(verdict) => {
                key(Code::NETWORK_DEADLOCK, if new { Severity::Info } else { Severity::Error })
            }
            // The node is being removed as planned.
            _ if origin == Some(Origin::Autoscaler) && self.is_leaving(found, cause) => key(code, Severity::Info),
            _ if passes && !new && is_otherwise_eligible(verdict) => key(code, Severity::Warning),
            _ => key(code, Severity::Info),
        }
    }

    /// Whether the taint that excludes the node has stood there for no longer than its removal takes.
    fn is_leaving(&self, node: &Node, cause: &Cause) -> bool {
        let Cause::Exclusion(Exclusion::Taint { taint }) = cause else { return false };
        taint_age::of(node, taint, self.settings.now).is_some_and(|age| !age.is_overdue)
    }

    /// Whether a pod of the DaemonSet has the node already, however it does there.
    fn is_bound(&self, status: &NodeStatus) -> bool {
        let pod = status.pod.map(|pod| self.cluster.pod(pod));
        pod.is_some_and(|pod| pod.counts_on().is_some() && !pod.terminating)
    }

    /// Whether a container of the node's pod has started, now or before.
    fn has_started(&self, status: &NodeStatus) -> bool {
        let detail = status.pod.and_then(|pod| self.cluster.pod(pod).detail.as_ref());
        detail.is_some_and(|detail| detail.has_started())
    }

    /// Whether a pod of the DaemonSet runs on the node now, or is about to.
    fn has_running_pod(&self, status: &NodeStatus) -> bool {
        let pod = status.pod.map(|pod| self.cluster.pod(pod));
        pod.is_some_and(|pod| pod.counts_on().is_some() && !pod.terminating && !pod.phase.has_ended())
    }
}

fn is_pull_secret(cause: &Cause) -> bool {
    matches!(cause, Cause::Start(StartObstacle::ObjectMissing { user: ObjectUser::ImagePull, .. }))
}

fn is_not_ready(cause: &Cause) -> bool {
    matches!(cause, Cause::Exclusion(Exclusion::Taint { taint }) if taint.key.as_str() == "node.kubernetes.io/not-ready")
}

/// Whether only taints of the node's state exclude it, which pass.
fn is_otherwise_eligible(verdict: &Verdict) -> bool {
    verdict.reasons.iter().filter(|r| r.cause.stage() == Stage::Controller).all(|reason| match &reason.cause {
        Cause::Exclusion(Exclusion::Taint { taint }) => taint_origin::origin(taint).passes(),
        _ => false,
    })
}

fn is_only_exclusion(verdict: &Verdict) -> bool {
    verdict.reasons.iter().filter(|r| r.cause.stage() == Stage::Controller).all(|r| is_not_ready(&r.cause))
}
