//! DS3xx: the API server refuses to create the pod.

crate::report::codes::pages! {
    NAMESPACE_MISSING = 301, Error, "the namespace does not exist",
    "Neither the DaemonSet nor its pods can be created in a namespace that is not there.",
    "Create the namespace.";
    NAMESPACE_TERMINATING = 302, Error, "the namespace is being deleted",
    "No new object can be created in a namespace with a deletion timestamp. The controller writes no event.",
    "Wait until it is gone, and create it again.";
    SERVICE_ACCOUNT_MISSING = 303, Error, "the service account does not exist",
    "The admission plugin ServiceAccount refuses pods whose account is not in the namespace. The DaemonSet itself is accepted.",
    "Create the service account, or correct serviceAccountName.";
    PRIORITY_CLASS_MISSING = 304, Error, "the priority class does not exist",
    "The admission plugin Priority refuses pods that name a class that is not there.",
    "Create the class, or name one that exists: system-node-critical and system-cluster-critical always do.";
    PRIORITY_MISMATCH = 305, Error, "the priority differs from that of its class",
    "A template may leave the number to admission, or give just the one that the class has.",
    "Take spec.priority out of the template.";
    PREEMPTION_POLICY_MISMATCH = 306, Error, "the preemption policy differs from that of its class",
    "A template may leave preemptionPolicy to admission, or give just the one that the class has.",
    "Take spec.preemptionPolicy out of the template.";
    RUNTIME_CLASS_MISSING = 307, Error, "the runtime class does not exist",
    "The admission plugin RuntimeClass refuses pods that name a class that is not there.",
    "Create the class, or take runtimeClassName out of the template.";
    RUNTIME_CLASS_CONFLICT = 308, Error, "the runtime class asks for another label than the template",
    "A RuntimeClass may bring a node selector of its own, which is merged into the pod. The two ask for different values of the same label.",
    "Drop the label from the template's nodeSelector, or use another class.";
    OVERHEAD_MISMATCH = 309, Error, "the overhead differs from that of the runtime class",
    "spec.overhead must be left out, or be just what the runtime class says.",
    "Take spec.overhead out of the template.";
    LIMIT_RANGE = 310, Error, "a LimitRange does not allow the pod",
    "A LimitRange of the namespace bounds what containers or pods may ask for. Its defaults are filled in first: one with a maximum alone gives every container that limit as its request.",
    "Change the requests and limits that the finding names, or the LimitRange.";
    POD_SECURITY = 311, Error, "Pod Security does not allow the pod",
    "The namespace's label pod-security.kubernetes.io/enforce names a level that the pod does not meet. The DaemonSet is accepted with a warning, its pods are refused. Agents that use the node's files, network or processes need the level privileged; a level that nobody knows counts as restricted.",
    "Label the namespace with the level that the agent needs, or take out what the finding names.";
    QUOTA_EXCEEDED = 312, Error, "a quota has too little left",
    "A ResourceQuota of the namespace counts the pod's requests or limits, and not one more pod fits under it.",
    "Raise the quota, lower the requests, or give the DaemonSet a namespace of its own.";
    QUOTA_UNSPECIFIED = 313, Error, "a quota counts what containers do not state",
    "Where a ResourceQuota counts cpu or memory, every container must state its requests or limits.",
    "State them, or give the namespace a LimitRange with defaults.";
    QUOTA_UNSYNCED = 314, Error, "a quota's use is not known yet",
    "The quota's status limits something, and does not say how much of it is used: its controller has not counted yet. Pods are refused until then.",
    "Wait a moment; where it lasts, see to the kube-controller-manager.";
    QUOTA_ADMITS_SOME = 315, Error, "a quota has room for some of the pods only",
    "The quota's rest admits fewer pods than there are nodes that want one. Which nodes go without is decided by order.",
    "Raise the quota, lower the requests, or give the DaemonSet a namespace of its own.";
    CONTRADICTION = 316, Error, "requests and limits contradict each other",
    "The API server refuses a pod whose request is above its limit, whose request for a resource that cannot be overcommitted differs from its limit, or whose containers ask for more than the pod as a whole.",
    "Correct the amounts that the finding names.";
    REPEATED_LABEL_KEY = 317, Error, "a term names a label key twice",
    "The API server adds what matchLabelKeys name to the labelSelector of the same term, and refuses the pod where the selector has the key already. The DaemonSet itself is accepted. Preferred terms count, too.",
    "Take the key out of matchLabelKeys, or out of the labelSelector.";
    REPEATED_HOST_PORT = 318, Error, "a port of the node is taken twice in the pod",
    "Two ports of the pod's containers are the same port of the node, by number, protocol and address. With hostNetwork every containerPort is a port of the node; the API server fills that in for pods only, so that the DaemonSet is accepted and its pods are refused.",
    "Name the port once, or give one of them another number.";
    WEBHOOK_REFUSED = 320, Error, "an admission webhook or policy refuses the pods",
    "The controller's FailedCreate event says that a webhook, or a ValidatingAdmissionPolicy, denied the pod. What it decides cannot be simulated.",
    "Read the message, and see to the policy that it names.";
    WEBHOOK_UNREACHABLE = 321, Error, "an admission webhook cannot be reached",
    "The API server could not call a webhook with failurePolicy Fail. Nothing that it covers can be created.",
    "See to the webhook's service, or exempt the namespace from it.";
    CREATION_FAILED = 322, Error, "the pods cannot be created",
    "The controller's FailedCreate event tells an error of the API server that the rules do not explain.",
    "Read the message.";
    CHANGED_BY_ADMISSION = 323, Warning, "admission changes the pods, and that decides",
    "The pod is not what the template makes by the rules: a webhook, a policy or an admission plugin changed its tolerations, node selector, requests, scheduler, gates or containers, and with that the decision is another. Nodes are judged by the pod's own spec then.",
    "See which webhook does it (`kubectl get mutatingwebhookconfigurations`), and whether it is meant to.";
    REFUSED_WHEN_ASKED = 324, Error, "the API server refuses the pod when it is asked",
    "With --probe-admission one pod of the template was sent with dryRun=All, which stores nothing. The server refused it, for a cause that the rules do not know. It was asked in your name: a webhook or policy that looks at who asks may answer the controller otherwise.",
    "Read the message, and see to what it names.";
}
