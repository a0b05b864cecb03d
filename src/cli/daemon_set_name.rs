//! The name of a DaemonSet, as kubectl lets one write it.

use crate::error::{Error, Result};

/// `NAME`, `ds/NAME`, `daemonset/NAME`, `daemonsets/NAME` or `daemonsets.apps/NAME`.
///
/// # Errors
/// Another type, or no name that an object can have.
pub fn daemon_set_name(text: &str) -> Result<&str> {
    let name = match text.split_once('/') {
        Some(("ds" | "daemonset" | "daemonsets" | "daemonset.apps" | "daemonsets.apps", name)) => name,
        Some((kind, _)) => return Err(Error::new(format!("`{kind}` is not a DaemonSet")).hint("use NAME or ds/NAME")),
        None => text,
    };
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    match !name.is_empty() && name.len() <= 253 && name.chars().all(plain) && !name.starts_with('.') {
        true => Ok(name),
        false => Err(Error::new(format!("`{name}` is not a valid DaemonSet name"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_in_many_ways() {
        for (text, name) in [
            ("agent", Some("agent")),
            ("ds/agent", Some("agent")),
            ("daemonsets.apps/agent", Some("agent")),
            ("deploy/agent", None),
            ("", None),
            ("ds/", None),
            ("../x", None),
            ("..", None),
        ] {
            assert_eq!(daemon_set_name(text).ok(), name, "{text}");
        }
    }
}
