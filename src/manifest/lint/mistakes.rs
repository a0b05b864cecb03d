//! Rules about what the API server takes and what never works as its author meant: ports that are not there, conditions
//! that no node meets, amounts in the wrong unit, annotations that nothing reads.

use std::collections::HashMap;

use serde_json::json;

use crate::manifest::lint::containers::{containers, name_of};
use crate::manifest::lint::linter::Linter;
use crate::manifest::lint::patch::annotation_patch;
use crate::manifest::requirement::holds;
use crate::manifest::text::shorten;
use crate::model::Quantity;
use crate::severity::Severity;
use crate::yaml::{Mark, Node, Value};

const NODE_TERMS: [&str; 4] =
    ["affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"];
const OWN_POD_TERMS: [&str; 3] = ["affinity", "podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution"];

/// Annotations of pods that Kubernetes once read, and the field that took their place.
const UNREAD: [(&str, &str); 7] = [
    ("scheduler.alpha.kubernetes.io/critical-pod", "priorityClassName"),
    ("scheduler.alpha.kubernetes.io/tolerations", "tolerations"),
    ("scheduler.alpha.kubernetes.io/affinity", "affinity"),
    ("scheduler.alpha.kubernetes.io/name", "schedulerName"),
    ("pod.beta.kubernetes.io/init-containers", "initContainers"),
    ("pod.alpha.kubernetes.io/init-containers", "initContainers"),
    ("seccomp.security.alpha.kubernetes.io/pod", "securityContext.seccompProfile"),
];
const UNREAD_SECCOMP: &str = "container.seccomp.security.alpha.kubernetes.io/";

impl Linter<'_> {
    /// DS922 to DS926, DS933, DS934.
    pub(crate) fn mistakes(&mut self) {
        self.named_ports();
        self.contradictions();
        self.units();
        self.unread_annotations();
        self.kept_apart();
        self.variables_set_twice();
        self.same_probes();
    }

    /// DS922: the kubelet looks a named port up in the container's own ports (`FindPortByName`, pkg/kubelet/prober and
    /// pkg/kubelet/lifecycle, v1.36), and the probe has no result where none has the name.
    fn named_ports(&mut self) {
        for container in containers(self.pod) {
            let ports = container.get("ports").map(Node::items).unwrap_or_default();
            let handlers = [
                (&["readinessProbe"][..], Severity::Error),
                (&["startupProbe"][..], Severity::Error),
                (&["livenessProbe"][..], Severity::Warning),
                (&["lifecycle", "postStart"][..], Severity::Error),
                (&["lifecycle", "preStop"][..], Severity::Warning),
            ];
            for (path, severity) in handlers {
                let Some(handler) = container.at_path(path) else { continue };
                for kind in ["httpGet", "tcpSocket"] {
                    let Some(port) = handler.at_path(&[kind, "port"]) else { continue };
                    let Some(name) = port.text().filter(|n| n.parse::<u16>().is_err()) else { continue };
                    if ports.iter().any(|p| p.get("name").and_then(Node::text) == Some(name)) {
                        continue;
                    }
                    let what = path.last().copied().unwrap_or_default();
                    let message = format!(
                        "`{what}` of `{}` uses the port `{}`, but no port of the container has this name",
                        name_of(container),
                        shorten(name)
                    );
                    self.tell("DS922", severity, port.at, message, None);
                }
            }
        }
    }

    /// DS923: node selector and affinity that no node can meet together, whatever its labels are.
    fn contradictions(&mut self) {
        let selector = self.pod.get("nodeSelector").map(Node::entries).unwrap_or_default();
        let Some(terms) = self.pod.at_path(&NODE_TERMS).filter(|t| !t.items().is_empty()) else { return };
        let chosen = |key: &str| selector.iter().find(|e| e.key == key).and_then(|e| e.node.text());
        let mut first: Option<(Mark, String)> = None;
        for term in terms.items() {
            let conditions = term.get("matchExpressions").map(Node::items).unwrap_or_default();
            let against = conditions.iter().find_map(|c| {
                let key = c.get("key").and_then(Node::text)?;
                let value = chosen(key);
                if value.is_some() && holds(c, |_| value) == Some(false) {
                    return Some((c.at, format!("the node selector demands `{key}={}`", value.unwrap_or_default())));
                }
                let other =
                    conditions.iter().find(|o| o.get("key").and_then(Node::text) == Some(key) && excludes(c, o))?;
                Some((other.at, format!("two conditions on `{key}` exclude each other")))
            });
            match against {
                None => return,
                Some(found) => first = first.or(Some(found)),
            }
        }
        if let Some((at, why)) = first {
            self.tell("DS923", Severity::Error, at, format!("no node meets this node affinity: {why}"), None);
        }
    }

    /// DS924: thousandths of a byte, and so few bytes that no process starts.
    fn units(&mut self) {
        const LEAST: Quantity = Quantity::units(1 << 20);
        let owners = std::iter::once(self.pod).chain(containers(self.pod));
        for resources in owners.filter_map(|o| o.get("resources")).collect::<Vec<_>>() {
            for group in ["limits", "requests"] {
                for key in ["memory", "ephemeral-storage"] {
                    let Some(amount) = resources.at_path(&[group, key]) else { continue };
                    let written = match &amount.value {
                        Value::Text(text) => text.clone(),
                        Value::Number(n) => n.to_string(),
                        _ => continue,
                    };
                    let Ok(value) = Quantity::parse(&written) else { continue };
                    if value.is_zero() || value >= LEAST {
                        continue;
                    }
                    let thousandths = written.trim().ends_with('m');
                    let message = if thousandths {
                        format!("{key} of {written} is less than a byte for each unit: `m` means thousandths")
                    } else {
                        format!("{key} of {written} is less than 1 MiB")
                    };
                    let severity = if group == "limits" { Severity::Error } else { Severity::Warning };
                    self.tell("DS924", severity, amount.at, message, None);
                }
            }
        }
    }

    /// DS925: annotations of the template that no component of v1.36 reads.
    fn unread_annotations(&mut self) {
        let annotations = self.spec.at_path(&["template", "metadata", "annotations"]);
        for entry in annotations.map(Node::entries).unwrap_or_default() {
            let known = UNREAD.iter().find(|(key, _)| *key == entry.key).map(|(_, field)| *field);
            let field =
                known.or_else(|| entry.key.starts_with(UNREAD_SECCOMP).then_some("securityContext.seccompProfile"));
            let Some(field) = field else { continue };
            let told = field.split('.').next_back().unwrap_or_default();
            let set = self.pod.at_path(&field.split('.').collect::<Vec<_>>()).is_some_and(|n| !n.is_empty());
            let severity = if set { Severity::Info } else { Severity::Warning };
            let message = format!("Kubernetes no longer reads the annotation `{}`; the field is `{told}`", entry.key);
            // Where the field is not set, it is the author's to say what it should be.
            let patch = set.then(|| annotation_patch(self.input.language(), &entry.key));
            self.tell("DS925", severity, entry.key_at, message, patch);
        }
    }

    /// DS926: pods of the DaemonSet that keep each other away over more than a node.
    fn kept_apart(&mut self) {
        let labels = self.spec.at_path(&["template", "metadata", "labels"]);
        let label = |key: &str| labels.and_then(|l| l.get(key)).and_then(Node::text);
        for term in self.pod.at_path(&OWN_POD_TERMS).map(Node::items).unwrap_or_default() {
            let Some(key) = term.get("topologyKey").filter(|k| k.text() != Some("kubernetes.io/hostname")) else {
                continue;
            };
            let Some(selector) = term.get("labelSelector").filter(|s| s.value != Value::Null) else { continue };
            let listed = term.get("namespaces").map(Node::items).unwrap_or_default();
            let own = listed.is_empty() || listed.iter().any(|n| n.text() == self.input.namespace());
            let equal = selector.get("matchLabels").map(Node::entries).unwrap_or_default();
            let conditions = selector.get("matchExpressions").map(Node::items).unwrap_or_default();
            let selects = equal.iter().all(|e| label(&e.key).is_some() && label(&e.key) == e.node.text())
                && conditions.iter().all(|c| holds(c, label) == Some(true));
            if own && selects {
                let shown = shorten(key.text().unwrap_or_default());
                let message = format!(
                    "the anti-affinity selects the DaemonSet's own pods by `{shown}`: only one node of each value gets a pod"
                );
                self.tell("DS926", Severity::Warning, key.at, message, None);
            }
        }
    }

    /// DS933: the kubelet takes the last of two variables of one name (`makeEnvironmentVariables`,
    /// pkg/kubelet/kubelet_pods.go, v1.36). One that builds on itself is meant so.
    fn variables_set_twice(&mut self) {
        for container in containers(self.pod) {
            let variables = container.get("env").map(Node::items).unwrap_or_default();
            let named = |node: &Node| node.get("name").and_then(Node::text).map(str::to_owned);
            let mut last: HashMap<String, &Node> = HashMap::new();
            for variable in variables {
                let Some(name) = named(variable) else { continue };
                let Some(before) = last.insert(name.clone(), variable) else { continue };
                let value = variable.get("value").and_then(Node::text).unwrap_or_default();
                if value.contains(&format!("$({name})")) || before.to_json() == variable.to_json() {
                    continue;
                }
                let message = format!(
                    "`{}` of `{}` is set again below: this value is not used",
                    shorten(&name),
                    name_of(container)
                );
                self.tell("DS933", Severity::Warning, before.at, message, None);
            }
        }
    }

    /// DS934: a container that is restarted as soon as it is not ready.
    fn same_probes(&mut self) {
        for container in containers(self.pod) {
            let probe = |key| container.get(key).filter(|probe| !probe.is_empty());
            let (Some(ready), Some(alive)) = (probe("readinessProbe"), probe("livenessProbe")) else { continue };
            if ready.to_json() == alive.to_json() {
                let message = format!("the readiness and the liveness probe of `{}` are the same", name_of(container));
                self.tell("DS934", Severity::Info, alive.at, message, None);
            }
        }
    }

    /// DS927: the taint of control plane nodes has no value.
    pub(crate) fn control_plane_value(&mut self) {
        let tolerations = self.pod.get("tolerations").map(Node::items).unwrap_or_default();
        for (place, toleration) in tolerations.iter().enumerate() {
            let text = |key| toleration.get(key).and_then(Node::text).unwrap_or_default();
            let key = text("key");
            if !matches!(key, "node-role.kubernetes.io/control-plane" | "node-role.kubernetes.io/master")
                || text("value").is_empty()
                || text("operator") == "Exists"
            {
                continue;
            }
            let message = format!(
                "the taint `{key}` has no value: a toleration of the value `{}` does not match",
                shorten(text("value"))
            );
            let mut all: Vec<serde_json::Value> = tolerations.iter().map(Node::to_json).collect();
            if let Some(own) = all[place].as_object_mut() {
                own.shift_remove("value");
                own.insert("operator".to_owned(), "Exists".into());
            }
            let patch = self.pod_patch(json!({ "tolerations": all }));
            self.tell("DS927", Severity::Warning, toleration.at, message, patch);
        }
    }
}

/// Whether no value of one label meets both conditions.
fn excludes(one: &Node, other: &Node) -> bool {
    let operator = |c: &Node| c.get("operator").and_then(Node::text).unwrap_or_default().to_owned();
    let values = one.get("values").map(Node::items).unwrap_or_default();
    match operator(one).as_str() {
        "In" => values.iter().filter_map(Node::text).all(|value| holds(other, |_| Some(value)) == Some(false)),
        "Exists" => operator(other) == "DoesNotExist",
        _ => false,
    }
}
