//! Text and words that no room owns: encodings, escaping, plurals, durations. It knows nothing of the rest.

pub mod duration;
pub mod encoding;
pub mod escape;
pub mod list;
pub mod secrets;

/// Returns a number with its noun: `1 node`, `2 nodes`, `3 replies`.
pub fn count(number: usize, noun: &str) -> String {
    format!("{number} {}", plural(number, noun))
}

/// Returns a noun as it stands behind a number.
pub fn plural(number: usize, noun: &str) -> String {
    // `replies`, but `days`.
    let stem = noun.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u']));
    match (number, stem) {
        (1, _) => noun.to_owned(),
        (_, Some(stem)) => format!("{stem}ies"),
        (_, None) => format!("{noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_follow_their_number() {
        for (number, noun, text) in
            [(0, "node", "0 nodes"), (1, "node", "1 node"), (2, "policy", "2 policies"), (2, "day", "2 days")]
        {
            assert_eq!(count(number, noun), text);
        }
    }
}
