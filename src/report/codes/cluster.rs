//! DS6xx: facts about nodes and the cluster.

crate::report::codes::pages! {
    NODE_NOT_READY = 601, Warning, "the node is not ready",
    "The kubelet of the node does not report, or reports NotReady. A pod on the node cannot be ready, and new pods may have to wait.",
    "Fix the node first: `kubectl describe node NODE` shows its conditions.";
    VIRTUAL_NODE = 602, Warning, "virtual nodes are eligible",
    "The node represents a service that runs pods elsewhere (Fargate, a virtual kubelet, a simulator). A DaemonSet that tolerates every taint gets pods there that never run.",
    "Exclude such nodes by their label, as the finding shows.";
    AUTOSCALER_STRANDED = 603, Warning, "a pod on a node that the autoscaler removes is not recreated",
    "An autoscaler tainted the node for removal. The running pod stays, but the controller does not recreate the pod while the node has the taint.",
    "Delay rollouts until the node or the taint is removed. Tolerate the taint if the agent must run until the end.";
    NETWORK_DEADLOCK = 604, Error, "the network plugin does not tolerate NotReady nodes",
    "The nodes are NotReady because no network plugin runs there. This DaemonSet looks like the network plugin, but does not tolerate node.kubernetes.io/not-ready:NoSchedule. This is a deadlock: the nodes wait for the plugin, and the plugin waits for the nodes.",
    "Add the toleration that the finding shows.";
    DO_NOT_FIT_TOGETHER = 610, Error, "the documents do not fit together",
    "Each DaemonSet alone fits on the node, but not all given DaemonSets together: together they request more than is free, or the same host port, or required podAntiAffinity keeps their pods apart.",
    "Lower requests, change ports or podAntiAffinity, or give the more important DaemonSets a PriorityClass.";
}
