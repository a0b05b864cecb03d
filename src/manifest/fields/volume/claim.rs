//! Sources that a claim, a CSI driver or an image provides.

use crate::manifest::fields::container::PULL;
use crate::manifest::fields::metadata::{
    ANNOTATIONS, FREE, LABEL_SELECTOR, LABELS, LOCAL_REFERENCE, RESOURCES, SET, TEXTS, TYPED_REFERENCE,
};
use crate::manifest::fields::shape::Shape::{Any, Bool, Map, Object as Of, Words};
use crate::manifest::fields::shape::{Object, Rule, field, object, required};
use crate::manifest::fields::volume::shared::{FS_TYPE, READ_ONLY};

pub(super) static CLAIM: Object = object(
    "PersistentVolumeClaimVolumeSource",
    "A claim of the same namespace.",
    &[required("claimName", SET, "Name of the claim."), READ_ONLY],
);

pub(super) static CSI: Object = object(
    "CSIVolumeSource",
    "A volume that a CSI driver makes for the pod.",
    &[
        required("driver", SET, "Name of the driver."),
        FS_TYPE,
        field("nodePublishSecretRef", Of(&LOCAL_REFERENCE), "Secret with credentials for the driver."),
        field("readOnly", Bool, "Whether it cannot be written."),
        field("volumeAttributes", Map(Rule::NotEmpty, &FREE), "Settings for the driver."),
    ],
);

pub(super) static EPHEMERAL: Object = object(
    "EphemeralVolumeSource",
    "A claim that is made for the pod and goes with it.",
    &[field("volumeClaimTemplate", Of(&CLAIM_TEMPLATE), "The claim to make.")],
);

static CLAIM_TEMPLATE: Object = object(
    "PersistentVolumeClaimTemplate",
    "A claim to make.",
    &[
        field("metadata", Of(&CLAIM_META), "Labels and annotations of the claim."),
        required("spec", Of(&CLAIM_SPEC), "What is claimed."),
    ],
);

static CLAIM_META: Object = object(
    "ClaimMetadata",
    "Labels and annotations of a claim.",
    &[
        field("labels", LABELS, "Labels."),
        field("annotations", ANNOTATIONS, "Annotations."),
        field("creationTimestamp", Any, "Set by the API server."),
    ],
);

static CLAIM_SPEC: Object = object(
    "PersistentVolumeClaimSpec",
    "What is claimed.",
    &[
        field("accessModes", TEXTS, "Who may use it: ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod."),
        field("resources", Of(&CLAIM_RESOURCES), "How much."),
        field("storageClassName", FREE, "Class of storage."),
        field("volumeMode", Words(&["Filesystem", "Block"]), "Files or a raw device.").or("\"Filesystem\""),
        field("volumeName", FREE, "A volume that is meant."),
        field("volumeAttributesClassName", FREE, "Class of changeable attributes."),
        field("selector", Of(&LABEL_SELECTOR), "Volumes that come into question."),
        field("dataSource", Of(&TYPED_REFERENCE), "What it is filled from."),
        field("dataSourceRef", Of(&TYPED_REFERENCE), "What it is filled from, of any kind."),
    ],
);

static CLAIM_RESOURCES: Object = object(
    "VolumeResourceRequirements",
    "How much is claimed.",
    &[field("requests", RESOURCES, "At least."), field("limits", RESOURCES, "At most.")],
);

pub(super) static IMAGE: Object = object(
    "ImageVolumeSource",
    "The files of an image.",
    &[field("reference", FREE, "Image reference."), field("pullPolicy", PULL, "When it is pulled.")],
);
