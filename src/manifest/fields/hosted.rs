//! References to other resources of the hosted platform, where the first generation allowed them.

use crate::manifest::fields::metadata::{FREE, SET};
use crate::manifest::fields::shape::Shape::Object as Of;
use crate::manifest::fields::shape::{Object, field, object, required};

pub(super) static REFERENCE: Object = object(
    "ValueOrReference",
    "A value; references to other resources of the hosted platform cannot be resolved here.",
    &[
        field("value", FREE, "The value."),
        field("valueFrom", Of(&PLATFORM_REFERENCE), "A resource of the hosted platform."),
    ],
);

pub(super) static PLATFORM_REFERENCE: Object = object(
    "PlatformReference",
    "A resource of the hosted platform; cannot be resolved here.",
    &[
        field("kind", FREE, "Its kind."),
        field("env", FREE, "Its environment."),
        required("name", SET, "Its name."),
        field("fieldPath", FREE, "Field of it."),
    ],
);
