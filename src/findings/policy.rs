//! The settings of a diagnosis: grace, expectations, accepted findings.

use crate::findings::codes::Code;
use crate::manifest::lint::EXEMPTIONS;
use crate::model::label_selector;
use crate::model::labels::Selector;
use crate::model::{DaemonSet, Node, Symbol};

/// The settings of a diagnosis.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Now, seconds since 1970.
    pub now: i64,
    /// Problems of nodes and pods younger than this many seconds are no findings yet.
    pub grace: i64,
    /// Nodes that must have a healthy pod.
    pub expect: Option<Expect>,
    /// Findings that are accepted.
    pub ignore: Vec<IgnoreRule>,
    /// Whether the annotations with which a DaemonSet accepts its own findings are ignored.
    pub no_exemptions: bool,
    /// Which nodes the report lists.
    pub shown: Shown,
    /// The only node to report, if one is selected.
    pub node: Option<Symbol>,
    /// Whether a document without an eligible node is accepted.
    pub allow_zero: bool,
    /// Whether info findings get fixes, too.
    pub all_fixes: bool,
}

impl Settings {
    /// The settings of a diagnosis at a time, seconds since 1970: every node is reported, nothing is expected or accepted,
    /// problems count from the start.
    pub fn at(now: i64) -> Self {
        Settings {
            now,
            grace: 0,
            expect: None,
            ignore: Vec::new(),
            no_exemptions: false,
            shown: Shown::All,
            node: None,
            allow_zero: false,
            all_fixes: false,
        }
    }
}

/// Which nodes the report lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// All of them.
    All,
    /// Those that are not simply healthy or excluded.
    Remarkable,
    /// None: only the findings are reported.
    None,
}

/// Nodes that must have a healthy pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// Every node.
    All,
    /// Those with such labels.
    Nodes(Selector),
}

/// A finding that is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoreRule {
    /// Which finding.
    pub code: Code,
    /// On which nodes; `None` for all.
    pub nodes: Option<Selector>,
    /// Who accepts it, and why.
    pub by: String,
}

/// The annotation that says which nodes must have a healthy pod.
pub const EXPECT_ANNOTATION: &str = "kubectl-daemonset/expect";
/// The annotation that accepts findings: rules separated by `;`, each with a reason after a colon.
pub const IGNORE_ANNOTATION: &str = "kubectl-daemonset/ignore";

impl Expect {
    /// Parses `all` or a label selector.
    ///
    /// # Errors
    /// The text is no selector; the error says where.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        match text.trim() {
            "all" => Ok(Expect::All),
            text => Ok(Expect::Nodes(selector(text)?)),
        }
    }

    /// Whether the node must have a healthy pod.
    pub fn includes(&self, node: &Node) -> bool {
        match self {
            Expect::All => true,
            Expect::Nodes(selector) => selector.matches(&node.labels),
        }
    }
}

impl IgnoreRule {
    /// Parses `CODE` or `CODE@NODESELECTOR`.
    ///
    /// # Errors
    /// The code is unknown, or the selector cannot be read.
    pub fn parse(text: &str, by: &str) -> Result<Self, PolicyError> {
        let (code, nodes) = match text.trim().split_once('@') {
            Some((code, nodes)) => (code, Some(selector(nodes)?)),
            None => (text.trim(), None),
        };
        let code = Code::parse(code).ok_or_else(|| PolicyError::Code(code.to_owned()))?;
        Ok(IgnoreRule { code, nodes, by: by.to_owned() })
    }

    /// Whether the rule accepts the code on the node.
    pub fn accepts(&self, code: Code, node: Option<&Node>) -> bool {
        self.code == code
            && match (&self.nodes, node) {
                (None, _) => true,
                (Some(selector), Some(node)) => selector.matches(&node.labels),
                (Some(_), None) => false,
            }
    }
}

fn selector(text: &str) -> Result<Selector, PolicyError> {
    label_selector::parse(text).map_err(PolicyError::Selector)
}

/// Why an expectation or an ignore rule cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyError {
    /// No code is called so.
    Code(String),
    /// A label selector is invalid; the text says why.
    Selector(String),
}

/// Why an annotation for the doctor has no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnnotationError {
    /// Its value cannot be read.
    Value {
        /// The annotation.
        annotation: &'static str,
        /// Why.
        error: PolicyError,
    },
    /// No annotation is called so.
    Unknown(Symbol),
}

/// Parses the doctor annotations of a DaemonSet: the expectation, the ignore rules, and errors.
pub fn doctor_annotations(daemon_set: &DaemonSet) -> (Option<Expect>, Vec<IgnoreRule>, Vec<AnnotationError>) {
    let unread = |annotation, error| AnnotationError::Value { annotation, error };
    let (mut expect, mut ignore, mut wrong) = (None, Vec::new(), Vec::new());
    for (key, text) in &daemon_set.doctor_annotations {
        match key.as_str() {
            EXPECT_ANNOTATION => match Expect::parse(text) {
                Ok(parsed) => expect = Some(parsed),
                Err(error) => wrong.push(unread(EXPECT_ANNOTATION, error)),
            },
            IGNORE_ANNOTATION => {
                for rule in text.split(';').map(str::trim).filter(|rule| !rule.is_empty()) {
                    let (rule, reason) = rule.split_once(':').unwrap_or((rule, ""));
                    let by = match reason.trim() {
                        "" => "annotation".to_owned(),
                        reason => format!("annotation: {reason}"),
                    };
                    match IgnoreRule::parse(rule, &by) {
                        Ok(rule) => ignore.push(rule),
                        Err(error) => wrong.push(unread(IGNORE_ANNOTATION, error)),
                    }
                }
            }
            // That one is for `lint`.
            EXEMPTIONS => {}
            _ => wrong.push(AnnotationError::Unknown(*key)),
        }
    }
    (expect, ignore, wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_speak_to_the_doctor() {
        let daemon_set = DaemonSet {
            doctor_annotations: vec![
                (EXPECT_ANNOTATION.into(), "pool=edge".into()),
                (IGNORE_ANNOTATION.into(), "DS104@pool=ml: not for us; DS105; nonsense".into()),
                ("kubectl-daemonset/ignor".into(), "DS101".into()),
            ],
            ..Default::default()
        };
        let (expect, ignore, wrong) = doctor_annotations(&daemon_set);
        assert!(matches!(expect, Some(Expect::Nodes(_))));
        assert_eq!(ignore.iter().map(|r| r.by.as_str()).collect::<Vec<_>>(), ["annotation: not for us", "annotation"]);
        assert_eq!(wrong.len(), 2, "{wrong:?}");
    }
}
