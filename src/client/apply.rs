//! Writing: server-side apply, creation, deletion, and asking whether one may. Every request comes to the same when
//! it is sent twice.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use tokio::time::sleep;

use crate::client::Connection;
use crate::client::api_path::ApiPath;
use crate::client::connection::{Answer, JSON, Media, RequestError, WEBHOOK_DOWN};
use crate::client::status::Status;
use crate::error::{Error, Result};

/// Who owns the fields that are applied.
pub const FIELD_MANAGER: &str = "kubectl-daemonset";

/// The largest answer that is taken. An object is at most 1.5 MiB; a page of metadata stays far below this.
const MOST: usize = 64 << 20;

/// How often an apply is sent that came between two changes of somebody else.
const ATTEMPTS: u32 = 5;

/// How an object is applied.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mode {
    /// Nothing is stored (`dryRun=All`).
    pub dry_run: bool,
    /// Fields that other managers own are taken from them.
    pub force: bool,
}

/// An object as the server has it now, or would.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The object.
    pub object: Json,
    /// Whether it was not there before.
    pub created: bool,
}

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

/// A field that somebody else owns with another value.
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

impl std::fmt::Display for Conflict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Conflict { field, with } = self;
        // `conflict with "MANAGER" with subresource "scale" using apps/v1 at TIME`
        match with.strip_prefix("conflict with \"").and_then(|rest| rest.split_once('"')) {
            Some((manager, _)) => write!(f, "manager `{manager}` owns {field}"),
            None => write!(f, "{field}: {with}"),
        }
    }
}

impl Refusal {
    /// Whether somebody else was quicker: the object is not the one any more that was meant.
    pub fn is_race(&self) -> bool {
        self.code == 409 && self.conflicts.is_empty()
    }

    /// The refusal as kubectl words it.
    pub fn sentence(&self) -> String {
        match (self.reason.as_str(), self.conflicts.len()) {
            (_, 1) => "another manager owns a field".to_owned(),
            (_, n) if n > 1 => format!("other managers own {n} fields"),
            ("", _) => format!("Error from server: {}", self.message),
            (reason, _) => format!("Error from server ({reason}): {}", self.message),
        }
    }

    /// What helps, where the server's words show it.
    fn hint(&self) -> Option<&'static str> {
        let says = |text: &str| self.message.contains(text);
        Some(if !self.conflicts.is_empty() {
            "take the fields over with `--force-conflicts`, leave them out, or give them the same value"
        } else if says(WEBHOOK_DOWN) {
            "whoever keeps that webhook must bring it back, or take its configuration away: `kubectl get \
             validatingwebhookconfigurations,mutatingwebhookconfigurations` shows it"
        } else if says("because it is being terminated") {
            "run it again once the namespace is gone; what still holds it: `kubectl get namespace NAME -o yaml`"
        } else if says("exceeded quota") {
            "`kubectl describe resourcequota` shows what is used, and by how much it is too little"
        } else if says("is attempting to grant RBAC permissions not currently held") {
            "nobody may give rights that they do not have: let somebody who has them deploy this, or leave `rbac` out"
        } else if self.code == 429 {
            "the server is busy and was asked again several times: run it again later"
        } else {
            return None;
        })
    }

    fn of(answer: &Answer) -> Refusal {
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
        let message = message.unwrap_or_else(|| format!("the server answered with HTTP status {}", answer.code));
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

/// Something that one may or may not do.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Right {
    /// `get`, `patch`, `create` ...
    pub verb: &'static str,
    /// The API group, empty for the core group.
    pub group: &'static str,
    /// The resource, as in RBAC rules.
    pub resource: &'static str,
    /// In which namespace; empty for cluster-scoped ones.
    pub namespace: String,
    /// On which object; empty for all.
    pub name: String,
}

impl std::fmt::Display for Right {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Right { verb, group, resource, namespace, .. } = self;
        let dot = if group.is_empty() { "" } else { "." };
        write!(f, "{verb} {resource}{dot}{group}")?;
        match namespace.as_str() {
            "" => Ok(()),
            namespace => write!(f, " in {namespace}"),
        }
    }
}

/// Writes over a connection.
#[derive(Clone)]
pub struct Writer {
    connection: Arc<Connection>,
}

impl Writer {
    /// Writes over this connection.
    pub fn new(connection: Arc<Connection>) -> Self {
        Writer { connection }
    }

    /// The connection.
    pub fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    /// The object at a path; nothing where there is none.
    ///
    /// # Errors
    /// The server refuses or is lost.
    pub async fn get(&self, path: &ApiPath) -> Result<Option<Json>, Failure> {
        match self.ask(Method::GET, path, JSON, None).await {
            Ok((_, object)) => Ok(Some(object)),
            Err(failure) if failure.is_not_found() => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Server-side apply under [`FIELD_MANAGER`]. Unknown fields are refused. With a `resourceVersion` it is for that
    /// version alone: where the object is another by now, that is the answer (409).
    ///
    /// # Errors
    /// The server refuses or is lost.
    pub async fn apply(&self, path: &ApiPath, object: &Json, mode: Mode) -> Result<Applied, Failure> {
        const APPLY: Media = Media { body: "application/apply-patch+yaml", accept: "application/json" };
        let path = written(path, mode.dry_run).query("force", &mode.force.to_string());
        let of_any_version = object["metadata"]["resourceVersion"].is_null();
        let mut attempt = 1;
        loop {
            match self.ask(Method::PATCH, &path, APPLY, Some(object)).await {
                Ok((code, object)) => return Ok(Applied { object, created: code == 201 }),
                // Somebody else was quicker, which says nothing against this change.
                Err(Failure::Refused(refusal)) if refusal.is_race() && of_any_version && attempt < ATTEMPTS => {
                    sleep(Duration::from_millis(50 << attempt)).await;
                    attempt += 1;
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    /// Creates an object in the collection at a path.
    ///
    /// # Errors
    /// The server refuses (409 where it exists) or is lost.
    pub async fn create(&self, path: &ApiPath, object: &Json, dry_run: bool) -> Result<Json, Failure> {
        let path = written(path, dry_run);
        Ok(self.ask(Method::POST, &path, JSON, Some(object)).await?.1)
    }

    /// Deletes the object at a path if it still is the one of that UID. What it owns goes in the background.
    /// Gives false where it was gone already.
    ///
    /// # Errors
    /// The server refuses or is lost.
    pub async fn delete(&self, path: &ApiPath, uid: &str, dry_run: bool) -> Result<bool, Failure> {
        let mut options = json!({
            "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background",
            "preconditions": {"uid": uid},
        });
        if dry_run {
            options["dryRun"] = json!(["All"]);
        }
        match self.ask(Method::DELETE, path, JSON, Some(&options)).await {
            Ok(_) => Ok(true),
            // Another object of that name is not the one that was to go.
            Err(Failure::Refused(refusal)) if matches!(refusal.code, 404 | 409) => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// The metadata of the objects at a path that a selector picks; contents (of Secrets) are not asked for.
    ///
    /// # Errors
    /// The server refuses or is lost.
    pub async fn list_metadata(&self, path: &ApiPath, selector: &str) -> Result<Vec<Json>, Failure> {
        const METADATA: Media = Media {
            body: "application/json",
            accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
        };
        let mut items = Vec::new();
        let mut token = String::new();
        loop {
            let mut url = path.clone().query("limit", "500");
            for (key, value) in [("labelSelector", selector), ("continue", token.as_str())] {
                if !value.is_empty() {
                    url = url.query(key, value);
                }
            }
            let (_, mut page) = self.ask(Method::GET, &url, METADATA, None).await?;
            if let Some(Json::Array(more)) = page.get_mut("items").map(Json::take) {
                items.extend(more);
            }
            match page.pointer("/metadata/continue").and_then(Json::as_str) {
                Some(next) if !next.is_empty() && next == token => {
                    return Err(Failure::Lost(Error::new("the server gives the same page again and again")));
                }
                Some(next) if !next.is_empty() => token = next.to_owned(),
                _ => return Ok(items),
            }
        }
    }

    /// Whether the user may do this, by the server's own word (`kubectl auth can-i`); nothing where it does not say.
    ///
    /// # Errors
    /// The server is lost.
    pub async fn may(&self, right: &Right) -> Result<Option<bool>> {
        let Right { verb, group, resource, namespace, name } = right;
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {
                "verb": verb, "group": group, "resource": resource, "namespace": namespace, "name": name}},
        });
        let path = ApiPath::of_group("authorization.k8s.io").segment("selfsubjectaccessreviews");
        match self.ask(Method::POST, &path, JSON, Some(&review)).await {
            Ok((_, review)) => Ok(review.pointer("/status/allowed").and_then(Json::as_bool)),
            Err(Failure::Refused(_)) => Ok(None),
            Err(Failure::Lost(error) | Failure::Unreachable(error)) => Err(error),
        }
    }

    async fn ask(
        &self,
        method: Method,
        path: &ApiPath,
        media: Media,
        body: Option<&Json>,
    ) -> Result<(u16, Json), Failure> {
        let body = body.map(|b| b.to_string().into_bytes()).unwrap_or_default();
        let answer = match self.connection.send(method, path, media, &body, MOST).await {
            Ok(answer) => answer,
            Err(RequestError::Fatal(error)) => return Err(Failure::Unreachable(error)),
            Err(RequestError::Failed(why)) => return Err(Failure::Lost(Error::new(why))),
            Err(RequestError::TooLarge) => {
                return Err(Failure::Lost(Error::new(format!("the answer is larger than {} MiB", MOST >> 20))));
            }
        };
        if answer.code == 404 && !Status::is_absence(&answer.body) {
            let why = "something between answered with HTTP status 404, and not as an API server does";
            return Err(Failure::Lost(Error::new(why)));
        }
        if !(200..300).contains(&answer.code) {
            return Err(Failure::Refused(Refusal::of(&answer)));
        }
        match serde_json::from_slice(&answer.body) {
            Ok(object) => Ok((answer.code, object)),
            Err(error) => Err(Failure::Lost(Error::new("the server's answer makes no sense").because(&error))),
        }
    }
}

/// A path with what every write has in its query.
fn written(path: &ApiPath, dry_run: bool) -> ApiPath {
    let path = path.clone().query("fieldManager", FIELD_MANAGER).query("fieldValidation", "Strict");
    if dry_run { path.query("dryRun", "All") } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conflicts_are_read_from_the_refusal() {
        let body = json!({"kind": "Status", "reason": "Conflict", "message": "Apply failed with 1 conflict",
            "details": {"causes": [{"reason": "FieldManagerConflict", "field": ".spec.minReadySeconds",
                "message": "conflict with \"kubectl\" using apps/v1"}]}});
        let answer = Answer { code: 409, body: body.to_string().into_bytes() };
        let refusal = Refusal::of(&answer);
        assert_eq!(refusal.conflicts[0].field, ".spec.minReadySeconds");
        let error = Failure::Refused(refusal).told("cannot apply DaemonSet a/b");
        assert_eq!(error.causes[1], "manager `kubectl` owns .spec.minReadySeconds");
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
        let refusal = Refusal::of(&Answer { code: 502, body: b"<html>".to_vec() });
        assert_eq!(refusal.sentence(), "Error from server: the server answered with HTTP status 502");
    }
}
