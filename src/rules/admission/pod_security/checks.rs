//! The pod that is checked: its containers and security contexts, and the words that both levels share.

use crate::model::PodSpec;
use crate::model::security::{ContainerSecurity, PodSecurity, SecurityContext};

/// What fails: the check and the fields.
pub(super) type Violation = (String, String);

/// A pod, and the version whose checks it must pass.
pub(super) struct Checks<'a> {
    pub(super) pod: &'a PodSecurity,
    pub(super) spec: &'a PodSpec,
    /// Minor version of Kubernetes whose checks count.
    pub(super) minor: u16,
}

impl<'a> Checks<'a> {
    pub(super) fn containers(&self) -> impl Iterator<Item = &'a ContainerSecurity> + Clone + use<'a> {
        let pod = self.pod;
        pod.init_containers.iter().chain(pod.containers.iter())
    }

    pub(super) fn contexts(&self) -> impl Iterator<Item = (String, &'a SecurityContext)> + use<'a> {
        let pod = self.pod.security_context.as_ref().map(|context| ("pod".to_owned(), context));
        let of_container =
            |c: &'a ContainerSecurity| Some((format!("container \"{}\"", c.name), c.security_context.as_ref()?));
        pod.into_iter().chain(self.containers().filter_map(of_container))
    }

    /// Containers for which something holds, named as the API server names them.
    pub(super) fn containers_where(&self, holds: impl Fn(&ContainerSecurity) -> bool) -> Option<String> {
        let named: Vec<String> = self.containers().filter(|c| holds(c)).map(|c| format!("\"{}\"", c.name)).collect();
        match named.len() {
            0 => None,
            1 => Some(format!("container {}", named[0])),
            _ => Some(format!("containers {}", named.join(", "))),
        }
    }

    /// A user namespace of the pod's own frees it of some checks (v1.35).
    pub(super) fn has_user_namespace(&self) -> bool {
        self.minor >= 35 && self.pod.host_users == Some(false)
    }

    pub(super) fn is_windows(&self) -> bool {
        self.minor >= 25 && self.pod.os.as_ref().is_some_and(|os| os.name == "windows")
    }
}

pub(super) fn is_confined(kind: &str) -> bool {
    matches!(kind, "RuntimeDefault" | "Localhost")
}

pub(super) fn joined(parts: Vec<String>) -> Option<String> {
    (!parts.is_empty()).then(|| parts.join(", "))
}
