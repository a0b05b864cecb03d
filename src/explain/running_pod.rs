//! Words what becomes of pods that run where the controller would create none.

use crate::explain::Explanation;
use crate::explain::units::count;

/// The rollout of a document removes the pods, for what was told.
pub fn removed_by_document(told: Explanation, pods: usize) -> Explanation {
    let pods = count(pods, "running pod");
    saying(told, &format!("the rollout removes {pods} permanently"), Some("the new template gets no pod there"))
}

/// The pods stay and would not be recreated, for what was told.
pub fn not_recreated(told: Explanation, pods: usize) -> Explanation {
    let what = match pods {
        1 => "the running pod would not be recreated",
        _ => "the running pods would not be recreated",
    };
    saying(told, what, Some("the next rollout, eviction or deletion removes the pod permanently"))
}

/// The controller deletes the pods, for what was told.
pub fn deleted(told: Explanation, pods: usize) -> Explanation {
    let what = match pods {
        1 => "the controller deletes the running pod",
        _ => "the controller deletes the running pods",
    };
    saying(told, what, None)
}

fn saying(mut told: Explanation, what: &str, note: Option<&str>) -> Explanation {
    told.message = format!("{what}: {}", told.message);
    told.notes.extend(note.map(Into::into));
    told
}
