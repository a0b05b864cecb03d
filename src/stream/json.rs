//! JSON text: objects and lists of them, one after the other, without reading any list whole.

use std::io::{Empty, Read};

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
}

/// How far a document was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Whether it is a list is not known yet.
    Start,
    /// It is an object by itself.
    Object,
    /// An item comes next, or where it would be the first, the end of the list.
    Item {
        is_first: bool,
    },
    /// An item was read.
    Between,
    /// What follows the items.
    Tail,
    Over,
}

/// One document on its way.
#[derive(Debug)]
struct Progress {
    stage: Stage,
    envelope: Envelope,
}

impl Progress {
    fn new() -> Self {
        Progress { stage: Stage::Start, envelope: Envelope::default() }
    }
}

/// Text is looked at again only when there is so much more of it.
const WORTH: usize = 64 << 10;

/// One document that arrives piece by piece.
pub(crate) struct Arriving {
    window: Window<Empty>,
    progress: Progress,
    /// With less text than this no whole object is to be expected.
    enough: usize,
}

impl Arriving {
    /// Nothing has arrived yet.
    pub(crate) fn new() -> Self {
        Arriving { window: Window::pushed(), progress: Progress::new(), enough: 0 }
    }

    /// Reads what a piece completes.
    ///
    /// # Errors
    /// What is wrong with the text. Objects before that place were given to the sink.
    pub(crate) fn push(&mut self, piece: &[u8], feed: &mut Feed<'_>) -> Result<(), Fault> {
        if self.progress.stage == Stage::Over {
            return Ok(());
        }
        self.window.push(piece)?;
        if self.window.bytes().len() < self.enough {
            return Ok(());
        }
        match (Text { window: &mut self.window }).advance(feed, &mut self.progress) {
            Err(fault) if fault.awaits_more => {
                let held = self.window.bytes().len();
                self.enough = held + held.max(WORTH);
                Ok(())
            }
            outcome => outcome,
        }
    }

    /// Reads the rest, and says what stood around the items.
    ///
    /// # Errors
    /// As [`Arriving::push`], and that the text ends too early.
    pub(crate) fn end(mut self, feed: &mut Feed<'_>) -> Result<Envelope, Fault> {
        self.window.end();
        Text { window: &mut self.window }.advance(feed, &mut self.progress)?;
        Ok(self.progress.envelope)
    }

    /// Where the next page starts, as soon as that is known.
    pub(crate) fn continuation(&self) -> Option<&str> {
        self.progress.envelope.continuation.as_deref()
    }
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
            text.advance(feed, &mut Progress::new())?;
        }
    }
    Ok(())
}

/// Reads the one document that starts here; a list tells what stood around its items.
///
/// # Errors
/// What is wrong with it, and where.
pub(crate) fn document<R: Read>(window: &mut Window<R>, feed: &mut Feed<'_>) -> Result<Envelope, Fault> {
    let mut progress = Progress::new();
    Text { window }.advance(feed, &mut progress)?;
    Ok(progress.envelope)
}

struct Text<'w, R> {
    window: &'w mut Window<R>,
}

impl<R: Read> Text<'_, R> {
    /// Reads on to the end of the document. What was read stays so where the text ends before.
    fn advance(&mut self, feed: &mut Feed<'_>, progress: &mut Progress) -> Result<(), Fault> {
        while progress.stage != Stage::Over {
            progress.stage = self.step(feed, progress)?;
        }
        Ok(())
    }

    fn step(&mut self, feed: &mut Feed<'_>, progress: &mut Progress) -> Result<Stage, Fault> {
        let envelope = &mut progress.envelope;
        match progress.stage {
            Stage::Start => {
                let (start, found) = self.peek(0)?.ok_or_else(|| self.ends_early(feed))?;
                if found != b'{' {
                    return Err(self.unexpected(start, "an object", found));
                }
                self.window.consume(start);
                // Begun anew where the text ended within it the last time.
                *envelope = Envelope::default();
                let items = self.head(feed, envelope)?;
                feed.start_document();
                let Some(items) = items else { return Ok(Stage::Object) };
                self.window.consume(items);
                envelope.is_list = true;
                Ok(Stage::Item { is_first: true })
            }
            Stage::Object => {
                self.item(feed, None)?;
                Ok(Stage::Over)
            }
            Stage::Item { is_first } => match self.expect(0, feed)? {
                (end, b']') if is_first => {
                    self.window.consume(end + 1);
                    Ok(Stage::Tail)
                }
                (start, b'{') => {
                    self.window.consume(start);
                    self.item(feed, envelope.list())?;
                    Ok(Stage::Between)
                }
                (at, found) => Err(self.unexpected(at, "an object", found)),
            },
            Stage::Between => match self.expect(0, feed)? {
                (comma, b',') => {
                    self.window.consume(comma + 1);
                    Ok(Stage::Item { is_first: false })
                }
                (end, b']') => {
                    self.window.consume(end + 1);
                    Ok(Stage::Tail)
                }
                (bad, found) => Err(self.unexpected(bad, "`,` or `]`", found)),
            },
            Stage::Tail => {
                self.tail(feed, envelope)?;
                let list = envelope.list().unwrap_or(ListKind { api_version: "", kind: "" });
                feed.end_list(list.api_version, list.kind)?;
                Ok(Stage::Over)
            }
            Stage::Over => Ok(Stage::Over),
        }
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

    /// What follows the items of a list, up to and with its `}`.
    fn tail(&mut self, feed: &mut Feed<'_>, envelope: &mut Envelope) -> Result<(), Fault> {
        loop {
            let at = match self.expect(0, feed)? {
                (comma, b',') => comma + 1,
                (end, b'}') => {
                    self.window.consume(end + 1);
                    return Ok(());
                }
                (bad, found) => return Err(self.unexpected(bad, "`,` or `}`", found)),
            };
            let (key, colon) = self.value::<String>(at, feed)?;
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
