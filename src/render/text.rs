//! Words, lines and lists.

use std::borrow::Cow;
use std::io::{self, Write};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::text::escape::escape;

/// Names as far as `width` columns reach, then how many more there are: `a, b, c +6`. At least one is named.
pub fn names(names: &[String], width: usize) -> String {
    let mut out = String::new();
    for (i, name) in names.iter().enumerate() {
        let name = escape(name);
        let rest = names.len() - i - 1;
        let more = if rest > 0 { format!(" +{rest}").len() } else { 0 };
        if i > 0 && out.width() + 2 + name.width() + more > width {
            out.push_str(&format!(" +{}", rest + 1));
            return out;
        }
        if i > 0 {
            out.push_str(", ");
        }
        out.push_str(&name);
    }
    out
}

/// The first `most` names, then how many more there are: `a, b, c +6`.
pub fn first_names<T: ToString>(names: &[T], most: usize) -> String {
    let first: Vec<_> = names.iter().take(most).map(|name| escape(&name.to_string()).into_owned()).collect();
    let first = first.join(", ");
    match names.len().saturating_sub(most) {
        0 => first,
        more => format!("{first} +{more}"),
    }
}

/// Returns text cut to `width` columns, so that it stays one line of a terminal. It was escaped before.
pub fn clip(text: &str, width: usize) -> String {
    clip_with(text, width, "…")
}

/// Returns text cut to `width` columns, with the mark that stands for the rest.
pub fn clip_with(text: &str, width: usize, mark: &str) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        if out.width() + c.width().unwrap_or(0) + mark.width() > width {
            break;
        }
        out.push(c);
    }
    out.push_str(mark);
    out
}

/// Breaks text into lines of at most `width` columns between words; a longer word has a line of its own. Text from
/// outside is escaped.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let text = escape(text);
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is always a line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.width() + 1 + word.width() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// Writes a sentence in lines of at most `width` columns, with an indent of its first line and one of the others.
pub fn write_wrapped(out: &mut dyn Write, text: &str, width: usize, (first, rest): (&str, &str)) -> io::Result<()> {
    for (i, line) in wrap(text, width.saturating_sub(rest.width())).iter().enumerate() {
        writeln!(out, "{}{line}", if i == 0 { first } else { rest })?;
    }
    Ok(())
}

/// Returns a text of at most about `most` characters. A long one is cut in its middle, between words: kubelets and
/// runtimes wrap errors, so that the reason stands at the end.
pub fn cut_middle(text: &str, most: usize) -> Cow<'_, str> {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= most {
        return Cow::Borrowed(text);
    }
    let is_blank = |at: &usize| chars[*at] == ' ';
    let first = most * 3 / 8;
    let head = (0..first).rev().find(is_blank).unwrap_or(first);
    let from = chars.len() - (most - first);
    // A word is not cut, unless it is longer than all that is shown.
    let tail = (from..chars.len()).find(is_blank).map_or(from, |at| at + 1);
    let text = |part: &[char]| part.iter().collect::<String>();
    Cow::Owned(format!("{} ... {}", text(&chars[..head]), text(&chars[tail..])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_say_how_many_more_there_are() {
        let all: Vec<String> = ["alpha", "beta", "gamma"].map(String::from).into();
        assert_eq!(names(&all, 40), "alpha, beta, gamma");
        assert_eq!(names(&all, 16), "alpha, beta +1");
        assert_eq!(names(&all, 3), "alpha +2");
        assert_eq!(names(&["a\u{1b}[31m".to_owned()], 40), "a\\u{1b}[31m");
        assert_eq!(first_names(&all, 3), "alpha, beta, gamma");
        assert_eq!(first_names(&all, 2), "alpha, beta +1");
        assert_eq!(first_names(&["a\u{1b}[31m"], 2), "a\\u{1b}[31m");
    }

    #[test]
    fn a_line_of_a_terminal_stays_one() {
        for (text, width, expected) in
            [("short", 5, "short"), ("longer", 5, "long…"), ("日本語", 5, "日本…"), ("日本語", 4, "日…")]
        {
            assert_eq!(clip(text, width), expected);
        }
    }

    #[test]
    fn a_long_message_keeps_its_reason() {
        let long = format!("failed to create shim task: {}permission denied", "runc create failed ".repeat(20));
        let cut = cut_middle(&long, 240);
        assert!(cut.starts_with("failed to create shim task: runc") && cut.ends_with("permission denied"), "{cut}");
        assert!(cut.chars().count() <= 245, "{cut}");
        assert_eq!(cut_middle(&"x".repeat(300), 240).chars().filter(|c| *c == 'x').count(), 240);
        assert_eq!(cut_middle("back-off restarting", 240), "back-off restarting");
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("日本 日本 日本", 9), ["日本 日本", "日本"]);
        assert_eq!(wrap("averylongword x", 4), ["averylongword", "x"]);
    }
}
