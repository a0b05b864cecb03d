//! The `KubernetesDaemonSet` document, all its generations in one.

use crate::manifest::fields::daemonset::{ROLLING_UPDATE, UPDATE_STRATEGY};
use crate::manifest::fields::hosted::REFERENCE;
use crate::manifest::fields::metadata::{ANNOTATIONS, FREE, LABEL_SELECTOR, LABELS, NATURAL, SET, TEXTS};
use crate::manifest::fields::pod::{POD_SPEC, TOLERATION};
use crate::manifest::fields::shape::Shape::{Any, Bool, Bound, Either, List, Map, Object as Of, Text, Words};
use crate::manifest::fields::shape::{Object, Rule, field, object, required};
use crate::manifest::fields::spec_container::{CONTAINERS, SIDECAR};
use crate::manifest::fields::spec_scheduling::SCHEDULING;

/// A `KubernetesDaemonSet` document.
pub static DOCUMENT: Object = object(
    "KubernetesDaemonSet",
    "A DaemonSet and what belongs to it.",
    &[
        required(
            "apiVersion",
            Words(&[
                "kubernetes.project-planton.org/v1",
                "kubernetes.openmcf.org/v1",
                "kubernetes.planton.dev/v1",
                "kubernetes.planton.dev/v1alpha1",
            ]),
            "The generation; all of them take the same fields.",
        ),
        required("kind", Words(&["KubernetesDaemonSet"]), "Always `KubernetesDaemonSet`."),
        required("metadata", Of(&METADATA), "Name, labels and annotations."),
        required("spec", Of(&SPEC), "What should run."),
        field("status", Any, "Ignored."),
    ],
);

static METADATA: Object = object(
    "Metadata",
    "What names the document.",
    &[
        required("name", Text(Rule::DnsName), "Name of the DaemonSet, and the beginning of the other objects' names."),
        field("labels", Map(Rule::LabelKey, &FREE), "Copied to the objects, but for those of the hosted platform."),
        field("annotations", ANNOTATIONS, "Copied to the DaemonSet, but for those of the hosted platform."),
        field("slug", FREE, "Name on the hosted platform; not used."),
        field("id", FREE, "ID on the hosted platform; not used."),
        field("org", FREE, "Organisation on the hosted platform; not used."),
        field("env", FREE, "Environment on the hosted platform; not used."),
        field("tags", TEXTS, "Tags on the hosted platform; not used."),
        field("relationships", Any, "Relations on the hosted platform; not used."),
        field("group", FREE, "Group on the hosted platform; not used."),
    ],
);

static SPEC: Object = object(
    "Spec",
    "What should run, and where.",
    &[
        required(
            "namespace",
            Either(&[SET, Of(&REFERENCE)]),
            "Namespace of the objects: its name, or `{value: NAME}`.",
        ),
        field("createNamespace", Bool, "Whether the namespace is made too.").or("false"),
        field("namespaceLabels", LABELS, "Labels of that namespace, such as its Pod Security level."),
        field("namespaceAnnotations", ANNOTATIONS, "Annotations of that namespace."),
        required("container", Of(&CONTAINERS), "The main container and those beside it."),
        field("nodeSelector", LABELS, "Labels that a node must have."),
        field("tolerations", List(&Of(&TOLERATION)), "Taints of nodes that the pods do not mind."),
        field("updateStrategy", Of(&STRATEGY), "How pods are replaced when something changes."),
        field("minReadySeconds", NATURAL, "Seconds a pod must be ready to count as available."),
        field("revisionHistoryLimit", NATURAL, "Old templates kept for undo; 10 by default."),
        field("selector", Of(&LABEL_SELECTOR), "Pods that belong; by default the labels name and instance."),
        field("pod", Of(&POD), "Everything else about the pods."),
        field("createServiceAccount", Bool, "Whether a ServiceAccount is made, named as the DaemonSet unless said.")
            .or("false"),
        field("serviceAccountName", FREE, "ServiceAccount whose permissions the pods have."),
        field("serviceAccountAnnotations", ANNOTATIONS, "Annotations of the ServiceAccount that is made."),
        field("rbac", Of(&RBAC), "Permissions of the ServiceAccount."),
        field(
            "configMaps",
            Map(Rule::DnsName, &Either(&[FREE, Of(&CONFIG_MAP)])),
            "ConfigMaps to make: name and text (under a key of the same name), or name and `{data: ...}`.",
        ),
        field("rollOnConfigChange", Bool, "Whether a change of these ConfigMaps and Secrets replaces the pods.")
            .or("true"),
        field(
            "immutableConfig",
            Bool,
            "Whether these ConfigMaps and Secrets are immutable, with a hash of the contents in their names.",
        )
        .or("false"),
        field("conventions", Words(&["kubernetes", "upstream"]), "`upstream` adds default resources and variables.")
            .or("\"kubernetes\""),
        field("targetCluster", Of(&TARGET_CLUSTER), "Cluster on the hosted platform; deploying then needs --context."),
        field("patches", List(&Of(&PATCH)), "JSON patches of the DaemonSet, for what nothing else can say."),
    ],
);

static TARGET_CLUSTER: Object = object(
    "TargetCluster",
    "A cluster on the hosted platform.",
    &[
        field(
            "clusterKind",
            Either(&[
                Words(&[
                    "AzureAksCluster",
                    "AwsEksCluster",
                    "GcpGkeCluster",
                    "DigitalOceanKubernetesCluster",
                    "CivoKubernetesCluster",
                ]),
                NATURAL,
            ]),
            "Kind of the cluster.",
        ),
        field("clusterName", FREE, "Name of the cluster."),
    ],
);

static STRATEGY: Object = Object {
    name: "UpdateStrategy",
    doc: "How pods are replaced when something changes.",
    fields: &[
        field(
            "type",
            Words(&["", "RollingUpdate", "OnDelete"]),
            "RollingUpdate: the controller replaces pods; OnDelete: somebody deletes them.",
        ),
        field("rollingUpdate", Of(&ROLLING_UPDATE), "Bounds of a rolling update."),
        field("maxUnavailable", Bound, "The same bound, one level higher."),
        field("maxSurge", Bound, "The same bound, one level higher."),
    ],
    base: Some(&UPDATE_STRATEGY),
    without: &[],
};

static POD: Object = Object {
    name: "Pod",
    doc: "Everything about the pods that is not said elsewhere.",
    fields: &[
        field("labels", LABELS, "Labels of the pods, beside those of the selector."),
        field("annotations", ANNOTATIONS, "Annotations of the pods."),
        field("finalizers", TEXTS, "Finalizers of the pods."),
        field("initContainers", List(&Of(&SIDECAR)), "Containers that run one after another before the others."),
        field("serviceAccount", Either(&[FREE, Of(&REFERENCE)]), "ServiceAccount whose permissions the pods have."),
        field(
            "imagePullSecrets",
            List(&Either(&[SET, Of(&PULL_SECRET)])),
            "Existing Secrets with credentials for registries.",
        ),
        field("imageRegistries", List(&Of(&REGISTRY)), "Credentials for registries, which become one Secret."),
        field("scheduling", Of(&SCHEDULING), "Where the pods may run, as the newest generation says it."),
    ],
    base: Some(&POD_SPEC),
    without: &["containers", "ephemeralContainers", "nodeSelector", "tolerations"],
};

static PULL_SECRET: Object = Object {
    name: "PullSecret",
    doc: "An existing Secret with credentials for a registry.",
    fields: &[field("name", FREE, "Its name, as Kubernetes writes it.")],
    base: Some(&REFERENCE),
    without: &[],
};

static REGISTRY: Object = object(
    "Registry",
    "Credentials for a registry.",
    &[
        required("server", SET, "Address of the registry."),
        required("username", SET, "User name."),
        required("password", SET, "Password.").secret(),
        field("email", FREE, "Mail address."),
    ],
);

static CONFIG_MAP: Object = object(
    "ConfigMap",
    "A ConfigMap to make.",
    &[
        field("data", Map(Rule::DataKey, &FREE), "Keys and texts."),
        field("binaryData", Map(Rule::DataKey, &FREE), "Keys and bytes in base64."),
        field("immutable", Bool, "Whether it can never be changed."),
        field("labels", LABELS, "Its labels."),
        field("annotations", ANNOTATIONS, "Its annotations."),
    ],
);

static RBAC: Object = object(
    "Rbac",
    "Permissions of the ServiceAccount.",
    &[
        field("clusterRules", List(&Of(&RULE)), "Permissions in all namespaces and on cluster-wide resources."),
        field("namespaceRules", List(&Of(&RULE)), "Permissions in the DaemonSet's namespace."),
    ],
);

static RULE: Object = object(
    "Rule",
    "What may be done with which resources.",
    &[
        field("apiGroups", TEXTS, "API groups; \"\" for the core group."),
        field("resources", TEXTS, "Resources."),
        required("verbs", TEXTS, "What may be done."),
        field("resourceNames", TEXTS, "Only objects of these names."),
        field("nonResourceURLs", TEXTS, "Paths that are no resources; only in cluster rules."),
    ],
);

static PATCH: Object = object(
    "Patch",
    "A step of a JSON patch, applied to the DaemonSet last of all.",
    &[
        required("op", Words(&["add", "remove", "replace"]), "What is done."),
        required("path", SET, "Where, such as `/spec/template/spec/containers/0/tty`."),
        field("value", Any, "The value, for add and replace."),
        field(
            "allowUnknown",
            Bool,
            "Whether fields that Kubernetes does not know are a warning; the API server drops or refuses the fields.",
        ),
    ],
);
