//! The smallest priority with which the scheduler evicts others for the pods: a class of the cluster, else one to be
//! created.
//!
//! Only pods of a strictly lower priority are evicted (`pkg/scheduler/framework/plugins/defaultpreemption` v1.36), so that
//! a priority changes something only where it passes that of a pod. `system-*` classes are never proposed: what they
//! evict and a class of one's own does not is critical itself.

use std::collections::BTreeSet;

use crate::findings::Subject;
use crate::fix::attempt::{gets_a_pod, judged};
use crate::fix::edit::Edit;
use crate::model::Symbol;
use crate::rules::Evaluation;
use crate::store::{Cluster, NodeIndex};

/// The highest value of a class that users may create (`HighestUserDefinablePriority` in `pkg/apis/scheduling/types.go`
/// v1.36).
const HIGHEST_VALUE: i32 = 1_000_000_000;

/// Prefix of the names that only Kubernetes' own classes have.
const RESERVED: &str = "system-";

/// Returns the changes that give the pods a class with which the most of the nodes get one. `None` if no class helps.
/// `made` are changes of the cluster that come first.
pub fn suffices(cluster: &mut Cluster, asked: &Subject, made: &[Edit], nodes: &[NodeIndex]) -> Option<Vec<Edit>> {
    let spec = &asked.daemon_set.template.spec;
    if spec.priority_class.is_none() && spec.priority.is_some() {
        return None;
    }
    let now = Evaluation::admit(cluster, &asked.daemon_set, asked.own_pods()).priority;
    let name = new_name(cluster, asked.daemon_set.name);
    let value = smallest_value(cluster, asked, made, nodes, name, now)?;
    if let Some(class) = smallest_class(cluster, value) {
        return Some(vec![Edit::Priority(class)]);
    }
    Some(vec![Edit::CreatePriorityClass { name, value }, Edit::Priority(name)])
}

/// Returns the changes, the mildest first, in place of a class that does not exist: the smallest class of the cluster that
/// suffices; none, where the pods need none; else the missing one, created.
pub fn in_place_of_missing(
    cluster: &mut Cluster,
    asked: &Subject,
    made: &[Edit],
    nodes: &[NodeIndex],
    missing: Symbol,
) -> Vec<Vec<Edit>> {
    let default = cluster.priority_classes.values().filter(|class| class.global_default).map(|class| class.value).min();
    let now = default.unwrap_or(0);
    let Some(value) = smallest_value(cluster, asked, made, nodes, missing, now) else { return Vec::new() };
    let of_cluster = smallest_class(cluster, value).map(|class| vec![Edit::Priority(class)]);
    let changed = match value <= now {
        true => Edit::NoPriorityClass(missing),
        false => Edit::CreatePriorityClass { name: missing, value },
    };
    of_cluster.into_iter().chain([vec![changed]]).collect()
}

/// The smallest class of the cluster with at least a value that lets its pods evict others.
fn smallest_class(cluster: &Cluster, value: i32) -> Option<Symbol> {
    let suffices = cluster
        .priority_classes
        .values()
        .filter(|class| !class.name.as_str().starts_with(RESERVED) && !class.preempts_never && class.value >= value);
    suffices.min_by_key(|class| (class.value, class.name.as_str())).map(|class| class.name)
}

/// The smallest priority, at least `least`, with which as many of the nodes get a pod as with the highest one.
fn smallest_value(
    cluster: &mut Cluster,
    asked: &Subject,
    made: &[Edit],
    nodes: &[NodeIndex],
    name: Symbol,
    least: i32,
) -> Option<i32> {
    let values = values(cluster, nodes, least);
    let mut fixed = |value: i32| {
        let mut changed = asked.clone();
        Edit::Priority(name).apply(&mut changed.daemon_set);
        let edits: Vec<Edit> = made.iter().cloned().chain([Edit::CreatePriorityClass { name, value }]).collect();
        let (after, ..) = judged(cluster, &changed, &edits);
        nodes.iter().filter(|node| gets_a_pod(&after[**node as usize])).count()
    };
    let most = fixed(*values.last()?);
    if most == 0 {
        return None;
    }
    // With a higher priority no fewer nodes get a pod.
    let suffices = values.partition_point(|value| fixed(*value) < most);
    values.get(suffices).copied()
}

/// Each priority just above that of a pod on the nodes, in order, after the least one.
fn values(cluster: &Cluster, nodes: &[NodeIndex], least: i32) -> Vec<i32> {
    let of_pods = |node: &NodeIndex| {
        let named = cluster.pods_on(*node).iter().map(|pod| cluster.pod(*pod).priority);
        named.chain(cluster.folded_on(*node).iter().map(|(priority, _)| *priority)).collect::<Vec<_>>()
    };
    let above = nodes.iter().flat_map(of_pods).filter_map(|priority| priority.checked_add(1));
    let values: BTreeSet<i32> = above.chain([least]).filter(|value| (least..=HIGHEST_VALUE).contains(value)).collect();
    values.into_iter().collect()
}

/// A name for a class of the DaemonSet's own that no class has.
fn new_name(cluster: &Cluster, daemon_set: Symbol) -> Symbol {
    let agent = if daemon_set.as_str().starts_with(RESERVED) { "agent-" } else { "" };
    let base = format!("{agent}{daemon_set}-priority");
    let mut names = (1..).map(|number| if number == 1 { base.clone() } else { format!("{base}-{number}") });
    let is_free = |name: &String| !cluster.priority_classes.contains_key(&Symbol::new(name));
    Symbol::new(&names.find(is_free).unwrap_or(base))
}
