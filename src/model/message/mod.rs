//! Words of kubelets, runtimes, registries, webhooks and schedulers, parsed into enums.
//!
//! Foreign text is matched in this room and nowhere else.

pub mod admission;
pub mod controller;
pub mod event;
pub mod image_pull;
pub mod kubelet;
pub mod log;
pub mod log_line;
pub mod path;
pub mod probe;
pub mod runtime;
pub mod sandbox;
pub mod scheduler;
pub mod volume;

/// Characters of a foreign text that a sentence shows.
const MAX_SENTENCE_CHARS: usize = 240;
/// Characters of them that come from its beginning, if it is cut.
const MAX_HEAD_CHARS: usize = 90;

/// Returns what stands between the quotes that a text begins with.
fn quoted(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('"')?;
    rest.split_once('"').map(|(inside, _)| inside).filter(|inside| !inside.is_empty())
}

/// What event recorders and remote calls put before a message, and what says nothing.
const PREFIXES: &[&str] = &["(combined from similar events): ", "rpc error: code = Unknown desc = "];

/// Returns a foreign text as part of a sentence: white space folded, long ids cut, no final period, bounded.
///
/// A long text is cut in its middle: kubelets and runtimes wrap errors, so that the reason stands at the end.
pub fn sentence(text: &str) -> String {
    let folded = text.split_whitespace().map(without_id).collect::<Vec<_>>().join(" ");
    let folded = PREFIXES.iter().fold(folded, |text, prefix| text.replace(prefix, ""));
    let folded = folded.trim_end_matches('.');
    let chars: Vec<char> = folded.chars().collect();
    if chars.len() <= MAX_SENTENCE_CHARS {
        return folded.to_owned();
    }
    let is_blank = |at: &usize| chars[*at] == ' ';
    let head = (0..MAX_HEAD_CHARS).rev().find(is_blank).unwrap_or(MAX_HEAD_CHARS);
    let from = chars.len() - (MAX_SENTENCE_CHARS - MAX_HEAD_CHARS);
    // A word is not cut, unless it is longer than all that is shown.
    let tail = (from..chars.len()).find(is_blank).map_or(from, |at| at + 1);
    let text = |part: &[char]| part.iter().collect::<String>();
    format!("{} ... {}", text(&chars[..head]), text(&chars[tail..]))
}

/// Returns a word of which an id of a container or a sandbox is cut to the length that `docker ps` and `crictl ps` show.
fn without_id(word: &str) -> std::borrow::Cow<'_, str> {
    /// Hexadecimal digits of a SHA-256 sum, by which runtimes name sandboxes and containers.
    const ID: usize = 64;
    let is_hex = |c: char| c.is_ascii_digit() || matches!(c, 'a'..='f');
    let Some(start) = word.find(is_hex).filter(|_| word.len() >= ID) else { return word.into() };
    let id = word[start..].chars().take_while(|c| is_hex(*c)).count();
    // A digest of an image is what people compare.
    match id == ID && !word[..start].ends_with("sha256:") && !word.contains("sha256:") {
        true => format!("{}{}", &word[..start + 12], &word[start + ID..]).into(),
        false => word.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_keeps_its_reason() {
        assert_eq!(sentence("  back-off \n restarting.\n"), "back-off restarting");
        let long = format!("failed to create shim task: {} permission denied", "runc create failed ".repeat(20));
        let cut = sentence(&long);
        assert!(cut.starts_with("failed to create shim task: runc") && cut.ends_with("permission denied"), "{cut}");
        assert!(cut.chars().count() <= MAX_SENTENCE_CHARS + 5, "{cut}");
        let id = "99aa0186095650cf9c5043019ce4751875b5608cbc2a01b79a1fe5b41403c75f";
        assert_eq!(
            sentence(&format!(
                "(combined from similar events): Failed: rpc error: code = Unknown desc = sandbox \"{id}\": no"
            )),
            "Failed: sandbox \"99aa01860956\": no"
        );
        assert_eq!(sentence(&format!("image a@sha256:{id}")), format!("image a@sha256:{id}"));
        assert_eq!(sentence(&"x".repeat(300)).chars().filter(|c| *c == 'x').count(), MAX_SENTENCE_CHARS);
    }
}
