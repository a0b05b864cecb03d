//! JSON values one behind the other, as `jq -c` or several `kubectl get -o json` write them.
//!
//! kubectl reads such a stream value by value, and goes on with YAML at what is no JSON (`YAMLOrJSONDecoder`,
//! k8s.io/apimachinery pkg/util/yaml/decoder.go, v1.33 to v1.37).

use serde::de::IgnoredAny;

use crate::yaml::parse::mistake::Mistake;
use crate::yaml::{Mark, Node, Value};

/// A part of a text that is read by itself.
#[derive(Debug, PartialEq)]
pub(super) struct Part<'a> {
    pub(super) text: &'a str,
    /// How many lines of the text stand before the part.
    pub(super) lines_before: u32,
    /// How many characters stand before the part on its first line.
    pub(super) columns_before: u32,
}

impl<'a> Part<'a> {
    fn of(text: &'a str, from: usize, to: usize) -> Self {
        let before = &text[..from];
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        Part {
            text: &text[from..to],
            lines_before: before.bytes().filter(|byte| *byte == b'\n').count() as u32,
            columns_before: before[line..].chars().count() as u32,
        }
    }

    /// Moves places within the part to where they are in the text.
    pub(super) fn place(&self, documents: &mut [Node], mistakes: &mut [Mistake]) {
        documents.iter_mut().for_each(|node| self.place_node(node));
        mistakes.iter_mut().for_each(|mistake| self.place_mark(&mut mistake.at));
    }

    fn place_node(&self, node: &mut Node) {
        self.place_mark(&mut node.at);
        match &mut node.value {
            Value::List(items) => items.iter_mut().for_each(|item| self.place_node(item)),
            Value::Map(entries) => entries.iter_mut().for_each(|entry| {
                self.place_mark(&mut entry.key_at);
                self.place_node(&mut entry.node);
            }),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
        }
    }

    fn place_mark(&self, at: &mut Mark) {
        if at.line == 1 {
            at.column += self.columns_before;
        }
        at.line += self.lines_before;
    }
}

/// Returns the JSON values of a text and, as the last part, the rest that is no JSON. A text that does not begin with two
/// JSON values is one part.
pub(super) fn parts(text: &str) -> Vec<Part<'_>> {
    if !text.trim_start().starts_with('{') {
        return vec![Part::of(text, 0, text.len())];
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    let mut parts = Vec::new();
    let mut from = 0;
    // Lines are counted once for all parts: a stream may have many.
    let (mut lines, mut counted) = (0, 0);
    while let Some(Ok(_)) = values.next() {
        let to = values.byte_offset();
        let blank = text[from..to].len() - text[from..to].trim_start().len();
        let begin = from + blank;
        lines += text[counted..begin].bytes().filter(|byte| *byte == b'\n').count() as u32;
        counted = begin;
        let line = text[..begin].rfind('\n').map_or(0, |at| at + 1);
        let columns_before = text[line..begin].chars().count() as u32;
        parts.push(Part { text: &text[begin..to], lines_before: lines, columns_before });
        from = to;
    }
    if parts.is_empty() {
        return vec![Part::of(text, 0, text.len())];
    }
    if !text[from..].trim().is_empty() {
        parts.push(Part::of(text, from, text.len()));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_values_in_a_row_are_parts() {
        let found = |text: &'static str| -> Vec<(&str, u32, u32)> {
            parts(text).iter().map(|part| (part.text, part.lines_before, part.columns_before)).collect()
        };
        assert_eq!(found("a: 1\n"), [("a: 1\n", 0, 0)]);
        assert_eq!(found("{\"a\":1}\n{\"b\":2} {}"), [("{\"a\":1}", 0, 0), ("{\"b\":2}", 1, 0), ("{}", 1, 8)]);
        assert_eq!(found("{\"a\":1}\n---\nb: 2\n"), [("{\"a\":1}", 0, 0), ("\n---\nb: 2\n", 0, 7)]);
        assert_eq!(found("{a: 1}\n"), [("{a: 1}\n", 0, 0)]);
    }
}
