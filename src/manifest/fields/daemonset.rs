//! The `apps/v1` DaemonSet.

use crate::manifest::fields::metadata::{FREE, LABEL_SELECTOR, NATURAL, OBJECT_META, TEMPLATE_META};
use crate::manifest::fields::pod::POD_SPEC;
use crate::manifest::fields::shape::Shape::{Bound, Int, List, Object as Of, Text, Words};
use crate::manifest::fields::shape::{Object, Rule, Shape, field, object, required};

/// An `apps/v1` DaemonSet, as kubectl takes it.
pub static DAEMON_SET: Object = object(
    "DaemonSet",
    "A pod on every node that matches.",
    &[
        required("apiVersion", Words(&["apps/v1"]), "Always `apps/v1`."),
        required("kind", Words(&["DaemonSet"]), "Always `DaemonSet`."),
        required("metadata", Of(&OBJECT_META), "Name, namespace, labels and annotations."),
        required("spec", Of(&DAEMON_SET_SPEC), "What should run."),
        field("status", Of(&STATUS), "Set by the controller."),
    ],
);

const COUNT: Shape = Int(i32::MIN as i64, i32::MAX as i64);

static STATUS: Object = object(
    "DaemonSetStatus",
    "What the controller counted.",
    &[
        field("currentNumberScheduled", COUNT, "Nodes that run a pod and should."),
        field("desiredNumberScheduled", COUNT, "Nodes that should run a pod."),
        field("numberMisscheduled", COUNT, "Nodes that run a pod and should not."),
        field("numberReady", COUNT, "Nodes with a ready pod."),
        field("numberAvailable", COUNT, "Nodes with an available pod."),
        field("numberUnavailable", COUNT, "Nodes without an available pod."),
        field("updatedNumberScheduled", COUNT, "Nodes with a pod of the newest template."),
        field("observedGeneration", Int(i64::MIN, i64::MAX), "Generation that the controller has seen."),
        field("collisionCount", COUNT, "Collisions of names of revisions."),
        field("conditions", List(&Of(&CONDITION)), "Conditions."),
    ],
);

static CONDITION: Object = object(
    "DaemonSetCondition",
    "A condition.",
    &[
        field("type", FREE, "Its type."),
        field("status", FREE, "True, False or Unknown."),
        field("lastTransitionTime", Text(Rule::Time), "When it changed."),
        field("reason", FREE, "Why, in a word."),
        field("message", FREE, "Why, in a sentence."),
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
        field("metadata", Of(&TEMPLATE_META), "Labels and annotations of the pods."),
        required("spec", Of(&POD_SPEC), "Containers, volumes and where they may run."),
    ],
);
