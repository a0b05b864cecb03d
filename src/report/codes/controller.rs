//! DS1xx: the DaemonSet controller wants no pod on the node.

crate::report::codes::pages! {
    NODE_SELECTOR = 101, Info, "nodeSelector does not match the node",
    "The template's nodeSelector asks for a label that the node does not have, or has with another value. Keys and values are compared to the letter, upper and lower case included. The DaemonSet controller makes no pod there, counts the node neither as desired nor as missing, and writes no event.",
    "Nothing, if the node is meant to be left out. Else label the node (`kubectl label node NODE KEY=VALUE`) or change the selector to the label that the nodes have.";
    NODE_AFFINITY = 102, Info, "required node affinity does not match the node",
    "None of the terms of requiredDuringSchedulingIgnoredDuringExecution matches the node. Terms are alternatives; within one term everything must hold. A term that is empty, or that the API's own parser refuses, matches no node. Preferred terms decide nothing.",
    "Nothing, if the node is meant to be left out. Else change the term that comes closest, which the finding names, or label the node.";
    NODE_NAME = 103, Info, "the template names another node",
    "spec.nodeName of the template names one node. The controller makes a pod for that node alone, and no scheduler is asked.",
    "Take nodeName out of the template; use nodeSelector to choose nodes.";
    TAINT = 104, Info, "a taint keeps the pods away",
    "The node has a NoSchedule or NoExecute taint that the pods do not tolerate. Nodes are given such taints to keep them for certain workloads. PreferNoSchedule taints decide nothing. The controller makes no pod there and writes no event.",
    "Nothing, if the node is meant to be left out. Else add the toleration that the finding shows. A toleration must have the key, the value (or operator Exists) and the effect (or none, for every effect) of the taint.";
    CONTROL_PLANE_TAINT = 105, Info, "the control plane's taint keeps the pods away",
    "Nodes of the control plane are tainted node-role.kubernetes.io/control-plane (or, in older clusters, node-role.kubernetes.io/master). DaemonSets do not tolerate it by default.",
    "Agents that must watch every node (logs, metrics, network, security) tolerate it; others leave it alone.";
    STATE_TAINT = 106, Warning, "the node's condition keeps the pods away",
    "Kubernetes itself tainted the node for a condition: not ready, unreachable, a pressure, no network. DaemonSet pods tolerate most of these by default, but not not-ready:NoSchedule and unreachable:NoSchedule: while a node is not ready no new pod is made there, and a pod that runs there stays.",
    "See to the node: the taint goes when the condition does. Only pods that help the node to become ready (its network, its storage) should tolerate it.";
    STARTUP_TAINT = 107, Warning, "the node is still being set up",
    "A taint says that something has yet to set up the node: a cloud provider's controller, or an agent that removes its taint once it runs there.",
    "Wait. Where the taint stays, see why the component that removes it does not run on the node.";
    LEAVING_TAINT = 108, Warning, "the node is being taken away",
    "An autoscaler, a cloud provider or an administrator marked the node for removal or shutdown.",
    "Wait: the node goes, or the mark does. Where a mark stays for hours, ask the autoscaler why; pods that are replaced there meanwhile do not come back.";
    VIRTUAL_TAINT = 109, Info, "a virtual node keeps the pods away",
    "The node stands for a service that runs pods elsewhere (Fargate, a virtual kubelet, a simulator). DaemonSets do not run there.",
    "Nothing. Do not tolerate the taint: pods would stay pending there.";
    NOTHING_MATCHES = 110, Error, "no node matches the selector",
    "nodeSelector or the required node affinity matches no node of the cluster, so that no pod is wanted anywhere. The DaemonSet counts as rolled out, with zero desired.",
    "If nodes of that kind are yet to come (a pool scaled to zero), nothing. Else compare the labels that the finding names with those of the nodes.";
    ALL_EXCLUDED = 111, Error, "every node is excluded",
    "Nodes match, but taints or other exclusions leave none where a pod is wanted. The DaemonSet counts as rolled out, with zero desired.",
    "Add the toleration that the finding shows, or accept that there is nothing to run on.";
    EXPECTED = 113, Error, "a pod is expected here",
    "--expect or the annotation kubectl-daemonset/expect says that the node must have a healthy pod, and it has none, although no other finding says why.",
    "Wait if the pod is starting; else see the node's entry in -o wide.";
}
