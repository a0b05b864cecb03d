//! Paths in the lines of a log.

/// A path and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found<'a> {
    /// The path.
    pub path: &'a str,
    /// Its first byte in the line.
    pub start: usize,
    /// The byte after it.
    pub end: usize,
}

/// Endings of files with code, whose names in a log say where the program is and not what it misses.
const CODE: &[&str] =
    &[".go", ".py", ".js", ".ts", ".mjs", ".cjs", ".rb", ".rs", ".java", ".c", ".cc", ".cpp", ".h", ".ex", ".php"];

/// Returns the absolute paths of a line in their order, without those of code and of URLs.
pub fn paths(line: &str) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = line[from..].find('/').map(|at| from + at) {
        let (path, end) = whole(line, at);
        from = end.max(at + 1);
        let before = &line[..at];
        let is_socket = before.ends_with("unix:") || before.ends_with("unix://");
        let begins = before.is_empty()
            || before.ends_with(|c: char| c.is_whitespace() || "\"'`‘“=([{<,>|".contains(c))
            || before.ends_with(": ")
            || before.ends_with(':') && !line[at..].starts_with("//")
            || is_socket;
        // `unix:///run/x.sock`
        let path = if is_socket { path.trim_start_matches("//") } else { path };
        let is_url = line[at..].starts_with("//") && !is_socket;
        if begins && !is_url && path.len() > 1 && !is_code(path, &line[end..]) && !is_frame(before) {
            found.push(Found { path, start: at, end });
        }
    }
    found
}

/// The path that begins at a byte, and where it ends.
fn whole(line: &str, start: usize) -> (&str, usize) {
    let rest = &line[start..];
    let quote = line[..start].chars().next_back().filter(|c| matches!(c, '"' | '\'' | '`'));
    let ends = |(at, c): (usize, char)| {
        if let Some(quote) = quote {
            // `\"` ends what stands in an escaped quotation.
            return (c == quote || c == '\\').then_some(at);
        }
        let next = rest[at + c.len_utf8()..].chars().next();
        let closes = c.is_whitespace() || "\"'`’”,;()[]{}<>|\\".contains(c);
        let colon = c == ':' && next.is_none_or(|next| !next.is_alphabetic() && next != '/');
        (closes || colon).then_some(at)
    };
    let length = rest.char_indices().find_map(ends).unwrap_or(rest.len());
    let path = rest[..length].trim_end_matches(['.', ':', '!', '?']);
    (path, start + path.len().max(1))
}

/// Whether a path is that of a program's own code: by its ending, or by the number of a line after it.
fn is_code(path: &str, after: &str) -> bool {
    let has_line = after.starts_with(':') && after[1..].starts_with(|c: char| c.is_ascii_digit());
    let is_code = CODE.iter().any(|ending| path.ends_with(ending));
    is_code && (has_line || after.starts_with("\", line") || after.starts_with(' ') || after.is_empty())
}

/// Whether what stands before a path is the beginning of a frame in Python's or Node.js' stack.
fn is_frame(before: &str) -> bool {
    before.trim_start() == "File \"" || before.trim_start().starts_with("at ")
}

/// Returns the path that an error at a byte of a line is about: the nearest before it, else the first after it.
pub fn nearest(line: &str, at: usize) -> Option<&str> {
    let all = paths(line);
    let before = all.iter().rev().find(|found| found.end <= at && !is_place(line, found));
    before.or_else(|| all.iter().find(|found| found.start >= at)).map(|found| found.path)
}

/// Whether a path is followed by the number of a line, and so names where something happened.
fn is_place(line: &str, found: &Found<'_>) -> bool {
    let after = line[found.end..].strip_prefix(':').unwrap_or_default();
    after.starts_with(|c: char| c.is_ascii_digit())
}
