//! What the API server would refuse and the file shows, and what it accepts but never works.
//!
//! The rules are those of Kubernetes' `pkg/apis/apps/validation` and `pkg/apis/core/validation`. They look at the
//! finished `apps/v1` DaemonSet, whose values know where they came from.

mod bytes;
mod container;
mod handlers;
mod mounts;
mod names;
mod pod;
mod resources;
mod scheduling;
mod security;
mod volumes;
mod windows;

pub use crate::manifest::check::bytes::check_bytes;

use std::collections::HashSet;

use crate::manifest::fields::{Rule, snake};
use crate::manifest::problem::{Problem, Source};
use crate::manifest::read::Dialect;
use crate::manifest::render::is_zero;
use crate::manifest::requirement::holds;
use crate::manifest::text::{broken, demand, shorten};
use crate::severity::Severity;
use crate::yaml::{Mark, Node, Value};

/// Checks a DaemonSet.
///
/// `told` is what reading found: a value that could not be read is not reported as missing too.
pub fn check(daemon_set: &Node, dialect: Dialect, source: &Source<'_>, told: &[Problem]) -> Vec<Problem> {
    let told = told.iter().filter_map(|p| p.at.map(|at| (at.line, at.column))).collect();
    let mut checker = Checker { dialect, source, told, problems: Vec::new() };
    if let Some(metadata) = daemon_set.get("metadata") {
        checker.identity(metadata);
    }
    if let Some(spec) = daemon_set.get("spec") {
        checker.selector(spec);
        checker.strategy(spec);
        if let Some(template) = spec.get("template") {
            checker.profile_annotations(template);
        }
        if let Some(pod) = spec.at_path(&["template", "spec"]) {
            checker.pod(pod);
            checker.references(pod);
            checker.surge_with_host_ports(spec, pod);
        }
    }
    checker.problems
}

struct Checker<'a> {
    dialect: Dialect,
    source: &'a Source<'a>,
    /// Lines and columns of mistakes that are reported already.
    told: HashSet<(u32, u32)>,
    problems: Vec<Problem>,
}

impl Checker<'_> {
    /// A name, or a prefix of one (`ValidateObjectMetaAccessor`, k8s.io/apimachinery pkg/api/validation/objectmeta.go).
    fn identity(&mut self, metadata: &Node) {
        let given = |key| metadata.get(key).is_some_and(|n| n.value != Value::Null);
        let prefix = metadata.get("generateName").and_then(Node::text).unwrap_or_default();
        if self.dialect == Dialect::Apps && !given("name") && prefix.is_empty() {
            self.refuse(metadata, "name", "the DaemonSet has no `name`");
        }
        let masked = prefix.strip_suffix('-').filter(|rest| !rest.is_empty()).unwrap_or(prefix);
        if self.dialect == Dialect::Apps && !masked.is_empty() && broken(Rule::DnsName, masked).is_some() {
            self.refuse(metadata, "generateName", format!("`generateName` must {}", demand(Rule::DnsName)));
        }
        // `ParseGroupVersion` takes at most one slash, and a version after it.
        for owner in metadata.get("ownerReferences").map(Node::items).unwrap_or_default() {
            let version = owner.get("apiVersion").and_then(Node::text).unwrap_or_default();
            if version.matches('/').count() > 1 || version.ends_with('/') {
                self.refuse(owner, "apiVersion", "`apiVersion` must be `VERSION` or `GROUP/VERSION`");
            }
        }
        // `ValidateFinalizers`, pkg/apis/core/validation/validation.go: those without a domain are Kubernetes' own.
        const OWN: [&str; 3] = ["kubernetes", "orphan", "foregroundDeletion"];
        for finalizer in metadata.get("finalizers").map(Node::items).unwrap_or_default() {
            let Some(name) = finalizer.text() else { continue };
            if broken(Rule::LabelKey, name).is_some() || !name.contains('/') && !OWN.contains(&name) {
                let hint = Some("name a finalizer with a domain: `example.com/cleanup`");
                self.error(finalizer.at, format!("`{}` is not a name of a finalizer", shorten(name)), hint);
            }
        }
    }

    /// A selector selects something, and the template's own labels.
    fn selector(&mut self, spec: &Node) {
        let Some(selector) = spec.get("selector") else { return };
        let nothing = |key| selector.get(key).is_none_or(Node::is_empty);
        if nothing("matchLabels") && nothing("matchExpressions") {
            return self.error(selector.at, "the selector is empty", Some("name the labels of the template"));
        }
        self.label_selector(Some(selector));
        // Where the labels stand, or would: the server names them, not the selector.
        let template = spec.get("template").unwrap_or(selector);
        let metadata = template.get("metadata").filter(|n| n.value != Value::Null);
        let labels = metadata.and_then(|m| m.get("labels"));
        let at = labels.or(metadata).unwrap_or(template).at;
        let label = |key: &str| labels.and_then(|l| l.get(key)).and_then(Node::text);
        for wanted in selector.get("matchLabels").map(Node::entries).unwrap_or_default() {
            if label(&wanted.key) != wanted.node.text() {
                let message = format!("the template lacks the label `{}`, which the selector requires", wanted.key);
                let at = labels.and_then(|l| l.get(&wanted.key)).map_or(at, |l| l.at);
                self.error(at, message, Some("the selector must match the template's labels"));
            }
        }
        for requirement in selector.get("matchExpressions").map(Node::items).unwrap_or_default() {
            if holds(requirement, label) == Some(false) {
                let key = requirement.get("key").and_then(Node::text).unwrap_or_default();
                let at = labels.and_then(|l| l.get(key)).map_or(at, |l| l.at);
                let key = shorten(key);
                self.error(at, format!("the template's labels do not match the selector's condition on `{key}`"), None);
            }
        }
    }

    /// In and NotIn have values, Gt and Lt one whole number, Exists and DoesNotExist none.
    fn requirement(&mut self, requirement: &Node) {
        let operator = requirement.get("operator").and_then(Node::text).unwrap_or_default();
        if requirement.get("values").is_some_and(|v| !matches!(v.value, Value::List(_) | Value::Null)) {
            return;
        }
        let values = requirement.get("values").map(Node::items).unwrap_or_default();
        let at = requirement.get("values").map_or(requirement.at, |v| v.at);
        match operator {
            "In" | "NotIn" if values.is_empty() => {
                self.error(at, format!("`{operator}` needs at least one value"), None)
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                self.error(at, format!("`{operator}` takes no values"), Some("use In for certain values"));
            }
            "Gt" | "Lt" => {
                let number = |n: &Node| n.text().is_some_and(|t| t.parse::<i64>().is_ok());
                if values.len() != 1 || !values.iter().all(number) {
                    self.error(at, format!("`{operator}` needs one value, a whole number as text"), None);
                }
            }
            _ => {}
        }
    }

    /// A rolling update has exactly one bound that is not zero, after defaults (1 unavailable, no surge).
    fn strategy(&mut self, spec: &Node) {
        let Some(strategy) = spec.get("updateStrategy") else { return };
        if strategy.get("type").and_then(Node::text) == Some("OnDelete") {
            return;
        }
        let bound = |key| strategy.at_path(&["rollingUpdate", key]).filter(|n| n.value != Value::Null);
        let (unavailable, surge) = (bound("maxUnavailable"), bound("maxSurge"));
        let no_unavailable = unavailable.is_some_and(is_zero);
        let no_surge = surge.is_none_or(is_zero);
        let names = (self.name("maxUnavailable"), self.name("maxSurge"));
        let at = surge.or(unavailable).map_or(strategy.at, |n| n.at);
        if no_unavailable && no_surge {
            let message = format!("`{}` and `{}` are both zero: no pod can be replaced", names.0, names.1);
            self.error(at, message, Some("set one of the two fields to at least 1"));
        } else if !no_unavailable && !no_surge {
            let message = format!("`{}` and `{}` are both above zero; a DaemonSet allows only one", names.0, names.1);
            self.error(at, message, Some(&format!("set `{}: 0` for replacement without a gap", names.0)));
        }
    }

    /// With surge the new pod waits for a port that the old one holds: the rollout never ends.
    fn surge_with_host_ports(&mut self, spec: &Node, pod: &Node) {
        let Some(surge) = spec
            .at_path(&["updateStrategy", "rollingUpdate", "maxSurge"])
            .filter(|s| !is_zero(s) && s.value != Value::Null)
        else {
            return;
        };
        let holds_port = containers(pod).any(|c| {
            let ports = c.get("ports").map(Node::items).unwrap_or_default();
            let host_network = pod.get("hostNetwork").and_then(Node::bool) == Some(true);
            ports.iter().any(|p| host_network || p.get("hostPort").and_then(Node::int).is_some_and(|n| n > 0))
        });
        if holds_port {
            let hint = format!("use `{}` instead, or remove the host port", self.name("maxUnavailable"));
            self.warning(
                surge.at,
                "surge with a host port: the new pod waits for the port of the old pod",
                Some(&hint),
            );
            if let Some(problem) = self.problems.last_mut() {
                problem.code = Some("DS909");
            }
        }
    }

    /// A field with a value. In a spec one without is a mistake of its own, which was told already.
    fn given<'n>(&self, owner: &'n Node, key: &str) -> Option<&'n Node> {
        owner.get(key).filter(|node| self.dialect == Dialect::Spec || node.value != Value::Null)
    }

    /// A field's name as this file would spell it.
    fn name(&self, name: &'static str) -> String {
        if self.dialect == Dialect::Spec { snake(name).into_owned() } else { name.to_owned() }
    }

    /// An error at something that lacks a part, unless a mistake within explains it.
    fn lacks(&mut self, node: &Node, message: impl Into<String>, hint: Option<&str>) {
        if !self.is_told_within(node) {
            self.error(node.at, message, hint);
        }
    }

    fn is_told_within(&self, node: &Node) -> bool {
        let told = |at: Mark| self.told.contains(&(at.line, at.column));
        !self.told.is_empty()
            && (told(node.at)
                || node.items().iter().any(|item| self.is_told_within(item))
                || node.entries().iter().any(|e| told(e.key_at) || self.is_told_within(&e.node)))
    }

    fn error(&mut self, at: Mark, message: impl Into<String>, hint: Option<&str>) {
        self.tell(Severity::Error, at, message.into(), hint);
    }

    fn warning(&mut self, at: Mark, message: impl Into<String>, hint: Option<&str>) {
        self.tell(Severity::Warning, at, message.into(), hint);
    }

    fn tell(&mut self, severity: Severity, at: Mark, message: String, hint: Option<&str>) {
        let mut problem = self.source.problem(severity, at, message);
        problem.hint = hint.map(str::to_owned);
        self.problems.push(problem);
    }
}

/// Init containers and containers.
fn containers(pod: &Node) -> impl Iterator<Item = &Node> {
    ["initContainers", "containers"].into_iter().filter_map(|key| pod.get(key)).flat_map(|list| list.items())
}
