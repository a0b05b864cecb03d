//! Words findings about a DaemonSet as a whole, and about several documents together.

use crate::explain::Words;
use crate::explain::node::differences;
use crate::explain::units::{and, count, human, some};
use crate::findings::cause::{
    AdmissionChange, Adoption, AntiAffinityClash, CapacityShort, NoNodeEligible, Overlap, PortClash, QuotaAdmits,
    Shortage, StatusDiffers, StatusNotReady,
};

/// Most names that a sentence lists.
const MAX_NAMES: usize = 3;

pub(crate) fn admission_change(change: &AdmissionChange) -> Words {
    let texts = differences(&change.differences);
    Words::new(format!("admission changes the pod (dry run): {texts}")).note(match change.decides {
        true => "the nodes are judged with the changed pod",
        false => "this does not change the result on any node",
    })
}

pub(crate) fn quota_admits(found: &QuotaAdmits) -> Words {
    let QuotaAdmits { quota, admits, of, resource, asked, used, hard, of_claims } = found;
    let is_used = format!("{used} of {hard} is used");
    match of_claims {
        true => Words::new(format!(
            "quota {quota} admits the claims of only {admits} of {of} pods: each pod claims {asked} {resource}, and {is_used}"
        ))
        .note("the other pods stay Pending: the ephemeral controller cannot create their claims (event FailedBinding)"),
        // The number of pods needs no explanation.
        false if matches!(resource.as_str(), "pods" | "count/pods") => {
            Words::new(format!("quota {quota} admits only {admits} of {of} pods"))
        }
        false => Words::new(format!(
            "quota {quota} admits only {admits} of {of} pods: each pod needs {asked} {resource}, and {is_used}"
        )),
    }
}

pub(crate) fn no_node(found: &NoNodeEligible) -> Words {
    let nodes = count(found.nodes, "node");
    Words::new(match found.tainted {
        0 if found.nodes == 1 => "no eligible node: nodeSelector or node affinity excludes the only node".to_owned(),
        0 => format!("no eligible node: none of {nodes} matches nodeSelector and node affinity"),
        1 if found.nodes == 1 => "no eligible node: a taint excludes the only node".to_owned(),
        all if all == found.nodes => format!("no eligible node: taints exclude all {nodes}"),
        some => {
            let others = count(found.nodes.saturating_sub(some), "node");
            let tainted = count(some, "node");
            format!("no eligible node: taints exclude {tainted}, the selector excludes {others}")
        }
    })
}

pub(crate) fn status_differs(found: &StatusDiffers) -> Words {
    let words = Words::new(format!(
        "status.desiredNumberScheduled is {}, but {} {} eligible",
        found.status.max(0),
        count(found.rules, "node"),
        if found.rules == 1 { "is" } else { "are" }
    ));
    match found.is_behind {
        true => words.note("the controller does not count again when a taint is added to a node with a running pod: the status stays until another change"),
        false => words,
    }
}

pub(crate) fn adoption(found: &Adoption) -> Words {
    let verb = if found.count == 1 { "has no controller and matches" } else { "have no controller and match" };
    let names = found.pods.iter().take(MAX_NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = match found.count.saturating_sub(MAX_NAMES) {
        0 => String::new(),
        more => format!(" +{more}"),
    };
    let words = Words::new(format!("{} {verb} the selector: {names}{more}", count(found.count, "pod"))).note(
        match found.count {
            1 => "the DaemonSet adopts this pod, and replaces or deletes the pod if outdated or misplaced",
            _ => "the DaemonSet adopts these pods, and replaces or deletes the outdated and misplaced ones",
        },
    );
    // The pods of a deleted DaemonSet may have the template generation of the pods of the next one.
    match found.staying {
        0 => words,
        staying => {
            let has = if staying == 1 { "has" } else { "have" };
            words.note(format!(
                "{staying} of these pods {has} the initial template generation: up to date, even if the spec differs"
            ))
        }
    }
}

pub(crate) fn overlap(found: &Overlap) -> Words {
    let Some((first, others)) = found.workloads.split_first() else { return Words::new("") };
    let words = Words::new(format!("the selector overlaps with the selector of {first}"));
    match (others, found.has_more) {
        ([], _) => words,
        (_, true) => words.note(format!(
            "also with the selectors of {} and others",
            others[..MAX_NAMES.min(others.len())].join(", ")
        )),
        (_, false) => words.note(format!("also with the selectors of {}", some(others, MAX_NAMES))),
    }
}

pub(crate) fn status_not_ready(found: &StatusNotReady) -> Words {
    let [ready, created, desired] = [found.ready, found.created, found.desired].map(|number| number.max(0));
    let words = Words::new(format!(
        "the DaemonSet status reports {ready} ready and {created} created of {desired} desired pods"
    ));
    words.note(match found.listed {
        0 => "the source holds no pods of this DaemonSet, so that the cause is unknown".to_owned(),
        n => format!(
            "the source holds {} of this DaemonSet and not the nodes: which nodes lack a pod is unknown",
            count(n, "pod")
        ),
    })
}

pub(crate) fn port_clash(found: &PortClash) -> Words {
    Words::new(format!("host port {} is also requested by {}", found.port, found.other))
}

pub(crate) fn anti_affinity_clash(found: &AntiAffinityClash) -> Words {
    let (key, other) = (found.topology_key, &found.other);
    let whose = match found.by_other {
        true => format!("required podAntiAffinity of {other} excludes this pod (topologyKey {key})"),
        false => format!("required podAntiAffinity excludes the pods of {other} (topologyKey {key})"),
    };
    Words::new(whose).note("where both DaemonSets are eligible, the scheduler places only the pod that comes first")
}

pub(crate) fn capacity_short(found: &CapacityShort) -> Words {
    let missing = |shortage: &Shortage| match shortage.resource.as_str() {
        "pods" => format!("capacity for {}", count(shortage.amount.max(0) as usize, "pod")),
        name => format!("{} {name}", human(shortage.resource, shortage.amount)),
    };
    let missing: Vec<String> = found.missing.iter().map(missing).collect();
    let others = some(&found.others, MAX_NAMES);
    Words::new(format!("the pod does not fit together with {others}: {} lacks {}", found.node, and(&missing)))
}
