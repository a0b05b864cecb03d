//! Sources that the kubelet writes as files: ConfigMaps, Secrets, fields of the pod, tokens, certificates.

use crate::manifest::fields::container::{FIELD_REF, RESOURCE_FIELD_REF};
use crate::manifest::fields::metadata::{FREE, ID, LABEL_SELECTOR, MODE, SET};
use crate::manifest::fields::shape::Shape::{Bool, Int, List, Map, Object as Of, Text};
use crate::manifest::fields::shape::{Field, Object, Rule, field, object, required};
use crate::manifest::fields::volume::shared::INT32;

const DEFAULT_MODE: Field = field("defaultMode", MODE, "Mode of the files.").or("420");
const DEFAULT_USER: Field = field("defaultUser", ID, "Owner of the files.");
const OPTIONAL: Field = field("optional", Bool, "Whether the pod may start without it.");

pub(crate) static KEY_TO_PATH: Object = object(
    "KeyToPath",
    "A key and the file that it becomes.",
    &[
        required("key", SET, "The key."),
        required("path", Text(Rule::RelativePath), "File within the volume."),
        field("mode", MODE, "Mode of the file; the volume's by default."),
        field("user", ID, "Owner of the file."),
    ],
);

pub(super) static CONFIG_MAP: Object = object(
    "ConfigMapVolumeSource",
    "The keys of a ConfigMap as files.",
    &[
        field("name", FREE, "Name of the ConfigMap."),
        field("items", List(&Of(&KEY_TO_PATH)), "Keys to mount; all by default."),
        DEFAULT_MODE,
        DEFAULT_USER,
        OPTIONAL,
    ],
);

pub(super) static SECRET: Object = object(
    "SecretVolumeSource",
    "The keys of a Secret as files.",
    &[
        field("secretName", FREE, "Name of the Secret."),
        field("items", List(&Of(&KEY_TO_PATH)), "Keys to mount; all by default."),
        DEFAULT_MODE,
        DEFAULT_USER,
        OPTIONAL,
    ],
);

pub(super) static PROJECTED: Object = object(
    "ProjectedVolumeSource",
    "Several sources in one directory.",
    &[field("sources", List(&Of(&PROJECTION)), "The sources."), DEFAULT_MODE, DEFAULT_USER],
);

static PROJECTION: Object = object(
    "VolumeProjection",
    "One source of a projected volume.",
    &[
        field("configMap", Of(&PROJECTED_KEYS), "Keys of a ConfigMap."),
        field("secret", Of(&PROJECTED_KEYS), "Keys of a Secret."),
        field("downwardAPI", Of(&PROJECTED_DOWNWARD), "Fields of the pod."),
        field("serviceAccountToken", Of(&TOKEN), "A token of the pod's ServiceAccount."),
        field("clusterTrustBundle", Of(&TRUST_BUNDLE), "Certificates that the cluster trusts."),
        field("podCertificate", Of(&POD_CERTIFICATE), "A certificate made for the pod."),
    ],
);

static PROJECTED_KEYS: Object = object(
    "KeysProjection",
    "Keys of a ConfigMap or Secret as files.",
    &[
        field("name", FREE, "Its name."),
        field("items", List(&Of(&KEY_TO_PATH)), "Keys to mount; all by default."),
        OPTIONAL,
    ],
);

static PROJECTED_DOWNWARD: Object = object(
    "DownwardAPIProjection",
    "Fields of the pod as files.",
    &[field("items", List(&Of(&DOWNWARD_FILE)), "The files.")],
);

static TOKEN: Object = object(
    "ServiceAccountTokenProjection",
    "A token of the pod's ServiceAccount.",
    &[
        field("audience", FREE, "For whom the token is; the API server by default."),
        field("expirationSeconds", Int(600, 1 << 32), "Seconds it is valid; it is renewed before.").or("3600"),
        required("path", Text(Rule::RelativePath), "File within the volume."),
        field("user", ID, "Owner of the file."),
    ],
);

static TRUST_BUNDLE: Object = object(
    "ClusterTrustBundleProjection",
    "Certificates that the cluster trusts.",
    &[
        field("name", FREE, "Name of one bundle; else a signer."),
        field("signerName", FREE, "Signer whose trust bundles are used."),
        field("labelSelector", Of(&LABEL_SELECTOR), "Which of the signer's bundles."),
        required("path", Text(Rule::RelativePath), "File within the volume."),
        field("user", ID, "Owner of the file."),
        OPTIONAL,
    ],
);

static POD_CERTIFICATE: Object = object(
    "PodCertificateProjection",
    "A certificate made for the pod.",
    &[
        required("signerName", SET, "Who signs."),
        required("keyType", SET, "Kind of key."),
        field("maxExpirationSeconds", INT32, "Seconds it is valid at most."),
        field("credentialBundlePath", FREE, "File for key and certificates together."),
        field("keyPath", FREE, "File for the key."),
        field("certificateChainPath", FREE, "File for the certificates."),
        field("user", ID, "Owner of the files."),
        field("userAnnotations", Map(Rule::NotEmpty, &FREE), "Notes for the signer."),
    ],
);

pub(super) static DOWNWARD_API: Object = object(
    "DownwardAPIVolumeSource",
    "Fields of the pod as files.",
    &[field("items", List(&Of(&DOWNWARD_FILE)), "The files."), DEFAULT_MODE, DEFAULT_USER],
);

static DOWNWARD_FILE: Object = object(
    "DownwardAPIVolumeFile",
    "A field of the pod and the file that it becomes.",
    &[
        required("path", Text(Rule::RelativePath), "File within the volume."),
        field("fieldRef", Of(&FIELD_REF), "A field of the pod."),
        field("resourceFieldRef", Of(&RESOURCE_FIELD_REF), "A resource of a container."),
        field("mode", MODE, "Mode of the file; the volume's by default."),
        field("user", ID, "Owner of the file."),
    ],
);
