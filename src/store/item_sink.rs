//! How objects leave this room: one by one, as JSON text, to whoever narrows them to facts.

use std::cell::RefCell;
use std::sync::Arc;

use crate::store::Builder;
pub use crate::store::{Taken, TakenKind};

/// Takes objects one by one, as JSON text, from a buffer that may end in the middle of one.
///
/// There is one pass over the bytes: the sink parses in place, and says how far the object reached.
pub trait ItemSink {
    /// Reads the one object that starts at `json[0]`. What follows it in `json` is not its business.
    ///
    /// `list` is what the list around it says of itself, as far as that was read already; items of a `PodList`
    /// carry no kind of their own.
    ///
    /// # Errors
    /// One with `is_eof()` asks for more data: the caller refills and calls again with the same start, so nothing
    /// may have been recorded by then. Any other error ends the file. An object with wrong types inside is the
    /// sink's to note: it then says how many bytes to skip.
    fn item(&mut self, json: &[u8], list: Option<ListKind<'_>>, origin: &Origin) -> Result<Taken, serde_json::Error>;
}

/// What a list says of itself, such as `v1` and `PodList`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListKind<'a> {
    /// Its `apiVersion`; empty where it has none.
    pub api_version: &'a str,
    /// Its `kind`.
    pub kind: &'a str,
}

impl<'a> ListKind<'a> {
    /// The kind of its items, where the list tells it: `Pod` for a `PodList`, nothing for a `List`.
    pub fn of_items(&self) -> Option<&'a str> {
        self.kind.strip_suffix("List").filter(|kind| !kind.is_empty())
    }
}

/// Where an object was read, for notes and messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The file (`dump.tar.gz: default/pods.json`), `standard input`, or the path that the API server was asked for.
    pub source: Arc<str>,
    /// The how-manieth object of that source it is, from 1.
    pub item: u64,
    /// The line on which it starts, from 1.
    pub line: u64,
}

impl<S: ItemSink> ItemSink for &mut S {
    fn item(&mut self, json: &[u8], list: Option<ListKind<'_>>, origin: &Origin) -> Result<Taken, serde_json::Error> {
        (**self).item(json, list, origin)
    }
}

/// Lists that one task reads in turns: nobody else borrows the sink while it takes an object.
impl<S: ItemSink> ItemSink for &RefCell<S> {
    fn item(&mut self, json: &[u8], list: Option<ListKind<'_>>, origin: &Origin) -> Result<Taken, serde_json::Error> {
        self.borrow_mut().item(json, list, origin)
    }
}

impl ItemSink for Builder {
    fn item(&mut self, json: &[u8], list: Option<ListKind<'_>>, _: &Origin) -> Result<Taken, serde_json::Error> {
        self.read(json, list.map(|list| (list.api_version, list.kind)))
    }
}
