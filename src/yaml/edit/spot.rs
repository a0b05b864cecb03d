//! Where values stand in a text, from their first byte to behind their last.

use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle};

/// A value as it stands in the text.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    /// Its bytes, without an anchor or a tag before it; of what is empty the place where it would stand.
    pub(super) range: Range<usize>,
    /// The line, from 1.
    pub(super) line: u32,
    /// The column in characters, from 0.
    pub(super) column: usize,
    pub(super) form: Form,
}

/// How a value is written.
#[derive(Debug, Clone)]
pub(super) enum Form {
    /// A map, each key once or more; `flow` in braces.
    Map { flow: bool, entries: Vec<Pair> },
    /// A list; `flow` in brackets.
    List { flow: bool, items: Vec<Spot> },
    /// Text in this style.
    Scalar { style: ScalarStyle },
    /// A reference to something written elsewhere.
    Alias,
}

/// A key and its value as they stand in the text.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub(super) key: String,
    pub(super) key_at: Spot,
    pub(super) value: Spot,
}

impl Spot {
    /// Behind the last byte that belongs to the value. A collection in block style ends with the last of its values.
    pub(super) fn end(&self) -> usize {
        match &self.form {
            Form::Map { flow: false, entries } => entries.last().map_or(self.range.end, Pair::end),
            Form::List { flow: false, items } => items.last().map_or(self.range.end, Spot::end),
            _ => self.range.end,
        }
    }

    /// Whether the last value is a block of text (`|`, `>`), which ends with a line.
    pub(super) fn ends_with_block(&self) -> bool {
        match &self.form {
            Form::Map { flow: false, entries } => entries.last().is_some_and(|e| e.value.ends_with_block()),
            Form::List { flow: false, items } => items.last().is_some_and(Spot::ends_with_block),
            Form::Scalar { style } => matches!(style, ScalarStyle::Literal | ScalarStyle::Folded),
            _ => false,
        }
    }

    /// Whether nothing is written here.
    pub(super) fn is_absent(&self) -> bool {
        self.range.is_empty() && matches!(self.form, Form::Scalar { style: ScalarStyle::Plain })
    }
}

impl Pair {
    pub(super) fn end(&self) -> usize {
        if self.value.is_absent() { self.key_at.range.end } else { self.value.end() }
    }
}

/// The documents of a text, empty ones too. `None` where it is no YAML as a whole.
pub(super) fn documents(text: &str) -> Option<Vec<Spot>> {
    let options = granit_parser::options! { emit_comments: false, simple_key_max_lookahead: 64 << 10 };
    let mut reader = Reader { text, events: Parser::new_from_str_with_options(text, options), depth: 0 };
    let mut documents = Vec::new();
    loop {
        match reader.next()? {
            (Event::StreamEnd, _) => return Some(documents),
            (Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd, _) => {}
            (event, span) => documents.push(reader.spot(event, span)?),
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    events: Parser<'a, granit_parser::StrInput<'a>>,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<(Event<'a>, Span)> {
        self.events.next_event()?.ok()
    }

    fn spot(&mut self, event: Event<'a>, span: Span) -> Option<Spot> {
        const DEEPEST: usize = 200;
        let mut range = span.byte_range()?;
        let mut column = span.start.col();
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let form = match event {
            Event::Scalar(_, style, ..) => Form::Scalar { style },
            Event::Alias(_) => Form::Alias,
            Event::SequenceStart(style, ..) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, end) => break range.end = end.byte_range()?.end.max(range.end),
                        (event, span) => items.push(self.spot(event, span)?),
                    }
                }
                // A list that is not indented more than its key begins, for the parser, behind its first dash.
                let line = self.text[..range.start].rfind('\n').map_or(0, |newline| newline + 1);
                let blanks = self.text[line..].len() - self.text[line..].trim_start_matches(' ').len();
                let is_dash = |at: usize| self.text[at..].starts_with('-');
                if style == StructureStyle::Block && !is_dash(range.start) && is_dash(line + blanks) {
                    (range.start, column) = (line + blanks, blanks);
                }
                Form::List { flow: style == StructureStyle::Flow, items }
            }
            Event::MappingStart(style, ..) => {
                let mut entries = Vec::new();
                loop {
                    let (event, span) = self.next()?;
                    if event == Event::MappingEnd {
                        break range.end = span.byte_range()?.end.max(range.end);
                    }
                    let key = if let Event::Scalar(text, ..) = &event { text.to_string() } else { return None };
                    let key_at = self.spot(event, span)?;
                    let (event, span) = self.next()?;
                    entries.push(Pair { key, key_at, value: self.spot(event, span)? });
                }
                Form::Map { flow: style == StructureStyle::Flow, entries }
            }
            _ => return None,
        };
        self.depth -= 1;
        Some(Spot { range, line: span.start.line() as u32, column, form })
    }
}
