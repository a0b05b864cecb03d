//! The life of a pod that exists: what the kubelet and its containers say, and what that means.

use serde_json::{Value, json};

use crate::explain::units::{count, human};
use crate::explain::{Evidence, Explanation, full_name};
use crate::findings::admission_drift::is_whole;
use crate::findings::codes::Code;
use crate::model::daemonset::Event;
use crate::model::message::image_pull::PullFailure;
use crate::model::pod::{ContainerState, PodDetail, Terminated};
use crate::model::{Node, Phase, Pod, Symbol};
use crate::report::Note;
use crate::rules::Stage;

/// Something wrong with a pod that exists.
#[derive(Debug, Clone, PartialEq)]
pub struct PodIssue {
    /// What it is.
    pub code: Code,
    /// Who says so.
    pub stage: Stage,
    /// What tells it apart from others of the code: a container, an image.
    pub about: String,
    /// The sentence, its notes and its evidence.
    pub told: Explanation,
    /// The container whose log says more.
    pub log: Option<LogOf>,
    /// Whether waiting cannot fix it, so that a young pod is given no time.
    pub lasting: bool,
}

/// A container's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogOf {
    /// The pod, where it is another than the one that counts for the node.
    pub pod: Option<String>,
    /// The container.
    pub container: String,
    /// Whether it is that of the run before the present one.
    pub previous: bool,
}

impl PodIssue {
    /// One without notes.
    pub(crate) fn new(code: Code, stage: Stage, about: &str, message: impl Into<String>, evidence: Value) -> Self {
        let evidence = match evidence {
            Value::Object(evidence) => evidence,
            _ => Evidence::new(),
        };
        PodIssue {
            code,
            stage,
            about: about.to_owned(),
            told: Explanation { message: message.into(), notes: Vec::new(), evidence },
            log: None,
            lasting: false,
        }
    }

    /// Marks it as something that waiting cannot fix, if so.
    pub(crate) fn lasting_if(mut self, lasting: bool) -> Self {
        self.lasting |= lasting;
        self
    }

    /// Its log is that of the container: of this run, or of the one before.
    fn logged(mut self, container: &ContainerState, previous: bool) -> Self {
        self.log = Some(LogOf { pod: None, container: container.name.clone(), previous });
        self
    }

    /// Says that it is about another pod of the node than the one that counts.
    pub(crate) fn of_another(mut self, pod: &str) -> Self {
        self.told.message = format!("pod {pod} beside it: {}", self.told.message);
        self.told.evidence.insert("pod".to_owned(), pod.into());
        self.log.iter_mut().for_each(|log| log.pod = Some(pod.to_owned()));
        self
    }

    /// Adds what is behind it.
    pub(crate) fn note(mut self, note: impl Into<Note>) -> Self {
        self.told.notes.push(note.into());
        self
    }
}

/// What is known beside the pod.
pub struct PodContext<'a> {
    /// The node that the pod is on, if it is known.
    pub node: Option<&'a Node>,
    /// Events about the pod.
    pub events: Vec<&'a Event>,
    /// Now, seconds since 1970.
    pub now: i64,
    /// For how long a new pod is given time, seconds.
    pub grace: i64,
}

impl PodContext<'_> {
    fn event(&self, reasons: &[&str]) -> Option<&Event> {
        let found = self.events.iter().filter(|e| reasons.contains(&e.reason.as_str()));
        found.max_by_key(|e| (e.last_seen, &e.message)).copied()
    }

    fn is_new(&self, pod: &Pod) -> bool {
        pod.created.is_some_and(|created| self.now.saturating_sub(created) < self.grace)
    }
}

/// Everything wrong with a pod, by its status and events. Nothing for one that runs and is ready, nor for one that
/// is not bound yet: there the rules speak.
pub fn issues(pod: &Pod, around: &PodContext<'_>) -> Vec<PodIssue> {
    let blank = PodDetail::default();
    let detail = pod.detail.as_deref().unwrap_or(&blank);
    if pod.terminating {
        return terminating(pod, detail, around).into_iter().collect();
    }
    match pod.phase {
        Phase::Failed => return vec![failed(detail)],
        Phase::Succeeded => {
            return vec![PodIssue::new(Code::POD_FAILED, Stage::Kubelet, "", "the pod has ended", Value::Null)];
        }
        _ if pod.node.is_none() => return Vec::new(),
        Phase::Running if pod.ready => return flapping(pod, detail, around),
        _ => {}
    }
    let mut found: Vec<PodIssue> =
        detail.containers.iter().filter_map(|container| of_container(pod, container, around)).collect();
    if found.is_empty() {
        found.extend(setup(around));
    }
    let node = around.node.filter(|node| !node.is_ready() && node.conditions.ready.is_some());
    if let Some(node) = node.filter(|_| found.is_empty()) {
        let reason = node.conditions.reason.map_or_else(String::new, |reason| format!(" ({reason})"));
        let message = format!("the node is not ready{reason}, and so its pod is not");
        found.push(PodIssue::new(Code::NODE_NOT_READY, Stage::Kubelet, "", message, Value::Null));
    }
    if found.is_empty() && !around.is_new(pod) {
        found.push(match (pod.phase, &detail.unready) {
            (Phase::Running, Some((reason, text))) => {
                let why = if text.is_empty() { reason.clone() } else { sentence(text) };
                let evidence = json!({ "reason": reason, "message": text });
                let message = format!("the pod runs but is not ready: {why}");
                PodIssue::new(Code::NOT_READY, Stage::Kubelet, reason, message, evidence)
            }
            (Phase::Running, None) => {
                PodIssue::new(Code::NOT_READY, Stage::Container, "", "the pod runs but is not ready", Value::Null)
            }
            _ => {
                let message = "the pod is on its node, its containers wait, and nothing says for what";
                PodIssue::new(Code::STARTING_LONG, Stage::Kubelet, "", message, Value::Null)
            }
        });
    }
    found
}

/// Containers of a ready pod that end again and again: ready for as long as each run lasts.
fn flapping(pod: &Pod, detail: &PodDetail, around: &PodContext<'_>) -> Vec<PodIssue> {
    let again = detail.containers.iter().filter(|c| !c.init && c.restarts >= 2 && c.waiting.is_none() && !c.ended);
    let found = again.filter_map(|container| {
        let end = container.terminated.as_ref().filter(|end| is_recent(end, around))?;
        Some(ended(pod, container, end, around).note("it runs at this moment, and counts as ready"))
    });
    found.collect()
}

/// Whether the end is not yet forgotten by the kubelet, who starts a container that ran for ten minutes without delay.
fn is_recent(end: &Terminated, around: &PodContext<'_>) -> bool {
    const FORGOTTEN: i64 = 600;
    end.finished.is_some_and(|at| around.now.saturating_sub(at) < FORGOTTEN)
}

/// A pod that was asked to end and is still there well after its time.
fn terminating(pod: &Pod, detail: &PodDetail, around: &PodContext<'_>) -> Option<PodIssue> {
    // The deletion timestamp holds the grace period already.
    let since = around.now.saturating_sub(detail.deleted?);
    if since <= around.grace {
        return None;
    }
    let message = format!("{} should have ended {} ago, and is still there", full_name(pod), duration(since));
    let finalizers = &detail.finalizers;
    let evidence = json!({ "overdueSeconds": since, "finalizers": finalizers });
    let issue = PodIssue::new(Code::TERMINATING_LONG, Stage::Kubelet, "", message, evidence);
    let issue = match around.node {
        Some(node) if !node.is_ready() => issue.note("its node does not answer"),
        None => issue.note("its node is gone"),
        _ => issue,
    };
    Some(match finalizers.as_slice() {
        [] => issue,
        [one] => issue.note(format!("the finalizer {one} holds it")),
        all => issue.note(format!("{} hold it: {}", count(all.len(), "finalizer"), all.join(", "))),
    })
}

/// What the kubelet means by the reason of a pod that it refused or ended; nothing for a reason that is not its own.
pub(crate) fn refusal_code(reason: &str) -> Option<Code> {
    Some(match reason {
        _ if reason.starts_with("OutOf") => Code::KUBELET_RESOURCES,
        "NodeAffinity" | "NodeName" => Code::KUBELET_AFFINITY,
        "NodePorts" => Code::KUBELET_PORTS,
        "TaintToleration" => Code::KUBELET_TAINT,
        "Evicted" | "Preempting" => Code::EVICTED,
        "SysctlForbidden" => Code::SYSCTL_FORBIDDEN,
        "UnexpectedAdmissionError" | "TopologyAffinityError" | "SMTAlignmentError" | "EmptyPodSharedPoolError" => {
            Code::DEVICES
        }
        "NodeShutdown" | "Terminated" | "Shutdown" => Code::NODE_SHUTDOWN,
        "PodOSSelectorNodeLabelDoesNotMatch"
        | "PodOSNotSupported"
        | "SupplementalGroupsPolicyNotSupported"
        | "InvalidNodeInfo"
        | "AppArmor"
        | "PodLevelResourcesNotSupported"
        | "PodFeatureUnsupported"
        | "VolumeAttachmentLimitExceeded" => Code::KUBELET_REFUSED,
        _ => return None,
    })
}

/// A pod that has failed: refused by the kubelet, evicted, or ended.
fn failed(detail: &PodDetail) -> PodIssue {
    let reason = detail.reason.as_deref().unwrap_or_default();
    let text = detail.message.as_deref().unwrap_or_default();
    let code = refusal_code(reason).unwrap_or(Code::POD_FAILED);
    let message = match (reason, text) {
        ("", "") => match detail.containers.iter().find_map(|c| c.terminated.as_ref()) {
            Some(end) => format!("the pod failed: {}", exit(end)),
            None => "the pod failed, and does not say why".to_owned(),
        },
        (reason, "") => format!("the pod failed: {reason}"),
        ("", text) => format!("the pod failed: {}", sentence(text)),
        (reason, text) => format!("{reason}: {}", sentence(text)),
    };
    let evidence = json!({ "reason": reason, "message": text });
    // The controller replaces a failed pod, and the next one may fare better unless the kubelet cannot run such pods.
    PodIssue::new(code, Stage::Kubelet, reason, message, evidence)
        .lasting_if(matches!(code, Code::KUBELET_REFUSED | Code::SYSCTL_FORBIDDEN))
}

/// One container that waits, has ended or is not ready.
fn of_container(pod: &Pod, container: &ContainerState, around: &PodContext<'_>) -> Option<PodIssue> {
    let name = container.name.as_str();
    if let Some((reason, text)) = &container.waiting {
        return waiting(pod, container, reason, text, around);
    }
    // One that has just been started again is not well for that.
    let again = |end: &&Terminated| container.restarts > 0 && is_recent(end, around);
    if let Some(end) = container.terminated.as_ref().filter(|end| container.ended || again(end)) {
        return Some(ended(pod, container, end, around));
    }
    if container.ready || container.init {
        return None;
    }
    let probe = around.event(&["Unhealthy"]).map(|e| e.message.as_ref());
    match probe {
        Some(text) if text.starts_with("Readiness") => {
            let message = format!("container {name} is not ready: {}", sentence(text));
            let issue = PodIssue::new(Code::READINESS, Stage::Container, name, message, json!({ "container": name }));
            Some(issue.logged(container, false))
        }
        Some(text) => {
            let message = format!("container {name}: {}", sentence(text));
            let issue = PodIssue::new(Code::LIVENESS, Stage::Container, name, message, json!({ "container": name }));
            // What was killed says more than what has just begun.
            Some(issue.logged(container, container.restarts > 0))
        }
        None if around.node.is_some_and(|n| !n.is_ready()) || around.is_new(pod) => None,
        None => {
            let message = format!("container {name} runs but is not ready");
            let issue = PodIssue::new(Code::NOT_READY, Stage::Container, name, message, json!({ "container": name }));
            Some(issue.logged(container, false))
        }
    }
}

fn waiting(
    pod: &Pod,
    container: &ContainerState,
    reason: &str,
    text: &str,
    around: &PodContext<'_>,
) -> Option<PodIssue> {
    let name = container.name.as_str();
    let code = match reason {
        "ContainerCreating" | "PodInitializing" | "" => return None,
        "ErrImagePull"
        | "ImagePullBackOff"
        | "RegistryUnavailable"
        | "SignatureValidationFailed"
        | "ImageInspectError" => Code::IMAGE_PULL,
        "InvalidImageName" => Code::IMAGE_NAME,
        "ErrImageNeverPull" => Code::IMAGE_ABSENT,
        "CreateContainerConfigError" if !is_of_permissions(text) => Code::CONTAINER_CONFIG,
        "CrashLoopBackOff" => {
            let unknown = Terminated { reason: "Error".into(), exit_code: -1, ..Default::default() };
            return Some(ended(pod, container, container.terminated.as_ref().unwrap_or(&unknown), around));
        }
        _ if is_of_permissions(text) => Code::SECURITY_CONTEXT,
        _ if text.contains("exec format error") => Code::ARCHITECTURE,
        _ => Code::CONTAINER_START,
    };
    let message = match text {
        "" => format!("container {name} waits: {reason}"),
        text => format!("container {name}: {reason}: {}", sentence(text)),
    };
    let evidence = json!({ "container": name, "reason": reason, "message": text });
    let lasting = match code {
        Code::IMAGE_PULL => pull_failure(container, text, around).is_lasting(),
        Code::IMAGE_NAME | Code::IMAGE_ABSENT | Code::SECURITY_CONTEXT | Code::ARCHITECTURE => true,
        _ => failures(container) > 1,
    };
    Some(PodIssue::new(code, Stage::Container, name, message, evidence).lasting_if(lasting))
}

/// Why the image of a container cannot be pulled: before v1.31 the status of a container in `ImagePullBackOff` does not
/// say, and only the event does.
fn pull_failure(container: &ContainerState, text: &str, around: &PodContext<'_>) -> PullFailure {
    if container.waiting.as_ref().is_some_and(|(reason, _)| reason == "SignatureValidationFailed") {
        return PullFailure::Unauthorized;
    }
    match PullFailure::of(text) {
        PullFailure::Other => around.event(&["Failed"]).map_or(PullFailure::Other, |e| PullFailure::of(&e.message)),
        known => known,
    }
}

/// How many times the container has failed: each restart follows an end, and one that waits or has ended was not
/// started again yet.
fn failures(container: &ContainerState) -> u32 {
    let is_down = container.ended || container.waiting.is_some();
    container.restarts.saturating_add(u32::from(is_down))
}

/// Whether the runtime's words are about what the container may do: its user, its profiles, the files' owner.
fn is_of_permissions(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "runAsNonRoot",
        "permission denied",
        "operation not permitted",
        "seccomp",
        "apparmor",
        "AppArmor",
        "SELinux",
        "read-only file system",
    ];
    WORDS.iter().any(|word| text.contains(word))
}

/// The container's memory limit, or the pod's, for people.
fn memory_limit(pod: &Pod, container: &str) -> Option<String> {
    let memory = Symbol::new("memory");
    let spec = &pod.shape.spec;
    let own = spec.containers.iter().chain(&spec.init_containers).find(|c| c.name == *container);
    let limit = own.and_then(|c| c.resources.limits.get(memory));
    let limit = limit.or_else(|| spec.resources.as_ref().and_then(|r| r.limits.get(memory)))?;
    Some(human(memory, limit.value()))
}

/// A container that has ended and is, or will be, started again.
fn ended(pod: &Pod, container: &ContainerState, end: &Terminated, around: &PodContext<'_>) -> PodIssue {
    let name = container.name.as_str();
    let killed = around.event(&["Unhealthy"]).filter(|e| !e.message.starts_with("Readiness"));
    let never_ran = matches!(end.reason.as_str(), "ContainerCannotRun" | "StartError");
    let code = if end.reason == "OOMKilled" {
        Code::OUT_OF_MEMORY
    } else if end.message.contains("exec format error") {
        Code::ARCHITECTURE
    } else if never_ran && is_of_permissions(&end.message) {
        Code::SECURITY_CONTEXT
    } else if never_ran {
        Code::CONTAINER_START
    } else if container.init {
        Code::INIT_FAILED
    } else if killed.is_some() && matches!(end.exit_code, 137 | 143) {
        Code::LIVENESS
    } else if end.exit_code == 0 {
        Code::ENDS_AT_ONCE
    } else {
        Code::CRASH_LOOP
    };
    let restarts = match container.restarts {
        0 => String::new(),
        1 => ", 1 restart".to_owned(),
        n => format!(", {n} restarts"),
    };
    let kind = if container.init { "init container" } else { "container" };
    let how = if end.exit_code < 0 { "it ended".to_owned() } else { exit(end) };
    let mut evidence = json!({
        "container": name,
        "exitCode": end.exit_code,
        "reason": end.reason,
        "restarts": container.restarts,
    });
    // Who sent the signal is not said where it was none of the kubelet's.
    let unexplained = end.exit_code == 137 && killed.is_none() && matches!(code, Code::CRASH_LOOP | Code::INIT_FAILED);
    let limit = if code == Code::OUT_OF_MEMORY || unexplained { memory_limit(pod, name) } else { None };
    if let Some(limit) = &limit {
        evidence["memoryLimit"] = limit.as_str().into();
    }
    let issue = PodIssue::new(code, Stage::Container, name, format!("{kind} {name}: {how}{restarts}"), evidence);
    let issue = match (code, limit) {
        (Code::OUT_OF_MEMORY, Some(limit)) => issue.note(format!("its memory limit is {limit}")),
        (_, Some(limit)) => issue.note(format!(
            "its memory limit is {limit}: a runtime does not always notice that a container was killed for it"
        )),
        (Code::OUT_OF_MEMORY, None) if is_whole(&pod.shape.spec) => {
            issue.note("it has no memory limit: the node itself ran out")
        }
        _ => issue,
    };
    let issue = match end.message.trim() {
        "" => issue,
        text => issue.note(format!("it said: {}", sentence(text))),
    };
    let issue = match killed.filter(|_| code == Code::LIVENESS) {
        Some(event) => issue.note(sentence(&event.message)),
        None => issue,
    };
    let lasting = failures(container) > 1 || matches!(code, Code::SECURITY_CONTEXT | Code::ARCHITECTURE);
    let issue = issue.lasting_if(lasting);
    if never_ran { issue } else { issue.logged(container, !container.ended) }
}

/// What keeps the pod's containers from being made, by its events.
fn setup(around: &PodContext<'_>) -> Option<PodIssue> {
    const REASONS: &[&str] = &[
        "FailedMount",
        "FailedMapVolume",
        "FailedAttachVolume",
        "FailedCreatePodSandBox",
        "NetworkNotReady",
        "FailedPostStartHook",
    ];
    let event = around.event(REASONS)?;
    let text = event.message.as_ref();
    let (code, what) = match event.reason.as_str() {
        "FailedMount" if text.contains("hostPath type check failed") => (Code::HOST_PATH_TYPE, "the path on the node"),
        "FailedMount" | "FailedMapVolume" => (Code::MOUNT, "a volume cannot be mounted"),
        "FailedAttachVolume" => (Code::ATTACH, "a volume cannot be attached"),
        "FailedCreatePodSandBox" => (Code::SANDBOX, "the sandbox cannot be made"),
        "NetworkNotReady" => (Code::NETWORK_NOT_READY, "the node's network"),
        _ => (Code::CONTAINER_START, "a hook failed"),
    };
    let message = format!("{what}: {}", sentence(text));
    Some(PodIssue::new(
        code,
        Stage::Kubelet,
        event.reason.as_str(),
        message,
        json!({ "event": event.reason, "message": text }),
    ))
}

/// How a container ended, in words.
fn exit(end: &Terminated) -> String {
    let code = end.exit_code;
    if end.reason == "OOMKilled" {
        return format!("killed for want of memory (exit code {code})");
    }
    let meaning = match code {
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

/// The first lines of a text as part of a sentence: white space folded, no final period, bounded.
pub fn sentence(text: &str) -> String {
    const LONGEST: usize = 240;
    let mut out = String::new();
    for word in text.split_whitespace() {
        if out.chars().count() + word.chars().count() >= LONGEST {
            let rest: String = word.chars().take(LONGEST.saturating_sub(out.chars().count())).collect();
            out.push(' ');
            out.push_str(&rest);
            out.push('…');
            return out.trim_start().to_owned();
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out.trim_end_matches('.').to_owned()
}

/// `45s`, `5m`, `3h`, `2d`.
pub fn duration(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{seconds}s"),
        120..7200 => format!("{}m", seconds / 60),
        7200..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}
