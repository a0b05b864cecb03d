//! How many recorded verdicts each kind of reason decides.

use std::collections::BTreeMap;
use std::fmt;

use kubectl_daemonset::rules::{Cause, Placement, Verdict};

/// The kinds of reasons, by what holds them, in the source that declares them.
const DECLARED: &[(&str, &str)] = &[
    ("Exclusion", include_str!("../../src/rules/verdict/mod.rs")),
    ("CreationRefusal", include_str!("../../src/rules/verdict/refusal.rs")),
    ("Rejection", include_str!("../../src/rules/verdict/rejection.rs")),
    ("KubeletRefusal", include_str!("../../src/rules/verdict/mod.rs")),
    ("Race", include_str!("../../src/rules/verdict/mod.rs")),
    ("StartObstacle", include_str!("../../src/rules/verdict/start.rs")),
];

/// How many verdicts a kind of reason decides at least, so that its rule counts as recorded.
const ENOUGH: usize = 30;

/// Verdicts by the kind of reason that decides them.
#[derive(Default)]
pub struct Variants(BTreeMap<String, usize>);

impl Variants {
    /// Counts the kinds that decide a verdict: what the scheduler reports, and otherwise the first reason.
    pub fn add(&mut self, verdict: &Verdict) {
        if matches!(verdict.placement, Placement::Placed | Placement::Unknown) {
            return;
        }
        let told = verdict.reasons.iter().filter(|reason| reason.reported_by_scheduler);
        let mut kinds: Vec<String> = told.map(|reason| kind(&reason.cause)).collect();
        if kinds.is_empty() {
            kinds.extend(verdict.reasons.first().map(|reason| kind(&reason.cause)));
        }
        kinds.sort();
        kinds.dedup();
        for kind in kinds {
            *self.0.entry(kind).or_default() += 1;
        }
    }

    /// All kinds with their counts, the rarest first.
    fn counts(&self) -> Vec<(usize, String)> {
        let all = DECLARED.iter().flat_map(|(holder, source)| declared(holder, source));
        let mut counts: Vec<(usize, String)> =
            all.map(|kind| (self.0.get(&kind).copied().unwrap_or_default(), kind)).collect();
        counts.sort();
        counts
    }
}

impl fmt::Display for Variants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.counts();
        let enough = counts.iter().filter(|(count, _)| *count >= ENOUGH).count();
        writeln!(f, "{enough} of {} kinds of reasons decide at least {ENOUGH} recorded verdicts", counts.len())?;
        counts.iter().try_for_each(|(count, kind)| writeln!(f, "{count:>8}  {kind}"))
    }
}

/// `Rejection::Insufficient`, of what `Debug` writes.
fn kind(cause: &Cause) -> String {
    let text = format!("{cause:?}");
    let (stage, rest) = text.split_once('(').unwrap_or((&text, ""));
    let inner = rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let holder = match stage {
        "Creation" => "CreationRefusal",
        "Kubelet" => "KubeletRefusal",
        "Start" => "StartObstacle",
        other => other,
    };
    format!("{holder}::{inner}")
}

/// The variants of an enum, as its source declares them.
fn declared(holder: &str, source: &str) -> Vec<String> {
    let (_, body) = source.split_once(&format!("pub enum {holder} {{\n")).expect("the enum is in this file");
    let body = body.split("\n}\n").next().unwrap_or_default();
    let names = body.lines().filter_map(|line| {
        let name = line.strip_prefix("    ")?;
        let end = name.find(|c: char| !c.is_ascii_alphanumeric())?;
        name.starts_with(|c: char| c.is_ascii_uppercase()).then(|| format!("{holder}::{}", &name[..end]))
    });
    names.collect()
}

#[test]
fn every_kind_is_known_by_its_name() {
    for (holder, source) in DECLARED {
        assert!(declared(holder, source).len() > 1, "{holder}");
    }
    let gate = kind(&Cause::Gate("example.com/gate".into()));
    assert!(gate.starts_with("Gate::"), "{gate}");
}
