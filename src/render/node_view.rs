//! The answer about one node: its state once, then what is wrong there by cause, then the DaemonSets that need nothing.

use std::io::{self, Write};

use owo_colors::OwoColorize;

use crate::explain::units::duration;
use crate::render::finding::{is_intended_exclusion, paragraph, short_cause, write_finding_on};
use crate::render::shared_cause::SharedCauses;
use crate::render::text::{names, wrap};
use crate::render::theme::Theme;
use crate::report::{DaemonSetReport, NodeFacts, NodeReport, Severity, State};
use crate::text::count;
use crate::text::escape::escape;

/// So many causes fill a screen; the others are counted.
const MAX_FINDINGS: usize = 12;
/// Columns that a list of DaemonSets may take before it is folded.
const MAX_LIST: usize = 240;

/// Writes the node's state, with its notes.
pub fn write_node(out: &mut dyn Write, theme: &Theme, node: &NodeFacts) -> io::Result<()> {
    let subject = format!("node {}", escape(&node.name));
    for (i, line) in wrap(&format!("{subject}: {}", node.summary), theme.width.saturating_sub(2)).iter().enumerate() {
        match line.strip_prefix(&subject).filter(|_| i == 0) {
            Some(rest) => writeln!(out, "{}{rest}", subject.style(theme.styles.subject))?,
            None if i == 0 => writeln!(out, "{line}")?,
            None => writeln!(out, "  {line}")?,
        }
    }
    for note in &node.notes {
        paragraph(out, theme, note, ("  ", "  "), false)?;
    }
    Ok(())
}

/// Writes the whole answer.
pub fn write(out: &mut dyn Write, theme: &Theme, node: &NodeFacts, reports: &[DaemonSetReport]) -> io::Result<()> {
    write_node(out, theme, node)?;
    let places: Vec<Place<'_>> = reports.iter().map(Place::of).collect();
    let only = places.len() == 1;
    let (busy, quiet): (Vec<&Place<'_>>, Vec<&Place<'_>>) =
        places.iter().partition(|place| only || place.needs_attention());
    for place in &busy {
        let line = format!("{}: {}", place.name(), place.state());
        paragraph(out, theme, &line, ("", "  "), false)?;
        for also in place.undecided() {
            paragraph(out, theme, &also, ("  ", "  "), false)?;
        }
    }
    let causes = causes(&busy, only);
    let causes = causes.worst_first();
    for cause in causes.iter().take(MAX_FINDINGS) {
        writeln!(out)?;
        let of = (!only).then(|| cause.daemon_sets(theme.width.saturating_sub(2)));
        write_finding_on(out, theme, &cause.finding, of.as_deref())?;
    }
    let mut rest = Vec::new();
    if let Some(more) = causes.len().checked_sub(MAX_FINDINGS).filter(|more| *more > 0) {
        rest.push(format!("{}: see -o wide or -o json", count(more, "more cause")));
    }
    let is_excluded = |place: &Place<'_>| place.is_excluded();
    let healthy: Vec<String> = quiet.iter().filter(|p| !is_excluded(p)).map(|p| p.name()).collect();
    if !healthy.is_empty() {
        let state = if quiet.iter().all(|place| place.report.deployed) { "healthy" } else { "nothing to change" };
        rest.push(format!("{state} on this node: {}", names(&healthy, MAX_LIST)));
    }
    let excluded: Vec<String> = quiet.iter().filter(|p| is_excluded(p)).map(|p| p.excluded()).collect();
    if !excluded.is_empty() {
        rest.push(format!("not eligible: {}", names(&excluded, MAX_LIST)));
    }
    if !rest.is_empty() {
        writeln!(out)?;
    }
    for line in rest {
        paragraph(out, theme, &line, ("", "  "), false)?;
    }
    writeln!(out)
}

/// A DaemonSet on the node.
struct Place<'a> {
    report: &'a DaemonSetReport,
    node: Option<&'a NodeReport>,
}

impl<'a> Place<'a> {
    fn of(report: &'a DaemonSetReport) -> Self {
        Place { report, node: report.nodes.first() }
    }

    fn name(&self) -> String {
        format!("{}/{}", escape(&self.report.namespace), escape(&self.report.name))
    }

    /// Whether a person would want to change something, or wait.
    fn needs_attention(&self) -> bool {
        let is_wrong = self.report.findings.iter().any(|finding| finding.severity > Severity::Info);
        let is_fine = |node: &NodeReport| match self.report.deployed {
            true => matches!(node.state, State::None | State::Healthy),
            false => matches!(node.placement, "placed" | "excluded"),
        };
        is_wrong || !self.node.is_some_and(is_fine)
    }

    fn is_excluded(&self) -> bool {
        self.node.is_some_and(|node| node.placement == "excluded")
    }

    /// What runs there, or would: `pending (pod agent-x)`.
    fn state(&self) -> String {
        let Some(node) = self.node else { return "not judged".to_owned() };
        let mut text = match (self.report.deployed, node.placement, node.state) {
            (_, "excluded", State::None) => return "not eligible, no pod".to_owned(),
            (false, "placed", _) => return "would run".to_owned(),
            (false, "unknown", _) => return "unknown whether the pod would run".to_owned(),
            (false, placement, _) => return format!("would be {placement}"),
            (true, _, State::Stranded) => "healthy, but would not be recreated".to_owned(),
            (true, _, State::Misscheduled) => "not eligible; the controller deletes the pod".to_owned(),
            (true, _, State::Missing) => return "no pod, although the node is eligible".to_owned(),
            (true, _, state) => state.as_str().to_owned(),
        };
        if let Some(pod) = &node.pod {
            text.push_str(&format!(" (pod {})", escape(&pod.name)));
        }
        if let Some(starting) = &self.report.starting {
            let (age, grace) = (duration(starting.oldest_seconds), duration(starting.grace_seconds));
            text.push_str(&format!(", for {age} (grace period {grace})"));
        }
        text
    }

    /// The reasons beyond those that decide: what the scheduler or the kubelet would then refuse.
    fn undecided(&self) -> Vec<String> {
        const MAX: usize = 3;
        let Some(node) = self.node.filter(|node| node.state != State::Healthy) else { return Vec::new() };
        let rest: Vec<_> = node.reasons.iter().filter(|reason| reason.finding.is_none()).collect();
        let mut lines: Vec<String> =
            rest.iter().take(MAX).map(|r| format!("also: {} ({})", escape(&r.message), r.code)).collect();
        let more = rest.len().saturating_sub(MAX);
        lines.extend((more > 0).then(|| format!("{} (-o wide)", count(more, "more reason"))));
        lines
    }

    /// The DaemonSet with what leaves the node out.
    fn excluded(&self) -> String {
        let causes: Vec<String> =
            self.report.findings.iter().filter(|f| is_intended_exclusion(f)).map(short_cause).collect();
        match causes.is_empty() {
            true => self.name(),
            false => format!("{} ({})", self.name(), causes.join("; ")),
        }
    }
}

/// Returns the causes, each once for all DaemonSets. What the author chose is shown only where one DaemonSet was asked
/// about.
fn causes(places: &[&Place<'_>], only: bool) -> SharedCauses {
    let mut causes = SharedCauses::default();
    for place in places {
        for finding in place.report.findings.iter().filter(|f| only || !is_intended_exclusion(f)) {
            causes.add(finding, place.name());
        }
    }
    causes
}
