//! Privileges, kernel settings and profiles (`ValidateSecurityContext`, `validatePodSpecSecurityContext`,
//! `validateHostUsers`, `ValidatePodSpecificAnnotations`, pkg/apis/core/validation/validation.go, v1.36).

use std::collections::HashSet;

use crate::manifest::check::volumes::{set, text};
use crate::manifest::check::{Checker, containers};
use crate::manifest::fields::Rule;
use crate::manifest::text::{broken, demand, shorten};
use crate::yaml::{Entry, Node, Value};

/// Annotations that chose a profile before there were fields for it.
const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";
const SECCOMP_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_CONTAINER: &str = "container.seccomp.security.alpha.kubernetes.io/";

impl Checker<'_> {
    pub(super) fn security(&mut self, pod: &Node) {
        self.user_namespace(pod);
        self.sysctls(pod);
        self.operating_system(pod);
    }

    /// A pod in a user namespace of its own has no other namespace of the node, and no raw block device.
    fn user_namespace(&mut self, pod: &Node) {
        let own = pod.get("hostUsers").and_then(Node::bool) == Some(false);
        let users = self.name("hostUsers");
        if own {
            for key in ["hostNetwork", "hostPID", "hostIPC"] {
                if let Some(shared) = pod.get(key).filter(|n| n.bool() == Some(true)) {
                    let message = format!("`{}: true` and `{users}: false` cannot be combined", self.name(key));
                    self.error(shared.at, message, Some("remove one of the two fields"));
                }
            }
            for container in containers(pod) {
                if let Some(devices) = container.entry("volumeDevices").filter(|e| !e.node.is_empty()) {
                    let message = format!("`{}` and `{users}: false` cannot be combined", self.name("volumeDevices"));
                    self.error(devices.key_at, message, None);
                }
            }
        } else {
            for container in containers(pod) {
                if let Some(mount) = container.at_path(&["securityContext", "procMount"])
                    && mount.text() == Some("Unmasked")
                {
                    let message = format!("`{}: Unmasked` needs `{users}: false`", self.name("procMount"));
                    self.error(mount.at, message, None);
                }
            }
        }
    }

    /// Names as in /proc/sys, each once; none of a namespace that is the node's.
    fn sysctls(&mut self, pod: &Node) {
        let is_true = |key| pod.get(key).and_then(Node::bool) == Some(true);
        let mut names = HashSet::new();
        let list = pod.at_path(&["securityContext", "sysctls"]).map(Node::items).unwrap_or_default();
        for sysctl in list {
            let Some(name) = sysctl.get("name").filter(|n| n.text().is_some_and(|t| !t.is_empty())) else { continue };
            let text = name.text().unwrap_or_default();
            if !is_sysctl(text) {
                let message = format!("`{}` is no name of a sysctl such as `net.core.somaxconn`", shorten(text));
                self.error(name.at, message, None);
                continue;
            }
            if !names.insert(text) {
                self.error(name.at, format!("duplicate sysctl `{}`", shorten(text)), Some("keep one"));
            }
            let shared = match namespace_of(text) {
                Some(Namespace::Net) if is_true("hostNetwork") => "hostNetwork",
                Some(Namespace::Ipc) if is_true("hostIPC") => "hostIPC",
                _ => continue,
            };
            let message = format!("sysctl `{}` cannot be set with `{}: true`", shorten(text), self.name(shared));
            self.error(name.at, message, Some("set the sysctl on the node"));
        }
    }

    /// Annotations of the template that choose profiles: for containers that exist, in a known form, and the same as
    /// the field where there is one.
    pub(super) fn profile_annotations(&mut self, template: &Node) {
        let Some(pod) = template.get("spec") else { return };
        let windows = pod.at_path(&["os", "name"]).and_then(Node::text) == Some("windows");
        for entry in template.at_path(&["metadata", "annotations"]).map(Node::entries).unwrap_or_default() {
            let Some(value) = entry.node.text() else { continue };
            if let Some(name) = entry.key.strip_prefix(APP_ARMOR) {
                self.app_armor_annotation(entry, name, value, pod, windows);
            } else if entry.key == SECCOMP_POD {
                self.seccomp_annotation(entry, value, Some(pod));
            } else if let Some(name) = entry.key.strip_prefix(SECCOMP_CONTAINER) {
                self.seccomp_annotation(entry, value, containers(pod).find(|c| text(c, "name") == name));
            } else if entry.key == "controller.kubernetes.io/pod-deletion-cost" && !is_cost(value) {
                self.error(entry.node.at, "the deletion cost must be a whole number of 32 bits", None);
            }
        }
    }

    fn app_armor_annotation(&mut self, entry: &Entry, name: &str, value: &str, pod: &Node, windows: bool) {
        let container = containers(pod).find(|c| text(c, "name") == name);
        let Some(container) = container else {
            let message = format!("the annotation `{}` names a container that the pod lacks", shorten(&entry.key));
            return self.error(entry.key_at, message, Some("end the key with the name of a container"));
        };
        if !matches!(value, "" | "runtime/default" | "unconfined") && !value.starts_with("localhost/") {
            let message = format!("`{}` is no AppArmor profile", shorten(value));
            self.error(entry.node.at, message, Some("use runtime/default, unconfined or localhost/NAME"));
        }
        let field = |owner: &'_ Node| owner.at_path(&["securityContext", "appArmorProfile"]).cloned();
        if let Some(profile) = field(container).or_else(|| field(pod)).filter(|_| !windows) {
            let same = match text(&profile, "type") {
                "Unconfined" => value == "unconfined",
                "RuntimeDefault" => value == "runtime/default",
                "Localhost" => value.strip_prefix("localhost/") == Some(text(&profile, "localhostProfile")),
                _ => true,
            };
            if !same {
                let message = format!(
                    "the annotation and the `type` of `{}` choose different profiles",
                    self.name("appArmorProfile")
                );
                self.error(entry.node.at, message, Some("remove the annotation"));
            }
        }
    }

    fn seccomp_annotation(&mut self, entry: &Entry, value: &str, owner: Option<&Node>) {
        let file = value.strip_prefix("localhost/");
        let known = matches!(value, "runtime/default" | "docker/default" | "unconfined")
            || file.is_some_and(|f| broken(Rule::RelativePath, f).is_none());
        if !known {
            let message = format!("`{}` is no seccomp profile", shorten(value));
            self.error(entry.node.at, message, Some("use runtime/default, unconfined or localhost/FILE"));
        }
        let field = owner.and_then(|o| o.at_path(&["securityContext", "seccompProfile"]));
        let same = field.is_none_or(|profile| match text(profile, "type") {
            "Unconfined" => value == "unconfined",
            "RuntimeDefault" => matches!(value, "runtime/default" | "docker/default"),
            "Localhost" => file == Some(text(profile, "localhostProfile")),
            _ => true,
        });
        if known && !same {
            let message =
                format!("the annotation and the `type` of `{}` choose different profiles", self.name("seccompProfile"));
            self.error(entry.node.at, message, Some("remove the annotation"));
        }
    }

    /// A profile of the node has a name, and only such a one.
    pub(super) fn profiles(&mut self, owner: &Node) {
        for key in ["seccompProfile", "appArmorProfile"] {
            let Some(profile) = owner.at_path(&["securityContext", key]) else { continue };
            let named = set(profile, "localhostProfile");
            let name = self.name("localhostProfile");
            match profile.get("type").and_then(Node::text) {
                Some("Localhost") => match named {
                    None => self.error(profile.at, format!("`Localhost` needs `{name}`"), None),
                    Some(given)
                        if key == "appArmorProfile"
                            && given.text().is_some_and(|t| t.trim() != t || t.is_empty() || t.len() > 4095) =>
                    {
                        self.error(given.at, format!("`{name}` must be the name of a profile, without blanks"), None);
                    }
                    Some(given)
                        if key == "seccompProfile"
                            && given.text().is_some_and(|t| broken(Rule::RelativePath, t).is_some()) =>
                    {
                        self.error(given.at, format!("`{name}` must {}", demand(Rule::RelativePath)), None);
                    }
                    Some(_) => {}
                },
                Some("RuntimeDefault" | "Unconfined") => {
                    if let Some(given) = named {
                        self.error(given.at, format!("`{name}` needs `type: Localhost`"), None);
                    }
                }
                _ => {}
            }
        }
    }

    /// Rights that contradict each other.
    pub(super) fn rights(&mut self, container: &Node, pod: &Node) {
        let own = container.get("securityContext");
        let get = |key| own.and_then(|o| o.get(key)).filter(|n| n.value != Value::Null);
        if let Some(escalation) = get("allowPrivilegeEscalation").filter(|n| n.bool() == Some(false)) {
            let name = self.name("allowPrivilegeEscalation");
            if get("privileged").and_then(Node::bool) == Some(true) {
                let message = format!("a privileged container cannot have `{name}: false`");
                self.error(escalation.at, message, Some("remove one of the two fields"));
            }
            let added = own.and_then(|o| o.at_path(&["capabilities", "add"])).map(Node::items).unwrap_or_default();
            if added.iter().any(|c| c.text() == Some("CAP_SYS_ADMIN")) {
                let message = format!("`CAP_SYS_ADMIN` cannot be combined with `{name}: false`");
                self.error(escalation.at, message, None);
            }
        }
        let inherited =
            |key| get(key).or_else(|| pod.at_path(&["securityContext", key]).filter(|n| n.value != Value::Null));
        if let Some(user) = inherited("runAsUser").filter(|n| n.int() == Some(0))
            && inherited("runAsNonRoot").and_then(Node::bool) == Some(true)
        {
            let message =
                format!("`{}` with user 0: the kubelet will not start the container", self.name("runAsNonRoot"));
            self.warning(user.at, message, None);
        }
    }
}

/// What of the node's a sysctl belongs to.
enum Namespace {
    Ipc,
    Net,
}

/// `GetNamespace` (component-helpers, node/util/sysctl/namespace.go).
fn namespace_of(name: &str) -> Option<Namespace> {
    let separator = name.find(['.', '/']).map(|i| name.as_bytes()[i]);
    let name = if separator == Some(b'/') { name.replace('.', "%").replace('/', ".") } else { name.to_owned() };
    const IPC: [&str; 10] = [
        "kernel.sem",
        "kernel.shmall",
        "kernel.shmmax",
        "kernel.shmmni",
        "kernel.shm_rmid_forced",
        "kernel.shm",
        "kernel.msgmax",
        "kernel.msgmnb",
        "kernel.msgmni",
        "kernel.msg",
    ];
    let ipc = IPC.contains(&name.as_str()) || name.starts_with("fs.mqueue.");
    match (ipc, name.starts_with("net.")) {
        (true, _) => Some(Namespace::Ipc),
        (_, true) => Some(Namespace::Net),
        _ => None,
    }
}

/// `IsValidSysctlName`: parts of small letters, digits, `-` and `_`, joined by `.` or `/`.
fn is_sysctl(name: &str) -> bool {
    let outer = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let part = |part: &str| {
        let bytes = part.as_bytes();
        let inner = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
        outer(bytes.first()) && outer(bytes.last()) && bytes.iter().all(inner)
    };
    name.len() <= 253 && name.split(['.', '/']).all(part)
}

/// `GetDeletionCostFromPodAnnotations`: no plus sign, no leading zero.
fn is_cost(value: &str) -> bool {
    let plain = value == "0" || !value.trim_start_matches('-').starts_with('0') && !value.starts_with('+');
    plain && value.parse::<i32>().is_ok()
}
