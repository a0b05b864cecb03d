//! What holds for every report that is printed for people, whatever the cause.

use std::collections::BTreeSet;

use super::scenarios::{Scenario, scenarios};
use super::situations::situations;
use super::story::{COLUMNS, WIDE, in_parallel};

/// Columns of the narrowest terminal that is written for.
const NARROW: usize = 20;

/// All scenarios, and the situations that stand behind a trouble.
fn all() -> Vec<Scenario> {
    let mut all = scenarios();
    all.extend(
        situations().into_iter().map(|(_, code, cluster, daemon_set)| Scenario::deployed(code, cluster, &daemon_set)),
    );
    all
}

/// The findings of a report: each the lines from its headline to the next one or to an empty line.
fn findings(report: &str) -> Vec<Vec<&str>> {
    let mut found: Vec<Vec<&str>> = Vec::new();
    let mut is_inside = false;
    for line in report.lines() {
        let is_head = ["error[DS", "warning[DS", "info[DS"].iter().any(|head| line.starts_with(head));
        is_inside = is_head || is_inside && line.starts_with(' ');
        match found.last_mut() {
            _ if is_head => found.push(vec![line]),
            Some(last) if is_inside => last.push(line),
            _ => {}
        }
    }
    found
}

/// Runs every scenario and returns what the check has to say about it.
fn complaints(columns: usize, check: impl Fn(&Scenario, &str) -> Vec<String> + Sync) -> Vec<String> {
    let told = in_parallel(&all(), |scenario| {
        let (story, args) = scenario.begin();
        let report = story.run_silently(columns, &args).stdout;
        check(scenario, &report).into_iter().map(|what| format!("{}: {what}", scenario.code)).collect::<Vec<_>>()
    });
    told.concat()
}

#[test]
fn every_finding_ends_with_a_fix_or_a_next_step() {
    let wrong = complaints(COLUMNS, |_, report| {
        let is_step = |line: &&str| ["  fix: ", "  next: "].iter().any(|word| line.starts_with(word));
        let found = findings(report);
        let empty = found.iter().filter(|finding| !finding.iter().any(is_step));
        empty.map(|finding| finding.join("\n")).collect()
    });
    assert!(wrong.is_empty(), "{} findings with neither fix nor next step:\n{}", wrong.len(), wrong.join("\n"));
}

/// The words of a report, without the marks behind names of a list.
fn words(report: &str) -> impl Iterator<Item = &str> {
    report.split_whitespace().map(|word| word.trim_end_matches([',', ')'])).filter(|word| !word.starts_with(['+', '.']))
}

#[test]
fn lines_fit_and_no_word_is_broken() {
    for columns in [COLUMNS, NARROW] {
        let wrong = complaints(columns, |scenario, report| {
            let (story, args) = scenario.begin();
            let wide = story.run_silently(WIDE, &args).stdout;
            let known: BTreeSet<&str> = words(&wide).collect();
            let broken = words(report).filter(|word| !known.contains(word)).map(|word| format!("`{word}` is no word"));
            // The lines of a patch are YAML, which is pasted as it is.
            let is_patch = |line: &str| line.starts_with("       ");
            let is_long = |line: &&str| line.chars().count() > columns && line.split_whitespace().count() > 1;
            let too_long = report.lines().filter(is_long).filter(|line| !is_patch(line));
            broken.chain(too_long.map(|line| format!("too long: {line}"))).collect()
        });
        assert!(wrong.is_empty(), "at {columns} columns:\n{}", wrong.join("\n"));
    }
}
