//! A quota that denies some or all of the pods is raised to what they use.

use crate::findings::Subject;
use crate::fix::attempt::{attempt, verified};
use crate::fix::edit::Edit;
use crate::fix::verified::VerifiedFix;
use crate::model::Symbol;
use crate::rules::admission::quota::needed;
use crate::rules::{Evaluation, Verdict};
use crate::store::{Cluster, DataRequests, NodeIndex};

/// Raises a quota to the usage of the pods of all eligible nodes. A quota that admits some of the pods does not change
/// verdicts: then the additionally admitted pods are counted.
pub fn raise(
    cluster: &mut Cluster,
    asked: &Subject,
    name: Symbol,
    admits_some: bool,
    nodes: &[NodeIndex],
    before: &[Verdict],
    questions: &mut DataRequests,
) -> Option<VerifiedFix> {
    let quota = (asked.daemon_set.namespace, name);
    let own = asked.own_pods();
    let admission = Evaluation::admit(cluster, &asked.daemon_set, own);
    let pods = Evaluation::desired(before) as u64;
    let hard = needed(cluster, quota, &admission.spec, own.gone(cluster), pods);
    if hard.is_empty() {
        return None;
    }
    let edits = [Edit::RaiseQuota { quota, hard, pods }];
    let mut outcome = attempt(cluster, asked, &edits, before, nodes, questions);
    // Another quota may still admit fewer.
    let admitted = outcome.admitted.map_or(pods, |admitted| admitted.min(pods));
    outcome.fixed = match admission.quota.filter(|_| admits_some) {
        Some(some) => admitted.saturating_sub(some.admits) as usize,
        None => outcome.fixed.min(admitted as usize),
    };
    if outcome.fixed == 0 || outcome.broken > 0 {
        return None;
    }
    verified(cluster, asked, &edits, &outcome)
}
