//! Lists by page and single objects, into the same sink as a saved cluster's. Nothing here ever writes.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::stream::{StreamExt, TryStreamExt, iter};
use http::Method;
use serde::Deserialize;
use tokio::task::JoinHandle;

use crate::client::access_review;
use crate::client::access_review::{Right, is_allowed};
use crate::client::api_path::{ApiPath, object_name};
use crate::client::connection::{Answer, Connection, JSON, Media, RequestError};
use crate::client::query::{Query, path};
use crate::client::status::Status;
use crate::error::{Error, Result};
use crate::model::config_object::ConfigObject;
use crate::model::wire::{Kind, WireConfigObject};
use crate::store::Coverage;
use crate::store::item_sink::{ItemSink, ListKind, Origin, Taken, TakenKind};
use crate::stream::dispatch::skip;
use crate::stream::page::{Page, key, page};

/// How many objects are asked for at a time.
const PAGE: u32 = 500;
/// The largest page that is taken. Objects beyond that are asked for in smaller pages.
const MOST: usize = 64 << 20;
/// How many requests of one question are on their way at a time.
pub(crate) const TOGETHER: usize = 4;
/// Metadata alone, of any kind. A server that does not know it would answer 406: all have known it since v1.15.
const METADATA: Media = Media { accept: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1", ..JSON };
/// How often a list that expired is begun again.
const RESTARTS: u32 = 3;

/// What became of a single object.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// It was given to the sink.
    Here,
    /// No object has this name.
    Missing,
    /// The object could not be read.
    NotSeen(Coverage),
}

/// Reads from an API server.
#[derive(Clone)]
pub struct Reader {
    connection: Arc<Connection>,
    page: u32,
    most: usize,
    objects: Arc<AtomicU64>,
}

impl Reader {
    /// Reads over this connection.
    pub fn new(connection: Arc<Connection>) -> Self {
        Reader { connection, page: PAGE, most: MOST, objects: Arc::default() }
    }

    /// Takes pages of at most so many objects and bytes.
    #[must_use]
    pub fn with_pages(self, objects: u32, bytes: usize) -> Self {
        Reader { page: objects.max(1), most: bytes, ..self }
    }

    /// The connection.
    pub fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    /// How many objects were read so far, by this reader and its clones.
    pub fn objects(&self) -> u64 {
        self.objects.load(Ordering::Relaxed)
    }

    /// The server's version, such as `v1.36.3`; nothing where it does not say.
    ///
    /// # Errors
    /// The server cannot be reached, or knows no such user.
    pub async fn server_version(&self) -> Result<Option<String>> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Info {
            git_version: String,
        }
        match self.connection.get(&ApiPath::root("version"), self.most).await {
            Ok(answer) if answer.code == 200 => {
                Ok(serde_json::from_slice::<Info>(&answer.body).ok().map(|info| info.git_version))
            }
            Err(RequestError::Fatal(error)) => Err(error),
            Ok(_) | Err(_) => Ok(None),
        }
    }

    /// Reads every object of the query. What was refused or failed is a value, since other lists may not.
    ///
    /// # Errors
    /// The server cannot be reached, knows no such user, or the query cannot be asked.
    pub async fn list(&self, query: &Query, sink: &mut dyn ItemSink) -> Result<Coverage> {
        let read = self.list_while(query, sink, &|| true).await?;
        Ok(read.unwrap_or(Coverage::Whole))
    }

    /// Reads every object of all these queries, a few at a time; what became of each, in their order.
    ///
    /// # Errors
    /// As there.
    pub async fn list_together<S: ItemSink>(&self, queries: &[Query], sink: &mut S) -> Result<Vec<Coverage>> {
        let shared = RefCell::new(sink);
        let lists = iter(queries).map(|query| async { self.list(query, &mut &shared).await });
        lists.buffered(TOGETHER).try_collect().await
    }

    /// As [`Reader::list`], but leaves off behind a page after which the list is no longer wanted; gives nothing then.
    ///
    /// # Errors
    /// As there.
    pub async fn list_while(
        &self,
        query: &Query,
        sink: &mut dyn ItemSink,
        goes_on: &dyn Fn() -> bool,
    ) -> Result<Option<Coverage>> {
        let path = path(query.kind, query.namespace.as_deref())?;
        let mut list = List { reader: self, query, path, limit: self.page, restarts: 0, last: None, behind: None };
        match list.read(sink, goes_on).await {
            Ok(()) => Ok(Some(Coverage::Whole)),
            Err(Stop::Left) => Ok(None),
            Err(Stop::Seen(coverage)) => Ok(Some(coverage)),
            Err(Stop::Fatal(error)) => Err(error),
        }
    }

    /// Reads one object.
    ///
    /// # Errors
    /// As [`Reader::list`].
    pub async fn get(&self, kind: Kind, namespace: Option<&str>, name: &str, sink: &mut dyn ItemSink) -> Result<Found> {
        let path = path(kind, namespace)?.segment(object_name(name)?);
        let failed = |why: String| Ok(Found::NotSeen(Coverage::Failed { why }));
        match self.connection.get(&path, self.most).await {
            Ok(answer) => match answer.code {
                200 => match page(answer.body, path.as_str(), sink, &mut |_| {}) {
                    Ok(_) => Ok(Found::Here),
                    Err(error) => failed(error.to_string()),
                },
                404 if Status::is_absence(&answer.body) => Ok(Found::Missing),
                403 => Ok(Found::NotSeen(Coverage::Forbidden { verb: "get", resource: kind.resource() })),
                code => failed(Status::of(&answer.body).sentence(code)),
            },
            Err(RequestError::Fatal(error)) => Err(error),
            Err(RequestError::Failed(why)) => failed(why),
            Err(RequestError::TooLarge) => failed(too_large(self.most)),
        }
    }

    /// Reads the names of a ConfigMap's or Secret's keys. The server is asked for its metadata alone, so that no value is
    /// sent; `managedFields` names the keys.
    ///
    /// # Errors
    /// As [`Reader::list`].
    pub async fn get_keys(&self, kind: Kind, namespace: &str, name: &str) -> Result<(Found, Option<ConfigObject>)> {
        let path = path(kind, Some(namespace))?.segment(object_name(name)?);
        let failed = |why: String| Ok((Found::NotSeen(Coverage::Failed { why }), None));
        match self.connection.send(Method::GET, &path, METADATA, &[], self.most).await {
            Ok(answer) => match answer.code {
                200 => match serde_json::from_slice::<WireConfigObject>(&answer.body) {
                    Ok(object) => Ok((Found::Here, Some(object.narrow(false)))),
                    // Where the answer cannot be read, its text stays untold.
                    Err(_) => failed("the server's answer cannot be read".to_owned()),
                },
                404 if Status::is_absence(&answer.body) => Ok((Found::Missing, None)),
                403 => Ok((Found::NotSeen(Coverage::Forbidden { verb: "get", resource: kind.resource() }), None)),
                code => failed(Status::of(&answer.body).sentence(code)),
            },
            Err(RequestError::Fatal(error)) => Err(error),
            Err(RequestError::Failed(why)) => failed(why),
            Err(RequestError::TooLarge) => failed(too_large(self.most)),
        }
    }

    /// Whether the user may do this, by the server's own word (`kubectl auth can-i`); nothing where it does not say.
    ///
    /// # Errors
    /// The server cannot be reached, or knows no such user.
    pub async fn may(&self, verb: &'static str, kind: Kind, namespace: Option<&str>) -> Result<Option<bool>> {
        let namespace = namespace.unwrap_or_default().to_owned();
        let right = Right { verb, group: kind.group(), resource: kind.resource(), namespace, name: String::new() };
        let body = right.review().to_string().into_bytes();
        match self.connection.ask(Method::POST, &access_review::path(), &body, self.most).await {
            Ok(answer) => Ok(serde_json::from_slice(&answer.body).ok().as_ref().and_then(is_allowed)),
            Err(RequestError::Fatal(error)) => Err(error),
            Err(_) => Ok(None),
        }
    }
}

/// Why a list ends before its end.
enum Stop {
    Seen(Coverage),
    Fatal(Error),
    /// Nobody wants the rest.
    Left,
}

impl Stop {
    fn failed(why: impl Into<String>) -> Self {
        Stop::Seen(Coverage::Failed { why: why.into() })
    }
}

/// One list on its way.
struct List<'r> {
    reader: &'r Reader,
    query: &'r Query,
    path: ApiPath,
    limit: u32,
    restarts: u32,
    /// The key of the last object that was read.
    last: Option<String>,
    /// Objects up to and with this key were read before the list was begun again.
    behind: Option<String>,
}

type Fetch = JoinHandle<Result<Answer, RequestError>>;

impl List<'_> {
    async fn read(&mut self, sink: &mut dyn ItemSink, goes_on: &dyn Fn() -> bool) -> Result<(), Stop> {
        let mut token = None;
        let mut ahead: Option<Fetch> = None;
        loop {
            let fetch = match ahead.take() {
                Some(fetch) => fetch,
                None => self.fetch(token.as_deref())?,
            };
            let outcome = fetch.await.map_err(|_| Stop::failed("the request was cancelled"))?;
            let body = match outcome {
                Ok(answer) if answer.code == 200 => answer.body,
                Ok(answer) if answer.code == 410 => {
                    token = self.after_expiry(&answer)?;
                    continue;
                }
                // A kind that the server does not serve has no objects. The oldest ones every server has: who does
                // not know them is no API server.
                Ok(answer)
                    if answer.code == 404
                        && !matches!(self.query.kind.group(), "" | "apps")
                        && Status::is_absence(&answer.body) =>
                {
                    return Ok(());
                }
                Ok(answer) => return Err(self.refused(&answer)),
                Err(RequestError::Fatal(error)) => return Err(Stop::Fatal(error)),
                Err(RequestError::Failed(why)) => return Err(self.partly(why)),
                Err(RequestError::TooLarge) if self.limit > 1 => {
                    self.limit = self.limit.div_ceil(10);
                    continue;
                }
                Err(RequestError::TooLarge) => return Err(self.partly(too_large(self.reader.most))),
            };
            let read = self.page(body, sink, &mut ahead)?;
            if !read.is_list {
                return Err(self.partly("the server did not answer with a list".to_owned()));
            }
            self.reader.objects.fetch_add(read.objects, Ordering::Relaxed);
            self.reader.connection.reuse(read.text);
            self.last = read.last.or_else(|| self.last.take());
            match read.continuation {
                Some(next) if token.as_deref() == Some(&next) => {
                    return Err(self.partly("the server repeats the same page".to_owned()));
                }
                Some(_) if !goes_on() => {
                    ahead.into_iter().for_each(|fetch| fetch.abort());
                    return Err(Stop::Left);
                }
                Some(next) => token = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// Reads a page, and asks for the next one meanwhile.
    fn page(&self, body: Vec<u8>, sink: &mut dyn ItemSink, ahead: &mut Option<Fetch>) -> Result<Page, Stop> {
        let mut on_next = |next: &str| *ahead = self.fetch(Some(next)).ok();
        let read = match &self.behind {
            Some(behind) => page(body, self.path.as_str(), &mut Behind { key: behind, sink }, &mut on_next),
            None => page(body, self.path.as_str(), sink, &mut on_next),
        };
        read.map_err(|error| {
            if let Some(fetch) = ahead.take() {
                fetch.abort();
            }
            self.partly(format!("cannot read the server's answer: {error}"))
        })
    }

    fn fetch(&self, token: Option<&str>) -> Result<Fetch, Stop> {
        let mut path = self.path.clone().query("limit", &self.limit.to_string());
        let (labels, fields) = (self.query.labels.as_deref(), self.query.fields.as_deref());
        for (key, value) in [("labelSelector", labels), ("fieldSelector", fields), ("continue", token)] {
            path = match value {
                Some(value) => path.query(key, value),
                None => path,
            };
        }
        let connection = Arc::clone(&self.reader.connection);
        let most = self.reader.most;
        Ok(tokio::spawn(async move { connection.get(&path, most).await }))
    }

    /// Where a list goes on whose state the server no longer has: from a newer state behind the last object, if it
    /// offers that, else from the start, passing over what was read.
    fn after_expiry(&mut self, answer: &Answer) -> Result<Option<String>, Stop> {
        self.restarts += 1;
        if self.restarts > RESTARTS {
            return Err(self.partly(format!("the list expired {} times while the pages were read", self.restarts)));
        }
        match Status::of(&answer.body).continuation() {
            Some(token) => Ok(Some(token)),
            None => {
                self.behind.clone_from(&self.last);
                Ok(None)
            }
        }
    }

    fn refused(&self, answer: &Answer) -> Stop {
        let resource = self.query.kind.resource();
        if answer.code == 403 {
            return Stop::Seen(Coverage::Forbidden { verb: "list", resource });
        }
        self.partly(Status::of(&answer.body).sentence(answer.code))
    }

    /// A failure, saying so where a part was read.
    fn partly(&self, why: String) -> Stop {
        match &self.last {
            Some(last) => Stop::failed(format!("the list was read only up to `{last}`: {why}")),
            None => Stop::failed(why),
        }
    }
}

/// Passes over objects that were read before. Lists are in order of their keys.
struct Behind<'s> {
    key: &'s str,
    sink: &'s mut dyn ItemSink,
}

impl ItemSink for Behind<'_> {
    fn item(&mut self, json: &[u8], list: Option<ListKind<'_>>, origin: &Origin) -> Result<Taken, serde_json::Error> {
        if key(json).is_some_and(|key| key.as_str() <= self.key) {
            return Ok(Taken { bytes: skip(json)?, kind: TakenKind::Ignored });
        }
        self.sink.item(json, list, origin)
    }
}

fn too_large(most: usize) -> String {
    format!("the server's answer is larger than {} MiB", most >> 20)
}
