//! JSON text: objects and lists of them, one after the other, without reading any list whole.

use std::io::Read;
use std::ops::Range;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::model::message::log_line;
use crate::store::item_sink::ListKind;
use crate::stream::dispatch::{Feed, value};
use crate::stream::fault::{Fault, brief};
use crate::stream::window::Window;

/// Fields around the items of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Envelope {
    api_version: Option<String>,
    /// Its kind, if it says one.
    pub kind: Option<String>,
    /// Where the next page of this list starts.
    pub continuation: Option<String>,
    /// It has items.
    pub is_list: bool,
    /// Its items are `null`: Go writes a list so that nobody made.
    pub is_null_list: bool,
    /// Where the last item starts and ends in a text that is whole.
    pub last: Option<Range<usize>>,
}

/// The metadata of a list, as far as it matters.
#[derive(Deserialize)]
struct ListMeta {
    #[serde(rename = "continue")]
    continuation: Option<String>,
}

impl Envelope {
    fn list(&self) -> Option<ListKind<'_>> {
        let kind = self.kind.as_deref()?;
        Some(ListKind { api_version: self.api_version.as_deref().unwrap_or(""), kind })
    }

    /// Whether what was seen so far can still be a list.
    fn may_be_list(&self) -> bool {
        self.kind.as_deref().is_none_or(|kind| kind.ends_with("List"))
    }
}

/// Reads every document of the text.
///
/// # Errors
/// What is wrong with it, and where.
pub(crate) fn read<R: Read>(window: &mut Window<R>, feed: &mut Feed<'_>) -> Result<(), Fault> {
    let mut text = Text { window };
    while let Some((start, found)) = text.peek(0)? {
        text.window.consume(start);
        if found == b'=' && feed.recognised {
            text.log(feed)?;
        } else {
            text.document(feed, &mut |_| {})?;
        }
    }
    Ok(())
}

/// Reads the one document that starts here; a list tells what stood around its items. `on_head` sees what stood
/// before them while they are still to come.
///
/// # Errors
/// What is wrong with it, and where.
pub(crate) fn document<R: Read>(
    window: &mut Window<R>,
    feed: &mut Feed<'_>,
    on_head: &mut dyn FnMut(&Envelope),
) -> Result<Envelope, Fault> {
    Text { window }.document(feed, on_head)
}

struct Text<'w, R> {
    window: &'w mut Window<R>,
}

impl<R: Read> Text<'_, R> {
    fn document(&mut self, feed: &mut Feed<'_>, on_head: &mut dyn FnMut(&Envelope)) -> Result<Envelope, Fault> {
        feed.start_document();
        let mut envelope = Envelope::default();
        let (start, found) = self.peek(0)?.ok_or_else(|| self.ends_early(feed))?;
        if found != b'{' {
            return Err(self.unexpected(start, "an object", found));
        }
        self.window.consume(start);
        if let Some(items) = self.head(feed, &mut envelope)? {
            self.window.consume(items);
            envelope.is_list = true;
            on_head(&envelope);
            envelope.last = self.items(feed, &envelope)?;
            self.tail(feed, &mut envelope)?;
            let list = envelope.list().unwrap_or(ListKind { api_version: "", kind: "" });
            feed.end_list(list.api_version, list.kind)?;
        } else {
            self.item(feed, None)?;
        }
        Ok(envelope)
    }

    /// Passes over a log that `kubectl cluster-info dump` wrote among its lists.
    fn log(&mut self, feed: &mut Feed<'_>) -> Result<(), Fault> {
        let mut is_first = true;
        while let Some(line) = self.line()? {
            match log_line::dump_border(&line) {
                None if is_first => return Err(self.unexpected(0, "an object", b'=')),
                Some((false, ..)) => {
                    self.window.consume(line.len());
                    break;
                }
                _ => self.window.consume(line.len()),
            }
            is_first = false;
        }
        feed.summary.log_files += u64::from(!feed.again());
        Ok(())
    }

    /// The line that starts here with its end, which is not consumed; nothing at the end of the text.
    fn line(&mut self) -> Result<Option<String>, Fault> {
        loop {
            let bytes = self.window.bytes();
            if let Some(end) = memchr::memchr(b'\n', bytes) {
                return Ok(Some(String::from_utf8_lossy(&bytes[..=end]).into_owned()));
            }
            if !self.window.fill()? {
                let rest = String::from_utf8_lossy(self.window.bytes()).into_owned();
                return Ok(Some(rest).filter(|rest| !rest.is_empty()));
            }
        }
    }

    /// Looks through the object that starts here until it is sure whether this is a list. Where it is, says where
    /// the text behind the `[` of its items starts. Nothing is consumed.
    fn head(&mut self, feed: &mut Feed<'_>, envelope: &mut Envelope) -> Result<Option<usize>, Fault> {
        let mut at = 1;
        if self.expect(at, feed)?.1 == b'}' {
            return Ok(None);
        }
        loop {
            let (key, colon) = self.value::<String>(at, feed)?;
            at = self.punctuation(colon, b':', feed)?;
            let (next, found) = self.expect(at, feed)?;
            if key == "items" && found == b'[' {
                feed.recognised |= envelope.kind.is_some();
                return Ok(Some(next + 1));
            }
            envelope.is_null_list |= key == "items" && found == b'n';
            at = self.member(&key, next, found, feed, envelope)?;
            if !envelope.may_be_list() {
                return Ok(None);
            }
            match self.expect(at, feed)? {
                (comma, b',') => at = comma + 1,
                (_, b'}') => return Ok(None),
                (bad, found) => return Err(self.unexpected(bad, "`,` or `}`", found)),
            }
        }
    }

    /// The items of a list, up to and with the `]`; says where the last one stood.
    fn items(&mut self, feed: &mut Feed<'_>, envelope: &Envelope) -> Result<Option<Range<usize>>, Fault> {
        let (mut at, mut found) = self.expect(0, feed)?;
        if found == b']' {
            self.window.consume(at + 1);
            return Ok(None);
        }
        loop {
            if found != b'{' {
                return Err(self.unexpected(at, "an object", found));
            }
            self.window.consume(at);
            let start = self.window.offset();
            self.item(feed, envelope.list())?;
            let last = start..self.window.offset();
            match self.expect(0, feed)? {
                (comma, b',') => self.window.consume(comma + 1),
                (end, b']') => {
                    self.window.consume(end + 1);
                    return Ok(Some(last));
                }
                (bad, found) => return Err(self.unexpected(bad, "`,` or `]`", found)),
            }
            (at, found) = self.expect(0, feed)?;
        }
    }

    /// What follows the items of a list, up to and with its `}`.
    fn tail(&mut self, feed: &mut Feed<'_>, envelope: &mut Envelope) -> Result<(), Fault> {
        loop {
            match self.expect(0, feed)? {
                (comma, b',') => self.window.consume(comma + 1),
                (end, b'}') => {
                    self.window.consume(end + 1);
                    return Ok(());
                }
                (bad, found) => return Err(self.unexpected(bad, "`,` or `}`", found)),
            }
            let (key, colon) = self.value::<String>(0, feed)?;
            let at = self.punctuation(colon, b':', feed)?;
            let (next, found) = self.expect(at, feed)?;
            let end = self.member(&key, next, found, feed, envelope)?;
            self.window.consume(end);
        }
    }

    /// One member of the envelope: kept where it says what the list is, else passed over. Gives where it ends.
    fn member(
        &mut self,
        key: &str,
        at: usize,
        found: u8,
        feed: &Feed<'_>,
        envelope: &mut Envelope,
    ) -> Result<usize, Fault> {
        match (key, found) {
            ("apiVersion", b'"') => {
                let (text, end) = self.value::<String>(at, feed)?;
                envelope.api_version = Some(text);
                Ok(end)
            }
            ("kind", b'"') => {
                let (text, end) = self.value::<String>(at, feed)?;
                envelope.kind = Some(text);
                Ok(end)
            }
            _ => {
                let (_, end) = self.value::<IgnoredAny>(at, feed)?;
                if key == "metadata" && found == b'{' {
                    // Whatever is wrong inside is no list's metadata, and none of our business.
                    let meta = serde_json::from_slice::<ListMeta>(&self.window.bytes()[at..end]).ok();
                    envelope.continuation = meta.and_then(|m| m.continuation).filter(|token| !token.is_empty());
                }
                Ok(end)
            }
        }
    }

    /// Gives the object that starts here to the sink.
    fn item(&mut self, feed: &mut Feed<'_>, list: Option<ListKind<'_>>) -> Result<(), Fault> {
        loop {
            let line = self.window.position(0).0;
            match feed.item(self.window.bytes(), list, line) {
                Ok(bytes) => {
                    self.window.consume(bytes);
                    return Ok(());
                }
                Err(error) if error.is_eof() => {
                    if !self.window.fill()? {
                        return Err(self.ends_early(feed));
                    }
                }
                Err(error) => return Err(self.invalid(0, &error, feed)),
            }
        }
    }

    /// A JSON value that starts at `at`, and where it ends.
    fn value<T: for<'a> Deserialize<'a>>(&mut self, at: usize, feed: &Feed<'_>) -> Result<(T, usize), Fault> {
        loop {
            let bytes = self.window.bytes();
            match value::<T>(&bytes[at.min(bytes.len())..]) {
                // A number may go on behind the end of what is there.
                Ok((_, count)) if at + count == bytes.len() && self.window.fill()? => {}
                Ok((value, count)) => return Ok((value, at + count)),
                Err(error) if error.is_eof() => {
                    if !self.window.fill()? {
                        return Err(self.ends_early(feed));
                    }
                }
                Err(error) => return Err(self.invalid(at, &error, feed)),
            }
        }
    }

    /// The next byte from `at` on that is no white space, and where it stands; nothing at the end of the text.
    fn peek(&mut self, at: usize) -> Result<Option<(usize, u8)>, Fault> {
        let mut from = at;
        loop {
            let bytes = self.window.bytes();
            let rest = bytes.get(from..).unwrap_or_default();
            if let Some(count) = rest.iter().position(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n')) {
                return Ok(Some((from + count, rest[count])));
            }
            if at == 0 {
                // White space at the start is left behind, so that any amount of it is borne.
                let count = bytes.len();
                self.window.consume(count);
                from = 0;
            } else {
                from = from.max(bytes.len());
            }
            if !self.window.fill()? {
                return Ok(None);
            }
        }
    }

    /// Like [`Text::peek`], where the text may not end.
    fn expect(&mut self, at: usize, feed: &Feed<'_>) -> Result<(usize, u8), Fault> {
        match self.peek(at)? {
            Some(next) => Ok(next),
            None => Err(self.ends_early(feed)),
        }
    }

    /// Where the text behind the byte `wanted` starts.
    fn punctuation(&mut self, at: usize, wanted: u8, feed: &Feed<'_>) -> Result<usize, Fault> {
        match self.expect(at, feed)? {
            (next, found) if found == wanted => Ok(next + 1),
            (next, found) => Err(self.unexpected(next, &format!("`{}`", wanted as char), found)),
        }
    }

    fn unexpected(&self, at: usize, wanted: &str, found: u8) -> Fault {
        let found = match found {
            b'!'..=b'~' => format!("`{}`", found as char),
            _ => format!("byte {found:#04x}"),
        };
        Fault::new("not valid JSON").cause(format!("expected {wanted}, found {found}")).at(self.window.position(at))
    }

    fn ends_early(&self, feed: &Feed<'_>) -> Fault {
        let at = self.window.position(self.window.bytes().len());
        let what = match feed.origin.item {
            0 => "the text ends in the middle of an object".to_owned(),
            taken => format!("the text ends in the middle of an object, after {taken} complete objects"),
        };
        Fault::new(what).at(at).hint("the file is truncated: copy or save the file again")
    }

    /// The parser's error in the value that starts at `at`.
    fn invalid(&self, at: usize, error: &serde_json::Error, feed: &Feed<'_>) -> Fault {
        let text = &self.window.bytes()[at..];
        let line_start = match error.line() {
            0 | 1 => 0,
            line => memchr::memchr_iter(b'\n', text).nth(line - 2).map_or(0, |newline| newline + 1),
        };
        let position = self.window.position(at + line_start + error.column().saturating_sub(1));
        let sentence = error.to_string();
        let cause = format!("object {}: {}", feed.origin.item + 1, brief(&sentence));
        Fault::new("not valid JSON").cause(cause).at(position)
    }
}
