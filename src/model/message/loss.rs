//! Events that say that a pod is being taken off its node.

/// Who takes a pod off its node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PodLoss {
    /// The taint manager: a NoExecute taint is not tolerated, or no longer.
    TaintManager,
    /// The scheduler, for a pod of higher priority.
    Preempted,
    /// The kubelet, for a critical pod of the node.
    KubeletPreempted,
    /// The kubelet, under node pressure.
    Evicted,
}

impl PodLoss {
    /// Reads an event about a pod. Returns `None` if it is about something else.
    ///
    /// `emitPodDeletionEvent` in `pkg/controller/tainteviction/taint_eviction.go`, whose event of the same reason also says
    /// that a deletion is cancelled; `prepareCandidate` in `pkg/scheduler/framework/preemption/preemption.go`;
    /// `pkg/kubelet/preemption/preemption.go` and `pkg/kubelet/eviction/eviction_manager.go`; all of v1.36.
    pub fn of(reason: &str, message: &str) -> Option<Self> {
        Some(match reason {
            "TaintManagerEviction" if message.starts_with("Marking for deletion") => PodLoss::TaintManager,
            "Preempted" => PodLoss::Preempted,
            "Preempting" => PodLoss::KubeletPreempted,
            "Evicted" => PodLoss::Evicted,
            _ => return None,
        })
    }
}

/// Returns the node that an event about a pod names: where the scheduler bound it, or evicted it.
pub fn named_node<'m>(reason: &str, message: &'m str) -> Option<&'m str> {
    let named = match reason {
        "Scheduled" => message.rsplit_once(" to ")?.1,
        "Preempted" => message.rsplit_once(" on node ")?.1,
        _ => return None,
    };
    Some(named.trim_end_matches('.')).filter(|name| !name.is_empty() && !name.contains(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_several_versions_are_read() {
        for (reason, message, loss, node) in [
            ("TaintManagerEviction", "Marking for deletion Pod a/b-1", Some(PodLoss::TaintManager), None),
            ("TaintManagerEviction", "Cancelling deletion of Pod a/b-1", None, None),
            ("Preempted", "Preempted by a pod on node n1", Some(PodLoss::Preempted), Some("n1")),
            ("Preempted", "Preempted by pod 5b1c on node n1", Some(PodLoss::Preempted), Some("n1")),
            ("Preempted", "Preempted by shop/web on node n1", Some(PodLoss::Preempted), Some("n1")),
            ("Evicted", "The node was low on resource: memory.", Some(PodLoss::Evicted), None),
            ("Scheduled", "Successfully assigned a/b-1 to n2", None, Some("n2")),
            ("Pulled", "Image is on node n1", None, None),
        ] {
            assert_eq!((PodLoss::of(reason, message), named_node(reason, message)), (loss, node), "{message}");
        }
    }
}
