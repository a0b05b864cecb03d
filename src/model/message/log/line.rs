//! The lines of a log: which of them tell of a failure, and how they are quoted.

/// Most lines of a text that are read, from its end.
const MAX_LINES: usize = 400;
/// Most bytes of a line that are read.
const MAX_LINE_BYTES: usize = 4096;

/// How much a line tells about why a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Logged as information or as a warning.
    Light,
    /// Logged as an error, or by no logger.
    Heavy,
}

/// The lines of a text, each with its lower-case form.
pub struct Lines<'a> {
    lines: Vec<&'a str>,
    lower: Vec<String>,
}

impl<'a> Lines<'a> {
    /// Splits a text; of a long one the last lines count.
    pub fn of(text: &'a str) -> Self {
        let mut lines: Vec<&str> = text.lines().map(cut).collect();
        if lines.len() > MAX_LINES {
            lines.drain(..lines.len() - MAX_LINES);
        }
        // ASCII only, so that both forms have the same bytes in the same places.
        let lower = lines.iter().map(|line| line.to_ascii_lowercase()).collect();
        Lines { lines, lower }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// A line.
    pub fn get(&self, number: usize) -> &'a str {
        self.lines[number]
    }

    /// A line in lower case.
    pub fn lower(&self, number: usize) -> &str {
        &self.lower[number]
    }

    /// Whether a line continues the one before: it is indented, numbered, or begins with "Caused by".
    pub fn continues(&self, number: usize) -> bool {
        let line = self.lower(number);
        line.starts_with([' ', '\t']) || line.starts_with("caused by") || line.starts_with('}') || is_numbered(line)
    }

    /// The numbers of the lines before one, the nearest first, up to so many.
    pub fn before(&self, number: usize, most: usize) -> impl Iterator<Item = usize> + use<'a> {
        (number.saturating_sub(most)..number).rev()
    }

    /// The numbers of the lines after one, the nearest first, up to so many.
    pub fn after(&self, number: usize, most: usize) -> impl Iterator<Item = usize> + use<'a> {
        number + 1..self.len().min(number + 1 + most)
    }

    /// The lines above one that say what was tried: those that the line continues, the lines of code in a stack that
    /// ends with the line, and the command that a shell printed before it ran the command.
    pub fn code_above(&self, number: usize) -> impl Iterator<Item = usize> {
        let is_continued = self.continues(number);
        self.before(number, 4).filter(move |above| {
            let line = self.lower(*above);
            let is_code = line.starts_with([' ', '\t']) && !line.trim_start().starts_with("file \"");
            let is_command = line.starts_with("+ ") && number - above == 1;
            is_continued || is_code || is_command
        })
    }

    /// How much a line tells.
    pub fn weight(&self, number: usize) -> Weight {
        const LIGHT: &[&str] = &[
            "level=info",
            "level=debug",
            "level=warn",
            "\"level\":\"info\"",
            "\"level\":\"debug\"",
            "\"level\":\"warn",
            "[info]",
            "[ info]",
            "[debug]",
            "[notice]",
            "[warn]",
            "[ warn]",
            "[warning]",
            " info ",
            " debug ",
            " warn ",
            " warning ",
            "warning: ",
            "\tinfo\t",
            "\twarn\t",
        ];
        let line = self.lower(number);
        // `I1130 11:57:54.871204       1 main.go:92]`, as klog writes it.
        let is_klog = |line: &str| {
            let mut chars = line.chars();
            matches!(chars.next(), Some('i' | 'w')) && chars.by_ref().take(4).all(|c| c.is_ascii_digit()) && {
                chars.next() == Some(' ')
            }
        };
        if is_klog(line) || LIGHT.iter().any(|word| line.contains(word)) { Weight::Light } else { Weight::Heavy }
    }

    /// A line as it is quoted.
    pub fn quoted(&self, number: usize) -> String {
        let line = self.get(number).trim();
        // What ends with a colon says the error in the next line.
        let next = self.after(number, 2).map(|after| self.get(after).trim()).find(|line| !line.is_empty());
        if let Some(next) = next.filter(|_| line.ends_with(':') && !line.to_ascii_lowercase().starts_with("caused by"))
        {
            return format!("{line} {next}");
        }
        // "Caused by:" says nothing without the line that it explains.
        let told = self.before(number, 4).map(|before| self.get(before)).find(|line| {
            !line.starts_with([' ', '\t']) && {
                let line = line.trim();
                !line.is_empty() && !line.to_ascii_lowercase().starts_with("caused by")
            }
        });
        match told.filter(|_| self.continues(number) && !self.lower(number).contains('/')) {
            Some(told) => format!("{} {line}", told.trim()),
            None => line.to_owned(),
        }
    }
}

/// Whether a line is one of a list of causes: `2: failed to lookup address information`.
fn is_numbered(line: &str) -> bool {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    (1..=2).contains(&digits) && line[digits..].starts_with(": ")
}

fn cut(line: &str) -> &str {
    let mut end = line.len().min(MAX_LINE_BYTES);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    &line[..end]
}
