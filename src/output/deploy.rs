//! Plans, predictions and rollouts for people.

use std::io::{Result, Write};

use serde_json::Value as Json;

use super::escape::escape;
use super::text::clip;
use crate::deploy::difference::Change;
use crate::deploy::plan::{Action, Plan};
use crate::deploy::prediction::{Deadlock, Prediction, Rollout};
use crate::deploy::rollout::{Cause, End, Hold, Look, News, Outcome};

/// How many nodes are named before they are only counted.
const NAMED: usize = 6;
/// How many characters of a value are shown.
const SHOWN: usize = 60;

/// What becomes of every object; with `changes_only` those that stay as they are, are left out.
pub fn plan(out: &mut dyn Write, plan: &Plan, changes_only: bool) -> Result<()> {
    for step in &plan.steps {
        let id = escape_owned(&step.id.to_string());
        match &step.action {
            Action::Create => writeln!(out, "+ {id}")?,
            Action::Nothing if changes_only => {}
            Action::Nothing => writeln!(out, "  {id}: unchanged")?,
            Action::Change(changes) => {
                writeln!(out, "~ {id}")?;
                fields(out, changes)?;
            }
            Action::Adopt(changes) => {
                let others = match step.others.is_empty() {
                    true => String::new(),
                    false => format!(", set by {} so far", escape(&step.others.join(", "))),
                };
                writeln!(out, "~ {id} (adopted: it was not deployed with this tool{others})")?;
                fields(out, changes)?;
            }
            Action::Prune { .. } => writeln!(out, "- {id} (no longer wanted; deleted after the rollout)")?,
            Action::Keep { revision } => {
                writeln!(out, "  {id}: no longer wanted, kept while revision {revision} refers to it")?;
            }
        }
        if let Some(tool) = step.keeper {
            writeln!(out, "    {tool} keeps this object, and will undo what is changed here")?;
        }
    }
    Ok(())
}

fn fields(out: &mut dyn Write, changes: &[Change]) -> Result<()> {
    for change in changes {
        let path = escape(&change.path);
        match (&change.before, &change.after) {
            (Some(before), Some(after)) => writeln!(out, "    {path}: {} -> {}", value(before), value(after))?,
            (None, Some(after)) => writeln!(out, "    {path}: + {}", value(after))?,
            (Some(before), None) => writeln!(out, "    {path}: - {}", value(before))?,
            (None, None) => {}
        }
    }
    Ok(())
}

fn value(value: &Json) -> String {
    let text = match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    shorten(&text, SHOWN)
}

fn shorten(text: &str, most: usize) -> String {
    let text = escape(text);
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.into_owned(),
    }
}

fn escape_owned(text: &str) -> String {
    escape(text).into_owned()
}

fn names<T: AsRef<str>>(all: &[T]) -> String {
    let first = all.iter().take(NAMED).map(|n| escape_owned(n.as_ref())).collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} +{more}"),
    }
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// What becomes of the nodes.
pub fn prediction(out: &mut dyn Write, prediction: &Prediction) -> Result<()> {
    if prediction.nodes_unseen {
        writeln!(out, "nodes: what becomes of them is not known")?;
        for assumption in &prediction.assumptions {
            writeln!(out, "  assumed: {}", escape(assumption))?;
        }
        return Ok(());
    }
    let placed = prediction.count("placed");
    let all = prediction.nodes.len();
    writeln!(out, "nodes: {all}, of which {} want a pod and {placed} surely get one", prediction.desired)?;
    for group in &prediction.groups {
        let why = if group.why.is_empty() { String::new() } else { format!(": {}", shorten(&group.why, 160)) };
        writeln!(out, "  {} {}{why} ({})", group.nodes.len(), group.placement, names(&group.nodes))?;
    }
    for (node, victims) in prediction.victims.iter().take(NAMED) {
        writeln!(out, "  evicted on {}: {}", escape(node), names(victims))?;
    }
    if let Some(more) = prediction.victims.len().checked_sub(NAMED).filter(|m| *m > 0) {
        writeln!(out, "  and pods on {} more", count(more, "node"))?;
    }
    if let Some((admits, of)) = prediction.quota {
        writeln!(out, "  a quota admits {admits} of {of} pods")?;
    }
    if let Some(level) = prediction.pod_security {
        writeln!(out, "  the namespace would have to enforce Pod Security level {level}: it is not changed here")?;
    }
    rollout(out, &prediction.rollout)?;
    for assumption in &prediction.assumptions {
        writeln!(out, "  assumed: {}", escape(assumption))?;
    }
    Ok(())
}

fn rollout(out: &mut dyn Write, rollout: &Rollout) -> Result<()> {
    match rollout {
        Rollout::Nothing => writeln!(out, "rollout: no pod is replaced"),
        Rollout::Create { pods } => writeln!(out, "rollout: {} made at once", count(*pods, "pod")),
        Rollout::OnDelete { old } => {
            writeln!(out, "rollout: OnDelete: {} until somebody deletes them", stay(*old))
        }
        Rollout::Rolling { old, at_once, surge, rounds, unavailable, deadlock } => {
            let how = if *surge { "new ones first" } else { "old ones first" };
            let (old, rounds) = (count(*old, "pod"), count(*rounds, "round"));
            writeln!(out, "rollout: {old} replaced, {at_once} at a time, {how}, in {rounds} or more")?;
            if !unavailable.is_empty() {
                writeln!(out, "  without an available pod now, which uses up the bound: {}", names(unavailable))?;
            }
            match deadlock {
                Some(Deadlock::SurgePort(port)) => {
                    writeln!(
                        out,
                        "  cannot end: old and new pods both want host port {port}; use max_unavailable instead"
                    )
                }
                Some(Deadlock::Bound { nodes, allowed }) => writeln!(
                    out,
                    "  cannot end: {} will have no pod, and only {allowed} may be without",
                    count(*nodes, "node")
                ),
                None => Ok(()),
            }
        }
    }
}

fn stay(old: usize) -> String {
    if old == 1 { "1 pod stays old".to_owned() } else { format!("{old} pods stay old") }
}

/// How a rollout is, in one line.
pub fn line(look: &Look) -> String {
    if !look.observed {
        return "waiting for the controller to see the change".to_owned();
    }
    let status = &look.status;
    if look.nodes_unseen && look.on_delete {
        return format!("{} of {} updated; nodes may not be listed", status.updated, status.desired);
    }
    let mut line = format!("{} of {} updated, {} available", status.updated, status.desired, status.available);
    for (word, nodes) in look.by_hold() {
        line.push_str(&format!("; {} {} ({})", nodes.len(), plural(word, nodes.len()), names(&nodes)));
    }
    line
}

/// `old pod` or `old pods`.
fn plural(word: &str, number: usize) -> String {
    let word = escape(word);
    if number == 1 { word.into_owned() } else { word.replace("old pod", "old pods") }
}

/// Shows how a rollout goes: a line for each change, or a table that is drawn anew on a terminal.
pub struct Progress {
    terminal: bool,
    last: String,
    drawn: usize,
    told_grace: bool,
    told: usize,
}

impl Progress {
    /// For a terminal, or for a pipe.
    pub fn new(terminal: bool) -> Self {
        Progress { terminal, last: String::new(), drawn: 0, told_grace: false, told: 0 }
    }

    /// Shows a look. `grace` is told once a cause is seen that waiting does not mend.
    pub fn show(&mut self, out: &mut dyn Write, news: &News<'_>, grace: u64) -> Result<()> {
        let mut lines = Vec::new();
        if self.terminal {
            let (width, height) = terminal_size::terminal_size().map_or((80, 24), |(w, h)| (w.0.into(), h.0.into()));
            lines = live(news, width, height);
        } else {
            lines.push(line(news.look));
            for (node, hold) in news.look.waiting.iter().filter(|(_, h)| h.is_hopeless()).take(NAMED) {
                lines.push(format!("  {}: {}", escape(node), shorten(&why(node, hold, news.reasons), 400)));
            }
        }
        let text = lines.join("\n");
        if text == self.last {
            return Ok(());
        }
        if self.terminal && self.drawn > 0 {
            write!(out, "\x1b[{}A\x1b[J", self.drawn)?;
        }
        writeln!(out, "{text}")?;
        self.drawn = lines.len();
        let moved = news.joined.len() + news.left.len();
        if moved > self.told {
            self.told = moved;
            self.drawn = 0;
            for (what, nodes) in [("joined, not waited for", news.joined), ("left", news.left)] {
                if !nodes.is_empty() {
                    writeln!(out, "{what}: {}", names(&nodes.iter().collect::<Vec<_>>()))?;
                }
            }
        }
        if news.hopeless_for.is_some() && !self.told_grace {
            self.told_grace = true;
            self.drawn = 0;
            writeln!(out, "waiting does not mend this: given up if it lasts {grace} s")?;
        }
        self.last = text;
        out.flush()
    }
}

/// The table that is drawn anew on a terminal: a line of counts, then the nodes that are not simply waiting for their
/// turn, those first that waiting does not mend. No line is longer than the terminal is wide, nor are there more than it
/// is high, since what has scrolled away cannot be drawn anew.
fn live(news: &News<'_>, width: usize, height: usize) -> Vec<String> {
    let look = news.look;
    let status = &look.status;
    let mut counts = match look.observed {
        true => format!("{} of {} updated, {} available", status.updated, status.desired, status.available),
        false => "waiting for the controller to see the change".to_owned(),
    };
    for (word, nodes) in look.by_hold().into_iter().filter(|_| look.observed) {
        counts.push_str(&format!(", {} {}", nodes.len(), plural(word, nodes.len())));
    }
    let mut nodes: Vec<(&String, &Hold)> = look.waiting.iter().filter(|(_, hold)| **hold != Hold::Old).collect();
    nodes.sort_by_key(|(node, hold)| (!hold.is_hopeless(), *node));
    let rows = height.saturating_sub(4).clamp(1, 24);
    let widest = nodes.iter().take(rows).map(|(node, _)| node.chars().count()).max().unwrap_or(0).clamp(4, 32);
    let mut lines = vec![counts];
    for (node, hold) in nodes.iter().take(rows) {
        let why = escape_owned(&why(node, hold, news.reasons));
        let excused = if news.excused.contains(*node) { " (not waited for)" } else { "" };
        lines.push(format!("  {:<widest$}  {why}{excused}", shorten(node, widest)));
    }
    if nodes.len() > rows {
        lines.push(format!("  and {} more", count(nodes.len() - rows, "node")));
    }
    lines.into_iter().map(|line| clip(&line, width.saturating_sub(1))).collect()
}

/// How many nodes are told one by one.
const TOLD: usize = 12;

/// The nodes that hold a rollout for a cause that is known, a line each.
pub fn held(out: &mut dyn Write, outcome: &Outcome) -> Result<()> {
    let known = |node: &str, hold: &Hold| {
        let by_doctor = hold.is_the_doctors() && outcome.reasons.iter().any(|c| c.nodes.iter().any(|n| n == node));
        hold.is_hopeless() || by_doctor
    };
    let held: Vec<_> = outcome.look.waiting.iter().filter(|(node, hold)| known(node, hold)).collect();
    for (node, hold) in held.iter().take(TOLD) {
        writeln!(out, "  {}: {}", escape(node), escape(&why(node, hold, &outcome.reasons)))?;
    }
    match held.len().saturating_sub(TOLD) {
        0 => Ok(()),
        more => writeln!(out, "  and {} more", count(more, "node")),
    }
}

/// What holds a node: in the doctor's words where he has some, else in those of the pod.
pub fn why(node: &str, hold: &Hold, reasons: &[Cause]) -> String {
    let concerned = |cause: &&Cause| cause.nodes.iter().any(|n| n == node);
    match reasons.iter().find(concerned).filter(|_| hold.is_the_doctors()) {
        Some(cause) => format!("{} ({})", cause.message, cause.code),
        None => hold.sentence(),
    }
}

/// How a rollout ended, in a line or more.
pub fn end(out: &mut dyn Write, name: &str, outcome: &Outcome) -> Result<()> {
    let status = &outcome.look.status;
    let name = escape(name);
    match &outcome.end {
        End::Done if outcome.look.on_delete => {
            writeln!(out, "daemon set \"{name}\" is applied; its strategy is OnDelete")?;
            let old: Vec<&String> = outcome.look.old.values().collect();
            if !old.is_empty() {
                writeln!(out, "still old until somebody deletes them: {}", names(&old))?;
            }
        }
        End::Done if status.desired == 0 => {
            writeln!(out, "daemon set \"{name}\" is rolled out, and wants no node at all")?;
        }
        End::Done => {
            let (available, desired) = (status.available, status.desired);
            writeln!(
                out,
                "daemon set \"{name}\" successfully rolled out: {available} of {desired} nodes have the new pod"
            )?;
        }
        _ => {}
    }
    let waiting: Vec<&String> = outcome.excused.iter().filter(|n| outcome.look.waiting.contains_key(*n)).collect();
    if !waiting.is_empty() {
        writeln!(out, "not waited for (NotReady before, or new): {}", names(&waiting))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::facts::daemonset::DaemonSetStatus;

    fn text(write: impl FnOnce(&mut dyn Write) -> Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn look(waiting: &[(&str, Hold)]) -> Look {
        let status = DaemonSetStatus { desired: 3, updated: 1, available: 2, ..Default::default() };
        let waiting = waiting.iter().map(|(n, h)| ((*n).to_owned(), h.clone())).collect();
        Look { observed: true, status, waiting, ..Look::default() }
    }

    fn shown(progress: &mut Progress, look: &Look) -> String {
        let none = BTreeSet::new();
        let hopeless_for = look.waiting.values().any(Hold::is_hopeless).then_some(std::time::Duration::ZERO);
        let news = News { look, excused: &none, joined: &none, left: &none, hopeless_for, reasons: &[] };
        text(|out| progress.show(out, &news, 10))
    }

    #[test]
    fn a_pipe_gets_one_line_for_each_change() {
        let mut progress = Progress::new(false);
        let old = look(&[("n1", Hold::Old), ("n2", Hold::Starting)]);
        assert_eq!(shown(&mut progress, &old), "1 of 3 updated, 2 available; 1 old pod (n1); 1 starting (n2)\n");
        assert_eq!(shown(&mut progress, &old), "");
        let image = Hold::Image("c".into(), "ImagePullBackOff".into(), "not \u{1b}[31m found".into());
        assert_eq!(
            shown(&mut progress, &look(&[("n1", image)])),
            "1 of 3 updated, 2 available; 1 ImagePullBackOff (n1)\n  n1: container c: ImagePullBackOff: not \\u{1b}[31m found\n\
             waiting does not mend this: given up if it lasts 10 s\n"
        );
    }

    #[test]
    fn a_live_table_fits_its_terminal() {
        let image = Hold::Image("c".into(), "ImagePullBackOff".into(), "a long \u{1b}[31m story ".repeat(9));
        let waiting = [("n1", Hold::Starting), ("n2", image), ("n3", Hold::Old), ("n4", Hold::NotReady)];
        let (look, none) = (look(&waiting), BTreeSet::new());
        let news = News { look: &look, excused: &none, joined: &none, left: &none, hopeless_for: None, reasons: &[] };
        let lines = live(&news, 60, 24);
        assert!(lines.iter().all(|line| line.chars().count() < 60 && !line.contains('\u{1b}')), "{lines:?}");
        let first: Vec<&str> = lines.iter().map(|line| line.split_at(line.len().min(12)).0).collect();
        assert_eq!(
            first,
            ["1 of 3 updat", "  n2    cont", "  n1    star", "  n4    not "],
            "what waiting does not mend is first"
        );
        assert_eq!(live(&news, 60, 6)[3], "  and 1 node more");
    }

    #[test]
    fn a_terminal_gets_a_table_that_is_drawn_anew() {
        let mut progress = Progress::new(true);
        assert!(!shown(&mut progress, &look(&[("n1", Hold::Starting)])).contains('\x1b'));
        let second = shown(&mut progress, &look(&[("n1", Hold::NotReady)]));
        assert!(second.starts_with("\x1b[2A\x1b[J1 of 3"), "{second:?}");
    }

    #[test]
    fn values_are_bounded_and_escaped() {
        let changes = [
            Change { path: "data.a".into(), before: Some("x\ny".into()), after: Some("z".repeat(100).into()) },
            Change { path: "spec.b".into(), before: None, after: Some(serde_json::json!({"c": 1})) },
        ];
        let text = text(|out| fields(out, &changes));
        assert_eq!(text, format!("    data.a: x\\ny -> {}...\n    spec.b: + {{\"c\":1}}\n", "z".repeat(60)));
    }
}
