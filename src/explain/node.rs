//! What events, taints and the scheduler's messages show on a node.

use std::collections::BTreeSet;

use crate::explain::Words;
use crate::findings::cause::{
    ChangedPod, CreationDenied, EarlierPodFailed, EvictedAgain, SchedulerDisagrees, SurgeBlocked, VirtualNode,
};
use crate::findings::difference::Difference;
use crate::model::message::{controller, sentence};

pub(crate) fn virtual_node(node: &VirtualNode) -> Words {
    let VirtualNode { key, value } = node;
    Words::new(format!("a pod is wanted on virtual nodes ({key}={value}), which do not run DaemonSets"))
}

pub(crate) fn evicted_again(evicted: &EvictedAgain) -> Words {
    let (taint, seconds) = (evicted.found, evicted.toleration_seconds);
    Words::new(format!("the taint {taint} is borne for {seconds} s: the pod is evicted and made again, for ever")).note(
        "the controller does not look at tolerationSeconds: without them the pod stays, without the toleration none is made",
    )
}

pub(crate) fn creation_denied(denied: &CreationDenied) -> Words {
    let text = controller::creation_error(&denied.event);
    Words::new(format!("the API server refused the pod: {}", sentence(text)))
}

pub(crate) fn earlier_pod(failed: &EarlierPodFailed) -> Words {
    let words = match failed.message.as_str() {
        "" => "the pod before this one failed".to_owned(),
        text => format!("the pod before this one: {}: {}", failed.reason, sentence(text)),
    };
    Words::new(words).note("the controller makes the next one, ever more slowly")
}

pub(crate) fn surge_blocked(blocked: &SurgeBlocked) -> Words {
    let reasons = blocked.scheduler.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    Words::new(format!("the new pod does not fit beside the old one: {reasons}"))
        .note("the old pod goes only once the new one is available")
}

pub(crate) fn disagreement(found: &SchedulerDisagrees) -> Words {
    let list = |set: &BTreeSet<String>| match set.len() {
        0 => "nothing".to_owned(),
        _ => set.iter().map(|r| format!("\"{r}\"")).collect::<Vec<_>>().join(", "),
    };
    let SchedulerDisagrees { scheduler, rules, server_version, rules_version, assumed, .. } = found;
    Words::new(format!("the scheduler says {}, the rules of {rules_version} say {}", list(scheduler), list(rules)))
        .note(format!("the server is {server_version}; assumed of its scheduler: {assumed}"))
}

pub(crate) fn changed_pod(pod: &ChangedPod) -> Words {
    let who = match pod.is_of_this_template {
        true => "a webhook or an admission plugin changed it",
        false => "a webhook or an admission plugin changed it, or an older template made it",
    };
    Words::new(format!("the pod is not what the template makes, and that decides: {}", differences(&pod.differences)))
        .note(format!("{who}; the node is judged by the pod's own spec"))
}

/// `nodeSelector: pool=gpu instead of nothing`.
pub(crate) fn differences(all: &[Difference]) -> String {
    let or_nothing = |text: &str| if text.is_empty() { "nothing".to_owned() } else { text.to_owned() };
    let one = |d: &Difference| format!("{}: {} instead of {}", d.field, or_nothing(&d.actual), or_nothing(&d.expected));
    all.iter().map(one).collect::<Vec<_>>().join("; ")
}
