//! The progress of a rollout on a terminal: a table that is redrawn.

use crate::deploy::rollout::{BlockReason, ProgressUpdate};
use crate::render::deploy::words::{escape_owned, shorten, why};
use crate::render::text::clip;
use crate::text::count;
use crate::text::escape::escape;

/// Returns the lines of the table: the counts, then the nodes that are not simply waiting for their replacement, blocked
/// nodes first. The table fits the terminal's width and height, because lines that scrolled away cannot be redrawn.
pub fn live(news: &ProgressUpdate<'_>, width: usize, height: usize) -> Vec<String> {
    let look = news.look;
    let status = &look.status;
    let mut counts = match look.observed {
        true => format!("{} of {} updated, {} available", status.updated, status.desired, status.available),
        false => "waiting for the controller to see the change".to_owned(),
    };
    counts.push_str(&format!(" after {}s", news.lasts.as_secs()));
    for (counted, _) in look.by_hold().into_iter().filter(|_| look.observed) {
        counts.push_str(&format!(", {}", escape(&counted)));
    }
    let mut nodes: Vec<(&String, &BlockReason)> =
        look.waiting.iter().filter(|(_, hold)| **hold != BlockReason::Old).collect();
    nodes.sort_by_key(|(node, hold)| (!hold.is_terminal(), *node));
    let rows = height.saturating_sub(4).clamp(1, 24);
    let widest = nodes.iter().take(rows).map(|(node, _)| node.chars().count()).max().unwrap_or(0).clamp(4, 32);
    let mut lines = vec![counts];
    for (node, hold) in nodes.iter().take(rows) {
        let why = escape_owned(&why(node, hold, news.reasons));
        let excused = if news.excused.contains(*node) { " (not waited for)" } else { "" };
        lines.push(format!("  {:<widest$}  {why}{excused}", shorten(node, widest)));
    }
    if nodes.len() > rows {
        lines.push(format!("  and {}", count(nodes.len() - rows, "more node")));
    }
    // All of them for the same nodes' sake.
    if let Some((_, held)) = look.held(news.excused).find(|(_, hold)| matches!(**hold, BlockReason::Blocked(..))) {
        lines.push(format!("  {}", escape(&held.sentence())));
    }
    lines.into_iter().map(|line| clip(&line, width.saturating_sub(1))).collect()
}
