//! DS5xx: the rollout, and what the status hides.

crate::report::codes::pages! {
    ON_DELETE = 501, Warning, "old pods stay until somebody deletes them",
    "The update strategy is OnDelete. Pods of the old template run until they are deleted.",
    "Delete the pods that the finding names, one after the other; or use RollingUpdate.";
    NOT_OBSERVED = 502, Error, "the controller has not seen the newest template",
    "status.observedGeneration is behind metadata.generation: kube-controller-manager does not run, or is behind.",
    "Wait a moment; then see to kube-controller-manager.";
    ROLLOUT_STUCK = 503, Error, "the rollout is held up",
    "As many nodes as maxUnavailable allows already lack an available pod. The controller replaces no further pod until one of them becomes available.",
    "Mend the pods that the finding names, or raise maxUnavailable for as long as it takes.";
    SURGE_PORT = 504, Error, "old and new pod want the same host port",
    "With maxSurge the new pod must start beside the old one, but both want the same host port. Kubernetes accepts such a DaemonSet, and its rollout never ends.",
    "Use maxUnavailable instead of maxSurge.";
    ROLLOUT_NODES = 505, Warning, "nodes that are not ready hold up the rollout",
    "Pods on nodes that are not ready count as unavailable, and use up maxUnavailable although the rollout is not to blame.",
    "See to the nodes, or raise maxUnavailable for as long as it takes.";
    STRANDED = 506, Warning, "pods run that would not be made again",
    "A pod runs on the node, but a new one would not: a taint or another obstacle came later. The next rollout, deletion or eviction removes it for good, and the status does not tell.",
    "Mend the cause that the finding names before the next rollout.";
    MISSCHEDULED = 507, Warning, "pods run where none is wanted",
    "The controller wants no pod on the node and deletes this one: a label changed, or a NoExecute taint came.",
    "Nothing, if the node is meant to be left out.";
    MISSING = 508, Error, "pods are missing, although nothing stands in their way",
    "The controller wants a pod on the node, the rules find nothing against it, and there is none. The controller creates pods in growing batches and stops at the first error, so that nodes may wait without an event of their own.",
    "See the DaemonSet's events (`kubectl describe ds`), and whether kube-controller-manager runs.";
    ADOPTS = 509, Warning, "foreign pods would be adopted and replaced",
    "Pods that no controller owns match the selector. The DaemonSet adopts them, and replaces or deletes those that are old or not wanted. Those with the template generation with which it begins (label `pod-template-generation`) count as new and stay, whatever they run.",
    "Choose a selector of its own, relabel those pods first, or delete them to have them made anew.";
    OVERLAPS = 510, Warning, "another workload's selector overlaps",
    "Another workload in the namespace selects the same pods. Each keeps its own by ownership, but whoever reads labels counts both, and orphans are adopted by either.",
    "Choose a selector of its own.";
    STATUS_DIFFERS = 511, Warning, "the status tells another number of nodes",
    "desiredNumberScheduled in the status is not the number of nodes that the rules want a pod on. The status may be behind, or the snapshot's parts are of different moments. A taint that comes while the pod of its node runs does not make the controller count again: that node stays in the status until something else happens, which is told as info.",
    "Look again; where a warning stays, please report it.";
    EVICTED_AGAIN = 512, Error, "pods are evicted and made again, for ever",
    "The node has a NoExecute taint that the pods tolerate for a time only (tolerationSeconds). The controller does not look at the time and makes a pod there; when it is over the pod is evicted, and the controller makes the next one.",
    "Leave tolerationSeconds out, so that the pods stay; or drop the toleration, so that none is made.";
    SURGE_BLOCKED = 513, Error, "the new pod does not fit beside the old one",
    "With maxSurge the new pod must start beside the old one, which is removed only once the new one is available. What the old one holds (a host port, room, a claim for one pod, a place that anti-affinity allows once) the new one cannot get: neither moves.",
    "Use maxUnavailable instead of maxSurge, or free what the scheduler names.";
    STATUS_NOT_READY = 514, Error, "the status counts pods that are not ready",
    "The source holds no pods, and the DaemonSet's own status counts fewer ready pods than nodes that should run one. If no pod is ready, this is an error, otherwise a warning: a rollout may be under way.",
    "Save the pods too (`kubectl daemonset snapshot`, or `kubectl get nodes,pods,daemonsets,events -A -o json`), and check again.";
}
