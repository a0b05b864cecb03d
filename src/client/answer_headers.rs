//! What the headers of an answer say: how long to wait, and what the server warns of.

use std::time::Duration;

use http::HeaderMap;

/// The server's wish, in seconds; a date is not understood, and so not followed.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.trim().parse::<u32>().ok()?;
    Some(Duration::from_secs(seconds.into()))
}

/// The text of a `Warning: 299 - "text"` header.
pub(crate) fn warning_text(header: &str) -> Option<String> {
    let quoted = header.strip_prefix("299 ")?.split_once('"')?.1;
    let mut text = String::new();
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return Some(text),
            '\\' => text.extend(chars.next()),
            c => text.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_unquoted() {
        for (header, text) in [
            ("299 - \"a \\\"b\\\" c\"", Some("a \"b\" c")),
            ("299 - \"open", None),
            ("199 - \"x\"", None),
            ("299 kube \"x\" \"date\"", Some("x")),
        ] {
            assert_eq!(warning_text(header).as_deref(), text, "{header}");
        }
    }
}
