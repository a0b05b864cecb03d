//! What text must look like, and what a mistyped word may have meant.

use std::net::IpAddr;

use crate::manifest::fields::Rule;

/// A word of the user's, short enough for a message.
pub fn shorten(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((i, _)) => format!("{}...", &text[..i]),
        None => text.to_owned(),
    }
}

/// What is wrong with `text` under a rule, as "must ..."; `None` where it follows it.
pub fn broken(rule: Rule, text: &str) -> Option<&'static str> {
    let fine = match rule {
        Rule::Free => true,
        Rule::NotEmpty => !text.is_empty(),
        Rule::DnsLabel => is_dns_label(text),
        Rule::Namespace => text.is_empty() || is_dns_label(text),
        Rule::Time => is_time(text),
        Rule::DnsName => text.len() <= 253 && text.split('.').all(is_dns_label_any_length),
        Rule::LabelKey => is_label_key(text),
        Rule::AnnotationKey => is_label_key(&text.to_lowercase()),
        Rule::LabelValue => text.is_empty() || is_label_name(text),
        Rule::EnvName => {
            text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        }
        Rule::AnyEnvName => !text.is_empty() && text.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'='),
        Rule::PortName => {
            text.is_empty()
                || text.len() <= 15
                    && is_dns_label(text)
                    && !text.contains("--")
                    && text.contains(|c: char| c.is_ascii_lowercase())
        }
        Rule::DataKey => {
            (1..=253).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
                && text != "."
                && !text.starts_with("..")
        }
        Rule::Ip => match text.parse::<IpAddr>() {
            Ok(IpAddr::V6(address)) => address.to_ipv4_mapped().is_none(),
            Ok(IpAddr::V4(_)) => true,
            Err(_) => false,
        },
        Rule::Digest => {
            text.strip_prefix("sha256:").is_some_and(|d| d.len() == 64 && d.bytes().all(|b| b.is_ascii_hexdigit()))
        }
        Rule::RelativePath => !text.starts_with('/') && text.split('/').all(|part| part != ".."),
    };
    if fine { None } else { Some(demand(rule)) }
}

/// What a rule demands, as the end of "must ...".
pub fn demand(rule: Rule) -> &'static str {
    match rule {
        Rule::Free => "be text",
        Rule::NotEmpty => "not be empty",
        Rule::Time => "be a time such as 2026-01-31T12:00:00Z",
        Rule::DnsLabel | Rule::Namespace => "be lower case letters, digits and inner hyphens, at most 63",
        Rule::DnsName => {
            "be lower case letters, digits, hyphens and dots, each part beginning and ending with the first two"
        }
        Rule::AnnotationKey => {
            "be an annotation key: at most 63 letters, digits, `-`, `_`, `.`, after an optional DNS name and `/`"
        }
        Rule::LabelKey => {
            "be a label key: at most 63 letters, digits, `-`, `_`, `.`, after an optional DNS name and `/`"
        }
        Rule::LabelValue => {
            "be a label value: at most 63 letters, digits, `-`, `_`, `.`, beginning and ending with the first two"
        }
        Rule::EnvName => "be letters, digits and underscores, and not begin with a digit",
        Rule::AnyEnvName => "be printable ASCII without `=`",
        Rule::PortName => "be at most 15 lower case letters, digits and single inner hyphens, with a letter",
        Rule::DataKey => "be letters, digits, `-`, `_` and `.`, at most 253",
        Rule::Ip => "be an IP address",
        Rule::Digest => "be `sha256:` and 64 hexadecimal digits",
        Rule::RelativePath => "be a relative path without `..`",
    }
}

fn is_dns_label(text: &str) -> bool {
    text.len() <= 63 && is_dns_label_any_length(text)
}

fn is_dns_label_any_length(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn is_label_key(text: &str) -> bool {
    let (prefix, name) = text.rsplit_once('/').map_or((None, text), |(p, n)| (Some(p), n));
    let prefix_fine = prefix.is_none_or(|p| p.len() <= 253 && p.split('.').all(is_dns_label_any_length));
    prefix_fine && is_label_name(name)
}

fn is_label_name(text: &str) -> bool {
    let outer = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
    text.len() <= 63
        && outer(text.bytes().next())
        && outer(text.bytes().last())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// Whether Go reads it with the layout RFC3339 (`Time.UnmarshalJSON`, k8s.io/apimachinery pkg/apis/meta/v1/time.go).
fn is_time(text: &str) -> bool {
    let number = |from: usize, to: usize, low: u32, high: u32| {
        let digits = text.get(from..to).filter(|d| d.bytes().all(|b| b.is_ascii_digit()));
        digits.and_then(|d| d.parse().ok()).is_some_and(|n: u32| (low..=high).contains(&n))
    };
    let separated = [(4, '-'), (7, '-'), (10, 'T'), (13, ':'), (16, ':')];
    let fields = [(0, 4, 0, 9999), (5, 7, 1, 12), (8, 10, 1, 31), (11, 13, 0, 23), (14, 16, 0, 59), (17, 19, 0, 59)];
    if separated.iter().any(|(at, c)| text.as_bytes().get(*at).map(|b| char::from(*b)) != Some(*c))
        || fields.iter().any(|(from, to, low, high)| !number(*from, *to, *low, *high))
    {
        return false;
    }
    let zone = text[19..].trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    zone == "Z" || zone.len() == 6 && zone.starts_with(['+', '-']) && zone.as_bytes()[3] == b':'
}

/// The word that `text` was probably meant to be: equal but for case, or few typing mistakes away.
pub fn nearest<'a>(text: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let longest = text.chars().count().min(64);
    if text.len() > 64 || longest < 2 {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    let mut best: Option<(usize, &str)> = None;
    for word in words {
        if word.is_empty() {
            continue;
        }
        let distance = strsim::osa_distance(&lower, &word.to_ascii_lowercase());
        if distance <= (longest / 4).max(1) && best.is_none_or(|(d, _)| distance < d) {
            best = Some((distance, word));
        }
    }
    best.map(|(_, word)| word)
}

/// Breaks text into lines of at most 80 characters.
pub fn fill(text: &str) -> String {
    let mut out = String::new();
    let mut width = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > 80 {
            out.push('\n');
            width = 0;
        } else if width > 0 {
            out.push(' ');
            width += 1;
        }
        out.push_str(word);
        width += length;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_kubernetes_rules() {
        for (rule, good, bad) in [
            (Rule::DnsLabel, &["a", "a-1"][..], &["", "A", "-a", "a-", "a.b", "a_b"][..]),
            (Rule::DnsName, &["a.b-c"], &["", "a..b", "A"]),
            (
                Rule::LabelKey,
                &["app", "kubernetes.io/os", "A_b.c"],
                &["", "/a", "a/", "a/b/c", "Ü/a", "-a", "Example.com/a"],
            ),
            (Rule::AnnotationKey, &["Example.com/note", "A_b.c"], &["", "/a", "a b", "Ü/a"]),
            (Rule::LabelValue, &["", "A", "1.2_3-x"], &["-a", "a b", "a/b"]),
            (Rule::EnvName, &["_A1"], &["", "1BAD_NAME", "BAD-NAME"]),
            (Rule::AnyEnvName, &["a.b-c"], &["", "a=b", "ü"]),
            (Rule::PortName, &["", "http", "a-1"], &["HTTP", "-metrics", "123", "a--b", "sixteen-letters-"]),
            (Rule::Ip, &["10.0.0.1", "::1"], &["10.0.0", "localhost"]),
            (Rule::RelativePath, &["a/b", ""], &["/a", "a/../b"]),
            (Rule::DataKey, &["a.b", "..", "..a"][..1], &["..", "..a", "a/b", ""]),
        ] {
            for text in good {
                assert_eq!(broken(rule, text), None, "{rule:?} {text}");
            }
            for text in bad {
                assert!(broken(rule, text).is_some(), "{rule:?} {text}");
            }
        }
    }

    #[test]
    fn a_word_nearby_is_found() {
        let words = ["tolerations", "volumes", "tty"];
        assert_eq!(nearest("tolerationz", words), Some("tolerations"));
        assert_eq!(nearest("toleration", words), Some("tolerations"));
        assert_eq!(nearest("Volumes", words), Some("volumes"));
        assert_eq!(nearest("ttx", words), Some("tty"));
        assert_eq!(nearest("xyz", words), None);
    }
}
