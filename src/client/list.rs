//! One list on its way: in protobuf where server and kind have it, at once or in pages, whatever happens meanwhile.
//!
//! A list that breaks, expires or turns out to be too much is begun again, in smaller parts, and passes over what was read:
//! lists are in the order of their keys.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::Method;
use tokio::task::JoinHandle;

use crate::client::api_path::ApiPath;
use crate::client::connection::{
    Answer, Ask, Connection, Incoming, Interrupted, JSON, Media, RequestError, Taken as Way,
};
use crate::client::query::Query;
use crate::client::status::Status;
use crate::error::Error;
use crate::model::wire::Kind;
use crate::model::wire::protobuf;
use crate::model::wire::protobuf::Detail;
use crate::store::Coverage;
use crate::store::item_sink::{ItemSink, ListKind, Origin, Taken, TakenKind};
use crate::stream::arriving::{ArrivingList, End, Form, ListFault};
use crate::stream::dispatch::{Summary, skip};
use crate::stream::page::key;

/// How often a list that expired is begun again.
const RESTARTS: u32 = 3;
/// How many objects are asked for at a time of a server that is not known to bear more.
pub(crate) const SMALL_PAGE: u32 = 500;
/// No page is smaller than so many objects.
const SMALLEST_PAGE: u32 = 100;
/// After so many objects it is asked whether the list is wanted still.
const WANTED_EVERY: u64 = 500;
/// Protobuf, or JSON where the server or what is between does not know it.
const PROTOBUF: Media = Media { accept: "application/vnd.kubernetes.protobuf,application/json", ..JSON };

/// Why a list ends before its end.
pub(crate) enum Stop {
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

/// Who asks, and for how much.
#[derive(Clone, Copy)]
pub(crate) struct Asker<'r> {
    pub(crate) connection: &'r Arc<Connection>,
    /// How much is read of pods and nodes.
    pub(crate) detail: Detail,
    /// Counts the objects that were read.
    pub(crate) objects: &'r AtomicU64,
}

/// One list.
pub(crate) struct List<'r> {
    asker: Asker<'r>,
    query: &'r Query,
    path: ApiPath,
    /// How many objects are asked for at a time, if not all.
    limit: Option<u32>,
    /// Protobuf was unusual: JSON is asked for.
    is_json_only: bool,
    restarts: u32,
    /// Attempts at the present part that failed.
    tried: u32,
    /// The server fell silent in the middle.
    was_silent: bool,
    /// The last object that was read.
    last: Vec<u8>,
    /// Objects up to and with this key were read before the list was begun again.
    behind: Option<String>,
}

type Fetch = JoinHandle<Result<Answer, RequestError>>;

/// Why a part of a list was not read to its end.
enum Cut {
    Stop(Stop),
    Unusual,
    Wrong(String),
    Interrupted(Interrupted),
}

impl<'r> List<'r> {
    /// A list of which nothing was read.
    pub(crate) fn new(asker: Asker<'r>, query: &'r Query, path: ApiPath, limit: Option<u32>) -> Self {
        let (restarts, tried, was_silent) = (0, 0, false);
        let is_json_only = !protobuf::knows(query.kind);
        List { asker, query, path, limit, is_json_only, restarts, tried, was_silent, last: Vec::new(), behind: None }
    }

    /// Reads the list, as long as `goes_on`.
    pub(crate) async fn read(&mut self, sink: &mut dyn ItemSink, goes_on: &dyn Fn() -> bool) -> Result<(), Stop> {
        let mut token: Option<String> = None;
        let mut ahead: Option<Fetch> = None;
        loop {
            let fetch = match ahead.take() {
                Some(fetch) => fetch,
                None => self.fetch(token.as_deref()),
            };
            let incoming = match fetch.await.map_err(|_| Stop::failed("the request was cancelled"))? {
                Ok(Answer { list: Some(incoming), .. }) => incoming,
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
                Ok(answer) if matches!(answer.code, 413 | 429 | 500 | 504) && self.divide(&mut token) => {
                    self.tried += 1;
                    continue;
                }
                Ok(answer) => return Err(self.refused(&answer)),
                Err(RequestError::Fatal(error)) => return Err(Stop::Fatal(error)),
                Err(RequestError::Late(_)) if self.divide(&mut token) => continue,
                Err(RequestError::Failed(why) | RequestError::Late(why)) => return Err(self.partly(why)),
                Err(RequestError::TooLarge) => return Err(self.partly("the server's refusal is too large".to_owned())),
            };
            let outcome = self.part(incoming, sink, goes_on, &mut ahead).await;
            if outcome.is_err() {
                ahead.take().into_iter().for_each(|fetch| fetch.abort());
            }
            let end = match outcome {
                Ok(end) => end,
                Err(cut) => {
                    self.after_cut(cut, &mut token).await?;
                    continue;
                }
            };
            if !end.is_list {
                return Err(self.partly("the server did not answer with a list".to_owned()));
            }
            (self.tried, self.was_silent) = (0, false);
            match end.continuation {
                Some(next) if token.as_deref() == Some(&next) => {
                    ahead.into_iter().for_each(|fetch| fetch.abort());
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

    /// Reads a part of the list while it arrives, and asks for the next one once half of it was read, if that is wanted.
    async fn part(
        &mut self,
        mut incoming: Incoming,
        sink: &mut dyn ItemSink,
        goes_on: &dyn Fn() -> bool,
        ahead: &mut Option<Fetch>,
    ) -> Result<End, Cut> {
        // Of other kinds there are few.
        let detail = if matches!(self.query.kind, Kind::Pod | Kind::Node) { self.asker.detail } else { Detail::Whole };
        let form = if incoming.is_protobuf && !self.is_json_only { Form::Protobuf(detail) } else { Form::Json };
        let mut last = std::mem::take(&mut self.last);
        let mut noted = Noted { sink, last: &mut last, behind: self.behind.as_deref(), objects: self.asker.objects };
        let mut summary = Summary::default();
        let mut list = ArrivingList::new(form, self.path.as_str(), &mut noted, &mut summary);
        let half = self.limit.map_or(WANTED_EVERY, |limit| u64::from(limit / 2));
        let mut wanted_at = half.min(WANTED_EVERY);
        let outcome = loop {
            match self.asker.connection.next(&mut incoming).await {
                Ok(Some(piece)) => {
                    if let Err(fault) = list.push(&piece) {
                        break Err(fault.into());
                    }
                }
                Ok(None) => break Ok(()),
                Err(interrupted) => break Err(Cut::Interrupted(interrupted)),
            }
            if list.objects() >= wanted_at {
                wanted_at = list.objects() + WANTED_EVERY;
                if !goes_on() {
                    break Err(Cut::Stop(Stop::Left));
                }
            }
            if list.objects() >= half
                && let (None, Some(next)) = (&ahead, list.continuation())
            {
                *ahead = Some(self.fetch(Some(next)));
            }
        };
        let end = match outcome {
            Ok(()) => list.end().map_err(Cut::from),
            Err(cut) => {
                drop(list);
                Err(cut)
            }
        };
        self.last = last;
        end
    }

    fn fetch(&self, token: Option<&str>) -> Fetch {
        let mut path = self.path.clone();
        let limit = self.limit.map(|limit| limit.to_string());
        let (labels, fields) = (self.query.labels.as_deref(), self.query.fields.as_deref());
        for (key, value) in
            [("limit", limit.as_deref()), ("labelSelector", labels), ("fieldSelector", fields), ("continue", token)]
        {
            path = match value {
                Some(value) => path.query(key, value),
                None => path,
            };
        }
        let connection = Arc::clone(self.asker.connection);
        let media = if self.is_json_only { JSON } else { PROTOBUF };
        let taken = Way::List { tried: self.tried, is_divisible: self.smaller().is_some() };
        tokio::spawn(async move {
            connection.request(Ask { method: &Method::GET, path: &path, media, body: &[], taken }).await
        })
    }

    /// How many objects are asked for where the present number is too much.
    fn smaller(&self) -> Option<u32> {
        match self.limit {
            None => Some(SMALL_PAGE),
            Some(limit) if limit > SMALLEST_PAGE => Some((limit / 5).max(SMALLEST_PAGE)),
            Some(_) => None,
        }
    }

    /// Goes on in smaller pages, if there are any.
    fn divide(&mut self, token: &mut Option<String>) -> bool {
        let Some(smaller) = self.smaller() else { return false };
        // A page goes on where it is; a list without pages has no such place.
        if self.limit.replace(smaller).is_none() {
            *token = None;
        }
        self.pass_over();
        true
    }

    /// Passes over what was read.
    fn pass_over(&mut self) {
        self.behind = key(&self.last).or_else(|| self.behind.take());
    }

    /// What becomes of a part that was cut: it is asked for again, or the list ends.
    async fn after_cut(&mut self, cut: Cut, token: &mut Option<String>) -> Result<(), Stop> {
        let (why, may_pass) = match cut {
            Cut::Stop(stop) => return Err(stop),
            Cut::Wrong(why) => return Err(self.partly(why)),
            Cut::Unusual => {
                self.is_json_only = true;
                self.pass_over();
                return Ok(());
            }
            Cut::Interrupted(Interrupted::Late(_)) if self.divide(token) => return Ok(()),
            Cut::Interrupted(Interrupted::Late(why)) => (why, false),
            // A server that says nothing for so long will hardly do better a third time.
            Cut::Interrupted(Interrupted::Silent(why)) => (why, !std::mem::replace(&mut self.was_silent, true)),
            Cut::Interrupted(Interrupted::Lost(why)) => (why, true),
        };
        self.tried += 1;
        if !may_pass || !self.asker.connection.may_try_again(self.tried).await {
            return Err(self.partly(why));
        }
        // What broke once as a whole is safer in pages, which go on where they broke.
        if self.limit.is_some() || !self.divide(token) {
            self.pass_over();
        }
        Ok(())
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
                self.pass_over();
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
        match key(&self.last) {
            Some(last) => Stop::failed(format!("the list was read only up to `{last}`: {why}")),
            None => Stop::failed(why),
        }
    }
}

impl From<ListFault> for Cut {
    fn from(fault: ListFault) -> Self {
        match fault {
            ListFault::Unusual => Cut::Unusual,
            ListFault::Wrong(why) => Cut::Wrong(why),
        }
    }
}

/// Notes the last object, and passes over those that were read before.
struct Noted<'s> {
    sink: &'s mut dyn ItemSink,
    last: &'s mut Vec<u8>,
    behind: Option<&'s str>,
    objects: &'s AtomicU64,
}

impl ItemSink for Noted<'_> {
    fn item(&mut self, json: &[u8], list: Option<ListKind<'_>>, origin: &Origin) -> Result<Taken, serde_json::Error> {
        if let Some(behind) = self.behind
            && key(json).is_some_and(|key| key.as_str() <= behind)
        {
            return Ok(Taken { bytes: skip(json)?, kind: TakenKind::Ignored });
        }
        let taken = self.sink.item(json, list, origin)?;
        self.objects.fetch_add(1, Ordering::Relaxed);
        self.last.clear();
        self.last.extend_from_slice(&json[..taken.bytes]);
        Ok(taken)
    }
}
