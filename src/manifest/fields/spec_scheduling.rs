//! Where the pods of a spec run.

use crate::manifest::fields::metadata::{FREE, LABELS, POSITIVE, SET, TEXTS};
use crate::manifest::fields::pod::{NODE_REQUIREMENT, SPREAD, TOLERATION};
use crate::manifest::fields::shape::Shape::{Int, List, Object as Of};
use crate::manifest::fields::shape::{Object, field, object, required};

pub(super) static SCHEDULING: Object = object(
    "Scheduling",
    "Where the pods may run.",
    &[
        field("nodeSelector", LABELS, "Labels that a node must have."),
        field("tolerations", List(&Of(&TOLERATION)), "Taints of nodes that the pods do not mind."),
        field("nodeAffinity", Of(&NODE_AFFINITY), "Nodes by their labels."),
        field("podAffinity", Of(&POD_AFFINITY), "Near other pods."),
        field("podAntiAffinity", Of(&POD_AFFINITY), "Away from other pods."),
        field("topologySpreadConstraints", List(&Of(&SPEC_SPREAD)), "How evenly pods spread."),
        field("schedulerName", FREE, "The scheduler that decides."),
    ],
);

static NODE_AFFINITY: Object = object(
    "SpecNodeAffinity",
    "Nodes by their labels.",
    &[
        field("required", List(&Of(&TERM)), "Terms of which one must match."),
        field("preferred", List(&Of(&WEIGHTED_TERM)), "Of no effect: a DaemonSet pod has one node."),
    ],
);

static TERM: Object = object(
    "SpecNodeTerm",
    "Conditions that must all hold.",
    &[required("matchExpressions", List(&Of(&NODE_REQUIREMENT)), "The conditions.")],
);

static WEIGHTED_TERM: Object = object(
    "SpecWeightedNodeTerm",
    "A preferred term.",
    &[required("weight", Int(1, 100), "How much."), required("term", Of(&TERM), "Which.")],
);

static POD_AFFINITY: Object = object(
    "SpecPodAffinity",
    "Nodes by the pods that run there.",
    &[
        field("required", List(&Of(&POD_TERM)), "Terms that must hold."),
        field("preferred", List(&Of(&WEIGHTED_POD_TERM)), "Terms that are preferred."),
    ],
);

static POD_TERM: Object = object(
    "SpecPodTerm",
    "Pods, and how near counts.",
    &[
        required("matchLabels", LABELS, "Labels of the pods."),
        required("topologyKey", SET, "Label of nodes whose equal values count as near."),
        field("namespaces", TEXTS, "Their namespaces; the pods' own by default."),
    ],
);

static WEIGHTED_POD_TERM: Object = object(
    "SpecWeightedPodTerm",
    "A preferred term.",
    &[required("weight", Int(1, 100), "How much."), required("term", Of(&POD_TERM), "Which.")],
);

static SPEC_SPREAD: Object = Object {
    name: "SpecSpread",
    doc: "How evenly pods spread.",
    fields: &[
        required("maxSkew", POSITIVE, "How far counts may differ."),
        field("matchLabels", LABELS, "Pods that count; those of the selector by default."),
    ],
    base: Some(&SPREAD),
    without: &[],
};
