//! Words of kubelets, runtimes, registries, webhooks and schedulers, parsed into enums.
//!
//! Foreign text is matched in this room and nowhere else.

pub mod admission;
pub mod controller;
pub mod failed_create;
pub mod image_pull;
pub mod kubelet;
pub mod runtime;
pub mod scheduler;

/// The first lines of a foreign text as part of a sentence: white space folded, no final period, bounded.
pub fn sentence(text: &str) -> String {
    const MAX_CHARS: usize = 240;
    let mut out = String::new();
    for word in text.split_whitespace() {
        if out.chars().count() + word.chars().count() >= MAX_CHARS {
            let rest: String = word.chars().take(MAX_CHARS.saturating_sub(out.chars().count())).collect();
            out.push(' ');
            out.push_str(&rest);
            out.push('…');
            return out.trim_start().to_owned();
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out.trim_end_matches('.').to_owned()
}
