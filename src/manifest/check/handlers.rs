//! Probes, hooks and restarts of a container (`validateProbe`, `validateLifecycle`, `validateContainerRestartPolicy`,
//! `validateResizePolicy`, pkg/apis/core/validation/validation.go, v1.36).

use std::collections::HashSet;

use crate::manifest::check::Checker;
use crate::manifest::check::volumes::{set, text};
use crate::manifest::text::shorten;
use crate::yaml::{Node, Value};

const HANDLERS: [&str; 4] = ["exec", "httpGet", "tcpSocket", "grpc"];
const HOOKS: [&str; 4] = ["exec", "httpGet", "tcpSocket", "sleep"];

/// Seconds between the stop signal and the kill where the pod says nothing (`SetDefaults_PodSpec`).
const DEFAULT_GRACE: i64 = 30;

impl Checker<'_> {
    /// Probes and hooks: not for an init container that ends.
    pub(super) fn handlers(&mut self, container: &Node, pod: &Node, init: bool) {
        let sidecar = container.get("restartPolicy").and_then(Node::text) == Some("Always");
        for key in ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle"] {
            let Some(entry) = container.entry(key).filter(|e| e.node.value != Value::Null) else { continue };
            if init && !sidecar {
                let message = format!("an init container has no `{}`", self.name(key));
                let hint = format!("`{}: Always` makes it a sidecar, which may have one", self.name("restartPolicy"));
                self.error(entry.key_at, message, Some(&hint));
            } else if key == "lifecycle" {
                self.lifecycle(&entry.node, pod);
            } else {
                self.probe(&entry.node, key);
            }
        }
        self.restarts(container);
        self.resize(container, init && !sidecar);
    }

    fn probe(&mut self, probe: &Node, kind: &'static str) {
        let shown = self.name(kind);
        self.one_of(probe, &HANDLERS, &shown);
        self.action(probe);
        if let Some(threshold) = probe.get("successThreshold").filter(|n| n.int().is_some_and(|n| n > 1))
            && kind != "readinessProbe"
        {
            let message = format!("`{}` of `{shown}` must be 1", self.name("successThreshold"));
            self.error(threshold.at, message, None);
        }
        if let Some(grace) = set(probe, "terminationGracePeriodSeconds").filter(|_| kind == "readinessProbe") {
            let message = format!("`{}` is not allowed in `{shown}`", self.name("terminationGracePeriodSeconds"));
            self.error(grace.at, message, Some("a failed readiness probe does not stop the container"));
        }
    }

    fn lifecycle(&mut self, lifecycle: &Node, pod: &Node) {
        // A negative grace period counts as 1 second.
        let grace = set(pod, "terminationGracePeriodSeconds").and_then(Node::int).unwrap_or(DEFAULT_GRACE);
        let grace = if grace < 0 { 1 } else { grace };
        for key in ["postStart", "preStop"] {
            let Some(hook) = set(lifecycle, key) else { continue };
            let shown = self.name(key);
            self.one_of(hook, &HOOKS, &shown);
            self.action(hook);
            if let Some(seconds) = hook.at_path(&["sleep", "seconds"])
                && seconds.int().is_some_and(|s| s > grace)
            {
                let name = self.name("terminationGracePeriodSeconds");
                let message = format!("`sleep` of `{shown}` is longer than `{name}` ({grace}s)");
                self.error(seconds.at, message, Some(&format!("raise `{name}`, or sleep less")));
            }
        }
    }

    /// What is run in the container has a name, and headers have names of headers (`IsHTTPHeaderName`).
    fn action(&mut self, handler: &Node) {
        if let Some(exec) = handler.entry("exec").filter(|e| matches!(e.node.value, Value::Map(_)))
            && exec.node.get("command").is_none_or(Node::is_empty)
        {
            let at = exec.node.get("command").filter(|n| n.value != Value::Null).map_or(exec.key_at, |n| n.at);
            self.error(at, "`exec` has no command", Some("add `command`, a list of words"));
        }
        let headers = handler.at_path(&["httpGet", "httpHeaders"]).map(Node::items).unwrap_or_default();
        for header in headers {
            let name = text(header, "name");
            if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
                self.refuse(header, "name", format!("`{}` is no name of a header", shorten(name)));
            }
        }
    }

    /// Rules of restarts stand beside a policy, and say for which exit codes.
    fn restarts(&mut self, container: &Node) {
        let Some(rules) = container.entry("restartPolicyRules").filter(|e| !e.node.is_empty()) else { return };
        let shown = self.name("restartPolicyRules");
        if text(container, "restartPolicy").is_empty() {
            self.lacks(container, format!("`{shown}` needs `{}`", self.name("restartPolicy")), None);
        }
        if rules.node.items().len() > 20 {
            self.error(rules.key_at, format!("`{shown}` has at most 20 entries"), None);
        }
        for rule in rules.node.items() {
            match set(rule, "exitCodes") {
                None => self.lacks(rule, format!("a rule needs `{}`", self.name("exitCodes")), None),
                Some(codes) if codes.get("values").is_some_and(|v| v.items().len() > 255) => {
                    self.refuse(codes, "values", "at most 255 exit codes are allowed");
                }
                Some(_) => {}
            }
        }
    }

    /// One entry for each resource; an init container that ends cannot be restarted.
    fn resize(&mut self, container: &Node, ends: bool) {
        let mut names = HashSet::new();
        for policy in container.get("resizePolicy").map(Node::items).unwrap_or_default() {
            let name = text(policy, "resourceName");
            if !name.is_empty() && !names.insert(name) {
                self.error(policy.at, format!("`{}` has {name} twice", self.name("resizePolicy")), Some("keep one"));
            }
            if ends && text(policy, "restartPolicy") == "RestartContainer" {
                self.refuse(policy, "restartPolicy", "an init container that ends cannot have `RestartContainer`");
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
}
