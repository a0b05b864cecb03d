//! DS1xx: the DaemonSet controller creates no pod on the node.

crate::report::codes::pages! {
    NODE_SELECTOR = 101, Info, "nodeSelector does not match the node",
    "nodeSelector of the template requires a label that the node lacks, or has with another value. Keys and values are case-sensitive. The DaemonSet controller creates no pod there, does not count the node as desired, and writes no event.",
    "Nothing, if the node should be excluded. Otherwise label the node (`kubectl label node NODE KEY=VALUE`), or change the selector to a label that the nodes have.";
    NODE_AFFINITY = 102, Info, "required node affinity does not match the node",
    "No term of requiredDuringSchedulingIgnoredDuringExecution matches the node. Terms are alternatives; all requirements of one term must match. A term that is empty or invalid matches no node. Preferred terms do not exclude nodes.",
    "Nothing, if the node should be excluded. Otherwise change the closest term, which the finding names, or label the node.";
    NODE_NAME = 103, Info, "the template names another node",
    "spec.nodeName of the template names one node. The controller creates a pod for this node only, and the pod bypasses the scheduler.",
    "Remove nodeName from the template; use nodeSelector to choose nodes.";
    TAINT = 104, Info, "a taint is not tolerated",
    "The node has a NoSchedule or NoExecute taint that the pods do not tolerate. Administrators add such taints to reserve nodes for certain workloads. PreferNoSchedule taints do not exclude nodes. The controller creates no pod there and writes no event.",
    "Nothing, if the node should be excluded. Otherwise add the toleration that the finding shows. A toleration must have the key, the value (or operator Exists) and the effect of the taint; a toleration without effect tolerates every effect.";
    CONTROL_PLANE_TAINT = 105, Info, "the control-plane taint is not tolerated",
    "Control-plane nodes have the taint node-role.kubernetes.io/control-plane (in older clusters node-role.kubernetes.io/master). DaemonSets do not tolerate this taint by default.",
    "Add the toleration if the agent must run on every node (logs, metrics, network, security). Otherwise do nothing.";
    STATE_TAINT = 106, Warning, "a node condition taint is not tolerated",
    "Kubernetes tainted the node for a condition: NotReady, unreachable, pressure, no network. DaemonSet pods tolerate most of these taints by default, but not not-ready:NoSchedule and unreachable:NoSchedule. While a node is NotReady, the controller creates no new pod there, and a running pod stays.",
    "Fix the node: Kubernetes removes the taint when the node recovers. Only pods that the node needs to become ready (network, storage) should tolerate the taint.";
    STARTUP_TAINT = 107, Warning, "the node is not initialized yet",
    "A taint says that the node is not initialized yet: a controller of the cloud provider, or an agent on the node, removes the taint afterwards.",
    "Wait. If the taint stays, check why the component that removes the taint does not run.";
    LEAVING_TAINT = 108, Warning, "the node is being removed",
    "An autoscaler, a cloud provider or an administrator tainted the node for removal or shutdown.",
    "Wait until the node or the taint is removed. If the taint stays for hours, check the autoscaler. Pods that are deleted in the meantime are not recreated.";
    VIRTUAL_TAINT = 109, Info, "a virtual node is excluded",
    "The node represents a service that runs pods elsewhere (Fargate, a virtual kubelet, a simulator). DaemonSet pods do not run there.",
    "Nothing. Do not tolerate the taint: pods would stay Pending there.";
    NOTHING_MATCHES = 110, Error, "no node matches the selector",
    "nodeSelector or the required node affinity matches no node of the cluster, so that no node is eligible. The DaemonSet counts as rolled out, with 0 desired pods.",
    "Nothing, if matching nodes will be added later (a pool scaled to zero). Otherwise compare the labels in the finding with the labels of the nodes.";
    ALL_EXCLUDED = 111, Error, "every node is excluded",
    "Nodes match the selector, but taints or other exclusions leave no eligible node. The DaemonSet counts as rolled out, with 0 desired pods.",
    "Add the toleration that the finding shows, or accept that the DaemonSet runs nowhere.";
    EXPECTED = 113, Error, "the node has no healthy pod, although one is expected",
    "--expect or the annotation kubectl-daemonset/expect says that the node must have a healthy pod. The node has none, and no other finding says why.",
    "Wait if the pod is starting. Otherwise check the node in the output of `-o wide`.";
    PROJECT_SELECTOR = 114, Info, "the namespace is for other nodes (OpenShift)",
    "The annotation openshift.io/node-selector (or scheduler.alpha.kubernetes.io/node-selector) of the namespace selects other nodes. OpenShift's DaemonSet controller creates no pod outside of them, and deletes the pods that are there. The DaemonSet controller of Kubernetes itself does not read the annotation.",
    "Nothing, if the node should be excluded. To run on every node, set the annotation openshift.io/node-selector of the namespace to an empty value.";
}
