//! The lines in which two texts differ.

use std::io::{Result, Write};

use imara_diff::{Algorithm, Diff, Hunk, InternedInput, Token};
use owo_colors::OwoColorize;

use crate::render::theme::Theme;
use crate::text::escape::escape;

/// Lines around a change.
const CONTEXT: u32 = 3;

/// A text and what it is called.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// Its name, for the head of the diff.
    pub name: &'a str,
    /// The text.
    pub text: &'a str,
}

/// Writes a unified diff. Lines are not wrapped; `shown` says for the number of a line (from 0) of a side whether it may be
/// shown: a secret may stand there.
pub fn unified(
    out: &mut dyn Write,
    theme: &Theme,
    (before, after): (Side<'_>, Side<'_>),
    shown: &dyn Fn(bool, usize) -> bool,
) -> Result<()> {
    let paint = |text: String, style: owo_colors::Style| text.style(style).to_string();
    writeln!(out, "{}", paint(format!("--- {}", escape(before.name)), theme.styles.removed))?;
    writeln!(out, "{}", paint(format!("+++ {}", escape(after.name)), theme.styles.added))?;
    let input = InternedInput::new(before.text, after.text);
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    let line = |token: Token, may_be_shown: bool| match may_be_shown {
        true => escape(input.interner[token].trim_end_matches(['\n', '\r'])).into_owned(),
        false => "(a line with a secret)".to_owned(),
    };
    for hunks in together(diff.hunks()) {
        let (Some(first), Some(last)) = (hunks.first(), hunks.last()) else { continue };
        let from = first.before.start.saturating_sub(CONTEXT);
        let end = (last.before.end + CONTEXT).min(u32::try_from(input.before.len()).unwrap_or(u32::MAX));
        let to = first.after.start - (first.before.start - from);
        let added_end = last.after.end + (end - last.before.end);
        let header = format!("@@ -{} +{} @@", range(from, end - from), range(to, added_end - to));
        writeln!(out, "{}", paint(header, theme.styles.aside))?;
        let (mut old, mut new) = (from as usize, to as usize);
        for hunk in &hunks {
            while old < hunk.before.start as usize {
                writeln!(out, " {}", line(input.before[old], shown(false, old) && shown(true, new)))?;
                (old, new) = (old + 1, new + 1);
            }
            for number in old..hunk.before.end as usize {
                let text = format!("-{}", line(input.before[number], shown(false, number)));
                writeln!(out, "{}", paint(text, theme.styles.removed))?;
            }
            for number in new..hunk.after.end as usize {
                let text = format!("+{}", line(input.after[number], shown(true, number)));
                writeln!(out, "{}", paint(text, theme.styles.added))?;
            }
            (old, new) = (hunk.before.end as usize, hunk.after.end as usize);
        }
        for number in old..end as usize {
            let may_be_shown = shown(false, number) && shown(true, new + number - old);
            writeln!(out, " {}", line(input.before[number], may_be_shown))?;
        }
    }
    Ok(())
}

/// Returns changes in groups: those whose lines around them meet stand under one header.
fn together(hunks: impl Iterator<Item = Hunk>) -> Vec<Vec<Hunk>> {
    let mut groups: Vec<Vec<Hunk>> = Vec::new();
    for hunk in hunks {
        match groups.last_mut() {
            Some(group) if group.last().is_some_and(|last| hunk.before.start - last.before.end <= 2 * CONTEXT) => {
                group.push(hunk);
            }
            _ => groups.push(vec![hunk]),
        }
    }
    groups
}

/// Returns lines as `diff -u` writes them: one line needs no length, and none is named by the line before.
fn range(start: u32, length: u32) -> String {
    match length {
        0 => format!("{start},0"),
        1 => (start + 1).to_string(),
        length => format!("{},{length}", start + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::theme::{Colour, Surroundings};

    fn diff(before: &str, after: &str, hidden: Option<usize>) -> String {
        let theme = Theme::decide(Colour::Never, &Surroundings::default());
        let sides = (Side { name: "a", text: before }, Side { name: "b", text: after });
        let mut out = Vec::new();
        unified(&mut out, &theme, sides, &|_, line| Some(line) != hidden).expect("memory can be written");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn changes_stand_between_their_neighbours() {
        let before: String = (1..=20).map(|line| format!("{line}\n")).collect();
        let after = before.replace("5\n6\n", "5\nnew\n6\n").replace("20\n", "");
        assert_eq!(
            diff(&before, &after, None),
            "--- a\n+++ b\n@@ -3,6 +3,7 @@\n 3\n 4\n 5\n+new\n 6\n 7\n 8\n@@ -17,4 +18,3 @@\n 17\n 18\n 19\n-20\n"
        );
        assert_eq!(diff("", "a\n", None), "--- a\n+++ b\n@@ -0,0 +1 @@\n+a\n");
        assert_eq!(diff("a\n", "", None), "--- a\n+++ b\n@@ -1 +0,0 @@\n-a\n");
        assert_eq!(
            diff("a\nb\n", "a\nc\n", Some(0)),
            "--- a\n+++ b\n@@ -1,2 +1,2 @@\n (a line with a secret)\n-b\n+c\n"
        );
        assert_eq!(
            diff("a\nb\n", "a\nb\nc\n", Some(2)),
            "--- a\n+++ b\n@@ -1,2 +1,3 @@\n a\n b\n+(a line with a secret)\n"
        );
    }
}
