//! A watch of one object that wakes its reader after a change.

use std::future::pending;
use std::sync::Arc;

use http::{Request, StatusCode};
use http_body_util::BodyExt;
use kube::client::Body;
use tokio::task::JoinHandle;
use tokio::time::{Duration, Instant};

use crate::client::api_path::{ApiPath, field_value};
use crate::client::connection::Connection;

/// A watch that ends sooner than this is not opened again.
const WORTH: Duration = Duration::from_secs(5);
/// Of what changed nothing is read, so little is asked for.
const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";

/// Signals changes of one object without keeping the data. If the user cannot watch the object, or a proxy buffers the
/// answers, no signal comes: the caller must also poll.
pub struct Changes {
    connection: Arc<Connection>,
    path: ApiPath,
    state: State,
}

enum State {
    /// A task of its own: whoever waits for a connection must go on waiting, or nobody behind it gets one.
    Opening(JoinHandle<Option<Body>>),
    Open(Body, Instant),
    Closed,
}

impl State {
    fn opening(connection: &Arc<Connection>, path: &ApiPath) -> Self {
        State::Opening(tokio::spawn(open(Arc::clone(connection), path.clone())))
    }
}

impl Changes {
    /// Of the object of this name below the path of all. The server is asked at once, by the runtime that this is called
    /// in.
    pub fn of(connection: Arc<Connection>, all: &ApiPath, name: &str) -> Self {
        let fields = format!("metadata.name={}", field_value(name));
        let path = all.clone().query("watch", "true").query("fieldSelector", &fields);
        let state = State::opening(&connection, &path);
        Changes { connection, path, state }
    }

    /// Whether the server has begun to tell them.
    pub fn are_told(&self) -> bool {
        matches!(self.state, State::Open(..))
    }

    /// Waits until something has changed, or may have. Nothing is lost where waiting is left off.
    pub async fn next(&mut self) {
        loop {
            match &mut self.state {
                State::Opening(opening) => {
                    self.state = match opening.await {
                        Ok(Some(body)) => State::Open(body, Instant::now()),
                        _ => State::Closed,
                    }
                }
                State::Open(body, since) => match body.frame().await {
                    Some(Ok(_)) => return,
                    // Servers end a watch after some minutes.
                    _ if since.elapsed() >= WORTH => {
                        self.state = State::opening(&self.connection, &self.path);
                    }
                    _ => self.state = State::Closed,
                },
                State::Closed => pending().await,
            }
        }
    }
}

async fn open(connection: Arc<Connection>, path: ApiPath) -> Option<Body> {
    let request = Request::get(path.as_str()).header(http::header::ACCEPT, METADATA).body(Body::empty()).ok()?;
    let response = connection.client().await.send(request).await.ok()?;
    (response.status() == StatusCode::OK).then(|| response.into_body())
}
