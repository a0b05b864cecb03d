//! Words what sets failing nodes apart from healthy ones.

use crate::explain::units::duration;
use crate::report::{FactKind, Note, SharedFact};

/// Most facts that a note names; JSON has all.
const MAX_FACTS: usize = 4;

/// Returns a note about the facts; `None` without any.
pub fn note(facts: &[SharedFact], failing: usize, healthy: usize) -> Option<Note> {
    let named: Vec<String> = facts.iter().take(MAX_FACTS).map(fact).collect();
    (!named.is_empty()).then(|| {
        let these = format!("all {failing} of these nodes, and none of {healthy} healthy nodes, have");
        Note::from(format!("{these}: {}", named.join("; ")))
    })
}

/// Says that a container fails on the nodes of one architecture alone; the nodes of others run it `well`.
pub fn other_architecture(arch: &str, well: &[&str], is_likely: bool) -> Note {
    let (likely, well) = (if is_likely { "likely " } else { "" }, well.join(", "));
    format!("only {arch} nodes fail: the image is {likely}built for another architecture ({well} nodes run it)").into()
}

fn fact(fact: &SharedFact) -> String {
    let (value, healthy) = (&fact.value, fact.healthy.join(", "));
    let age = |seconds: &str| seconds.parse().map_or_else(|_| seconds.to_owned(), duration);
    let name = match fact.fact {
        FactKind::KernelVersion => "kernel",
        FactKind::OsImage => "OS image",
        FactKind::ContainerRuntimeVersion => "container runtime",
        FactKind::KubeletVersion => "kubelet",
        FactKind::Architecture => "architecture",
        FactKind::Younger => {
            return format!("an age of at most {} (healthy nodes: at least {})", age(value), age(&healthy));
        }
        FactKind::Older => {
            return format!("an age of at least {} (healthy nodes: at most {})", age(value), age(&healthy));
        }
    };
    format!("{name} {value} (healthy nodes: {healthy})")
}
