//! YAML text: Lists in kubectl's block style item by item, other documents whole; each as JSON to the same sink.
//!
//! What is a string, a number or a truth is kubectl's word: the reader is the one of every other document.

use std::io::Read;

use crate::snapshot::yaml_to_json;
use crate::store::item_sink::ListKind;
use crate::stream::dispatch::Feed;
use crate::stream::fault::{Fault, brief};
use crate::stream::json;
use crate::stream::window::Window;

/// The largest document, or item of a list, that is read as YAML. A parsed one needs many times its size.
const LARGEST_TEXT: usize = 16 << 20;

/// Reads every document of the text.
///
/// # Errors
/// What is wrong with it, and where.
pub(crate) fn read<R: Read>(window: &mut Window<R>, feed: &mut Feed<'_>) -> Result<(), Fault> {
    let mut lines = Lines { window, number: 0 };
    while lines.document(feed)? {}
    Ok(())
}

/// Text of one node with the number of its first line, from 1.
#[derive(Default)]
struct Node {
    text: String,
    line: u64,
    /// A line `kind:` says that this is no list.
    is_no_list: bool,
}

impl Node {
    fn push(&mut self, line: &str, number: u64) -> Result<(), Fault> {
        if self.text.is_empty() {
            self.line = number;
        }
        if self.text.len() + line.len() > LARGEST_TEXT {
            let what = format!("a YAML document or list item larger than {} MiB", LARGEST_TEXT >> 20);
            let hint = "save the cluster as JSON with `-o json`, which has no such limit";
            return Err(Fault::new(what).at((self.line, 1)).hint(hint));
        }
        self.text.push_str(line);
        self.is_no_list |= names_no_list(line);
        Ok(())
    }

    fn to_json(&self) -> Result<Vec<u8>, Fault> {
        self.to_json_with_anchors().map(|(json, _)| json)
    }

    /// As JSON, and whether anything in it has an anchor.
    fn to_json_with_anchors(&self) -> Result<(Vec<u8>, bool), Fault> {
        yaml_to_json::convert(&self.text).map_err(|mistake| {
            let position = (self.line + u64::from(mistake.at.line.saturating_sub(1)), u64::from(mistake.at.column));
            Fault::new(brief(&mistake.message)).at(position)
        })
    }
}

struct Lines<'w, R> {
    window: &'w mut Window<R>,
    /// Lines taken so far.
    number: u64,
}

/// What a line is to the structure of a document.
enum Line {
    /// `---`: another document begins.
    Start,
    /// `...`: the document ends.
    End,
    Text,
}

impl<R: Read> Lines<'_, R> {
    /// Reads one document; false at the end of the text.
    fn document(&mut self, feed: &mut Feed<'_>) -> Result<bool, Fault> {
        let mut head = Node::default();
        loop {
            let Some(line) = self.line()? else {
                self.whole(&head, feed)?;
                return Ok(false);
            };
            match marker(line) {
                Line::Start | Line::End if head.text.trim().is_empty() => {
                    // What follows `---` on its line belongs to the document.
                    let rest = line.strip_prefix("---").unwrap_or("").to_owned();
                    self.take();
                    head = Node::default();
                    if !is_blank(rest.trim_start()) {
                        head.push(&rest, self.number)?;
                    }
                }
                Line::Start | Line::End => {
                    self.whole(&head, feed)?;
                    return Ok(true);
                }
                Line::Text if opens_items(line) => {
                    let line = line.to_owned();
                    self.take();
                    let number = self.number;
                    match self.indent_of_items()? {
                        Some(indent) if !head.is_no_list => {
                            self.list(head, indent, feed)?;
                            return Ok(true);
                        }
                        _ => head.push(&line, number)?,
                    }
                }
                Line::Text => {
                    let line = line.to_owned();
                    self.take();
                    head.push(&line, self.number)?;
                }
            }
        }
    }

    /// A document that is no list in block style.
    fn whole(&mut self, node: &Node, feed: &mut Feed<'_>) -> Result<(), Fault> {
        let json = node.to_json()?;
        if json == b"null" {
            return Ok(());
        }
        if json.first() != Some(&b'{') {
            let hint =
                "the table that `kubectl get` prints cannot be read: save the objects with `-o yaml` or `-o json`";
            return Err(Fault::new("the document is not an object").at((node.line, 1)).hint(hint));
        }
        let mut text = Window::whole(json, node.line);
        // Positions in the text made here mean nothing to the user: the document's first line does.
        json::document(&mut text, feed).map(drop).map_err(|fault| fault.at((node.line, 1)))
    }

    /// A list whose items start with `-` at this indentation. `head` is what stood before `items:`.
    fn list(&mut self, mut head: Node, indent: usize, feed: &mut Feed<'_>) -> Result<(), Fault> {
        let (_, has_anchors) = head.to_json_with_anchors()?;
        if has_anchors {
            return self.list_at_once(head, feed);
        }
        feed.start_document();
        let (api_version, kind) = envelope(&head)?;
        feed.recognised |= kind.is_some();
        let list = kind.as_deref().map(|kind| ListKind { api_version: api_version.as_deref().unwrap_or(""), kind });
        let mut item = Node::default();
        while let Some(line) = self.line()? {
            let starts = starts_item(line, indent);
            if !starts && ends_items(line, indent) {
                break;
            }
            if starts && !item.text.is_empty() {
                if give(&item, list, feed)? {
                    self.items_with_anchors(&item, indent, list, feed)?;
                    item.text.clear();
                    break;
                }
                item.text.clear();
            }
            let text = if starts { line.replacen('-', " ", 1) } else { line.to_owned() };
            self.take();
            item.push(&text, self.number)?;
        }
        if !item.text.is_empty() {
            give(&item, list, feed)?;
        }
        self.rest_of_document(&mut head)?;
        let (api_version, kind) = envelope(&head)?;
        feed.end_list(api_version.as_deref().unwrap_or(""), kind.as_deref().unwrap_or(""))
    }

    /// A list before whose items something has an anchor: it is read whole, since any item may refer to that.
    fn list_at_once(&mut self, mut head: Node, feed: &mut Feed<'_>) -> Result<(), Fault> {
        head.push("items:\n", self.number)?;
        self.rest_of_document(&mut head)?;
        self.whole(&head, feed)
    }

    /// Adds the lines up to the end of the document.
    fn rest_of_document(&mut self, head: &mut Node) -> Result<(), Fault> {
        while let Some(line) = self.line()? {
            if !matches!(marker(line), Line::Text) {
                break;
            }
            let line = line.to_owned();
            self.take();
            head.push(&line, self.number)?;
        }
        Ok(())
    }

    /// The items after `first`, in which something has an anchor: anchors hold for the whole document, so that these
    /// items are read together, within the bounds of one document.
    fn items_with_anchors(
        &mut self,
        first: &Node,
        indent: usize,
        list: Option<ListKind<'_>>,
        feed: &mut Feed<'_>,
    ) -> Result<(), Fault> {
        let mut all = Node::default();
        // The dash of the first item is a blank in its text.
        let (before, after) = first.text.split_at(indent.min(first.text.len()));
        all.push(&format!("{before}-{}", after.get(1..).unwrap_or_default()), first.line)?;
        while let Some(line) = self.line()? {
            if !starts_item(line, indent) && ends_items(line, indent) {
                break;
            }
            let line = line.to_owned();
            self.take();
            all.push(&line, self.number)?;
        }
        let json = all.to_json()?;
        let items: Vec<&serde_json::value::RawValue> = serde_json::from_slice(&json).map_err(|error| {
            let sentence = error.to_string();
            Fault::new("cannot read the items of the list").cause(brief(&sentence)).at((all.line, 1))
        })?;
        items.iter().skip(1).try_for_each(|item| give_json(item.get().as_bytes(), all.line, list, feed))
    }

    /// The indentation of the `-` on the next line that is neither blank nor a comment; nothing where another thing
    /// stands there. Takes no line but blank ones and comments.
    fn indent_of_items(&mut self) -> Result<Option<usize>, Fault> {
        while let Some(line) = self.line()? {
            let text = line.trim_start_matches(' ');
            if !is_blank(text) {
                let indent = line.len() - text.len();
                return Ok(starts_item(line, indent).then_some(indent));
            }
            self.take();
        }
        Ok(None)
    }

    /// The next line with its newline, not yet taken; nothing at the end of the text.
    fn line(&mut self) -> Result<Option<&str>, Fault> {
        let mut from = 0;
        let end = loop {
            let bytes = self.window.bytes();
            if let Some(newline) = memchr::memchr(b'\n', &bytes[from..]) {
                break from + newline + 1;
            }
            from = bytes.len();
            if !self.window.fill()? {
                break self.window.bytes().len();
            }
        };
        // The window checked the text, and a newline cuts no character.
        Ok(std::str::from_utf8(&self.window.bytes()[..end]).ok().filter(|line| !line.is_empty()))
    }

    /// Takes the line that [`Lines::line`] gave.
    fn take(&mut self) {
        let bytes = self.window.bytes();
        let end = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |newline| newline + 1);
        self.window.consume(end);
        self.number += 1;
    }
}

/// Gives one item of a list to the sink; returns whether anything in it has an anchor.
fn give(item: &Node, list: Option<ListKind<'_>>, feed: &mut Feed<'_>) -> Result<bool, Fault> {
    let (json, has_anchors) = item.to_json_with_anchors()?;
    give_json(&json, item.line, list, feed).map(|()| has_anchors)
}

fn give_json(json: &[u8], line: u64, list: Option<ListKind<'_>>, feed: &mut Feed<'_>) -> Result<(), Fault> {
    if json.first() != Some(&b'{') {
        return Err(Fault::new("an item of the list is not an object").at((line, 1)));
    }
    feed.item(json, list, line).map(drop).map_err(|error| {
        let sentence = error.to_string();
        Fault::new("cannot read the object").cause(brief(&sentence)).at((line, 1))
    })
}

/// What a list says of itself outside its items.
fn envelope(head: &Node) -> Result<(Option<String>, Option<String>), Fault> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct ListHeader {
        api_version: Option<String>,
        kind: Option<String>,
    }
    let json = head.to_json()?;
    if json == b"null" {
        return Ok((None, None));
    }
    let told: ListHeader = serde_json::from_slice(&json).map_err(|error| {
        let sentence = error.to_string();
        Fault::new("cannot read the fields around the items of the list").cause(brief(&sentence)).at((head.line, 1))
    })?;
    Ok((told.api_version, told.kind))
}

/// Whether the line says a kind that is no list's.
fn names_no_list(line: &str) -> bool {
    line.strip_prefix("kind:").is_some_and(|kind| !kind.trim().trim_matches(['"', '\'']).ends_with("List"))
}

fn marker(line: &str) -> Line {
    let rest = |mark| {
        line.strip_prefix(mark).is_some_and(|rest: &str| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
    };
    if rest("---") {
        Line::Start
    } else if rest("...") {
        Line::End
    } else {
        Line::Text
    }
}

/// Whether this is the line `items:`, with nothing behind it but a comment.
fn opens_items(line: &str) -> bool {
    line.strip_prefix("items:").is_some_and(|rest| is_blank(rest.trim_start()))
}

fn is_blank(text: &str) -> bool {
    let text = text.trim_end();
    text.is_empty() || text.starts_with('#')
}

/// Whether an item of a block sequence at this indentation starts on the line.
fn starts_item(line: &str, indent: usize) -> bool {
    line.len() > indent
        && line.as_bytes()[..indent].iter().all(|b| *b == b' ')
        && line[indent..]
            .strip_prefix('-')
            .is_some_and(|rest| rest.trim_end().is_empty() || rest.starts_with([' ', '\t']))
}

/// Whether the items end before this line, which starts none itself.
fn ends_items(line: &str, indent: usize) -> bool {
    let text = line.trim_start_matches(' ');
    !is_blank(text) && line.len() - text.len() <= indent
}

/// Whether a text of which this is the start looks like a YAML object of Kubernetes.
pub(crate) fn looks_like_object(start: &[u8]) -> bool {
    start.split(|b| *b == b'\n').any(|line| {
        [&b"apiVersion:"[..], b"\"apiVersion\":", b"kind:", b"\"kind\":"].iter().any(|key| line.starts_with(key))
    })
}
