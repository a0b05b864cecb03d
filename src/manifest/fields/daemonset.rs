//! The `apps/v1` DaemonSet.

use crate::manifest::fields::metadata::{LABEL_SELECTOR, NATURAL, OBJECT_META};
use crate::manifest::fields::pod::POD_SPEC;
use crate::manifest::fields::shape::Shape::{Any, Bound, Object as Of, Words};
use crate::manifest::fields::shape::{Object, field, object, required};

/// An `apps/v1` DaemonSet, as kubectl takes it.
pub static DAEMON_SET: Object = object(
    "DaemonSet",
    "A pod on every node that matches.",
    &[
        required("apiVersion", Words(&["apps/v1"]), "Always `apps/v1`."),
        required("kind", Words(&["DaemonSet"]), "Always `DaemonSet`."),
        required("metadata", Of(&OBJECT_META), "Name, namespace, labels and annotations."),
        required("spec", Of(&DAEMON_SET_SPEC), "What should run."),
        field("status", Any, "Set by the controller."),
    ],
);

static DAEMON_SET_SPEC: Object = object(
    "DaemonSetSpec",
    "What should run on every node that matches, and how it is replaced.",
    &[
        required("selector", Of(&LABEL_SELECTOR), "Pods that belong to the DaemonSet; cannot change."),
        required("template", Of(&POD_TEMPLATE), "The pod to run on each node."),
        field("updateStrategy", Of(&UPDATE_STRATEGY), "How pods of an old template are replaced."),
        field("minReadySeconds", NATURAL, "Seconds a pod must be ready to count as available.").or("0"),
        field("revisionHistoryLimit", NATURAL, "Old templates kept for undo.").or("10"),
    ],
);

pub(crate) static UPDATE_STRATEGY: Object = object(
    "DaemonSetUpdateStrategy",
    "How pods of an old template are replaced.",
    &[
        field(
            "type",
            Words(&["", "RollingUpdate", "OnDelete"]),
            "RollingUpdate: the controller replaces pods; OnDelete: somebody deletes them.",
        )
        .or("\"RollingUpdate\""),
        field("rollingUpdate", Of(&ROLLING_UPDATE), "Bounds of a rolling update."),
    ],
);

pub(crate) static ROLLING_UPDATE: Object = object(
    "RollingUpdateDaemonSet",
    "How many nodes may be without, or with two, pods while they are replaced.",
    &[
        field("maxUnavailable", Bound, "Nodes that may lack an available pod: a number or a percentage.").or("1"),
        field("maxSurge", Bound, "Nodes that may run an old and a new pod: a number or a percentage.").or("0"),
    ],
);

static POD_TEMPLATE: Object = object(
    "PodTemplateSpec",
    "The pod to run on each node.",
    &[
        field("metadata", Of(&OBJECT_META), "Labels and annotations of the pods."),
        required("spec", Of(&POD_SPEC), "Containers, volumes and where they may run."),
    ],
);
