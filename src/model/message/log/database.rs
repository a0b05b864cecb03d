//! Files that cannot be opened or created, without an error number: databases of SQLite, in its words and those of Fluent Bit,
//! and temporary files of Python.

use crate::model::message::log::line::Lines;
use crate::model::message::log::logged::LoggedError;
use crate::model::message::log::path::nearest;

/// What says so, in lower case.
const NOT_OPENED: &[&str] = &[
    "cannot open database",
    "unable to open database",
    "could not open/create database",
    "could not open database",
    "failed to open database",
    "sqlite_cantopen",
    "write a readonly database",
    "sqlite_readonly",
];

/// Reads a database that could not be opened.
pub fn not_opened(lines: &Lines<'_>, number: usize) -> Option<LoggedError> {
    let line = lines.get(number);
    let at = NOT_OPENED.iter().find_map(|word| lines.lower(number).find(word))?;
    let path = nearest(line, at)?;
    Some(LoggedError::NotCreated { path: path.to_owned(), is_directory: false })
}

/// Reads that no directory for temporary files could be written to (`_get_default_tempdir`, CPython Lib/tempfile.py v3.13).
pub fn no_temporary_directory(lower: &str) -> Option<LoggedError> {
    let is_said = lower.contains("no usable temporary directory");
    is_said.then(|| LoggedError::NotCreated { path: "/tmp".to_owned(), is_directory: true })
}
