//! Ports in the lines of a log.

/// Returns the port that an error at a byte of a line is about: the nearest before it, else the first after it.
pub fn port(line: &str, at: usize) -> Option<u16> {
    let all = ports(line);
    let before = all.iter().rev().find(|(place, _)| *place < at);
    before.or_else(|| all.first()).map(|(_, port)| *port)
}

/// The ports of a line with their places: `0.0.0.0:443`, `[::]:8080`, `:::9100`, `('0.0.0.0', 9100)`, `port 8080`.
fn ports(line: &str) -> Vec<(usize, u16)> {
    let mut found = Vec::new();
    let mut place = 0;
    let mut word_before = "";
    let mut was_address = false;
    for word in line.split_inclusive(|c: char| c.is_whitespace() || "\"'(),;=".contains(c)) {
        let start = place;
        place += word.len();
        let word = word.trim_end_matches(|c: char| c.is_whitespace() || "\"'(),;=.".contains(c));
        if word.is_empty() {
            continue;
        }
        let named = matches!(word_before.to_ascii_lowercase().trim_end_matches(':'), "port" | "tcp" | "ports");
        let port = match word.trim_end_matches(':').rsplit_once(':') {
            Some((host, port)) if is_host(host) => number(port.trim_end_matches(']')),
            None if named || was_address => number(word.trim_end_matches(':')),
            _ => None,
        };
        found.extend(port.map(|port| (start, port)));
        was_address = is_address(word);
        word_before = word;
    }
    found
}

/// Whether what stands before a colon is an address or a name, and no time and no file of code.
fn is_host(host: &str) -> bool {
    if matches!(host, "" | "*" | "::" | "[::]" | "[::1]" | "tcp" | "localhost") {
        return true;
    }
    let host = host.rsplit('/').next().unwrap_or(host);
    is_address(host) || host.starts_with('[') && host.ends_with(']') && host.contains(':')
}

fn is_address(word: &str) -> bool {
    let word = word.trim_start_matches('[').trim_end_matches(']');
    let parts: Vec<&str> = word.split('.').collect();
    parts.len() == 4 && parts.iter().all(|part| part.parse::<u8>().is_ok()) || word == "::"
}

/// Reads a port, which is not 0.
pub fn number(text: &str) -> Option<u16> {
    text.trim().trim_end_matches(',').parse().ok().filter(|port| *port > 0)
}
