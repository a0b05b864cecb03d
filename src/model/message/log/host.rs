//! Host names that cannot be resolved, as resolvers of C libraries (`gai_strerror(3)`), Go, Java and common clients say.

use crate::model::message::log::line::Lines;
use crate::model::message::log::logged::LoggedError;

/// Wordings for "the name does not exist", in lower case.
const UNKNOWN: &[&str] = &[
    "no such host",
    "name or service not known",
    "name does not resolve",
    "unknown host",
    "unknown mysql server host",
    "could not resolve hostname",
    "name resolution failure",
    "enotfound ",
    "nodename nor servname",
    "unknownhostexception",
    "could not resolve host",
    "couldn't resolve host",
    "could not resolve address",
    "unable to resolve host",
    "cannot resolve host",
    "failed to resolve",
    "could not be resolved",
    "can't resolve",
    "bad address '",
    "host not found",
    "could not translate host name",
    "dns resolution failed",
    "domain name not found",
    "failed to lookup address",
    "getaddrinfo failed",
    "nxdomain",
    "no address associated with hostname",
];

/// Wordings for "the server does not answer", in lower case.
const TEMPORARY: &[&str] = &[
    "temporary failure in name resolution",
    "eai_again",
    "timeout while contacting dns",
    "server misbehaving",
    "try again",
];

/// What stands directly before the name, in lower case: the more specific first.
const BEFORE: &[&str] = &[
    "lookup ",
    "not known (",
    "is known. (",
    "failed to resolve '",
    "failed to resolve \"",
    "enotfound ",
    "eai_again ",
    "unknownhostexception: ",
    "resolve host: ",
    "resolve host name ",
    "resolve host '",
    "resolve host ",
    "bad address '",
    "host address '",
    "host address ‘",
    "resolve address '",
    "upstream \"",
    "host name \"",
    "server host '",
    "unknown host: ",
    "unknown host ",
    "resolve hostname ",
    "connecting to ",
    "host='",
    "host=\"",
    "can't resolve '",
    "for host \"",
    "connection to ",
    "resolution failed for ",
    "resolve server ",
    "host not found: ",
    "nxdomain: ",
    "://",
];

/// Reads a name that cannot be resolved, from the line or from those that it continues.
pub fn unresolved(lines: &Lines<'_>, number: usize) -> Option<LoggedError> {
    let lower = lines.lower(number);
    let is_temporary = TEMPORARY.iter().any(|word| lower.contains(word));
    let timed_out = lower.contains("lookup ") && lower.contains("i/o timeout");
    if !is_temporary && !timed_out && !UNKNOWN.iter().any(|word| lower.contains(word)) {
        return None;
    }
    let here = name_in(lines.get(number), lower);
    let above = || {
        let mut above = lines.before(number, 8).filter(|_| lines.continues(number));
        above.find_map(|above| name_in(lines.get(above), lines.lower(above)))
    };
    let host = here.or_else(above)?;
    Some(LoggedError::NoSuchHost { host, is_temporary: is_temporary || timed_out })
}

fn name_in(line: &str, lower: &str) -> Option<String> {
    let after = |word: &&str| lower.match_indices(*word).find_map(|(at, _)| name(&line[at + word.len()..]));
    BEFORE.iter().find_map(after).or_else(|| name_before_error(line, lower))
}

/// The name that a text begins with.
fn name(text: &str) -> Option<String> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "-._".contains(c))).unwrap_or(text.len());
    let name = text[..end].trim_end_matches('.');
    let is_address = name.split('.').all(|part| part.parse::<u8>().is_ok());
    let is_name =
        name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.contains(|c: char| c.is_ascii_alphabetic());
    let is_word = matches!(name, "address" | "host" | "hostname" | "name" | "tcp" | "udp" | "dns" | "the" | "for");
    (is_name && !is_address && !is_word && name.len() <= 253).then(|| name.to_owned())
}

/// The name that stands between a colon or a quote and the error: `ping: elastic: Name or service not known`.
fn name_before_error(line: &str, lower: &str) -> Option<String> {
    let at = UNKNOWN.iter().chain(TEMPORARY).filter_map(|word| lower.find(word)).min()?;
    let words = line[..at].split(|c: char| c.is_whitespace() || "\"'()".contains(c));
    let word = words.map(|word| word.trim_end_matches(':')).rfind(|word| !word.is_empty())?;
    let word = word.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(word, |(host, _)| host);
    let is_whole = name(word).is_some_and(|name| name.len() == word.len());
    (is_whole && (word.contains('.') || line[at..].starts_with(char::is_uppercase))).then(|| word.to_owned())
}
