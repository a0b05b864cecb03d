//! Writes: server-side apply, creation, deletion, and access reviews. Every request is idempotent.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use serde_json::{Value as Json, json};
use tokio::time::sleep;

use crate::client::Connection;
use crate::client::access_review;
use crate::client::access_review::is_allowed;
use crate::client::api_path::ApiPath;
use crate::client::connection::{JSON, Media, RequestError};
use crate::client::status::Status;
use crate::error::{Error, Result};

pub use crate::client::access_review::Right;
pub use crate::client::refusal::{Conflict, Failure, Refusal};

/// Who owns the fields that are applied.
pub const FIELD_MANAGER: &str = "kubectl-daemonset";

/// The largest answer that is taken. An object is at most 1.5 MiB; a page of metadata stays far below this.
const MOST: usize = 64 << 20;

/// Maximum number of attempts for an apply that races with another client.
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

    /// Returns the object at a path, or `None` if it does not exist.
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

    /// Applies a JSON patch (RFC 6902).
    ///
    /// # Errors
    /// The server refuses (409 where the patch names a resource version that is not the newest) or is lost.
    pub async fn json_patch(&self, path: &ApiPath, patch: &Json, dry_run: bool) -> Result<Json, Failure> {
        const PATCH: Media = Media { body: "application/json-patch+json", accept: "application/json" };
        Ok(self.ask(Method::PATCH, &written(path, dry_run), PATCH, Some(patch)).await?.1)
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
                    return Err(Failure::Lost(Error::new("the server repeats the same page")));
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
        match self.ask(Method::POST, &access_review::path(), JSON, Some(&right.review())).await {
            Ok((_, review)) => Ok(is_allowed(&review)),
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
            Err(RequestError::Failed(why) | RequestError::Late(why)) => return Err(Failure::Lost(Error::new(why))),
            Err(RequestError::TooLarge) => {
                return Err(Failure::Lost(Error::new(format!("the answer is larger than {} MiB", MOST >> 20))));
            }
        };
        if answer.code == 404 && !Status::is_absence(&answer.body) {
            let why = "HTTP 404 from something that is not an API server (a proxy?)";
            return Err(Failure::Lost(Error::new(why)));
        }
        if !(200..300).contains(&answer.code) {
            return Err(Failure::Refused(Refusal::of(&answer)));
        }
        match serde_json::from_slice(&answer.body) {
            Ok(object) => Ok((answer.code, object)),
            Err(error) => Err(Failure::Lost(Error::new("cannot read the server's answer").because(&error))),
        }
    }
}

/// A path with what every write has in its query.
fn written(path: &ApiPath, dry_run: bool) -> ApiPath {
    let path = path.clone().query("fieldManager", FIELD_MANAGER).query("fieldValidation", "Strict");
    if dry_run { path.query("dryRun", "All") } else { path }
}
