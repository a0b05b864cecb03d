//! The containers of a spec.

use crate::manifest::fields::container::{
    CONTAINER as KUBERNETES_CONTAINER, CONTAINER_PORT, ENV_FROM, ENV_SOURCE, EXEC, FIELD_REF, FILE_KEY_REF, FILE_MODE,
    HTTP_GET, KEY_SELECTOR, LIFECYCLE, PROBE, PROTOCOL, RESOURCE_FIELD_REF, TCP_SOCKET, VOLUME_MOUNT,
};
use crate::manifest::fields::hosted::PLATFORM_REFERENCE;
use crate::manifest::fields::metadata::{FREE, ID, LONG, SET};
use crate::manifest::fields::shape::Shape::{Bool, Either, Int, List, Map, Object as Of, Text, Words};
use crate::manifest::fields::shape::{Object, Rule, Shape, field, object, required};
use crate::manifest::fields::volume::{EMPTY_DIR, HOST_PATH, HOST_PATH_TYPES, KEY_TO_PATH};

pub(super) static CONTAINERS: Object = object(
    "Containers",
    "The main container and those beside it.",
    &[
        required("app", Of(&CONTAINER), "The main container."),
        field("sidecars", List(&Of(&SIDECAR)), "Containers beside it."),
    ],
);

/// A container of a spec: Kubernetes' own with shorter ways to say what agents need.
pub static CONTAINER: Object = Object {
    name: "SpecContainer",
    doc: "The main container.",
    fields: &[
        field("name", Text(Rule::DnsLabel), "Its name; `daemonset-container` by default (`app` in v1alpha1)."),
        required("image", Either(&[SET, Of(&IMAGE_PARTS)]), "Image: one reference, or its parts."),
        field("env", Either(&[Of(&ENV), List(&Of(&VARIABLE))]), "Environment."),
        field("ports", List(&Of(&PORT)), "Ports that the container listens on."),
        field("volumeMounts", List(&Of(&MOUNT)), "Volumes, what is in them and where they appear."),
        field("livenessProbe", Of(&SPEC_PROBE), "Probe whose failure restarts the container."),
        field("readinessProbe", Of(&SPEC_PROBE), "Probe that decides whether the pod is ready."),
        field("startupProbe", Of(&SPEC_PROBE), "Probe that must succeed once before the others begin."),
        field("lifecycle", Of(&SPEC_LIFECYCLE), "What runs after the start and before the stop."),
    ],
    base: Some(&KUBERNETES_CONTAINER),
    without: &["envFrom"],
};

pub(super) static SIDECAR: Object = Object {
    name: "NamedContainer",
    doc: "A container beside or before the main one.",
    fields: &[required("name", Text(Rule::DnsLabel), "Name, unique within the pod.")],
    base: Some(&CONTAINER),
    without: &[],
};

static IMAGE_PARTS: Object = object(
    "Image",
    "An image; tag or digest must be there.",
    &[
        required("repo", SET, "Repository, with the registry where it is not the default one."),
        field("tag", SET, "Tag. Quote those that look like numbers."),
        field("digest", Text(Rule::Digest), "Digest, which no push can change."),
        field("pullSecretName", FREE, "Existing Secret with credentials for the registry."),
    ],
);

static ENV: Object = object(
    "Environment",
    "Variables of the container, those of `variables` before those of `secrets`.",
    &[
        field(
            "variables",
            Either(&[Map(Rule::AnyEnvName, &Either(&[FREE, Of(&VARIABLE_SOURCE)])), List(&Of(&VARIABLE))]),
            "Variables: name and value, or a list.",
        ),
        field(
            "secrets",
            Either(&[Map(Rule::AnyEnvName, &Either(&[FREE, Of(&SECRET_SOURCE)])), List(&Of(&SECRET_VARIABLE))]),
            "Secret variables: name and value, or a list. Literal values become a Secret.",
        )
        .secret(),
        field("envFrom", List(&Of(&ENV_FROM)), "ConfigMaps and Secrets whose keys become variables."),
    ],
);

static VARIABLE: Object = Object {
    name: "Variable",
    doc: "A variable and where its value comes from; one source.",
    fields: &[required("name", Text(Rule::EnvName), "Name of the variable.")],
    base: Some(&VARIABLE_SOURCE),
    without: &[],
};

static VARIABLE_SOURCE: Object = object(
    "VariableSource",
    "Where the value of a variable comes from; one of these.",
    &[
        field("value", FREE, "Value of the variable; `$(NAME)` refers to an earlier variable."),
        field("fieldRef", Either(&[SET, Of(&FIELD_REF)]), "A field of the pod, such as `spec.nodeName`."),
        field("configMapKeyRef", Of(&KEY_SELECTOR), "A key of a ConfigMap."),
        field("secretKeyRef", Of(&KEY_SELECTOR), "A key of a Secret."),
        field("secretRef", Of(&SECRET_KEY), "A key of a Secret."),
        field("resourceFieldRef", Of(&RESOURCE_FIELD_REF), "A resource of the container."),
        field("fileKeyRef", Of(&FILE_KEY_REF), "A variable in a file that an init container wrote."),
        field("valueFrom", Of(&VALUE_FROM), "Kubernetes' own form; what names a resource of the platform is refused."),
    ],
);

static VALUE_FROM: Object = Object {
    name: "ValueFrom",
    doc: "Where the value comes from, as Kubernetes writes it.",
    fields: &[
        field("kind", FREE, "Kind of a resource of the hosted platform."),
        field("env", FREE, "Its environment."),
        field("name", SET, "Its name."),
        field("fieldPath", FREE, "Field of it."),
    ],
    base: Some(&ENV_SOURCE),
    without: &[],
};

static SECRET_VARIABLE: Object = Object {
    name: "SecretVariable",
    doc: "A secret variable and where its value comes from; one source.",
    fields: &[required("name", Text(Rule::EnvName), "Name of the variable.")],
    base: Some(&SECRET_SOURCE),
    without: &[],
};

static SECRET_SOURCE: Object = object(
    "SecretSource",
    "Where the value of a secret variable comes from; one of these.",
    &[
        field("value", FREE, "The value itself.").secret(),
        field("secretRef", Of(&SECRET_KEY), "A key of an existing Secret."),
        field("fromEnv", SET, "A variable of the environment in which this program runs."),
        field("fromFile", SET, "A file, read where this program runs."),
        field("valueFrom", Of(&PLATFORM_REFERENCE), "A resource of the hosted platform; refused."),
    ],
);

static SECRET_KEY: Object = object(
    "SecretKey",
    "A key of an existing Secret of the same namespace.",
    &[
        required("name", SET, "Name of the Secret."),
        required("key", Text(Rule::DataKey), "Key in it."),
        field("optional", Bool, "Whether the pod may start without it."),
        field("namespace", FREE, "Must be the DaemonSet's own: a pod cannot read another's Secrets."),
    ],
);

static PORT: Object = Object {
    name: "SpecPort",
    doc: "A port that the container listens on.",
    fields: &[
        field("name", Text(Rule::PortName), "Name, unique within the container."),
        field("networkProtocol", Either(&[Words(&["", "TCP", "UDP", "SCTP"])]), "Transport protocol; TCP by default."),
        field("protocol", PROTOCOL, "The same, as Kubernetes calls it."),
        field("appProtocol", FREE, "Of no effect: a DaemonSet has no Service."),
        field("servicePort", Int(0, 65535), "Of no effect: a DaemonSet has no Service."),
    ],
    base: Some(&CONTAINER_PORT),
    without: &[],
};

/// A mount of a spec, which may bring its volume along.
pub static MOUNT: Object = Object {
    name: "SpecMount",
    doc: "A mount, and the volume it is of: a source here, or the name of one of `pod.volumes`.",
    fields: &[
        field("hostPath", Either(&[SET, Of(&HOST_PATH)]), "A path of the node."),
        field("hostPathType", HOST_PATH_TYPES, "What must be there, or is made, where hostPath is one text."),
        field("configMap", Of(&MOUNTED_KEYS), "The keys of a ConfigMap as files."),
        field("secret", Of(&MOUNTED_KEYS), "The keys of a Secret as files."),
        field("emptyDir", Of(&EMPTY_DIR), "An empty directory that lives as long as the pod."),
        field("pvc", Of(&MOUNTED_CLAIM), "A claim of the same namespace."),
        field("serviceAccountToken", Of(&MOUNTED_TOKEN), "A token of the pod's ServiceAccount."),
    ],
    base: Some(&VOLUME_MOUNT),
    without: &[],
};

static MOUNTED_KEYS: Object = object(
    "MountedKeys",
    "The keys of a ConfigMap or Secret as files.",
    &[
        required("name", SET, "Its name."),
        field("key", Text(Rule::DataKey), "The only key to mount."),
        field("path", Text(Rule::RelativePath), "File that the key becomes; named as the key by default."),
        field("items", List(&Of(&KEY_TO_PATH)), "The keys to mount."),
        field("defaultMode", FILE_MODE, "Mode of the files; 0644 by default."),
        field("defaultUser", ID, "Owner of the files."),
        field("optional", Bool, "Whether the pod may start without it."),
    ],
);

static MOUNTED_CLAIM: Object = object(
    "MountedClaim",
    "A claim of the same namespace.",
    &[
        required("claimName", SET, "Name of the claim."),
        field("readOnly", Bool, "Whether the volume cannot be written."),
    ],
);

static MOUNTED_TOKEN: Object = object(
    "MountedToken",
    "A token of the pod's ServiceAccount.",
    &[
        required("audience", SET, "For whom the token is."),
        field("expirationSeconds", Int(0, 1 << 32), "Seconds it is valid, at least 600; 3600 by default, or where 0."),
        field("path", Text(Rule::RelativePath), "File that holds it; `token` by default."),
    ],
);

static SPEC_PROBE: Object = Object {
    name: "SpecProbe",
    doc: "A question put to the container time and again; one handler.",
    fields: &[
        field("httpGet", Of(&SPEC_HTTP), "An HTTP request; 200 to 399 is success."),
        field("tcpSocket", Of(&SPEC_TCP), "A connection."),
    ],
    base: Some(&PROBE),
    without: &[],
};

const PORT_NUMBER_FIELD: crate::manifest::fields::Field = field("portNumber", Int(1, 65535), "Port number.");

const PORT_NAME_FIELD: crate::manifest::fields::Field = field("portName", SET, "Name of a port of the container.");

const PORT_FIELD: crate::manifest::fields::Field =
    field("port", Shape::Port, "Port number or name, as Kubernetes writes it.");

static SPEC_HTTP: Object = Object {
    name: "SpecHttpGet",
    doc: "An HTTP request to the container.",
    fields: &[PORT_FIELD, PORT_NUMBER_FIELD, PORT_NAME_FIELD],
    base: Some(&HTTP_GET),
    without: &[],
};

static SPEC_TCP: Object = Object {
    name: "SpecTcpSocket",
    doc: "A connection to the container.",
    fields: &[PORT_FIELD, PORT_NUMBER_FIELD, PORT_NAME_FIELD],
    base: Some(&TCP_SOCKET),
    without: &[],
};

static SPEC_LIFECYCLE: Object = Object {
    name: "SpecLifecycle",
    doc: "What runs after the start and before the stop.",
    fields: &[
        field("postStart", Of(&SPEC_HOOK), "Runs right after the start; its failure restarts the container."),
        field("preStop", Of(&SPEC_HOOK), "Runs before the stop signal, within the grace period."),
    ],
    base: Some(&LIFECYCLE),
    without: &[],
};

static SPEC_HOOK: Object = object(
    "SpecHook",
    "One thing to do.",
    &[
        field("exec", Of(&EXEC), "A command within the container."),
        field("httpGet", Of(&SPEC_HTTP), "An HTTP request."),
        field("sleep", Of(&PAUSE), "A pause."),
        field("tcpSocket", Of(&SPEC_TCP), "Not supported any more by Kubernetes."),
    ],
);

static PAUSE: Object = object("Pause", "A pause.", &[required("seconds", LONG, "Seconds.")]);
