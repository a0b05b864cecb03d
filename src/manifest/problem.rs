//! What is wrong with a file, and where.

use std::collections::HashSet;
use std::fmt;

use crate::severity::Severity;
use crate::text::escape::escape;
use crate::yaml::{Mark, Node};

/// The word before a message. Linters and compilers say "note" where a report says "info".
pub fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// Something wrong with a file: where, what, and the way out.
///
/// Its text form is the message with the place underlined; what came from the file is escaped in it. The line of a
/// secret value is never kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// The code of the rule, where it has one (`DS9xx`).
    pub code: Option<&'static str>,
    /// The file, or `-`.
    pub file: String,
    /// Where in the file; `None` where the whole file is meant.
    pub at: Option<Mark>,
    /// The field, from the top of its document: `spec.template.spec.containers[0].image`. Until the document was read as a
    /// whole, what is missing at the place.
    pub field: Option<String>,
    /// A fragment without a final period.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The text of the line, unless it may hold a secret.
    pub source: Option<String>,
    /// Whether it is a field that Kubernetes does not know. The API server drops such a field, or refuses the object if it
    /// is asked to validate strictly.
    pub is_unknown_field: bool,
}

impl Problem {
    /// Whether it stops what was asked for.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.head(), escape(&self.message))?;
        for line in self.place() {
            write!(f, "\n{line}")?;
        }
        if let Some(field) = &self.field {
            write!(f, "\n {} = field: {}", self.margin(), escape(field))?;
        }
        match &self.hint {
            Some(hint) => write!(f, "\n {} = hint: {}", self.margin(), escape(hint)),
            None => Ok(()),
        }
    }
}

impl Problem {
    /// Returns the severity with the code: `warning[DS901]`.
    pub fn head(&self) -> String {
        let code = self.code.map(|c| format!("[{c}]")).unwrap_or_default();
        format!("{}{code}", severity_word(self.severity))
    }

    /// Returns blanks as wide as the number of the line.
    pub fn margin(&self) -> String {
        self.at.map_or_else(String::new, |at| " ".repeat(at.line.to_string().len()))
    }

    /// Returns the lines that show the place, fit for a terminal.
    pub fn place(&self) -> Vec<String> {
        let Some(at) = self.at else { return vec![format!("  --> {}", escape(&self.file))] };
        let margin = self.margin();
        let mut lines = vec![format!(" {margin}--> {}:{}:{}", escape(&self.file), at.line, at.column)];
        if let Some(source) = &self.source {
            let (line, blanks, carets) = underlined(source, at);
            lines.push(format!(" {margin} |"));
            lines.push(format!(" {} | {line}", at.line));
            lines.push(format!(" {margin} | {}{}", " ".repeat(blanks), "^".repeat(carets)));
        }
        lines
    }
}

/// A line made fit for a terminal, cut around the place, and the columns before and under the place.
fn underlined(source: &str, at: Mark) -> (String, usize, usize) {
    const WIDTH: usize = 100;
    let start = at.column.saturating_sub(1) as usize;
    let skip = if start > WIDTH / 2 { start - WIDTH / 4 } else { 0 };
    let show = |text: String| escape(&text.replace('\t', " ")).into_owned();
    let before = show(source.chars().skip(skip).take(start - skip).collect());
    let marked = show(source.chars().skip(start).take((at.length as usize).clamp(1, WIDTH)).collect());
    let room = WIDTH.saturating_sub(start - skip + marked.chars().count());
    let after = show(source.chars().skip(start + at.length as usize).take(room).collect());
    let width = |text: &str| unicode_width::UnicodeWidthStr::width(text);
    let (blanks, carets) = (width(&before), width(&marked).max(1));
    (format!("{before}{marked}{after}").trim_end().to_owned(), blanks, carets)
}

/// A file's name and text, from which problems take their lines.
#[derive(Debug)]
pub struct Source<'a> {
    name: &'a str,
    text: &'a str,
    lines: std::cell::OnceCell<Vec<usize>>,
    hidden: std::cell::RefCell<HashSet<u32>>,
}

impl<'a> Source<'a> {
    /// A text and the name by which the user knows it.
    pub fn new(name: &'a str, text: &'a str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Source { name, text, lines: std::cell::OnceCell::new(), hidden: std::cell::RefCell::default() }
    }

    /// The name by which the user knows the text.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// Where each line starts.
    fn starts(&self) -> &[usize] {
        self.lines.get_or_init(|| {
            let breaks = memchr::memchr_iter(b'\n', self.text.as_bytes()).map(|i| i + 1);
            std::iter::once(0).chain(breaks).collect()
        })
    }

    /// A line of the text, from 1, cut where it is very long.
    pub fn line(&self, number: u32) -> Option<&'a str> {
        const LONGEST: usize = 4096;
        let starts = self.starts();
        let start = *starts.get((number as usize).checked_sub(1)?)?;
        let end = starts.get(number as usize).copied().unwrap_or(self.text.len());
        let line = self.text[start..end].trim_end_matches(['\n', '\r']);
        let cut = line.char_indices().nth(LONGEST).map_or(line.len(), |(i, _)| i);
        Some(&line[..cut])
    }

    /// Says that a value may be a secret: no problem shows a line on which the value stands, whatever else stands there.
    pub fn hide(&self, at: Mark) {
        self.hidden.borrow_mut().extend(at.line..=self.last_line(at));
    }

    /// Hides every value of a tree.
    pub fn hide_all(&self, node: &Node) {
        node.entries().iter().for_each(|entry| self.hide_all(&entry.node));
        node.items().iter().for_each(|item| self.hide_all(item));
        if node.entries().is_empty() && node.items().is_empty() {
            self.hide(node.at);
        }
    }

    /// Hides the values of a tree that was not understood, as far as their keys or names sound like secrets.
    pub fn hide_secrets(&self, node: &Node) {
        let named_secret = node.get("name").and_then(Node::text).is_some_and(sounds_secret);
        for entry in node.entries() {
            if sounds_secret(&entry.key) || named_secret && entry.key == "value" {
                self.hide_all(&entry.node);
            } else {
                self.hide_secrets(&entry.node);
            }
        }
        node.items().iter().for_each(|item| self.hide_secrets(item));
    }

    /// The lines that are hidden, to hide them in another look at the same text.
    pub fn hidden(&self) -> HashSet<u32> {
        self.hidden.borrow().clone()
    }

    /// Hides lines.
    pub fn hiding(self, lines: HashSet<u32>) -> Self {
        Source { hidden: lines.into(), ..self }
    }

    /// The line on which the value at a place ends: a text in quotes can go over several, and more may follow on the last.
    fn last_line(&self, at: Mark) -> u32 {
        let starts = self.starts();
        let Some(start) = (at.line as usize).checked_sub(1).and_then(|i| starts.get(i)) else { return at.line };
        let mut chars = self.text[*start..].chars().skip(at.column.saturating_sub(1) as usize);
        let Some(quote @ ('"' | '\'')) = chars.next() else { return at.line };
        let (mut line, mut escaped) = (at.line, false);
        for c in chars {
            match c {
                _ if std::mem::take(&mut escaped) => {}
                '\\' if quote == '"' => escaped = true,
                c if c == quote => break,
                _ => {}
            }
            line += u32::from(c == '\n');
        }
        line
    }

    /// Takes the lines of secrets out of problems that were made before the secret was met.
    pub fn conceal(&self, problems: &mut [Problem]) {
        let hidden = self.hidden.borrow();
        for problem in problems.iter_mut().filter(|p| p.at.is_some_and(|at| hidden.contains(&at.line))) {
            problem.source = None;
        }
    }

    /// The text that a mark covers.
    pub fn text_at(&self, at: Mark) -> Option<String> {
        let line = self.line(at.line)?;
        Some(line.chars().skip(at.column.saturating_sub(1) as usize).take(at.length as usize).collect())
    }

    /// A problem at a place of this text.
    pub fn problem(&self, severity: Severity, at: Mark, message: impl Into<String>) -> Problem {
        Problem {
            severity,
            code: None,
            file: self.name.to_owned(),
            at: Some(at),
            field: None,
            message: message.into(),
            hint: None,
            is_unknown_field: false,
            source: self.line(at.line).filter(|_| !self.hidden.borrow().contains(&at.line)).map(str::to_owned),
        }
    }
}

/// Whether what has this name probably is a secret.
pub fn sounds_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["pass", "secret", "token", "key", "credential", "auth"].iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_shows_its_place() {
        let source = Source::new("fluent-bit.yaml", "spec:\n  tolerationz:\n");
        let mut problem = source.problem(Severity::Error, Mark { line: 2, column: 3, length: 11 }, "unknown field");
        problem.hint = Some("try".into());
        let told = "error: unknown field\n  --> fluent-bit.yaml:2:3\n   |\n 2 |   tolerationz:\n   |   ^^^^^^^^^^^\n   = hint: try";
        assert_eq!(problem.to_string(), told);
    }

    #[test]
    fn wide_and_unsafe_characters_keep_the_caret_in_place() {
        let source = Source::new("x\u{1b}.yaml", "日本: \u{1b}[31m: x");
        let told = source.problem(Severity::Error, Mark { line: 1, column: 5, length: 1 }, "no").to_string();
        assert!(!told.contains('\u{1b}'), "{told}");
        assert!(told.ends_with("^^^^^^"), "{told}");
        let long = "x".repeat(1 << 20);
        let source = Source::new("x", &long);
        assert!(
            source.problem(Severity::Error, Mark { line: 1, column: 3000, length: 9 }, "no").to_string().len() < 400
        );
    }
}
