//! Containers, their probes, hooks, environment and rights.

use crate::manifest::fields::metadata::{FREE, ID, LONG, MODE, NATURAL, RESOURCES, SET, TEXTS};
use crate::manifest::fields::shape::Shape::{Bool, Int, List, Object as Of, Port, Quantity, Text, Words};
use crate::manifest::fields::shape::{Field, Object, Rule, Shape, field, object, required};

const PORT_NUMBER: Shape = Int(1, 65535);
pub(crate) const PULL: Shape = Words(&["", "Always", "IfNotPresent", "Never"]);

pub(crate) static CONTAINER: Object = object(
    "Container",
    "A container of the pod.",
    &[
        required("name", Text(Rule::DnsLabel), "Name, unique within the pod."),
        field("image", FREE, "Image reference."),
        field("imagePullPolicy", PULL, "When the image is pulled: Always for `latest`, else IfNotPresent, by default."),
        field("command", TEXTS, "Command with its arguments, instead of the image's entry point; no shell."),
        field("args", TEXTS, "Arguments, instead of the image's; `$(NAME)` is a variable of the environment."),
        field("workingDir", FREE, "Directory in which the command starts."),
        field("env", List(&Of(&ENV_VAR)), "Environment variables."),
        field("envFrom", List(&Of(&ENV_FROM)), "ConfigMaps and Secrets whose keys become environment variables."),
        field("ports", List(&Of(&CONTAINER_PORT)), "Ports that the container listens on."),
        field("resources", Of(&RESOURCE_REQUIREMENTS), "Requests and limits of the container."),
        field("resizePolicy", List(&Of(&RESIZE_POLICY)), "Whether a change of resources restarts the container."),
        field("restartPolicy", Words(&["Always", "OnFailure", "Never"]), "Always makes an init container a sidecar."),
        field("restartPolicyRules", List(&Of(&RESTART_RULE)), "Restarts decided by exit code."),
        field("livenessProbe", Of(&PROBE), "Probe whose failure restarts the container."),
        field("readinessProbe", Of(&PROBE), "Probe that decides whether the pod is ready."),
        field("startupProbe", Of(&PROBE), "Probe that must succeed once before the others begin."),
        field("lifecycle", Of(&LIFECYCLE), "What runs after the start and before the stop."),
        field("securityContext", Of(&SECURITY_CONTEXT), "User, capabilities and other privileges."),
        field("volumeMounts", List(&Of(&VOLUME_MOUNT)), "Volumes and where they appear."),
        field("volumeDevices", List(&Of(&VOLUME_DEVICE)), "Raw block volumes and their device paths."),
        field("stdin", Bool, "Whether standard input stays open.").or("false"),
        field("stdinOnce", Bool, "Whether standard input closes after the first client.").or("false"),
        field("tty", Bool, "Whether a terminal is allocated.").or("false"),
        field("terminationMessagePath", FREE, "File whose text says why the container ended.")
            .or("\"/dev/termination-log\""),
        field("terminationMessagePolicy", Words(&["", "File", "FallbackToLogsOnError"]), "Where that text comes from.")
            .or("\"File\""),
    ],
);

pub(crate) static ENV_VAR: Object = object(
    "EnvVar",
    "An environment variable.",
    &[
        required("name", Text(Rule::AnyEnvName), "Name of the variable."),
        field("value", FREE, "Value of the variable; `$(NAME)` refers to an earlier variable."),
        field("valueFrom", Of(&ENV_SOURCE), "Where its value comes from."),
    ],
);

pub(crate) static ENV_SOURCE: Object = object(
    "EnvVarSource",
    "Where the value of a variable comes from; one of these.",
    &[
        field("configMapKeyRef", Of(&KEY_SELECTOR), "A key of a ConfigMap."),
        field("secretKeyRef", Of(&KEY_SELECTOR), "A key of a Secret."),
        field("fieldRef", Of(&FIELD_REF), "A field of the pod."),
        field("resourceFieldRef", Of(&RESOURCE_FIELD_REF), "A resource of the container."),
        field("fileKeyRef", Of(&FILE_KEY_REF), "A variable in a file that an init container wrote."),
    ],
);

pub(crate) static KEY_SELECTOR: Object = object(
    "KeySelector",
    "A key of a ConfigMap or Secret of the same namespace.",
    &[
        required("name", Text(Rule::DnsName), "Name of the ConfigMap or Secret."),
        required("key", Text(Rule::DataKey), "Key in it."),
        field("optional", Bool, "Whether the pod may start without it."),
    ],
);

pub(crate) static FIELD_REF: Object = object(
    "ObjectFieldSelector",
    "A field of the pod.",
    &[
        required("fieldPath", SET, "Path, such as `spec.nodeName` or `metadata.labels['app']`."),
        field("apiVersion", FREE, "API version in which the path is read.").or("\"v1\""),
    ],
);

pub(crate) static RESOURCE_FIELD_REF: Object = object(
    "ResourceFieldSelector",
    "A resource of a container.",
    &[
        required("resource", SET, "Such as `limits.memory`."),
        field("containerName", FREE, "The container; needed in volumes."),
        field("divisor", Quantity, "Unit of the value.").or("\"0\""),
    ],
);

pub(crate) static FILE_KEY_REF: Object = object(
    "FileKeySelector",
    "A variable in a file of a volume.",
    &[
        required("volumeName", SET, "Volume that holds the file."),
        required("path", SET, "File within the volume."),
        required("key", SET, "Variable in the file."),
        field("optional", Bool, "Whether the container may start without it."),
    ],
);

pub(crate) static ENV_FROM: Object = object(
    "EnvFromSource",
    "A ConfigMap or Secret whose keys become environment variables.",
    &[
        field("prefix", FREE, "Put before each key."),
        field("configMapRef", Of(&ENV_FROM_REF), "The ConfigMap."),
        field("secretRef", Of(&ENV_FROM_REF), "The Secret."),
    ],
);

static ENV_FROM_REF: Object = object(
    "EnvSourceReference",
    "A ConfigMap or Secret of the same namespace.",
    &[required("name", SET, "Its name."), field("optional", Bool, "Whether the pod may start without it.")],
);

pub(crate) const PROTOCOL: Shape = Words(&["", "TCP", "UDP", "SCTP"]);

pub(crate) static CONTAINER_PORT: Object = object(
    "ContainerPort",
    "A port that the container listens on.",
    &[
        field("name", Text(Rule::PortName), "Name, unique within the container."),
        required("containerPort", PORT_NUMBER, "Number within the pod."),
        field("protocol", PROTOCOL, "Transport protocol.").or("\"TCP\""),
        field("hostPort", Int(0, 65535), "Number on the node; no two pods of a node may share it."),
        field("hostIP", FREE, "Address of the node on which the host port listens; all by default."),
    ],
);

pub(crate) static RESOURCE_REQUIREMENTS: Object = object(
    "ResourceRequirements",
    "Requested resources and resource limits.",
    &[
        field("limits", RESOURCES, "At most this much; more memory kills, more CPU throttles."),
        field("requests", RESOURCES, "Kept free on the node; the limits, where those alone are given."),
        field("claims", List(&Of(&RESOURCE_CLAIM)), "Claims of the pod that are used here."),
    ],
);

static RESOURCE_CLAIM: Object = object(
    "ResourceClaim",
    "A claim of the pod that is used.",
    &[
        required("name", SET, "Name of an entry of the pod's `resourceClaims`."),
        field("request", FREE, "The request within the claim; all of it by default."),
    ],
);

static RESIZE_POLICY: Object = object(
    "ContainerResizePolicy",
    "What a change of one resource does to a running container.",
    &[
        required("resourceName", Words(&["cpu", "memory"]), "The resource."),
        required("restartPolicy", Words(&["NotRequired", "RestartContainer"]), "Whether the container restarts."),
    ],
);

static RESTART_RULE: Object = object(
    "ContainerRestartRule",
    "What is done when the container ends with certain exit codes.",
    &[
        required("action", Words(&["Restart", "RestartAllContainers"]), "What is done."),
        field("exitCodes", Of(&RESTART_CODES), "For which exit codes."),
    ],
);

static RESTART_CODES: Object = object(
    "ContainerRestartRuleOnExitCodes",
    "Exit codes.",
    &[
        required("operator", Words(&["In", "NotIn"]), "Whether the code must be one of the values."),
        field("values", List(&Int(0, 255)), "The codes."),
    ],
);

pub(crate) const PROBE_TIMES: [Field; 6] = [
    field("initialDelaySeconds", NATURAL, "Seconds from the start to the first probe.").or("0"),
    field("periodSeconds", NATURAL, "Seconds between probes.").or("10"),
    field("timeoutSeconds", NATURAL, "Seconds after which a probe has failed.").or("1"),
    field("successThreshold", NATURAL, "Successes in a row that count; 1 for liveness and startup.").or("1"),
    field("failureThreshold", NATURAL, "Failures in a row that count.").or("3"),
    field(
        "terminationGracePeriodSeconds",
        Int(1, i64::MAX),
        "Seconds to stop after a failed probe; the pod's by default.",
    ),
];

pub(crate) static PROBE: Object = object(
    "Probe",
    "A question put to the container time and again; one handler.",
    &[
        field("httpGet", Of(&HTTP_GET), "An HTTP request; 200 to 399 is success."),
        field("tcpSocket", Of(&TCP_SOCKET), "A connection."),
        field("grpc", Of(&GRPC), "A gRPC health check."),
        field("exec", Of(&EXEC), "A command within the container; 0 is success."),
        PROBE_TIMES[0],
        PROBE_TIMES[1],
        PROBE_TIMES[2],
        PROBE_TIMES[3],
        PROBE_TIMES[4],
        PROBE_TIMES[5],
    ],
);

pub(crate) static HTTP_GET: Object = object(
    "HTTPGetAction",
    "An HTTP request to the container.",
    &[
        required("port", Port, "Port number, or name of a port of the container."),
        field("path", FREE, "Path.").or("\"/\""),
        field("scheme", Words(&["", "HTTP", "HTTPS"]), "HTTP or HTTPS.").or("\"HTTP\""),
        field("host", FREE, "Host; the pod's address by default."),
        field("httpHeaders", List(&Of(&HTTP_HEADER)), "Headers to send."),
        field("protocol", FREE, "Version of HTTP that is spoken."),
    ],
);

static HTTP_HEADER: Object = object(
    "HTTPHeader",
    "A header to send.",
    &[required("name", SET, "Its name."), field("value", FREE, "Its value.")],
);

pub(crate) static TCP_SOCKET: Object = object(
    "TCPSocketAction",
    "A connection to the container.",
    &[
        required("port", Port, "Port number, or name of a port of the container."),
        field("host", FREE, "Host; the pod's address by default."),
    ],
);

static GRPC: Object = object(
    "GRPCAction",
    "A gRPC health check.",
    &[
        required("port", PORT_NUMBER, "Port number."),
        field("service", FREE, "Service asked about.").or("\"\""),
        field("mode", FREE, "How the connection is secured."),
    ],
);

pub(crate) static EXEC: Object = object(
    "ExecAction",
    "A command within the container.",
    &[field("command", TEXTS, "Command with its arguments; no shell.")],
);

pub(crate) static LIFECYCLE: Object = object(
    "Lifecycle",
    "What runs after the start and before the stop.",
    &[
        field("postStart", Of(&HOOK), "Runs right after the start; its failure restarts the container."),
        field("preStop", Of(&HOOK), "Runs before the stop signal, within the grace period."),
        field("stopSignal", FREE, "Signal that asks the container to stop; the image's, else SIGTERM."),
    ],
);

static HOOK: Object = object(
    "LifecycleHandler",
    "One thing to do.",
    &[
        field("exec", Of(&EXEC), "A command within the container."),
        field("httpGet", Of(&HTTP_GET), "An HTTP request."),
        field("sleep", Of(&SLEEP), "A pause."),
        field("tcpSocket", Of(&TCP_SOCKET), "Not supported any more by Kubernetes."),
    ],
);

static SLEEP: Object =
    object("SleepAction", "A pause.", &[required("seconds", LONG, "Seconds; at most the grace period.")]);

pub(crate) static SECURITY_CONTEXT: Object = object(
    "SecurityContext",
    "User, capabilities and other privileges of a container; these fields override the pod's.",
    &[
        field("privileged", Bool, "Run the container with all privileges of root on the node."),
        field("allowPrivilegeEscalation", Bool, "Whether a process may gain more privileges than its parent."),
        field("capabilities", Of(&CAPABILITIES), "Capabilities more or less than the runtime's default."),
        field("runAsUser", ID, "User ID; 0 is root."),
        field("runAsGroup", ID, "Primary group ID."),
        field("runAsNonRoot", Bool, "Whether a start as user 0 is refused."),
        field("readOnlyRootFilesystem", Bool, "Whether the container's own files cannot be written."),
        field("procMount", Words(&["Default", "Unmasked"]), "How much of /proc is shown."),
        field("seLinuxOptions", Of(&SE_LINUX), "SELinux labels."),
        field("seccompProfile", Of(&SECCOMP), "Filter of system calls."),
        field("appArmorProfile", Of(&APP_ARMOR), "AppArmor profile."),
        field("windowsOptions", Of(&WINDOWS), "What only Windows knows."),
    ],
);

static CAPABILITIES: Object = object(
    "Capabilities",
    "Linux capabilities, without the prefix `CAP_`.",
    &[
        field("add", TEXTS, "Capabilities in addition to the runtime's default."),
        field("drop", TEXTS, "Capabilities to remove; ALL for all."),
    ],
);

pub(crate) static SE_LINUX: Object = object(
    "SELinuxOptions",
    "SELinux labels.",
    &[
        field("user", FREE, "User label."),
        field("role", FREE, "Role label."),
        field("type", FREE, "Type label."),
        field("level", FREE, "Level label."),
    ],
);

const PROFILES: Shape = Words(&["RuntimeDefault", "Unconfined", "Localhost"]);

pub(crate) static SECCOMP: Object = object(
    "SeccompProfile",
    "A filter of system calls.",
    &[
        required("type", PROFILES, "The runtime's own, none, or one of the node."),
        field("localhostProfile", FREE, "File on the node, for Localhost."),
    ],
);

pub(crate) static APP_ARMOR: Object = object(
    "AppArmorProfile",
    "An AppArmor profile.",
    &[
        required("type", PROFILES, "The runtime's own, none, or one loaded on the node."),
        field("localhostProfile", FREE, "Name of the loaded profile, for Localhost."),
    ],
);

pub(crate) static WINDOWS: Object = object(
    "WindowsSecurityContextOptions",
    "What only Windows knows.",
    &[
        field("gmsaCredentialSpec", FREE, "Text of a GMSA credential spec."),
        field("gmsaCredentialSpecName", FREE, "Name of a GMSA credential spec."),
        field("hostProcess", Bool, "Whether the container runs as a process of the host."),
        field("runAsUserName", FREE, "User name."),
    ],
);

pub(crate) static VOLUME_MOUNT: Object = object(
    "VolumeMount",
    "A volume and where it appears in the container.",
    &[
        required("name", SET, "Name of a volume of the pod."),
        required("mountPath", SET, "Where it appears."),
        field("readOnly", Bool, "Whether it cannot be written.").or("false"),
        field(
            "recursiveReadOnly",
            Words(&["Disabled", "IfPossible", "Enabled"]),
            "Whether mounts below are read-only too.",
        ),
        field(
            "mountPropagation",
            Words(&["None", "HostToContainer", "Bidirectional"]),
            "Whether later mounts are seen.",
        ),
        field("subPath", Text(Rule::RelativePath), "Path within the volume that is mounted."),
        field("subPathExpr", Text(Rule::RelativePath), "The same, with `$(NAME)` for variables."),
        field("bindMountOptions", TEXTS, "Options of the mount."),
    ],
);

static VOLUME_DEVICE: Object = object(
    "VolumeDevice",
    "A raw block volume.",
    &[
        required("name", SET, "Name of a volume of the pod."),
        required("devicePath", SET, "Path of the device in the container."),
    ],
);

pub(crate) const FILE_MODE: Shape = MODE;
