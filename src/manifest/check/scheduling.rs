//! Where the pod may run: tolerations, affinity, spread, gates (`ValidateTolerations`, `validateAffinity`,
//! `validateTopologySpreadConstraints`, pkg/apis/core/validation/validation.go, v1.36).

use std::collections::HashSet;

use crate::manifest::check::Checker;
use crate::manifest::check::volumes::{set, text};
use crate::manifest::fields::Rule;
use crate::manifest::text::{broken, demand, shorten};
use crate::yaml::{Node, Value};

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

impl Checker<'_> {
    /// An empty key needs Exists, Exists takes no value, seconds need NoExecute.
    pub(super) fn toleration(&mut self, toleration: &Node) {
        let mistyped = |e: &crate::yaml::Entry| {
            e.key != "tolerationSeconds" && e.node.text().is_none() && e.node.value != Value::Null
        };
        if toleration.entries().iter().any(mistyped) {
            return;
        }
        let text = |key| toleration.get(key).and_then(Node::text).unwrap_or_default();
        let at = |key| toleration.get(key).map_or(toleration.at, |n| n.at);
        let (key, operator, value, effect) = (text("key"), text("operator"), text("value"), text("effect"));
        if key.is_empty() && operator != "Exists" {
            let hint = "`operator: Exists` without a key tolerates every taint";
            self.error(at("operator"), "a toleration without a key needs `operator: Exists`", Some(hint));
        } else if let Some(demand) = broken(Rule::LabelKey, key).filter(|_| !key.is_empty()) {
            self.error(at("key"), format!("the `key` of this toleration must {demand}"), None);
        }
        match operator {
            "Exists" if !value.is_empty() => {
                let hint = Some("use `operator: Equal`, or remove the value");
                self.error(at("value"), "`operator: Exists` takes no value", hint);
            }
            "Gt" | "Lt" if value.parse::<i64>().is_err() => {
                let at = if value.is_empty() { at("operator") } else { at("value") };
                self.error(at, format!("`operator: {operator}` needs a whole number as `value`"), None);
            }
            _ => {
                if let Some(demand) = broken(Rule::LabelValue, value) {
                    let message = format!("with `operator: Equal` the value of a toleration must {demand}");
                    self.error(at("value"), message, None);
                }
            }
        }
        if let Some(seconds) = toleration.get("tolerationSeconds").filter(|n| n.value != Value::Null)
            && effect != "NoExecute"
        {
            let message = format!("`{}` needs `effect: NoExecute`", self.name("tolerationSeconds"));
            self.error(seconds.at, message, Some("only NoExecute evicts running pods"));
        }
    }

    pub(super) fn node_affinity(&mut self, pod: &Node) {
        let Some(affinity) = pod.at_path(&["affinity", "nodeAffinity"]) else { return };
        let required = affinity.at_path(&["requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"]);
        if let Some(terms) = required.filter(|t| t.is_empty()) {
            self.error(terms.at, "a required node affinity needs at least one term", None);
        }
        let preferred = affinity.get("preferredDuringSchedulingIgnoredDuringExecution").map(Node::items);
        let preferred = preferred.unwrap_or_default().iter().filter_map(|t| t.get("preference"));
        let required = required.map(Node::items).unwrap_or_default().iter().map(|term| (term, true));
        for (term, is_required) in required.chain(preferred.map(|term| (term, false))) {
            for requirement in term.get("matchExpressions").map(Node::items).unwrap_or_default() {
                let key = text(requirement, "key");
                if !key.is_empty() && broken(Rule::LabelKey, key).is_some() {
                    self.refuse(requirement, "key", format!("`key` must {}", demand(Rule::LabelKey)));
                }
                self.requirement(requirement);
                // `ValidatePreferredSchedulingTerms` lets values that no label can have pass.
                if is_required {
                    self.label_values(requirement);
                }
            }
            for requirement in term.get("matchFields").map(Node::items).unwrap_or_default() {
                let key = requirement.get("key").filter(|key| key.text().is_some_and(|k| k != "metadata.name"));
                if let Some(key) = key {
                    self.error(key.at, "only the field `metadata.name` can be matched", None);
                }
            }
        }
    }

    /// Terms about other pods: namespaces by name, keys of labels, a topology.
    pub(super) fn pod_affinity(&mut self, pod: &Node) {
        for kind in ["podAffinity", "podAntiAffinity"] {
            let Some(affinity) = pod.at_path(&["affinity", kind]) else { continue };
            let preferred = affinity.get(PREFERRED).map(Node::items).unwrap_or_default();
            let preferred = preferred.iter().filter_map(|t| set(t, "podAffinityTerm"));
            let terms: Vec<&Node> =
                affinity.get(REQUIRED).map(Node::items).unwrap_or_default().iter().chain(preferred).collect();
            for term in terms {
                let key = text(term, "topologyKey");
                if !key.is_empty() && broken(Rule::LabelKey, key).is_some() {
                    self.refuse(
                        term,
                        "topologyKey",
                        format!("`{}` must {}", self.name("topologyKey"), demand(Rule::LabelKey)),
                    );
                }
                for namespace in term.get("namespaces").map(Node::items).unwrap_or_default() {
                    if namespace.text().is_some_and(|n| broken(Rule::DnsLabel, n).is_some()) {
                        self.error(namespace.at, format!("a namespace must {}", demand(Rule::DnsLabel)), None);
                    }
                }
                self.label_keys(term);
                for key in ["labelSelector", "namespaceSelector"] {
                    self.label_selector(term.get(key));
                }
            }
        }
    }

    /// A constraint of its kind for each topology, and a number of domains only where the pod waits for them.
    pub(super) fn spread(&mut self, pod: &Node) {
        let mut kinds = HashSet::new();
        for constraint in pod.get("topologySpreadConstraints").map(Node::items).unwrap_or_default() {
            let (key, action) = (text(constraint, "topologyKey"), text(constraint, "whenUnsatisfiable"));
            if !key.is_empty() && !action.is_empty() && !kinds.insert((key, action)) {
                let message = format!(
                    "a second entry of `{}` with the same `{}` ({}) and `{}` ({action})",
                    self.name("topologySpreadConstraints"),
                    self.name("topologyKey"),
                    shorten(key),
                    self.name("whenUnsatisfiable"),
                );
                self.error(constraint.at, message, Some("keep one"));
            }
            if let Some(domains) = set(constraint, "minDomains").filter(|_| action == "ScheduleAnyway") {
                let names = (self.name("minDomains"), self.name("whenUnsatisfiable"));
                self.error(domains.at, format!("`{}` needs `{}: DoNotSchedule`", names.0, names.1), None);
            }
            self.label_keys(constraint);
            self.label_selector(constraint.get("labelSelector"));
        }
    }

    /// Keys that stand for values of the pod's own labels need a selector, and are not in it
    /// (`ValidateMatchLabelKeysAndMismatchLabelKeys`).
    fn label_keys(&mut self, term: &Node) {
        let selector = set(term, "labelSelector");
        let items = |key: &str| term.get(key).map(Node::items).unwrap_or_default();
        for kind in ["matchLabelKeys", "mismatchLabelKeys"] {
            let keys = items(kind);
            if let Some(first) = keys.first().filter(|_| selector.is_none()) {
                let message = format!("`{}` needs `{}`", self.name(kind), self.name("labelSelector"));
                self.error(first.at, message, None);
            }
            for key in keys.iter().filter(|k| k.text().is_some_and(|t| broken(Rule::LabelKey, t).is_some())) {
                self.error(key.at, format!("an item of `{}` must {}", self.name(kind), demand(Rule::LabelKey)), None);
            }
        }
        // The server adds a condition for each key to the selector of the pod: only what two conditions ask for is
        // refused, or a label and a condition.
        let mut selected: HashSet<&str> = HashSet::new();
        let labels = selector.and_then(|s| s.get("matchLabels")).map(Node::entries).unwrap_or_default();
        selected.extend(labels.iter().map(|e| e.key.as_str()));
        let shown = self.name("matchLabelKeys");
        let conditions = selector.and_then(|s| s.get("matchExpressions")).map(Node::items).unwrap_or_default();
        for condition in conditions {
            let name = text(condition, "key");
            let twice = !selected.insert(name);
            if twice && items("matchLabelKeys").iter().any(|k| k.text() == Some(name)) {
                let message = format!("`{}` is in `{shown}` and in `{}`", shorten(name), self.name("labelSelector"));
                self.error(condition.at, message, None);
            }
        }
        for key in items("matchLabelKeys") {
            let Some(name) = key.text() else { continue };
            if items("mismatchLabelKeys").iter().any(|k| k.text() == Some(name)) {
                let message =
                    format!("`{}` is in `{shown}` and in `{}`", shorten(name), self.name("mismatchLabelKeys"));
                self.error(key.at, message, None);
            }
        }
    }

    /// Conditions and values of a selector of labels.
    pub(super) fn label_selector(&mut self, selector: Option<&Node>) {
        let conditions = selector.and_then(|s| s.get("matchExpressions")).map(Node::items).unwrap_or_default();
        for condition in conditions {
            self.requirement(condition);
            self.label_values(condition);
        }
    }

    /// Values of a condition are values of labels.
    pub(super) fn label_values(&mut self, condition: &Node) {
        for value in condition.get("values").map(Node::items).unwrap_or_default() {
            if value.text().is_some_and(|v| broken(Rule::LabelValue, v).is_some()) {
                self.error(value.at, format!("an item of `values` must {}", demand(Rule::LabelValue)), None);
            }
        }
    }

    /// Gates of scheduling and readiness have qualified names, those of scheduling each its own.
    pub(super) fn gates(&mut self, pod: &Node) {
        let mut names = HashSet::new();
        for (list, key) in [("schedulingGates", "name"), ("readinessGates", "conditionType")] {
            for gate in pod.get(list).map(Node::items).unwrap_or_default() {
                let name = text(gate, key);
                if !name.is_empty() && broken(Rule::LabelKey, name).is_some() {
                    self.refuse(gate, key, format!("`{}` must {}", self.name(key), demand(Rule::LabelKey)));
                } else if list == "schedulingGates" && !name.is_empty() && !names.insert(name) {
                    self.error(gate.at, format!("duplicate scheduling gate `{}`", shorten(name)), Some("keep one"));
                }
            }
        }
    }
}
