//! Lists as people read them.

/// `a, b, c +6`: the first few of a list.
pub fn some<T: AsRef<str>>(all: &[T], most: usize) -> String {
    let first = all.iter().take(most).map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(most) {
        0 => first,
        more => format!("{first} +{more}"),
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
    fn lists_for_people() {
        assert_eq!(some(&["a", "b", "c"], 2), "a, b +1");
        assert_eq!(and(&["a".into(), "b".into(), "c".into()]), "a, b and c");
    }
}
