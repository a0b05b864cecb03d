//! The reference page of the document, made from the table of fields.

use std::fmt::Write;

use crate::manifest::fields::{DOCUMENT, Object, Shape};
use crate::manifest::text::demand;

/// The page: every type of the document with all its fields, in Markdown.
pub fn reference() -> String {
    let mut page = String::from(
        "# The fields of `kind: KubernetesDaemonSet`\n\nThis page is generated from the table from which documents are \
         read (`src/spec/fields/`). Names are in snake_case; camelCase, also as Kubernetes spells it, is read as well. \
         Fields in **bold** must be there.\n",
    );
    let mut done: Vec<&str> = Vec::new();
    let mut next: Vec<&'static Object> = vec![&DOCUMENT];
    while !next.is_empty() {
        let mut found = Vec::new();
        for object in next {
            if done.contains(&object.name) {
                continue;
            }
            done.push(object.name);
            section(object, &mut page, &mut found);
        }
        next = found;
    }
    page
}

fn section(object: &'static Object, page: &mut String, found: &mut Vec<&'static Object>) {
    let _ = write!(page, "\n## {}\n\n{}\n\n| field | holds | |\n|---|---|---|\n", object.name, object.doc);
    for field in object.all() {
        let name = if object.name == DOCUMENT.name { field.name.into() } else { field.snake() };
        let name = if field.required { format!("**`{name}`**") } else { format!("`{name}`") };
        let default = match field.default {
            Some(default) if default != "\"\"" => format!(" Default: `{}`.", default.trim_matches('"')),
            _ => String::new(),
        };
        let _ = writeln!(page, "| {name} | {} | {}{default} |", held(&field.shape, found), field.doc);
    }
}

fn held(shape: &Shape, found: &mut Vec<&'static Object>) -> String {
    match shape {
        Shape::Object(object) => {
            found.push(object);
            format!("[{}](#{})", object.name, object.name.to_ascii_lowercase())
        }
        Shape::List(item) => format!("list of {}", held(item, found)),
        Shape::Map(_, item) => format!("map to {}", held(item, found)),
        Shape::Either(shapes) => shapes.iter().map(|s| held(s, found)).collect::<Vec<_>>().join(" or "),
        Shape::Words(words) => {
            let words: Vec<String> = words.iter().filter(|w| !w.is_empty()).map(|w| format!("`{w}`")).collect();
            words.join(", ")
        }
        Shape::Text(rule) => {
            let demand = demand(*rule).replace('|', "\\|");
            if demand == "be text" { "text".to_owned() } else { format!("text, must {demand}") }
        }
        Shape::Int(low, high) => match (*low, *high) {
            (i64::MIN, _) => "whole number".to_owned(),
            (low, i64::MAX) => format!("whole number from {low}"),
            (low, high) => format!("whole number, {low} to {high}"),
        },
        other => other.kind().to_owned(),
    }
}
