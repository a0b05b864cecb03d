//! The checks of the baseline level: what gives a pod the node or other pods.

use crate::model::security::{ContainerSecurity, Handler, SecurityContext};
use crate::rules::admission::pod_security::checks::{Checks, Violation, is_confined, joined};

impl Checks<'_> {
    /// The baseline checks. The restricted level has stricter ones in the place of some, from a version on.
    pub(super) fn baseline(&self, restricted: bool) -> Vec<Violation> {
        let mut found: Vec<Violation> = Vec::new();
        let mut fail = |check: &str, what: Option<String>| found.extend(what.map(|w| (check.to_owned(), w)));
        let context = |c: &ContainerSecurity| c.security_context.clone().unwrap_or_default();
        let windows = |c: &SecurityContext| c.windows_options.as_ref().and_then(|w| w.host_process) == Some(true);
        let host_process: Vec<String> = self.contexts().filter(|(_, c)| windows(c)).map(|(who, _)| who).collect();
        fail(
            "hostProcess",
            joined(host_process).map(|w| format!("{w} must not set securityContext.windowsOptions.hostProcess=true")),
        );
        let namespaces =
            [("hostNetwork", self.pod.host_network), ("hostPID", self.pod.host_pid), ("hostIPC", self.pod.host_ipc)];
        let shared = namespaces.iter().filter(|(_, on)| *on == Some(true)).map(|(name, _)| format!("{name}=true"));
        fail("host namespaces", joined(shared.collect()));
        let privileged = self.containers_where(|c| context(c).privileged == Some(true));
        fail("privileged", privileged.map(|w| format!("{w} must not set securityContext.privileged=true")));
        if !(restricted && self.minor >= 22) {
            fail("non-default capabilities", self.added_capabilities());
        }
        if !restricted {
            let paths = self.pod.volumes.iter().filter(|v| v.kind == "hostPath").map(|v| format!("\"{}\"", v.name));
            fail("hostPath volumes", joined(paths.collect()).map(|w| format!("volumes {w}")));
        }
        fail("hostPort", self.host_ports());
        if self.minor >= 34 {
            let hosts = self.containers_where(names_a_host);
            fail("probe or lifecycle host", hosts.map(|w| format!("{w} must not set a host in probes or hooks")));
        }
        fail("forbidden AppArmor profile(s)", self.apparmor());
        fail("seLinuxOptions", self.se_linux());
        let left_to_restricted = restricted && self.minor >= 35;
        if !self.has_user_namespace() && !left_to_restricted {
            let unmasked = self.containers_where(|c| context(c).proc_mount.is_some_and(|m| m != "Default"));
            fail("procMount", unmasked.map(|w| format!("{w} must not set securityContext.procMount")));
        }
        if self.minor < 19 {
            fail("seccompProfile", self.seccomp_annotations());
        } else if !restricted {
            let loose = |c: &SecurityContext| c.seccomp_profile.as_ref().is_some_and(|p| !is_confined(&p.kind));
            let who = self.contexts().filter(|(_, c)| loose(c)).map(|(who, _)| who);
            fail(
                "seccompProfile",
                joined(who.collect()).map(|w| format!("{w} must not set securityContext.seccompProfile.type")),
            );
        }
        fail("forbidden sysctls", self.sysctls());
        found
    }

    fn added_capabilities(&self) -> Option<String> {
        const DEFAULT: [&str; 13] = [
            "AUDIT_WRITE",
            "CHOWN",
            "DAC_OVERRIDE",
            "FOWNER",
            "FSETID",
            "KILL",
            "MKNOD",
            "NET_BIND_SERVICE",
            "SETFCAP",
            "SETGID",
            "SETPCAP",
            "SETUID",
            "SYS_CHROOT",
        ];
        let extra = |c: &ContainerSecurity| -> Vec<String> {
            let added = c.security_context.iter().filter_map(|s| s.capabilities.as_ref()).flat_map(|c| c.add.iter());
            added.filter(|a| !DEFAULT.contains(&a.as_str())).map(|a| format!("\"{a}\"")).collect()
        };
        let who = self.containers_where(|c| !extra(c).is_empty())?;
        let mut all: Vec<String> = self.containers().flat_map(extra).collect();
        all.sort();
        all.dedup();
        Some(format!("{who} must not include {} in securityContext.capabilities.add", all.join(", ")))
    }

    fn host_ports(&self) -> Option<String> {
        let on_host = |port: &crate::model::pod::Port| port.host_port != 0;
        let containers = self.spec.init_containers.iter().chain(&self.spec.containers);
        let using: Vec<_> = containers.filter(|c| c.ports.iter().any(on_host)).collect();
        let names: Vec<String> = using.iter().map(|c| format!("\"{}\"", c.name)).collect();
        let ports: Vec<String> =
            using.iter().flat_map(|c| c.ports.iter().filter(|p| on_host(p))).map(|p| p.host_port.to_string()).collect();
        joined(names).map(|w| format!("container {w} uses hostPort {}", ports.join(", ")))
    }

    fn apparmor(&self) -> Option<String> {
        let annotations = self.pod.apparmor_annotations.iter();
        let annotations =
            annotations.filter(|(_, p)| !(p.is_empty() || p == "runtime/default" || p.starts_with("localhost/")));
        let annotations =
            annotations.map(|(container, profile)| format!("annotation of \"{container}\"=\"{profile}\""));
        let loose = |c: &SecurityContext| c.app_armor_profile.as_ref().is_some_and(|p| !is_confined(&p.kind));
        let fields = self.contexts().filter(|(_, c)| loose(c)).map(|(who, _)| who);
        joined(annotations.chain(fields).collect())
    }

    /// Before there was a field for it.
    fn seccomp_annotations(&self) -> Option<String> {
        let confined = |profile: &str| {
            matches!(profile, "runtime/default" | "docker/default") || profile.starts_with("localhost/")
        };
        let is_there = |name: &str| self.containers().any(|c| c.name == *name);
        let loose = self
            .pod
            .seccomp_annotations
            .iter()
            .filter(|(container, profile)| container.as_deref().is_none_or(is_there) && !confined(profile));
        let told = loose.map(|(container, profile)| match container {
            Some(container) => format!("annotation of container \"{container}\"=\"{profile}\""),
            None => format!("annotation of pod=\"{profile}\""),
        });
        joined(told.collect())
    }

    fn se_linux(&self) -> Option<String> {
        let minor = self.minor;
        let set = |value: &Option<String>| value.as_deref().is_some_and(|v| !v.is_empty());
        let bad = move |c: &SecurityContext| {
            c.se_linux_options.as_ref().is_some_and(|options| {
                let kind = options.kind.as_deref().unwrap_or_default();
                let allowed = matches!(kind, "" | "container_t" | "container_init_t" | "container_kvm_t")
                    || (minor >= 31 && kind == "container_engine_t");
                !allowed || set(&options.user) || set(&options.role)
            })
        };
        let who = self.contexts().filter(|(_, c)| bad(c)).map(|(who, _)| who);
        joined(who.collect()).map(|w| format!("{w} set forbidden securityContext.seLinuxOptions"))
    }

    fn sysctls(&self) -> Option<String> {
        const ALWAYS: [&str; 5] = [
            "kernel.shm_rmid_forced",
            "net.ipv4.ip_local_port_range",
            "net.ipv4.tcp_syncookies",
            "net.ipv4.ping_group_range",
            "net.ipv4.ip_unprivileged_port_start",
        ];
        const LATER: [(u16, &str); 9] = [
            (27, "net.ipv4.ip_local_reserved_ports"),
            (29, "net.ipv4.tcp_keepalive_time"),
            (29, "net.ipv4.tcp_fin_timeout"),
            (29, "net.ipv4.tcp_keepalive_intvl"),
            (29, "net.ipv4.tcp_keepalive_probes"),
            (32, "net.ipv4.tcp_rmem"),
            (32, "net.ipv4.tcp_wmem"),
            (37, "net.ipv4.tcp_slow_start_after_idle"),
            (37, "net.ipv4.tcp_notsent_lowat"),
        ];
        let allowed =
            |name: &str| ALWAYS.contains(&name) || LATER.iter().any(|(since, n)| self.minor >= *since && *n == name);
        let sysctls = self.pod.security_context.iter().flat_map(|c| c.sysctls.iter());
        joined(sysctls.filter(|s| !allowed(&s.name)).map(|s| s.name.clone()).collect())
    }
}

fn names_a_host(container: &ContainerSecurity) -> bool {
    let named = |handler: &Option<Handler>| {
        handler
            .iter()
            .flat_map(|h| h.http_get.iter().chain(&h.tcp_socket))
            .any(|t| t.host.as_deref().is_some_and(|h| !h.is_empty()))
    };
    let hooks = container.lifecycle.iter().any(|l| named(&l.post_start) || named(&l.pre_stop));
    named(&container.liveness_probe) || named(&container.readiness_probe) || named(&container.startup_probe) || hooks
}
