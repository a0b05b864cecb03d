//! The pod: what runs, where it may run, with which rights.

use crate::manifest::fields::container::{APP_ARMOR, CONTAINER, RESOURCE_REQUIREMENTS, SE_LINUX, SECCOMP, WINDOWS};
use crate::manifest::fields::metadata::{
    FREE, GRACE, ID, LABEL_SELECTOR, LABELS, LOCAL_REFERENCE, LONG, POSITIVE, RESOURCES, SET, TEXTS,
};
use crate::manifest::fields::shape::Shape::{Any, Bool, Int, List, Object as Of, Text, Words};
use crate::manifest::fields::shape::{Object, Rule, Shape, field, object, required};
use crate::manifest::fields::volume::VOLUME;

const WEIGHT: Shape = Int(1, 100);

pub(crate) static POD_SPEC: Object = object(
    "PodSpec",
    "Containers, volumes and where they may run.",
    &[
        required("containers", List(&Of(&CONTAINER)), "Containers that run side by side."),
        field("initContainers", List(&Of(&CONTAINER)), "Containers that run one after another before the others."),
        field("ephemeralContainers", Any, "Not allowed in a template."),
        field("volumes", List(&Of(&VOLUME)), "Volumes that containers mount."),
        field("nodeSelector", LABELS, "Labels that a node must have."),
        field("affinity", Of(&AFFINITY), "Where the pod must, or would rather, run."),
        field("tolerations", List(&Of(&TOLERATION)), "Taints of nodes that the pod does not mind."),
        field("topologySpreadConstraints", List(&Of(&SPREAD)), "How evenly pods spread; one pod a node needs none."),
        field("nodeName", FREE, "A node, past the scheduler."),
        field("schedulerName", FREE, "The scheduler that decides.").or("\"default-scheduler\""),
        field(
            "schedulingGates",
            List(&Of(&GATE)),
            "Names that must be removed before the scheduler considers the pod.",
        ),
        field("schedulingGroup", Of(&SCHEDULING_GROUP), "Pods that are scheduled together."),
        field("priorityClassName", FREE, "Class that says who yields to whom, such as `system-node-critical`."),
        field("priority", Int(i32::MIN as i64, i32::MAX as i64), "Set from the class by the API server."),
        field("preemptionPolicy", Words(&["PreemptLowerPriority", "Never"]), "Whether others are evicted for it."),
        field("serviceAccountName", FREE, "ServiceAccount whose permissions the pod has; `default` by default."),
        field("serviceAccount", FREE, "Old name of serviceAccountName."),
        field(
            "automountServiceAccountToken",
            Bool,
            "Whether the token is mounted; as the ServiceAccount says by default.",
        ),
        field("imagePullSecrets", List(&Of(&LOCAL_REFERENCE)), "Secrets with credentials for registries."),
        field("hostNetwork", Bool, "Whether the pod uses the node's network.").or("false"),
        field("hostPID", Bool, "Whether the pod sees the node's processes.").or("false"),
        field("hostIPC", Bool, "Whether the pod shares the node's IPC.").or("false"),
        field("hostUsers", Bool, "False puts the pod into a user namespace of its own."),
        field("shareProcessNamespace", Bool, "Whether containers see each other's processes."),
        field("hostname", FREE, "Host name within the pod; the pod's name by default."),
        field("hostnameOverride", FREE, "Host name within the pod, any DNS name."),
        field("subdomain", FREE, "Subdomain within the cluster's DNS."),
        field("setHostnameAsFQDN", Bool, "Whether the host name is the full one."),
        field("hostAliases", List(&Of(&HOST_ALIAS)), "Entries of /etc/hosts."),
        field(
            "dnsPolicy",
            Words(&["", "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"]),
            "Whose DNS is asked.",
        )
        .or("\"ClusterFirst\""),
        field("dnsConfig", Of(&DNS_CONFIG), "DNS settings on top of the policy."),
        field(
            "securityContext",
            Of(&POD_SECURITY_CONTEXT),
            "Security settings of all containers that have none of their own.",
        )
        .or("{}"),
        field("terminationGracePeriodSeconds", GRACE, "Seconds between the stop signal and the kill.").or("30"),
        field("restartPolicy", Words(&["", "Always"]), "Always, in a DaemonSet.").or("\"Always\""),
        field("activeDeadlineSeconds", LONG, "Not allowed in a DaemonSet."),
        field("enableServiceLinks", Bool, "Whether Services become environment variables.").or("true"),
        field("readinessGates", List(&Of(&READINESS_GATE)), "Further conditions for the pod to be ready."),
        field("runtimeClassName", FREE, "RuntimeClass that runs the containers."),
        field("overhead", RESOURCES, "Set from the RuntimeClass by the API server."),
        field("os", Of(&POD_OS), "Operating system that the pod needs."),
        field("resources", Of(&RESOURCE_REQUIREMENTS), "What the containers ask for together."),
        field("resourceClaims", List(&Of(&POD_RESOURCE_CLAIM)), "Claims for devices."),
        field("evictionResponders", List(&Of(&EVICTION_RESPONDER)), "Who may act before the pod is evicted."),
    ],
);

pub(crate) static TOLERATION: Object = object(
    "Toleration",
    "Taints that the pod does not mind.",
    &[
        field("key", FREE, "Taint key; empty for all, with Exists."),
        field("operator", Words(&["", "Exists", "Equal", "Lt", "Gt"]), "How key and value relate; Equal by default."),
        field("value", FREE, "Taint value, for Equal, Lt and Gt."),
        field("effect", Words(&["", "NoSchedule", "PreferNoSchedule", "NoExecute"]), "Effect; empty for all."),
        field("tolerationSeconds", Int(i64::MIN, i64::MAX), "Seconds a NoExecute taint is borne; forever by default."),
    ],
);

pub(crate) static AFFINITY: Object = object(
    "Affinity",
    "Where the pod must, or would rather, run.",
    &[
        field("nodeAffinity", Of(&NODE_AFFINITY), "By labels of nodes."),
        field("podAffinity", Of(&POD_AFFINITY), "Near other pods."),
        field("podAntiAffinity", Of(&POD_AFFINITY), "Away from other pods."),
    ],
);

static NODE_AFFINITY: Object = object(
    "NodeAffinity",
    "Nodes by their labels.",
    &[
        field("requiredDuringSchedulingIgnoredDuringExecution", Of(&NODE_SELECTOR), "Nodes that come into question."),
        field(
            "preferredDuringSchedulingIgnoredDuringExecution",
            List(&Of(&PREFERRED_NODE)),
            "Of no effect: a DaemonSet pod has one node.",
        ),
    ],
);

static NODE_SELECTOR: Object = object(
    "NodeSelector",
    "Nodes that match any of the terms.",
    &[required("nodeSelectorTerms", List(&Of(&NODE_TERM)), "The terms; one must match.")],
);

pub(crate) static NODE_TERM: Object = object(
    "NodeSelectorTerm",
    "Nodes that meet all of the conditions.",
    &[
        field("matchExpressions", List(&Of(&NODE_REQUIREMENT)), "Conditions on labels."),
        field("matchFields", List(&Of(&NODE_REQUIREMENT)), "Conditions on fields; only metadata.name."),
    ],
);

pub(crate) static NODE_REQUIREMENT: Object = object(
    "NodeSelectorRequirement",
    "A condition on one label of a node.",
    &[
        required("key", SET, "Label key."),
        required(
            "operator",
            Words(&["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]),
            "How key and values relate.",
        ),
        field("values", TEXTS, "Values for In and NotIn, one number for Gt and Lt."),
    ],
);

static PREFERRED_NODE: Object = object(
    "PreferredSchedulingTerm",
    "Nodes that are preferred.",
    &[required("weight", WEIGHT, "How much."), field("preference", Of(&NODE_TERM), "Which.")],
);

static POD_AFFINITY: Object = object(
    "PodAffinity",
    "Nodes by the pods that run there.",
    &[
        field("requiredDuringSchedulingIgnoredDuringExecution", List(&Of(&POD_TERM)), "Terms that must hold."),
        field(
            "preferredDuringSchedulingIgnoredDuringExecution",
            List(&Of(&PREFERRED_POD)),
            "Terms that are preferred.",
        ),
    ],
);

static POD_TERM: Object = object(
    "PodAffinityTerm",
    "Pods, and how near counts.",
    &[
        field("labelSelector", Of(&LABEL_SELECTOR), "Which pods."),
        field("namespaces", TEXTS, "Their namespaces; the pod's own by default."),
        field("namespaceSelector", Of(&LABEL_SELECTOR), "Their namespaces by label."),
        required("topologyKey", SET, "Label of nodes whose equal values count as near."),
        field("matchLabelKeys", TEXTS, "Keys whose values the pods must share."),
        field("mismatchLabelKeys", TEXTS, "Keys whose values the pods must not share."),
    ],
);

static PREFERRED_POD: Object = object(
    "WeightedPodAffinityTerm",
    "Pods that are preferred.",
    &[required("weight", WEIGHT, "How much."), required("podAffinityTerm", Of(&POD_TERM), "Which.")],
);

pub(crate) static SPREAD: Object = object(
    "TopologySpreadConstraint",
    "How evenly pods spread.",
    &[
        required("maxSkew", POSITIVE, "How far counts may differ."),
        required("topologyKey", SET, "Label of nodes whose values are counted apart."),
        required("whenUnsatisfiable", Words(&["DoNotSchedule", "ScheduleAnyway"]), "Whether the pod then waits."),
        field("labelSelector", Of(&LABEL_SELECTOR), "Pods that count."),
        field("matchLabelKeys", TEXTS, "Keys whose values the counted pods share."),
        field("minDomains", POSITIVE, "How many values must exist."),
        field("nodeAffinityPolicy", Words(&["Honor", "Ignore"]), "Whether only nodes that the pod may use count."),
        field("nodeTaintsPolicy", Words(&["Honor", "Ignore"]), "Whether only nodes whose taints it tolerates count."),
    ],
);

static GATE: Object =
    object("PodSchedulingGate", "A name that keeps the pod unscheduled.", &[required("name", SET, "The name.")]);

static SCHEDULING_GROUP: Object = object(
    "PodSchedulingGroup",
    "Pods that are scheduled together.",
    &[field("podGroupName", FREE, "Name of the PodGroup.")],
);

static READINESS_GATE: Object = object(
    "PodReadinessGate",
    "A further condition for the pod to be ready.",
    &[required("conditionType", SET, "Type of the condition.")],
);

static HOST_ALIAS: Object = object(
    "HostAlias",
    "A line of /etc/hosts.",
    &[required("ip", Text(Rule::Ip), "Address."), field("hostnames", List(&Text(Rule::NotEmpty)), "Names for it.")],
);

static DNS_CONFIG: Object = object(
    "PodDNSConfig",
    "DNS settings on top of the policy.",
    &[
        field("nameservers", List(&Text(Rule::Ip)), "Further name servers; three at most in all."),
        field("searches", TEXTS, "Further search domains."),
        field("options", List(&Of(&DNS_OPTION)), "Options of the resolver."),
    ],
);

static DNS_OPTION: Object = object(
    "PodDNSConfigOption",
    "An option of the resolver.",
    &[field("name", FREE, "Its name."), field("value", FREE, "Its value.")],
);

static POD_OS: Object =
    object("PodOS", "An operating system.", &[required("name", Words(&["linux", "windows"]), "Linux or Windows.")]);

static POD_RESOURCE_CLAIM: Object = object(
    "PodResourceClaim",
    "A claim for devices.",
    &[
        required("name", Text(Rule::DnsLabel), "Name by which containers refer to it."),
        field("resourceClaimName", FREE, "An existing claim."),
        field("resourceClaimTemplateName", FREE, "A template from which one is made for the pod."),
    ],
);

static EVICTION_RESPONDER: Object = object(
    "EvictionResponder",
    "Who may act before the pod is evicted.",
    &[required("name", SET, "Who."), required("priority", Int(i32::MIN as i64, i32::MAX as i64), "In which order.")],
);

pub(crate) static POD_SECURITY_CONTEXT: Object = object(
    "PodSecurityContext",
    "Security settings of all containers that have none of their own.",
    &[
        field("runAsUser", ID, "User ID; 0 is root."),
        field("runAsGroup", ID, "Primary group ID."),
        field("runAsNonRoot", Bool, "Whether a start as user 0 is refused."),
        field("fsGroup", ID, "Group that owns the volumes' files."),
        field("fsGroupChangePolicy", Words(&["Always", "OnRootMismatch"]), "When that ownership is set."),
        field("supplementalGroups", List(&ID), "Further groups."),
        field("supplementalGroupsPolicy", Words(&["Merge", "Strict"]), "Whether the image's groups count too."),
        field("sysctls", List(&Of(&SYSCTL)), "Kernel settings of the pod."),
        field("seccompProfile", Of(&SECCOMP), "Filter of system calls."),
        field("appArmorProfile", Of(&APP_ARMOR), "AppArmor profile."),
        field("seLinuxOptions", Of(&SE_LINUX), "SELinux labels."),
        field("seLinuxChangePolicy", Words(&["MountOption", "Recursive"]), "How volumes get the labels."),
        field("windowsOptions", Of(&WINDOWS), "What only Windows knows."),
    ],
);

static SYSCTL: Object =
    object("Sysctl", "A kernel setting.", &[required("name", SET, "Its name."), field("value", FREE, "Its value.")]);
