//! The progress of a rollout: what is told once, and what changes.

use std::collections::BTreeSet;
use std::io::{Result, Write};
use std::time::Duration;

use crate::deploy::rollout::ProgressUpdate;
use crate::render::deploy::live::live;
use crate::render::deploy::piped::Piped;
use crate::render::deploy::words::names;
use crate::render::text::{cut_middle, write_wrapped};
use crate::text::escape::escape;

/// Shows the progress of a rollout: lines in a pipe, a redrawn table on a terminal.
pub struct Progress {
    grace: Duration,
    all_nodes: bool,
    /// The lines that stand on the screen.
    shown: Vec<String>,
    /// What went into the pipe.
    piped: Piped,
    told: Announced,
}

/// Node events that were already shown.
#[derive(Default)]
struct Announced {
    begun: bool,
    grace: bool,
    holds: bool,
    out_of_reach: bool,
    joined: BTreeSet<String>,
    left: BTreeSet<String>,
    went_down: BTreeSet<String>,
}

impl Progress {
    /// Returns a renderer for a rollout that gives up on blocked nodes after `grace` and, with `all_nodes`, waits for every
    /// node.
    pub fn new(grace: Duration, all_nodes: bool) -> Self {
        Progress { grace, all_nodes, shown: Vec::new(), piped: Piped::default(), told: Announced::default() }
    }

    /// Shows a look: `size` is that of the terminal, columns and lines; nothing for a pipe.
    pub fn show(&mut self, out: &mut dyn Write, news: &ProgressUpdate<'_>, size: Option<(usize, usize)>) -> Result<()> {
        let mut events = self.events(news);
        let Some((width, height)) = size else {
            events.extend(self.piped.lines(news));
            events.iter().try_for_each(|line| writeln!(out, "{line}"))?;
            return out.flush();
        };
        let lines = live(news, width, height);
        if events.is_empty() && lines == self.shown {
            return Ok(());
        }
        if !self.shown.is_empty() {
            write!(out, "\x1b[{}A\x1b[J", self.shown.len())?;
        }
        for event in &events {
            write_wrapped(out, event, width, ("", "  "))?;
        }
        for line in &lines {
            writeln!(out, "{line}")?;
        }
        self.shown = lines;
        out.flush()
    }

    /// Returns the events that are shown once and stay on a terminal.
    fn events(&mut self, news: &ProgressUpdate<'_>) -> Vec<String> {
        let mut events = Vec::new();
        let mut tell = |what: &str, nodes: Vec<&String>| {
            if !nodes.is_empty() {
                events.push(format!("{what}: {}", names(&nodes)));
            }
        };
        let told = &mut self.told;
        if news.out_of_reach.is_none() {
            if !told.begun {
                let before = news.look.waiting.keys().filter(|node| news.excused.contains(*node));
                tell("NotReady before, not waited for", before.collect());
            }
            let waited_for = if self.all_nodes { "joined" } else { "joined, not waited for" };
            tell(waited_for, news.joined.difference(&told.joined).collect());
            tell("left", news.left.difference(&told.left).collect());
            tell("NotReady now", news.went_down.difference(&told.went_down).collect());
            tell(
                "Ready again",
                told.went_down.difference(news.went_down).filter(|n| !news.left.contains(*n)).collect(),
            );
            told.joined.clone_from(news.joined);
            told.left.clone_from(news.left);
            told.went_down.clone_from(news.went_down);
            told.begun = true;
        }
        match news.out_of_reach {
            Some(why) if !told.out_of_reach => {
                events.push(format!("API server unreachable, retrying: {}", escape(&cut_middle(why, 300))))
            }
            None if told.out_of_reach => events.push("API server reachable again".to_owned()),
            _ => {}
        }
        told.out_of_reach = news.out_of_reach.is_some();
        if news.hopeless_for.is_some() && !told.grace {
            told.grace = true;
            events.push(format!(
                "some pods do not recover without a change; the command gives up after {}s",
                self.grace.as_secs()
            ));
        }
        if let Some(lasts) = news.holds.filter(|_| !told.holds) {
            events.push(format!("every pod is available; waiting {}s to see whether they stay so", lasts.as_secs()));
        }
        told.holds = news.holds.is_some();
        events
    }
}
