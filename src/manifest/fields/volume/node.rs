//! Sources that are directories of the node.

use crate::manifest::fields::metadata::{FREE, SET};
use crate::manifest::fields::shape::Shape::{Int, Quantity, Words};
use crate::manifest::fields::shape::{Object, Shape, field, object, required};

pub(crate) const HOST_PATH_TYPES: Shape =
    Words(&["", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"]);

pub(crate) static HOST_PATH: Object = object(
    "HostPathVolumeSource",
    "A path of the node.",
    &[
        required("path", SET, "The path."),
        field("type", HOST_PATH_TYPES, "What must be there, or is made; empty for no check.").or("\"\""),
    ],
);

pub(crate) static EMPTY_DIR: Object = object(
    "EmptyDirVolumeSource",
    "An empty directory that lives as long as the pod.",
    &[
        field("medium", FREE, "Memory for a tmpfs, HugePages for huge pages; empty for the node's disk.").or("\"\""),
        field("sizeLimit", Quantity, "Size above which the pod is evicted."),
        field("mode", Int(0, 0o7777), "Mode of the directory."),
    ],
);
