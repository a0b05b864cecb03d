//! Saved clusters: every layout that people save, read in one pass, object by object.
//!
//! JSON and YAML Lists, single objects, documents one after the other; compressed by gzip; in directories and tar
//! archives of any layout, where each file is judged by its content: `kubectl get`, `kubectl cluster-info dump`,
//! must-gather, support bundles, crust-gather. No list is ever held whole.

mod files;
mod logs;
mod utf16;
mod wrapping;
pub mod write;
mod yaml;
mod yaml_to_json;

use std::io::Read;
use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::store::item_sink::ItemSink;
use crate::stream::limits::Budget;

pub use crate::snapshot::logs::read_logs;
pub use crate::stream::{Limits, Summary, parse_limit};

/// Reads every object of the saved clusters at `paths` (`-` is `stdin`) into the sink, in the order in which they
/// are named, and within a directory by file name.
///
/// # Errors
/// A sentence that says which file, line, column and object, for what cannot be read or makes no sense, and for a
/// path that holds no Kubernetes object at all. Files in a directory or archive that never looked like objects
/// are no error: they are counted.
pub fn read(paths: &[PathBuf], stdin: &mut dyn Read, sink: &mut dyn ItemSink) -> Result<Summary> {
    read_within(Limits::default(), paths, stdin, sink)
}

/// Reads as [`read`] does, within the user's own limits for all paths together.
///
/// # Errors
/// Those of [`read`], and which limit was reached in which file.
pub fn read_within(
    limits: Limits,
    paths: &[PathBuf],
    stdin: &mut dyn Read,
    sink: &mut dyn ItemSink,
) -> Result<Summary> {
    if paths.iter().filter(|path| path.as_os_str() == "-").count() > 1 {
        return Err(Error::new("standard input cannot be used for multiple arguments"));
    }
    let budget = Budget::new(limits);
    let mut summary = Summary::default();
    for path in paths {
        files::read_path(path, stdin, sink, &mut summary, &budget)?;
    }
    Ok(summary)
}
