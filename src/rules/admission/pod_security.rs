//! PodSecurity: the level that a namespace enforces.
//!
//! `staging/src/k8s.io/pod-security-admission/policy` v1.36, with the checks that other versions add or drop. The
//! level and the version of the checks come from the namespace's labels; a level that nobody knows counts as
//! restricted. Exemptions stand in the API server's own configuration and cannot be seen.

use crate::model::security::{ContainerSecurity, Handler, PodSecurity, SecurityContext};
use crate::model::{Labels, PodSpec, Symbol, Version};
use crate::rules::verdict::CreationRefusal;

/// What fails: the check and the fields.
type Violation = (String, String);

/// Holds the pod against the namespace's level. `spec` is the pod with its defaults, whose host ports count.
pub fn admit(labels: &Labels, pod: &PodSecurity, spec: &PodSpec, server: Version) -> Option<CreationRefusal> {
    let label = |name: &str| labels.get(Symbol::new(&format!("pod-security.kubernetes.io/{name}")));
    let enforce = label("enforce")?;
    let (level, unknown_level) = match enforce.as_str() {
        "privileged" => return None,
        "baseline" => ("baseline", None),
        "restricted" => ("restricted", None),
        _ => ("restricted", Some(enforce)),
    };
    let pinned = label("enforce-version").filter(|_| unknown_level.is_none());
    let pinned = pinned.and_then(|version| pinned_minor(version.as_str()));
    let version = pinned.map_or_else(|| "latest".to_owned(), |minor| format!("v1.{minor}"));
    // Checks newer than the server are not known to it.
    let checks = Checks { pod, spec, minor: pinned.map_or(server.minor, |minor| minor.min(server.minor)) };
    let mut violations = checks.baseline(level == "restricted");
    if level == "restricted" {
        violations.extend(checks.restricted());
    }
    (!violations.is_empty()).then_some(CreationRefusal::PodSecurity { level, version, violations, unknown_level })
}

/// `v1.N` to the letter (`ParseVersion`); all else is the latest.
fn pinned_minor(version: &str) -> Option<u16> {
    let minor = version.strip_prefix("v1.")?;
    let plain = minor.bytes().all(|byte| byte.is_ascii_digit()) && (minor == "0" || !minor.starts_with('0'));
    if plain { minor.parse().ok() } else { None }
}

struct Checks<'a> {
    pod: &'a PodSecurity,
    spec: &'a PodSpec,
    minor: u16,
}

impl<'a> Checks<'a> {
    fn containers(&self) -> impl Iterator<Item = &'a ContainerSecurity> + Clone + use<'a> {
        let pod = self.pod;
        pod.init_containers.iter().chain(pod.containers.iter())
    }

    fn contexts(&self) -> impl Iterator<Item = (String, &'a SecurityContext)> + use<'a> {
        let pod = self.pod.security_context.as_ref().map(|context| ("pod".to_owned(), context));
        let of_container =
            |c: &'a ContainerSecurity| Some((format!("container \"{}\"", c.name), c.security_context.as_ref()?));
        pod.into_iter().chain(self.containers().filter_map(of_container))
    }

    /// Containers for which something holds, named as the API server names them.
    fn containers_where(&self, holds: impl Fn(&ContainerSecurity) -> bool) -> Option<String> {
        let named: Vec<String> = self.containers().filter(|c| holds(c)).map(|c| format!("\"{}\"", c.name)).collect();
        match named.len() {
            0 => None,
            1 => Some(format!("container {}", named[0])),
            _ => Some(format!("containers {}", named.join(", "))),
        }
    }

    /// A user namespace of the pod's own frees it of some checks (v1.35).
    fn has_user_namespace(&self) -> bool {
        self.minor >= 35 && self.pod.host_users == Some(false)
    }

    fn is_windows(&self) -> bool {
        self.minor >= 25 && self.pod.os.as_ref().is_some_and(|os| os.name == "windows")
    }

    /// The baseline checks. The restricted level has stricter ones in the place of some, from a version on.
    fn baseline(&self, restricted: bool) -> Vec<Violation> {
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

    fn restricted(&self) -> Vec<Violation> {
        let mut found: Vec<Violation> = Vec::new();
        let mut fail = |check: &str, what: Option<String>| found.extend(what.map(|w| (check.to_owned(), w)));
        let context = |c: &ContainerSecurity| c.security_context.clone().unwrap_or_default();
        const VOLUMES: [&str; 8] = [
            "configMap",
            "downwardAPI",
            "emptyDir",
            "projected",
            "secret",
            "csi",
            "persistentVolumeClaim",
            "ephemeral",
        ];
        let allowed = |kind: &str| VOLUMES.contains(&kind) || kind == "image";
        let volumes = self.pod.volumes.iter().filter(|v| !allowed(&v.kind));
        let volumes = volumes.map(|v| format!("\"{}\" of type {}", v.name, v.kind)).collect();
        fail("restricted volume types", joined(volumes).map(|w| format!("volumes {w}")));
        if self.minor >= 8 && !self.is_windows() {
            let may_escalate = self.containers_where(|c| context(c).allow_privilege_escalation != Some(false));
            fail(
                "allowPrivilegeEscalation != false",
                may_escalate.map(|w| format!("{w} must set securityContext.allowPrivilegeEscalation=false")),
            );
            fail("unrestricted capabilities", if self.minor >= 22 { self.unrestricted_capabilities() } else { None });
        }
        if !self.has_user_namespace() {
            fail("runAsNonRoot != true", self.not_non_root());
            if self.minor >= 23 {
                let root: Vec<String> =
                    self.contexts().filter(|(_, c)| c.run_as_user == Some(0)).map(|(who, _)| who).collect();
                fail("runAsUser=0", joined(root).map(|w| format!("{w} must not set runAsUser=0")));
            }
        }
        if self.minor >= 35 {
            let unmasked = self.containers_where(|c| context(c).proc_mount.is_some_and(|m| m != "Default"));
            fail("procMount", unmasked.map(|w| format!("{w} must not set securityContext.procMount")));
        }
        if self.minor >= 19 && !self.is_windows() {
            fail("seccompProfile", self.unconfined());
        }
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

    fn unrestricted_capabilities(&self) -> Option<String> {
        let bad = |c: &ContainerSecurity| {
            let capabilities = c.security_context.as_ref().and_then(|s| s.capabilities.as_ref());
            capabilities
                .is_none_or(|c| !c.drop.iter().any(|d| d == "ALL") || c.add.iter().any(|a| a != "NET_BIND_SERVICE"))
        };
        let who = self.containers_where(bad)?;
        Some(format!("{who} must set securityContext.capabilities.drop=[\"ALL\"] and add at most \"NET_BIND_SERVICE\""))
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

    fn not_non_root(&self) -> Option<String> {
        let pod = self.pod.security_context.as_ref().and_then(|c| c.run_as_non_root);
        let own = |c: &ContainerSecurity| c.security_context.as_ref().and_then(|s| s.run_as_non_root);
        let wrong = (pod == Some(false)).then(|| "pod must not set securityContext.runAsNonRoot=false".to_owned());
        let explicit = self.containers_where(|c| own(c) == Some(false));
        let explicit = explicit.map(|w| format!("{w} must not set securityContext.runAsNonRoot=false"));
        let silent = self.containers_where(|c| own(c).is_none() && pod.is_none());
        let silent = silent.map(|w| format!("pod or {w} must set securityContext.runAsNonRoot=true"));
        joined(wrong.into_iter().chain(explicit).chain(silent).collect())
    }

    fn unconfined(&self) -> Option<String> {
        let kind = |c: Option<&SecurityContext>| c.and_then(|c| c.seccomp_profile.as_ref()).map(|p| p.kind.clone());
        let pod = kind(self.pod.security_context.as_ref());
        let own = |c: &ContainerSecurity| kind(c.security_context.as_ref());
        let wrong = pod
            .as_deref()
            .is_some_and(|p| !is_confined(p))
            .then(|| "pod must not set securityContext.seccompProfile.type to \"Unconfined\"".to_owned());
        let explicit = self.containers_where(|c| own(c).is_some_and(|p| !is_confined(&p)));
        let explicit =
            explicit.map(|w| format!("{w} must not set securityContext.seccompProfile.type to \"Unconfined\""));
        let silent = self.containers_where(|c| own(c).is_none() && pod.is_none());
        let silent = silent.map(|w| {
            format!("pod or {w} must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"")
        });
        joined(wrong.into_iter().chain(explicit).chain(silent).collect())
    }
}

fn is_confined(kind: &str) -> bool {
    matches!(kind, "RuntimeDefault" | "Localhost")
}

fn joined(parts: Vec<String>) -> Option<String> {
    (!parts.is_empty()).then(|| parts.join(", "))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn fails(enforce: &[(&str, &str)], pod: &str) -> Vec<String> {
        let labels = enforce.iter().map(|(k, v)| (format!("pod-security.kubernetes.io/{k}"), *v)).collect::<Vec<_>>();
        let labels: Labels = labels.iter().map(|(k, v)| (k.as_str(), *v)).collect();
        let pod: PodSecurity = serde_json::from_str(pod).expect("a pod");
        match admit(&labels, &pod, &PodSpec::default(), Version::NEWEST) {
            Some(CreationRefusal::PodSecurity { violations, .. }) => {
                violations.into_iter().map(|(check, _)| check).collect()
            }
            _ => Vec::new(),
        }
    }

    #[test]
    fn levels_and_versions() {
        let agent = r#"{"hostNetwork":true,"volumes":[{"name":"log","hostPath":{"path":"/var/log"}}],
            "containers":[{"name":"a","securityContext":{"privileged":true,"capabilities":{"add":["NET_RAW","KILL"]}}}]}"#;
        let good = r#"{"securityContext":{"runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}},
            "containers":[{"name":"a","securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]}}}]}"#;
        let plain = r#"{"containers":[{"name":"a"}]}"#;
        let probe = r#"{"containers":[{"name":"a","livenessProbe":{"httpGet":{"host":"127.0.0.1","port":1}}}]}"#;
        let raw = r#"{"containers":[{"name":"a","securityContext":{"capabilities":{"add":["NET_RAW"]}}}]}"#;
        let unconfined = r#"{"containers":[{"name":"a","securityContext":{"seccompProfile":{"type":"Unconfined"}}}]}"#;
        let none: &[&str] = &[];
        for (enforce, pod, expected) in [
            (&[][..], agent, none),
            (&[("enforce", "privileged")], agent, none),
            (
                &[("enforce", "baseline")],
                agent,
                &["host namespaces", "privileged", "non-default capabilities", "hostPath volumes"],
            ),
            (&[("enforce", "baseline")], plain, none),
            (&[("enforce", "restricted")], good, none),
            (
                &[("enforce", "restricted")],
                plain,
                &[
                    "allowPrivilegeEscalation != false",
                    "unrestricted capabilities",
                    "runAsNonRoot != true",
                    "seccompProfile",
                ],
            ),
            (
                &[("enforce", "restricted"), ("enforce-version", "v1.21")],
                raw,
                &[
                    "non-default capabilities",
                    "allowPrivilegeEscalation != false",
                    "runAsNonRoot != true",
                    "seccompProfile",
                ],
            ),
            (
                &[("enforce", "restricted"), ("enforce-version", "v1.0")],
                raw,
                &["non-default capabilities", "runAsNonRoot != true"],
            ),
            (&[("enforce", "baseline"), ("enforce-version", "v1.18")], unconfined, none),
            (&[("enforce", "baseline"), ("enforce-version", "v1.19")], unconfined, &["seccompProfile"]),
            (&[("enforce", "baseline"), ("enforce-version", "v1.18.1")], unconfined, &["seccompProfile"]),
            (&[("enforce", "baseline"), ("enforce-version", "1.18")], unconfined, &["seccompProfile"]),
            (
                &[("enforce", "restricted"), ("enforce-version", "v1.20")],
                plain,
                &["allowPrivilegeEscalation != false", "runAsNonRoot != true", "seccompProfile"],
            ),
            (
                &[("enforce", "paranoid")],
                plain,
                &[
                    "allowPrivilegeEscalation != false",
                    "unrestricted capabilities",
                    "runAsNonRoot != true",
                    "seccompProfile",
                ],
            ),
            (&[("enforce", "baseline")], probe, &["probe or lifecycle host"]),
            (&[("enforce", "baseline"), ("enforce-version", "v1.33")], probe, none),
        ] {
            assert_eq!(fails(enforce, pod), expected, "{enforce:?} {pod}");
        }
    }

    #[test]
    fn profiles_were_annotations_once() {
        let annotated = |annotations: &[(Option<&str>, &str)]| {
            let mut pod: PodSecurity = serde_json::from_str(r#"{"containers":[{"name":"a"}]}"#).expect("a pod");
            pod.seccomp_annotations = annotations.iter().map(|(c, p)| (c.map(str::to_owned), p.to_string())).collect();
            let labels = [("enforce", "baseline"), ("enforce-version", "v1.18")];
            let labels = labels.map(|(key, value)| (format!("pod-security.kubernetes.io/{key}"), value));
            let labels: Labels = labels.iter().map(|(k, v)| (k.as_str(), *v)).collect();
            admit(&labels, &pod, &PodSpec::default(), Version::NEWEST).is_none()
        };
        assert!(annotated(&[(None, "runtime/default"), (Some("a"), "localhost/a.json")]));
        assert!(annotated(&[(Some("gone"), "unconfined")]), "of a container that is not there");
        assert!(!annotated(&[(None, "unconfined")]));
        assert!(!annotated(&[(Some("a"), "unconfined")]));
    }
}
