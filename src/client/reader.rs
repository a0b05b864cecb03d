//! Lists and single objects, into the same sink as a saved cluster's. Nothing here ever writes.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::stream::{StreamExt, TryStreamExt, iter};
use http::Method;
use serde::Deserialize;
use tokio::sync::{OnceCell, Semaphore};

use crate::client::access_review;
use crate::client::access_review::{Right, is_allowed};
use crate::client::api_path::{ApiPath, object_name};
use crate::client::connection::{Connection, JSON, Media, RequestError};
use crate::client::list::{Asker, List, SMALL_PAGE, Stop};
use crate::client::query::{Query, path};
use crate::client::status::Status;
use crate::error::Result;
use crate::model::Version;
use crate::model::config_object::ConfigObject;
use crate::model::wire::protobuf::Detail;
use crate::model::wire::{Kind, WireConfigObject};
use crate::store::Coverage;
use crate::store::item_sink::ItemSink;
use crate::stream::page::single;

/// The largest single answer that is taken, in bytes.
const MOST: usize = 64 << 20;
/// The minor version since which a server streams a list, item by item, out of its cache of the newest state (features
/// StreamingCollectionEncodingToJSON, StreamingCollectionEncodingToProtobuf and ConsistentListFromCache).
const STREAMS_SINCE: u16 = 33;
/// How many objects are asked for at a time of a server that builds its answers in memory: of pods of 10 kB, 20 MB.
const LARGE_PAGE: u32 = 2_000;
/// How many long lists are read at a time: each costs the server memory and a core.
const LONG_LISTS: usize = 2;
/// How many requests of one question are on their way at a time.
pub(crate) const TOGETHER: usize = 4;
/// Metadata alone, of any kind. A server that does not know it would answer 406: all have known it since v1.15.
const METADATA: Media = Media { accept: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1", ..JSON };

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
    page: Option<u32>,
    detail: Detail,
    version: Arc<OnceCell<Option<String>>>,
    long_lists: Arc<Semaphore>,
    objects: Arc<AtomicU64>,
}

impl Reader {
    /// Reads over this connection what a diagnosis looks at.
    pub fn new(connection: Arc<Connection>) -> Self {
        Reader {
            connection,
            page: None,
            detail: Detail::Lean,
            version: Arc::default(),
            long_lists: Arc::new(Semaphore::new(LONG_LISTS)),
            objects: Arc::default(),
        }
    }

    /// Takes pages of at most so many objects, whatever the server can.
    #[must_use]
    pub fn with_pages(self, objects: u32) -> Self {
        Reader { page: Some(objects.max(1)), ..self }
    }

    /// Reads every field of pods and nodes that may be saved.
    #[must_use]
    pub fn with_all_fields(self) -> Self {
        Reader { detail: Detail::Unmanaged, ..self }
    }

    /// The connection.
    pub fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    /// How many objects were read so far, by this reader and its clones.
    pub fn objects(&self) -> u64 {
        self.objects.load(Ordering::Relaxed)
    }

    /// How many objects of a kind are asked for at a time; nothing where a list is best asked for at once. As long as the
    /// server's version was not asked, nothing is taken for granted. Events no server keeps in its cache
    /// (`DefaultWatchCacheSizes` of `kube-apiserver`, v1.36).
    fn page(&self, kind: Kind) -> Option<u32> {
        if self.page.is_some() {
            return self.page;
        }
        match self.version.get().and_then(|version| Version::parse(version.as_deref()?)) {
            Some(_) if kind == Kind::Event => Some(SMALL_PAGE),
            Some(version) if version.at_least(STREAMS_SINCE) => None,
            Some(_) => Some(LARGE_PAGE),
            None => Some(SMALL_PAGE),
        }
    }

    /// The server's version, such as `v1.36.3`, which is asked for once; nothing where it does not say.
    ///
    /// # Errors
    /// The server cannot be reached, or knows no such user.
    pub async fn server_version(&self) -> Result<Option<String>> {
        self.version.get_or_try_init(|| self.ask_version()).await.cloned()
    }

    async fn ask_version(&self) -> Result<Option<String>> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Info {
            git_version: String,
        }
        match self.connection.get(&ApiPath::root("version"), MOST).await {
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

    /// As [`Reader::list`], but leaves off where the list is no longer wanted, which is asked now and then; gives nothing
    /// then.
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
        let _permit = if query.is_long() { self.long_lists.acquire().await.ok() } else { None };
        let asker = Asker { connection: &self.connection, detail: self.detail, objects: &self.objects };
        match List::new(asker, query, path, self.page(query.kind)).read(sink, goes_on).await {
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
        match self.connection.get(&path, MOST).await {
            Ok(answer) => match answer.code {
                200 => match single(answer.body, path.as_str(), sink) {
                    Ok(()) => Ok(Found::Here),
                    Err(error) => failed(error.to_string()),
                },
                404 if Status::is_absence(&answer.body) => Ok(Found::Missing),
                403 => Ok(Found::NotSeen(Coverage::Forbidden { verb: "get", resource: kind.resource() })),
                code => failed(Status::of(&answer.body).sentence(code)),
            },
            Err(RequestError::Fatal(error)) => Err(error),
            Err(RequestError::Failed(why) | RequestError::Late(why)) => failed(why),
            Err(RequestError::TooLarge) => failed(too_large(MOST)),
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
        match self.connection.send(Method::GET, &path, METADATA, &[], MOST).await {
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
            Err(RequestError::Failed(why) | RequestError::Late(why)) => failed(why),
            Err(RequestError::TooLarge) => failed(too_large(MOST)),
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
        match self.connection.ask(Method::POST, &access_review::path(), &body, MOST).await {
            Ok(answer) => Ok(serde_json::from_slice(&answer.body).ok().as_ref().and_then(is_allowed)),
            Err(RequestError::Fatal(error)) => Err(error),
            Err(_) => Ok(None),
        }
    }
}

fn too_large(most: usize) -> String {
    format!("the server's answer is larger than {} MiB", most >> 20)
}
