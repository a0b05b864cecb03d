//! What is found about a DaemonSet as a whole, and about several documents.

use crate::explain::Words;
use crate::explain::node::differences;
use crate::explain::units::{and, count, human, some};
use crate::findings::cause::{
    AdmissionChange, Adoption, CapacityShort, NoNodeEligible, Overlap, PortClash, QuotaAdmits, Shortage, StatusDiffers,
    StatusNotReady,
};

/// How many names a sentence lists.
const MAX_NAMES: usize = 3;

pub(crate) fn admission_change(change: &AdmissionChange) -> Words {
    let texts = differences(&change.differences);
    Words::new(format!("asked for one pod, the API server changes it: {texts}")).note(match change.decides {
        true => "the nodes are judged by the pod that the server would make",
        false => "no node is judged otherwise by that",
    })
}

pub(crate) fn quota_admits(found: &QuotaAdmits) -> Words {
    let QuotaAdmits { quota, admits, of } = found;
    Words::new(format!("quota {quota} admits {admits} of {of} pods"))
}

pub(crate) fn no_node(found: &NoNodeEligible) -> Words {
    let nodes = count(found.nodes, "node");
    Words::new(match found.tainted {
        0 => format!("no pod is wanted anywhere: none of {nodes} matches the selector"),
        1 if found.nodes == 1 => "no pod is wanted anywhere: taints keep it from the only node".to_owned(),
        all if all == found.nodes => format!("no pod is wanted anywhere: taints keep it from all {nodes}"),
        some => {
            let are = if some == 1 { "is" } else { "are" };
            format!("no pod is wanted anywhere: of {nodes}, {some} {are} tainted and the others do not match")
        }
    })
}

pub(crate) fn status_differs(found: &StatusDiffers) -> Words {
    let counted = count(found.status.max(0) as usize, "node");
    let words =
        Words::new(format!("the status counts {counted} that should have a pod, the rules count {}", found.rules));
    if found.is_behind { words.note("a new taint is not counted while the pod on the node runs") } else { words }
}

pub(crate) fn adoption(found: &Adoption) -> Words {
    let verb = if found.count == 1 { "belongs to nobody and matches" } else { "belong to nobody and match" };
    let names = found.pods.iter().take(MAX_NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = match found.count.saturating_sub(MAX_NAMES) {
        0 => String::new(),
        more => format!(" +{more}"),
    };
    let words = Words::new(format!("{} {verb} the selector: {names}{more}", count(found.count, "pod")))
        .note("the DaemonSet adopts them, and replaces or deletes those that are old or not wanted");
    // What a DaemonSet left behind may be marked like the pods of the next one.
    match found.staying {
        0 => words,
        staying => {
            let are = if staying == 1 { "is" } else { "are" };
            words.note(format!(
                "{staying} {are} of the generation with which it begins: it takes them for new, whatever they run"
            ))
        }
    }
}

pub(crate) fn overlap(found: &Overlap) -> Words {
    let Some((first, others)) = found.workloads.split_first() else { return Words::new("") };
    let words = Words::new(format!("the selector overlaps with that of {first}"));
    match (others, found.has_more) {
        ([], _) => words,
        (_, true) => words.note(format!("and of {}, among others", others[..MAX_NAMES.min(others.len())].join(", "))),
        (_, false) => words.note(format!("and of {}", some(others, MAX_NAMES))),
    }
}

pub(crate) fn status_not_ready(found: &StatusNotReady) -> Words {
    let pods = count(found.desired.max(0) as usize, "pod");
    let [ready, created] = [found.ready, found.created].map(|number| number.max(0));
    Words::new(format!("the status counts {ready} ready and {created} created of {pods}"))
        .note("the pods themselves are not in the source, so that the cause of each is not known")
}

pub(crate) fn port_clash(found: &PortClash) -> Words {
    Words::new(format!("it wants host port {}, and so does {}", found.port, found.other))
}

pub(crate) fn capacity_short(found: &CapacityShort) -> Words {
    let missing = |shortage: &Shortage| match shortage.resource.as_str() {
        "pods" => format!("room for {}", count(shortage.amount.max(0) as usize, "pod")),
        name => format!("{} {name}", human(shortage.resource, shortage.amount)),
    };
    let missing: Vec<String> = found.missing.iter().map(missing).collect();
    let others = some(&found.others, MAX_NAMES);
    Words::new(format!("beside {others} it does not fit: {} is short of {}", found.node, and(&missing)))
}
