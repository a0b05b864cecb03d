//! Why a container could not be created or started, as the container runtime says it.

/// What the words of a runtime are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartFailure {
    /// The program was built for another architecture.
    Architecture,
    /// What the container may do: its user, its profiles, who owns the files.
    Permissions,
    /// The memory limit is too low for the runtime's own process in the container.
    Memory,
    /// The text does not say.
    Other,
}

impl StartFailure {
    /// Reads the message of a container's status.
    pub fn of(text: &str) -> Self {
        const PERMISSIONS: &[&str] = &[
            "runAsNonRoot",
            "permission denied",
            "operation not permitted",
            "seccomp",
            "apparmor",
            "AppArmor",
            "SELinux",
            "read-only file system",
        ];
        if text.contains("exec format error") {
            StartFailure::Architecture
        } else if text.contains("container init was OOM-killed") || text.contains("memory limit too low") {
            StartFailure::Memory
        } else if PERMISSIONS.iter().any(|word| text.contains(word)) {
            StartFailure::Permissions
        } else {
            StartFailure::Other
        }
    }
}

/// What a message names that a field of the template or a setting of the node can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartRemedy<'a> {
    /// `runAsNonRoot`, and the image runs as root (pkg/kubelet/kuberuntime/security_context_others.go v1.36).
    ImageRunsAsRoot,
    /// `runAsNonRoot`, and the image names its user instead of giving a number.
    ImageNamesUser(&'a str),
    /// A mount of the node that should propagate and is not shared, or neither shared nor a slave
    /// (github.com/containerd/containerd internal/cri/opts/spec_linux_opts.go v2.1).
    NotShared(&'a str),
}

impl<'a> StartRemedy<'a> {
    /// Reads the message of a container's status.
    pub fn of(text: &'a str) -> Option<Self> {
        if text.contains("runAsNonRoot and image will run as root") {
            return Some(StartRemedy::ImageRunsAsRoot);
        }
        if let Some((_, rest)) = text.split_once("image has non-numeric user (") {
            return rest.split_once(')').map(|(user, _)| StartRemedy::ImageNamesUser(user));
        }
        let (before, _) = text.split_once(" but it is not a shared")?;
        let (_, mount) = before.rsplit_once("is mounted on ")?;
        Some(StartRemedy::NotShared(mount.trim().trim_matches('"')))
    }
}

/// What a phrase in the log of a container is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogPhrase {
    /// The program was built for another architecture.
    Architecture,
    /// The kernel denied an access.
    AccessDenied,
    /// A disk is full.
    DiskFull,
    /// A port is in use.
    PortInUse,
}

impl LogPhrase {
    /// Reads a log in lower case.
    pub fn of(log: &str) -> Option<Self> {
        const PHRASES: &[(&str, LogPhrase)] = &[
            ("exec format error", LogPhrase::Architecture),
            ("permission denied", LogPhrase::AccessDenied),
            ("operation not permitted", LogPhrase::AccessDenied),
            ("read-only file system", LogPhrase::AccessDenied),
            ("no space left on device", LogPhrase::DiskFull),
            ("address already in use", LogPhrase::PortInUse),
        ];
        PHRASES.iter().find(|(phrase, _)| log.contains(phrase)).map(|(_, meaning)| *meaning)
    }
}

/// Why a container ended, by the reason in its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    /// The kernel killed it at its memory limit, or because the node ran out of memory.
    OomKilled,
    /// The runtime could not start it.
    NeverRan,
    /// The runtime lost the container: its node rebooted, or its sandbox is gone.
    Lost,
    /// The exit code says more.
    Other,
}

impl EndReason {
    /// Reads the reason.
    pub fn of(reason: &str) -> Self {
        match reason {
            "OOMKilled" => EndReason::OomKilled,
            "ContainerCannotRun" | "StartError" => EndReason::NeverRan,
            // containerd and CRI-O report "Unknown" (255) of what they find dead after a restart, the kubelet
            // "ContainerStatusUnknown" (137) of what it finds no more (pkg/kubelet/kubelet_pods.go v1.36).
            "Unknown" | "ContainerStatusUnknown" => EndReason::Lost,
            _ => EndReason::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::model::message::runtime::{StartFailure, StartRemedy};

    #[test]
    fn what_can_be_changed_is_named() {
        for (text, expected) in [
            ("container has runAsNonRoot and image will run as root (pod: p)", Some(StartRemedy::ImageRunsAsRoot)),
            (
                "container has runAsNonRoot and image has non-numeric user (nobody), cannot verify user is non-root",
                Some(StartRemedy::ImageNamesUser("nobody")),
            ),
            (
                "failed to generate spec: path \"/sys\" is mounted on \"/\" but it is not a shared mount",
                Some(StartRemedy::NotShared("/")),
            ),
            (
                "linux mounts: path /a is mounted on /b but it is not a shared or slave mount",
                Some(StartRemedy::NotShared("/b")),
            ),
            ("context deadline exceeded", None),
        ] {
            assert_eq!(StartRemedy::of(text), expected, "{text}");
        }
    }

    #[test]
    fn what_a_runtime_says_is_read() {
        for (text, expected) in [
            ("exec /agent: exec format error", StartFailure::Architecture),
            ("container has runAsNonRoot and image will run as root", StartFailure::Permissions),
            ("exec: \"/agent\": permission denied: unknown", StartFailure::Permissions),
            ("runc create failed: container init was OOM-killed (memory limit too low?)", StartFailure::Memory),
            ("exec: \"/agent\": stat /agent: no such file or directory: unknown", StartFailure::Other),
        ] {
            assert_eq!(StartFailure::of(text), expected, "{text}");
        }
    }
}
