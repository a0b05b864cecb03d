//! Byte order marks that editors put before a document.

use std::borrow::Cow;

const MARK: char = '\u{feff}';

/// Returns the text without a byte order mark at its beginning and at the beginning of each document: joined files have
/// one there. kubectl hands every document by itself to a parser that passes over the mark (`YAMLReader`,
/// k8s.io/apimachinery pkg/util/yaml/decoder.go, v1.33 to v1.37). Elsewhere a mark stays, and is a mistake.
pub(super) fn without_marks(text: &str) -> Cow<'_, str> {
    let text = text.strip_prefix(MARK).unwrap_or(text);
    if !text.contains(MARK) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut is_first = true;
    for line in text.split_inclusive('\n') {
        out.push_str(if is_first { line.strip_prefix(MARK).unwrap_or(line) } else { line });
        is_first = is_separator(line);
    }
    Cow::Owned(out)
}

/// Whether a line ends a document: `---`, and nothing but blanks or a comment after it.
fn is_separator(line: &str) -> bool {
    line.strip_prefix("---").is_some_and(|rest| rest.trim().is_empty() || rest.trim().starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_passed_over_where_a_document_begins() {
        assert_eq!(without_marks("\u{feff}a: 1\n--- # next\n\u{feff}b: 2\n"), "a: 1\n--- # next\nb: 2\n");
        assert_eq!(without_marks("a: 1\n\u{feff}b: 2\n"), "a: 1\n\u{feff}b: 2\n");
    }
}
