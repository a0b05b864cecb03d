//! A list as an API server sends it, read while it arrives: no more of it is held than an object.

use crate::model::wire::protobuf::Detail;
use crate::store::item_sink::ItemSink;
use crate::stream::dispatch::{Feed, Summary};
use crate::stream::fault::Fault;
pub use crate::stream::list_end::{End, ListFault};
use crate::stream::window::LARGEST;
use crate::stream::{json, protobuf};

/// What a list is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As JSON.
    Json,
    /// As protobuf, of whose objects so much is read.
    Protobuf(Detail),
}

/// A list, or a page of one, on its way.
pub struct ArrivingList<'s> {
    body: Body,
    feed: Feed<'s>,
    /// Bytes since the last object was complete.
    since_object: usize,
}

enum Body {
    Json(Box<json::Arriving>),
    Protobuf(Box<protobuf::Arriving>),
}

impl<'s> ArrivingList<'s> {
    /// Gives the objects to the sink. `source` is the path that was asked for.
    pub fn new(form: Form, source: &str, sink: &'s mut dyn ItemSink, summary: &'s mut Summary) -> Self {
        let mut feed = Feed::new(sink, summary, None);
        feed.start_stream(source);
        let body = match form {
            Form::Json => Body::Json(Box::new(json::Arriving::new())),
            Form::Protobuf(detail) => {
                feed.start_document();
                Body::Protobuf(Box::new(protobuf::Arriving::new(detail)))
            }
        };
        ArrivingList { body, feed, since_object: 0 }
    }

    /// Reads the objects that a piece completes.
    ///
    /// # Errors
    /// What is wrong with the list. Objects before that place were given to the sink.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), ListFault> {
        let before = self.objects();
        match &mut self.body {
            Body::Json(arriving) => arriving.push(piece, &mut self.feed).map_err(|fault| wrong(fault, &self.feed))?,
            Body::Protobuf(arriving) => arriving.push(piece, &mut self.feed)?,
        }
        self.since_object = if self.objects() > before { 0 } else { self.since_object + piece.len() };
        if self.since_object > LARGEST {
            return Err(ListFault::Wrong(format!("the server's answer is larger than {} MiB", LARGEST >> 20)));
        }
        Ok(())
    }

    /// Reads the rest.
    ///
    /// # Errors
    /// As [`ArrivingList::push`], and that the list ends too early.
    pub fn end(mut self) -> Result<End, ListFault> {
        let arriving = match self.body {
            Body::Protobuf(arriving) => return arriving.end(),
            Body::Json(arriving) => arriving,
        };
        let envelope = arriving.end(&mut self.feed).map_err(|fault| wrong(fault, &self.feed))?;
        // A list that tells its kind only in the end: no API server does that, but something between may.
        if !self.feed.later.is_empty() {
            return Err(ListFault::Wrong("the list names its kind only after its items".to_owned()));
        }
        // What has no items, or something else in their place, is not for that an empty list.
        let is_null = envelope.is_null_list && envelope.kind.is_some_and(|kind| kind.ends_with("List"));
        Ok(End { continuation: envelope.continuation, is_list: envelope.is_list || is_null })
    }

    /// Where the next page starts, as soon as that is known.
    pub fn continuation(&self) -> Option<&str> {
        match &self.body {
            Body::Json(arriving) => arriving.continuation(),
            Body::Protobuf(arriving) => arriving.continuation(),
        }
    }

    /// How many objects were read so far.
    pub fn objects(&self) -> u64 {
        self.feed.origin.item
    }
}

fn wrong(fault: Fault, feed: &Feed<'_>) -> ListFault {
    ListFault::Wrong(format!("cannot read the server's answer: {}", fault.told(&feed.origin.source)))
}
