//! Values as the text around them is written.

use granit_parser::ScalarStyle;
use serde_json::{Value as Json, json};

use crate::yaml::{Style, emit};

/// A line wide enough for every value that has no lines of its own.
const ANY_WIDTH: usize = 1 << 20;

/// A value on one line, as JSON or in YAML's short form of it.
pub(super) fn flow(value: &Json, as_json: bool) -> String {
    if as_json {
        return value.to_string();
    }
    let line = emit(&json!({ "x": value }), Style::Compact(ANY_WIDTH));
    match line.strip_prefix("x: ").map(|rest| rest.trim_end_matches('\n')) {
        Some(rest) if !rest.contains('\n') => rest.to_owned(),
        _ => value.to_string(),
    }
}

/// A key and its value on one line, as they stand within braces.
pub(super) fn flow_entry(key: &str, value: &Json, as_json: bool) -> String {
    if as_json {
        return format!("{}: {value}", json!(key));
    }
    let map = flow(&json!({ key: value }), false);
    map[1..map.len() - 1].to_owned()
}

/// A value over lines of its own, each indented by `column`, without the line end of the last.
pub(super) fn block(value: &Json, column: usize) -> String {
    let indent = " ".repeat(column);
    let text = emit(value, Style::Block);
    let lines = text.trim_end_matches('\n').split('\n');
    lines
        .map(|line| if line.is_empty() { String::new() } else { format!("{indent}{line}") })
        .collect::<Vec<_>>()
        .join("\n")
}

/// A scalar on one line, in the quotes that the one before it had.
pub(super) fn scalar(value: &Json, was: Option<ScalarStyle>) -> String {
    if let (Json::String(text), Some(style)) = (value, was) {
        let plain = text.chars().all(|c| c == ' ' || c.is_ascii_graphic());
        match style {
            ScalarStyle::SingleQuoted if plain && !text.contains('\'') => return format!("'{text}'"),
            ScalarStyle::DoubleQuoted if plain && !text.contains(['"', '\\']) => return format!("\"{text}\""),
            _ => {}
        }
    }
    let text = emit(value, Style::Block);
    match text.trim_end_matches('\n') {
        // Lines would have to be indented as deep as the value stands: quotes need no indentation.
        lines if lines.contains('\n') => value.to_string(),
        line => line.to_owned(),
    }
}
