//! What only one operating system has, and containers that are processes of a Windows node (`validateOS`,
//! `validateWindows`, `validateLinux`, `validateWindowsHostProcessPod`, pkg/apis/core/validation/validation.go, v1.36).

use crate::manifest::check::volumes::{set, text};
use crate::manifest::check::{Checker, containers};
use crate::manifest::fields::Rule;
use crate::manifest::text::{broken, demand};
use crate::yaml::Node;

/// Fields of the pod that a Windows pod cannot have.
const POD: [&str; 4] = ["hostUsers", "hostPID", "hostIPC", "shareProcessNamespace"];
/// Fields of the pod's `securityContext` that a Windows pod cannot have.
const POD_CONTEXT: [&str; 11] = [
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "fsGroup",
    "fsGroupChangePolicy",
    "sysctls",
    "runAsUser",
    "runAsGroup",
    "supplementalGroups",
    "supplementalGroupsPolicy",
    "seLinuxChangePolicy",
];
/// Fields of a container's `securityContext` that a Windows pod cannot have.
const CONTAINER_CONTEXT: [&str; 10] = [
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
    "runAsUser",
    "runAsGroup",
];

impl Checker<'_> {
    pub(super) fn operating_system(&mut self, pod: &Node) {
        match pod.at_path(&["os", "name"]).and_then(Node::text) {
            Some("windows") => {
                self.not_on(pod, &POD, "windows");
                if let Some(resources) = set(pod, "resources") {
                    self.error(resources.at, "a pod with `os.name: windows` cannot have `resources`", None);
                }
                if let Some(context) = set(pod, "securityContext") {
                    self.not_on(context, &POD_CONTEXT, "windows");
                }
                for context in containers(pod).filter_map(|c| set(c, "securityContext")) {
                    self.not_on(context, &CONTAINER_CONTEXT, "windows");
                }
            }
            Some("linux") => {
                for context in std::iter::once(pod).chain(containers(pod)).filter_map(|o| set(o, "securityContext")) {
                    self.not_on(context, &["windowsOptions"], "linux");
                }
            }
            _ => {}
        }
        for options in std::iter::once(pod).chain(containers(pod)) {
            if let Some(options) = options.at_path(&["securityContext", "windowsOptions"]) {
                self.windows_options(options);
            }
        }
        self.host_process(pod);
    }

    fn not_on(&mut self, owner: &Node, keys: &[&'static str], os: &str) {
        for key in keys {
            let Some(entry) = owner.entry(key).filter(|e| set(owner, &e.key).is_some()) else { continue };
            // False is the same as absent for these two, and so is an empty list.
            let absent = matches!(*key, "hostPID" | "hostIPC") && entry.node.bool() == Some(false)
                || *key == "sysctls" && entry.node.is_empty();
            if !absent {
                let message = format!("a pod with `os.name: {os}` cannot have `{}`", self.name(key));
                self.error(entry.key_at, message, Some("remove the field"));
            }
        }
    }

    /// All containers are processes of the node, or none; those that are use its network.
    fn host_process(&mut self, pod: &Node) {
        let path = ["securityContext", "windowsOptions", "hostProcess"];
        let of_pod = pod.at_path(&path).and_then(Node::bool);
        let own = |c: &Node| c.at_path(&path).and_then(Node::bool);
        for container in containers(pod) {
            if let (Some(all), Some(one)) = (of_pod, own(container))
                && all != one
            {
                let at = container.at_path(&path).map_or(container.at, |n| n.at);
                let message = format!("`{}` of the container differs from that of the pod", self.name("hostProcess"));
                self.error(at, message, Some("remove one of the two"));
            }
        }
        let is_process = |c: &Node| own(c).or(of_pod) == Some(true);
        let Some(first) = containers(pod).find(|c| is_process(c)) else { return };
        let at = first.at_path(&path).or_else(|| pod.at_path(&path)).map_or(pod.at, |n| n.at);
        if let Some(other) = containers(pod).find(|c| !is_process(c)) {
            let message = format!("all containers of the pod must set `{}: true`, or none", self.name("hostProcess"));
            self.error(other.at, message, None);
        }
        if pod.get("hostNetwork").and_then(Node::bool) != Some(true) {
            let names = (self.name("hostProcess"), self.name("hostNetwork"));
            let at = pod.get("hostNetwork").map_or(at, |n| n.at);
            self.error(at, format!("`{}` needs `{}: true` in the pod", names.0, names.1), None);
        }
    }

    /// `validateWindowsSecurityContextOptions`: 64 KiB of credentials at most, and `DOMAIN\USER`.
    fn windows_options(&mut self, options: &Node) {
        const MAX_CREDENTIAL_BYTES: usize = 64 << 10;
        let shown = self.name("gmsaCredentialSpecName");
        if set(options, "gmsaCredentialSpecName").is_some()
            && broken(Rule::DnsName, text(options, "gmsaCredentialSpecName")).is_some()
        {
            self.refuse(options, "gmsaCredentialSpecName", format!("`{shown}` must {}", demand(Rule::DnsName)));
        }
        let credential = text(options, "gmsaCredentialSpec");
        if set(options, "gmsaCredentialSpec").is_some()
            && (credential.is_empty() || credential.len() > MAX_CREDENTIAL_BYTES)
        {
            let message = format!("`{}` must have from 1 byte to 64 KiB", self.name("gmsaCredentialSpec"));
            self.refuse(options, "gmsaCredentialSpec", message);
        }
        let user = text(options, "runAsUserName");
        if set(options, "runAsUserName").is_some() && !is_user_name(user) {
            let message = format!("`{}` is no user name of Windows: USER or DOMAIN\\USER", self.name("runAsUserName"));
            self.refuse(options, "runAsUserName", message);
        }
    }
}

fn is_user_name(name: &str) -> bool {
    let (domain, user) = match name.split_once('\\') {
        Some((domain, user)) => (Some(domain), user),
        None => (None, name),
    };
    let net_bios = |d: &str| {
        let foreign = |c: char| "\\/:*?\"<>|".contains(c);
        (1..=15).contains(&d.chars().count()) && !d.contains(foreign) && !d.starts_with('.')
    };
    let dns = |d: &str| broken(Rule::DnsName, &d.to_lowercase()).is_none();
    !name.chars().any(|c| c.is_ascii_control())
        && domain.is_none_or(|d| d.len() < 256 && (net_bios(d) || dns(d)))
        && (1..=104).contains(&user.len())
        && !user.chars().all(|c| matches!(c, '.' | ' '))
        && !user.contains(|c: char| "\"/\\:;|=,+*?<>@[]".contains(c))
}
