//! DS2xx: the scheduler refuses the node.

crate::report::codes::pages! {
    SCHEDULER_SELECTOR = 203, Error, "the scheduler finds a label missing",
    "The pod asks for a label that the node does not have. Where the controller wanted the pod, the label was added on the way: by a RuntimeClass (scheduling.nodeSelector) or an admission plugin. The controller does not know of it.",
    "Put the same label into the template's nodeSelector, so that no pod is made on the other nodes.";
    PORT_TAKEN = 204, Error, "a host port is taken",
    "Another pod of the node holds the port, on the same address or on all. Ports of pods that are being deleted count until they are gone. Under hostNetwork every declared container port is a host port.",
    "Free the port, take another, or do not ask for one: many agents need no host port.";
    INSUFFICIENT = 210, Error, "not enough of a resource is free",
    "The node's allocatable amount less the requests of its pods is smaller than what the pod requests. Usage does not matter, requests do. Pods of lower priority are evicted only if the pod has a higher priority, which a DaemonSet without priorityClassName has not.",
    "Give the DaemonSet a priority class, so that it goes before other pods; lower its requests to what it needs; move pods away; or use larger nodes.";
    TOO_MANY_PODS = 211, Error, "the node runs as many pods as it may",
    "The number of pods on the node has reached status.allocatable.pods, which the kubelet (maxPods) or the network plugin limits.",
    "Move pods away, raise maxPods, or give the DaemonSet a priority class so that it goes before other pods.";
    CLAIM_MISSING = 220, Error, "a PersistentVolumeClaim does not exist",
    "The template uses a claim that is not in the namespace. No node can be chosen.",
    "Create the claim, or correct its name in the template.";
    DISK_IN_USE = 221, Error, "a disk is in use on the node",
    "A disk named in the template is mounted by another pod of the node, and disks of that kind are not shared.",
    "Use a volume for each node: hostPath, a local volume or a generic ephemeral volume.";
    CLAIM_IN_USE = 222, Error, "a claim for one pod only is in use",
    "The claim's access mode is ReadWriteOncePod, and a pod uses it. All pods of a DaemonSet share the claims of its template, so that only one of them can ever run.",
    "Use a volume for each node instead of one claim for all.";
    TOO_MANY_VOLUMES = 223, Error, "the node cannot attach more volumes",
    "The CSI driver attaches a limited number of volumes to a node (CSINode drivers[].allocatable.count), which is reached.",
    "Move pods with volumes away, or use nodes that attach more.";
    DRIVER_MISSING = 224, Error, "the volume's driver is not on the node",
    "The CSI driver of the claim's class does not run on the node and asks that no pod that needs it be put there.",
    "Install the driver on the node, or leave the node out.";
    CLAIM_LOST = 226, Error, "a claim lost its volume",
    "The claim is bound to a PersistentVolume that no longer exists.",
    "Restore the volume, or make a new claim.";
    CLAIM_TERMINATING = 227, Error, "a claim is being deleted",
    "The claim has a deletion timestamp. A pod that is new cannot use it.",
    "Make a new claim once the old one is gone.";
    CLAIM_UNBOUND = 228, Error, "a claim has no volume yet",
    "The claim's class binds at once, and no volume has been bound. No node can be chosen until then.",
    "See the claim's events (`kubectl describe pvc`): a provisioner that does not run, no volume that fits, or no default class.";
    VOLUME_AFFINITY = 229, Error, "a volume cannot be reached from the node",
    "The claim's PersistentVolume has a node affinity that does not match the node. One claim for all pods pins them to where its volume lives.",
    "Use a volume for each node, or select only the nodes that reach it.";
    NO_VOLUME = 230, Error, "no volume can be found or made on the node",
    "The claim waits for its first consumer; no PersistentVolume that fits can be used from the node, and none can be provisioned there.",
    "Provide a volume, or a class whose topology covers the node.";
    NO_STORAGE = 231, Error, "too little storage is left there",
    "The driver publishes its capacity (CSIStorageCapacity), and none of the places that the node reaches has room for the volume.",
    "Ask for less, or add storage.";
    VOLUME_GONE = 232, Error, "a claim's volume does not exist",
    "The claim names a PersistentVolume that is not there.",
    "Restore the volume, or make a new claim.";
    VOLUME_ZONE = 233, Error, "a volume is in another zone",
    "The PersistentVolume's zone or region labels do not include the node's.",
    "Use a volume for each node, or select only the nodes of that zone.";
    SPREAD_LABEL = 240, Error, "the node lacks the label by which pods are spread",
    "A topologySpreadConstraint with DoNotSchedule names a topologyKey that the node does not have.",
    "Let the constraint be ScheduleAnyway or drop it, since a DaemonSet is spread over nodes by nature; or label the node. Where another constraint with ScheduleAnyway has the same topologyKey, drop this one: kubectl patch tells them apart by that key alone.";
    SPREAD_SKEW = 241, Error, "one more pod would make the spread too uneven",
    "A topologySpreadConstraint with DoNotSchedule allows no further pod in the node's domain. With minDomains, the emptiest domain counts as empty while there are fewer domains; the pod of a DaemonSet is tied to its node, whose domain is the only one unless nodeAffinityPolicy is Ignore.",
    "Let the constraint be ScheduleAnyway or drop it: a DaemonSet is spread over nodes by nature.";
    POD_AFFINITY = 250, Error, "no pod that it must be near is there",
    "A required podAffinity term finds no matching pod in the node's domain. One pod must match all terms, and a term without namespaces means the DaemonSet's own alone.",
    "Run the other pods there first; mend the term's labels or namespaces; let nodeSelector choose the nodes where they run; or drop the term, if the agent is of use without them.";
    POD_ANTI_AFFINITY = 251, Error, "a pod that it must keep away from is there",
    "A required podAntiAffinity term of the template matches a pod in the node's domain.",
    "Move the other pod, narrow the term's selector, or drop the term, if the agent can run beside it. Making it preferred does the same: the pod of a DaemonSet is tied to its node.";
    EXISTING_ANTI_AFFINITY = 252, Error, "a pod there keeps this one away",
    "A pod in the node's domain has a required podAntiAffinity term that matches this DaemonSet's pods. The finding names the pod, its owner and the pods that the term means.",
    "Narrow the term's selector or namespaces where that pod is made, or move the pod away. A label of this template that only that term means can also be changed.";
    FEATURE_MISSING = 260, Error, "the node does not declare a feature that the pod requires",
    "Kubelets declare features in status.declaredFeatures, and the pod uses one that this node does not declare.",
    "Update the kubelet, or do without the feature.";
    GATED = 270, Warning, "the pod waits for a scheduling gate",
    "spec.schedulingGates of the pod is not empty. The scheduler does not look at the pod until whoever put the gate there removes it.",
    "See to the controller that lifts the gate, or take the gate out of the template.";
    PREEMPTING = 280, Warning, "other pods are evicted to make room",
    "The pod does not fit as the node is, but its priority is higher than that of pods there. The scheduler evicts those that the finding names.",
    "Nothing, if that is what the priority is for. Disruption budgets are respected only where possible.";
    RACE_CLAIM = 290, Warning, "pods of the DaemonSet compete for a claim",
    "The claim may be used by one pod at a time (ReadWriteOncePod), and every pod of the DaemonSet wants it. Which one gets it is decided by order.",
    "Use a volume for each node instead of one claim for all.";
    RACE_SPREAD = 291, Warning, "pods of the DaemonSet compete for an even spread",
    "A DoNotSchedule constraint that ignores node affinity counts the DaemonSet's own pods over all nodes. Some nodes will get no pod; which ones is decided by order.",
    "Let the constraint be ScheduleAnyway or drop it: a DaemonSet is spread over nodes by nature.";
    RACE_AFFINITY = 292, Warning, "pods of the DaemonSet keep each other away",
    "A required inter-pod term selects the DaemonSet's own pods in domains larger than a node. Some nodes will get no pod; which ones is decided by order.",
    "Use kubernetes.io/hostname as topologyKey, or drop the term: a DaemonSet runs one pod a node by nature.";
}
