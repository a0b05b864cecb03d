//! Words the causes that pods, events, statuses and answers of the API server show, and says which command belongs to each.

use crate::explain::next_step::{NextStep, Object};
use crate::explain::scheduler::SIMILAR;
use crate::explain::steps::{About, scc_for};
use crate::explain::units::duration;
use crate::explain::words::Words;
use crate::explain::{ExplainContext, Explanation, chain, daemonset, node, pod, rollout};
use crate::findings::cause::{Cause, NodeNotReady};
use crate::findings::pod_health::PodIssue;
use crate::findings::waits_for::{ProviderState, WaitsFor};
use crate::model::message::admission::Denial;
use crate::model::message::probe::Probe;
use crate::model::message::sentence;
use crate::report::Note;

/// Words a cause and adds its evidence.
pub fn explain(cause: &Cause) -> Explanation {
    words(cause).with(cause.evidence())
}

/// Words an issue of one of the pods of a node.
pub fn issue(issue: &PodIssue) -> Explanation {
    let mut told = explain(&issue.cause);
    if let Some(waits) = &issue.waits_for {
        told.notes.push(waits_for(waits));
        told.evidence.insert("waitsFor".to_owned(), serde_json::json!(waits));
    }
    if let Some(pod) = &issue.pod {
        told.message = format!("second pod {pod} on this node: {}", told.message);
        told.evidence.insert("pod".to_owned(), pod.as_str().into());
    }
    told
}

/// Names the DaemonSet that sets up what is waited for, and what is wrong with its pod.
pub fn waits_for(waits: &WaitsFor) -> Note {
    let why = match &waits.state {
        ProviderState::NotReady(Some(cause)) => Some(words(cause).message),
        _ => None,
    };
    chain::waits_for(waits, why.as_deref())
}

/// Says what a node reports that is NotReady.
pub fn node_reports(name: &str, not_ready: &NodeNotReady) -> Option<Note> {
    node::reports(name, not_ready)
}

/// Words the issues of one finding by the first of them.
pub fn issues<'i>(mut all: impl Iterator<Item = &'i PodIssue>) -> Explanation {
    let Some(first) = all.next() else { return Explanation::default() };
    let mut told = issue(first);
    if all.any(|other| other.pod != first.pod || !other.cause.is_like(&first.cause)) {
        told.message.push_str(SIMILAR);
    }
    told
}

impl ExplainContext<'_> {
    /// Returns what to run about a cause that pods, events and statuses show.
    pub fn step_of_found(&self, cause: &Cause, about: About<'_>) -> NextStep {
        let namespace = self.namespace();
        match cause {
            Cause::NodeNotReady(_)
            | Cause::NodeRunsNoPods(_)
            | Cause::VirtualNode(_)
            | Cause::WindowsNode(_)
            | Cause::EvictedAgain(_) => self.node_step(about),
            Cause::CapacityShort(found) => NextStep::Describe(Object::cluster("node", found.node.as_str())),
            // The pod is gone or over; what the node lacks stays.
            Cause::PodFailed(failed) if failed.pressure.is_some() => self.node_step(about),
            Cause::PodsLost(lost) => NextStep::EventsOfPod { namespace, pod: lost.pod.clone() },
            Cause::PodsRecreated(_) => self.daemon_set_step(about),
            Cause::EarlierPodFailed(failed) => NextStep::EventsOfPod { namespace, pod: failed.pod.clone() },
            Cause::SurgeBlocked(blocked) => NextStep::Describe(Object::of("pod", namespace, &blocked.pod)),
            Cause::ChangedPod(pod) => NextStep::Print(Object::of("pod", namespace, &pod.pod)),
            Cause::AdmissionChange(_) => {
                NextStep::List { kinds: "mutatingwebhookconfigurations,mutatingadmissionpolicies", namespace: None }
            }
            Cause::QuotaAdmits(found) => {
                NextStep::Describe(Object::of("resourcequota", namespace, found.quota.as_str()))
            }
            Cause::NoNodeEligible(found) if found.tainted > 0 => NextStep::NodeTaints,
            Cause::NoNodeEligible(_) => NextStep::NodeLabels(self.keys()),
            Cause::Adoption(_) | Cause::StatusNotReady(_) => {
                NextStep::PodsOf { namespace, labels: self.selected_labels() }
            }
            Cause::Overlap(_) => {
                NextStep::List { kinds: "daemonsets,deployments,statefulsets,replicasets", namespace: Some(namespace) }
            }
            Cause::PortClash(_) => NextStep::Page(about.code),
            Cause::NotObserved(_) | Cause::OnDelete(_) | Cause::RolloutStuck(_) | Cause::SurgePort(_) => {
                self.step_of_code(about)
            }
            Cause::CreationDenied(denied) => match &denied.denial {
                Denial::SecurityContextConstraints(objections) => {
                    NextStep::GrantScc { namespace, account: denied.account.to_string(), scc: scc_for(objections) }
                }
                Denial::PodSecurity(_) => NextStep::NamespaceLabels(namespace),
                Denial::TimedOut => NextStep::List {
                    kinds: "mutatingwebhookconfigurations,validatingwebhookconfigurations",
                    namespace: None,
                },
                _ => self.daemon_set_step(about),
            },
            Cause::Missing | Cause::StatusDiffers(_) => self.daemon_set_step(about),
            _ => self.pod_step(about),
        }
    }
}

fn words(cause: &Cause) -> Words {
    match cause {
        Cause::PodSucceeded(found) => pod::succeeded(found),
        Cause::PodFailed(failed) => pod::failed(failed),
        Cause::NodeNotReady(found) => node::not_ready(found),
        Cause::NodeRunsNoPods(found) => node::runs_no_pods(found),
        Cause::PodNotReady(found) => pod::not_ready(found),
        Cause::StartingLong => {
            Words::new("the pod is bound, but its containers have not started and no event says why")
        }
        Cause::TerminatingLong(found) => pod::terminating(found),
        Cause::ContainerNotReady(found) => Words::new(format!(
            "container {} is not ready ({})",
            found.container,
            found.age.map_or_else(|| "running".to_owned(), |age| format!("running for {}", duration(age.seconds)))
        )),
        Cause::InitRunning(found) => pod::init_running(found),
        Cause::ImagePulling(found) => pod::image_pulling(found),
        Cause::ProbeFailed(found) => {
            let state = match found.probe {
                Probe::Readiness => " is not ready",
                Probe::Liveness | Probe::Startup => "",
            };
            Words::new(format!("container {}{state}: {}", found.container, sentence(&found.message)))
        }
        Cause::ContainerWaiting(found) => pod::waiting(found),
        Cause::ContainerEnded(found) => pod::ended(found),
        Cause::SetupFailed(found) => pod::setup(found),
        Cause::VirtualNode(found) => node::virtual_node(found),
        Cause::WindowsNode(found) => Words::new(format!(
            "the node runs Windows, the template selects no kubernetes.io/os and is for Linux ({})",
            found.field
        )),
        Cause::EvictedAgain(found) => node::evicted_again(found),
        Cause::PodsLost(found) => node::pods_lost(found),
        Cause::PodsRecreated(found) => node::pods_recreated(found),
        Cause::Missing => Words::new("no pod exists, and no cause was found"),
        Cause::CreationDenied(found) => node::creation_denied(found),
        Cause::EarlierPodFailed(found) => node::earlier_pod(found),
        Cause::SurgeBlocked(found) => node::surge_blocked(found),
        Cause::SchedulerFailed(found) => Words::new(format!("the scheduler failed: {}", sentence(&found.message))),
        Cause::PendingUnexplained => Words::new("the pod is Pending and not scheduled, and no cause was found").note(
            "the scheduler has reported nothing about the pod: check whether kube-scheduler runs (kubectl get lease \
             kube-scheduler -n kube-system -o yaml)",
        ),
        Cause::SchedulerDisagrees(found) => node::disagreement(found),
        Cause::OtherSchedulerReports(found) => node::other_scheduler(found),
        Cause::ExpectedPod(found) => Words::new(format!(
            "a healthy pod is expected (--expect), but the state of the node is {}",
            found.state.as_str()
        )),
        Cause::ChangedPod(found) => node::changed_pod(found),
        Cause::AdmissionChange(found) => daemonset::admission_change(found),
        Cause::QuotaAdmits(found) => daemonset::quota_admits(found),
        Cause::NoNodeEligible(found) => daemonset::no_node(found),
        Cause::StatusDiffers(found) => daemonset::status_differs(found),
        Cause::Adoption(found) => daemonset::adoption(found),
        Cause::Overlap(found) => daemonset::overlap(found),
        Cause::StatusNotReady(found) => daemonset::status_not_ready(found),
        Cause::RolloutStuck(found) => rollout::stuck(found),
        Cause::NewRevision(found) => rollout::new_revision(found),
        Cause::PortClash(found) => daemonset::port_clash(found),
        Cause::AntiAffinityClash(found) => daemonset::anti_affinity_clash(found),
        Cause::CapacityShort(found) => daemonset::capacity_short(found),
        Cause::NotObserved(found) => rollout::not_observed(found),
        Cause::OnDelete(found) => rollout::on_delete(found),
        Cause::SurgePort(found) => rollout::surge_port(found),
    }
}
