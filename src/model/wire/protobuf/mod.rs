//! Protobuf, as API servers write built-in kinds: the fields that are looked at become JSON text, which the one entrance
//! of facts reads. So no rule is written for two forms, and both forms mean the same.
//!
//! * `schema`: the fields of every message by number, from the real types (`tests/cluster/protobuf`).
//! * `fields`: the wire format: tags, lengths, numbers.
//! * `to_json`: a message as JSON text.
//!
//! What an API server does not write (fields out of order, other types, deep nesting) is [`Unusual`]: the caller asks for
//! JSON instead.

mod fields;
mod schema;
mod to_json;

pub use crate::model::wire::protobuf::fields::{Fields, Unusual, Value, varint};
pub use crate::model::wire::protobuf::to_json::{Detail, ToJson};

use crate::model::wire::kind::Kind;
use crate::model::wire::protobuf::schema::schema;

/// The media type.
pub const MEDIA_TYPE: &str = "application/vnd.kubernetes.protobuf";
/// What an answer begins with, before its envelope (`k8s.io/apimachinery/pkg/runtime/serializer/protobuf`, v1.36).
pub const MAGIC: [u8; 4] = *b"k8s\0";

/// Whether objects of the kind are read as protobuf. Its API is v1, as every one that is read.
pub fn knows(kind: Kind) -> bool {
    schema().find(kind.as_str()).is_some()
}

/// The JSON text of a `Status` that a server answered in protobuf; nothing where the bytes are no such answer.
pub fn status(bytes: &[u8]) -> Option<Vec<u8>> {
    let raw = Fields::new(bytes.strip_prefix(&MAGIC)?).find_map(|field| match field {
        Ok((2, Value::Bytes(raw))) => Some(raw),
        _ => None,
    });
    let mut text = ToJson::new("Status", Detail::Whole)?;
    let json = text.object(raw?).ok()?;
    // Of which kind it is stands in the envelope.
    let mut whole = br#"{"kind":"Status""#.to_vec();
    if json.len() > 2 {
        whole.push(b',');
    }
    whole.extend_from_slice(&json[1..]);
    Some(whole)
}

#[cfg(test)]
mod tests;
