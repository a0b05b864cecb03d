//! Rules of one container.

use std::collections::HashSet;

use crate::manifest::check::Checker;
use crate::manifest::fields::Rule;
use crate::manifest::template;
use crate::manifest::text::{broken, demand};
use crate::model::Quantity;
use crate::yaml::{Node, Value};

const HANDLERS: [&str; 4] = ["exec", "httpGet", "tcpSocket", "grpc"];
const HOOKS: [&str; 4] = ["exec", "httpGet", "tcpSocket", "sleep"];

impl Checker<'_> {
    pub(crate) fn container(&mut self, container: &Node, pod: &Node, init: bool) {
        if let Some(image) = container.get("image").filter(|i| i.text().is_some_and(|t| t.trim() != t)) {
            self.error(image.at, "the image begins or ends with blanks", None);
        }
        if let Some(image) = container.get("image").filter(|i| i.text().is_some_and(template::is_action)) {
            let message = "the image is a template that was not rendered: no runtime reads the name (InvalidImageName)";
            self.error(image.at, message, Some(template::HINT));
        }
        self.env(container);
        self.ports(container);
        self.resources(container);
        let sidecar = container.get("restartPolicy").and_then(Node::text) == Some("Always");
        for key in ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle"] {
            let Some(entry) = container.entry(key).filter(|e| e.node.value != Value::Null) else { continue };
            if init && !sidecar {
                let message = format!("an init container has no `{}`", self.name(key));
                let hint = format!("`{}: Always` makes it a sidecar, which may have one", self.name("restartPolicy"));
                self.error(entry.key_at, message, Some(&hint));
            } else if key == "lifecycle" {
                self.lifecycle(&entry.node);
            } else {
                self.probe(&entry.node, key);
            }
        }
        self.rights(container, pod);
        self.profiles(container);
    }

    /// A variable has a value or one source; two of one name are a mistake that only some writers notice.
    fn env(&mut self, container: &Node) {
        let mut names = HashSet::new();
        for variable in container.get("env").map(Node::items).unwrap_or_default() {
            let name = variable.get("name").and_then(Node::text).unwrap_or_default();
            if !name.is_empty() && !names.insert(name) {
                let hint = "keep one: the last value wins, and server-side apply rejects duplicates";
                self.warning(variable.at, format!("duplicate variable `{name}`"), Some(hint));
            }
            let Some(source) = variable.get("valueFrom").filter(|s| s.value != Value::Null) else { continue };
            if variable.get("value").and_then(Node::text).is_some_and(|v| !v.is_empty()) {
                self.error(source.at, format!("variable `{name}` has a value and a source"), Some("keep one"));
            }
            let sources = source.entries().iter().filter(|entry| self.given(source, &entry.key).is_some());
            if matches!(source.value, Value::Map(_)) && sources.count() != 1 {
                let message = format!("variable `{name}` needs exactly one source");
                self.error(source.at, message, None);
            }
        }
    }

    /// Names of ports are unique within the container.
    fn ports(&mut self, container: &Node) {
        let mut names = HashSet::new();
        for port in container.get("ports").map(Node::items).unwrap_or_default() {
            if let Some(name) = port.get("name").filter(|n| n.text().is_some_and(|t| !t.is_empty()))
                && !names.insert(name.text())
            {
                let message = format!("two ports are named `{}`", name.text().unwrap_or_default());
                self.error(name.at, message, Some("give each port of the container a unique name"));
            }
        }
    }

    /// No request above its limit; what has no overcommitment is asked for exactly, and has a limit.
    fn resources(&mut self, container: &Node) {
        let limits = container.at_path(&["resources", "limits"]);
        let amount = |node: &Node| match &node.value {
            Value::Text(text) => Quantity::parse(text).ok(),
            Value::Number(n) => Quantity::parse(&n.to_string()).ok(),
            _ => None,
        };
        for request in container.at_path(&["resources", "requests"]).map(Node::entries).unwrap_or_default() {
            let native = !request.key.contains('/') || request.key.contains("kubernetes.io/");
            let exact = !native || request.key.starts_with("hugepages-");
            let Some(limit) = limits.and_then(|l| l.get(&request.key)) else {
                if exact {
                    let message = format!("{} is requested without a limit", request.key);
                    self.error(
                        request.key_at,
                        message,
                        Some("set the limit to the request: this resource cannot be overcommitted"),
                    );
                }
                continue;
            };
            let Some((asked, most)) = amount(&request.node).zip(amount(limit)) else { continue };
            if asked > most {
                self.error(request.node.at, format!("the request of {} is above the limit", request.key), None);
            } else if exact && asked != most {
                self.error(request.node.at, format!("request and limit of {} must be equal", request.key), None);
            }
        }
    }

    fn probe(&mut self, probe: &Node, kind: &'static str) {
        let shown = self.name(kind);
        self.one_of(probe, &HANDLERS, &shown);
        self.command(probe);
        if let Some(threshold) = probe.get("successThreshold").filter(|n| n.int().is_some_and(|n| n > 1))
            && kind != "readinessProbe"
        {
            let message = format!("`{}` of `{shown}` must be 1", self.name("successThreshold"));
            self.error(threshold.at, message, None);
        }
        if let Some(grace) = probe.get("terminationGracePeriodSeconds").filter(|_| kind == "readinessProbe") {
            let message = format!("`{}` is not allowed in `{shown}`", self.name("terminationGracePeriodSeconds"));
            self.error(grace.at, message, Some("a failed readiness probe does not stop the container"));
        }
    }

    fn lifecycle(&mut self, lifecycle: &Node) {
        for key in ["postStart", "preStop"] {
            if let Some(hook) = lifecycle.get(key).filter(|h| h.value != Value::Null) {
                let shown = self.name(key);
                self.one_of(hook, &HOOKS, &shown);
                self.command(hook);
            }
        }
    }

    /// What is run in the container has a name.
    fn command(&mut self, handler: &Node) {
        let Some(exec) = handler.entry("exec").filter(|e| matches!(e.node.value, Value::Map(_))) else { return };
        if exec.node.get("command").is_none_or(Node::is_empty) {
            self.error(exec.key_at, "`exec` has no command", Some("add `command`, a list of words"));
        }
    }

    /// A profile of the node has a name, and only such a one.
    pub(crate) fn profiles(&mut self, owner: &Node) {
        for key in ["seccompProfile", "appArmorProfile"] {
            let Some(profile) = owner.at_path(&["securityContext", key]) else { continue };
            let named = profile.get("localhostProfile").filter(|n| n.value != Value::Null);
            let name = self.name("localhostProfile");
            match profile.get("type").and_then(Node::text) {
                Some("Localhost") => match named {
                    None => self.error(profile.at, format!("`Localhost` needs `{name}`"), None),
                    Some(given)
                        if key == "appArmorProfile" && given.text().is_some_and(|t| t.trim() != t || t.is_empty()) =>
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

    fn one_of(&mut self, node: &Node, keys: &[&'static str], shown: &str) {
        let given: Vec<_> =
            node.entries().iter().filter(|e| keys.contains(&e.key.as_str()) && e.node.value != Value::Null).collect();
        let names: Vec<String> = keys.iter().map(|k| format!("`{}`", self.name(k))).collect();
        match given.as_slice() {
            [_] => {}
            [] if matches!(node.value, Value::Map(_)) => {
                self.error(
                    node.at,
                    format!("`{shown}` has no action"),
                    Some(&format!("add one of {}", names.join(", "))),
                );
            }
            [] => {}
            [_, second, ..] => {
                self.error(
                    second.key_at,
                    format!("`{shown}` has more than one of {}", names.join(", ")),
                    Some("keep one"),
                );
            }
        }
    }

    /// Rights that contradict each other.
    fn rights(&mut self, container: &Node, pod: &Node) {
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
