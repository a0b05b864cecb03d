//! The cells of one DaemonSet, packed: what many nodes share is written once, and a run of nodes as one number.
//!
//! A cell refers to its kind: look, placement, state and reasons. Figures and names differ from node to node; a reason keeps
//! them beside its kind, as the words that have a digit in them.

use std::collections::HashMap;

use serde::Serialize;

use crate::report::{DaemonSetReport, NodeReport, Severity, State};
use crate::text::escape::escape;

/// Most cells of a report whose figures and pods are written, so that a cluster in ruins makes no page of 100 MB.
pub const MAX_DETAILED: usize = 30_000;
/// Most sentences of one DaemonSet; nodes beyond show the sentence of their finding.
const MAX_SENTENCES: usize = 1_000;
/// Stands in a sentence for a word that differs from node to node.
const HOLE: &str = "#";

/// How a cell looks: its shape and its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
enum Look {
    /// The node was not asked about.
    Absent = 0,
    /// As it should be.
    Good = 1,
    /// No pod, and none is due.
    Off = 2,
    /// On its way.
    Waiting = 3,
    /// It cannot be known.
    Unknown = 4,
    /// Worth a look.
    Warning = 5,
    /// Broken.
    Failing = 6,
}

impl Look {
    fn of(report: &DaemonSetReport, node: &NodeReport) -> Self {
        let own = match (report.deployed, node.state) {
            (true, State::Healthy) => Look::Good,
            (true, State::None) => Look::Off,
            (true, State::Starting | State::Pending) => Look::Waiting,
            (true, State::Unknown) => Look::Unknown,
            (true, State::Terminating | State::Misscheduled | State::Stranded) => Look::Warning,
            (true, State::Unhealthy | State::Failed | State::Missing) => Look::Failing,
            (false, _) => match node.placement {
                "placed" => Look::Good,
                "excluded" => Look::Off,
                "gated" => Look::Waiting,
                "unknown" => Look::Unknown,
                "contended" | "preempting" => Look::Warning,
                _ => Look::Failing,
            },
        };
        let deciding = node.reasons.iter().filter(|reason| reason.finding.is_some());
        match (own, deciding.map(|reason| reason.severity).max()) {
            (_, Some(Severity::Error)) => Look::Failing,
            (Look::Good | Look::Off, Some(Severity::Warning)) => Look::Warning,
            _ => own,
        }
    }
}

/// What cells share.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
struct Kind(u8, &'static str, &'static str, Vec<Reason>, Vec<String>);

/// Finding, sentence (`-1` for that of the finding), stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
struct Reason(usize, i32, &'static str);

/// What one node does not share: its number, its pod, and the words of each reason.
#[derive(Debug, Serialize)]
struct Detail(u32, Option<Pod>, Vec<String>);

/// Name, phase, whether it is ready, revision, when it was created.
#[derive(Debug, Serialize)]
struct Pod(String, &'static str, bool, Option<String>, Option<String>);

/// The cells of a DaemonSet.
#[derive(Debug, Default, Serialize)]
pub struct Cells {
    kinds: Vec<Kind>,
    sentences: Vec<String>,
    /// The kind of each node in order, `KIND*COUNT` for a run: `0*40,2,0*12`.
    runs: String,
    details: Vec<Detail>,
    #[serde(skip)]
    known_kinds: HashMap<Kind, usize>,
    #[serde(skip)]
    known_sentences: HashMap<String, i32>,
}

impl Cells {
    /// Packs a report. `numbers` gives the number of each node by its name, and `left` how many more cells may have
    /// details.
    pub fn of(report: &DaemonSetReport, numbers: &HashMap<String, u32>, left: &mut usize) -> Self {
        let mut cells = Cells::default();
        let absent = Kind(Look::Absent as u8, "", "", Vec::new(), Vec::new());
        let mut kinds = vec![cells.kind(absent); numbers.len()];
        for node in &report.nodes {
            let Some(number) = numbers.get(&node.name) else { continue };
            kinds[*number as usize] = cells.add(Look::of(report, node), node, *number, left);
        }
        cells.runs = runs(&kinds);
        cells
    }

    fn add(&mut self, look: Look, node: &NodeReport, number: u32, left: &mut usize) -> usize {
        let has_details = !matches!(look, Look::Good | Look::Off) && *left > 0;
        let (mut reasons, mut words, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for reason in &node.reasons {
            let Some(finding) = reason.finding else {
                let code = reason.code.to_string();
                if !others.contains(&code) {
                    others.push(code);
                }
                continue;
            };
            let message = escape(&reason.message);
            let (sentence, own) = if has_details { split(&message) } else { (message.into_owned(), String::new()) };
            reasons.push(Reason(finding, self.sentence(sentence), reason.stage));
            words.push(own);
        }
        if has_details {
            let pod = node.pod.as_ref().map(|pod| {
                let (revision, since) = (pod.revision.clone(), pod.since.clone());
                Pod(pod.name.clone(), pod.phase, pod.ready, revision, since)
            });
            if pod.is_some() || words.iter().any(|words| !words.is_empty()) {
                *left -= 1;
                self.details.push(Detail(number, pod, words));
            }
        }
        self.kind(Kind(look as u8, node.placement, node.state.as_str(), reasons, others))
    }

    fn kind(&mut self, kind: Kind) -> usize {
        if let Some(known) = self.known_kinds.get(&kind) {
            return *known;
        }
        self.kinds.push(kind.clone());
        self.known_kinds.insert(kind, self.kinds.len() - 1);
        self.kinds.len() - 1
    }

    fn sentence(&mut self, sentence: String) -> i32 {
        if let Some(known) = self.known_sentences.get(&sentence) {
            return *known;
        }
        if self.sentences.len() == MAX_SENTENCES {
            return -1;
        }
        self.sentences.push(sentence.clone());
        let number = self.sentences.len() as i32 - 1;
        self.known_sentences.insert(sentence, number);
        number
    }
}

/// Parts a sentence from the words that have a digit: `requests # cpu, but # is free` and `100m 60m`.
fn split(message: &str) -> (String, String) {
    let differs = |word: &str| word.contains(HOLE) || word.chars().any(|c| c.is_ascii_digit());
    let (mut sentence, mut own) = (Vec::new(), Vec::new());
    for word in message.split(' ') {
        match differs(word) {
            true => {
                sentence.push(HOLE);
                own.push(word);
            }
            false => sentence.push(word),
        }
    }
    (sentence.join(" "), own.join(" "))
}

/// Writes numbers as runs.
pub fn runs(numbers: &[usize]) -> String {
    let parts = numbers.chunk_by(|a, b| a == b).map(|run| match run.len() {
        1 => run[0].to_string(),
        length => format!("{}*{length}", run[0]),
    });
    parts.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_one_number() {
        assert_eq!(runs(&[0, 0, 0, 2, 0, 1, 1]), "0*3,2,0,1*2");
        assert_eq!(runs(&[]), "");
    }

    #[test]
    fn words_with_a_digit_are_the_nodes_own() {
        let (sentence, own) = split("the pod requests 100m cpu, but 0 of 3920m is free");
        assert_eq!(sentence, "the pod requests # cpu, but # of # is free");
        assert_eq!(own, "100m 0 3920m");
        assert_eq!(split("a # b"), ("a # b".to_owned(), "#".to_owned()));
    }
}
