//! Values as YAML that kubectl reads back as the same values.

use serde_json::{Map, Value};

use crate::yaml::is_plain_text;

/// How a document is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Every map and list over lines of its own, as kubectl prints.
    Block,
    /// Small maps and lists of scalars in braces on one line of at most this many columns, for people.
    Compact(usize),
}

/// Writes one document, without `---`, with a final newline.
pub fn emit(value: &Value, style: Style) -> String {
    let mut out = String::new();
    emit_into(&mut out, value, style);
    out
}

/// Appends one document to `out`.
pub fn emit_into(out: &mut String, value: &Value, style: Style) {
    let mut writer = Writer { out, style };
    match value {
        Value::Object(map) if !map.is_empty() => writer.map(map, 0, false),
        Value::Array(items) if !items.is_empty() => writer.list(items, 0),
        other => {
            writer.scalar(other, 0);
            writer.out.push('\n');
        }
    }
}

struct Writer<'a> {
    out: &'a mut String,
    style: Style,
}

impl Writer<'_> {
    /// The entries of a map, each on its line; the first one stays on the current line where `started`.
    fn map(&mut self, map: &Map<String, Value>, indent: usize, started: bool) {
        for (i, (key, value)) in map.iter().enumerate() {
            if i > 0 || !started {
                self.indent(indent);
            }
            let explicit = !is_implicit_key(key);
            if explicit {
                self.out.push_str("? ");
            }
            self.text(key, indent, false);
            if explicit {
                self.out.push('\n');
                self.indent(indent);
            }
            self.out.push(':');
            match value {
                Value::Object(inner) if !inner.is_empty() => {
                    if !self.flow(value, indent + key.len() + 2) {
                        self.out.push('\n');
                        self.map(inner, indent + 2, false);
                    }
                }
                Value::Array(items) if !items.is_empty() => {
                    if !self.flow(value, indent + key.len() + 2) {
                        self.out.push('\n');
                        self.list(items, indent);
                    }
                }
                other => {
                    self.out.push(' ');
                    self.field(key, other, indent + 2);
                    self.out.push('\n');
                }
            }
        }
    }

    fn list(&mut self, items: &[Value], indent: usize) {
        for item in items {
            self.indent(indent);
            self.out.push('-');
            match item {
                Value::Object(inner) if !inner.is_empty() => {
                    if !self.flow(item, indent + 2) {
                        self.out.push(' ');
                        self.map(inner, indent + 2, true);
                    }
                }
                Value::Array(inner) if !inner.is_empty() => {
                    if !self.flow(item, indent + 2) {
                        self.out.push('\n');
                        self.list(inner, indent + 2);
                    }
                }
                other => {
                    self.out.push(' ');
                    self.scalar(other, indent + 2);
                    self.out.push('\n');
                }
            }
        }
    }

    /// Writes ` {...}` or ` [...]` and ends the line, where the style and the width allow it.
    fn flow(&mut self, value: &Value, column: usize) -> bool {
        let Style::Compact(width) = self.style else { return false };
        let start = self.out.len();
        self.out.push(' ');
        let room = width.saturating_sub(column);
        if self.flow_value(value, start + room) && self.out.len() - start <= room {
            self.out.push('\n');
            return true;
        }
        self.out.truncate(start);
        false
    }

    fn flow_value(&mut self, value: &Value, end: usize) -> bool {
        if self.out.len() > end {
            return false;
        }
        match value {
            Value::Object(map) => {
                self.out.push('{');
                for (i, (key, value)) in map.iter().enumerate() {
                    if !is_implicit_key(key) {
                        return false;
                    }
                    if i > 0 {
                        self.out.push_str(", ");
                    }
                    self.flow_text(key);
                    self.out.push_str(": ");
                    if let Some(octal) = self.octal(key, value) {
                        self.out.push_str(&octal);
                    } else if !self.flow_value(value, end) {
                        return false;
                    }
                }
                self.out.push('}');
            }
            Value::Array(items) => {
                self.out.push('[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        self.out.push_str(", ");
                    }
                    if !self.flow_value(item, end) {
                        return false;
                    }
                }
                self.out.push(']');
            }
            Value::String(text) if text.contains('\n') || text.len() > 200 => return false,
            Value::String(text) => self.flow_text(text),
            other => self.scalar(other, 0),
        }
        true
    }

    /// The value of a field.
    fn field(&mut self, key: &str, value: &Value, indent: usize) {
        match self.octal(key, value) {
            Some(octal) => self.out.push_str(&octal),
            None => self.scalar(value, indent),
        }
    }

    /// The mode of a file as people write it, in octal; kubectl reads a leading 0 so (YAML 1.1).
    fn octal(&self, key: &str, value: &Value) -> Option<String> {
        let people = matches!(self.style, Style::Compact(_));
        let mode = value.as_u64().filter(|mode| (1..=0o777).contains(mode))?;
        (people && matches!(key, "mode" | "default_mode" | "defaultMode")).then(|| format!("0{mode:o}"))
    }

    fn scalar(&mut self, value: &Value, indent: usize) {
        match value {
            Value::Null => self.out.push_str("null"),
            Value::Bool(b) => self.out.push_str(if *b { "true" } else { "false" }),
            Value::Number(n) => self.out.push_str(&n.to_string()),
            Value::String(text) => self.text(text, indent, true),
            Value::Array(_) => self.out.push_str("[]"),
            Value::Object(_) => self.out.push_str("{}"),
        }
    }

    /// Text: as it is where every reader takes it so, as a block where it has lines, else in quotes.
    fn text(&mut self, text: &str, indent: usize, block: bool) {
        if is_plain_text(text) {
            self.out.push_str(text);
        } else if block && is_block_text(text) {
            self.block(text, indent);
        } else {
            self.quoted(text);
        }
    }

    fn flow_text(&mut self, text: &str) {
        if is_plain_text(text) && !text.contains([',', '[', ']', '{', '}']) && !text.contains(':') {
            self.out.push_str(text);
        } else {
            self.quoted(text);
        }
    }

    fn block(&mut self, text: &str, indent: usize) {
        let kept = text.trim_end_matches('\n');
        let newlines = text.len() - kept.len();
        self.out.push_str(match newlines {
            0 => "|-",
            1 => "|",
            _ => "|+",
        });
        for line in kept.split('\n') {
            self.out.push('\n');
            if !line.is_empty() {
                self.indent(indent.max(2));
                self.out.push_str(line);
            }
        }
        for _ in 1..newlines {
            self.out.push('\n');
        }
    }

    /// Double quotes, with the escapes that YAML and JSON share.
    fn quoted(&mut self, text: &str) {
        use std::fmt::Write;
        self.out.push('"');
        for c in text.chars() {
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                c if is_printable(c) => self.out.push(c),
                c if (c as u32) > 0xffff => drop(write!(self.out, "\\U{:08x}", c as u32)),
                c => drop(write!(self.out, "\\u{:04x}", c as u32)),
            }
        }
        self.out.push('"');
    }

    fn indent(&mut self, columns: usize) {
        for _ in 0..columns {
            self.out.push(' ');
        }
    }
}

/// Whether the key may stand before its `:` on one line: YAML readers look no further than 1,024 characters for the `:` (YAML
/// 1.2, 7.4.2). An escape has at most ten.
fn is_implicit_key(key: &str) -> bool {
    const LONGEST: usize = 1024;
    key.len() < LONGEST / 10 || key.chars().map(|c| if is_printable(c) { 2 } else { 10 }).sum::<usize>() + 2 < LONGEST
}

/// Whether a `|` block can hold the text: several lines of printable characters, no indentation to be guessed,
/// no blanks at a line's end that an editor would take away.
fn is_block_text(text: &str) -> bool {
    text.trim_end_matches('\n').contains('\n')
        && !text.starts_with([' ', '\t', '\n'])
        && text.split('\n').all(|line| !line.ends_with([' ', '\t']))
        && text.chars().all(|c| c == '\n' || c == '\t' || is_printable(c))
}

/// Characters that stand for themselves in every YAML reader: no controls, no breaks, no marks, nothing private.
fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a0}'..='\u{1fff}' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}'
        | '\u{2070}'..='\u{d7ff}' | '\u{f900}'..='\u{fdff}' | '\u{fe10}'..='\u{fefc}' | '\u{ff00}'..='\u{ffef}')
        && !matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}')
}
