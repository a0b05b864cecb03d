//! Nodes that get no pod, or not surely, grouped by decision and cause.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::mem::{Discriminant, discriminant};

use crate::explain::ExplainContext;
use crate::findings::Code;
use crate::findings::group::CauseKey;
use crate::findings::rule_code::code;
use crate::rules::{Cause, Evaluation, Placement, Verdict};
use crate::store::{Cluster, NodeIndex};

/// Nodes with the same decision and cause.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The decision; of several nodes with evictions, that of the first.
    pub placement: Placement,
    /// The code of the cause that decides; `None` where there is none.
    pub code: Option<Code>,
    /// The first cause of it; empty where there is none.
    pub why: String,
    /// The nodes, by name.
    pub nodes: Vec<String>,
}

/// The causes of one group, by node.
type Members<'a> = Vec<(NodeIndex, Option<&'a Cause>)>;

/// Groups the nodes that get no pod, or not surely, by decision and cause; those that the author leaves out last, the
/// largest first.
pub fn groups(cluster: &Cluster, evaluation: &Evaluation<'_>, verdicts: &[Verdict]) -> Vec<Group> {
    let mut alike: Vec<(Placement, Option<CauseKey>, Members<'_>)> = Vec::new();
    let mut places: HashMap<(Discriminant<Placement>, Option<CauseKey>), usize> = HashMap::new();
    for (index, verdict) in verdicts.iter().enumerate().filter(|(_, v)| v.placement != Placement::Placed) {
        let cause = decisive(verdict);
        let key = cause.map(CauseKey::of);
        let place = *places.entry((discriminant(&verdict.placement), key)).or_insert_with(|| {
            alike.push((verdict.placement.clone(), key, Vec::new()));
            alike.len() - 1
        });
        alike[place].2.push((index as NodeIndex, cause));
    }
    let scene = ExplainContext::new(cluster, evaluation.daemon_set());
    let group = |(placement, _, nodes): (Placement, Option<CauseKey>, Members<'_>)| {
        let causes: Vec<(NodeIndex, &Cause)> = nodes.iter().filter_map(|(n, cause)| Some((*n, (*cause)?))).collect();
        let names = nodes.iter().map(|(n, _)| cluster.nodes[*n as usize].name.to_string());
        let code = causes.first().map(|(_, cause)| code(cause));
        let why = scene.tell_all(&causes, &[], &placement).message;
        Group { placement, code, why, nodes: names.collect() }
    };
    let mut groups: Vec<Group> = alike.into_iter().map(group).collect();
    let order = |g: &Group| (g.placement == Placement::Excluded, Reverse(g.nodes.len()), g.placement.as_str());
    groups.sort_by(|a, b| order(a).cmp(&order(b)).then_with(|| a.why.cmp(&b.why)));
    groups
}

/// The reason that made the decision.
fn decisive(verdict: &Verdict) -> Option<&Cause> {
    let fits = |cause: &Cause| match verdict.placement {
        Placement::Excluded => matches!(cause, Cause::Exclusion(_)),
        Placement::Denied => matches!(cause, Cause::Creation(_)),
        Placement::Gated => matches!(cause, Cause::Gate(_)),
        Placement::Unknown => matches!(cause, Cause::Unknown(_)),
        Placement::Contended { .. } => matches!(cause, Cause::Race(_)),
        Placement::Rejected => matches!(cause, Cause::Kubelet(_)),
        Placement::Blocked => matches!(cause, Cause::Start(_)),
        Placement::Unschedulable | Placement::Preempting { .. } | Placement::Placed => {
            matches!(cause, Cause::Rejection(_))
        }
    };
    verdict.reasons.iter().map(|r| &r.cause).find(|cause| fits(cause))
}
