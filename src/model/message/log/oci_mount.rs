//! Why the runtime could not mount a volume into a container: runc's
//! `error mounting "SOURCE" to rootfs at "TARGET": ...` (opencontainers/runc libcontainer/rootfs_linux.go v1.3).

use crate::model::message::log::line::Lines;
use crate::model::message::log::logged::{LoggedError, MountProblem};
use crate::model::message::quoted;

/// Reads the mount that failed.
pub fn failed(lines: &Lines<'_>, number: usize) -> Option<LoggedError> {
    let line = lines.get(number);
    let (_, rest) = line.split_once("error mounting ")?;
    let (_, rest) = rest.split_once(" to rootfs at ")?;
    let target = quoted(rest)?.to_owned();
    let lower = lines.lower(number);
    let problem = if lower.contains("not a directory") || lower.contains("is a directory") {
        MountProblem::DirectoryAndFile
    } else if lower.contains("read-only file system") {
        MountProblem::ReadOnly
    } else {
        return None;
    };
    Some(LoggedError::MountFailed { target, problem })
}
