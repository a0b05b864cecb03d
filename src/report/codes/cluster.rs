//! DS6xx: facts about nodes and the cluster.

crate::report::codes::pages! {
    NODE_NOT_READY = 601, Warning, "the node is not ready",
    "The kubelet does not report, or reports that it is not ready. A pod there cannot be ready either; a new one may have to wait.",
    "See to the node first.";
    VIRTUAL_NODE = 602, Warning, "pods are wanted on virtual nodes",
    "The node stands for a service that runs pods elsewhere (Fargate, a virtual kubelet, a simulator). A DaemonSet that tolerates everything gets pods there that never run.",
    "Exclude such nodes by their label, as the finding shows.";
    AUTOSCALER_STRANDED = 603, Warning, "an autoscaler's mark strands pods",
    "An autoscaler tainted the node for removal. The pod that runs there stays, but once it is gone no new one is made, for as long as the mark stays.",
    "Put off rollouts until the node is gone or the mark is, or tolerate the mark where the agent is needed to the end.";
    NETWORK_DEADLOCK = 604, Error, "the network plugin waits for the network",
    "The nodes are not ready because no network plugin runs there, and this DaemonSet, which looks like one, does not tolerate node.kubernetes.io/not-ready:NoSchedule. Neither will ever come first.",
    "Add the toleration that the finding shows.";
    DO_NOT_FIT_TOGETHER = 610, Error, "the documents do not fit together",
    "Each DaemonSet by itself fits on the node, but not all of those that were given: together they ask for more than is free, or for the same host port.",
    "Lower requests, change ports, or give the more important ones a priority class.";
}
