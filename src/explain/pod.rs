//! What is wrong with a pod that exists.

use crate::explain::Words;
use crate::explain::units::{count, duration, human};
use crate::findings::cause::{
    ContainerEnded, ContainerWaiting, End, NodeAbsence, PodFailed, PodNotReady, SetupFailed, TerminatingLong,
};
use crate::model::message::kubelet::SetupFailure;
use crate::model::message::sentence;

pub(crate) fn failed(failed: &PodFailed) -> Words {
    Words::new(match (failed.reason.as_str(), failed.message.as_str()) {
        ("", "") => match failed.exit_code {
            Some(code) => format!("the pod failed: {}", exit(code, failed.is_oom)),
            None => "the pod failed, and does not say why".to_owned(),
        },
        (reason, "") => format!("the pod failed: {reason}"),
        ("", text) => format!("the pod failed: {}", sentence(text)),
        (reason, text) => format!("{reason}: {}", sentence(text)),
    })
}

pub(crate) fn not_ready(pod: &PodNotReady) -> Words {
    Words::new(match &pod.unready {
        None => "the pod runs but is not ready".to_owned(),
        Some(unready) => {
            let why = if unready.message.is_empty() { unready.reason.clone() } else { sentence(&unready.message) };
            format!("the pod runs but is not ready: {why}")
        }
    })
}

pub(crate) fn terminating(pod: &TerminatingLong) -> Words {
    let ago = duration(pod.overdue_seconds);
    let words = Words::new(format!("{} should have ended {ago} ago, and is still there", pod.pod));
    let words = match pod.node {
        Some(NodeAbsence::NotReady) => words.note("its node does not answer"),
        Some(NodeAbsence::Gone) => words.note("its node is gone"),
        None => words,
    };
    match pod.finalizers.as_slice() {
        [] => words,
        [one] => words.note(format!("the finalizer {one} holds it")),
        all => words.note(format!("{} hold it: {}", count(all.len(), "finalizer"), all.join(", "))),
    }
}

pub(crate) fn waiting(waiting: &ContainerWaiting) -> Words {
    let ContainerWaiting { container, reason, message, .. } = waiting;
    Words::new(match message.as_str() {
        "" => format!("container {container} waits: {reason}"),
        text => format!("container {container}: {reason}: {}", sentence(text)),
    })
}

pub(crate) fn ended(ended: &ContainerEnded) -> Words {
    let restarts = match ended.restarts {
        0 => String::new(),
        number => format!(", {}", count(number as usize, "restart")),
    };
    let kind = if ended.init { "init container" } else { "container" };
    let how = match ended.exit_code {
        ..0 => "it ended".to_owned(),
        code => exit(code, ended.end == End::OutOfMemory),
    };
    let words = Words::new(format!("{kind} {}: {how}{restarts}", ended.container));
    let limit = ended.memory_limit.map(|limit| human("memory".into(), limit));
    let words = match (ended.end, limit) {
        (End::OutOfMemory, Some(limit)) => words.note(format!("its memory limit is {limit}")),
        (_, Some(limit)) => words.note(format!(
            "its memory limit is {limit}: a runtime does not always notice that a container was killed for it"
        )),
        (End::OutOfMemory, None) if ended.is_unlimited => words.note("it has no memory limit: the node itself ran out"),
        _ => words,
    };
    let words = match ended.message.trim() {
        "" => words,
        text => words.note(format!("it said: {}", sentence(text))),
    };
    let words = match &ended.probe {
        Some(probe) => words.note(sentence(probe)),
        None => words,
    };
    if ended.is_running { words.note("it runs at this moment, and counts as ready") } else { words }
}

pub(crate) fn setup(failed: &SetupFailed) -> Words {
    let what = match failed.failure {
        SetupFailure::HostPathType => "the path on the node",
        SetupFailure::Mount => "a volume cannot be mounted",
        SetupFailure::Attach => "a volume cannot be attached",
        SetupFailure::Sandbox => "the sandbox cannot be made",
        SetupFailure::NetworkNotReady => "the node's network",
        SetupFailure::PostStartHook => "a hook failed",
    };
    Words::new(format!("{what}: {}", sentence(&failed.message)))
}

/// How a container ended.
fn exit(code: i32, is_oom: bool) -> String {
    let meaning = match code {
        _ if is_oom => "killed for want of memory",
        0 => "it ended by itself",
        1 => "it failed",
        2 => "wrong usage, or it failed",
        125 => "the runtime failed",
        126 => "the command cannot be executed",
        127 => "the command was not found",
        128 => "it could not be started",
        130 => "interrupted",
        134 => "aborted",
        135 => "bus error",
        136 => "arithmetic error",
        137 => "killed",
        139 => "segmentation fault",
        141 => "broken pipe",
        143 => "asked to end",
        _ => "it failed",
    };
    format!("{meaning} (exit code {code})")
}
