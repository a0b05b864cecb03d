//! Paths that errors name.

/// Returns the path that is missing by an error: "stat /a: no such file or directory", "dial unix /a: connect: connection
/// refused", "bind source path does not exist: /a". Of several errors that are wrapped the last one counts.
pub fn missing(text: &str) -> Option<&str> {
    const AFTER: &[&str] = &["source path does not exist: "];
    const BEFORE: &[&str] =
        &["no such file or directory", "connection refused", "does not exist", "cannot find the path"];
    for words in AFTER {
        if let Some(at) = text.rfind(words) {
            return paths(&text[at + words.len()..]).next();
        }
    }
    let ends = BEFORE.iter().filter_map(|words| text.rfind(words));
    ends.max().and_then(|end| paths(&text[..end]).last())
}

/// Returns the absolute paths of a text, in order.
pub fn paths(text: &str) -> impl Iterator<Item = &str> {
    let is_end =
        |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | ';' | ')' | ']' | '}' | '(' | '=' | '[');
    text.split(is_end).filter_map(|word| {
        let word = word.strip_prefix("unix:").map_or(word, |rest| rest.strip_prefix("//").unwrap_or(rest));
        let word = word.trim_end_matches([':', '.']);
        (word.len() > 1 && word.starts_with('/') && !word.starts_with("//")).then_some(word)
    })
}

/// Whether a path is another one, or lies below it.
pub fn is_within(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_what_is_missing() {
        for (text, expected) in [
            (
                "failed to setup client: stat /var/run/a/kubeconfig: no such file or directory",
                Some("/var/run/a/kubeconfig"),
            ),
            ("invalid mount config for type \"bind\": bind source path does not exist: /var/lib/a", Some("/var/lib/a")),
            (
                "failed to generate spec: failed to stat \"/srv/a\": stat /srv/a: no such file or directory",
                Some("/srv/a"),
            ),
            ("dial unix /run/a.sock: connect: connection refused", Some("/run/a.sock")),
            ("Get \"http://%2Frun\": dial unix:///run/a.sock: no such file or directory", Some("/run/a.sock")),
            ("error mounting \"/srv/a\" to rootfs at \"/a\": mount /srv/a: no such file or directory", Some("/srv/a")),
            ("dial tcp 127.0.0.1:50051: connect: connection refused", None),
            ("configmap \"a\" not found", None),
            ("", None),
        ] {
            assert_eq!(missing(text), expected, "{text}");
        }
    }

    #[test]
    fn a_path_lies_within_a_folder() {
        assert!(is_within("/run/a/b", "/run/a") && is_within("/run/a", "/run/a/"));
        assert!(!is_within("/run/ab", "/run/a"));
    }
}
