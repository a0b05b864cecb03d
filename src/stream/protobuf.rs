//! A list in protobuf, as it arrives: an envelope that says of which kind it is, the list's metadata, and its items one by
//! one, which leave this room as JSON text.
//!
//! `k8s.io/apimachinery/pkg/runtime/generated.proto` (`Unknown`) and `pkg/runtime/serializer/protobuf` of v1.36: the
//! envelope's fields are the type (1), the object (2), its encoding (3) and media type (4). A list has its metadata (1)
//! and its items (2).

use crate::model::wire::protobuf::{Detail, Fields, MAGIC, ToJson, Unusual, Value, varint};
use crate::store::item_sink::ListKind;
use crate::stream::dispatch::Feed;
use crate::stream::list_end::{End, ListFault};

/// The largest object that is read. An API server stores none above a few MiB.
const LARGEST_OBJECT: usize = 16 << 20;

/// Where the next byte belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Magic,
    Envelope,
    /// The list has so many bytes more.
    List {
        left: usize,
    },
    Over,
}

/// A list that arrives piece by piece.
pub(crate) struct Arriving {
    bytes: Vec<u8>,
    start: usize,
    stage: Stage,
    api_version: String,
    kind: String,
    detail: Detail,
    to_json: Option<ToJson>,
    continuation: Option<String>,
}

impl From<Unusual> for ListFault {
    fn from(_: Unusual) -> Self {
        ListFault::Unusual
    }
}

impl Arriving {
    /// Nothing has arrived yet; of the objects so much is read.
    pub(crate) fn new(detail: Detail) -> Self {
        Arriving {
            bytes: Vec::new(),
            start: 0,
            stage: Stage::Magic,
            api_version: String::new(),
            kind: String::new(),
            detail,
            to_json: None,
            continuation: None,
        }
    }

    /// Reads what a piece completes.
    ///
    /// # Errors
    /// What is wrong with the bytes. Objects before that place were given to the sink.
    pub(crate) fn push(&mut self, piece: &[u8], feed: &mut Feed<'_>) -> Result<(), ListFault> {
        if self.stage == Stage::Over {
            return Ok(());
        }
        self.bytes.drain(..self.start);
        self.start = 0;
        self.bytes.extend_from_slice(piece);
        while self.step(feed)? {}
        Ok(())
    }

    /// Says what the list said of itself.
    ///
    /// # Errors
    /// The list ends too early.
    pub(crate) fn end(self) -> Result<End, ListFault> {
        match self.stage {
            Stage::Over => Ok(End { continuation: self.continuation, is_list: true }),
            _ => Err(ListFault::Unusual),
        }
    }

    /// Where the next page starts, as soon as that is known.
    pub(crate) fn continuation(&self) -> Option<&str> {
        self.continuation.as_deref()
    }

    /// Reads the next part, if it is there.
    fn step(&mut self, feed: &mut Feed<'_>) -> Result<bool, ListFault> {
        let rest = &self.bytes[self.start..];
        match self.stage {
            Stage::Over => Ok(false),
            Stage::Magic => match rest.first_chunk() {
                None => Ok(false),
                Some(&MAGIC) => {
                    self.start += MAGIC.len();
                    self.stage = Stage::Envelope;
                    Ok(true)
                }
                Some(_) => Err(ListFault::Unusual),
            },
            Stage::Envelope => {
                let Some(Head { number, head, length }) = Head::read(rest)? else { return Ok(false) };
                if number == 2 {
                    self.to_json = self.kind.strip_suffix("List").and_then(|kind| ToJson::new(kind, self.detail));
                    if self.to_json.is_none() || !self.api_version.ends_with("v1") {
                        return Err(ListFault::Unusual);
                    }
                    self.start += head;
                    self.stage = if length == 0 { Stage::Over } else { Stage::List { left: length } };
                    return Ok(true);
                }
                let Some(part) = rest.get(head..head.saturating_add(length)) else { return within_bounds(length) };
                if number == 1 {
                    (self.api_version, self.kind) = type_of(part)?;
                }
                self.start += head + length;
                Ok(true)
            }
            Stage::List { left } => {
                let Some(Head { number, head, length }) = Head::read(&rest[..left.min(rest.len())])? else {
                    return if rest.len() >= left { Err(ListFault::Unusual) } else { Ok(false) };
                };
                let size = head.checked_add(length).filter(|size| *size <= left).ok_or(ListFault::Unusual)?;
                let Some(part) = rest.get(head..size) else { return within_bounds(length) };
                match (number, &mut self.to_json) {
                    (1, _) => self.continuation = text_of(part, 3)?.filter(|token| !token.is_empty()),
                    (2, Some(to_json)) => {
                        let json = to_json.object(part)?;
                        let list = ListKind { api_version: &self.api_version, kind: &self.kind };
                        let read = feed.item(json, Some(list), 1);
                        if read.ok() != Some(json.len()) {
                            return Err(ListFault::Unusual);
                        }
                    }
                    _ => {}
                }
                self.start += size;
                self.stage = if size == left { Stage::Over } else { Stage::List { left: left - size } };
                Ok(true)
            }
        }
    }
}

/// Waits for the rest of a part, unless nobody stores anything so large.
fn within_bounds(length: usize) -> Result<bool, ListFault> {
    match length <= LARGEST_OBJECT {
        true => Ok(false),
        false => Err(ListFault::Wrong(format!("an object larger than {} MiB", LARGEST_OBJECT >> 20))),
    }
}

/// What stands before the bytes of a field.
struct Head {
    number: u32,
    /// Its own size.
    head: usize,
    /// The size of what follows.
    length: usize,
}

impl Head {
    /// Reads one; nothing where it has not arrived whole.
    fn read(bytes: &[u8]) -> Result<Option<Head>, Unusual> {
        // Two numbers of at most ten bytes.
        const LONGEST: usize = 20;
        let mut rest = bytes;
        let numbers = varint(&mut rest).and_then(|tag| Ok((tag, varint(&mut rest)?)));
        match numbers {
            Ok((tag, length)) if tag & 7 == 2 => {
                let number = u32::try_from(tag >> 3).map_err(|_| Unusual)?;
                let length = usize::try_from(length).map_err(|_| Unusual)?;
                Ok(Some(Head { number, head: bytes.len() - rest.len(), length }))
            }
            Err(Unusual) if bytes.len() < LONGEST => Ok(None),
            _ => Err(Unusual),
        }
    }
}

/// The API version and the kind.
fn type_of(part: &[u8]) -> Result<(String, String), Unusual> {
    Ok((text_of(part, 1)?.unwrap_or_default(), text_of(part, 2)?.unwrap_or_default()))
}

/// The text of a field.
fn text_of(message: &[u8], wanted: u32) -> Result<Option<String>, Unusual> {
    for field in Fields::new(message) {
        match field? {
            (number, Value::Bytes(text)) if number == wanted => {
                return String::from_utf8(text.to_vec()).map(Some).map_err(|_| Unusual);
            }
            _ => {}
        }
    }
    Ok(None)
}
