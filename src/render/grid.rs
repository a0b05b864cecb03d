//! Tables, laid out by `comfy_table`. The cells of a row stay whole, and so does every word of the sentence in the last
//! column: that one breaks between words, and where little is left beside the cells, it stands below them.

use std::io::{self, Write};

use comfy_table::{Table, TableStyle};
use owo_colors::{OwoColorize, Style};
use unicode_width::UnicodeWidthStr;

use crate::render::text::wrap;

/// Columns between two cells.
const GAP: u16 = 2;
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

/// Where the sentences of a table stand.
#[derive(Clone, Copy)]
enum Place {
    /// In a column of so many columns of the terminal.
    Column(usize),
    /// Below their rows, in lines of so many columns.
    Below(usize),
    /// Behind their rows, in one piece: a pipe has no width.
    Behind,
}

/// Writes the rows below a header, if there is one. A last cell has at most `max_lines` lines, if a number is given.
pub fn write(
    out: &mut dyn Write,
    header: &[&str],
    rows: &[Row],
    width: Option<usize>,
    max_lines: Option<usize>,
) -> io::Result<()> {
    let (title, names) = header.split_last().unwrap_or((&"", &[]));
    let heads =
        Row { cells: names.iter().map(|name| ((*name).to_owned(), Style::new())).collect(), last: (*title).to_owned() };
    let all: Vec<&Row> = (!header.is_empty()).then_some(&heads).into_iter().chain(rows).collect();
    let widths = table(all.iter().map(|row| (*row, None))).column_max_content_widths();
    let used: usize = widths.iter().map(|width| usize::from(width + GAP)).sum();
    let place = match width {
        None => Place::Behind,
        Some(width) if width >= used + MIN_LAST => Place::Column(width - used),
        Some(width) => Place::Below(width.saturating_sub(INDENT)),
    };
    let sentence = |row: &Row| match place {
        Place::Behind => vec![row.last.clone()],
        Place::Column(room) | Place::Below(room) => shortened(wrap(&row.last, room), max_lines, room),
    };
    let sentences: Vec<Vec<String>> = all.iter().map(|row| sentence(row)).collect();
    let in_column = |lines: &Vec<String>| matches!(place, Place::Column(_)).then(|| lines.join("\n"));
    let mut lines = table(all.iter().zip(&sentences).map(|(row, lines)| (*row, in_column(lines))))
        .lines()
        .collect::<Vec<_>>()
        .into_iter();
    for (at, (row, sentence)) in all.iter().zip(&sentences).enumerate() {
        let height = if matches!(place, Place::Column(_)) { sentence.len().max(1) } else { 1 };
        let first = lines.next().unwrap_or_default();
        let is_head = at == 0 && !header.is_empty();
        match (place, width) {
            // Not even the cells fit beside each other.
            (Place::Below(_), Some(width)) if first.trim_end().width() > width => {
                let cells: Vec<&str> = row.cells.iter().map(|(text, _)| text.as_str()).collect();
                for line in wrap(&cells.join(" "), width) {
                    writeln!(out, "{line}")?;
                }
            }
            (Place::Behind, _) => {
                writeln!(out, "{}", format!("{}{}", painted(&first, row, &widths), row.last).trim_end())?
            }
            _ => writeln!(out, "{}", painted(first.trim_end(), row, &widths))?,
        }
        for line in lines.by_ref().take(height - 1) {
            writeln!(out, "{}", line.trim_end())?;
        }
        if matches!(place, Place::Below(_)) && !is_head && !row.last.is_empty() {
            for line in sentence {
                writeln!(out, "{:INDENT$}{line}", "")?;
            }
        }
    }
    Ok(())
}

/// Lays out rows without lines between them, with a sentence in the last column where one is given.
fn table<'a>(rows: impl Iterator<Item = (&'a Row, Option<String>)>) -> Table {
    let mut table = Table::new();
    // The default arrangement breaks nothing: lines end where the caller ended them.
    table.load_style(TableStyle::new());
    for (row, sentence) in rows {
        table.add_row(row.cells.iter().map(|(text, _)| text.clone()).chain(sentence));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, GAP));
    }
    table
}

/// Returns a line of the table with the style of each cell.
fn painted(line: &str, row: &Row, widths: &[u16]) -> String {
    let mut rest = line;
    let mut out = String::new();
    for ((text, style), width) in row.cells.iter().zip(widths) {
        let Some(after) = rest.strip_prefix(text.as_str()) else { break };
        let pad = usize::from(width + GAP).saturating_sub(text.width()).min(after.len());
        let (blanks, behind) = after.split_at_checked(pad).unwrap_or((after, ""));
        out.push_str(&format!("{}{blanks}", text.style(*style)));
        rest = behind;
    }
    out + rest
}

/// Returns at most so many lines, and says with an ellipsis that there were more.
fn shortened(mut lines: Vec<String>, most: Option<usize>, width: usize) -> Vec<String> {
    let Some(most) = most.filter(|most| lines.len() > *most) else { return lines };
    lines.truncate(most);
    if let Some(last) = lines.last_mut() {
        while last.width() + 4 > width
            && let Some(at) = last.rfind(' ')
        {
            last.truncate(at);
        }
        last.push_str(" ...");
    }
    lines
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
