//! DS4xx: the kubelet and the containers.

crate::report::codes::pages! {
    KUBELET_RESOURCES = 401, Error, "the kubelet rejected the pod: not enough resources",
    "Another pod used the capacity between scheduling and admission by the kubelet, or the kubelet reserves more than it published. The pod is Failed (OutOfcpu, OutOfmemory, OutOfpods). The controller recreates the pod with increasing back-off.",
    "Check for pods that bypass the scheduler: static pods, and pods with spec.nodeName.";
    KUBELET_AFFINITY = 402, Error, "the kubelet rejected the pod: node labels do not match",
    "The labels of the node changed after the pod was created, or the template sets spec.nodeName and the labels of this node do not match.",
    "Restore the label, or change the selector.";
    KUBELET_PORTS = 403, Error, "the kubelet rejected the pod: a host port is in use",
    "A pod that bypassed the scheduler uses the host port.",
    "Free the port, or use another port.";
    KUBELET_TAINT = 404, Error, "the kubelet rejected the pod: a NoExecute taint is not tolerated",
    "The node has a NoExecute taint that the pod does not tolerate.",
    "Tolerate the taint, or remove it.";
    EVICTED = 405, Error, "the pod was evicted, or rejected under node pressure",
    "The node is short of memory, disk or process ids (MemoryPressure, DiskPressure, PIDPressure). Under DiskPressure and PIDPressure the kubelet also rejects new pods that are not critical, although DaemonSet pods tolerate the taints.",
    "Free memory, disk or process ids on the node. Give agents that must run a system-*-critical PriorityClass.";
    SYSCTL_FORBIDDEN = 406, Error, "the kubelet forbids a sysctl",
    "The pod sets an unsafe sysctl that allowedUnsafeSysctls of the kubelet does not list (SysctlForbidden).",
    "Allow the sysctl with --allowed-unsafe-sysctls of the kubelet, or remove the sysctl from the template.";
    DEVICES = 407, Error, "the kubelet could not allocate devices or CPUs",
    "A device plugin, or the memory, CPU or topology manager, rejected the pod (UnexpectedAdmissionError, TopologyAffinityError).",
    "Check the device plugin on the node, and the policies of the managers.";
    NODE_SHUTDOWN = 408, Error, "the node is shutting down",
    "The kubelet rejects or stops pods while the node shuts down.",
    "Wait for the node to come back, or remove it.";
    KUBELET_REFUSED = 409, Error, "the kubelet rejected the pod",
    "The admission of the kubelet rejected the pod: another operating system, AppArmor, supplementalGroupsPolicy: Strict, or a feature that this kubelet does not support.",
    "Read the message. Exclude nodes that cannot run the pod.";
    POD_FAILED = 410, Error, "the pod failed",
    "The pod is in phase Failed. The controller deletes and recreates the pod with increasing back-off.",
    "Read the message and the log of the container.";
    IMAGE_PULL = 420, Error, "the image cannot be pulled",
    "The registry does not have the image, requires credentials, or is unreachable from the node (ErrImagePull, ImagePullBackOff).",
    "Read the message. Correct the image or its tag, add imagePullSecrets, or fix the network between node and registry.";
    IMAGE_NAME = 421, Error, "the image name is invalid",
    "The image reference does not follow the grammar of references (InvalidImageName).",
    "Correct the reference.";
    IMAGE_ABSENT = 422, Error, "the image is not on the node",
    "imagePullPolicy is Never, and the image is not on the node (ErrImageNeverPull).",
    "Load the image on the node, or change imagePullPolicy.";
    CONTAINER_CONFIG = 423, Error, "the configuration of a container is invalid",
    "A Secret, a ConfigMap or a key is missing, or runAsNonRoot is set and the image runs as root (CreateContainerConfigError).",
    "Create the object that the message names, or correct the reference.";
    CONTAINER_START = 424, Error, "a container cannot start",
    "The runtime could not create or start the container: the command does not exist, a permission is missing, or a device or mount is invalid (RunContainerError, CreateContainerError).",
    "Read the message. Check the command, its permissions and the mounts.";
    CRASH_LOOP = 425, Error, "a container crashes repeatedly",
    "The container exits, and the kubelet restarts the container with increasing back-off, up to five minutes (CrashLoopBackOff).",
    "Read the log of the previous run: `kubectl logs POD -n NAMESPACE -c CONTAINER --previous`.";
    OUT_OF_MEMORY = 426, Error, "a container is OOMKilled",
    "The container used more memory than its limit, or the node ran out of memory, and the kernel killed the container.",
    "Raise the memory limit, or reduce the memory use of the container.";
    ARCHITECTURE = 427, Error, "the image is for another architecture",
    "\"exec format error\" means that the program is built for another architecture than the node. Most runtimes report this only in the log of the container, which --logs reads. Without the log the finding is a crash (DS425).",
    "Use an image for all architectures of the cluster, or select nodes by kubernetes.io/arch.";
    ENDS_AT_ONCE = 428, Error, "a container exits with code 0",
    "The container exits with code 0 (Completed). Containers of a DaemonSet must keep running: the kubelet restarts the container, and the pod is in CrashLoopBackOff.",
    "Run the program in the foreground. Move work that completes to an init container.";
    SECURITY_CONTEXT = 429, Error, "a container cannot start because of permissions",
    "The runtime or the kubelet rejected the container because of permissions: the image runs as root although runAsNonRoot is set, the user has no permission for the program or a file, or a seccomp, AppArmor or SELinux profile blocks the container.",
    "Read the message. Correct runAsUser, the user of the image, the mode of the file, or the profile.";
    MOUNT = 430, Error, "a volume cannot be mounted",
    "The kubelet cannot mount a volume (FailedMount): a ConfigMap or Secret is missing, a driver fails, or the mount times out.",
    "Create the object that the message names, or set optional: true on the reference.";
    HOST_PATH_TYPE = 431, Error, "a hostPath does not exist or has another type",
    "A hostPath volume with a type (Directory, File, Socket ...) requires a path of this type on the node.",
    "Use DirectoryOrCreate or FileOrCreate, create the path, or exclude nodes that lack the path.";
    ATTACH = 432, Error, "a volume cannot be attached",
    "The volume is attached to another node, or its driver fails (FailedAttachVolume).",
    "Use one volume per node instead of one claim for all pods.";
    SANDBOX = 433, Error, "the pod sandbox cannot be created",
    "The container runtime or the network plugin failed before any container started (FailedCreatePodSandBox).",
    "Check the network plugin on the node. Usual causes are a missing runtime handler and exhausted IP addresses.";
    NETWORK_NOT_READY = 434, Error, "the network of the node is not ready",
    "The network plugin is not initialized (cni plugin not initialized), so that only pods with hostNetwork can start.",
    "Check the network plugin on the node.";
    LIVENESS = 435, Error, "a failing liveness or startup probe kills the container",
    "The liveness or startup probe fails. The kubelet kills and restarts the container.",
    "Check whether the program answers in time. A startup probe gives slow programs more time to start.";
    READINESS = 436, Error, "a readiness probe fails",
    "The readiness probe fails. The pod is running, but not ready and not available.",
    "Read the message of the probe and the log of the container.";
    NOT_READY = 437, Error, "the pod is running but not ready",
    "A container is not ready, and no event says why.",
    "Read the output of `kubectl describe pod`, and the log of the container.";
    STARTING_LONG = 438, Error, "the pod does not start",
    "The pod is bound to its node, but its containers have not started, and neither their status nor an event says why.",
    "Read the output of `kubectl describe pod`, and the log of the kubelet on the node.";
    INIT_FAILED = 440, Error, "an init container fails",
    "An init container failed. The kubelet starts the containers of the pod only after all init containers succeed.",
    "Read its log: `kubectl logs POD -n NAMESPACE -c CONTAINER`.";
    PENDING_UNEXPLAINED = 441, Error, "the pod is Pending, and no cause was found",
    "The pod is not scheduled, the rules find no cause, and the scheduler has reported none.",
    "Check whether the scheduler runs. Wait if the pod is new.";
}
