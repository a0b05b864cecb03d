//! The progress of a rollout on a terminal: a table that is redrawn.

use owo_colors::Style;

use crate::deploy::rollout::{BlockReason, ProgressUpdate};
use crate::render::deploy::words::{escape_owned, shorten, why};
use crate::render::grid;
use crate::render::grid::Row;
use crate::render::text::{clip, wrap};
use crate::text::count;
use crate::text::escape::escape;

/// Columns by which what belongs to the counts is indented.
const INDENT: &str = "  ";
/// Most nodes with a row of their own.
const MAX_ROWS: usize = 24;
/// Most characters of a node's name.
const MAX_NAME: usize = 48;
/// Most lines of the reason of one node.
const MAX_REASON_LINES: usize = 2;

/// Returns the lines of the table: the counts, then the nodes that are not simply waiting for their replacement, blocked
/// nodes first. The table fits the terminal's width and height, because lines that scrolled away cannot be redrawn.
pub fn live(news: &ProgressUpdate<'_>, width: usize, height: usize) -> Vec<String> {
    let look = news.look;
    let (updated, available, desired) = look.counts();
    let mut counts = match look.observed {
        true => format!("{updated} of {desired} updated, {available} available"),
        false => "waiting for the controller to see the change".to_owned(),
    };
    counts.push_str(&format!(" after {}s", news.lasts.as_secs()));
    for (counted, _) in look.by_hold().into_iter().filter(|_| look.observed) {
        counts.push_str(&format!(", {}", escape(&counted)));
    }
    let mut nodes: Vec<(&String, &BlockReason)> =
        look.waiting.iter().filter(|(_, hold)| **hold != BlockReason::Old).collect();
    nodes.sort_by_key(|(node, hold)| (!hold.is_terminal(), *node));
    let width = width.saturating_sub(1);
    let mut lines = wrapped(&counts, "", width);
    // All of them for the same nodes' sake.
    let blocked = look.held(news.excused).find(|(_, hold)| matches!(**hold, BlockReason::Blocked(..)));
    let foot = blocked.map(|(_, held)| wrapped(&held.sentence(), INDENT, width)).unwrap_or_default();
    // One line for the nodes that find no place, one for the cursor.
    let room = height.saturating_sub(lines.len() + foot.len() + 2);
    let rows: Vec<Row> = nodes.iter().take(MAX_ROWS).map(|(node, hold)| row(node, hold, news)).collect();
    let (shown, table) = fitting(&rows, width, room);
    lines.extend(table);
    if nodes.len() > shown {
        lines.push(format!("{INDENT}and {}", count(nodes.len() - shown, "more node")));
    }
    lines.extend(foot);
    // A longer word than the terminal is wide would take lines that nobody counts.
    lines.into_iter().map(|line| clip(&line, width)).collect()
}

fn row(node: &str, hold: &BlockReason, news: &ProgressUpdate<'_>) -> Row {
    let why = escape_owned(&why(node, hold, news.reasons));
    let excused = if news.excused.contains(node) { " (not waited for)" } else { "" };
    Row { cells: vec![(shorten(node, MAX_NAME), Style::new())], last: format!("{why}{excused}") }
}

/// Returns as many of the rows as fit into so many lines, at least one, with those lines.
fn fitting(rows: &[Row], width: usize, room: usize) -> (usize, Vec<String>) {
    let lines = |number: usize| {
        let mut text = Vec::new();
        let width = width.saturating_sub(INDENT.len());
        // Memory can be written.
        drop(grid::write(&mut text, &[], &rows[..number], Some(width), Some(MAX_REASON_LINES)));
        let text = String::from_utf8_lossy(&text);
        text.lines().map(|line| format!("{INDENT}{line}")).collect::<Vec<_>>()
    };
    let mut number = rows.len();
    loop {
        let table = lines(number);
        if number <= 1 || table.len() <= room {
            return (number, table);
        }
        number -= 1;
    }
}

fn wrapped(text: &str, indent: &str, width: usize) -> Vec<String> {
    let mut lines = wrap(text, width.saturating_sub(indent.len() + INDENT.len()));
    for (at, line) in lines.iter_mut().enumerate() {
        *line = format!("{indent}{}{line}", if at == 0 { "" } else { INDENT });
    }
    lines
}
