//! DS7xx: what is not known.

crate::report::codes::pages! {
    OTHER_SCHEDULER = 701, Warning, "another scheduler decides",
    "The template names a schedulerName other than default-scheduler. Its rules are not known here.",
    "Ask that scheduler; its events are on the pods.";
    NOT_COLLECTED = 702, Warning, "something that decides was not looked at",
    "The template refers to an object of a kind that the source does not hold, or that may not be read.",
    "Add the kind to the snapshot, or get the right to read it.";
    RESOURCE_CLAIMS = 703, Warning, "resource claims are not evaluated",
    "The template uses resourceClaims. Which devices are free is decided by expressions over ResourceSlices, which are not evaluated here.",
    "See the claims' status and the pods' events.";
    DEVICE_CLASS = 704, Warning, "a device class decides",
    "The extended resource is given by a DeviceClass rather than by the node, and is allocated by expressions that are not evaluated here.",
    "See the pods' events.";
    UNREADABLE = 705, Warning, "the node could not be read",
    "The Node object, or a pod on it, has fields of wrong types, so that nothing can be said of it.",
    "Correct the input; the message says where.";
    QUOTA_SCOPE = 706, Warning, "a quota has an unknown scope",
    "A ResourceQuota of the namespace has a scope that Kubernetes 1.37 does not know, so that it is not known whether it counts these pods.",
    "See the quota.";
    DISAGREES = 710, Warning, "the scheduler says something else",
    "What the scheduler wrote on the pod (condition PodScheduled) is not what the rules give for this node. The cluster may have changed since, the scheduler may be configured differently, or a plugin may run that is not known here.",
    "Trust the scheduler's message. Where it stays so on an unchanged cluster with a default scheduler, please report it.";
}
