//! One object as an API server sends it by itself.

use serde::Deserialize;

use crate::error::Error;
use crate::store::item_sink::ItemSink;
use crate::stream::dispatch::{Feed, Summary, value};
use crate::stream::json;
use crate::stream::window::Window;

/// Gives the object that `body` holds to the sink.
///
/// # Errors
/// What is wrong with the text.
pub(crate) fn single(body: Vec<u8>, source: &str, sink: &mut dyn ItemSink) -> Result<(), Error> {
    let mut summary = Summary::default();
    let mut feed = Feed::new(sink, &mut summary, None);
    feed.start_stream(source);
    json::document(&mut Window::whole(body, 1), &mut feed).map(drop).map_err(|fault| fault.told(source))
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
    let namespace = namespace.filter(|namespace| !namespace.is_empty());
    Some(namespace.map_or_else(|| name.clone(), |namespace| format!("{namespace}/{name}")))
}
