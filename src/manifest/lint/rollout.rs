//! Rules about replacing pods and about who yields when a node is full.

use serde_json::json;

use crate::manifest::input::Language;
use crate::manifest::lint::agent_kind::Purpose;
use crate::manifest::lint::linter::Linter;
use crate::manifest::lint::patch::spec_patch;
use crate::severity::Severity;
use crate::yaml::{Node, Value};

impl Linter<'_> {
    /// DS909, DS910: rollouts that never end, or that take all nodes at once.
    pub(crate) fn rollout(&mut self) {
        let Some(strategy) = self.spec.get("updateStrategy") else { return };
        let language = self.input.language();
        if let Some(kind) = strategy.get("type").filter(|t| t.text() == Some("OnDelete")) {
            let message = "OnDelete: pods are not updated until they are deleted manually".to_owned();
            let patch = spec_patch(language, json!({"updateStrategy": {"type": "RollingUpdate"}}));
            self.tell("DS910", Severity::Info, kind.at, message, Some(patch));
            return;
        }
        if let Some(bound) = strategy.at_path(&["rollingUpdate", "maxUnavailable"])
            && let Some(percent) = bound.text().and_then(|t| t.strip_suffix('%')?.parse::<u32>().ok())
            && percent >= 50
        {
            let message = format!("a rollout stops the agent on {percent}% of the nodes at once");
            let patch = self.bounds(json!({"maxUnavailable": "10%"}));
            self.tell("DS910", Severity::Warning, bound.at, message, Some(patch));
        }
        let surge = strategy
            .at_path(&["rollingUpdate", "maxSurge"])
            .filter(|s| !crate::manifest::render::is_zero(s) && s.value != Value::Null);
        let host_network = self.pod.get("hostNetwork").and_then(Node::bool) == Some(true);
        let holds_port = crate::manifest::lint::containers::containers(self.pod).any(|c| {
            let ports = c.get("ports").map(Node::items).unwrap_or_default();
            ports.iter().any(|p| host_network || p.get("hostPort").and_then(Node::int).is_some_and(|n| n > 0))
        });
        if let Some(surge) = surge.filter(|_| holds_port) {
            let message = "the new pod waits for the host port of the old pod: the rollout never ends".to_owned();
            let patch = self.bounds(json!({"maxSurge": 0, "maxUnavailable": 1}));
            self.tell("DS909", Severity::Error, surge.at, message, Some(patch));
        }
    }

    /// A patch of the bounds, where the document has them.
    fn bounds(&self, bounds: serde_json::Value) -> String {
        let written = self.input.node().at_path(&["spec", "updateStrategy"]);
        let flat = written.is_some_and(|s| s.get("maxSurge").is_some() || s.get("maxUnavailable").is_some());
        let strategy = if flat { bounds } else { json!({ "rollingUpdate": bounds }) };
        spec_patch(self.input.language(), json!({ "updateStrategy": strategy }))
    }

    /// DS936: a configuration whose change replaces the pods, and that old pods read, too.
    pub(crate) fn configuration(&mut self) {
        let written = self.input.node();
        let is = |key: &str| written.at_path(&["spec", key]).and_then(Node::bool);
        let configs = written.at_path(&["spec", "configMaps"]).filter(|configs| !configs.is_empty());
        let Some(configs) = configs.filter(|_| self.input.language() == Language::Spec) else { return };
        if is("immutableConfig") == Some(true) || is("rollOnConfigChange") == Some(false) {
            return;
        }
        let message = "old pods that restart during a rollout read the new configuration".to_owned();
        let patch = spec_patch(Language::Spec, json!({"immutable_config": true}));
        self.tell("DS936", Severity::Info, configs.at, message, Some(patch));
    }

    /// DS908: agents that the node needs, and that yield to any other pod.
    pub(crate) fn priority(&mut self) {
        let has = |key| self.pod.get(key).is_some_and(|n| n.value != Value::Null && n.text() != Some(""));
        if has("priorityClassName") || has("priority") {
            return;
        }
        // Which class of the cluster's own suffices, only its owner knows; a node without network, disks or devices is
        // worth nothing, and so Kubernetes' own class is right there.
        let (severity, class) = match self.purpose {
            Purpose::Network | Purpose::Storage | Purpose::Device => (Severity::Warning, Some("system-node-critical")),
            Purpose::Security => (Severity::Warning, None),
            _ => (Severity::Info, None),
        };
        let message = format!("without a priority class, {} stays Pending on a full node", self.purpose.noun());
        let patch = class.and_then(|class| self.pod_patch(json!({ "priorityClassName": class })));
        self.tell("DS908", severity, self.pod.at, message, patch);
    }
}
