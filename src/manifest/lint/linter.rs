//! What every rule has: the DaemonSet in all its forms, what is known of the cluster, and how findings are reported.

use std::cell::OnceCell;
use std::collections::HashSet;

use serde_json::Value as Json;

use crate::manifest::input::{Input, Language};
use crate::manifest::lint::agent_kind::{Purpose, Sign};
use crate::manifest::lint::containers::name_of;
use crate::manifest::lint::patch::{container_patch, pod_patch};
use crate::manifest::lint::rules::RULES;
use crate::manifest::lint::surroundings::Surroundings;
use crate::manifest::problem::{Problem, Source};
use crate::severity::Severity;
use crate::yaml::{Mark, Node};

/// Something that a rule found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What, where, how bad; its code is the rule's.
    pub problem: Problem,
    /// What to merge into the document, in its own language.
    pub patch: Option<String>,
}

pub(crate) struct Linter<'a> {
    pub input: &'a Input,
    pub spec: &'a Node,
    pub pod: &'a Node,
    pub purpose: Purpose,
    /// By what the purpose is known.
    pub sign: Option<Sign>,
    pub around: &'a Surroundings,
    pub source: &'a Source<'a>,
    pub findings: Vec<Finding>,
    /// What was told, and where.
    pub told: HashSet<(&'static str, Mark, String)>,
    /// The names of the init containers.
    pub inits: OnceCell<HashSet<&'a str>>,
}

impl<'a> Linter<'a> {
    /// The containers that run all the time, sidecars among the init containers too.
    pub fn running(&self) -> Vec<&'a Node> {
        let sidecar = |c: &&Node| c.get("restartPolicy").and_then(Node::text) == Some("Always");
        let list = |key| self.pod.get(key).map(Node::items).unwrap_or_default();
        list("containers").iter().chain(list("initContainers").iter().filter(sidecar)).collect()
    }

    /// Tells of something; the hint is the rule's way out.
    pub fn tell(&mut self, code: &'static str, severity: Severity, at: Mark, message: String, patch: Option<String>) {
        let rule = RULES.iter().find(|r| r.code == code).expect("every code has a rule");
        let mut problem = self.source.problem(severity, at, message);
        problem.code = Some(rule.code);
        problem.hint = Some(rule.way_out.to_owned());
        if self.told.insert((code, at, problem.message.clone())) {
            self.findings.push(Finding { problem, patch });
        }
    }

    /// Takes the line out of what was told last: it holds a secret.
    pub fn hide_last(&mut self) {
        if let Some(last) = self.findings.last_mut() {
            last.problem.source = None;
        }
    }

    /// A patch of one container.
    pub fn container_patch(&self, container: &Node, fields: Json) -> Option<String> {
        let names =
            || self.pod.get("initContainers").map(Node::items).unwrap_or_default().iter().map(name_of).collect();
        let in_init = self.inits.get_or_init(names).contains(name_of(container));
        Some(container_patch(self.input.language(), self.pod, container, in_init, fields))
    }

    /// A container of a spec as the document writes it.
    pub fn written(&self, container: &Node) -> Option<&'a Node> {
        let spec = self.input.node().get("spec")?;
        let first = self.pod.get("containers").and_then(|list| list.items().first());
        if first.is_some_and(|c| name_of(c) == name_of(container)) {
            return spec.at_path(&["container", "app"]);
        }
        let list = |path: &[&str]| spec.at_path(path).map(Node::items).unwrap_or_default();
        let all = list(&["container", "sidecars"]).iter().chain(list(&["pod", "initContainers"]));
        all.into_iter().find(|c| name_of(c) == name_of(container))
    }

    /// A patch of the pod.
    pub fn pod_patch(&self, fields: Json) -> Option<String> {
        Some(pod_patch(self.input.language(), fields))
    }

    /// What the severity rests on, as the end of a sentence; empty where nothing tells what the DaemonSet is for.
    pub fn looks(&self) -> String {
        match &self.sign {
            Some(sign) => format!("; the DaemonSet looks like {} ({sign})", self.purpose.noun()),
            None => String::new(),
        }
    }

    /// A field's name as the document spells it.
    pub fn shown(&self, name: &'static str) -> String {
        match self.input.language() {
            Language::Spec => crate::manifest::fields::snake(name).into_owned(),
            Language::Apps => name.to_owned(),
        }
    }
}
