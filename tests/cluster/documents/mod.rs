//! DaemonSets changed field by field: what the API server refuses of them, and what the program does.

mod bases;
mod change;
mod server;
mod types;
mod value;

use std::collections::BTreeMap;
use std::fmt;

use kubectl_daemonset::manifest::{Problem, load};
use serde_json::Value;

use crate::differential::Random;

pub use bases::bases;
pub use server::{Refusal, Server};

/// How the program and the API server differ about one document.
pub struct Difference {
    /// What differs, without numbers of items: documents with the same difference have one cause.
    pub what: String,
    /// What was changed.
    pub changes: Vec<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n    {}", self.what, self.changes.join("\n    "))
    }
}

/// What a run found.
#[derive(Default)]
pub struct Comparison {
    /// Documents that were compared.
    pub documents: usize,
    /// Those that the API server refuses.
    pub refused: usize,
    /// Fields that the API server named, without numbers of items, and how often.
    pub fields: BTreeMap<String, usize>,
    /// Where the two differ.
    pub differences: Vec<Difference>,
}

/// Compares the verdicts on `count` documents.
pub fn compare(server: &mut Server, count: usize, seed: u64) -> Comparison {
    let types = server.types();
    let bases = bases();
    let mut found = Comparison::default();
    for number in 0..count {
        let mut random = Random::of(seed.wrapping_add(number as u64));
        let mut document = bases[random.below(bases.len())].clone();
        let changes = change::change(&mut document, &types, &mut random);
        let text = serde_json::to_string_pretty(&document).unwrap_or_default();
        let refusals = server.refusals(&document);
        found.documents += 1;
        found.refused += usize::from(!refusals.is_empty());
        for refusal in &refusals {
            *found.fields.entry(without_numbers(&refusal.field)).or_default() += 1;
        }
        let ours: Vec<Problem> = load("document", &text).problems.into_iter().filter(Problem::is_error).collect();
        if let Some(what) = difference(&refusals, &ours, &document) {
            found.differences.push(Difference { what, changes });
        }
    }
    found
}

fn difference(refusals: &[Refusal], ours: &[Problem], document: &Value) -> Option<String> {
    match (refusals.first(), ours.first()) {
        (None, None) => None,
        (Some(first), None) => Some(format!("let through: {}: {}", without_numbers(&first.field), first.message)),
        // The server takes the DaemonSet and denies its every pod, or no runtime reads the name.
        (None, Some(_)) if ours.iter().all(is_about_image) => None,
        (None, Some(first)) => Some(format!(
            "refused alone: {}: {}",
            without_numbers(first.field.as_deref().unwrap_or_default()),
            first.message
        )),
        (Some(first), Some(our_first)) => {
            let agree = refusals.iter().any(|r| ours.iter().any(|o| names_same_field(r, o, document)));
            let other = || {
                format!(
                    "another field: {}: {} | {}: {}",
                    without_numbers(&first.field),
                    first.message,
                    without_numbers(our_first.field.as_deref().unwrap_or_default()),
                    our_first.message
                )
            };
            (!agree).then(other)
        }
    }
}

/// Whether our problem is about the field that the server names: it stands at the field or within it; or at what should
/// hold the field, where that is absent; or at the field that contradicts it, and names it; or our field is missing, from
/// which the server draws a conclusion.
fn names_same_field(refusal: &Refusal, problem: &Problem, document: &Value) -> bool {
    let mut ours = segments(problem.field.as_deref().unwrap_or_default());
    let mut theirs = segments(&refusal.field);
    // Decoding moves the old name into the new one.
    if let Some(old) = ours.last_mut().filter(|last| *last == "serviceAccount") {
        *old = "serviceAccountName".to_owned();
    }
    if theirs.iter().any(|part| part == "ephemeralContainers")
        && ours.last().is_some_and(|p| p == "ephemeralContainers")
    {
        // None may be there, whatever they hold.
        return true;
    }
    let Some(last) = theirs.last().cloned() else {
        // Some errors of decoding name no field at all.
        return true;
    };
    let (is_ours_missing, is_theirs_missing) =
        (existing(document, &ours) < ours.len(), existing(document, &theirs) < theirs.len());
    let holder = existing(document, &theirs);
    if refusal.without_numbers {
        let is_name = |s: &String| s.parse::<usize>().is_err();
        ours.retain(is_name);
        theirs.retain(is_name);
    }
    let common = ours.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
    let is_named = problem.message.contains(last.as_str());
    let is_beside = common + 1 == theirs.len() && ours.len() == theirs.len();
    common == theirs.len()
        || is_ours_missing
        || is_theirs_missing && (is_named || !refusal.without_numbers && common == ours.len() && common == holder)
        || is_beside && is_named
        // Of two equal items the server names the one or the other.
        || refusal.message.starts_with("Duplicate") && ours.len() == theirs.len() && common + 1 == ours.len()
}

/// How many parts of a path lead to something that is there and not null.
fn existing(document: &Value, path: &[String]) -> usize {
    let mut at = document;
    for (depth, part) in path.iter().enumerate() {
        let next = match at {
            Value::Array(items) => part.parse::<usize>().ok().and_then(|number| items.get(number)),
            other => other.get(part),
        };
        match next {
            Some(next) if !next.is_null() => at = next,
            _ => return depth,
        }
    }
    path.len()
}

fn is_about_image(problem: &Problem) -> bool {
    problem.field.as_deref().is_some_and(|field| field.ends_with("].image"))
}

/// A path in its parts: names, keys and numbers.
fn segments(path: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for c in path.chars() {
        match c {
            '[' if depth == 0 => {
                depth = 1;
                parts.push(String::new());
            }
            ']' if depth == 1 => depth = 0,
            '.' if depth == 0 => parts.push(String::new()),
            c => parts.last_mut().into_iter().for_each(|part| part.push(c)),
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

fn without_numbers(path: &str) -> String {
    let parts: Vec<String> = segments(path).into_iter().filter(|p| p.parse::<usize>().is_err()).collect();
    parts.join(".")
}

/// The types of a DaemonSet: the fields of each with what they hold.
pub type Types = BTreeMap<String, BTreeMap<String, String>>;

/// A short form of a value for a line.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(160) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text,
    }
}
