//! Words what events, taints and messages of the scheduler show on a node.

use std::collections::BTreeSet;

use crate::explain::units::duration;
use crate::explain::{Words, pod};
use crate::findings::cause::{
    ChangedPod, CreationDenied, EarlierPodFailed, EvictedAgain, NamespaceSelector, NodeNotReady, OtherSchedulerReports,
    PodsLost, PodsRecreated, SchedulerDisagrees, SchedulerProfile, SurgeBlocked, VirtualNode,
};
use crate::findings::difference::Difference;
use crate::model::message::admission::{Denial, WardenViolation};
use crate::model::message::kubelet;
use crate::model::message::loss::PodLoss;
use crate::model::message::policy_engine::PolicyViolation;
use crate::model::message::{controller, sentence};
use crate::report::{Note, NoteKind};
use crate::text::list::and;

pub(crate) fn virtual_node(node: &VirtualNode) -> Words {
    let VirtualNode { key, value } = node;
    Words::new(format!("virtual nodes ({key}={value}) are eligible, but do not run DaemonSet pods"))
}

/// What the node says of itself, as part of a sentence: its message, else its reason.
pub(crate) fn says(node: &NodeNotReady) -> Option<String> {
    let reason = node.reason.map(|reason| reason.to_string());
    match (&node.message, reason) {
        (Some(message), Some(reason)) => Some(format!("{reason}: {}", sentence(message))),
        (Some(message), None) => Some(sentence(message)),
        (None, reason) => reason,
    }
}

/// What a node reports that is NotReady; `None` if the node gives no reason.
pub(crate) fn reports(name: &str, node: &NodeNotReady) -> Option<Note> {
    let age = node.age.map_or_else(String::new, |age| format!(" for {}", duration(age.seconds)));
    Some(Note::new(NoteKind::Cause, format!("{name} has been NotReady{age}: {}", says(node)?)))
}

pub(crate) fn not_ready(node: &NodeNotReady) -> Words {
    let why = says(node).map_or_else(String::new, |why| format!(" ({why})"));
    let words = Words::new(format!("the pod is not ready because its node is NotReady{why}"));
    match node.age {
        Some(age) => words.note(format!("the node has been NotReady for {}", duration(age.seconds))),
        None => words,
    }
}

pub(crate) fn runs_no_pods(node: &NodeNotReady) -> Words {
    let why = says(node).map_or_else(String::new, |why| format!(" ({why})"));
    Words::new(format!("the node is NotReady{why}: a new pod does not start there until the node recovers"))
}

pub(crate) fn evicted_again(evicted: &EvictedAgain) -> Words {
    let (taint, seconds) = (evicted.found, evicted.toleration_seconds);
    Words::new(format!("taint {taint} is tolerated for only {seconds}s (tolerationSeconds): the pod is evicted and recreated in a loop")).note(
        "the controller ignores tolerationSeconds: remove the field to keep the pod, or the toleration to exclude the node",
    )
}

/// Pods of a node that are lost one after the other.
pub(crate) fn pods_lost(lost: &PodsLost) -> Words {
    let PodsLost { loss, count, age, last, .. } = lost;
    let within = age.map_or_else(String::new, |age| format!(" within {}", duration(age.seconds)));
    let ago = last.map_or_else(String::new, |last| format!(", the last one {} ago", duration(last.seconds)));
    let (who, note) = match loss {
        PodLoss::TaintManager => (
            "the taint manager evicted",
            "a NoExecute taint comes and goes, or is tolerated for a limited time only (tolerationSeconds)",
        ),
        PodLoss::Preempted => (
            "the scheduler evicted",
            "pods of higher priority take the place (Preempted): pods with a PriorityClass that is as high are not evicted",
        ),
        PodLoss::KubeletPreempted => (
            "the kubelet evicted",
            "a critical pod of the node needs the place (Preempting); the node has too little capacity",
        ),
        PodLoss::Evicted => ("the kubelet evicted", "the node is under pressure (Evicted) each time"),
    };
    let reason = match loss {
        PodLoss::TaintManager => " (TaintManagerEviction)",
        _ => "",
    };
    Words::new(format!("{who} {count} pods one after the other{within}{reason}{ago}; the present pod is the next one"))
        .note(note)
}

/// Pods that the controller creates, and nothing says why.
pub(crate) fn pods_recreated(found: &PodsRecreated) -> Words {
    let PodsRecreated { count, age, nodes } = found;
    let within = age.map_or_else(String::new, |age| format!(" within {}", duration(age.seconds)));
    let nodes = crate::explain::units::count(*nodes, "node");
    Words::new(format!(
        "the controller created {count} pods for {nodes}{within} (SuccessfulCreate): pods are lost in a loop"
    ))
    .note("nothing that was read says who deletes the pods; the audit log of the API server does")
}

pub(crate) fn creation_denied(denied: &CreationDenied) -> Words {
    let CreationDenied { namespace, account, .. } = denied;
    let text = controller::creation_error(&denied.event);
    let words = Words::new(format!("the API server denied the pod (FailedCreate): {}", sentence(text)));
    match &denied.denial {
        Denial::TimedOut => words.note(Note::new(
            NoteKind::Cause,
            "likely slow or unreachable admission webhooks: the API server calls the webhooks that match pods one after the \
             other, also for pods with hostNetwork",
        )),
        Denial::Warden(violations) => warden(violations),
        Denial::Policies { webhook, violations } => policies(webhook, violations),
        Denial::PodSecurity(denial) => Words::new(format!(
            "Pod Security {}:{} of namespace {namespace} denied the pod: {}",
            denial.level.as_str(),
            denial.version,
            match denial.names().as_slice() {
                [_, _, _, ..] => denial.names().join(", "),
                _ => sentence(&denial.checks),
            }
        )),
        Denial::SecurityContextConstraints(objections) => {
            let asked: Vec<String> = objections.iter().map(|objection| objection.as_str().to_owned()).collect();
            let asked = if asked.is_empty() { String::new() } else { format!(": the pod asks for {}", and(&asked)) };
            scc(Words::new(format!(
                "no SecurityContextConstraints (SCC) that ServiceAccount {account} may use admit the pod{asked}"
            )))
        }
        Denial::QuotaForClassMissing => Words::new(format!(
            "namespace {namespace} has no ResourceQuota for the PriorityClass of the pod: the API server admits the class only \
             in namespaces with such a quota"
        ))
        .note("create a ResourceQuota with a scopeSelector for the class, or set another priorityClassName"),
        Denial::NamespaceNodeSelector => words.note(format!(
            "the admission plugin PodNodeSelector reads annotation scheduler.alpha.kubernetes.io/node-selector of namespace \
             {namespace}"
        )),
        Denial::PodSecurityPolicy => words.note(format!(
            "ServiceAccount {account} may use no PodSecurityPolicy that admits the pod: a Role with verb use on \
             podsecuritypolicies and a RoleBinding grant one"
        )),
        Denial::WebhookUnreachable | Denial::Webhook | Denial::Other => words,
    }
}

/// Constraints that one finding lists.
const MAX_CONSTRAINTS: usize = 8;

fn policies(webhook: &str, violations: &[PolicyViolation]) -> Words {
    let names: Vec<String> = violations.iter().map(|violation| violation.policy.clone()).collect();
    let words = Words::new(format!("webhook {webhook} denied the pod (FailedCreate): it violates {}", and(&names)));
    violations
        .iter()
        .take(MAX_CONSTRAINTS)
        .filter(|violation| !violation.message.is_empty())
        .fold(words, |words, violation| words.note(format!("{}: {}", violation.policy, sentence(&violation.message))))
}

fn warden(violations: &[WardenViolation]) -> Words {
    let names: Vec<String> = violations.iter().map(|violation| violation.constraint.clone()).collect();
    let words = Words::new(format!("GKE Autopilot (webhook Warden) denied the pod: {}", and(&names)));
    let notes = violations.iter().take(MAX_CONSTRAINTS).filter(|violation| !violation.messages.is_empty());
    let words = notes.fold(words, |words, violation| {
        words.note(format!("{}: {}", violation.constraint, sentence(&violation.messages.join(" "))))
    });
    words
        .note("Autopilot admits these only for workloads of an allowlist (WorkloadAllowlist); GKE Standard admits them")
}

/// Adds how an SCC is given to an account.
pub(crate) fn scc(words: Words) -> Words {
    words.note("a RoleBinding to ClusterRole system:openshift:scc:NAME lets a ServiceAccount use an SCC")
}

pub(crate) fn earlier_pod(failed: &EarlierPodFailed) -> Words {
    let EarlierPodFailed { reason, message, rejection, .. } = failed;
    let words = match (rejection, message.as_str()) {
        (Some(rejection), _) => pod::kubelet_ended(*rejection, reason, message, "the previous pod on the node"),
        (None, "") => "the previous pod on the node failed".to_owned(),
        (None, text) => format!("the previous pod on the node failed: {reason}: {}", sentence(text)),
    };
    let words = Words::new(words);
    let words = match kubelet::rejecting_pressure(&failed.message) {
        Some(condition) => words.note(pod::pressure(condition)),
        None => words,
    };
    match &failed.repeated {
        Some(repeated) => words.note(pod::repetition(repeated)),
        None => words.note("the controller recreates the pod with increasing back-off"),
    }
}

pub(crate) fn surge_blocked(blocked: &SurgeBlocked) -> Words {
    let reasons = blocked.scheduler.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    Words::new(format!("the new pod does not fit next to the old pod: {reasons}"))
        .note("with maxSurge the controller deletes the old pod only when the new pod is available")
}

pub(crate) fn disagreement(found: &SchedulerDisagrees) -> Words {
    let list = |set: &BTreeSet<String>| match set.len() {
        0 => "no rejection".to_owned(),
        _ => set.iter().map(|r| format!("\"{r}\"")).collect::<Vec<_>>().join(", "),
    };
    let SchedulerDisagrees { scheduler, rules, server_version, rules_version, assumed, .. } = found;
    let assumed = match assumed {
        SchedulerProfile::Default => "the default scheduler profile (default plugins, no addedAffinity, no extender)",
    };
    Words::new(format!(
        "the scheduler reported {}, but the {rules_version} rules predict {}",
        list(scheduler),
        list(rules)
    ))
    .note(format!("the server runs {server_version}; the rules assume {assumed}"))
}

pub(crate) fn other_scheduler(found: &OtherSchedulerReports) -> Words {
    let OtherSchedulerReports { scheduler, reasons, message, .. } = found;
    let why = match reasons.is_empty() {
        true => sentence(message).to_string(),
        false => reasons.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
    };
    Words::new(format!("scheduler {scheduler} does not schedule the pod: {why}"))
}

pub(crate) fn changed_pod(pod: &ChangedPod) -> Words {
    let who = match pod.is_of_this_template {
        true => "a webhook or an admission plugin changed the pod",
        false => "a webhook or an admission plugin changed the pod, or an older template made the pod",
    };
    let words = Words::new(format!(
        "the pod differs from the template, which changes the result: {}",
        differences(&pod.differences)
    ));
    match &pod.namespace_selector {
        Some(NamespaceSelector { namespace, annotation, selector, .. }) => words.note(Note::new(
            NoteKind::Cause,
            format!(
                "the admission plugin PodNodeSelector adds the nodeSelector of namespace {namespace} (annotation \
                 {annotation}: {selector}); the controller does not read the annotation, and creates pods for other nodes too"
            ),
        )),
        None => words.note(format!("{who}; the node is judged with the spec of the pod")),
    }
}

/// `nodeSelector: pool=gpu instead of nothing`.
pub(crate) fn differences(all: &[Difference]) -> String {
    let or_nothing = |text: &str| if text.is_empty() { "nothing".to_owned() } else { text.to_owned() };
    let one = |d: &Difference| format!("{}: {} instead of {}", d.field, or_nothing(&d.actual), or_nothing(&d.expected));
    all.iter().map(one).collect::<Vec<_>>().join("; ")
}
