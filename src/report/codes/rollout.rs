//! DS5xx: the rollout, and what the status hides.

crate::report::codes::pages! {
    ON_DELETE = 501, Warning, "OnDelete: outdated pods stay until they are deleted manually",
    "The updateStrategy is OnDelete: the controller does not replace pods of the old template.",
    "Delete the pods that the finding names, one after the other, or use RollingUpdate.";
    NOT_OBSERVED = 502, Error, "the controller has not observed the newest template",
    "status.observedGeneration is behind metadata.generation: kube-controller-manager does not run, or is slow.",
    "Wait a moment, then check kube-controller-manager.";
    ROLLOUT_STUCK = 503, Error, "the rollout is stuck",
    "Nodes without an available pod use up maxUnavailable. The controller replaces no further pod until one of these pods becomes available.",
    "Fix the pods that the finding names, or raise maxUnavailable temporarily.";
    SURGE_PORT = 504, Error, "old and new pod request the same host port",
    "With maxSurge the new pod must start next to the old pod, but both request the same host port. The API server accepts such a DaemonSet, and its rollout never completes.",
    "Use maxUnavailable instead of maxSurge.";
    ROLLOUT_NODES = 505, Error, "nodes block the rollout",
    "Pods on NotReady nodes, and pods that the kubelet rejects, are unavailable and use up maxUnavailable, although the rollout does not cause the problem. The controller replaces no further pod.",
    "Fix the nodes. Delete the Node objects of machines that do not come back, or raise maxUnavailable above the number of these nodes.";
    STRANDED = 506, Warning, "a running pod would not be recreated",
    "A pod runs on the node, but a new pod would not: a taint or another obstacle came later. The next rollout, eviction or deletion removes the pod permanently. The DaemonSet status does not show this. For a document (`-f`) the finding names the running pods that the rollout of the document removes permanently.",
    "Fix the cause that the finding names before the next rollout.";
    MISSCHEDULED = 507, Warning, "the controller deletes pods on nodes that are not eligible",
    "The node is no longer eligible, and the controller deletes the pod: a label changed, or a NoExecute taint was added.",
    "Nothing, if the node should be excluded.";
    MISSING = 508, Error, "pods are missing, and no cause was found",
    "The node is eligible and has no pod, and the rules find no cause. The controller creates pods in growing batches and stops at the first error, so that a node may wait without an event.",
    "Check the events of the DaemonSet (`kubectl describe daemonset NAME -n NAMESPACE`), and whether kube-controller-manager runs.";
    ADOPTS = 509, Warning, "the DaemonSet adopts pods without a controller",
    "Pods without a controller match the selector. The DaemonSet adopts these pods, and replaces or deletes outdated and misplaced pods. Pods with the initial template generation (label `pod-template-generation`) count as up to date and stay, even if their spec differs.",
    "Choose a unique selector, relabel the pods first, or delete the pods so that the controller recreates them.";
    OVERLAPS = 510, Warning, "another workload's selector overlaps",
    "Another workload in the namespace selects the same pods. Each controller keeps the pods that it owns, but Services and tools that select by label match the pods of both, and either controller adopts orphaned pods.",
    "Choose a unique selector.";
    STATUS_DIFFERS = 511, Warning, "status.desiredNumberScheduled differs from the rules",
    "status.desiredNumberScheduled is not the number of nodes that the rules find eligible. The status may be outdated, or the snapshot mixes different times. The controller does not count again when a taint is added while the pod of the node runs: the node stays in the status until another change, which is reported as info.",
    "Check again. If the warning persists, please report it.";
    EVICTED_AGAIN = 512, Error, "pods are evicted and recreated in a loop",
    "The node has a NoExecute taint that the pods tolerate for a limited time only (tolerationSeconds). The controller ignores tolerationSeconds and creates a pod. After this time Kubernetes evicts the pod, and the controller recreates it.",
    "Remove tolerationSeconds to keep the pods, or remove the toleration to exclude the node.";
    SURGE_BLOCKED = 513, Error, "the new pod does not fit next to the old pod",
    "With maxSurge the new pod must start next to the old pod, which the controller deletes only when the new pod is available. The new pod cannot get what the old pod uses: a host port, capacity, a ReadWriteOncePod claim, or the only place that podAntiAffinity allows.",
    "Use maxUnavailable instead of maxSurge, or free the resource that the scheduler names.";
    STATUS_NOT_READY = 514, Error, "the DaemonSet status reports pods that are not ready",
    "The source holds no pods, and the DaemonSet status reports fewer ready pods than eligible nodes. The finding is an error if no pod is ready, otherwise a warning, because a rollout may be in progress.",
    "Save the pods too (`kubectl daemonset snapshot`, or `kubectl get nodes,pods,daemonsets,events -A -o json`), and check again.";
    NEW_REVISION_FAILS = 515, Error, "every pod of the newest revision fails",
    "Every pod of the newest revision fails, and pods of an earlier revision are ready on other nodes. The finding names the fields in which the two templates (ControllerRevisions) differ, since when the newest revision exists, and who changed the template last (managedFields).",
    "Correct the template, or go back with `kubectl rollout undo daemonset/NAME -n NAMESPACE --to-revision=N` if the older revision is still stored.";
}
