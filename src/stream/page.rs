//! One page of a list as an API server sends it: in memory already, and read like any other text.

use serde::Deserialize;

use crate::error::Error;
use crate::store::item_sink::ItemSink;
use crate::stream::dispatch::{Feed, Summary, value};
use crate::stream::json;
use crate::stream::window::Window;

/// What a page said of itself.
#[derive(Debug)]
pub(crate) struct Page {
    /// Where the next page starts; nothing on the last one.
    pub continuation: Option<String>,
    /// It is a list, as opposed to a single object.
    pub is_list: bool,
    /// How many objects it held.
    pub objects: u64,
    /// The key of the last of them.
    pub last: Option<String>,
    /// Its text, whose memory the next page may use.
    pub text: Vec<u8>,
}

/// Reads the list, or the single object, that `body` holds. `on_next` is told where the next page starts while the
/// objects of this one are still to be read, where the server says so first.
///
/// # Errors
/// What is wrong with the text. Objects before that place were given to the sink.
pub(crate) fn page(
    body: Vec<u8>,
    source: &str,
    sink: &mut dyn ItemSink,
    on_next: &mut dyn FnMut(&str),
) -> Result<Page, Error> {
    let mut summary = Summary::default();
    let mut feed = Feed::new(sink, &mut summary, None);
    feed.start_stream(source);
    let mut window = Window::whole(body, 1);
    let envelope = json::document(&mut window, &mut feed, &mut |head| {
        if let Some(next) = &head.continuation {
            on_next(next);
        }
    })
    .map_err(|fault| fault.told(source))?;
    let objects = feed.origin.item;
    // A list that tells its kind only in the end: no API server does that, but something between may.
    if !feed.later.is_empty() {
        return Err(Error::new(format!("{source}: the list names its kind only after its items")));
    }
    let last = envelope.last.and_then(|last| key(window.part(last)));
    // What has no items, or something else in their place, is not for that an empty list.
    let is_null = envelope.is_null_list && envelope.kind.is_some_and(|kind| kind.ends_with("List"));
    let is_list = envelope.is_list || is_null;
    Ok(Page { continuation: envelope.continuation, is_list, objects, last, text: window.into_text() })
}

/// The place of an object in the order of its list: `namespace/name`, or the name alone.
pub(crate) fn key(json: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Object {
        metadata: Metadata,
    }
    #[derive(Deserialize)]
    struct Metadata {
        namespace: Option<String>,
        name: String,
    }
    let (object, _) = value::<Object>(json).ok()?;
    let Metadata { namespace, name } = object.metadata;
    Some(namespace.map_or_else(|| name.clone(), |namespace| format!("{namespace}/{name}")))
}
