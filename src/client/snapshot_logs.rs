//! The logs that a snapshot keeps.

use futures::stream::{StreamExt, iter};

use crate::client::logs::{LastLines, LogOf, last_lines};
use crate::client::reader::Reader;
use crate::model::container_log::LogKey;
use crate::snapshot::write::archive::SavedLog;

/// Most containers whose logs a snapshot keeps.
const MAX_CONTAINERS: usize = 50;
/// Logs that are read at a time.
const LOGS_TOGETHER: usize = 8;

/// What was read of logs.
#[derive(Debug, Clone, Default)]
pub struct LogsRead {
    /// The logs, in the order of the containers, each with at least one line.
    pub logs: Vec<SavedLog>,
    /// Whether the user may not read logs.
    pub is_forbidden: bool,
    /// Containers that were left out.
    pub left_out: usize,
}

/// Reads the last `lines` lines of both runs of these containers, of the first 50 of them.
pub async fn read_logs(reader: &Reader, keys: &[LogKey], lines: usize) -> LogsRead {
    let mut containers: Vec<&LogKey> = Vec::new();
    for key in keys {
        if !containers.iter().any(|known| *known == key || **known == key.of_other_run()) {
            containers.push(key);
        }
    }
    let left_out = containers.len().saturating_sub(MAX_CONTAINERS);
    containers.truncate(MAX_CONTAINERS);
    let of_both = containers.iter().flat_map(|key| [false, true].map(|previous| LogKey { previous, ..(*key).clone() }));
    let connection = reader.connection();
    let answers: Vec<(LogKey, LastLines)> = iter(of_both)
        .map(|key| async move {
            let LogKey { namespace, pod, container, previous } = &key;
            let of = LogOf { namespace: namespace.as_str(), pod, container, previous: *previous };
            let answer = last_lines(connection, of, lines).await;
            (key, answer)
        })
        .buffered(LOGS_TOGETHER)
        .collect()
        .await;
    let mut read = LogsRead { left_out, ..LogsRead::default() };
    for (key, answer) in answers {
        match answer {
            // Where the previous run is gone, the lines are of the present one, which is read by itself.
            LastLines::Here { lines, previous } if previous == key.previous && !lines.is_empty() => {
                read.logs.push(SavedLog::new(key, &lines));
            }
            LastLines::Here { .. } | LastLines::Failed(_) => {}
            LastLines::Forbidden => read.is_forbidden = true,
        }
    }
    read
}
