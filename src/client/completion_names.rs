//! The names of objects, for a shell that completes.

use http::header::ACCEPT;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use kube::client::Body;
use serde::Deserialize;

use crate::client::connection::Connection;
use crate::client::query::path;
use crate::error::{Error, Result};
use crate::model::wire::Kind;

/// More names than a person looks through; a larger cluster is completed from its first names.
const MOST: usize = 500;
/// What 500 objects without spec and status may weigh.
const MOST_BYTES: usize = 8 << 20;

/// Asks once for the names of a kind's objects, of a namespace or of all. Only their metadata is sent, since a list
/// of nodes weighs megabytes; a server that cannot do so sends them whole.
///
/// # Errors
/// The server refuses, breaks off, or sends something else. Nothing is tried again: somebody waits at a prompt.
pub async fn names(connection: &Connection, kind: Kind, namespace: Option<&str>) -> Result<Vec<String>> {
    let failed = || Error::new(format!("cannot list {}", kind.resource()));
    let request = Request::get(path(kind, namespace)?.query("limit", &MOST.to_string()).as_str())
        .header(ACCEPT, "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json")
        .body(Body::empty())
        .map_err(|error| failed().because(&error))?;
    let response = connection.client().await.send(request).await.map_err(|error| failed().because(&error))?;
    if response.status() != StatusCode::OK {
        return Err(failed().cause(format!("the server answered {}", response.status())));
    }
    let mut stream = response.into_body();
    let mut body = Vec::new();
    while let Some(frame) = stream.frame().await {
        let frame = frame.map_err(|error| failed().because(&error))?;
        body.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
        if body.len() > MOST_BYTES {
            return Err(failed().cause("the answer is too large"));
        }
    }
    let list: List = serde_json::from_slice(&body).map_err(|error| failed().because(&error))?;
    Ok(list.items.into_iter().map(|item| item.metadata.name).collect())
}

#[derive(Deserialize)]
struct List {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
}
