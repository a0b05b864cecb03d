//! Causes that several DaemonSets have in common: each is written once, with the DaemonSets that it concerns.

use crate::render::text::names;
use crate::report::Finding;
use crate::text::count;

/// A cause with the DaemonSets that it concerns, as `namespace/name`.
pub struct SharedCause {
    /// The finding of the first of the DaemonSets.
    pub finding: Finding,
    /// The DaemonSets.
    pub daemon_sets: Vec<String>,
}

/// Causes in the order in which they were met.
#[derive(Default)]
pub struct SharedCauses(Vec<SharedCause>);

impl SharedCauses {
    /// Adds a finding of a DaemonSet, and returns the number of its cause.
    pub fn add(&mut self, finding: &Finding, daemon_set: String) -> usize {
        match self.0.iter().position(|known| is_same(&known.finding, finding)) {
            Some(number) => {
                self.0[number].daemon_sets.push(daemon_set);
                number
            }
            None => {
                self.0.push(SharedCause { finding: finding.clone(), daemon_sets: vec![daemon_set] });
                self.0.len() - 1
            }
        }
    }

    /// Returns the cause of that number.
    pub fn get(&self, number: usize) -> &SharedCause {
        &self.0[number]
    }

    /// Returns all causes, the worst first, and consequences below their causes.
    pub fn worst_first(&self) -> Vec<&SharedCause> {
        let mut causes: Vec<&SharedCause> = self.0.iter().collect();
        let rank = |c: &SharedCause| (c.finding.severity, !c.finding.code.is_consequence(), c.daemon_sets.len());
        causes.sort_by_key(|cause| std::cmp::Reverse(rank(cause)));
        causes
    }
}

impl SharedCause {
    /// Returns the DaemonSets in one line of about `width` columns: `3 DaemonSets: a/b, a/c +1`.
    pub fn daemon_sets(&self, width: usize) -> String {
        match self.daemon_sets.as_slice() {
            [one] => one.clone(),
            many => {
                let number = count(many.len(), "DaemonSet");
                format!("{number}: {}", names(many, width.saturating_sub(number.len() + 2)))
            }
        }
    }
}

/// Whether two findings say the same about the same nodes, and lead to the same change.
fn is_same(one: &Finding, other: &Finding) -> bool {
    let of = |f: &Finding| (f.code, f.severity, f.fix.as_ref().map(|fix| fix.summary.clone()));
    of(one) == of(other) && one.message == other.message && one.nodes == other.nodes
}
