//! The progress of a rollout for a pipe, line by line.

use crate::deploy::rollout::{ProgressUpdate, RolloutStatus};
use crate::render::deploy::words::{NAMED, names, why};
use crate::render::text::cut_middle;
use crate::text::escape::escape;

/// How a rollout is, in one line.
pub fn line(look: &RolloutStatus) -> String {
    if !look.observed {
        return "waiting for the controller to see the change".to_owned();
    }
    let status = &look.status;
    if look.nodes_unseen && look.on_delete {
        return format!("{} of {} updated; nodes unknown (not allowed to list nodes)", status.updated, status.desired);
    }
    let (updated, available, desired) = look.counts();
    let mut line = format!("{updated} of {desired} updated, {available} available");
    for (counted, nodes) in look.by_hold() {
        line.push_str(&format!("; {} ({})", escape(&counted), names(&nodes)));
    }
    line
}

/// For a pipe: a line that counts, and one for each node that waiting does not help.
pub fn piped(news: &ProgressUpdate<'_>) -> Vec<String> {
    let mut lines = vec![line(news.look)];
    for (node, hold) in news.look.held(news.excused).filter(|(_, hold)| hold.is_terminal()).take(NAMED) {
        lines.push(format!("  {}: {}", escape(node), escape(&cut_middle(&why(node, &hold, news.reasons), 400))));
    }
    lines
}
