//! What rendering carries from field to field, and how it reports problems.

use crate::manifest::problem::{Problem, Source};
use crate::manifest::render::rendered::{Registry, SecretValue};
use crate::severity::Severity;
use crate::yaml::{Mark, Node};

/// A spec that is being rendered.
pub(crate) struct Renderer<'a> {
    pub(crate) source: &'a Source<'a>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) newest: bool,
    pub(crate) upstream: bool,
    pub(crate) creates_account: bool,
    pub(crate) account_at: Mark,
    /// The labels of every object that is made.
    pub(crate) labels: Option<Node>,
    pub(crate) volumes: Vec<Node>,
    pub(crate) env_secrets: Vec<(String, SecretValue)>,
    pub(crate) pull_secrets: Vec<Node>,
    pub(crate) registries: Vec<Registry>,
    pub(crate) makes_pull_secret: bool,
}

impl Renderer<'_> {
    pub(crate) fn error(&mut self, at: Mark, message: impl Into<String>, hint: Option<&str>) {
        let mut problem = self.source.problem(Severity::Error, at, message);
        problem.hint = hint.map(str::to_owned);
        self.problems.push(problem);
    }

    /// An error at a line that may hold a secret: the line is not shown.
    pub(crate) fn secret_error(&mut self, at: Mark, message: impl Into<String>, hint: Option<&str>) {
        self.error(at, message, hint);
        if let Some(problem) = self.problems.last_mut() {
            problem.source = None;
        }
    }

    pub(crate) fn warning(&mut self, at: Mark, message: impl Into<String>, hint: Option<String>) {
        let mut problem = self.source.problem(Severity::Warning, at, message);
        problem.hint = hint;
        self.problems.push(problem);
    }

    pub(crate) fn unresolvable(&mut self, at: Mark, what: &str) {
        let message =
            format!("{what} refers to another resource of the hosted platform, which cannot be resolved here");
        let mut problem = self.source.problem(Severity::Error, at, message);
        problem.hint = Some("write the value itself".to_owned());
        problem.source = None;
        self.problems.push(problem);
    }
}
