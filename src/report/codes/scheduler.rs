//! DS2xx: the scheduler rejects the node.

crate::report::codes::pages! {
    SCHEDULER_SELECTOR = 203, Error, "the node lacks a label that the scheduler requires",
    "The pod requires a label that the node lacks. If the node is eligible, admission added the requirement: a RuntimeClass (scheduling.nodeSelector) or an admission plugin. The DaemonSet controller does not know this requirement.",
    "Add the same label to nodeSelector of the template, so that the controller creates no pod on the other nodes.";
    PORT_TAKEN = 204, Error, "a host port is in use",
    "Another pod on the node uses the port, on the same address or on all addresses. The port of a terminating pod counts until the pod is deleted. With hostNetwork every declared containerPort is a host port.",
    "Free the port, use another port, or remove hostPort: many agents need no host port.";
    INSUFFICIENT = 210, Error, "the node has too little free capacity",
    "The pod requests more than the allocatable amount of the node minus the requests of its pods (Insufficient cpu, Insufficient memory). The scheduler counts requests, not usage. The scheduler evicts pods of lower priority only if the pod has a higher priority. A DaemonSet without priorityClassName has the default priority.",
    "Set priorityClassName, so that the scheduler evicts lower-priority pods; lower the requests to what the pod needs; move other pods; or use larger nodes.";
    TOO_MANY_PODS = 211, Error, "the node runs too many pods",
    "The number of pods on the node has reached status.allocatable.pods (Too many pods). The kubelet (maxPods) or the network plugin sets this limit.",
    "Move other pods, raise maxPods, or set priorityClassName, so that the scheduler evicts lower-priority pods.";
    CLAIM_MISSING = 220, Error, "a PersistentVolumeClaim does not exist",
    "The template uses a claim that does not exist in the namespace. The scheduler rejects every node.",
    "Create the claim, or correct its name in the template.";
    DISK_IN_USE = 221, Error, "a disk is in use by another pod on the node",
    "Another pod on the node uses a disk that the template names, and disks of this kind cannot be shared.",
    "Use one volume per node: hostPath, a local volume or a generic ephemeral volume.";
    CLAIM_IN_USE = 222, Error, "a ReadWriteOncePod claim is in use",
    "The access mode of the claim is ReadWriteOncePod, and another pod uses the claim. All pods of a DaemonSet share the claims of the template, so that only one pod can run.",
    "Use one volume per node instead of one claim for all pods.";
    TOO_MANY_VOLUMES = 223, Error, "the node cannot attach more volumes",
    "The number of attached volumes has reached the limit of the CSI driver (CSINode drivers[].allocatable.count).",
    "Move pods with volumes to other nodes, or use nodes that attach more volumes.";
    DRIVER_MISSING = 224, Error, "the CSI driver is not installed on the node",
    "The CSI driver of the StorageClass is not installed on the node, and the driver requires that the scheduler avoids such nodes.",
    "Install the driver on the node, or exclude the node.";
    CLAIM_LOST = 226, Error, "a claim lost its volume",
    "The claim is bound to a PersistentVolume that no longer exists.",
    "Restore the volume, or create a new claim.";
    CLAIM_TERMINATING = 227, Error, "a claim is being deleted",
    "The claim has a deletionTimestamp. A new pod cannot use the claim.",
    "Create a new claim when the old claim is deleted.";
    CLAIM_UNBOUND = 228, Error, "a claim is not bound to a volume",
    "The StorageClass of the claim binds immediately, but the claim is not bound yet (unbound immediate PersistentVolumeClaims). The scheduler rejects every node until the claim is bound.",
    "Check the events of the claim (`kubectl describe pvc`). Usual causes are a provisioner that does not run, no matching volume, or no default StorageClass.";
    VOLUME_AFFINITY = 229, Error, "a volume is not accessible from the node",
    "The node affinity of the PersistentVolume does not match the node (volume node affinity conflict). One claim for all pods restricts all pods to the nodes of its volume.",
    "Use one volume per node, or select only nodes that can access the volume.";
    NO_VOLUME = 230, Error, "no volume is available for the node",
    "The claim waits for its first consumer (WaitForFirstConsumer). No matching PersistentVolume is accessible from the node, and none can be provisioned there.",
    "Create a volume, or use a StorageClass whose allowedTopologies include the node.";
    NO_STORAGE = 231, Error, "too little storage capacity for the node",
    "The CSI driver publishes its capacity (CSIStorageCapacity), and no storage that the node can access has enough capacity for the volume.",
    "Request less storage, or add storage.";
    VOLUME_GONE = 232, Error, "the volume of a claim does not exist",
    "The claim names a PersistentVolume that does not exist.",
    "Restore the volume, or create a new claim.";
    VOLUME_ZONE = 233, Error, "a volume is in another zone",
    "The zone or region labels of the PersistentVolume do not include the zone or region of the node.",
    "Use one volume per node, or select only nodes of this zone.";
    CLAIM_DENIED = 234, Error, "the API server denies the claim of an ephemeral volume",
    "The pod has a generic ephemeral volume. The ephemeral controller creates a PersistentVolumeClaim for each pod, and a ResourceQuota or LimitRange of the namespace denies the claim (event FailedBinding). The pod exists, and stays Pending: waiting for ephemeral volume controller to create the persistentvolumeclaim.",
    "Raise the quota, or request less storage in the volumeClaimTemplate.";
    SPREAD_LABEL = 240, Error, "the node lacks the topologyKey of a spread constraint",
    "A topologySpreadConstraint with DoNotSchedule has a topologyKey that the node lacks as a label.",
    "Set whenUnsatisfiable: ScheduleAnyway or remove the constraint, because a DaemonSet runs one pod per node anyway; or label the node. If another constraint with ScheduleAnyway has the same topologyKey, remove this constraint: kubectl patch distinguishes constraints only by topologyKey.";
    SPREAD_SKEW = 241, Error, "one more pod would exceed maxSkew",
    "A topologySpreadConstraint with DoNotSchedule allows no further pod in the domain of the node. With minDomains the minimum counts as 0 while there are fewer domains. A DaemonSet pod is pinned to its node, so that the domain of this node is the only domain, unless nodeAffinityPolicy is Ignore.",
    "Set whenUnsatisfiable: ScheduleAnyway or remove the constraint: a DaemonSet runs one pod per node anyway.";
    POD_AFFINITY = 250, Error, "required podAffinity is not satisfied",
    "A required podAffinity term matches no pod in the domain of the node. One pod must match all terms. A term without namespaces selects only pods in the namespace of the DaemonSet.",
    "Run the other pods there first; correct the labels or namespaces of the term; select the nodes of the other pods with nodeSelector; or remove the term, if the agent works without the other pods.";
    POD_ANTI_AFFINITY = 251, Error, "required podAntiAffinity is not satisfied",
    "A required podAntiAffinity term of the template matches a pod in the domain of the node.",
    "Move the other pod, narrow the selector of the term, or remove the term, if the agent can run next to the other pod. A preferred term has the same effect as no term, because a DaemonSet pod is pinned to its node.";
    EXISTING_ANTI_AFFINITY = 252, Error, "podAntiAffinity of another pod is not satisfied",
    "A pod in the domain of the node has a required podAntiAffinity term that matches the pods of this DaemonSet. The finding names the pod, its owner and the pods that the term selects.",
    "Narrow the selector or namespaces of the term in the owner of the other pod, or move the other pod. You can also change a label of this template that only this term selects.";
    FEATURE_MISSING = 260, Error, "the node does not declare a feature that the pod requires",
    "The pod uses a feature that the node does not declare in status.declaredFeatures.",
    "Update the kubelet, or remove the feature from the template.";
    RESOURCE_CLAIM = 261, Error, "the pod cannot use a ResourceClaim",
    "An entry of resourceClaims names a ResourceClaimTemplate or a ResourceClaim that does not exist, that is being deleted, that as many pods share as can (256), or whose devices are of other nodes. Without a template the resourceclaim controller creates no claim (event FailedResourceClaimCreation), and the scheduler does not try the pod: no message says so.",
    "Create the template or the claim, or correct its name. A DaemonSet needs a template: each of its pods then gets a claim of its own.";
    DEVICE_CLASS_MISSING = 262, Error, "a DeviceClass does not exist",
    "A request of a ResourceClaim names a DeviceClass that does not exist. The scheduler rejects the pod on every node.",
    "Install the driver that brings the DeviceClass, or correct deviceClassName.";
    DEVICES_SHORT = 263, Error, "the node has too few devices for a ResourceClaim",
    "The ResourceSlices offer the node no device that matches, or other claims have the devices, or a taint of the devices is not tolerated (cannot allocate all claims). With allocationMode All every matching device must be free, and at least one must be there. Of CEL expressions only comparisons of device.driver and of attributes with a literal are understood; whatever else an expression says can only exclude more devices.",
    "Check the driver's pod on the node and its ResourceSlices. If only some nodes have the devices, select these nodes with nodeSelector.";
    GATED = 270, Warning, "the pod waits for a scheduling gate",
    "spec.schedulingGates of the pod is not empty (SchedulingGated). The scheduler ignores the pod until a controller removes the gate.",
    "Check the controller that removes the gate, or remove the gate from the template.";
    PREEMPTING = 280, Warning, "the scheduler would evict lower-priority pods",
    "The node has too little free capacity, but runs pods of lower priority. The scheduler evicts the pods that the finding names (preemption).",
    "Nothing, if the eviction is intended. The scheduler respects PodDisruptionBudgets only where possible.";
    RACE_CLAIM = 290, Warning, "pods of the DaemonSet compete for a claim",
    "Only one pod at a time can use the claim (ReadWriteOncePod), and every pod of the DaemonSet uses the claim. The order of scheduling decides which pod gets the claim.",
    "Use one volume per node instead of one claim for all pods.";
    RACE_SPREAD = 291, Warning, "a spread constraint admits only some pods of the DaemonSet",
    "A DoNotSchedule constraint with nodeAffinityPolicy: Ignore counts the pods of the DaemonSet over all nodes. Some nodes get no pod; the order of scheduling decides which nodes.",
    "Set whenUnsatisfiable: ScheduleAnyway or remove the constraint: a DaemonSet runs one pod per node anyway.";
    RACE_AFFINITY = 292, Warning, "pods of the DaemonSet repel each other",
    "A required affinity or anti-affinity term selects the pods of the DaemonSet in domains larger than a node. Some nodes get no pod; the order of scheduling decides which nodes.",
    "Use kubernetes.io/hostname as topologyKey, or remove the term: a DaemonSet runs one pod per node anyway.";
}
