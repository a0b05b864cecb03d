//! Fields that sources of several kinds have.

use crate::manifest::fields::metadata::{FREE, LOCAL_REFERENCE};
use crate::manifest::fields::shape::Shape::{Bool, Int, Object as Of};
use crate::manifest::fields::shape::{Field, Shape, field};

pub(super) const FS_TYPE: Field = field("fsType", FREE, "File system of the volume.");
pub(super) const READ_ONLY: Field = field("readOnly", Bool, "Whether it cannot be written.").or("false");
pub(super) const SECRET_REF: Field = field("secretRef", Of(&LOCAL_REFERENCE), "Secret with credentials.");
pub(super) const INT32: Shape = Int(i32::MIN as i64, i32::MAX as i64);
