//! The kinds that `deploy` writes beside a DaemonSet: what Kubernetes' typed decoding takes of each (v1.36).

use crate::manifest::fields::metadata::{FREE, OBJECT_META, SET, TEXTS};
use crate::manifest::fields::shape::Shape::{Any, Bool, List, Map, Object as Of, Words};
use crate::manifest::fields::shape::{Field, Object, Rule, Shape, field, object, required};

const RBAC: &str = "rbac.authorization.k8s.io/v1";
const META: Field = field("metadata", Of(&OBJECT_META), "Name, namespace, labels and annotations.");
const RBAC_META: Field = field("metadata", Of(&ANY_NAME), "Name, namespace, labels and annotations.");
const CORE: Field = required("apiVersion", Words(&["v1"]), "Always `v1`.");
const OF_RBAC: Field = required("apiVersion", Words(&[RBAC]), "Always `rbac.authorization.k8s.io/v1`.");
const IMMUTABLE: Field = field("immutable", Bool, "Whether the data can never change.");
const ROLE_REF: Field = required("roleRef", Of(&REFERENCE), "The role; cannot change.");
/// Base64 itself is checked where the values are known to be bytes.
const BYTES: Shape = Map(Rule::DataKey, &FREE);
const TEXT: Shape = Map(Rule::DataKey, &FREE);

/// Names of RBAC objects may have colons.
static ANY_NAME: Object = Object {
    name: "ObjectMeta",
    doc: "What names an object and what is attached to it.",
    fields: &[field("name", SET, "Name, unique within the namespace.")],
    base: Some(&OBJECT_META),
    without: &[],
};

static CONFIG_MAP: Object = object(
    "ConfigMap",
    "Texts and bytes for pods.",
    &[
        CORE,
        required("kind", Words(&["ConfigMap"]), "Always `ConfigMap`."),
        META,
        IMMUTABLE,
        field("data", TEXT, "Keys and texts."),
        field("binaryData", BYTES, "Keys and bytes in base64."),
    ],
);

static SECRET: Object = object(
    "Secret",
    "Secret bytes for pods.",
    &[
        CORE,
        required("kind", Words(&["Secret"]), "Always `Secret`."),
        META,
        IMMUTABLE,
        field("type", FREE, "What the keys mean."),
        field("data", BYTES, "Keys and bytes in base64.").secret(),
        field("stringData", TEXT, "Keys and texts.").secret(),
    ],
);

static SERVICE_ACCOUNT: Object = object(
    "ServiceAccount",
    "An identity of pods.",
    &[
        CORE,
        required("kind", Words(&["ServiceAccount"]), "Always `ServiceAccount`."),
        META,
        field("secrets", List(&Of(&OBJECT_REFERENCE)), "Secrets that its pods may use."),
        field(
            "imagePullSecrets",
            List(&Of(&crate::manifest::fields::metadata::LOCAL_REFERENCE)),
            "Secrets with which images are pulled.",
        ),
        field("automountServiceAccountToken", Bool, "Whether its pods get its token."),
    ],
);

static OBJECT_REFERENCE: Object = object(
    "ObjectReference",
    "An object by kind and name.",
    &[
        field("apiVersion", FREE, "API version."),
        field("fieldPath", FREE, "A part of the object."),
        field("kind", FREE, "Kind."),
        field("name", FREE, "Name."),
        field("namespace", FREE, "Namespace."),
        field("resourceVersion", FREE, "Version of the object."),
        field("uid", FREE, "UID."),
    ],
);

static NAMESPACE: Object = object(
    "Namespace",
    "A scope for names.",
    &[
        CORE,
        required("kind", Words(&["Namespace"]), "Always `Namespace`."),
        META,
        field("spec", Of(&NAMESPACE_SPEC), "What must happen before it goes."),
        field("status", Any, "Set by the API server."),
    ],
);

static NAMESPACE_SPEC: Object =
    object("NamespaceSpec", "What must happen before a namespace goes.", &[field("finalizers", TEXTS, "Finalizers.")]);

static ROLE: Object = object(
    "Role",
    "Permissions within a namespace.",
    &[
        OF_RBAC,
        required("kind", Words(&["Role"]), "Always `Role`."),
        RBAC_META,
        field("rules", List(&Of(&POLICY_RULE)), "Permissions."),
    ],
);

static CLUSTER_ROLE: Object = object(
    "ClusterRole",
    "Permissions in the whole cluster.",
    &[
        OF_RBAC,
        required("kind", Words(&["ClusterRole"]), "Always `ClusterRole`."),
        RBAC_META,
        field("rules", List(&Of(&POLICY_RULE)), "Permissions."),
        field("aggregationRule", Of(&AGGREGATION), "ClusterRoles whose permissions it has too."),
    ],
);

static AGGREGATION: Object = object(
    "AggregationRule",
    "ClusterRoles whose permissions another one has too.",
    &[field(
        "clusterRoleSelectors",
        List(&Of(&crate::manifest::fields::metadata::LABEL_SELECTOR)),
        "Labels of the ClusterRoles.",
    )],
);

static POLICY_RULE: Object = object(
    "PolicyRule",
    "Which verbs are allowed on which resources.",
    &[
        field("verbs", TEXTS, "Verbs."),
        field("apiGroups", TEXTS, "API groups; empty for the core group."),
        field("resources", TEXTS, "Resources."),
        field("resourceNames", TEXTS, "Names of objects; all where there is none."),
        field("nonResourceURLs", TEXTS, "Paths that are no resources."),
    ],
);

static ROLE_BINDING: Object = object(
    "RoleBinding",
    "Gives a role within a namespace.",
    &[
        OF_RBAC,
        required("kind", Words(&["RoleBinding"]), "Always `RoleBinding`."),
        RBAC_META,
        field("subjects", List(&Of(&SUBJECT)), "Who gets the permissions."),
        ROLE_REF,
    ],
);

static CLUSTER_ROLE_BINDING: Object = object(
    "ClusterRoleBinding",
    "Gives a ClusterRole in the whole cluster.",
    &[
        OF_RBAC,
        required("kind", Words(&["ClusterRoleBinding"]), "Always `ClusterRoleBinding`."),
        RBAC_META,
        field("subjects", List(&Of(&SUBJECT)), "Who gets the permissions."),
        ROLE_REF,
    ],
);

static SUBJECT: Object = object(
    "Subject",
    "Who gets permissions.",
    &[
        field("kind", FREE, "User, Group or ServiceAccount."),
        field("apiGroup", FREE, "API group of the kind."),
        field("name", FREE, "Name."),
        field("namespace", FREE, "Namespace of a ServiceAccount."),
    ],
);

static REFERENCE: Object = object(
    "RoleRef",
    "A role by kind and name.",
    &[
        field("apiGroup", FREE, "Always `rbac.authorization.k8s.io`."),
        field("kind", FREE, "Role or ClusterRole."),
        field("name", FREE, "Name."),
    ],
);

/// Returns the fields of a kind that `deploy` writes beside the DaemonSet.
pub fn of_kind(api_version: &str, kind: &str) -> Option<&'static Object> {
    Some(match (api_version, kind) {
        ("v1", "ConfigMap") => &CONFIG_MAP,
        ("v1", "Secret") => &SECRET,
        ("v1", "ServiceAccount") => &SERVICE_ACCOUNT,
        ("v1", "Namespace") => &NAMESPACE,
        (RBAC, "Role") => &ROLE,
        (RBAC, "ClusterRole") => &CLUSTER_ROLE,
        (RBAC, "RoleBinding") => &ROLE_BINDING,
        (RBAC, "ClusterRoleBinding") => &CLUSTER_ROLE_BINDING,
        _ => return None,
    })
}
