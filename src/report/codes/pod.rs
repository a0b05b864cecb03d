//! DS4xx: what the kubelet and the containers say.

crate::report::codes::pages! {
    KUBELET_RESOURCES = 401, Error, "the kubelet refused the pod: not enough resources",
    "Between the scheduler's decision and the pod's arrival the room was taken, or the kubelet reserves more than it published. The pod is Failed (OutOfcpu, OutOfmemory, OutOfpods); the controller replaces it, ever more slowly.",
    "See what else runs on the node outside the scheduler's sight: static pods, pods with a nodeName.";
    KUBELET_AFFINITY = 402, Error, "the kubelet refused the pod: the node's labels",
    "The node's labels changed after the pod was made, or the template names the node and its labels do not match.",
    "Restore the label, or change the selector.";
    KUBELET_PORTS = 403, Error, "the kubelet refused the pod: a host port is taken",
    "A pod that the scheduler did not see holds the port.",
    "Free the port, or take another.";
    KUBELET_TAINT = 404, Error, "the kubelet refused the pod: a NoExecute taint",
    "The node has a NoExecute taint that the pod does not tolerate.",
    "Tolerate the taint, or remove it.";
    EVICTED = 405, Error, "the pod was evicted, or refused under pressure",
    "The node runs short of memory, disk or process ids. Under disk and process pressure the kubelet also refuses new pods that are not critical, although DaemonSet pods tolerate the taints.",
    "See to the node; give agents that must run a system-*-critical priority class.";
    SYSCTL_FORBIDDEN = 406, Error, "the kubelet does not allow a kernel setting",
    "The pod sets a sysctl that the kubelet's list of unsafe sysctls does not hold.",
    "Allow it with --allowed-unsafe-sysctls, or do without.";
    DEVICES = 407, Error, "the kubelet could not allocate devices or cores",
    "A device plugin, the memory, CPU or topology manager refused the pod.",
    "See to the device plugin on the node, and to the managers' policies.";
    NODE_SHUTDOWN = 408, Error, "the node is shutting down",
    "The kubelet refuses or ends pods while the node shuts down.",
    "Wait for the node to come back, or remove it.";
    KUBELET_REFUSED = 409, Error, "the kubelet refused the pod",
    "The kubelet's own admission refused the pod: another operating system, AppArmor, groups that the runtime cannot keep out, a feature that this kubelet does not know.",
    "Read the message; leave out nodes that cannot run the pod.";
    POD_FAILED = 410, Error, "the pod failed",
    "The pod has ended badly. The controller deletes and replaces it, ever more slowly.",
    "Read the message and the container's log.";
    IMAGE_PULL = 420, Error, "the image cannot be pulled",
    "The registry does not have the image, does not give it without credentials, or cannot be reached from the node.",
    "Read the message: correct the image or its tag, add imagePullSecrets, or see to the node's way to the registry.";
    IMAGE_NAME = 421, Error, "the image's name cannot be read",
    "The image reference does not follow the grammar of references.",
    "Correct the reference.";
    IMAGE_ABSENT = 422, Error, "the image is not on the node",
    "imagePullPolicy is Never, and the node does not hold the image.",
    "Load the image on the node, or let it be pulled.";
    CONTAINER_CONFIG = 423, Error, "a container's configuration cannot be made",
    "A Secret or ConfigMap, or a key in one, is missing; or runAsNonRoot is set and the image runs as root.",
    "Create what the message names, or correct the reference.";
    CONTAINER_START = 424, Error, "a container cannot be started",
    "The runtime could not create or start the container: a command that does not exist, no permission, a bad device or mount.",
    "Read the message; the command, its permissions and mounts are the usual suspects.";
    CRASH_LOOP = 425, Error, "a container crashes again and again",
    "The container ended and is started again, each time after a longer wait, up to five minutes.",
    "Read the log of the container that ended: `kubectl logs POD -c CONTAINER --previous`.";
    OUT_OF_MEMORY = 426, Error, "a container ran out of memory",
    "The container used more memory than its limit, or the node had none left, and the kernel killed it.",
    "Raise the memory limit, or find out what uses it.";
    ARCHITECTURE = 427, Error, "the image is for another architecture",
    "\"exec format error\" means that the program was built for another processor than the node's. Most runtimes say so in the container's log alone, which --logs reads; without it the container counts as crashing (DS425).",
    "Use an image for all architectures of the cluster, or select nodes by kubernetes.io/arch.";
    ENDS_AT_ONCE = 428, Error, "a container ends by itself",
    "The container exits with 0. Pods of a DaemonSet must run for ever: it is started again, and counts as crashing.",
    "Run the program in the foreground; do work that ends in an init container.";
    SECURITY_CONTEXT = 429, Error, "permissions keep a container from starting",
    "The runtime or the kubelet refused the container for what it may do: it would run as root although runAsNonRoot is set, its user may not execute the program or use a file, or a seccomp, AppArmor or SELinux profile stands in the way.",
    "Read the message; correct runAsUser, the image's user, the file's mode, or the profile.";
    MOUNT = 430, Error, "a volume cannot be mounted",
    "The kubelet cannot set up a volume: a ConfigMap or Secret that is missing, a driver that fails, a time-out.",
    "Create what the message names, or mark it optional.";
    HOST_PATH_TYPE = 431, Error, "the path on the node is not what was asked for",
    "A hostPath volume with a type (Directory, File, Socket ...) must find just that on the node.",
    "Use DirectoryOrCreate or FileOrCreate, create the path, or leave out nodes that lack it.";
    ATTACH = 432, Error, "a volume cannot be attached",
    "The volume is attached to another node, or its driver fails.",
    "Use a volume for each node instead of one claim for all.";
    SANDBOX = 433, Error, "the pod's sandbox cannot be made",
    "The runtime or the network plugin failed before any container was started.",
    "See to the network plugin on the node; a missing runtime handler and exhausted addresses are the usual causes.";
    NETWORK_NOT_READY = 434, Error, "the node's network is not ready",
    "The network plugin is not set up, so that only pods on the host's network can start.",
    "See to the network plugin on the node.";
    LIVENESS = 435, Error, "a probe fails, and the container is killed",
    "The liveness or startup probe fails. The kubelet kills the container and starts it again.",
    "See whether the program answers in time; a startup probe gives slow starters more time.";
    READINESS = 436, Error, "a probe says that the container is not ready",
    "The readiness probe fails. The pod runs but does not count as available.",
    "Read the probe's message and the container's log.";
    NOT_READY = 437, Error, "the pod runs but is not ready",
    "A container is not ready, and no event says why.",
    "See `kubectl describe pod`, and the container's log.";
    STARTING_LONG = 438, Error, "the pod does not start",
    "The pod is on its node, its containers wait, and neither they nor any event say for what.",
    "See `kubectl describe pod`, and the kubelet's log on the node.";
    TERMINATING_LONG = 439, Error, "the pod does not go away",
    "The pod has been asked to end and does not: its node does not answer, or a finalizer holds it. Until it is gone no new pod is made on the node.",
    "See to the node. If it will not come back, delete the Node object, or taint it node.kubernetes.io/out-of-service.";
    INIT_FAILED = 440, Error, "an init container fails",
    "An init container ended badly; the pod's containers are not started before it ends well.",
    "Read its log: `kubectl logs POD -c CONTAINER`.";
    PENDING_UNEXPLAINED = 441, Error, "the pod waits, although nothing stands in its way",
    "The pod is not bound to its node, the rules find no reason, and the scheduler has not said any.",
    "See whether the scheduler runs; wait if the pod is new.";
}
