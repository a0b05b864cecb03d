//! DS5xx: the rollout, and what the status hides.

crate::report::codes::pages! {
    ROLLOUT_STUCK = 503, Error, "the rollout is stuck",
    "Nodes without an available pod use up maxUnavailable. The controller replaces no further pod until one of these pods becomes available.",
    "Fix the cause that the finding names, or go back with `kubectl rollout undo` if every pod of the new revision fails. A larger maxUnavailable lets the rollout continue on the other nodes, but fixes no pod, and more nodes may lack an available pod at the same time.";
    ROLLOUT_NODES = 505, Error, "nodes block the rollout",
    "Pods on NotReady nodes, and pods that the kubelet rejects, are unavailable and use up maxUnavailable, although the rollout does not cause the problem. The controller replaces no further pod.",
    "Fix the nodes. Delete the Node objects of machines that do not come back, or raise maxUnavailable above the number of these nodes.";
    STRANDED = 506, Warning, "a running pod would not be recreated",
    "A pod runs on the node, but a new pod would not: a taint or another obstacle came later. The next rollout, eviction or deletion removes the pod permanently. The DaemonSet status does not show this. For a document (`-f`) the finding names the running pods that the rollout of the document removes permanently.",
    "Fix the cause that the finding names before the next rollout.";
    MISSCHEDULED = 507, Warning, "the controller deletes pods on nodes that are not eligible",
    "The node is no longer eligible, and the controller deletes the pod: a label changed, or a NoExecute taint was added.",
    "Nothing, if the node should be excluded.";
    STATUS_DIFFERS = 511, Warning, "status.desiredNumberScheduled differs from the rules",
    "status.desiredNumberScheduled is not the number of nodes that the rules find eligible. The status may be outdated, or the snapshot mixes different times. The controller does not count again when a taint is added while the pod of the node runs: the node stays in the status until another change, which is reported as info.",
    "Check again. If the warning persists, please report it.";
    STATUS_NOT_READY = 514, Error, "the DaemonSet status reports pods that are not ready",
    "The source holds no pods, and the DaemonSet status reports fewer ready pods than eligible nodes. The finding is an error if no pod is ready, otherwise a warning, because a rollout may be in progress.",
    "Save the pods too (`kubectl daemonset snapshot`, or `kubectl get nodes,pods,daemonsets,events -A -o json`), and check again.";
    NEW_REVISION_FAILS = 515, Error, "every pod of the newest revision fails",
    "Every pod of the newest revision fails, and pods of an earlier revision are ready on other nodes. The finding names the fields in which the two templates (ControllerRevisions) differ, since when the newest revision exists, and who changed the template last (managedFields).",
    "Correct the template, or go back with `kubectl rollout undo daemonset/NAME -n NAMESPACE --to-revision=N` if the older revision is still stored.";
}
