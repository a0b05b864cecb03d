//! Why the server did not do what was asked, and how that is told.

use serde::Deserialize;

use crate::client::connection::Answer;
use crate::error::Error;
use crate::model::message::server::{ServerRefusal, conflicting_manager};

/// Why the server did not do it.
#[derive(Debug)]
pub enum Failure {
    /// It refused.
    Refused(Refusal),
    /// There is no answer.
    Lost(Error),
    /// There will be none to anything else either: no way to the server, or no credentials.
    Unreachable(Error),
}

/// The server's refusal.
#[derive(Debug, Clone, Default)]
pub struct Refusal {
    /// HTTP status.
    pub code: u16,
    /// One word, such as `Forbidden`.
    pub reason: String,
    /// The server's sentence.
    pub message: String,
    /// Fields that other managers own, where that is why.
    pub conflicts: Vec<Conflict>,
}

/// A field that another field manager owns with another value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The field, as the server names it (`.spec.template...`).
    pub field: String,
    /// Who owns it, in the server's words.
    pub with: String,
}

impl Failure {
    /// The failure with these values taken out of the server's sentences, which may quote what was sent.
    #[must_use]
    pub fn without(mut self, secrets: &[String]) -> Self {
        if let Failure::Refused(refusal) = &mut self {
            let mut secrets: Vec<&String> = secrets.iter().collect();
            // The longest first: a value may hold another.
            secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
            for secret in secrets {
                refusal.message = refusal.message.replace(secret.as_str(), "[secret]");
                for conflict in &mut refusal.conflicts {
                    conflict.with = conflict.with.replace(secret.as_str(), "[secret]");
                }
            }
        }
        self
    }

    /// Whether the server said that there is no such thing.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Failure::Refused(refusal) if refusal.code == 404)
    }

    /// The refusal, if it is one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Failure::Refused(refusal) => Some(refusal),
            Failure::Lost(_) | Failure::Unreachable(_) => None,
        }
    }

    /// What is told to the user; `what` could not be done (`cannot apply DaemonSet logging/agent`).
    pub fn told(self, what: impl Into<String>) -> Error {
        match self {
            // What could not be done for that matters less than that nothing can.
            Failure::Unreachable(error) => error,
            Failure::Lost(mut error) => {
                let cause = std::mem::replace(&mut error.message, what.into());
                error.causes.insert(0, cause);
                error
            }
            Failure::Refused(refusal) => {
                let mut error = Error::new(what).cause(refusal.sentence());
                for conflict in &refusal.conflicts {
                    error = error.cause(conflict.to_string());
                }
                match refusal.hint() {
                    Some(hint) => error.hint(hint),
                    None => error,
                }
            }
        }
    }

    /// Whether it is certain that nothing was done: the server decided against it. Where it was too busy, broke, or
    /// did not answer, another try may succeed, and a write may have been carried out.
    pub fn is_decision(&self) -> bool {
        matches!(self, Failure::Refused(refusal) if refusal.code < 500 && refusal.code != 429)
    }
}

impl Conflict {
    /// The field manager, where the server names it.
    pub fn manager(&self) -> Option<&str> {
        conflicting_manager(&self.with)
    }
}

impl std::fmt::Display for Conflict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Conflict { field, with } = self;
        match self.manager() {
            Some(manager) => write!(f, "field manager `{manager}` owns {field}"),
            None => write!(f, "{field}: {with}"),
        }
    }
}

impl Refusal {
    /// Whether another client changed or replaced the object first.
    pub fn is_race(&self) -> bool {
        self.code == 409 && self.conflicts.is_empty()
    }

    /// The refusal as kubectl words it.
    pub fn sentence(&self) -> String {
        match (self.reason.as_str(), self.conflicts.len()) {
            (_, 1) => "another field manager owns a field".to_owned(),
            (_, n) if n > 1 => format!("other field managers own {n} fields"),
            ("", _) => format!("Error from server: {}", self.message),
            (reason, _) => format!("Error from server ({reason}): {}", self.message),
        }
    }

    /// What helps, where the server's words show it.
    fn hint(&self) -> Option<&'static str> {
        if !self.conflicts.is_empty() {
            return Some("take the fields over with `--force-conflicts`, or remove the fields from the document");
        }
        Some(match ServerRefusal::of(&self.message) {
            Some(ServerRefusal::WebhookDown) => {
                "repair the webhook's service or remove the webhook's configuration: list both kinds with `kubectl get \
                 validatingwebhookconfigurations,mutatingwebhookconfigurations`"
            }
            Some(ServerRefusal::NamespaceTerminating) => {
                "run the command again when the namespace is gone; see what blocks the deletion with \
                 `kubectl get namespace NAME -o yaml`"
            }
            Some(ServerRefusal::QuotaExceeded) => {
                "compare the used and the hard values with `kubectl describe resourcequota`"
            }
            Some(ServerRefusal::PermissionsNotHeld) => {
                "nobody can grant permissions that they do not have: let an administrator deploy, or remove `rbac`"
            }
            _ if self.code == 429 => "the server is busy after several retries: run the command again later",
            _ => return None,
        })
    }

    /// Reads the answer.
    pub(crate) fn of(answer: &Answer) -> Refusal {
        const LONGEST: usize = 2000;
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Body {
            reason: Option<String>,
            message: Option<String>,
            details: Option<Details>,
        }
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Details {
            causes: Vec<Cause>,
        }
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Cause {
            reason: Option<String>,
            message: Option<String>,
            field: Option<String>,
        }
        let body: Body = serde_json::from_slice(&answer.body).unwrap_or_default();
        let message = body.message.filter(|m| !m.is_empty());
        let message = message.unwrap_or_else(|| format!("the server answered HTTP status {}", answer.code));
        let causes = body.details.unwrap_or_default().causes.into_iter();
        let conflicts = causes
            .filter(|c| c.reason.as_deref() == Some("FieldManagerConflict"))
            .map(|c| Conflict { field: c.field.unwrap_or_default(), with: c.message.unwrap_or_default() });
        Refusal {
            code: answer.code,
            reason: body.reason.unwrap_or_default(),
            message: message.chars().take(LONGEST).collect(),
            conflicts: conflicts.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn conflicts_are_read_from_the_refusal() {
        let body = json!({"kind": "Status", "reason": "Conflict", "message": "Apply failed with 1 conflict",
            "details": {"causes": [{"reason": "FieldManagerConflict", "field": ".spec.minReadySeconds",
                "message": "conflict with \"kubectl\" using apps/v1"}]}});
        let answer = Answer { code: 409, body: body.to_string().into_bytes(), list: None };
        let refusal = Refusal::of(&answer);
        assert_eq!(refusal.conflicts[0].field, ".spec.minReadySeconds");
        let error = Failure::Refused(refusal).told("cannot apply DaemonSet a/b");
        assert_eq!(error.causes[1], "field manager `kubectl` owns .spec.minReadySeconds");
        assert!(error.hints[0].contains("--force-conflicts"));
    }

    #[test]
    fn only_the_server_s_own_no_is_a_decision() {
        for (code, decided) in
            [(400, true), (403, true), (409, true), (422, true), (429, false), (500, false), (504, false)]
        {
            assert_eq!(Failure::Refused(Refusal { code, ..Refusal::default() }).is_decision(), decided, "{code}");
        }
        assert!(!Failure::Lost(Error::new("x")).is_decision());
    }

    #[test]
    fn a_refusal_without_words_names_its_status() {
        let refusal = Refusal::of(&Answer { code: 502, body: b"<html>".to_vec(), list: None });
        assert_eq!(refusal.sentence(), "Error from server: the server answered HTTP status 502");
    }
}
