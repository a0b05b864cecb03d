//! The events of the parser made into trees, within limits: values by kubectl's rules, anchors, merge keys.

use std::collections::HashMap;

use granit_parser::{Event, Options, Parser, ScalarStyle, Span, StrInput, Tag};

use crate::yaml::parse::entries::Entries;
use crate::yaml::parse::limits::Limits;
use crate::yaml::parse::mistake::{Mistake, syntax_error};
use crate::yaml::{Entry, Mark, Node, Scalar, Value, resolve};

/// How much text takes as much memory as one value.
const BYTES_PER_VALUE: usize = 64;

/// What [`read_documents`] found in a text.
pub(super) struct Found {
    pub(super) documents: Vec<Node>,
    pub(super) mistakes: Vec<Mistake>,
    /// Keys that stand more than once in a map.
    pub(super) repeated: Vec<Mistake>,
    /// Whether anything has an anchor.
    pub(super) has_anchors: bool,
}

/// Returns the documents of a text, empty ones left out, and its mistakes, and takes the documents off the limits. After a mistake in the syntax of one document the next one is read.
pub(super) fn read_documents(text: &str, options: Options, limits: &mut Limits) -> Found {
    let mut documents = Vec::new();
    let mut reader = Reader {
        events: Parser::new_from_str_with_options(text, options),
        anchors: HashMap::new(),
        has_anchors: false,
        mistakes: Vec::new(),
        repeated: Vec::new(),
        left: limits.nodes,
        aliased: limits.aliased,
        depth: limits.depth,
    };
    loop {
        match reader.document() {
            Ok(Some(node)) => {
                if node.value != Value::Null {
                    documents.push(node);
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
    (limits.nodes, limits.aliased) = (reader.left, reader.aliased);
    let Reader { mistakes, repeated, has_anchors, .. } = reader;
    Found { documents, mistakes, repeated, has_anchors }
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
    has_anchors: bool,
    mistakes: Vec<Mistake>,
    repeated: Vec<Mistake>,
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
            self.has_anchors = true;
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
                    if let Some(key) = entries.add(Entry { key, key_at, node }) {
                        let message = format!("`{key}` stands twice in this map");
                        let hint = Some("kubectl takes the last one without a word; keep one".into());
                        self.repeated.push(Mistake { at: key_at, message, hint });
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

fn mark(span: &Span) -> Mark {
    let same_line = span.start.line() == span.end.line();
    let length = if same_line { span.len().max(1) } else { 1 };
    Mark { line: line(span.start.line()), column: span.start.col() as u32 + 1, length: length as u32 }
}

fn line(line: usize) -> u32 {
    line.max(1) as u32
}
