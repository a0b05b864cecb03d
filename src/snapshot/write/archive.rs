//! A snapshot with logs: a compressed archive of the List and of a file for each log, at the path where the reader of
//! bundles looks for it ([`crate::snapshot::read_logs`]).

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::model::container_log::{ContainerLog, LogKey};
use crate::text::secrets::conceal_lines;

/// The last lines of a log, without what looks like a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedLog {
    key: LogKey,
    lines: Vec<Box<str>>,
}

impl SavedLog {
    /// Conceals what looks like a secret, and bounds the lines.
    pub fn new(key: LogKey, lines: &[String]) -> Self {
        let concealed = conceal_lines(lines.iter().map(String::as_str));
        let log = ContainerLog::of_last(concealed.iter().map(String::as_str), key.previous);
        SavedLog { key, lines: log.lines }
    }

    /// The path in the archive.
    fn path(&self) -> String {
        let LogKey { namespace, pod, container, previous } = &self.key;
        let run = if *previous { "previous" } else { "current" };
        format!("namespaces/{namespace}/pods/{pod}/{container}/{run}.log")
    }
}

/// Writes the archive: the List as [`crate::snapshot::write::Writer`] wrote it, and the logs. `time` is the time of its
/// files, seconds since 1970.
///
/// # Errors
/// The output cannot be written.
pub fn archive<W: Write>(out: W, list: &[u8], logs: &[SavedLog], time: u64) -> std::io::Result<W> {
    let mut archive = tar::Builder::new(GzEncoder::new(out, Compression::default()));
    let mut add = |path: &str, bytes: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(time);
        archive.append_data(&mut header, path, bytes)
    };
    add("cluster.json.gz", list)?;
    for log in logs {
        let text: String = log.lines.iter().flat_map(|line| [line, "\n"]).collect();
        add(&log.path(), text.as_bytes())?;
    }
    archive.into_inner()?.finish()
}
