//! A text of one or more documents, YAML or JSON, into trees.

use std::collections::HashMap;

use granit_parser::{Event, Options, Parser, ScalarStyle, Span, StrInput, Tag};

use crate::yaml::{Entry, Mark, Node, Scalar, Value, resolve};

/// What [`parse`] found: the documents that could be read, and what was wrong with the text.
#[derive(Debug, Default)]
pub struct Parsed {
    /// The documents in order, empty ones left out.
    pub documents: Vec<Node>,
    /// Mistakes in the order in which they were met.
    pub mistakes: Vec<Mistake>,
}

/// Something that YAML, or kubectl's reading of it, does not allow.
#[derive(Debug, Clone, PartialEq)]
pub struct Mistake {
    /// Where.
    pub at: Mark,
    /// A fragment without a final period.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// How much a text may ask for.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of text.
    pub bytes: usize,
    /// Values in all documents together, those that aliases repeat included.
    pub nodes: usize,
    /// Values that aliases repeat.
    pub aliased: usize,
    /// Maps and lists within each other.
    pub depth: usize,
}

/// How much text takes as much memory as one value.
const BYTES_PER_VALUE: usize = 64;

impl Default for Limits {
    /// 64 MiB, two million values, a tenth of them repeated, a hundred levels: far above any manifest, far below
    /// what hurts.
    fn default() -> Self {
        Limits { bytes: 64 << 20, nodes: 2_000_000, aliased: 200_000, depth: 100 }
    }
}

/// Reads all documents of a text within the usual [`Limits`].
pub fn parse(text: &str) -> Parsed {
    parse_within(text, Limits::default())
}

/// Reads all documents of a text. After a mistake in the syntax of one document the next one is read.
pub fn parse_within(text: &str, limits: Limits) -> Parsed {
    let mut parsed = Parsed::default();
    if text.len() > limits.bytes {
        parsed.mistakes.push(Mistake {
            at: Mark { line: 1, column: 1, length: 1 },
            message: format!("the text has {} MiB; at most {} are read", text.len() >> 20, limits.bytes >> 20),
            hint: None,
        });
        return parsed;
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let joined;
    let text = match json_for_yaml(text) {
        Some(fixed) => {
            joined = fixed;
            &joined
        }
        None => text,
    };
    let options = granit_parser::options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        simple_key_max_lookahead: 64 << 10,
        block_nesting_limit: 2 * limits.depth,
        flow_nesting_limit: 2 * limits.depth
    };
    read_documents(text, options, limits, &mut parsed);
    parsed
}

fn read_documents(text: &str, options: Options, limits: Limits, parsed: &mut Parsed) {
    let mut reader = Reader {
        events: Parser::new_from_str_with_options(text, options),
        anchors: HashMap::new(),
        mistakes: Vec::new(),
        left: limits.nodes,
        aliased: limits.aliased,
        depth: limits.depth,
    };
    loop {
        match reader.document() {
            Ok(Some(node)) => {
                if node.value != Value::Null {
                    parsed.documents.push(node);
                }
            }
            Ok(None) => break,
            Err(Stop::Syntax(mistake)) => {
                reader.mistakes.push(mistake);
                if !matches!(reader.events.proceed_next_document(), Ok(true)) {
                    break;
                }
            }
            Err(Stop::Limit(mistake)) => {
                reader.mistakes.push(mistake);
                break;
            }
        }
        reader.anchors.clear();
    }
    parsed.mistakes.append(&mut reader.mistakes);
}

/// Why reading a document stopped.
enum Stop {
    /// The text is no YAML from here on; the next document may be.
    Syntax(Mistake),
    /// A limit was reached: nothing more is read.
    Limit(Mistake),
}

struct Reader<'a> {
    events: Parser<'a, StrInput<'a>>,
    anchors: HashMap<usize, (Node, usize)>,
    mistakes: Vec<Mistake>,
    left: usize,
    aliased: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), Stop> {
        match self.events.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => {
                let at = error.marker();
                let at = Mark { line: line(at.line()), column: at.col() as u32 + 1, length: 1 };
                if matches!(error.kind(), granit_parser::ErrorKind::RecursionLimitExceeded) {
                    return Err(Stop::Limit(self.too_deep(at)));
                }
                let (message, hint) = syntax_error(&error);
                Err(Stop::Syntax(Mistake { at, message, hint }))
            }
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn too_deep(&self, at: Mark) -> Mistake {
        Mistake { at, message: format!("nests deeper than {} levels", self.depth), hint: None }
    }

    /// The next document; `None` at the end of the text.
    fn document(&mut self) -> Result<Option<Node>, Stop> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(None),
                (Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd, _) => {}
                (event, span) => return self.node(event, span, 0).map(|(node, _)| Some(node)),
            }
        }
    }

    /// One node and how many values it holds, itself included.
    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<(Node, usize), Stop> {
        let at = mark(&span);
        if depth > self.depth {
            return Err(Stop::Limit(self.too_deep(at)));
        }
        self.spend(1, at)?;
        let (anchor, node, size) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                // Aliases copy the text, so that a long one is worth as much as many values.
                let size = 1 + text.len() / BYTES_PER_VALUE;
                let value = self.scalar(text.into_owned(), style, tag.as_deref(), at);
                (anchor, Node { value, at }, size)
            }
            Event::SequenceStart(_, anchor, _) => {
                let mut items = Vec::new();
                let mut size = 1;
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break,
                        (event, span) => {
                            let (item, n) = self.node(event, span, depth + 1)?;
                            size += n;
                            items.push(item);
                        }
                    }
                }
                (anchor, Node { value: Value::List(items), at }, size)
            }
            Event::MappingStart(_, anchor, _) => {
                let (entries, size) = self.mapping(depth)?;
                (anchor, Node { value: Value::Map(entries), at }, size)
            }
            Event::Alias(id) => {
                let Some(size) = self.anchors.get(&id).map(|(_, size)| *size) else {
                    return self.mistake(at, "this alias stands within what it refers to".into());
                };
                self.aliased = self.aliased.checked_sub(size).ok_or_else(|| too_many(at))?;
                self.spend(size, at)?;
                return Ok((self.anchors[&id].0.clone(), size));
            }
            Event::UnresolvedAlias(_) => {
                // A password may begin with `*`: the name is not repeated.
                return self.mistake(at, "no anchor of this name stands before this alias".into());
            }
            _ => return self.mistake(at, "a value was expected".into()),
        };
        if anchor != 0 {
            self.spend(size, at)?;
            self.anchors.insert(anchor, (node.clone(), size));
        }
        Ok((node, size))
    }

    fn mapping(&mut self, depth: usize) -> Result<(Vec<Entry>, usize), Stop> {
        let mut entries = Entries::default();
        let mut size = 1;
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                return Ok((entries.list, size));
            }
            let key_at = mark(&span);
            let key = self.key(event, span, depth)?;
            let (event, span) = self.next()?;
            let (node, n) = self.node(event, span, depth + 1)?;
            size += n;
            match key {
                Key::Name(key) => {
                    if let Err(entry) = entries.add(Entry { key, key_at, node }) {
                        self.mistakes.push(Mistake {
                            at: key_at,
                            message: format!("`{}` stands twice in this map", entry.key),
                            hint: Some("kubectl would take the last one; keep one".into()),
                        });
                    }
                }
                Key::Merge => self.merge(node, &mut entries),
                Key::None => {}
            }
        }
    }

    fn key(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Key, Stop> {
        let at = mark(&span);
        if let Event::Scalar(text, ScalarStyle::Plain, _, None) = &event
            && text == "<<"
        {
            self.spend(1, at)?;
            return Ok(Key::Merge);
        }
        let (node, _) = self.node(event, span, depth + 1)?;
        Ok(match node.value {
            Value::Text(text) => Key::Name(text),
            Value::Bool(b) => Key::Name(b.to_string()),
            Value::Number(n) => Key::Name(n.to_string()),
            Value::Null | Value::List(_) | Value::Map(_) => {
                let message = format!("a key cannot be {}", node.kind());
                self.mistakes.push(Mistake { at, message, hint: None });
                Key::None
            }
        })
    }

    /// Takes the entries of a merged map, or of a list of maps of which the first to have a key wins, as kubectl
    /// does: over what stands before the merge key, under what stands after it.
    fn merge(&mut self, node: Node, entries: &mut Entries) {
        let at = node.at;
        let maps = match node.value {
            Value::List(items) => items,
            _ => vec![node],
        };
        for map in maps.into_iter().rev() {
            let Value::Map(merged) = map.value else {
                let message = "`<<` takes a map or a list of maps".to_owned();
                self.mistakes.push(Mistake { at, message, hint: None });
                return;
            };
            for entry in merged {
                entries.merge(entry);
            }
        }
    }

    fn scalar(&mut self, text: String, style: ScalarStyle, tag: Option<&Tag>, at: Mark) -> Value {
        let tag = match tag {
            None if style == ScalarStyle::Plain => return self.plain(text, at),
            None => return Value::Text(text),
            Some(tag) => tag.core_suffix(),
        };
        let value = match tag {
            Some("str") | None => return Value::Text(text),
            Some("binary") => {
                use base64::Engine;
                let bytes = base64::engine::general_purpose::STANDARD.decode(text.replace(['\n', ' '], ""));
                bytes.ok().and_then(|b| String::from_utf8(b).ok()).map(Value::Text)
            }
            Some(kind) => match (kind, resolve(&text)) {
                ("int", Scalar::Number(n)) if !n.is_f64() => Some(Value::Number(n)),
                ("float", Scalar::Number(n)) => Some(Value::Number(n)),
                ("bool", Scalar::Bool(b)) => Some(Value::Bool(b)),
                ("null", Scalar::Null) => Some(Value::Null),
                ("timestamp", Scalar::Text) => return Value::Text(text),
                _ => None,
            },
        };
        value.unwrap_or_else(|| {
            let message = format!("this is no `!!{}`", tag.unwrap_or_default());
            self.mistakes.push(Mistake { at, message, hint: None });
            Value::Null
        })
    }

    fn plain(&mut self, text: String, at: Mark) -> Value {
        match resolve(&text) {
            Scalar::Null => Value::Null,
            Scalar::Bool(b) => Value::Bool(b),
            Scalar::Number(n) => Value::Number(n),
            Scalar::Text | Scalar::Merge => Value::Text(text),
            Scalar::NotFinite => {
                self.mistakes.push(Mistake {
                    at,
                    message: format!("`{text}` is a number that JSON, and so Kubernetes, cannot hold"),
                    hint: Some(format!("quote it where text is meant: \"{text}\"")),
                });
                Value::Null
            }
        }
    }

    fn mistake(&mut self, at: Mark, message: String) -> Result<(Node, usize), Stop> {
        self.mistakes.push(Mistake { at, message, hint: None });
        Ok((Node { value: Value::Null, at }, 1))
    }

    fn spend(&mut self, values: usize, at: Mark) -> Result<(), Stop> {
        match self.left.checked_sub(values) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(too_many(at)),
        }
    }
}

fn too_many(at: Mark) -> Stop {
    let message = "too many values: this text, its aliases unfolded, is larger than any manifest".to_owned();
    Stop::Limit(Mistake { at, message, hint: None })
}

enum Key {
    Name(String),
    Merge,
    None,
}

/// The entries of a map while it is read; an index is kept only where there are many.
#[derive(Default)]
struct Entries {
    list: Vec<Entry>,
    merged: Vec<bool>,
    index: HashMap<String, usize>,
}

impl Entries {
    fn find(&mut self, key: &str) -> Option<usize> {
        const FEW: usize = 24;
        if self.list.len() < FEW {
            return self.list.iter().position(|e| e.key == key);
        }
        for i in self.index.len()..self.list.len() {
            self.index.insert(self.list[i].key.clone(), i);
        }
        self.index.get(key).copied()
    }

    /// Adds what stands in the map itself; gives it back where it stands there already.
    fn add(&mut self, entry: Entry) -> Result<(), Entry> {
        match self.find(&entry.key) {
            Some(i) if !self.merged[i] => Err(entry),
            Some(i) => {
                self.list[i] = entry;
                self.merged[i] = false;
                Ok(())
            }
            None => {
                self.list.push(entry);
                self.merged.push(false);
                Ok(())
            }
        }
    }

    fn merge(&mut self, entry: Entry) {
        match self.find(&entry.key) {
            Some(i) => {
                self.list[i] = entry;
                self.merged[i] = true;
            }
            None => {
                self.list.push(entry);
                self.merged.push(true);
            }
        }
    }
}

fn mark(span: &Span) -> Mark {
    let same_line = span.start.line() == span.end.line();
    let length = if same_line { span.len().max(1) } else { 1 };
    Mark { line: line(span.start.line()), column: span.start.col() as u32 + 1, length: length as u32 }
}

fn line(line: usize) -> u32 {
    line.max(1) as u32
}

/// The library's sentence as a fragment, and what usually causes it.
fn syntax_error(error: &granit_parser::ScanError) -> (String, Option<String>) {
    use granit_parser::ErrorKind;
    let hint = match error.kind() {
        ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation => "indent with spaces",
        ErrorKind::InvalidIndentation | ErrorKind::ExpectedBlockMappingKey => {
            "look at the indentation of this line and the one before"
        }
        _ => return (format!("not YAML: {}", error.info()), None),
    };
    (format!("not YAML: {}", error.info()), Some(hint.to_owned()))
}

/// JSON that YAML would not take: a character beyond the basic plane as two escapes, or a control character that only
/// JSON allows in a text. The one becomes the character, the other an escape.
fn json_for_yaml(text: &str) -> Option<String> {
    let only_json = |c: char| matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}');
    let flow = text.trim_start().starts_with(['{', '[']);
    if !flow || !(text.contains("\\ud") || text.contains("\\uD") || text.contains(only_json)) {
        return None;
    }
    if serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() {
        return None;
    }
    let unit = |s: &str| u16::from_str_radix(s.strip_prefix("\\u")?.get(..4)?, 16).ok();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let mut length = c.len_utf8();
        if c == '\\' {
            let pair = unit(rest).zip(rest.get(6..).and_then(unit));
            let joined = pair.and_then(|(a, b)| char::decode_utf16([a, b]).next()?.ok()).filter(|c| *c as u32 > 0xffff);
            match joined {
                Some(c) => {
                    out.push(c);
                    rest = &rest[12..];
                    continue;
                }
                // The escaped character goes along, so that `\\ud83d` stays a backslash and letters.
                None => length += rest[1..].chars().next().map_or(0, char::len_utf8),
            }
        } else if only_json(c) {
            out.push_str(&format!("\\u{:04x}", c as u32));
            rest = &rest[length..];
            continue;
        }
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    Some(out)
}
