//! Files that a program cannot parse: the file and the line.

use crate::model::message::log::line::Lines;
use crate::model::message::log::logged::LoggedError;
use crate::model::message::log::path::paths;

/// What says that a text could not be parsed, in lower case.
const UNPARSED: &[&str] = &[
    "pars", // parse, parsing, parser
    "unmarshal",
    "yaml:",
    "toml:",
    "json:",
    "did not find expected",
    "could not find expected",
    "mapping values",
    "cannot start any token",
    "syntax error",
    "syntaxerror",
    "unknown directive",
    "invalid number of arguments",
    "unexpected",
    "invalid character",
    "scannererror",
    "jsondecodeerror",
    "unknown field",
    "not found in type",
    "malformed",
    "invalid config",
    "invalid configuration",
    "configuration error",
    "config error",
    "loading config",
    "load config",
    "[config]",
    "decod",
    "duplicate key",
    "is not allowed here",
    "unrecognized",
];

/// Reads a file that could not be parsed, from the line or from the two lines around it.
pub fn unparsed(lines: &Lines<'_>, number: usize) -> Option<LoggedError> {
    let lower = lines.lower(number);
    // The file was not read at all.
    if ["permissions are", "must be owned by", "permission denied"].iter().any(|words| lower.contains(words)) {
        return None;
    }
    let at = UNPARSED.iter().filter_map(|word| lower.find(word)).max()?;
    let near: Vec<usize> = lines.before(number, 2).chain(lines.after(number, 2)).collect();
    let here = file(lines.get(number), at).map(|path| (number, path));
    let found = here.or_else(|| near.iter().find_map(|near| Some((*near, file(lines.get(*near), usize::MAX)?))));
    // A text that speaks of the settings need not name their file.
    let Some((place, path)) = found else {
        let line = said(lower).or_else(|| near.iter().find_map(|near| said(lines.lower(*near))));
        return lower.contains("config").then_some(LoggedError::ConfigFile { path: None, line });
    };
    let line_in = |number: usize| {
        // A frame of Python's stack has the line of the program.
        let is_frame = lines.lower(number).trim_start().starts_with("file \"");
        (!is_frame).then(|| line_number(lines.get(number), lines.lower(number), &path))?
    };
    let line = line_in(number).or_else(|| line_in(place)).or_else(|| near.iter().find_map(|near| line_in(*near)));
    Some(LoggedError::ConfigFile { path: Some(path), line })
}

/// The last path before a byte that has the name of a file, else the first after it.
fn file(line: &str, at: usize) -> Option<String> {
    let all = paths(line);
    let files = || all.iter().filter(|found| !found.path.ends_with('/'));
    let before = files().rfind(|found| found.end <= at);
    before.or_else(|| files().next()).map(|found| found.path.to_owned())
}

/// `line 14`, `line: 14`, `line=14`, or `:14` behind the path.
fn line_number(line: &str, lower: &str, path: &str) -> Option<u32> {
    let behind = line.find(path).map(|at| &line[at + path.len()..]);
    let behind = behind.and_then(|rest| number(rest.strip_prefix(':').or_else(|| rest.strip_prefix("\":"))?));
    said(lower).or(behind)
}

/// The number behind the word `line`.
fn said(lower: &str) -> Option<u32> {
    lower.match_indices("line").find_map(|(at, word)| {
        let rest = lower[at + word.len()..].trim_start_matches([' ', ':', '=', '"', '#']);
        number(rest)
    })
}

fn number(text: &str) -> Option<u32> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok().filter(|number| *number > 0)
}
