//! Words of kubelets, runtimes, registries, webhooks and schedulers, parsed into enums.
//!
//! Foreign text is matched in this room and nowhere else.

pub mod admission;
pub mod controller;
pub mod image_pull;
pub mod kubelet;
pub mod log;
pub mod log_line;
pub mod runtime;
pub mod scheduler;

/// Characters of a foreign text that a sentence shows.
const MAX_SENTENCE_CHARS: usize = 240;
/// Characters of them that come from its beginning, if it is cut.
const MAX_HEAD_CHARS: usize = 90;

/// Returns a foreign text as part of a sentence: white space folded, no final period, bounded.
///
/// A long text is cut in its middle: kubelets and runtimes wrap errors, so that the reason stands at the end.
pub fn sentence(text: &str) -> String {
    let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
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
        assert_eq!(sentence(&"x".repeat(300)).chars().filter(|c| *c == 'x').count(), MAX_SENTENCE_CHARS);
    }
}
