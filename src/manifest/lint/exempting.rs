//! Exemptions beside the document: a file says which rules do not apply, and why, or a flag.

use crate::manifest::input::Input;
use crate::manifest::lint::engine::{Report, lint};
use crate::manifest::lint::rules::Rule;
use crate::manifest::lint::surroundings::Surroundings;
use crate::manifest::problem::{Problem, Source};
use crate::manifest::text::{nearest, shorten};
use crate::severity::Severity;
use crate::yaml::{Node, parse};

/// The name of the file of exemptions.
pub const EXEMPTION_FILE: &str = ".kubectl-daemonset.yaml";

/// An exemption that stands outside the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exemption {
    /// The rule.
    pub code: &'static str,
    /// Why it does not apply.
    pub reason: String,
    /// The DaemonSet that alone it is for; `None` for all.
    pub name: Option<String>,
}

/// Reads a file of exemptions: `lint: {ignore: [{code, reason, name}]}`, where `name` limits one to the DaemonSet of that
/// name.
///
/// # Errors
/// What is wrong with the text.
pub fn read_exemptions(name: &str, text: &str) -> Result<Vec<Exemption>, Vec<Problem>> {
    let source = Source::new(name, text);
    let parsed = parse(text);
    let mut problems: Vec<Problem> =
        parsed.mistakes.into_iter().map(|m| source.problem(Severity::Error, m.at, m.message)).collect();
    let mut found = Vec::new();
    for document in &parsed.documents {
        let entries = unknown_keys(document, &["lint"], &source, &mut problems);
        for lint in entries.iter().filter_map(|key| document.get(key)) {
            unknown_keys(lint, &["ignore"], &source, &mut problems);
            let ignored = lint.get("ignore").map(Node::items).unwrap_or_default();
            found.extend(ignored.iter().filter_map(|item| read_exemption(item, &source, &mut problems)));
        }
    }
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

fn unknown_keys<'k>(node: &Node, known: &[&'k str], source: &Source<'_>, problems: &mut Vec<Problem>) -> Vec<&'k str> {
    for entry in node.entries().iter().filter(|entry| !known.contains(&entry.key.as_str())) {
        let near = nearest(&entry.key, known.iter().copied());
        let near = near.map(|n| format!(", did you mean `{n}`?")).unwrap_or_default();
        let message = format!("unknown field `{}`{near}", shorten(&entry.key));
        problems.push(source.problem(Severity::Error, entry.key_at, message));
    }
    if node.entries().is_empty() {
        problems.push(source.problem(Severity::Error, node.at, format!("a map is expected, not {}", node.kind())));
    }
    known.to_vec()
}

fn read_exemption(item: &Node, source: &Source<'_>, problems: &mut Vec<Problem>) -> Option<Exemption> {
    unknown_keys(item, &["code", "reason", "name"], source, problems);
    let text = |key: &str| item.get(key).and_then(Node::text).map(str::trim).filter(|text| !text.is_empty());
    let rule = text("code").and_then(Rule::of).filter(|rule| rule.code != "DS929");
    match (rule, text("reason")) {
        (Some(rule), Some(reason)) => {
            Some(Exemption { code: rule.code, reason: reason.to_owned(), name: text("name").map(str::to_owned) })
        }
        (None, _) => {
            let at = item.get("code").map_or(item.at, |code| code.at);
            problems.push(source.problem(Severity::Error, at, "`code` must be a rule of lint, such as DS902"));
            None
        }
        (_, None) => {
            problems.push(source.problem(Severity::Error, item.at, "an exemption needs a `reason`"));
            None
        }
    }
}

impl Report {
    /// Exempts the DaemonSet of this name from rules.
    pub fn exempt(&mut self, name: &str, exemptions: &[Exemption]) {
        let reason = |code: Option<&str>| {
            let known = exemptions.iter().find(|e| Some(e.code) == code && e.name.as_deref().is_none_or(|n| n == name));
            known.map(|exemption| exemption.reason.clone())
        };
        let found = std::mem::take(&mut self.findings);
        for finding in found {
            match reason(finding.problem.code) {
                Some(reason) => self.exempt.push((finding, reason)),
                None => self.findings.push(finding),
            }
        }
    }
}

/// What is exempt beside what a document says itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Exempting<'a> {
    /// Whether the annotations of documents are not heeded.
    pub refuse_annotations: bool,
    /// What a file or a flag exempts.
    pub more: &'a [Exemption],
}

impl Exempting<'_> {
    /// Looks at a DaemonSet, and exempts it from what does not apply.
    pub fn lint(&self, input: &Input, source: &Source<'_>, around: &Surroundings) -> Report {
        let mut report = lint(input, source, around);
        if self.refuse_annotations {
            report.refuse_exemptions();
        }
        report.exempt(input.name(), self.more);
        report
    }
}
