//! Rules about rights: privileges, capabilities, the node's namespaces, images, probes, secrets.

use serde_json::json;

use crate::manifest::fields::Rule;
use crate::manifest::input::Language;
use crate::manifest::lint::agent_kind::Purpose;
use crate::manifest::lint::containers::{containers, name_of};
use crate::manifest::lint::linter::Linter;
use crate::manifest::text::broken;
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
        Purpose::Other => &["NET_BIND_SERVICE"],
    }
}

impl Linter<'_> {
    /// DS905, DS906: more rights than the work needs.
    pub(crate) fn rights(&mut self) {
        let pod = self.pod;
        let purpose = self.purpose.shown();
        for container in containers(pod) {
            let Some(context) = container.get("securityContext") else { continue };
            let name = name_of(container);
            if let Some(privileged) = context.get("privileged").filter(|n| n.bool() == Some(true)) {
                let message = format!(
                    "`{name}` is privileged and can do anything on the node; the DaemonSet looks like {purpose}"
                );
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
                let message = format!("`{name}` has the capability {text}; the DaemonSet looks like {purpose}");
                let kept: Vec<&str> = added.iter().filter_map(Node::text).filter(|c| *c != text).collect();
                let patch =
                    self.container_patch(container, json!({"securityContext": {"capabilities": {"add": kept}}}));
                self.tell("DS905", Severity::Warning, capability.at, message, patch);
            }
        }
        for (key, fine) in [
            ("hostNetwork", &[Purpose::Network, Purpose::Metrics, Purpose::Storage, Purpose::Security][..]),
            ("hostPID", &[Purpose::Metrics, Purpose::Security, Purpose::Storage][..]),
            ("hostIPC", &[][..]),
        ] {
            let Some(given) = pod.get(key).filter(|n| n.bool() == Some(true)) else { continue };
            if !fine.contains(&self.purpose) {
                let message = format!(
                    "the pods share the node's namespace (`{}`); the DaemonSet looks like {purpose}",
                    self.shown(key)
                );
                let patch = self.pod_patch(json!({key: false}));
                self.tell("DS906", Severity::Warning, given.at, message, patch);
            }
        }
    }

    /// DS907: an image whose meaning changes.
    pub(crate) fn images(&mut self) {
        for container in containers(self.pod).collect::<Vec<_>>() {
            let Some(image) = container.get("image") else { continue };
            let reference = image.text().unwrap_or_default();
            let last = reference.rsplit('/').next().unwrap_or_default();
            let tag = last.split_once(':').map(|(_, tag)| tag);
            if reference.contains('@') || reference.is_empty() || tag.is_some_and(|t| t != "latest") {
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
            let probe = json!({"readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}}});
            let patch = self.container_patch(first, probe);
            self.tell("DS920", Severity::Info, first.at, message, patch);
        }
    }

    /// DS919: a secret that everybody can read who can read the DaemonSet.
    pub(crate) fn secrets(&mut self) {
        for container in containers(self.pod).collect::<Vec<_>>() {
            for variable in container.get("env").map(Node::items).unwrap_or_default() {
                let name = name_of(variable);
                let upper = name.to_ascii_uppercase();
                let telling =
                    ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "API_KEY", "APIKEY", "PRIVATE_KEY", "CREDENTIAL"];
                let value = variable.get("value").and_then(Node::text).unwrap_or_default();
                let names_place = value.starts_with('/') || value.starts_with("$(") || value.parse::<f64>().is_ok();
                let word = matches!(value, "" | "true" | "false");
                let place = ["_FILE", "_PATH", "_NAME", "_DIR", "_URL", "_ENABLED"].iter().any(|s| upper.ends_with(s));
                if telling.iter().any(|t| upper.contains(t)) && !names_place && !place && !word {
                    let message = format!("the value of `{name}` is in the DaemonSet, where many users can read it");
                    let patch = self.secret_patch(container, name);
                    self.tell("DS919", Severity::Warning, variable.at, message, patch);
                    self.hide_last();
                }
            }
        }
    }

    /// A patch that takes a variable from a Secret, in the shape in which the document writes its variables; `None`
    /// where the document does not write it, or its name can be no key.
    fn secret_patch(&self, container: &Node, name: &str) -> Option<String> {
        let key = broken(Rule::DataKey, name).is_none().then_some(name)?;
        let source = json!({"name": "name-of-a-secret", "key": key});
        if self.input.language() == Language::Apps {
            let variable = json!({"name": name, "value": null, "valueFrom": {"secretKeyRef": source}});
            return self.container_patch(container, json!({"env": [variable]}));
        }
        let env = self.written(container)?.get("env")?;
        let listed = matches!(env.value, Value::List(_));
        let variables = if listed { env } else { env.get("variables")? };
        let change = if matches!(variables.value, Value::List(_)) {
            variables.items().iter().find(|v| name_of(v) == name)?;
            json!([{"name": name, "value": null, "secret_key_ref": source}])
        } else {
            match variables.get(name)?.get("value") {
                Some(_) => json!({name: {"value": null, "secret_key_ref": source}}),
                None => json!({name: {"secret_key_ref": source}}),
            }
        };
        self.container_patch(
            container,
            if listed { json!({"env": change}) } else { json!({"env": {"variables": change}}) },
        )
    }
}
