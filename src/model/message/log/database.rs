//! Databases of SQLite that cannot be opened: in the words of SQLite and of Fluent Bit, which say no error number.

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
];

/// Reads a database that could not be opened.
pub fn not_opened(lines: &Lines<'_>, number: usize) -> Option<LoggedError> {
    let at = NOT_OPENED.iter().find_map(|word| lines.lower(number).find(word))?;
    let path = nearest(lines.get(number), at)?;
    Some(LoggedError::DatabaseNotOpened { path: path.to_owned() })
}
