//! Flags that a program does not know.

use crate::model::message::log::logged::LoggedError;

/// What stands before the flag, in lower case.
const BEFORE: &[&str] = &[
    "unknown flag: ",
    "unknown shorthand flag: ",
    "flag provided but not defined: ",
    "unrecognized option '",
    "unrecognized option: ",
    "unrecognized option `",
    "unrecognized arguments: ",
    "unexpected argument '",
    "unknown option: ",
    "unknown option '",
    "unknown option \"",
    "unknown long flag '",
    "unknown argument: ",
    "invalid option: ",
    "no such option: ",
];

/// Reads the flag that a line calls unknown.
pub fn unknown(line: &str, lower: &str) -> Option<LoggedError> {
    let rest = BEFORE.iter().find_map(|word| lower.find(word).map(|at| &line[at + word.len()..]))?;
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(rest.len());
    let flag = rest[..end].trim_start_matches('-').trim_end_matches('.');
    (!flag.is_empty()).then(|| LoggedError::UnknownFlag { flag: flag.to_owned() })
}
