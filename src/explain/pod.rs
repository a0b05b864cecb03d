//! Words what is wrong with a pod that exists.

use crate::explain::units::{count, duration, human};
use crate::explain::{Words, crash};
use crate::findings::cause::{
    ContainerEnded, ContainerWaiting, End, NodeAbsence, PodFailed, PodNotReady, SetupFailed, TerminatingLong,
};
use crate::model::message::kubelet::SetupFailure;
use crate::model::message::sentence;
use crate::report::{Note, NoteKind};

pub(crate) fn failed(failed: &PodFailed) -> Words {
    Words::new(match (failed.reason.as_str(), failed.message.as_str()) {
        ("", "") => match failed.exit_code {
            Some(_) if failed.is_oom => "the pod failed: a container is OOMKilled".to_owned(),
            Some(code) => match meaning(code) {
                Some(meaning) => format!("the pod failed: a container exited with code {code} ({meaning})"),
                None => format!("the pod failed: a container exited with code {code}"),
            },
            None => "the pod failed, and its status gives no reason".to_owned(),
        },
        (reason, "") => format!("the pod failed: {reason}"),
        ("", text) => format!("the pod failed: {}", sentence(text)),
        (reason, text) => format!("{reason}: {}", sentence(text)),
    })
}

pub(crate) fn not_ready(pod: &PodNotReady) -> Words {
    Words::new(match &pod.unready {
        None => "the pod is running but not ready".to_owned(),
        Some(unready) => {
            let why = if unready.message.is_empty() { unready.reason.clone() } else { sentence(&unready.message) };
            format!("the pod is running but not ready: {why}")
        }
    })
}

pub(crate) fn terminating(pod: &TerminatingLong) -> Words {
    let ago = duration(pod.overdue_seconds);
    let words = Words::new(format!("pod {} is stuck terminating (grace period ended {ago} ago)", pod.pod));
    let words = match pod.node {
        Some(NodeAbsence::NotReady) => {
            words.note(Note::new(NoteKind::Cause, "the node of the pod is NotReady, so that no kubelet stops the pod"))
        }
        Some(NodeAbsence::Gone) => words.note(Note::new(NoteKind::Cause, "the node of the pod no longer exists")),
        None => words,
    };
    match pod.finalizers.as_slice() {
        [] => words,
        [one] => words.note(Note::new(NoteKind::Cause, format!("finalizer {one} blocks the deletion"))),
        all => {
            let finalizers = count(all.len(), "finalizer");
            words.note(Note::new(NoteKind::Cause, format!("{finalizers} block the deletion: {}", all.join(", "))))
        }
    }
}

pub(crate) fn waiting(waiting: &ContainerWaiting) -> Words {
    let ContainerWaiting { container, reason, message, .. } = waiting;
    Words::new(match message.as_str() {
        "" => format!("container {container} is waiting: {reason}"),
        text => format!("container {container}: {reason}: {}", sentence(text)),
    })
}

pub(crate) fn ended(ended: &ContainerEnded) -> Words {
    let kind = if ended.init { "init container" } else { "container" };
    let limit = ended.memory_limit.map(|limit| human("memory".into(), limit));
    let mut details: Vec<String> = Vec::new();
    let what = match (ended.end, ended.exit_code) {
        (End::OutOfMemory, code) => {
            details.push(format!("exit code {code}"));
            "is OOMKilled".to_owned()
        }
        (End::KilledByProbe, code) => {
            details.push(format!("exit code {code}"));
            "was killed after a failed probe".to_owned()
        }
        (_, ..0) => {
            details.push("exit code unknown".to_owned());
            "has ended".to_owned()
        }
        (_, code) => {
            details.extend(meaning(code).map(str::to_owned));
            format!("exited with code {code}")
        }
    };
    details.extend((ended.restarts > 0).then(|| count(ended.restarts as usize, "restart")));
    details.extend(limit.iter().filter(|_| ended.end == End::OutOfMemory).map(|limit| format!("memory limit {limit}")));
    let details = if details.is_empty() { String::new() } else { format!(" ({})", details.join(", ")) };
    let because = ended.likely_cause.as_ref().map(|cause| format!("; likely cause: {}", crash::because(cause)));
    let words = Words::new(format!("{kind} {} {what}{details}{}", ended.container, because.unwrap_or_default()));
    let words = match (ended.end, limit) {
        (End::OutOfMemory, Some(_)) => words,
        (_, Some(limit)) => words.note(format!("memory limit is {limit}; some runtimes do not report OOM kills")),
        (End::OutOfMemory, None) if ended.is_unlimited => {
            words.note("the container has no memory limit: the node ran out of memory")
        }
        _ => words,
    };
    let said = ended.likely_cause.as_ref().map_or(ended.message.as_str(), |cause| &cause.line);
    let words = match said.trim() {
        "" => words,
        text => words.note(format!("termination message: {}", sentence(text))),
    };
    let advice = ended.likely_cause.iter().flat_map(|cause| crash::advice(cause, ended.namespace.as_str()));
    let words = advice.fold(words, Words::note);
    let words = match &ended.probe {
        Some(probe) => words.note(Note::new(NoteKind::Cause, sentence(probe))),
        None => words,
    };
    if ended.is_running { words.note("the container is currently running and ready") } else { words }
}

pub(crate) fn setup(failed: &SetupFailed) -> Words {
    let what = match failed.failure {
        SetupFailure::HostPathType => "the hostPath volume cannot be mounted",
        SetupFailure::Mount => "a volume cannot be mounted",
        SetupFailure::Attach => "a volume cannot be attached",
        SetupFailure::Sandbox => "the pod sandbox cannot be created",
        SetupFailure::NetworkNotReady => "the node network is not ready",
        SetupFailure::PostStartHook => "the postStart hook failed",
    };
    Words::new(format!("{what}: {}", sentence(&failed.message)))
}

/// What an exit code means by convention; `None` if the code says no more than that the container failed.
fn meaning(code: i32) -> Option<&'static str> {
    Some(match code {
        0 => "Completed",
        125 => "the container runtime failed",
        126 => "the command cannot be executed",
        127 => "command not found",
        128 => "the container cannot be started",
        130 => "interrupted, SIGINT",
        134 => "aborted, SIGABRT",
        135 => "bus error, SIGBUS",
        136 => "arithmetic error, SIGFPE",
        137 => "killed, SIGKILL",
        139 => "segmentation fault, SIGSEGV",
        141 => "broken pipe, SIGPIPE",
        143 => "terminated, SIGTERM",
        _ => return None,
    })
}
