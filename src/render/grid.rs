//! Rows of columns. All but the last column are as wide as their cells; the last one wraps into the width that is left.

use std::io::{self, Write};

use owo_colors::{OwoColorize, Style};
use unicode_width::UnicodeWidthStr;

use crate::render::text::wrap;

/// Columns between two cells.
const GAP: usize = 2;
/// With fewer columns left for it, the last cell stands on the lines below its row.
const MIN_LAST: usize = 24;
/// Columns by which a last cell below its row is indented.
const INDENT: usize = 4;

/// One row: short cells, and a sentence.
#[derive(Debug, Default)]
pub struct Row {
    /// Cells that stay in one piece, each with its style.
    pub cells: Vec<(String, Style)>,
    /// The last cell.
    pub last: String,
}

/// Writes the rows below a header. A last cell has at most `max_lines` lines, if a number is given.
pub fn write(
    out: &mut dyn Write,
    header: &[&str],
    rows: &[Row],
    width: Option<usize>,
    max_lines: Option<usize>,
) -> io::Result<()> {
    let (title, columns) = header.split_last().unwrap_or((&"", &[]));
    let widest = |column: usize| rows.iter().map(|row| row.cells.get(column).map_or(0, |(text, _)| text.width())).max();
    let widths: Vec<usize> =
        columns.iter().enumerate().map(|(at, name)| name.width().max(widest(at).unwrap_or(0))).collect();
    let used: usize = widths.iter().map(|width| width + GAP).sum();
    let left = width.map_or(usize::MAX, |width| width.saturating_sub(used));
    let is_beside = left >= MIN_LAST;
    let plain = |name: &&str| ((*name).to_owned(), Style::new());
    let head: Vec<(String, Style)> = columns.iter().map(plain).collect();
    cells(out, &head, &widths, is_beside.then_some(*title), width)?;
    for row in rows {
        let room = if is_beside { left } else { width.unwrap_or(usize::MAX).saturating_sub(INDENT) };
        let mut lines = if row.last.is_empty() { Vec::new() } else { wrap(&row.last, room) };
        if let Some(most) = max_lines {
            shorten(&mut lines, most, room);
        }
        let mut lines = lines.into_iter();
        let first = if is_beside { lines.next() } else { None };
        cells(out, &row.cells, &widths, first.as_deref(), width)?;
        let indent = if is_beside { used } else { INDENT };
        for line in lines {
            writeln!(out, "{:indent$}{line}", "")?;
        }
    }
    Ok(())
}

/// Writes the short cells in their columns, then the last one. Where they are wider than the terminal, they wrap.
fn cells(
    out: &mut dyn Write,
    cells: &[(String, Style)],
    widths: &[usize],
    last: Option<&str>,
    width: Option<usize>,
) -> io::Result<()> {
    let is_last = |at: usize| at + 1 == cells.len() && last.is_none();
    let needed: usize = widths.iter().map(|width| width + GAP).sum::<usize>().saturating_sub(GAP);
    if width.is_some_and(|width| needed > width) {
        let all: Vec<&str> = cells.iter().map(|(text, _)| text.as_str()).collect();
        for line in wrap(&all.join(" "), width.unwrap_or_default()) {
            writeln!(out, "{line}")?;
        }
        return Ok(());
    }
    for (at, ((text, style), width)) in cells.iter().zip(widths).enumerate() {
        let gap = if is_last(at) { 0 } else { width.saturating_sub(text.width()) + GAP };
        write!(out, "{}{:gap$}", text.style(*style), "")?;
    }
    writeln!(out, "{}", last.unwrap_or_default())
}

/// Leaves at most so many lines, and says with an ellipsis that there were more.
fn shorten(lines: &mut Vec<String>, most: usize, width: usize) {
    if lines.len() <= most {
        return;
    }
    lines.truncate(most);
    if let Some(last) = lines.last_mut() {
        while last.width() + 4 > width
            && let Some(at) = last.rfind(' ')
        {
            last.truncate(at);
        }
        last.push_str(" ...");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(width: Option<usize>, max_lines: Option<usize>) -> String {
        let row = |name: &str, last: &str| Row {
            cells: vec![("ns".to_owned(), Style::new()), (name.to_owned(), Style::new())],
            last: last.to_owned(),
        };
        let rows = [row("agent", "one two three four five six seven eight nine ten"), row("b", "")];
        let mut out = Vec::new();
        write(&mut out, &["IN", "NAME", "CAUSE"], &rows, width, max_lines).expect("memory can be written");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn the_last_column_wraps_into_what_is_left() {
        let expected =
            "IN  NAME   CAUSE\nns  agent  one two three four five six\n           seven eight nine ten\nns  b\n";
        assert_eq!(shown(Some(40), None), expected);
        assert!(shown(Some(40), Some(1)).contains("one two three four five ...\n"));
        assert_eq!(shown(None, None).lines().count(), 3);
    }

    #[test]
    fn where_little_is_left_the_last_column_stands_below() {
        let expected =
            "IN  NAME\nns  agent\n    one two three\n    four five six\n    seven eight\n    nine ten\nns  b\n";
        assert_eq!(shown(Some(18), None), expected);
    }
}
