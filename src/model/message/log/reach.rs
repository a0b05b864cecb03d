//! Addresses that a program cannot bind or reach, and sockets on which nobody answers.

use std::net::Ipv4Addr;

use crate::model::message::log::line::Lines;
use crate::model::message::log::logged::LoggedError;
use crate::model::message::log::path::paths;

/// EADDRNOTAVAIL, in lower case.
const NOT_AVAILABLE: &[&str] = &[
    "cannot assign requested address",
    "can't assign requested address",
    "eaddrnotavail",
    "errno 99]",
    "os error 99)",
];

/// Wordings for an address that does not answer, in lower case.
const SILENT: &[&str] = &[
    "i/o timeout",
    "no route to host",
    "network is unreachable",
    "timed out connecting",
    "connection timed out",
    "connect timeout",
    "connecttimeout",
    "etimedout",
    "ehostunreach",
    "enetunreach",
    "context deadline exceeded",
];

/// Wordings for a socket on which nobody answers, in lower case.
const STILL: &[&str] = &["still connecting to", "deadline exceeded", "timed out", "transient_failure"];

/// The port of the Service through which pods reach the API server.
const API_PORT: u16 = 443;

/// Reads the address or the socket of a line.
pub fn failed(lines: &Lines<'_>, number: usize) -> Option<LoggedError> {
    let (line, lower) = (lines.get(number), lines.lower(number));
    if NOT_AVAILABLE.iter().any(|word| lower.contains(word)) && (lower.contains("bind") || lower.contains("listen")) {
        return Some(LoggedError::AddressNotAvailable { address: addresses(line).next()?.0.to_string() });
    }
    if STILL.iter().any(|word| lower.contains(word))
        && lower.contains("connect")
        && let Some(path) = socket(lines, number)
    {
        return Some(LoggedError::SocketSilent { path });
    }
    if SILENT.iter().any(|word| lower.contains(word)) {
        let is_service = |(address, port): &(Ipv4Addr, u16)| *port == API_PORT && is_private(*address);
        let address = addresses(line).find(is_service)?.0.to_string();
        return Some(LoggedError::Unreachable { address, port: API_PORT });
    }
    None
}

/// The socket that a line is about, or that the lines shortly before it are.
fn socket(lines: &Lines<'_>, number: usize) -> Option<String> {
    let of = |number: usize| paths(lines.get(number)).into_iter().find(|found| found.path.ends_with(".sock"));
    let here = std::iter::once(number).chain(lines.before(number, 4));
    here.filter(|number| lines.lower(*number).contains("connect")).find_map(of).map(|found| found.path.to_owned())
}

/// The IPv4 addresses of a line that have a port.
fn addresses(line: &str) -> impl Iterator<Item = (Ipv4Addr, u16)> {
    let words = line.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == ':'));
    words.filter_map(|word| {
        let (address, port) = word.trim_end_matches(':').split_once(':')?;
        Some((address.parse().ok()?, port.parse().ok()?))
    })
}

/// Addresses of Services are private, or of the range that carriers share.
fn is_private(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    address.is_private() || first == 100 && (64..128).contains(&second)
}
