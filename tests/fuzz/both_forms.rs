//! Lists in JSON and in protobuf, as they are read while they arrive.

use kubectl_daemonset::model::wire::{Object, read_object};
use kubectl_daemonset::store::{ItemSink, ListKind, Origin, Taken, TakenKind};
use kubectl_daemonset::stream::Summary;
use kubectl_daemonset::stream::arriving::{ArrivingList, Form, ListFault};
use serde_json::Value;

/// Remembers the text and the facts of each object.
#[derive(Default)]
pub struct Objects {
    pub texts: Vec<Value>,
    pub facts: Vec<String>,
}

impl ItemSink for Objects {
    fn item(&mut self, json: &[u8], list: Option<ListKind<'_>>, _: &Origin) -> Result<Taken, serde_json::Error> {
        let read = read_object(json, list.map(|list| (list.api_version, list.kind)))?;
        self.texts.push(serde_json::from_slice(&json[..read.bytes])?);
        self.facts.push(match read.object {
            Object::Bad(error) => format!("{} {} cannot be read: {}", error.kind, error.name, error.error),
            object => format!("{object:?}"),
        });
        Ok(Taken { bytes: read.bytes, kind: TakenKind::Known })
    }
}

/// Reads a list that arrives in pieces of this size.
pub fn read(form: Form, bytes: &[u8], piece: usize) -> (Objects, Result<(), ListFault>) {
    let (mut objects, mut summary) = (Objects::default(), Summary::default());
    let mut list = ArrivingList::new(form, "a list", &mut objects, &mut summary);
    let pushed = bytes.chunks(piece).try_for_each(|piece| list.push(piece));
    let ended = pushed.and_then(|()| list.end().map(drop));
    (objects, ended)
}
