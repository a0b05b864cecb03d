//! The progress of a rollout for a pipe, line by line.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::deploy::rollout::{Cause, ProgressUpdate, RolloutStatus};
use crate::findings::Code;
use crate::render::deploy::words::{names, why};
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

/// For how long a pipe gets no line at most: CI systems stop jobs that say nothing.
const HEARTBEAT: Duration = Duration::from_secs(30);
/// Into how many steps the progress of a large DaemonSet is divided, each of which is a line.
const STEPS: i64 = 10;
/// Up to how many nodes every change is a line.
const SMALL: i64 = 24;
/// Maximum number of causes with a line of their own.
const MAX_CAUSES: usize = 12;
/// Maximum length of the line of a cause, in characters.
const MAX_CAUSE: usize = 400;

/// A cause that has no line yet: what tells it from others, its sentence, and its nodes.
type NewCause = ((String, Option<Code>), String, Vec<String>);

/// The progress of a rollout in a pipe: what was written already.
#[derive(Default)]
pub struct Piped {
    line: String,
    at: Option<Duration>,
    steps: (i64, i64),
    causes: BTreeSet<(String, Option<Code>)>,
}

impl Piped {
    /// Returns the lines for a look: the counts if they changed, for a large DaemonSet by steps, and at the latest after 30
    /// seconds; each cause that waiting does not help once, with its nodes.
    pub fn lines(&mut self, news: &ProgressUpdate<'_>) -> Vec<String> {
        let line = line(news.look);
        let causes = self.new_causes(news);
        let (updated, available, desired) = news.look.counts();
        let step = |number: i64| if desired > SMALL { number * STEPS / desired } else { number };
        let steps = (step(updated), step(available));
        let is_due = self.at.is_none_or(|at| news.lasts.saturating_sub(at) >= HEARTBEAT);
        let moves = desired <= SMALL || steps != self.steps || news.look.waiting.is_empty();
        if !is_due && causes.is_empty() && !(line != self.line && moves) {
            return Vec::new();
        }
        let unreachable = if news.out_of_reach.is_some() { " (as seen last)" } else { "" };
        let lines = [format!("{line}{unreachable}")].into_iter().chain(causes).collect();
        (self.line, self.at, self.steps) = (line, Some(news.lasts), steps);
        lines
    }

    fn new_causes(&mut self, news: &ProgressUpdate<'_>) -> Vec<String> {
        let mut new: Vec<NewCause> = Vec::new();
        for (node, hold) in news.look.held(news.excused).filter(|(_, hold)| hold.is_terminal()) {
            let found = Cause::of_node(news.reasons, node).filter(|_| hold.needs_diagnosis());
            let key = (hold.word().to_owned(), found.map(|cause| cause.code));
            if self.causes.contains(&key) {
                continue;
            }
            match new.iter_mut().find(|(known, ..)| *known == key) {
                Some((.., nodes)) => nodes.push(node.to_owned()),
                None => new.push((key, why(node, &hold, news.reasons), vec![node.to_owned()])),
            }
        }
        let room = MAX_CAUSES.saturating_sub(self.causes.len());
        let lines = new.iter().take(room).map(|(_, why, nodes)| {
            let who = match nodes.len() {
                1 => names(nodes),
                number => format!("{number} on {}", names(nodes)),
            };
            format!("  {who}: {}", escape(&cut_middle(why, MAX_CAUSE)))
        });
        let lines = lines.collect();
        self.causes.extend(new.into_iter().map(|(key, ..)| key));
        lines
    }
}
