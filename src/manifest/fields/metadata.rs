//! Names, labels, selectors and references.

use crate::manifest::fields::shape::Shape::{Any, Bool, Int, List, Map, Object as Of, Text, Words};
use crate::manifest::fields::shape::{Field, Object, Rule, Shape, field, object, required};

pub(crate) const FREE: Shape = Text(Rule::Free);
pub(crate) const SET: Shape = Text(Rule::NotEmpty);
pub(crate) const TEXTS: Shape = List(&FREE);
pub(crate) const NATURAL: Shape = Int(0, i32::MAX as i64);
pub(crate) const POSITIVE: Shape = Int(1, i32::MAX as i64);
pub(crate) const LONG: Shape = Int(0, i64::MAX);
/// The API server takes a negative grace period as 1 (`dropDisabledFields` and defaults of pkg/api/pod, v1.33 to v1.37).
pub(crate) const GRACE: Shape = Int(i64::MIN, i64::MAX);
pub(crate) const ID: Shape = Int(0, i32::MAX as i64);
pub(crate) const MODE: Shape = Int(0, 0o777);
pub(crate) const LABELS: Shape = Map(Rule::LabelKey, &Text(Rule::LabelValue));
pub(crate) const ANNOTATIONS: Shape = Map(Rule::AnnotationKey, &FREE);
pub(crate) const RESOURCES: Shape = Map(Rule::NotEmpty, &Shape::Quantity);

pub(crate) static OBJECT_META: Object = object(
    "ObjectMeta",
    "What names an object and what is attached to it.",
    &[
        field("name", Text(Rule::DnsName), "Name, unique within the namespace."),
        field("generateName", FREE, "Prefix from which the API server makes a name."),
        field("namespace", Text(Rule::Namespace), "Namespace that holds the object."),
        field("labels", LABELS, "Labels, by which selectors find the object."),
        field("annotations", ANNOTATIONS, "Notes for tools and people; nothing selects by them."),
        field("finalizers", TEXTS, "Names that must be removed before a deleted object disappears."),
        field("ownerReferences", List(&Of(&OWNER)), "Objects whose deletion takes this one along."),
        SET_BY_SERVER[0],
        SET_BY_SERVER[1],
        SET_BY_SERVER[2],
        SET_BY_SERVER[3],
        SET_BY_SERVER[4],
        SET_BY_SERVER[5],
        SET_BY_SERVER[6],
        SET_BY_SERVER[7],
    ],
);

/// Metadata of a pod template, of which the API server looks at labels and annotations alone.
pub(crate) static TEMPLATE_META: Object = object(
    "TemplateMeta",
    "Labels and annotations of the pods.",
    &[
        field("labels", LABELS, "Labels, by which selectors find the pods."),
        field("annotations", ANNOTATIONS, "Notes for tools and people; nothing selects by them."),
        field("name", FREE, "Not read: pods get names of their own."),
        field("generateName", FREE, "Not read."),
        field("namespace", FREE, "Not read: pods are in the namespace of the DaemonSet."),
        field("finalizers", TEXTS, "Names that must be removed before a deleted pod disappears."),
        field("ownerReferences", List(&Of(&ANY_OWNER)), "Not read."),
        SET_BY_SERVER[0],
        SET_BY_SERVER[1],
        SET_BY_SERVER[2],
        SET_BY_SERVER[3],
        SET_BY_SERVER[4],
        SET_BY_SERVER[5],
        SET_BY_SERVER[6],
        SET_BY_SERVER[7],
    ],
);

const TIME: Shape = Text(Rule::Time);
const MANAGED: Shape = Of(&MANAGED_FIELDS);

const SET_BY_SERVER: [Field; 8] = [
    field("creationTimestamp", TIME, "Set by the API server."),
    field("deletionGracePeriodSeconds", Int(i64::MIN, i64::MAX), "Set by the API server."),
    field("deletionTimestamp", TIME, "Set by the API server."),
    field("generation", Int(i64::MIN, i64::MAX), "Set by the API server: counts changes of the spec."),
    field("managedFields", List(&MANAGED), "Set by the API server: who owns which field."),
    field("resourceVersion", FREE, "Set by the API server: the version that was read."),
    field("selfLink", FREE, "Formerly set by the API server."),
    field("uid", FREE, "Set by the API server."),
];

static MANAGED_FIELDS: Object = object(
    "ManagedFieldsEntry",
    "Which fields one writer owns.",
    &[
        field("manager", FREE, "Name of the writer."),
        field("operation", FREE, "Apply or Update."),
        field("apiVersion", FREE, "API version of the fields."),
        field("time", TIME, "When the entry changed."),
        field("fieldsType", FREE, "Always FieldsV1."),
        field("fieldsV1", Any, "The fields."),
        field("subresource", FREE, "Subresource that was written."),
    ],
);

static ANY_OWNER: Object = object(
    "TemplateOwnerReference",
    "An owner that nobody reads.",
    &[
        field("apiVersion", FREE, "API version of the owner."),
        field("kind", FREE, "Kind of the owner."),
        field("name", FREE, "Name of the owner."),
        field("uid", FREE, "UID of the owner."),
        field("blockOwnerDeletion", Bool, "Whether the owner stays until this object is gone."),
        field("controller", Bool, "Whether this owner is the controller."),
    ],
);

static OWNER: Object = object(
    "OwnerReference",
    "An object whose deletion takes this one along.",
    &[
        required("apiVersion", SET, "API version of the owner."),
        required("kind", SET, "Kind of the owner."),
        required("name", SET, "Name of the owner."),
        required("uid", SET, "UID of the owner."),
        field("blockOwnerDeletion", Bool, "Whether the owner stays until this object is gone."),
        field("controller", Bool, "Whether this owner is the controller."),
    ],
);

pub(crate) static LABEL_SELECTOR: Object = object(
    "LabelSelector",
    "Objects picked by their labels; all conditions must hold.",
    &[
        field("matchLabels", LABELS, "Labels that must be there with these values."),
        field("matchExpressions", List(&Of(&LABEL_REQUIREMENT)), "Conditions on label keys."),
    ],
);

static LABEL_REQUIREMENT: Object = object(
    "LabelSelectorRequirement",
    "A condition on one label.",
    &[
        required("key", Text(Rule::LabelKey), "Label key."),
        required("operator", Words(&["In", "NotIn", "Exists", "DoesNotExist"]), "How key and values relate."),
        field("values", TEXTS, "Values for In and NotIn; none for the others."),
    ],
);

pub(crate) static LOCAL_REFERENCE: Object = object(
    "LocalObjectReference",
    "An object of the same namespace, by name.",
    &[field("name", FREE, "Name of the object.")],
);

pub(crate) static TYPED_REFERENCE: Object = object(
    "TypedObjectReference",
    "An object by group, kind and name.",
    &[
        field("apiGroup", FREE, "API group; empty for the core group."),
        required("kind", SET, "Kind."),
        required("name", SET, "Name."),
        field("namespace", FREE, "Namespace, where another one is meant."),
    ],
);
