//! What a program logs before it ends: errors of the kernel, of name resolution, of the API server and of parsers, in
//! the wordings of C libraries, Go, Rust, Python, Node.js, Java, Ruby, shells and common servers.
//!
//! The text of a log never names its program's language, so that every line is searched for every wording. Numbers
//! of errors are those of Linux (`errno(3)`); they are the same on all architectures that Kubernetes supports, for the
//! ones that are read here.

mod access;
mod address;
mod api_server;
mod call;
mod config_file;
mod database;
mod errno;
mod flag;
mod host;
mod kernel;
mod line;
mod logged;
mod oci_mount;
mod path;
mod reach;
mod variable;

pub use crate::model::message::log::access::Forbidden;
pub use crate::model::message::log::call::Call;
use crate::model::message::log::line::{Lines, Weight};
pub use crate::model::message::log::logged::{Logged, LoggedError, MountProblem};

/// Most errors read from one text.
const MAX_ERRORS: usize = 8;
/// Returns the errors in a log or a termination message, the most telling first: those of lines that are not logged as
/// mere information, the newest first.
pub fn errors(text: &str) -> Vec<Logged> {
    let lines = Lines::of(text);
    let mut found: Vec<(Weight, usize, Logged)> = Vec::new();
    for number in 0..lines.len() {
        if let Some(error) = read(&lines, number) {
            found.push((lines.weight(number), number, Logged { error, line: lines.quoted(number) }));
        }
    }
    found.sort_by_key(|(weight, number, _)| (std::cmp::Reverse(*weight), std::cmp::Reverse(*number)));
    let heaviest = found.first().map(|(weight, ..)| *weight);
    let told = found.into_iter().filter(|(weight, ..)| Some(*weight) == heaviest).map(|(.., logged)| logged);
    let mut told: Vec<Logged> = told.collect();
    // A log that repeats an error says it once.
    let mut seen: Vec<LoggedError> = Vec::new();
    told.retain(|logged| {
        let is_new = !seen.contains(&logged.error);
        seen.push(logged.error.clone());
        is_new
    });
    told.truncate(MAX_ERRORS);
    told
}

/// The error of a line, read with the lines around it.
fn read(lines: &Lines<'_>, number: usize) -> Option<LoggedError> {
    let line = lines.get(number);
    if let Some(forbidden) = access::forbidden(line) {
        return Some(LoggedError::Forbidden(forbidden));
    }
    oci_mount::failed(lines, number)
        .or_else(|| api_server::answer(line, lines.lower(number)))
        .or_else(|| kernel::missing(line, lines.lower(number)))
        .or_else(|| flag::unknown(line, lines.lower(number)))
        .or_else(|| host::unresolved(lines, number))
        .or_else(|| reach::failed(lines, number))
        .or_else(|| database::no_temporary_directory(lines.lower(number)))
        .or_else(|| errno::error(lines, number))
        .or_else(|| database::not_opened(lines, number))
        .or_else(|| variable::missing(lines, number))
        .or_else(|| config_file::unparsed(lines, number))
}

#[cfg(test)]
mod tests;
