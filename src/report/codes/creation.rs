//! DS3xx: the API server denies the creation of the pod.

crate::report::codes::pages! {
    NAMESPACE_MISSING = 301, Error, "the namespace does not exist",
    "The API server creates neither the DaemonSet nor its pods in a namespace that does not exist.",
    "Create the namespace.";
    NAMESPACE_TERMINATING = 302, Error, "the namespace is being deleted",
    "The API server creates no object in a namespace with a deletionTimestamp. The controller writes no event.",
    "Wait until the namespace is deleted, and create the namespace again.";
    SERVICE_ACCOUNT_MISSING = 303, Error, "the ServiceAccount does not exist",
    "The admission plugin ServiceAccount denies pods whose ServiceAccount is not in the namespace. The API server accepts the DaemonSet itself.",
    "Create the ServiceAccount, or correct serviceAccountName.";
    PRIORITY_CLASS_MISSING = 304, Error, "the PriorityClass does not exist",
    "The admission plugin Priority denies pods whose priorityClassName names no existing PriorityClass.",
    "Create the PriorityClass, or name an existing one. system-node-critical and system-cluster-critical always exist.";
    PRIORITY_MISMATCH = 305, Error, "the priority differs from the PriorityClass",
    "spec.priority of the template must be absent, or equal the value of the PriorityClass.",
    "Remove spec.priority from the template.";
    PREEMPTION_POLICY_MISMATCH = 306, Error, "preemptionPolicy differs from the PriorityClass",
    "spec.preemptionPolicy of the template must be absent, or equal the value of the PriorityClass.",
    "Remove spec.preemptionPolicy from the template.";
    RUNTIME_CLASS_MISSING = 307, Error, "the RuntimeClass does not exist",
    "The admission plugin RuntimeClass denies pods whose runtimeClassName names no existing RuntimeClass.",
    "Create the RuntimeClass, or remove runtimeClassName from the template.";
    RUNTIME_CLASS_CONFLICT = 308, Error, "RuntimeClass and template require different labels",
    "A RuntimeClass may have a nodeSelector (scheduling.nodeSelector), which admission merges into the pod. RuntimeClass and template require different values of the same label.",
    "Remove the label from nodeSelector of the template, or use another RuntimeClass.";
    OVERHEAD_MISMATCH = 309, Error, "the overhead differs from the RuntimeClass",
    "spec.overhead of the template must be absent, or equal the overhead of the RuntimeClass.",
    "Remove spec.overhead from the template.";
    LIMIT_RANGE = 310, Error, "a LimitRange forbids the pod",
    "A LimitRange of the namespace bounds the requests and limits of containers or pods. Admission sets the defaults of the LimitRange first: a LimitRange with a maximum alone gives every container this maximum as limit and request.",
    "Change the requests and limits that the finding names, or the LimitRange.";
    POD_SECURITY = 311, Error, "Pod Security forbids the pod",
    "The label pod-security.kubernetes.io/enforce of the namespace names a level that the pod violates. The API server accepts the DaemonSet with a warning, and denies its pods. Agents that use files, network or processes of the node need the level privileged. An unknown level is enforced as restricted.",
    "Label the namespace with the level that the agent needs, or remove the fields that the finding names.";
    QUOTA_EXCEEDED = 312, Error, "a quota is exceeded",
    "A ResourceQuota of the namespace counts the requests or limits of the pod, and admits no further pod (exceeded quota).",
    "Raise the quota, lower the requests, or give the DaemonSet a namespace of its own.";
    QUOTA_UNSPECIFIED = 313, Error, "a quota requires requests or limits that containers do not set",
    "If a ResourceQuota counts cpu or memory, every container must set the counted requests or limits.",
    "Set the requests and limits, or create a LimitRange with defaults in the namespace.";
    QUOTA_UNSYNCED = 314, Error, "a quota has no recorded usage yet",
    "status.used of the ResourceQuota is not set yet: the quota controller has not counted. The API server denies pods until then.",
    "Wait a moment. If it persists, check kube-controller-manager.";
    CONTRADICTION = 316, Error, "requests and limits contradict each other",
    "The API server denies a pod with a request above its limit, with different request and limit for a resource that cannot be overcommitted, or with containers that request more than the whole pod.",
    "Correct the amounts that the finding names.";
    REPEATED_LABEL_KEY = 317, Error, "a term has a label key twice",
    "The API server adds the keys of matchLabelKeys to the labelSelector of the same term, and denies the pod if the selector has the key already. The API server accepts the DaemonSet itself. Preferred terms count, too.",
    "Remove the key from matchLabelKeys, or from the labelSelector.";
    REPEATED_HOST_PORT = 318, Error, "the pod uses a host port twice",
    "Two container ports of the pod use the same host port (number, protocol and address). With hostNetwork every containerPort is a host port. The API server sets this default for pods only, so that it accepts the DaemonSet and denies its pods.",
    "Remove one of the two ports, or change its number.";
    WEBHOOK_REFUSED = 320, Error, "an admission webhook or policy denies the pods",
    "The FailedCreate event of the controller says that a webhook or a ValidatingAdmissionPolicy denied the pod. The doctor cannot simulate these. On GKE Autopilot the webhook is Warden, and the finding lists each constraint that the pod violates.",
    "Read the message, and fix the pod or the policy that the message names.";
    WEBHOOK_UNREACHABLE = 321, Error, "an admission webhook is unreachable",
    "The API server could not call a webhook with failurePolicy: Fail. Objects that match the webhook cannot be created.",
    "Fix the service of the webhook, or exempt the namespace from the webhook.";
    CREATION_FAILED = 322, Error, "the pods cannot be created",
    "The FailedCreate event of the controller reports an error of the API server that the rules do not explain.",
    "Read the message.";
    CHANGED_BY_ADMISSION = 323, Warning, "admission changes the pods, which changes the result",
    "The pod differs from the template: a webhook, a policy or an admission plugin changed its tolerations, nodeSelector, requests, scheduler, gates or containers. The change alters the result, so that the nodes are judged with the spec of the pod.",
    "Find the webhook (`kubectl get mutatingwebhookconfigurations`), and check whether the change is intended.";
    REFUSED_WHEN_ASKED = 324, Error, "the API server rejects a dry-run pod",
    "--probe-admission sent one pod of the template with dryRun=All, which stores nothing. The API server rejected the pod for a cause that the rules do not know. The dry run used your permissions: a webhook or policy that checks the user may decide otherwise for the controller.",
    "Read the message, and fix what the message names.";
    QUOTA_FOR_CLASS = 325, Error, "the PriorityClass needs a quota in the namespace",
    "The API server admits system-node-critical and system-cluster-critical only in namespaces with a ResourceQuota whose scopeSelector names the class (limitedResources of the admission plugin ResourceQuota). GKE is configured so, and has such a quota only in kube-system.",
    "Create a ResourceQuota with a scopeSelector for the PriorityClass in the namespace, or use another PriorityClass.";
    SCC_DENIED = 326, Error, "no SecurityContextConstraints admit the pods (OpenShift)",
    "OpenShift creates a pod only if SecurityContextConstraints (SCC) that its ServiceAccount may use allow everything that the pod asks for: hostNetwork, hostPath volumes, privileged containers, host ports.",
    "Let the ServiceAccount use an SCC that allows the pod: `oc adm policy add-scc-to-user SCC -z ACCOUNT -n NAMESPACE`, or a RoleBinding to the ClusterRole system:openshift:scc:SCC.";
}
