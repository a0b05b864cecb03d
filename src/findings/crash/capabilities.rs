//! Capabilities that a system call requires and a container lacks.

use crate::findings::cause::CrashField;
use crate::findings::crash::container::{CrashedContainer, RunsAs};
use crate::model::message::log::Call;

/// Capabilities that containerd and Docker grant by default (`defaultUnixCaps` in containerd/pkg/oci/spec.go v2.0,
/// moby/profiles/caps v27).
const DEFAULT: &[&str] = &[
    "CHOWN",
    "DAC_OVERRIDE",
    "FSETID",
    "FOWNER",
    "MKNOD",
    "NET_RAW",
    "SETGID",
    "SETUID",
    "SETFCAP",
    "SETPCAP",
    "NET_BIND_SERVICE",
    "SYS_CHROOT",
    "KILL",
    "AUDIT_WRITE",
];

/// Capabilities that CRI-O grants by default (`Default` in cri-o/internal/config/capabilities/capabilities_linux.go v1.30).
/// An administrator may change the list in its configuration (`default_capabilities`).
const DEFAULT_OF_CRI_O: &[&str] =
    &["CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "SETGID", "SETUID", "SETPCAP", "NET_BIND_SERVICE", "KILL"];

/// Capabilities that were taken out of CAP_SYS_ADMIN, which still stands for them (capabilities(7)).
const WITHIN_SYS_ADMIN: &[&str] = &["BPF", "CHECKPOINT_RESTORE", "PERFMON", "SYSLOG"];

impl CrashedContainer<'_> {
    /// EPERM, or EACCES, for a call that requires a capability.
    pub fn denied_call(&self, call: Call) -> Option<CrashField> {
        if self.is_privileged() {
            return None;
        }
        let runs_as = self.runs_as();
        let mut missing: Vec<&'static str> =
            call.capabilities().iter().copied().filter(|capability| !self.is_granted(capability)).collect();
        // With `kernel.perf_event_paranoid` above 2, as Debian and Ubuntu set it, CAP_PERFMON is not enough
        // (`perf_event_open` in kernel/events/core.c of Ubuntu 22.04).
        let is_paranoid = call == Call::PerformanceEvents && missing.is_empty() && self.adds_capabilities();
        if is_paranoid && !self.is_granted("SYS_ADMIN") {
            missing.push("SYS_ADMIN");
        }
        if !missing.is_empty() {
            return Some(CrashField::Capabilities {
                is_dropped: missing.iter().any(|capability| self.is_dropped(capability)),
                is_mount: call == Call::Mount,
                user: runs_as.user(),
                capabilities: missing,
            });
        }
        // The runtime grants them, and the process of root has them.
        (runs_as != RunsAs::Root).then(|| CrashField::CapabilitiesOfRoot {
            capabilities: call.capabilities().to_vec(),
            user: runs_as.user(),
        })
    }

    /// Whether the runtime grants a capability to the container: what is added counts more than what is dropped
    /// (`WithCapabilities` in containerd/internal/cri/opts/spec_linux_opts.go v2.0: drop ALL, add, drop).
    pub fn is_granted(&self, capability: &str) -> bool {
        let security = &self.container.security_context;
        let added = security.capabilities.iter().flat_map(|capabilities| capabilities.add.iter());
        let is_added = added.map(|added| bare(added)).any(|added| added == capability || added == "ALL");
        let is_part = |of: &str| WITHIN_SYS_ADMIN.contains(&capability) && capability != of && self.is_granted(of);
        is_added || self.defaults().contains(&capability) && !self.is_dropped(capability) || is_part("SYS_ADMIN")
    }

    /// Whether the template adds capabilities, which only a process of root gets.
    pub fn adds_capabilities(&self) -> bool {
        self.container.security_context.capabilities.as_ref().is_some_and(|capabilities| !capabilities.add.is_empty())
    }

    /// What the runtime of the node grants by default.
    fn defaults(&self) -> &'static [&'static str] {
        let is_cri_o =
            self.node.info.container_runtime_version.is_some_and(|runtime| runtime.as_str().starts_with("cri-o://"));
        if is_cri_o { DEFAULT_OF_CRI_O } else { DEFAULT }
    }

    /// Whether the template drops a capability.
    pub fn is_dropped(&self, capability: &str) -> bool {
        let security = &self.container.security_context;
        let names = |list: &[String]| list.iter().map(|name| bare(name)).collect::<Vec<_>>();
        let Some(capabilities) = &security.capabilities else { return false };
        let (added, dropped) = (names(&capabilities.add), names(&capabilities.drop));
        let is_dropped = dropped.iter().any(|dropped| dropped == capability || dropped == "ALL");
        is_dropped && !added.iter().any(|added| added == capability || added == "ALL")
    }
}

/// A capability's name without the prefix that some write.
fn bare(name: &str) -> String {
    let name = name.to_ascii_uppercase();
    name.strip_prefix("CAP_").map(str::to_owned).unwrap_or(name)
}
