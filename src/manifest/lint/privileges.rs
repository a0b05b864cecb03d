//! Rules about rights: privileges, capabilities, the node's namespaces, images, probes.

use serde_json::json;

use crate::manifest::image_name::broken_image_rule;
use crate::manifest::lint::agent_kind::Purpose;
use crate::manifest::lint::containers::{containers, name_of};
use crate::manifest::lint::linter::Linter;
use crate::manifest::text::shorten;
use crate::severity::Severity;
use crate::yaml::{Node, Value};

/// Capabilities that agents of a purpose need for their work.
fn expected(purpose: Purpose) -> &'static [&'static str] {
    match purpose {
        Purpose::Network => &[
            "NET_ADMIN",
            "NET_RAW",
            "NET_BIND_SERVICE",
            "SYS_ADMIN",
            "SYS_MODULE",
            "BPF",
            "PERFMON",
            "SYS_RESOURCE",
            "IPC_LOCK",
            "DAC_OVERRIDE",
            "SETPCAP",
            "SETGID",
            "SETUID",
            "CHOWN",
            "KILL",
            "FOWNER",
            "SYS_CHROOT",
            "SYS_PTRACE",
            "SYSLOG",
        ],
        Purpose::Storage => &["SYS_ADMIN", "MKNOD", "SYS_RESOURCE", "SYS_CHROOT", "DAC_OVERRIDE"],
        Purpose::Security => &[
            "SYS_PTRACE",
            "SYS_ADMIN",
            "BPF",
            "PERFMON",
            "SYS_RESOURCE",
            "NET_ADMIN",
            "DAC_READ_SEARCH",
            "SYSLOG",
            "IPC_LOCK",
        ],
        Purpose::Device => &["SYS_ADMIN", "MKNOD"],
        Purpose::Logs => &["DAC_READ_SEARCH", "FOWNER", "CHOWN", "SETUID", "SETGID"],
        Purpose::Metrics => {
            &["SYS_TIME", "SYS_PTRACE", "SYS_RESOURCE", "DAC_READ_SEARCH", "NET_RAW", "SYSLOG", "PERFMON", "BPF"]
        }
        Purpose::ControlPlane | Purpose::Other => &["NET_BIND_SERVICE"],
    }
}

impl Linter<'_> {
    /// DS905, DS906: more rights than the work needs.
    pub(crate) fn rights(&mut self) {
        let pod = self.pod;
        let looks = self.looks();
        for container in containers(pod) {
            let Some(context) = container.get("securityContext") else { continue };
            let name = name_of(container);
            if let Some(privileged) = context.get("privileged").filter(|n| n.bool() == Some(true)) {
                let message = format!("`{name}` is privileged and can do anything on the node{looks}");
                let patch = self.container_patch(container, json!({"securityContext": {"privileged": false}}));
                self.tell("DS905", self.purpose.rights(), privileged.at, message, patch);
                continue;
            }
            let added = context.at_path(&["capabilities", "add"]).map(Node::items).unwrap_or_default();
            let known = expected(self.purpose);
            let beyond = added
                .iter()
                .filter(|c| c.text().is_some_and(|c| !known.contains(&c.strip_prefix("CAP_").unwrap_or(c))));
            for capability in beyond.collect::<Vec<_>>() {
                let text = capability.text().unwrap_or_default();
                let message = format!("`{name}` has the capability {text}{looks}");
                let kept: Vec<&str> = added.iter().filter_map(Node::text).filter(|c| *c != text).collect();
                let patch =
                    self.container_patch(container, json!({"securityContext": {"capabilities": {"add": kept}}}));
                self.tell("DS905", Severity::Warning, capability.at, message, patch);
            }
        }
        for (key, fine) in [
            (
                "hostNetwork",
                &[Purpose::Network, Purpose::Metrics, Purpose::Storage, Purpose::Security, Purpose::ControlPlane][..],
            ),
            ("hostPID", &[Purpose::Metrics, Purpose::Security, Purpose::Storage][..]),
            ("hostIPC", &[][..]),
        ] {
            let Some(given) = pod.get(key).filter(|n| n.bool() == Some(true)) else { continue };
            if !fine.contains(&self.purpose) {
                let message = format!("the pods share the node's namespace (`{}`){looks}", self.shown(key));
                let patch = self.pod_patch(json!({key: false}));
                self.tell("DS906", Severity::Warning, given.at, message, patch);
            }
        }
    }

    /// DS928: an image name that no kubelet reads. An empty one is the API server's to refuse.
    pub(crate) fn image_names(&mut self) {
        for container in containers(self.pod).collect::<Vec<_>>() {
            let Some(image) = container.get("image") else { continue };
            let name = image.text().unwrap_or_default();
            let Some(rule) = Some(name).filter(|n| !n.is_empty()).and_then(broken_image_rule) else { continue };
            let message =
                format!("no kubelet can read the image `{}` of `{}`: {}", shorten(name), name_of(container), rule);
            self.tell("DS928", Severity::Error, image.at, message, None);
        }
    }

    /// DS907: an image whose meaning changes.
    pub(crate) fn images(&mut self) {
        for container in containers(self.pod).collect::<Vec<_>>() {
            let Some(image) = container.get("image") else { continue };
            let reference = image.text().unwrap_or_default();
            let last = reference.rsplit('/').next().unwrap_or_default();
            let tag = last.split_once(':').map(|(_, tag)| tag);
            let readable = !reference.is_empty() && broken_image_rule(reference).is_none();
            if !readable || reference.contains('@') || tag.is_some_and(|t| t != "latest") {
                continue;
            }
            let said = if tag.is_some() { "the tag `latest`" } else { "no tag, which is `latest`" };
            let message = format!("`{}` has {said}: each node runs the version that it pulled", name_of(container));
            let fixed = format!("{}:VERSION", reference.strip_suffix(":latest").unwrap_or(reference));
            let patch = self.container_patch(container, json!({ "image": fixed }));
            self.tell("DS907", Severity::Warning, image.at, message, patch);
        }
    }

    /// DS920: without a readiness probe a rollout takes a broken agent for a good one.
    pub(crate) fn probes(&mut self) {
        let containers = self.pod.get("containers").map(Node::items).unwrap_or_default();
        let ready = |c: &Node| c.get("readinessProbe").is_some_and(|n| n.value != Value::Null);
        if let Some(first) = containers.first().filter(|_| !containers.iter().any(ready)) {
            let message = "no readiness probe: a rollout continues even if the new pods do not work".to_owned();
            // What the container answers to is not known: a probe that was made up would never succeed.
            self.tell("DS920", Severity::Info, first.at, message, None);
        }
    }
}
