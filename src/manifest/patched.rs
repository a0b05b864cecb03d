//! What a spec's `patches` make of the DaemonSet, held to the rules of any other.

use crate::manifest::check::check;
use crate::manifest::fields::DAEMON_SET;
use crate::manifest::problem::{Problem, Source};
use crate::manifest::read::{Dialect, read};
use crate::manifest::render::apply_patch;
use crate::severity::Severity;
use crate::yaml::{Mark, Node};

/// Returns what is wrong with the DaemonSet since the patches were applied, each mistake at the patch that makes it.
pub fn check_patched(unpatched: &Node, patched: &Node, patches: &Node, source: &Source<'_>) -> Vec<Problem> {
    let known = mistakes(unpatched, source);
    let is_new = |p: &Problem| !known.iter().any(|k| k.message == p.message);
    let mut found: Vec<Problem> = mistakes(patched, source).into_iter().filter(is_new).collect();
    for problem in &mut found {
        if let Some(at) = place(problem, unpatched, patches, source) {
            let Problem { severity, code, hint, message, is_unknown_field, .. } = problem.clone();
            *problem = source.problem(severity, at, message);
            (problem.code, problem.hint, problem.is_unknown_field) = (code, hint, is_unknown_field);
        }
        let allowed = |patch: &Node| patch.get("allowUnknown").and_then(Node::bool) == Some(true);
        let own = problem.at.and_then(|at| patches.items().iter().find(|patch| stands_in(patch, at)));
        if problem.is_unknown_field && own.is_some_and(allowed) {
            problem.severity = Severity::Warning;
        }
        problem.message.insert_str(0, "after `patches`: ");
    }
    found
}

fn mistakes(daemon_set: &Node, source: &Source<'_>) -> Vec<Problem> {
    let mut tree = daemon_set.clone();
    let mut problems = read(&mut tree, &DAEMON_SET, Dialect::Apps, source);
    let more = check(&tree, Dialect::Apps, source, &problems);
    problems.extend(more);
    problems
}

/// The patch after which a mistake is there, where the mistake stands in none of them itself.
fn place(problem: &Problem, unpatched: &Node, patches: &Node, source: &Source<'_>) -> Option<Mark> {
    if problem.at.is_some_and(|at| stands_in(patches, at)) {
        return None;
    }
    let mut state = unpatched.clone();
    for patch in patches.items() {
        if apply_patch(&mut state, patch).is_ok()
            && mistakes(&state, source).iter().any(|p| p.message == problem.message)
        {
            return Some(patch.at);
        }
    }
    Some(patches.at)
}

fn stands_in(node: &Node, at: Mark) -> bool {
    node.at == at
        || node.items().iter().any(|item| stands_in(item, at))
        || node.entries().iter().any(|e| e.key_at == at || stands_in(&e.node, at))
}
