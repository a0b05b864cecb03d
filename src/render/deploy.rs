//! Plans, predictions and rollouts for people.

use std::collections::BTreeSet;
use std::io::{Result, Write};
use std::time::Duration;

use serde_json::Value as Json;

use crate::deploy::difference::Change;
use crate::deploy::plan::{Action, Plan};
use crate::deploy::prediction::{Deadlock, Prediction, RolloutPrediction};
use crate::deploy::rollout::{BlockReason, Cause, End, Outcome, ProgressUpdate, RolloutStatus};
use crate::render::text::clip;
use crate::text::count;
use crate::text::escape::escape;

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
    for source in &plan.local_sources {
        writeln!(out, "  the document reads {} of this machine into the cluster", escape(&source.to_string()))?;
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

fn names<T: ToString>(all: &[T]) -> String {
    let first = all.iter().take(NAMED).map(|n| escape_owned(&n.to_string())).collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} +{more}"),
    }
}

/// What becomes of the nodes.
pub fn prediction(out: &mut dyn Write, prediction: &Prediction) -> Result<()> {
    if prediction.nodes_unseen() {
        writeln!(out, "nodes: what becomes of them is not known")?;
        for unseen in &prediction.unseen {
            writeln!(out, "  assumed: {}", escape(&unseen.to_string()))?;
        }
        return Ok(());
    }
    let placed = prediction.placed();
    let all = prediction.nodes.len();
    writeln!(out, "nodes: {all}, of which {} want a pod and {placed} surely get one", prediction.desired)?;
    for group in &prediction.groups {
        let why = if group.why.is_empty() { String::new() } else { format!(": {}", shorten(&group.why, 160)) };
        writeln!(out, "  {} {}{why} ({})", group.nodes.len(), group.placement.as_str(), names(&group.nodes))?;
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
    match prediction.adopted {
        0 => {}
        1 => writeln!(out, "  1 pod that belongs to nobody is adopted")?,
        pods => writeln!(out, "  {pods} pods that belong to nobody are adopted")?,
    }
    match prediction.counted_as_updated {
        0 => {}
        1 => writeln!(
            out,
            "  1 pod counts as new by its generation, and stays whatever it runs: delete it for a new one"
        )?,
        pods => writeln!(
            out,
            "  {pods} pods count as new by their generation, and stay whatever they run: delete them for new ones"
        )?,
    }
    rollout(out, prediction)?;
    for unseen in &prediction.unseen {
        writeln!(out, "  assumed: {}", escape(&unseen.to_string()))?;
    }
    Ok(())
}

fn rollout(out: &mut dyn Write, prediction: &Prediction) -> Result<()> {
    match &prediction.rollout {
        RolloutPrediction::Nothing => writeln!(out, "rollout: no pod is replaced"),
        RolloutPrediction::Create { pods, removed } => {
            match pods {
                0 if *removed > 0 => writeln!(out, "rollout: no pod is replaced")?,
                pods => writeln!(out, "rollout: {}", created(*pods, prediction))?,
            }
            made_and_removed(out, 0, *removed)
        }
        RolloutPrediction::OnDelete { old, made, removed } => {
            writeln!(out, "rollout: OnDelete: {} until somebody deletes them", stay(*old))?;
            made_and_removed(out, *made, *removed)
        }
        RolloutPrediction::Rolling { old, made, removed, at_once, surge, rounds, unavailable, deadlock } => {
            let how = if *surge { "new ones first" } else { "old ones first" };
            let (old, rounds) = (count(*old, "pod"), count(*rounds, "round"));
            writeln!(out, "rollout: {old} replaced, {at_once} at a time, {how}, in {rounds} or more")?;
            made_and_removed(out, *made, *removed)?;
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
                Some(Deadlock::Bound { lost, silent, allowed }) => {
                    let mut who = Vec::new();
                    if *lost > 0 {
                        who.push(format!("{} will have no pod", count(*lost, "node")));
                    }
                    if !silent.is_empty() {
                        let answer = if silent.len() == 1 { "1 node does" } else { "some nodes do" };
                        who.push(format!("{answer} not answer ({})", names(silent)));
                    }
                    let who = who.join(" and ");
                    writeln!(out, "  cannot end: {who}, and only {allowed} may be without an available one")
                }
                None => Ok(()),
            }
        }
    }
}

/// How many pods are created at once, and how many of these find no place.
fn created(pods: usize, prediction: &Prediction) -> String {
    let (created, waiting) = prediction.created(pods);
    let made = count(created, "pod");
    match waiting {
        _ if created == 0 => "no pod is created".to_owned(),
        0 => format!("{made} created at once"),
        waiting if waiting == created => format!("{made} created at once, and not scheduled"),
        waiting => format!("{made} created at once, {waiting} of them not scheduled"),
    }
}

fn made_and_removed(out: &mut dyn Write, made: usize, removed: usize) -> Result<()> {
    if made > 0 {
        writeln!(out, "  {} created at once where there is none", count(made, "pod"))?;
    }
    if removed > 0 {
        writeln!(out, "  {} taken away where none is wanted any more", count(removed, "pod"))?;
    }
    Ok(())
}

fn stay(old: usize) -> String {
    if old == 1 { "1 pod stays old".to_owned() } else { format!("{old} pods stay old") }
}

/// How a rollout is, in one line.
pub fn line(look: &RolloutStatus) -> String {
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
    grace: Duration,
    all_nodes: bool,
    /// The lines that stand on the screen, or the last that went into the pipe.
    shown: Vec<String>,
    told: Announced,
}

/// What was told of the nodes so far.
#[derive(Default)]
struct Announced {
    begun: bool,
    grace: bool,
    out_of_reach: bool,
    joined: BTreeSet<String>,
    left: BTreeSet<String>,
    went_down: BTreeSet<String>,
}

impl Progress {
    /// For causes that waiting does not mend and that are given up after `grace`; with `all_nodes` none is excused.
    pub fn new(grace: Duration, all_nodes: bool) -> Self {
        Progress { grace, all_nodes, shown: Vec::new(), told: Announced::default() }
    }

    /// Shows a look: `size` is that of the terminal, columns and lines; nothing for a pipe.
    pub fn show(&mut self, out: &mut dyn Write, news: &ProgressUpdate<'_>, size: Option<(usize, usize)>) -> Result<()> {
        let events = self.events(news);
        let lines = match size {
            Some((width, height)) => live(news, width, height),
            None => piped(news),
        };
        if events.is_empty() && lines == self.shown {
            return Ok(());
        }
        if size.is_some() && !self.shown.is_empty() {
            write!(out, "\x1b[{}A\x1b[J", self.shown.len())?;
        }
        for event in &events {
            writeln!(out, "{event}")?;
        }
        if size.is_some() || lines != self.shown {
            for line in &lines {
                writeln!(out, "{line}")?;
            }
        }
        self.shown = lines;
        out.flush()
    }

    /// What is told once, and stays on a terminal.
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
            Some(why) if !told.out_of_reach => events.push(format!("out of reach, asked again: {}", shorten(why, 300))),
            None if told.out_of_reach => events.push("in reach again".to_owned()),
            _ => {}
        }
        told.out_of_reach = news.out_of_reach.is_some();
        if news.hopeless_for.is_some() && !told.grace {
            told.grace = true;
            events.push(format!("waiting does not mend this: given up if it lasts {} s", self.grace.as_secs()));
        }
        events
    }
}

/// For a pipe: a line that counts, and one for each node that waiting does not help.
fn piped(news: &ProgressUpdate<'_>) -> Vec<String> {
    let mut lines = vec![line(news.look)];
    for (node, hold) in news.look.held(news.excused).filter(|(_, hold)| hold.is_terminal()).take(NAMED) {
        lines.push(format!("  {}: {}", escape(node), shorten(&why(node, &hold, news.reasons), 400)));
    }
    lines
}

/// The table that is drawn anew on a terminal: a line of counts, then the nodes that are not simply waiting for their
/// turn, those first that waiting does not mend. No line is longer than the terminal is wide, nor are there more than it
/// is high, since what has scrolled away cannot be drawn anew.
fn live(news: &ProgressUpdate<'_>, width: usize, height: usize) -> Vec<String> {
    let look = news.look;
    let status = &look.status;
    let mut counts = match look.observed {
        true => format!("{} of {} updated, {} available", status.updated, status.desired, status.available),
        false => "waiting for the controller to see the change".to_owned(),
    };
    counts.push_str(&format!(" after {} s", news.lasts.as_secs()));
    for (word, nodes) in look.by_hold().into_iter().filter(|_| look.observed) {
        counts.push_str(&format!(", {} {}", nodes.len(), plural(word, nodes.len())));
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
        lines.push(format!("  and {} more", count(nodes.len() - rows, "node")));
    }
    // All of them for the same nodes' sake.
    if let Some((_, held)) = look.held(news.excused).find(|(_, hold)| matches!(**hold, BlockReason::Blocked(..))) {
        lines.push(format!("  {}", escape(&held.sentence())));
    }
    lines.into_iter().map(|line| clip(&line, width.saturating_sub(1))).collect()
}

/// How many nodes are told one by one.
const TOLD: usize = 12;

/// The nodes that hold a rollout for a cause that is known, a line each.
pub fn held(out: &mut dyn Write, outcome: &Outcome) -> Result<()> {
    let known = |node: &str, hold: &BlockReason| {
        let by_doctor = hold.needs_diagnosis() && outcome.reasons.iter().any(|c| c.nodes.iter().any(|n| n == node));
        hold.is_terminal() || by_doctor
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
pub fn why(node: &str, hold: &BlockReason, reasons: &[Cause]) -> String {
    let concerned = |cause: &&Cause| cause.nodes.iter().any(|n| n == node);
    match reasons.iter().find(concerned).filter(|_| hold.needs_diagnosis()) {
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
    use crate::deploy::rollout::PodTrouble;
    use crate::findings::Code;
    use crate::model::daemonset::DaemonSetStatus;

    fn text(write: impl FnOnce(&mut dyn Write) -> Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn look(waiting: &[(&str, BlockReason)]) -> RolloutStatus {
        let status = DaemonSetStatus { desired: 3, updated: 1, available: 2, ..Default::default() };
        let waiting = waiting.iter().map(|(n, h)| ((*n).to_owned(), h.clone())).collect();
        RolloutStatus { observed: true, status, waiting, ..RolloutStatus::default() }
    }

    const GRACE: Duration = Duration::from_secs(10);

    fn news(look: &RolloutStatus) -> ProgressUpdate<'_> {
        static NONE: BTreeSet<String> = BTreeSet::new();
        let hopeless_for = look.waiting.values().any(BlockReason::is_terminal).then_some(Duration::ZERO);
        ProgressUpdate {
            look,
            out_of_reach: None,
            lasts: Duration::from_secs(7),
            excused: &NONE,
            went_down: &NONE,
            joined: &NONE,
            left: &NONE,
            hopeless_for,
            reasons: &[],
        }
    }

    fn shown(progress: &mut Progress, look: &RolloutStatus, size: Option<(usize, usize)>) -> String {
        text(|out| progress.show(out, &news(look), size))
    }

    fn no_image(message: &str) -> BlockReason {
        let message = format!("container c: ImagePullBackOff: {message}");
        BlockReason::Pod(PodTrouble { code: Code::IMAGE_PULL, word: "ImagePullBackOff".into(), message })
    }

    #[test]
    fn a_pipe_gets_one_line_for_each_change() {
        let mut progress = Progress::new(GRACE, false);
        let old = look(&[("n1", BlockReason::Old), ("n2", BlockReason::Starting)]);
        assert_eq!(shown(&mut progress, &old, None), "1 of 3 updated, 2 available; 1 old pod (n1); 1 starting (n2)\n");
        assert_eq!(shown(&mut progress, &old, None), "");
        assert_eq!(
            shown(&mut progress, &look(&[("n1", no_image("not \u{1b}[31m found"))]), None),
            "waiting does not mend this: given up if it lasts 10 s\n1 of 3 updated, 2 available; 1 ImagePullBackOff (n1)\n  \
             n1: container c: ImagePullBackOff: not \\u{1b}[31m found (DS420)\n"
        );
    }

    #[test]
    fn a_live_table_fits_its_terminal() {
        let long = no_image(&"a long \u{1b}[31m story ".repeat(9));
        let look = look(&[
            ("n1", BlockReason::Starting),
            ("n2", long),
            ("n3", BlockReason::Old),
            ("n4", BlockReason::NotReady),
        ]);
        let lines = live(&news(&look), 60, 24);
        assert!(lines.iter().all(|line| line.chars().count() < 60 && !line.contains('\u{1b}')), "{lines:?}");
        let first: Vec<&str> = lines.iter().map(|line| line.split_at(line.len().min(12)).0).collect();
        assert_eq!(
            first,
            ["1 of 3 updat", "  n2    cont", "  n1    star", "  n4    not "],
            "what waiting does not mend is first"
        );
        assert_eq!(live(&news(&look), 60, 6)[3], "  and 1 node more");
    }

    #[test]
    fn nodes_that_are_held_up_are_told_together() {
        let mut look = look(&[("n1", BlockReason::Old), ("n2", BlockReason::Old), ("n9", BlockReason::Starting)]);
        (look.bound, look.silent) = (Some(1), BTreeSet::from(["n9".to_owned()]));
        let excused = look.silent.clone();
        assert_eq!(
            live(&ProgressUpdate { excused: &excused, ..news(&look) }, 90, 24),
            [
                "1 of 3 updated, 2 available after 7 s, 2 old pods, 1 starting",
                "  n9    starting (not waited for)",
                "  old pod, not replaced: n9 does not answer and uses up the bound of 1"
            ]
        );
    }

    #[test]
    fn a_terminal_gets_a_table_that_is_drawn_anew() {
        let mut progress = Progress::new(GRACE, false);
        let size = Some((80, 24));
        assert!(!shown(&mut progress, &look(&[("n1", BlockReason::Starting)]), size).contains('\x1b'));
        let second = shown(&mut progress, &look(&[("n1", no_image("m"))]), size);
        let drawn = "\x1b[2A\x1b[Jwaiting does not mend this: given up if it lasts 10 s\n1 of 3 updated";
        assert!(second.starts_with(drawn), "{second:?}");
    }

    #[test]
    fn what_happens_to_nodes_is_told_once() {
        let set = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<BTreeSet<String>>();
        let look = look(&[("n1", BlockReason::Starting), ("n9", BlockReason::NoPod)]);
        let mut progress = Progress::new(GRACE, false);
        let excused = set(&["n9"]);
        let first = text(|out| progress.show(out, &ProgressUpdate { excused: &excused, ..news(&look) }, None));
        assert!(first.starts_with("NotReady before, not waited for: n9\n1 of 3"), "{first}");
        let (joined, left, down) = (set(&["n7"]), set(&["n2"]), set(&["n1"]));
        let moved = ProgressUpdate { joined: &joined, left: &left, went_down: &down, ..news(&look) };
        let told = "joined, not waited for: n7\nleft: n2\nNotReady now: n1\n";
        assert_eq!(text(|out| progress.show(out, &moved, None)), told);
        assert_eq!(text(|out| progress.show(out, &moved, None)), "");
        let back = ProgressUpdate { joined: &joined, left: &left, out_of_reach: Some("no answer"), ..news(&look) };
        assert_eq!(text(|out| progress.show(out, &back, None)), "out of reach, asked again: no answer\n");
        let back = ProgressUpdate { out_of_reach: None, ..back };
        assert_eq!(text(|out| progress.show(out, &back, None)), "Ready again: n1\nin reach again\n");
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
