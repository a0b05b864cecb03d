//! Words what is wrong with a pod that exists.

use crate::explain::units::{count, duration, human};
use crate::explain::{Words, chain, crash};
use crate::findings::cause::{
    ContainerEnded, ContainerWaiting, End, ImagePulling, InitRunning, NodeAbsence, PodFailed, PodNotReady,
    PodSucceeded, Repeated, SetupFailed, TerminatingLong,
};
use crate::model::message::kubelet;
use crate::model::message::kubelet::{PodRejection, SetupFailure};
use crate::model::message::runtime::StartRemedy;
use crate::model::message::sandbox::SandboxFailure;
use crate::model::message::sentence;
use crate::model::message::volume::MountFailure;
use crate::report::{Note, NoteKind};

pub(crate) fn failed(failed: &PodFailed) -> Words {
    let container =
        failed.container.as_ref().map_or_else(|| "a container".to_owned(), |name| format!("container {name}"));
    let ended = match failed.exit_code {
        Some(_) if failed.is_oom => Some(format!("{container} is OOMKilled")),
        Some(code) => Some(match meaning(code) {
            Some(meaning) => format!("{container} exited with code {code} ({meaning})"),
            None => format!("{container} exited with code {code}"),
        }),
        None => None,
    };
    // What ended the pod ended its containers, too.
    let note = ended
        .clone()
        .filter(|_| failed.rejection.is_none() && !(failed.reason.is_empty() && failed.message.is_empty()));
    let by_kubelet =
        failed.rejection.map(|rejection| kubelet_ended(rejection, &failed.reason, &failed.message, "the pod"));
    let words = by_kubelet.map(Words::new).unwrap_or_else(|| {
        Words::new(match (failed.reason.as_str(), failed.message.as_str()) {
            ("", "") => match ended {
                Some(ended) => format!("the pod failed: {ended}"),
                None => "the pod failed, and its status gives no reason".to_owned(),
            },
            (reason, "") => format!("the pod failed: {reason}"),
            ("", text) => format!("the pod failed: {}", sentence(text)),
            (reason, text) => format!("the pod failed: {reason}: {}", sentence(text)),
        })
    });
    let words = match note {
        Some(note) => words.note(note),
        None => words,
    };
    let words = match &failed.pressure {
        Some(condition) => words.note(pressure(condition)),
        None => words,
    };
    match &failed.repeated {
        Some(repeated) => words.note(repetition(repeated)),
        None => words,
    }
}

/// Says what the kubelet did to a pod: it rejects pods at admission, evicts running ones, and ends them at a shutdown.
pub(crate) fn kubelet_ended(rejection: PodRejection, reason: &str, message: &str, pod: &str) -> String {
    let verb = match (rejection, reason) {
        (PodRejection::Evicted, _) => "evicted",
        (PodRejection::NodeShutdown, "Terminated") => "terminated",
        _ => "rejected",
    };
    let reason = if reason.eq_ignore_ascii_case(verb) { String::new() } else { format!(" ({reason})") };
    match kubelet::rejection_text(message) {
        "" => format!("the kubelet {verb} {pod}{reason}"),
        text => format!("the kubelet {verb} {pod}{reason}: {}", sentence(text)),
    }
}

/// Says which pods the kubelet admits while its node has the pressure.
pub(crate) fn pressure(condition: &str) -> Note {
    Note::new(
        NoteKind::Cause,
        format!(
            "while the node has {condition}, the kubelet rejects new pods, except pods with a system-*-critical \
             PriorityClass"
        ),
    )
}

/// Says how often the controller has replaced failed pods on the node.
pub(crate) fn repetition(repeated: &Repeated) -> String {
    let age = repeated.age.map_or_else(String::new, |age| format!(" in {}", duration(age.seconds)));
    let times = if repeated.count == 1 { "once".to_owned() } else { format!("{} times", repeated.count) };
    format!("pods failed {times} on this node{age}: the controller recreates the pod with increasing back-off")
}

pub(crate) fn succeeded(pod: &PodSucceeded) -> Words {
    let age = pod.age.map_or_else(String::new, |age| format!(" {} ago", duration(age.seconds)));
    let words = Words::new(match (pod.reason.as_str(), pod.message.as_str()) {
        ("", "") => format!("the pod ended{age} (phase Succeeded), although a DaemonSet pod should keep running"),
        (reason, "") => format!("the pod ended{age} (phase Succeeded): {reason}"),
        ("", text) => format!("the pod ended{age} (phase Succeeded): {}", sentence(text)),
        (reason, text) => format!("the pod ended{age} (phase Succeeded): {reason}: {}", sentence(text)),
    });
    words.note("the controller deletes the pod and creates a new one")
}

pub(crate) fn init_running(running: &InitRunning) -> Words {
    let age = running.age.map_or_else(String::new, |age| format!(" (running for {})", duration(age.seconds)));
    let name = &running.container;
    match running.is_sidecar {
        true => Words::new(format!("init container {name} (a sidecar) has not passed its startup probe{age}"))
            .note("the pod waits for it: later containers start only after the startup probe succeeds"),
        false => Words::new(format!("init container {name} does not complete{age}"))
            .note("the pod waits for it: later containers start only after it exits with code 0"),
    }
}

pub(crate) fn image_pulling(pulling: &ImagePulling) -> Words {
    let container =
        pulling.container.as_ref().map_or_else(|| "a container".to_owned(), |name| format!("container {name}"));
    let age = pulling.age.map_or_else(String::new, |age| format!(" for {}", duration(age.seconds)));
    Words::new(format!("the image of {container} has been pulling{age}: {}", sentence(&pulling.message)))
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
    let words = match &pod.event {
        Some(event) => words.note(Note::new(NoteKind::Cause, sentence(event))),
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
    let words = Words::new(match message.as_str() {
        "" => format!("container {container} is waiting: {reason}"),
        text => format!("container {container}: {reason}: {}", sentence(text)),
    });
    let words = match &waiting.missing_host_path {
        Some(missing) => words.note(chain::missing_host_path(missing)),
        None => words,
    };
    let words = match waiting.unread_pull_secrets.as_slice() {
        [] => words,
        [one] => words.note(unread_pull_secrets(&format!("Secret {one}"))),
        all => words.note(unread_pull_secrets(&format!("Secrets {}", all.join(", ")))),
    };
    match StartRemedy::of(message) {
        Some(remedy) => words.note(start_remedy(remedy)),
        None => words,
    }
}

fn unread_pull_secrets(secrets: &str) -> Note {
    Note::new(NoteKind::Cause, format!("the kubelet cannot read {secrets} (imagePullSecrets), likely missing"))
}

fn start_remedy(remedy: StartRemedy<'_>) -> Note {
    Note::new(
        NoteKind::Advice,
        match remedy {
            StartRemedy::ImageRunsAsRoot => {
                "set runAsUser to another number than 0, or use an image that runs as another user".to_owned()
            }
            StartRemedy::ImageNamesUser(user) => format!("set runAsUser to the number that {user} has in the image"),
            StartRemedy::NotShared(mount) => {
                format!(
                    "make {mount} of the node a shared mount (`mount --make-rshared {mount}`), or remove mountPropagation"
                )
            }
        },
    )
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
            let (probe, is_likely) =
                ended.killed_for.map_or(("liveness", true), |(probe, likely)| (probe.as_str(), likely));
            let killed = if is_likely { "was likely killed" } else { "was killed" };
            format!("{killed} by the kubelet because its {probe} probe failed")
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
    let (source, said) = match &ended.likely_cause {
        Some(cause) if cause.is_from_log => ("log", &cause.line),
        Some(cause) => ("termination message", &cause.line),
        None => ("termination message", &ended.message),
    };
    let words = match said.trim() {
        "" => words,
        text => words.note(format!("{source}: {}", sentence(text))),
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
        SetupFailure::Mount(MountFailure::HostPathType) => "the hostPath volume cannot be mounted",
        SetupFailure::Mount(_) => "a volume cannot be mounted",
        SetupFailure::Attach => "a volume cannot be attached",
        SetupFailure::Sandbox(_) => "the pod sandbox cannot be created",
        SetupFailure::Cgroup => "the control group of the pod cannot be created",
        SetupFailure::DynamicResources => "the dynamic resources of the pod cannot be prepared",
        SetupFailure::NetworkNotReady => "the network of the node is not ready",
        SetupFailure::PostStartHook => "the postStart hook failed",
    };
    let why = match failed.failure {
        SetupFailure::NetworkNotReady => kubelet::network_fault(&failed.message),
        _ => &failed.message,
    };
    let words = Words::new(match why {
        "" => format!("{what} ({})", failed.event),
        why => format!("{what}: {}", sentence(why)),
    });
    let words = match &failed.failure {
        SetupFailure::Sandbox(SandboxFailure::RuntimeHandler(name)) => words.note(Note::new(
            NoteKind::Cause,
            format!("the RuntimeClass of the pod needs runtime handler \"{name}\", which the container runtime of the node lacks"),
        )),
        _ => words,
    };
    match failed.age {
        Some(age) if failed.count > 1 => {
            words.note(format!("event {}: {} times in {}", failed.event, failed.count, duration(age.seconds)))
        }
        _ => words,
    }
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
        129 => "hangup, SIGHUP",
        131 => "quit, SIGQUIT",
        132 => "illegal instruction, SIGILL",
        133 => "trace trap, SIGTRAP",
        134 => "aborted, SIGABRT",
        135 => "bus error, SIGBUS",
        136 => "arithmetic error, SIGFPE",
        137 => "killed, SIGKILL",
        139 => "segmentation fault, SIGSEGV",
        141 => "broken pipe, SIGPIPE",
        143 => "terminated, SIGTERM",
        159 => "denied system call, SIGSYS",
        _ => return None,
    })
}
