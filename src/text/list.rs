//! Names and lists of them, as people read them.

use std::borrow::Cow;

/// `a, b, c +6`: the first few of a list.
pub fn some<T: AsRef<str>>(all: &[T], most: usize) -> String {
    let first = all.iter().take(most).map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(most) {
        0 => first,
        more => format!("{first} +{more}"),
    }
}

/// So many characters of a name are shown; the names of Kubernetes itself are no longer than 253.
pub const MAX_NAME: usize = 253;

/// A name that anybody may have written, as far as it is shown.
pub fn name(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(MAX_NAME) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
    }
}

/// `a, b and c`.
pub fn and(all: &[String]) -> String {
    match all {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_cut() {
        assert_eq!(name("é"), "é");
        assert_eq!(name(&"é".repeat(MAX_NAME)), "é".repeat(MAX_NAME));
        assert_eq!(name(&"é".repeat(99_999)), format!("{}…", "é".repeat(MAX_NAME)));
    }

    #[test]
    fn lists_for_people() {
        assert_eq!(some(&["a", "b", "c"], 2), "a, b +1");
        assert_eq!(and(&["a".into(), "b".into(), "c".into()]), "a, b and c");
    }
}
