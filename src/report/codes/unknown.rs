//! DS7xx: what is not known.

crate::report::codes::pages! {
    OTHER_SCHEDULER = 701, Warning, "the pod uses another scheduler",
    "schedulerName of the template is not default-scheduler. The decisions of another scheduler cannot be simulated. If the scheduler reports on the pod why it does not schedule the pod, the finding is an error with this message. Most other schedulers are variants of kube-scheduler: the finding adds what the default scheduler would reject.",
    "Read the message of the scheduler, and the events of the pods.";
    NOT_COLLECTED = 702, Warning, "an object that decides was not read",
    "The template refers to an object whose kind the source does not hold, or that you have no permission to read.",
    "Add the kind to the snapshot, or get the permission to read the kind.";
    RESOURCE_CLAIMS = 703, Warning, "resource claims cannot be simulated",
    "The template uses resourceClaims. CEL expressions over ResourceSlices decide which devices are free; the doctor does not evaluate these expressions.",
    "Check the status of the claims and the events of the pods.";
    DEVICE_CLASS = 704, Warning, "a DeviceClass cannot be simulated",
    "A DeviceClass provides the extended resource. CEL expressions decide the allocation; the doctor does not evaluate these expressions.",
    "Check the events of the pods.";
    UNREADABLE = 705, Warning, "the node cannot be read",
    "The Node object, or a pod on the node, has fields of wrong types, so that the node cannot be judged.",
    "Correct the input; the message says where.";
    QUOTA_SCOPE = 706, Warning, "a quota has an unknown scope",
    "A ResourceQuota of the namespace has a scope that Kubernetes 1.37 does not have, so that it is unknown whether the quota counts these pods.",
    "Check the scopes of the quota.";
}
