//! Words of API servers, kubelets, runtimes, registries, webhooks and schedulers, parsed into enums.
//!
//! Foreign text is matched in this room and nowhere else.

pub mod admission;
pub mod controller;
pub mod event;
pub mod image_pull;
pub mod kubelet;
pub mod log;
pub mod log_line;
pub mod loss;
pub mod os_image;
pub mod path;
pub mod policy_engine;
pub mod probe;
pub mod runtime;
pub mod sandbox;
pub mod scheduler;
pub mod server;
pub mod volume;

/// Characters of a foreign text that a sentence holds.
const MAX_SENTENCE_CHARS: usize = 4096;

/// Returns what stands between the quotes that a text begins with.
fn quoted(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('"')?;
    rest.split_once('"').map(|(inside, _)| inside).filter(|inside| !inside.is_empty())
}

/// What event recorders and remote calls put before a message, and what says nothing.
const PREFIXES: &[&str] = &["(combined from similar events): ", "rpc error: code = Unknown desc = "];

/// Returns a foreign text as part of a sentence: white space folded, long ids cut, no final period, bounded. Renderers cut
/// what is long on a screen.
pub fn sentence(text: &str) -> String {
    let folded = text.split_whitespace().map(without_id).collect::<Vec<_>>().join(" ");
    let folded = PREFIXES.iter().fold(folded, |text, prefix| text.replace(prefix, ""));
    let folded = folded.trim_end_matches('.');
    let chars = folded.chars().count();
    if chars <= MAX_SENTENCE_CHARS {
        return folded.to_owned();
    }
    // The reason stands at the end.
    folded.chars().skip(chars - MAX_SENTENCE_CHARS).collect()
}

/// Returns a text without its digits, in which times, addresses and amounts no longer differ.
pub fn without_numbers(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).collect()
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
        let long = format!("{} permission denied", "runc create failed ".repeat(2000));
        let cut = sentence(&long);
        assert!(cut.ends_with("permission denied") && cut.chars().count() == MAX_SENTENCE_CHARS, "{cut}");
        let id = "99aa0186095650cf9c5043019ce4751875b5608cbc2a01b79a1fe5b41403c75f";
        assert_eq!(
            sentence(&format!(
                "(combined from similar events): Failed: rpc error: code = Unknown desc = sandbox \"{id}\": no"
            )),
            "Failed: sandbox \"99aa01860956\": no"
        );
        assert_eq!(sentence(&format!("image a@sha256:{id}")), format!("image a@sha256:{id}"));
    }
}
