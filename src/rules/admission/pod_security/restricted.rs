//! The checks that the restricted level adds: volumes, capabilities, users and seccomp.

use crate::model::security::{ContainerSecurity, SecurityContext};
use crate::rules::admission::pod_security::checks::{Checks, Violation, is_confined, joined};

impl Checks<'_> {
    pub(super) fn restricted(&self) -> Vec<Violation> {
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

    fn unrestricted_capabilities(&self) -> Option<String> {
        let bad = |c: &ContainerSecurity| {
            let capabilities = c.security_context.as_ref().and_then(|s| s.capabilities.as_ref());
            capabilities
                .is_none_or(|c| !c.drop.iter().any(|d| d == "ALL") || c.add.iter().any(|a| a != "NET_BIND_SERVICE"))
        };
        let who = self.containers_where(bad)?;
        Some(format!("{who} must set securityContext.capabilities.drop=[\"ALL\"] and add at most \"NET_BIND_SERVICE\""))
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
