//! Causes that pods, events, statuses and answers of the API server show, in words.

use crate::explain::words::Words;
use crate::explain::{Explanation, daemonset, node, pod};
use crate::findings::cause::Cause;
use crate::findings::pod_health::PodIssue;
use crate::model::message::kubelet::Probe;
use crate::model::message::sentence;

/// A cause with its evidence, in words.
pub fn explain(cause: &Cause) -> Explanation {
    let Words { message, notes } = words(cause);
    Explanation { message, notes, evidence: cause.evidence() }
}

/// An issue of one of the node's pods, in words.
pub fn issue(issue: &PodIssue) -> Explanation {
    let mut told = explain(&issue.cause);
    if let Some(pod) = &issue.pod {
        told.message = format!("pod {pod} beside it: {}", told.message);
        told.evidence.insert("pod".to_owned(), pod.as_str().into());
    }
    told
}

/// The issues of one finding, in the words of the first.
pub fn issues<'i>(mut all: impl Iterator<Item = &'i PodIssue>) -> Explanation {
    let Some(first) = all.next() else { return Explanation::new("", serde_json::Value::Null) };
    let mut told = issue(first);
    if all.any(|other| issue(other).message != told.message) {
        told.message.push_str(" (and alike on the others)");
    }
    told
}

fn words(cause: &Cause) -> Words {
    match cause {
        Cause::PodSucceeded => Words::new("the pod has ended"),
        Cause::PodFailed(failed) => pod::failed(failed),
        Cause::NodeNotReady(node) => {
            let reason = node.reason.map_or_else(String::new, |reason| format!(" ({reason})"));
            Words::new(format!("the node is not ready{reason}, and so its pod is not"))
        }
        Cause::PodNotReady(found) => pod::not_ready(found),
        Cause::StartingLong => Words::new("the pod is on its node, its containers wait, and nothing says for what"),
        Cause::TerminatingLong(found) => pod::terminating(found),
        Cause::ContainerNotReady(found) => Words::new(format!("container {} runs but is not ready", found.container)),
        Cause::ProbeFailed(found) => {
            let state = match found.probe {
                Probe::Readiness => " is not ready",
                Probe::Liveness => "",
            };
            Words::new(format!("container {}{state}: {}", found.container, sentence(&found.message)))
        }
        Cause::ContainerWaiting(found) => pod::waiting(found),
        Cause::ContainerEnded(found) => pod::ended(found),
        Cause::SetupFailed(found) => pod::setup(found),
        Cause::VirtualNode(found) => node::virtual_node(found),
        Cause::EvictedAgain(found) => node::evicted_again(found),
        Cause::Missing => Words::new("no pod is there, although nothing stands in its way"),
        Cause::CreationDenied(found) => node::creation_denied(found),
        Cause::EarlierPodFailed(found) => node::earlier_pod(found),
        Cause::SurgeBlocked(found) => node::surge_blocked(found),
        Cause::SchedulerFailed(found) => Words::new(format!("the scheduler failed: {}", sentence(&found.message))),
        Cause::PendingUnexplained => Words::new("the pod waits for the scheduler, although nothing stands in its way"),
        Cause::SchedulerDisagrees(found) => node::disagreement(found),
        Cause::ExpectedPod(found) => {
            Words::new(format!("a healthy pod is expected, and the node's state is {}", found.state.as_str()))
        }
        Cause::ChangedPod(found) => node::changed_pod(found),
        Cause::AdmissionChange(found) => daemonset::admission_change(found),
        Cause::QuotaAdmits(found) => daemonset::quota_admits(found),
        Cause::NoNodeEligible(found) => daemonset::no_node(found),
        Cause::StatusDiffers(found) => daemonset::status_differs(found),
        Cause::Adoption(found) => daemonset::adoption(found),
        Cause::Overlap(found) => daemonset::overlap(found),
        Cause::StatusNotReady(found) => daemonset::status_not_ready(found),
        Cause::PortClash(found) => daemonset::port_clash(found),
        Cause::CapacityShort(found) => daemonset::capacity_short(found),
    }
}
